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
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.
name: str = "quick"
changes: dict = {}

# %%
import pandas as pd

from study_utils import analysis, figures, report, sentences
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %% [markdown]
# ## The answer first
#
# One target task at a time: a mean over tasks can hide that one of them decides it. A result is *clear* if its interval
# excludes zero, also after correction for the other comparisons of its table, and nothing bars a claim (too few seeds or
# languages, runs that failed and decide it).

# %%
settings = study.params.analysis
scores = study.scores()
examples = study.example_blocks()
by_task = analysis.task_gains(examples, scores, settings=settings)
found = [*sentences.describe_tasks(by_task), *sentences.describe_failed_runs(scores)]
report.say([*found, *sentences.describe_unscored(scores)])

# %% [markdown]
# Lines are intervals over the languages and seeds of one task. Its few runs can be alike by chance, so a line is never
# shorter than the model of all tasks makes it; in a study of one or two tasks, never shorter than the t interval of the
# seeds' means.

# %%
report.keep_figure(study, figures.plot_task_gains(by_task), "task_gains", by_task)

# %% [markdown]
# ## Why it may be wrong
#
# One language or one task may decide a mean: bars reach from the lowest to the highest gain with one of them left out.

# %%
without = analysis.sensitivity(examples, scores, by="all", settings=settings)
report.keep_figure(study, figures.plot_left_out(without), "left_out", without)

# %%
report.say([*sentences.describe_sensitivity(without), *sentences.describe_processors(study.devices())])

# %% [markdown]
# ### Seed by seed
#
# A result that turns with the seed is a result about a seed.

# %%
by_seed = analysis.seed_gains(scores)
report.keep_figure(study, figures.plot_seed_gains(by_seed), "seed_gains", by_seed)

# %% [markdown]
# ### Could it have been seen?
#
# The smallest true gain that four of five studies like this one would call clear, by the rules of this notebook. It
# says nothing about what was found.

# %%
outlook = study.outlook(vary=True, scores=scores, examples=examples)
report.say(sentences.describe_outlook(outlook))
report.say(sentences.describe_margin(outlook))

# %% [markdown]
# ## Gain by task

# %%
columns = ["condition", "task", "estimate", "low", "high", "p_holm", "clear", "n_languages", *analysis.FAILED_COLUMNS]
report.keep_table(study, by_task, "task_gains", columns)

# %% [markdown]
# ## The mean over tasks
#
# Every task weighs the same. The first interval is about *these tasks*, whatever others would show. The second is about
# *tasks like these*: the tasks of the study stand for others, and how much they differ counts. A mixed model gives both;
# the calibration report (`reports/calibration`) shows how often they hold. A gain on these tasks is not called clear
# where its interval without one of them holds zero.

# %%
overall = analysis.family_gains(examples, scores, by="all", settings=settings)
report.say(sentences.describe_overall(overall, settings.primary))

# %%
report.keep_table(study, overall, "overall_gains", analysis.SUMMARY_COLUMNS)

# %% [markdown]
# Retrieval, where it is among the targets, is read at one layer; notebook 04 shows what the others say.

# %%
report.say(sentences.describe_reading(study.retrieval()))

# %% [markdown]
# ## Gains by family
#
# Families are compared on equal terms: adjusted for the tasks that they have, which the figure prints where they
# differ. Lines are intervals on these tasks, from the same mixed model. From too few languages or seeds nothing is
# called clear. A language that is alone in its family is drawn towards the others that are, as far as noise would
# explain how they differ.

# %%
families = analysis.family_gains(examples, scores, by="family", settings=settings)
report.keep_figure(study, figures.plot_family_gains(families), "family_gains", families)
first = families.sort_values(["p_holm", "p"], kind="stable")
report.keep_table(study, families, "family_gains", shown=first[[*analysis.SUMMARY_COLUMNS]])

# %%
report.say(sentences.describe_families(families))

# %% [markdown]
# The tree that the families are: branches under families, languages as leaves. A family's mean can hide opposite
# languages; small ticks are seeds.

# %%
branches = analysis.family_gains(examples, scores, by="branch", settings=settings)
by_language = analysis.gains(scores)
groups = pd.concat([families, branches]).drop_duplicates(["encoder", "condition", "group"])
report.keep_figure(study, figures.plot_family_tree(groups, by_language), "family_tree", by_language)

# %% [markdown]
# ## Languages seen before the target
#
# Where an intermediate stage was trained in a scored language, by text of many languages or by a task in that language,
# the score is not zero-shot, and the gain is told here alone.

# %%
report.say(sentences.describe_seen(scores))

# %%
seen = analysis.seen_gains(examples, scores, settings=settings)
report.keep_table(study, seen, "seen_gains", ["arm", *analysis.SUMMARY_COLUMNS[1:]])
report.say(sentences.describe_seen_gains(seen))

# %% [markdown]
# ## Do languages far behind the source gain more?
#
# The gap is that of the baseline, over the tasks that score their source language. Read with care: the baseline's score is in both
# axes, so its noise alone makes points rise to the right.

# %%
gaps = analysis.gap_gains(scores)
report.keep_figure(study, figures.plot_gap_gains(gaps), "gap_gains", gaps)

# %% [markdown]
# ## Is transfer more robust?
#
# Robustness is more than the mean: the gap to the source language, the part of its score that is retained, the worst
# language, the share of languages that lose, the spread within a family and between seeds. In points or percent, with intervals.

# %%
everywhere = analysis.robustness_intervals(examples, scores, by="all", settings=settings)
report.say(sentences.describe_robustness(everywhere))
report.keep_table(study, everywhere, "robustness_overall", shown=analysis.robustness_table(everywhere))

# %%
evenness = analysis.robustness_intervals(examples, scores, by="family", settings=settings)
report.keep_table(study, evenness, "robustness_intervals", shown=analysis.robustness_table(evenness))

# %% [markdown]
# ## Is there no effect?
#
# "Not clear" is not "no effect". Two one-sided tests ask whether an effect as large as the smallest that matters (a
# parameter of the study) is ruled out. Nothing is said where a side is at chance or runs collapsed.

# %%
margins = analysis.equivalence(families, margin=settings.margin)
report.keep_table(
    study, margins, "equivalence", ["condition", "group", "estimate", "margin", "p_equivalence_holm", "equivalence"]
)
report.say(sentences.describe_equivalence(margins))

# %% [markdown]
# ## Family, or what comes with it?
#
# A mixed model of gains: family and covariates of languages and tasks fixed, languages, tasks and seeds random.
# Covariates that the design can't tell from families are left out, and named.

# %%
model = analysis.mixed_gains(scores, settings=settings)
report.say(sentences.describe_mixed(model))

# %%
report.keep_table(study, model.contrasts.sort_values("p"), "family_contrasts")

# %%
report.keep_table(study, model.covariates, "covariates")

# %% [markdown]
# ## Where do gains differ?
#
# Shares of the variance between single gains. With few tasks or seeds their intervals are wide.

# %%
shares = analysis.variance_shares(scores)
report.keep_table(
    study, shares, "variance_shares", ["condition", "source", "share", "low", "high", "levels", "withheld"]
)
report.say(sentences.describe_variance(shares))

# %% [markdown]
# ## What would a larger study see?
#
# What more seeds, test rows, languages or tasks would bring and cost, from the variances of these gains. In points and
# hours; after the correction for other comparisons that the study makes.

# %%
report.keep_figure(study, figures.plot_detectable(outlook.curves, margin=outlook.margin), "detectable", outlook.curves)

# %%
report.keep_table(study, outlook.table.round(2).dropna(axis=1, how="all"), "detectable")

# %% [markdown]
# ## Method
#
# The two published studies disagree: one reports gains from English intermediate tasks, most of all on retrieval, the
# other finds direct fine-tuning as good or better for most tasks. So gains and losses must be equally easy to find. A
# *gain* is the score under a condition minus the score of `none` with the same encoder, task, language and seed.
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04 | gains with intervals, figures, tables | a minute |

# %% [markdown]
# ## Checks
#
# Every gain is paired: as many baseline scores as scores of each condition.

# %%
pairs = by_language.groupby("condition")["gain"].agg(rows="size", pairs="count")
report.show_table(pairs.reset_index())

# %% [markdown]
# ## Limits
#
# Few seeds and small test sets: an interval that covers zero means "not decided at this size", not "no effect". Families
# with one language say something about that language only. Conditions trained on the data of a target (same-data
# pairs) are marked; whether the encoder saw a language in pretraining is separated from family only where the model
# above doesn't warn.

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
