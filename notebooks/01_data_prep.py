# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Prepare the data
#
# **Question.** Which sentences does the study train and test on, in which languages and families, and can they be
# trusted: no missing gold labels, no training sentence among the test sentences?
#
# Next: [02 Intermediate training](02_intermediate_training.ipynb). Words are explained in the glossary (`GLOSSARY.md`).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "target.epochs": 3}`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import figures, report, sentences
from study_utils.budgets import describe_shortfalls
from study_utils.data.describe import label_table, length_table
from study_utils.data.leakage import overlap_table
from study_utils.execute.stage import complete
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %%
complete(study, "01_data_prep")
facts = study.data_facts()
coverage = study.coverage()

# %% [markdown]
# ## The answer first
#
# One row a language, one column a target task; a filled cell means that the language is scored.

# %%
report.say([*sentences.describe_coverage(coverage), *sentences.describe_dropped(facts)])

# %%
report.keep_figure(study, figures.plot_coverage(coverage), "coverage", coverage)

# %% [markdown]
# ## Why it may be wrong
#
# A test sentence that also occurs in training rows, of its own task or of an intermediate task, is a leak. Parallel
# test sets repeat names and numbers, so a small share can be chance; a table shows the share per task, where there is any.

# %%
rows = study.prepared()
overlaps = overlap_table(rows)
report.say(sentences.describe_overlap(overlaps))

# %%
report.keep_table(study, overlaps, "overlap", shown=overlaps[overlaps["overlapping"] > 0])

# %% [markdown]
# Conditions are compared at equal numbers of training rows. A set that is smaller than asked for is named here, before
# anything is trained.

# %%
report.say(describe_shortfalls(study.shortfalls()))

# %%
report.say(sentences.describe_partial(study.partial()))

# %% [markdown]
# ## How many rows are there?
#
# After the checks and the caps; `dropped` were left out by a check.

# %%
report.keep_table(study, facts.drop(columns="fingerprint"), "data_facts")

# %% [markdown]
# ## How long are the sentences?
#
# Length in characters by task and language. Scripts differ in how much one character carries, so the lengths are for
# finding odd files, not for comparing languages.

# %%
lengths = length_table(rows)
report.keep_figure(study, figures.plot_lengths(lengths), "lengths", lengths)

# %% [markdown]
# ## How are the labels distributed?
#
# A test set whose labels are distributed otherwise than the training set makes accuracy harder to compare.

# %%
labels = label_table(rows)
report.keep_figure(study, figures.plot_labels(labels), "labels", labels)

# %% [markdown]
# ## Look at the sentences
#
# The first test sentence of every task in a few languages.

# %%
report.show_table(study.examples())

# %% [markdown]
# ## Method
#
# Training and selection rows are in the source language only (English, unless a target says otherwise), else nothing
# would be zero-shot; what trains in other languages on purpose (other regimes, text that is mixed in, intermediate tasks
# in another language) is listed above. Test sets differ in size and in the languages they cover, and coverage is very
# uneven over families, so later notebooks never average raw scores over different sets of languages.
#
# | reads | writes | takes |
# |---|---|---|
# | packaged sentences, a mirror folder or the hub | checked rows of every task in the store | seconds to minutes |

# %% [markdown]
# Every task is loaded from its source, brought into the shape of its format, checked row by row, cut to the size that
# the parameters ask for (the same examples in every language where ids agree) and written with a fingerprint.

# %% [markdown]
# ## Limits
#
# Caps cut large sets to a size for this study; scores on capped sets have wider intervals. Lengths and label shares are
# those of the rows in use, not of the complete data sets.

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
