# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Perturbed and adversarial input
#
# **Question.** Who loses less on perturbed input: an encoder first trained on an intermediate task in English, or on the
# same task in another language?
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"evaluation.variants": ["shuffles@1"]}`.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import analysis, figures, report, sentences
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %% [markdown]
# ## The answer first

# %%
settings = study.params.analysis
scores = study.scores(variants=True)
predictions = study.predictions(variants=True)
of_scores, of_drops = analysis.english_against_others(predictions, scores, settings=settings)
report.say([*sentences.describe_english(of_scores, of_drops), *sentences.describe_failed_runs(scores)])

# %% [markdown]
# Below zero, English loses less than the mean of the other languages. Languages related to English, or to the language
# of a condition, don't count.

# %%
report.keep_figure(study, figures.plot_english(of_drops, of="drops"), "english_drops", of_drops)
report.keep_figure(study, figures.plot_english(of_scores, of="scores"), "english_scores", of_scores)

# %% [markdown]
# ## Why it may be wrong
#
# Is the meaning kept? At most the stated share of words changes; what has a digit stays; no word becomes another word
# of that language's test rows; no text becomes empty. What could not be changed by these rules is counted.

# %%
counts = study.perturbed()
report.say(sentences.describe_perturbed(counts))

# %% [markdown]
# Are arms trained alike? Rows of each intermediate task, by language.

# %%
report.say(sentences.describe_sizes(study.data_facts(), study.params.conditions))

# %% [markdown]
# ## What perturbation costs
#
# The drop of the baseline, which has no intermediate training.

# %%
overall = analysis.drops(predictions, scores, settings=settings)
report.keep_table(study, overall, "drops", ["variant", *analysis.SUMMARY_COLUMNS])
report.say(sentences.describe_drops(overall))

# %%
families = analysis.drops(predictions, scores, by="family", settings=settings)
report.keep_figure(study, figures.plot_drops(families), "family_drops", families)
report.say(sentences.describe_drop_families(families))

# %% [markdown]
# ## Does intermediate training make it cost less?
#
# The drop of every condition minus that of the baseline, example by example. Not on perturbed rows alone: a condition
# that scores better everywhere is better there too, and no more robust.

# %%
differences = analysis.drop_differences(predictions, scores, settings=settings)
report.keep_figure(study, figures.plot_drop_differences(differences), "drop_differences", differences)
report.say(sentences.describe_drop_differences(differences))

# %% [markdown]
# ## English against other languages, family by family

# %%
_, by_family = analysis.english_against_others(predictions, scores, by="family", settings=settings)
report.keep_figure(study, figures.plot_english(by_family, of="drops"), "english_drops_by_family", by_family)

# %% [markdown]
# ## In low-resource languages

# %%
_, by_resource = analysis.english_against_others(predictions, scores, by="resource", settings=settings)
report.keep_table(
    study, by_resource, "english_drops_by_resource", ["series", "variant", "group", "estimate", "low", "high"]
)

# %% [markdown]
# ## Test sets written to mislead models
#
# Pairs of sentences that share nearly all their words, whether or not they mean the same.

# %%
hard = analysis.adversarial_gains(study.predictions(), study.scores(), settings=settings)
report.keep_table(study, hard, "adversarial_gains", analysis.SUMMARY_COLUMNS)
report.say(sentences.describe_adversarial(hard, study.params.targets))

# %% [markdown]
# ## What was done to the texts
#
# Every condition and seed reads the same perturbed texts.

# %%
report.say(sentences.describe_variants(study.params.evaluation.variants))

# %%
report.keep_table(study, counts, "perturbed", shown=counts.drop(columns=["before", "after"]))

# %%
first = counts.drop_duplicates("variant")
report.show_table(first[["variant", "language", "before", "after"]])

# %% [markdown]
# ## Method
#
# Intermediate training shows the encoder more text, so it might lean less on single letters; or it might lean more on
# English forms, and lose more where a text departs from them. If it is the language that matters, the same task in
# another language should help its relatives most, so they are left out: a condition counts only outside the family of
# the language it was trained in. A *drop* is the score on the clean test rows minus that on the perturbed ones, of the
# same examples and the same model.
#
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04, on clean and perturbed test rows | drops with intervals, figures, tables | a minute |

# %% [markdown]
# ## Limits
#
# A word may still become a real word that the test rows don't have, and a changed word order may change who did what:
# labels are kept by rule, not checked by readers. A share of words is not the same burden in every language: words of
# some are longer, and hold more of the meaning. Scripts without spaces, and languages without a known keyboard, are
# left out where a kind needs them, so drops are compared over the languages that a kind knows. Where a task scores near
# chance, it has little to lose. The other arm is the mean over the study's other languages, not over all.

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
