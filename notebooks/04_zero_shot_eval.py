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
# | reads | writes | takes |
# |---|---|---|
# | fine-tuned models of 03 (encoders of 02 for retrieval), test rows | one prediction row per example, one score row per language and metric | minutes |
#
# Before: [03 Target fine-tuning](03_target_finetuning.ipynb). Next: [05 Family robustness](05_family_robustness.ipynb).

# %% [markdown]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.

# %% tags=["parameters"]
name: str = "quick"
changes: dict = {}

# %%
from study_utils.analysis import check_results, regime_scores
from study_utils.execute.stage import complete
from study_utils.figures import plot_scores
from study_utils.report import banner, keep_figure, keep_results, keep_table, say, show_provenance
from study_utils.sentences import describe_failed_runs, describe_scores, describe_seen
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
# English is best, languages near to it and well represented in pretraining follow, and scores stay above chance. A
# score at chance means that nothing was transferred; a score at the ceiling would leave no room for a difference.

# %% [markdown]
# ## Predict and score
#
# All languages of a test set go through the model in one pass. The prediction for every example is kept, so that
# differences between conditions can be paired example by example.

# %%
complete(study, "04_zero_shot_eval")

# %% [markdown]
# ## Scores of the baseline by family
#
# Primary metric in percent, mean over seeds, without any intermediate task; languages grouped by family.

# %%
scores = study.scores()
keep_results(study, scores)
keep_figure(study, plot_scores(scores, condition="none"), "scores_none", scores)

# %% [markdown]
# ## Scores of every condition
#
# Macro average over the languages of each target that are zero-shot, of conditions fine-tuned in English; the spread
# over seeds is in brackets. All are averaged over the same languages; a condition whose intermediate stage was trained
# in all of them has no average.

# %%
keep_table(study, study.macro_scores(scores), "macro_scores")

# %%
say([*describe_scores(scores), *describe_failed_runs(scores)])

# %%
say(describe_seen(scores))

# %% [markdown]
# ## Fine-tuned in other languages than English
#
# Beside the baseline in the same languages, where both were trained on the same number of rows (under few shots: the
# baseline's and the few). Only languages that no row was in count as zero-shot; what lacks training rows is omitted.

# %%
keep_table(study, regime_scores(scores, study.omissions()), "regimes")

# %%
keep_table(study, study.omissions(), "omissions")

# %% [markdown]
# ## Checks
#
# Every condition has a score for every language and seed that the baseline has; all scores are fractions; the zero-shot
# flag is false exactly for languages that some training or selection row was in.

# %%
check_results(scores)
scores.groupby(["task", "zero_shot"])["language"].nunique().unstack(fill_value=0)

# %% [markdown]
# ## Limits
#
# Test sets are capped; languages differ in the number of examples and, for treebanks and templates, in content, so
# scores are compared between conditions within a language rather than between languages.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
