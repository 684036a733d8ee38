# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # English intermediate training or multilingual fine-tuning?
#
# **Question.** With the same number of rows of the target task: is an English intermediate task worth as much as
# fine-tuning in many languages, most of all in low-resource ones?
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. Conditions with other regimes than
# fine-tuning in the source language are in `params/multilingual.yaml`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import analysis, figures, report, sentences
from study_utils.budgets import describe_shortfalls
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %% [markdown]
# ## The answer first
#
# Every arm against fine-tuning in the source language alone, then every other regime against every intermediate task, over the cells
# that both arms have. The source itself is never counted.

# %%
settings = study.params.analysis
scores = study.scores()
predictions = study.predictions()
arms = analysis.regime_contrasts(study.params.conditions)
overall = analysis.contrast_gains(predictions, scores, arms, by="all", settings=settings, seen="include")
report.say(sentences.describe_contrasts(overall))

# %%
report.keep_figure(
    study, figures.plot_contrasts(overall, title="Differences between arms, all languages"), "arms", overall
)

# %% [markdown]
# ## Why it may be wrong
#
# A comparison is fair where both arms had as many rows of the target. Rows of intermediate tasks don't count here: an
# intermediate arm has them besides. Scores are averaged only over languages with the budget that is due.

# %%
report.say(describe_shortfalls(study.shortfalls()))

# %%
budgets = analysis.regime_scores(scores, study.omissions())
report.keep_table(study, budgets, "regimes")

# %% [markdown]
# What is left out, and why: a language without training rows cannot be fine-tuned in.

# %%
report.keep_table(study, study.omissions(), "omissions")

# %% [markdown]
# ## Low-resource languages
#
# Low-resource: class 0 to 2 of Joshi et al. (2020), or in no class; all others are *other*.

# %%
bins = analysis.contrast_gains(predictions, scores, arms, by="resource", settings=settings, seen="include")
report.say(sentences.describe_contrasts(bins))

# %%
report.keep_figure(
    study, figures.plot_contrasts(bins, title="Differences between arms, by resources"), "arms_by_resource", bins
)

# %% [markdown]
# ## Family by family

# %%
families = analysis.contrast_gains(predictions, scores, arms, by="family", settings=settings, seen="include")
report.keep_table(
    study, families, "arms_by_family", ["arm", "against", "group", "estimate", "low", "high", "p_holm", "clear"]
)

# %% [markdown]
# ## How much of training in the language itself?

# %%
kept = analysis.retention(scores)
report.keep_table(study, kept, "retention")
report.say(sentences.describe_retention(kept))

# %% [markdown]
# ## Method
#
# Rows in the language itself should beat rows of another task in English: they teach task and language at once. But
# they have to be made, and those in the source language are there. The arms: *fine-tuning in the source language
# alone*; an English intermediate task before it; *multilingual*, the same number of rows shared by all languages, mixed
# or the source's first; *few shots*, some rows of the language after those of the source; *in the language itself*, all
# rows in it. Only the first two are zero-shot.
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04 | differences with intervals, figures, tables | a minute |

# %%
report.show_table(study.conditions())

# %% [markdown]
# ## Limits
#
# A budget of rows is not a budget of work: making a row in a low-resource language costs more than taking one in the
# source language. Multilingual rows may be translations (then they carry the translator's errors) or native (then they
# are about other things): the catalogue says which. Regimes other than fine-tuning in the source language are never
# called zero-shot.

# %% [markdown]
# ## Parameters
#
# What this study chooses otherwise than the defaults, then everything.

# %%
report.show_parameters(study)

# %% [markdown]
# ## Provenance

# %%
report.show_provenance(study)
