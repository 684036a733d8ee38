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
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "analysis.margin": 2}`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import report, sentences
from study_utils.analysis.claims import Evidence, claim_ledger, claim_needs, missing_parts
from study_utils.analysis.questions.encoders import encoder_contrasts, rank_encoders, target_gains
from study_utils.figures.encoders import plot_target_gains
from study_utils.figures.ledger import plot_ledger
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %% [markdown]
# ## The answer first

# %%
settings = study.params.analysis
results = {"predictions": study.predictions(), "scores": study.scores()}
rows = {"sizes": study.data_facts(), "training_sizes": study.training_sizes(), "epochs": study.epochs()}
trained = study.validation("03_target_finetuning")
asked = {"params": study.params, "settings": settings, "margin": settings.margin}
evidence = Evidence(**results, **rows, **asked, validation=trained)

# %%
ledger = claim_ledger(evidence)
missing = missing_parts(claim_needs(evidence))
report.say(sentences.describe_ledger(ledger, missing))

# %% [markdown]
# Circles are estimates of these runs with their intervals, diamonds the published numbers (smallest and largest where
# there are several). Grey: not tested here.

# %%
report.keep_figure(study, plot_ledger(ledger), "claims", ledger)

# %% [markdown]
# ## Why it may be wrong
#
# What tests of the claims need and these runs lack.

# %%
report.keep_table(study, missing, "claims_missing")

# %% [markdown]
# ## The ledger
#
# Of each claim, the comparison that it stands or falls with: of those that it needs, the one that is least sure to hold.

# %%
report.keep_table(study, sentences.ledger_lines(ledger), "claims")

# %% [markdown]
# ## Target by target
#
# The tables behind several claims: each target, in the language that it was trained in, with and without an
# intermediate task first, and encoders side by side where the study has several.

# %%
tables = (study.predictions(), study.scores())
gains = target_gains(*tables, settings=settings, same_data="include")
report.keep_figure(study, plot_target_gains(gains), "target_gains", gains)

# %%
report.say(sentences.describe_target_gains(gains))

# %%
ranking = rank_encoders(*tables, encoder_contrasts(*tables, settings=settings))
report.say(sentences.describe_ranking(ranking))
report.keep_table(study, ranking, "ranking")

# %% [markdown]
# ## Method
#
# Published studies point in opposite directions: one reports that English intermediate tasks help, another that direct
# fine-tuning does better on most targets. Each claim is written down once, with the comparisons that it is made of, and
# how many of them must hold. A comparison is decided by a magnitude: half of the published size, or the study's margin
# where none was published, for "better" as for "no better". All claims are corrected together (Holm).
#
# A *verdict* is only given where a claim's own encoder, conditions, targets, languages, test rows and amount of training
# data were run. Anything else is "not tested here", and the column `here` says what these runs show, which confirms and
# refutes nothing.
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04, validation scores of 03 | the ledger of claims, a figure | minutes |

# %% [markdown]
# ## Limits
#
# The claims are in our words. Half of a published size is our choice of what counts as that size, and so is the margin
# where a source gives no size. English counts, and so do pairs of intermediate and target task made from the same data,
# as in the published averages. Published sizes are from development rows, these from test rows of the same data sets.
# Target by target, an interval speaks about other test rows and seeds, not about other targets.

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
