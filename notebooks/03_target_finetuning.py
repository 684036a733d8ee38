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
# **Question.** How well does each condition learn the target tasks in their source language (English, unless a target
# says otherwise), for most conditions the only one that they are trained in?
#
# Before: [02 Intermediate training](02_intermediate_training.ipynb). Next: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

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
complete(study, "03_target_finetuning")
validation = study.validation("03_target_finetuning")
in_source = validation[validation["language"] == ""]

# %% [markdown]
# ## The answer first
#
# Validation score of the chosen epoch by condition; small marks are seeds, the dashed line is chance.

# %%
report.say(sentences.describe_learning(in_source))

# %%
report.keep_figure(study, figures.plot_validation(in_source), "target_validation", in_source)

# %% [markdown]
# ## Why it may be wrong
#
# Runs whose loss stays flat, or still falls at the end, compare how fast conditions learn and not what they know. One
# panel a target and condition; lines are seeds, smoothed over neighbouring steps.

# %%
losses = study.losses("03_target_finetuning")
together = figures.loss_curves(losses[losses["language"] == ""])
report.keep_figure(study, figures.plot_loss(together), "target_loss", together)

# %% [markdown]
# A condition may fine-tune in other languages than the source. What a target has no rows for is then left out and listed,
# and so are runs in one language alone, with the language whose rows chose the epoch.

# %%
report.say(sentences.describe_regimes(study.conditions()))

# %%
report.keep_table(study, study.omissions(), "omissions")

# %%
own = validation[validation["chosen"] & (validation["language"] != "")]
columns = ["encoder", "condition", "target", "language", "selected_in", "seed", "epoch", "metric", "value", "n"]
report.keep_table(study, own, "own_validation", columns)

# %% [markdown]
# ## Method
#
# If an intermediate task helps at all, it should show in the source language first: a lower loss at the start of
# fine-tuning or a better validation score. A gain there alone says nothing about transfer. Retrieval targets have no training and
# don't appear here.
#
# | reads | writes | takes |
# |---|---|---|
# | trained encoders of 02, training rows of the targets | one fine-tuned model per condition, target and seed | most of the time, with 02 |

# %% [markdown]
# The encoder of each condition gets a new head and is fine-tuned on rows in the source language with the same settings and
# the same seed in every condition, so that differences are paired. Conditions of another regime train in other
# languages: in each one alone, in all together, or in the source and then a few rows of each. What a target has no rows for is left out.

# %% [markdown]
# ## Limits
#
# The epoch is chosen on validation rows in the source language: choosing on target languages would not be zero-shot. A run in one
# language alone chooses on that language's rows where there are some, and few shots keep the last epoch. Validation
# sets are small here, so single differences between conditions are noisy.

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
