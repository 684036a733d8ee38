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
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04 | differences with intervals, figures, tables | a minute |
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% [markdown]
# The defaults are the quick study; `run_all.py` puts those of other studies here. Conditions with other regimes than
# English fine-tuning are in `params/multilingual.yaml`.

# %% tags=["parameters"]
name: str = "quick"
changes: dict = {}

# %%
from study_utils.analysis import contrast_gains, regime_contrasts, regime_scores, retention
from study_utils.budgets import describe_shortfalls
from study_utils.figures import plot_contrasts
from study_utils.report import banner, keep_figure, keep_table, say, show_provenance
from study_utils.sentences import describe_contrasts, describe_retention
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
# Rows in the language itself should beat rows of another task in English: they teach task and language at once. But
# they have to be made, and English ones are there. The arms: *English fine-tuning alone*; an English intermediate task
# before it; *multilingual*, the same number of rows shared by all languages, mixed or English first; *few shots*, some
# rows of the language after English ones; *in the language itself*, all rows in it. Only the first two are zero-shot.

# %%
study.conditions()

# %% [markdown]
# ## The answer first
#
# Every arm against English fine-tuning alone, then every other regime against every intermediate task, over the cells
# that both arms have. English itself is never counted.

# %%
settings = study.params.analysis
scores = study.scores()
predictions = study.predictions()
arms = regime_contrasts(study.params.conditions)
overall = contrast_gains(predictions, scores, arms, by="all", settings=settings, seen="include")
say(describe_contrasts(overall))

# %%
keep_figure(study, plot_contrasts(overall, title="Differences between arms, all languages"), "arms", overall)

# %% [markdown]
# ## Low-resource languages
#
# Low-resource: class 0 to 2 of Joshi et al. (2020), or in no class; all others are *other*.

# %%
bins = contrast_gains(predictions, scores, arms, by="resource", settings=settings, seen="include")
say(describe_contrasts(bins))

# %%
keep_figure(study, plot_contrasts(bins, title="Differences between arms, by resources"), "arms_by_resource", bins)

# %% [markdown]
# ## Family by family
#
# Tables give gains as fractions; a point is a hundredth.

# %%
families = contrast_gains(predictions, scores, arms, by="family", settings=settings, seen="include")
keep_table(study, families, "arms_by_family", ["contrast", "group", "estimate", "low", "high", "p_holm", "clear"])

# %% [markdown]
# ## Equal budgets
#
# Rows of the target that each model was trained on, in all languages together. Rows of intermediate tasks don't count
# here: an intermediate arm has them besides. Scores are averaged only over languages with the budget that is due.

# %%
budgets = regime_scores(scores, study.omissions())
keep_table(study, budgets, "regimes")

# %%
say(describe_shortfalls(study.shortfalls()))

# %% [markdown]
# ## How much of training in the language itself?

# %%
kept = retention(scores)
keep_table(study, kept, "retention")
say(describe_retention(kept))

# %% [markdown]
# ## Checks
#
# What is left out, and why: a language without training rows cannot be fine-tuned in.

# %%
study.omissions()

# %% [markdown]
# ## Limits
#
# A budget of rows is not a budget of work: making a row in a low-resource language costs more than taking an English
# one. Multilingual rows may be translations (then they carry the translator's errors) or native (then they are about
# other things): the catalogue says which. Regimes other than English fine-tuning are never called zero-shot.

# %% [markdown]
# ## Provenance

# %%
show_provenance(study)
