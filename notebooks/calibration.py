# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Are the statistics right?
#
# **Question.** In studies whose truth is known, how often do our intervals hold it, how often do we claim an effect that
# isn't there, and how large must a study be to find one that is?

# %% tags=["parameters"]
# The fewest simulated studies that a point must rest on.
studies: int = 1000

# %%
from study_utils.analysis.calibration.designs import failing, without_effect
from study_utils.execute.calibration import open_calibration
from study_utils.figures import plot_coverage_of_intervals, plot_false_claims, plot_power
from study_utils.report import keep_figure, keep_table, say, show_facts, show_table
from study_utils.sentences import describe_calibration

# %%
report = open_calibration(studies)
points = report.points

# %% [markdown]
# ## The answer first

# %%
say(describe_calibration(points))

# %% [markdown]
# ### Do intervals hold the truth?
#
# One mark a design and headline; one property is varied at a time. The band is what counts as right; lines are two
# Monte Carlo errors. Above the band intervals are wider than they need be, which costs power and misleads nobody.
# Where runs collapsed, the interval is that without the runs that the rule finds.

# %%
keep_figure(report, plot_coverage_of_intervals(points), "interval_coverage", without_effect(points))

# %% [markdown]
# ## Why it may be wrong
#
# Designs where the method falls short of what it promises.

# %%
keep_table(report, failing(points), "falls_short")

# %% [markdown]
# ## How often is an effect claimed that isn't there?
#
# Share of studies without any effect in which at least one result of the headline is called clear, after correction.
# From fewer than three seeds, and from fewer than three languages of a family, the studies' reports claim nothing, so no
# false claim is counted there; the intervals above show why they don't.

# %%
keep_figure(report, plot_false_claims(points), "false_claims", without_effect(points))

# %% [markdown]
# ## How large must a gain be?
#
# Share of results called clear, with the right sign, when everything truly gains, in the two designs as they are. A
# result that doesn't hold without one of the tasks is not called clear, here as in reports.

# %%
keep_figure(report, plot_power(points), "power", points)

# %% [markdown]
# ## Method
#
# A study of gains has families of languages, tasks, seeds and test examples, and a true gain that varies between tasks,
# languages, seeds and single training runs. Each simulated study goes through the model, the correction and the rules
# of notebook 05, headline by headline: all languages on these tasks and for tasks like these, families, and languages
# that stand alone in their family. Intervals at the usual level should hold the truth that often, and false claims
# should be as rare as promised; few languages, seeds and tasks must hurt somewhere, and we want to know where.
#
# | reads | writes | takes |
# |---|---|---|
# | counts of simulated studies | figures and tables of this report | seconds |
#
# The studies are simulated, within an hour on one core, by `python -m study_utils.execute.calibration`, which also
# executes this notebook.

# %% [markdown]
# ## Checks
#
# Every point rests on enough studies.

# %%
counts = points.groupby("balance")["n_studies"].agg(points="size", fewest_studies="min")
show_table(counts.reset_index())

# %% [markdown]
# ## Limits
#
# The simulated noise is normal and of the sizes in the table; real studies can be stranger. The design like XTREME-R has
# the (task, language) cells that XTREME-R scores. Families do not differ
# from task to task in these studies. A family whose languages differ more than the others' has a variance of its own: see
# the design "families unlike". The variance between tasks can't be estimated below zero. So where tasks don't differ and
# training runs do, as with a noisy baseline, the intervals for tasks like these come out too wide, on the safe side.

# %% [markdown]
# ## Provenance

# %%
show_facts(report.provenance)
