# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Fine-tune on the target tasks
#
# **Question.** How well does each condition learn the target tasks in English, for most the only language it is trained
# on?
#
# | reads | writes | takes |
# |---|---|---|
# | trained encoders of 02, English rows of the targets | one fine-tuned model per condition, target and seed | most of the time, with 02 |
#
# Before: [02 Intermediate training](02_intermediate_training.ipynb). Next: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

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
# If an intermediate task helps at all, it should show in English first: a lower loss at the start of fine-tuning or a
# better validation score. A gain in English alone says nothing about transfer. Retrieval targets have no training and
# don't appear here.

# %% [markdown]
# ## Fine-tune
#
# The encoder of each condition gets a new head and is fine-tuned on English rows with the same settings and the same
# seed in every condition, so that differences are paired. Conditions of another regime train in other languages: in each
# one alone, in all together, or in English and then a few rows of each. What a target has no rows for is left out.

# %%
complete(study, "03_target_finetuning")

# %%
keep_table(study, study.omissions(), "omissions")

# %% [markdown]
# ## How did training go?

# %%
losses = study.losses("03_target_finetuning")
together = losses[losses["language"] == ""]
keep_figure(study, plot_loss(together), "target_loss", together)

# %% [markdown]
# ## How well is the target learnt in English?
#
# Validation score of the chosen epoch by condition; dots are seeds, the dashed line is chance. Runs for one language
# alone are in the table instead, with the language whose rows chose the epoch.

# %%
validation = study.validation("03_target_finetuning")
english = validation[validation["language"] == ""]
keep_figure(study, plot_validation(english), "target_validation", english)

# %%
say(describe_learning(english))

# %%
keep_table(study, validation[validation["chosen"] & (validation["language"] != "")], "own_validation")

# %% [markdown]
# ## Limits
#
# The epoch is chosen on English validation rows: choosing on target languages would not be zero-shot. A run in one
# language alone chooses on that language's rows where there are some, and few shots keep the last epoch. Validation
# sets are small here, so single differences between conditions are noisy.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
