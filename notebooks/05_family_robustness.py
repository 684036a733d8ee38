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
from study_utils.analysis import (
    SUMMARY_COLUMNS,
    equivalence,
    family_gains,
    gains,
    gap_gains,
    mixed_gains,
    robustness_intervals,
    robustness_table,
    seed_gains,
    seen_gains,
    sensitivity,
    task_gains,
    variance_shares,
)
from study_utils.figures import (
    plot_family_gains,
    plot_gap_gains,
    plot_language_gains,
    plot_seed_gains,
    plot_task_gains,
)
from study_utils.report import banner, keep_figure, keep_table, say, show_provenance
from study_utils.sentences import (
    describe_equivalence,
    describe_failed_runs,
    describe_families,
    describe_mixed,
    describe_overall,
    describe_reading,
    describe_robustness,
    describe_seen,
    describe_seen_gains,
    describe_sensitivity,
    describe_tasks,
    describe_variance,
)
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
#
# One target task at a time: a mean over tasks can hide that one of them decides it. A result is *clear* if its interval
# excludes zero, also after correction for all comparisons, and nothing bars a claim (too few seeds or languages, runs
# that failed and decide it).

# %%
settings = study.params.analysis
scores = study.scores()
predictions = study.predictions()
by_task = task_gains(predictions, scores, settings=settings)
say([*describe_tasks(by_task), *describe_failed_runs(scores)])

# %% [markdown]
# Lines are intervals over the languages and seeds of one task.

# %%
keep_figure(study, plot_task_gains(by_task), "task_gains", by_task)
keep_table(
    study, by_task, "task_gains", ["condition", "task", "estimate", "low", "high", "p_holm", "clear", "n_languages"]
)

# %% [markdown]
# ## The mean over tasks
#
# Every task weighs the same. The first interval is about *these tasks*, whatever others would show. The second is about
# *tasks like these*: the tasks of the study stand for others, and how much they differ counts. A mixed model gives both;
# the calibration report (`reports/calibration`) shows how often they hold. A gain on these tasks is not called clear
# where it doesn't hold without one of them.

# %%
overall = family_gains(predictions, scores, by="all", settings=settings)
say(describe_overall(overall, settings.primary))

# %%
keep_table(study, overall, "overall_gains", SUMMARY_COLUMNS)

# %% [markdown]
# Retrieval, where it is among the targets, is read at one layer; notebook 04 shows what the others say.

# %%
say(describe_reading(study.retrieval()))

# %% [markdown]
# What would change this: each language, then each task, left out in turn.

# %%
without = sensitivity(predictions, scores, by="all", settings=settings)
keep_table(study, without, "leave_one_out")
say(describe_sensitivity(without))

# %% [markdown]
# ## Gains by family
#
# Families are compared on equal terms: adjusted for the tasks that they have, which the figure prints where they
# differ. Lines are intervals on these tasks, from the same mixed model. From too few languages or seeds nothing is
# called clear. A language that is alone in its family is drawn towards the others that are, as far as noise would
# explain how they differ.

# %%
families = family_gains(predictions, scores, by="family", settings=settings)
keep_figure(study, plot_family_gains(families), "family_gains", families)
keep_table(study, families, "family_gains", columns=SUMMARY_COLUMNS)

# %%
say(describe_families(families))

# %% [markdown]
# The same with every family divided into its branches.

# %%
branches = family_gains(predictions, scores, by="branch", settings=settings)
keep_figure(study, plot_family_gains(branches), "branch_gains", branches)

# %% [markdown]
# ## Languages seen before the target
#
# Where an intermediate stage was trained in a scored language, by text of many languages or by a task in that language,
# the score is not zero-shot, and the gain is told here alone.

# %%
say(describe_seen(scores))

# %%
seen = seen_gains(predictions, scores, settings=settings)
keep_table(study, seen, "seen_gains")
say(describe_seen_gains(seen))

# %% [markdown]
# ## Language by language
#
# A family mean can hide opposite languages: one dot a language, small ticks are seeds.

# %%
by_language = gains(scores)
keep_figure(study, plot_language_gains(by_language), "language_gains", by_language)

# %% [markdown]
# ## Do languages far behind English gain more?
#
# The gap is that of the baseline, over the tasks that score English. Read with care: the baseline's score is in both
# axes, so its noise alone makes points rise to the right.

# %%
gaps = gap_gains(scores)
keep_figure(study, plot_gap_gains(gaps), "gap_gains", gaps)

# %% [markdown]
# ## Seed by seed
#
# A result that turns with the seed is a result about a seed.

# %%
by_seed = seed_gains(scores)
keep_figure(study, plot_seed_gains(by_seed), "seed_gains", by_seed)

# %% [markdown]
# ## Is transfer more robust?
#
# Robustness is more than the mean: the gap to English, the part of English that is retained, the worst language, the
# share of languages that lose, the spread within a family and between seeds. In points or percent, with intervals.

# %%
everywhere = robustness_intervals(predictions, scores, by="all", settings=settings)
say(describe_robustness(everywhere))

# %%
evenness = robustness_intervals(predictions, scores, by="family", settings=settings)
keep_table(study, evenness, "robustness_intervals")
keep_table(study, robustness_table(evenness), "robustness")

# %% [markdown]
# ## Is there no effect?
#
# "Not clear" is not "no effect". Two one-sided tests ask whether an effect as large as the smallest that matters (a
# parameter of the study) is ruled out. Nothing is said where a side is at chance or runs collapsed.

# %%
margins = equivalence(families, margin=settings.margin)
keep_table(
    study, margins, "equivalence", ["condition", "group", "estimate", "margin", "p_equivalence_holm", "equivalence"]
)
say(describe_equivalence(margins))

# %% [markdown]
# ## Family, or what comes with it?
#
# A mixed model of gains: family and covariates of languages and tasks fixed, languages, tasks and seeds random.
# Covariates that the design can't tell from families are left out, and named.

# %%
model = mixed_gains(scores, settings=settings)
say(describe_mixed(model))

# %%
keep_table(study, model.contrasts, "family_contrasts").nsmallest(10, "p")

# %%
keep_table(study, model.covariates, "covariates")

# %% [markdown]
# ## Where do gains differ?
#
# Shares of the variance between single gains. With few tasks or seeds their intervals are wide.

# %%
shares = variance_shares(scores)
keep_table(study, shares, "variance_shares", ["condition", "source", "share", "low", "high", "levels", "withheld"])
say(describe_variance(shares))

# %% [markdown]
# ## What could this study have seen?
#
# The smallest true gain that four of five studies like this one would find, from the variances of its own gains, and
# what more seeds, test rows, languages or tasks would bring and cost. In points and hours; for families and languages
# after correction. It says nothing about what was found: a gain below it may be there.

# %%
from study_utils.figures import plot_detectable
from study_utils.sentences import describe_margin, describe_outlook

# %%
outlook = study.outlook(vary=True)
say([*describe_outlook(outlook), *describe_margin(outlook)])

# %%
keep_figure(study, plot_detectable(outlook.curves, margin=outlook.margin), "detectable", outlook.curves)

# %%
keep_table(study, outlook.table.round(2), "detectable")

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
# pairs) are marked; whether the encoder saw a language in pretraining is separated from family only where the model
# above doesn't warn.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
