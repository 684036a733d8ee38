# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Intermediate tasks of a domain
#
# **Question.** Does a domain's intermediate task (biomedical, legal, scientific) do other things than a general one of the
# same kind and size, in low-resource languages and in others?
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"seeds": [0, 1, 2], "intermediate.examples": 300}`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import report, sentences
from study_utils.analysis.questions.domains import budgets, domain_gains
from study_utils.figures.domains import plot_domains
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %% [markdown]
# ## The answer first

# %%
settings = study.params.analysis
predictions, scores = study.predictions(), study.scores()
trained = budgets(study.data_facts(), study.losses("02_intermediate_training"))
table = domain_gains(predictions, scores, trained, settings=settings)
report.say(sentences.describe_domains(table))

# %%
report.keep_figure(study, plot_domains(table), "domains", table)

# %% [markdown]
# ## Why it may be wrong
#
# A domain's own task should beat a general one at least on targets of that domain. If it doesn't, the comparison above
# says little.

# %%
check = domain_gains(predictions, scores, trained, in_domain=True, by="all", settings=settings)
report.say(sentences.describe_in_domain(check, scores))

# %%
report.keep_figure(study, plot_domains(check), "in_domain", check)

# %% [markdown]
# Were the arms trained alike? Rows and steps of every intermediate condition.

# %%
report.keep_table(study, trained, "domain_budgets")

# %% [markdown]
# Was there anything to pass on? A task that was not learnt itself leaves little but noise behind.

# %%
report.say(sentences.describe_learning(study.validation("02_intermediate_training")))

# %% [markdown]
# ## Domain against general, low-resource and other languages
#
# The score under the domain's task minus that under the general one, mean over general targets. The mean over kinds gives
# every kind of task the same weight. The two groups of languages are not scored on the same targets, so compare each with
# zero before comparing them with each other. Tables give gains as fractions; a point is a hundredth.

# %%
columns = ["domain", "kind", "arm", "against", "group", "estimate", "low", "high", "p_holm", "clear", "tasks", "budget"]
report.keep_table(study, table, "domains", columns)

# %% [markdown]
# ## Method
#
# Tasks of a domain differ from general ones in more than their domain: format, size, number of labels. So only tasks of
# one kind are compared (the catalogue says which), at equal examples and steps. If the domain of the texts matters for
# transfer, it should help targets of the same domain first; on general targets, and in low-resource languages, the
# literature gives no direction.
#
# A language is low-resource if its class in Joshi et al. is two or less, or if it has none.
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04, histories of 02 | differences with intervals, a figure | a minute |

# %% [markdown]
# ## Limits
#
# One or two tasks stand for a domain, so a difference belongs to these tasks first. Kinds without a general task (roles
# of sentences, yes or no) are left out. Long passages are cut into windows, so tasks of equal rows can differ in steps:
# such pairs carry a star. An interval that covers zero means "not decided at this size".

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
