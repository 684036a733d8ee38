# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A tour in ten minutes
#
# **Question.** When a multilingual encoder is first trained on an English *intermediate task*, does it then do better
# in languages it was never fine-tuned in? And how would we know?
#
# | reads | writes | takes |
# |---|---|---|
# | the results of the quick study, which come with the project | nothing | seconds |
#
# For a class: read aloud, stop at the two exercises, guess before you look. A page can be read only: to do the
# exercises, open `notebooks/00_tour.ipynb` with `make lab`. To go on: [05 Families](05_family_robustness.ipynb).

# %% [markdown]
# These four choices are yours to change; the exercises say when. `name` is the study. `condition` is what the encoder
# was trained on first, `target` is the task it is scored on, `seeds` are the repetitions that are shown: a seed decides
# the order of the rows and the first weights of a head. `params/quick.yaml` lists those that there are.

# %% tags=["parameters"]
name: str = "quick"
condition: str = "starter_mixture"
target: str = "slots"
seeds: list = [11]

# %%
from study_utils.analysis import family_gains, gains
from study_utils.figures import plot_family_tree, plot_scores, plot_task_gains
from study_utils.report import banner, open_report, say, show_figure, show_table
from study_utils.sentences import describe_scores, describe_tasks

# %% [markdown]
# ## 1. What was done
#
# The same encoder was trained twice. Once on the target task alone, in its source language: the *baseline*, `none`.
# Once on the intermediate task first and then on the same target rows: the *condition*. Both are scored in every
# language. Nobody showed either of them the target task in another language than that one: that is *zero-shot
# transfer*.

# %%
report = open_report(name)
banner(report)
conditions = report.table("conditions").rename(columns={"condition": "key"})
show_table(conditions[["key", "title", "reason"]])

# %% [markdown]
# ## 2. Without an intermediate task
#
# Look for two things. Is a task at chance, so that nothing was learnt? Is one at its ceiling, so that nothing can be
# gained? A difference between two scores means little in either case.

# %%
scores = report.results()
show_figure(plot_scores(scores, condition="none"))

# %%
say(describe_scores(scores))

# %% [markdown]
# ## 3. One gain a language
#
# A *gain* is the score under the condition minus the score of the baseline, with the same seed. Here is the target that
# you chose, for the seeds that you chose; diamonds are families, over all seeds.

# %%
all_gains = gains(scores)
mine = all_gains.query("condition == @condition and task == @target and seed in @seeds")
families = family_gains(None, scores.query("task == @target and condition in ['none', @condition]"))
show_figure(plot_family_tree(families, mine))

# %%
show_table(mine.nlargest(5, "gain")[["language", "seed", "baseline", "score", "gain"]])

# %% [markdown]
# ### Exercise 1: another seed
#
# Write down the three languages with the largest gains: the table has five. Now **predict**: with another seed, how
# many of the three are still among the largest three? **Change** `seeds` in the cell of parameters to another one, and
# run all cells again. **Look.** Then name all seeds at once: small ticks are seeds.
#
# *To talk about:* what did you see in the first picture that was not there in the second? A picture of one seed has no
# way of telling you that.

# %% [markdown]
# ## 4. From a picture to a claim
#
# An interval says how far the mean gain could be from what was measured, had we drawn other languages, test rows and
# seeds. A filled mark is a *clear* result: its interval lies on one side of zero, also after correction for all the
# comparisons that were made, and nothing bars a claim.

# %%
by_task = report.table("task_gains")
show_figure(plot_task_gains(by_task.query("condition == @condition")))

# %% [markdown]
# ### Exercise 2: another intermediate task
#
# **Predict:** does the other condition of the table in part 1 gain on your target, and on which of the others? What
# makes you think so: the format of the task, its texts, its size? **Change** `condition`, and run all cells again.
# **Look.**
#
# *To talk about:* some intervals are far wider than others, with as many languages and seeds behind them. Which do
# seeds move most? And if you tried every condition and kept the best one: what should that do to your trust in it?

# %% [markdown]
# ## 5. What may be said
#
# These sentences are made from the table, never typed. "Not clear" is not "no effect": it is "not decided at this
# size".

# %%
say(describe_tasks(by_task))

# %% [markdown]
# Two next steps. A cheap one: [the page to explore](../reports/quick/explore.html) shows every number behind this tour.
# A dearer one, in minutes: `python run_all.py quick --set seeds=[11,12,13,14,15,16,17,18] --name eight` trains three
# more seeds (and the first five, where `make study` has not); then set `name` to `eight`. Predict first which of the
# intervals above gets narrower, and which doesn't.
