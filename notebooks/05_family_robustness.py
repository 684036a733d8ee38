# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Robustness across language families
#
# **Question.** Does English intermediate training change zero-shot transfer, in which language families, and is the
# difference real?
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04 | gains with intervals, figures, tables | a minute |
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% [markdown]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.

# %% tags=["parameters"]
name: str = "quick"
changes: dict = {}

# %%
from study_utils.analysis import SUMMARY_COLUMNS, family_gains, gains, robustness
from study_utils.figures import plot_family_gains, plot_gain_heatmap, plot_language_gains
from study_utils.report import banner, keep_figure, keep_table, say, show_provenance
from study_utils.report.sentences import describe_families, describe_overall
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
# The two published studies disagree: one reports gains from English intermediate tasks, most of all on retrieval, the
# other finds direct fine-tuning as good or better for most tasks. So gains and losses must be equally easy to find. A
# *gain* is the score under a condition minus the score of `none` with the same encoder, task, language and seed.

# %% [markdown]
# ## The answer first

# %%
scores = study.scores()
predictions = study.predictions()
overall = family_gains(predictions, scores, by="all", settings=study.params.analysis)
say(describe_overall(overall))

# %% [markdown]
# ## Gains by family
#
# Points are mean gains over the languages of a family, each task weighing the same. Lines are intervals from a nested
# paired bootstrap: languages within the family, examples within a language, the same seeds for all.

# %%
families = family_gains(predictions, scores, by="family", settings=study.params.analysis)
keep_table(study, families, "family_gains", columns=SUMMARY_COLUMNS)
keep_figure(study, plot_family_gains(families), "family_gains", families)

# %%
say(describe_families(families))

# %% [markdown]
# ## Condition by family at a glance

# %%
keep_figure(study, plot_gain_heatmap(families), "gain_heatmap", families)

# %% [markdown]
# ## Language by language
#
# A family mean can hide opposite languages: one dot a language, small dots are seeds.

# %%
by_language = gains(scores)
keep_figure(study, plot_language_gains(by_language), "language_gains", by_language)

# %% [markdown]
# ## Is transfer more robust?
#
# Robustness is more than the mean: the worst language, the spread within a family, the gap to English, the share of
# languages that lose, and how much seeds differ.

# %%
keep_table(study, robustness(scores), "robustness")

# %% [markdown]
# ## Checks
#
# Every gain is paired: as many baseline scores as scores of each condition.

# %%
by_language.groupby("condition")[["gain"]].agg(["size", "count"])

# %% [markdown]
# ## Limits
#
# Few seeds and small test sets: an interval that covers zero means "not decided at this size", not "no effect". Families
# with one language say something about that language only. Conditions trained on the data of a target (same-data
# pairs) are marked; languages the encoder saw in pretraining and those it didn't are not separated here.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
