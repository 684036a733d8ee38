# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Published claims
#
# **Question.** What do these results say about what was published?
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04, validation scores of 03 | the ledger of claims, a figure | minutes |
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% [markdown]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "analysis.margin": 2}`.

# %% tags=["parameters"]
name: str = "quick"
changes: dict = {}

# %%
from study_utils.analysis.claims import Evidence, claim_ledger
from study_utils.analysis.questions.encoders import encoder_contrasts, rank_encoders, size_rule, target_gains
from study_utils.figures.encoders import plot_target_gains
from study_utils.figures.ledger import plot_ledger
from study_utils.report import banner, keep_figure, keep_table, say, show_provenance
from study_utils.sentences import describe_ledger, describe_ranking, describe_size_rule, describe_target_gains
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
# Two published studies point in opposite directions: one reports that English intermediate tasks help, the other that
# direct fine-tuning does better on most targets. Each claim is written down once, with the comparison that tests it.
#
# A *verdict* is only given where the claim's own encoder, targets, conditions and amount of data were run. Anything
# else is "not tested here", and the column `here` says where these results point, which confirms and refutes nothing.
# Claims of a difference need an interval on one side; claims of no gain need gains as large as the margin ruled out. All
# tests of the ledger are corrected together (Holm).

# %% [markdown]
# ## The answer first

# %%
settings = study.params.analysis
trained = study.validation("03_target_finetuning")
results = {"predictions": study.predictions(), "scores": study.scores(), "validation": trained}
evidence = Evidence(**results, sizes=study.data_facts(), settings=settings, margin=settings.margin)
ledger = claim_ledger(evidence)
say(describe_ledger(ledger))

# %% [markdown]
# ## The ledger
#
# Circles are estimates of these runs with their intervals, diamonds the published numbers (smallest and largest where
# there are several). Grey: not tested here.

# %%
keep_figure(study, plot_ledger(ledger), "claims", ledger)

# %%
columns = ["claim", "verdict", "here", "estimate", "low", "high", "unit", "p", "published", "tested_on", "reason"]
keep_table(study, ledger, "claims", columns)

# %% [markdown]
# ## Target by target
#
# The tables behind several claims: each target, in the language that it was trained in, with and without an
# intermediate task first, and encoders side by side where the study has several.

# %%
tables = (study.predictions(), study.scores())
gains = target_gains(*tables, settings=settings, same_data="include")
keep_figure(study, plot_target_gains(gains), "target_gains", gains)

# %%
say(describe_target_gains(gains))

# %%
ranking = rank_encoders(*tables, encoder_contrasts(*tables, settings=settings))
say(describe_ranking(ranking))
keep_table(study, ranking, "ranking")

# %% [markdown]
# ## Checks
#
# Is the intermediate data as much larger than that of the target as in the study of direct fine-tuning?

# %%
say(describe_size_rule(size_rule(study.training_sizes())))

# %% [markdown]
# What a test of each claim itself would need and these runs lack.

# %%
ledger[["claim", "source", "needs"]]

# %% [markdown]
# ## Limits
#
# Averages are over languages other than English; published ones include it. Pairs of intermediate and target task made
# from the same data count here, as in the published averages, and so do languages that a condition was trained in. The
# claims are in our words; what a source doesn't say, such as how large "large" is, no test can decide. Target by
# target, an interval speaks about other test rows and seeds, not about other targets.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
