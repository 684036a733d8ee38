# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Evaluate in every language
#
# **Question.** How well does each condition do in languages that no training or selection row was in?
#
# Before: [03 Target fine-tuning](03_target_finetuning.ipynb). Next: [05 Family robustness](05_family_robustness.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import analysis, figures, report, sentences
from study_utils.analysis.questions.epochs import epoch_choices, epoch_curves, epoch_table
from study_utils.execute.stage import complete
from study_utils.report.benchmarks import keep_benchmark
from study_utils.report.epochs import show_epochs
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %%
complete(study, "04_zero_shot_eval")
scores = study.scores()

# %% [markdown]
# ## The answer first
#
# Primary metric in percent, mean over seeds, without any intermediate task; languages grouped by family.

# %%
report.say(sentences.describe_scores(scores))

# %%
base = scores[scores["condition"] == "none"]
report.keep_figure(study, figures.plot_scores(scores, condition="none"), "scores_none", base)

# %% [markdown]
# ## Why it may be wrong
#
# Runs that failed or stayed at chance, and languages that a training row was in, are no zero-shot results.

# %%
report.say([*sentences.describe_failed_runs(scores), *sentences.describe_seen(scores)])

# %% [markdown]
# ## Scores of every condition
#
# In percent: macro average over the languages of each target that are zero-shot, of conditions fine-tuned in the source
# language: of the primary metric, and where the benchmark has another one, of that beside it; the spread over seeds is in
# brackets. All are averaged over the same languages; a condition whose intermediate stage was trained in all of them has
# no average.

# %%
report.keep_table(study, study.macro_scores(scores), "macro_scores")
report.say(sentences.describe_unscored(scores))

# %% [markdown]
# ## Does a gain depend on the layer?
#
# Retrieval has no head of its own: it reads sentence vectors at one layer of the encoder, and which one is a choice. The
# results of this study are those of the layer marked here; all others are scored in the same pass. Intermediate
# training changes the upper layers most, so a gain or a loss at one layer need not be one of the encoder.

# %%
report.say(sentences.describe_reading(study.retrieval()))

# %%
layers = analysis.layer_gains(study.layers(), settings=study.params.analysis)
report.say(sentences.describe_layers(layers))

# %%
report.keep_figure(study, figures.plot_layers(layers), "layers", layers)

# %% [markdown]
# Score of the baseline, then gains with their intervals. These speak about languages and seeds like these. Nothing is
# called clear here: one task's own runs tell too little of how training runs differ. The next notebook says what holds at
# the layer that is read, with the noise of test examples and the runs of all tasks.

# %%
report.keep_table(study, layers, "layers", shown=analysis.layer_table(layers))

# %% [markdown]
# ## What there is of the published benchmarks
#
# Task by task: languages that every condition is scored in and those that one or more lack, and the score of a condition
# that lacks none; with conditions fine-tuned in the source. The average is the benchmark's, over its own metrics, and stands
# only where no cell is missing. `PROTOCOL.md` says where the study measures otherwise than the benchmark.

# %%
zero_shot = scores[scores["condition"].isin(study.source_conditions())]

# %%
keep_benchmark(study, zero_shot, "xtreme")

# %%
keep_benchmark(study, zero_shot, "xtreme_r")

# %% [markdown]
# ## Fine-tuned in other languages than the source
#
# Beside the baseline in the same languages, where both were trained on the same number of rows (under few shots: the
# baseline's and the few). Only languages that no row was in count as zero-shot; what lacks training rows is omitted.

# %%
report.say(sentences.describe_regimes(study.conditions()))

# %%
report.keep_table(study, analysis.regime_scores(scores, study.omissions()), "regimes")

# %%
report.keep_table(study, study.omissions(), "omissions")

# %% [markdown]
# ## Which epoch?
#
# The selection score chooses an epoch; is that epoch the best one in the zero-shot languages too? The oracle
# looks at the test rows. It profits from their noise, so points below it are an upper bound of what a better choice
# could gain.

# %%
curves = epoch_curves(study.epochs())
choices = epoch_choices(curves)
show_epochs(study, curves, epoch_table(choices), sentences.describe_epochs(choices))

# %% [markdown]
# ## Method
#
# The source is best, languages near to it and well represented in pretraining follow, and scores stay above chance. A
# score at chance means that nothing was transferred; a score at the ceiling would leave no room for a difference.
#
# | reads | writes | takes |
# |---|---|---|
# | fine-tuned models of 03 (encoders of 02 for retrieval), test rows | one prediction row per example, one score row per language and metric | minutes |

# %% [markdown]
# All languages of a test set go through the model in one pass. The prediction for every example is kept, so that
# differences between conditions can be paired example by example.

# %%
report.keep_results(study, scores)

# %% [markdown]
# ## Checks
#
# Every condition has a score for every language and seed that the baseline has; all scores are fractions; the zero-shot
# flag is false exactly for languages that some training or selection row was in.

# %%
analysis.check_results(scores)
counts = scores.groupby(["task", "zero_shot"])["language"].nunique().unstack(fill_value=0)
report.show_table(counts.rename(columns={True: "zero-shot languages", False: "others"}).reset_index())

# %% [markdown]
# ## Limits
#
# Test sets are capped; languages differ in the number of examples and, for treebanks and templates, in content, so
# scores are compared between conditions within a language rather than between languages. Retrieval is told at one layer.

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
