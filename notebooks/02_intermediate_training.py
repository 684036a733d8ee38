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
# | reads | writes | takes |
# |---|---|---|
# | English rows of the intermediate tasks | one trained encoder per condition and seed | most of the time, with 03 |
#
# Before: [01 Prepare the data](01_data_prep.ipynb). Next: [03 Target fine-tuning](03_target_finetuning.ipynb).

# %% [markdown]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.

# %% tags=["parameters"]
name: str = "quick"
changes: dict = {}

# %%
from study_utils.execute.stage import complete
from study_utils.figures import plot_loss, plot_validation
from study_utils.report import banner, keep_figure, keep_table, say, show_provenance
from study_utils.sentences import describe_learning
from study_utils.study import open_study

# %% [markdown]
# The study opens with its parameters checked; the table lists every choice that was made.

# %%
study = open_study(name, changes)
banner(study)
study.parameters()

# %% [markdown]
# ## What we expect
#
# Loss falls over the first steps and levels off. A task that stays at chance has taught the encoder nothing, and its
# effect on transfer would only show what extra steps do. The baseline `none` has no intermediate stage.

# %% [markdown]
# ## Which conditions are compared?

# %%
keep_table(study, study.conditions(), "conditions")

# %% [markdown]
# ## Train
#
# Each run starts from the pretrained encoder with a new head per task; a mixture draws batches from its tasks in
# proportion to their examples. Text of many languages that is mixed in (`+mlm`) is one more such task: the encoder
# guesses hidden tokens. The best epoch is chosen on English validation rows. Finished runs are reused.

# %%
complete(study, "02_intermediate_training")

# %% [markdown]
# ## How did training go?
#
# One line a run, smoothed over neighbouring steps; seeds share a colour.

# %%
losses = study.losses("02_intermediate_training")
keep_figure(study, plot_loss(losses), "intermediate_loss", losses)

# %% [markdown]
# ## What was learnt?
#
# English validation score of the chosen epoch beside chance (dashed).

# %%
validation = study.validation("02_intermediate_training")
keep_figure(study, plot_validation(validation), "intermediate_validation", validation)

# %%
say(describe_learning(validation))

# %% [markdown]
# ## Limits
#
# Intermediate sets are capped to the same number of examples, so that conditions differ in the task and not in the
# amount of training; published studies train on all there is. The mixture sees several times as many examples.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
