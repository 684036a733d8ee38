# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Train on English intermediate tasks
#
# **Question.** Does the encoder learn each English intermediate task, and how fast?
#
# Before: [01 Prepare the data](01_data_prep.ipynb). Next: [03 Target fine-tuning](03_target_finetuning.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import figures, report, sentences
from study_utils.execute.stage import complete
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %%
complete(study, "02_intermediate_training")
validation = study.validation("02_intermediate_training")

# %% [markdown]
# ## The answer first
#
# English validation score of the chosen epoch beside chance (dashed); small marks are seeds.

# %%
report.say(sentences.describe_learning(validation))

# %%
report.keep_figure(study, figures.plot_validation(validation), "intermediate_validation", validation)

# %% [markdown]
# ## Why it may be wrong
#
# A loss that stays flat means that a task was not learnt, one that still falls at the end that it was not learnt whole.
# One panel a task and condition; lines are seeds, smoothed over neighbouring steps.

# %%
losses = figures.loss_curves(study.losses("02_intermediate_training"))
report.keep_figure(study, figures.plot_loss(losses), "intermediate_loss", losses)

# %% [markdown]
# ## Which conditions are compared?

# %%
report.keep_table(study, study.conditions(), "conditions", ["condition", "tasks", "regime", "reason"])

# %% [markdown]
# ## Method
#
# Loss falls over the first steps and levels off. A task that stays at chance has taught the encoder nothing, and its
# effect on transfer would only show what extra steps do. The baseline `none` has no intermediate stage.
#
# | reads | writes | takes |
# |---|---|---|
# | English rows of the intermediate tasks | one trained encoder per condition and seed | most of the time, with 03 |

# %% [markdown]
# Each run starts from the pretrained encoder with a new head per task; a mixture draws batches from its tasks in
# proportion to their examples. Text of many languages that is mixed in (`+mlm`) is one more such task: the encoder
# guesses hidden tokens. The best epoch is chosen on English validation rows. Finished runs are reused.

# %% [markdown]
# ## Limits
#
# Intermediate sets are capped to the same number of examples, so that conditions differ in the task and not in the
# amount of training; published studies train on all there is. The mixture sees several times as many examples.

# %% [markdown]
# ## Parameters
#
# What this study chooses otherwise than the defaults, then everything.

# %%
report.show_parameters(study)

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
report.show_provenance(study)
