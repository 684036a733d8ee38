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
# | reads | writes | takes |
# |---|---|---|
# | predictions and scores of 04, on clean and perturbed test rows | drops with intervals, figures, tables | a minute |
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% [markdown]
# The defaults are the quick study; `run_all.py` puts those of other studies here. To try something else,
# add to `changes`, for example `{"evaluation.variants": ["shuffles@1"]}`.

# %% tags=["parameters"]
name: str = "quick"
changes: dict = {}

# %%
from study_utils.analysis import adversarial_gains, drop_differences, drops, english_against_others
from study_utils.figures import plot_drop_differences, plot_drops, plot_english
from study_utils.report import banner, keep_figure, keep_table, say, show_provenance
from study_utils.sentences import (
    describe_adversarial,
    describe_drop_differences,
    describe_drop_families,
    describe_drops,
    describe_english,
    describe_failed_runs,
    describe_perturbed,
    describe_sizes,
    describe_variants,
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
# Intermediate training shows the encoder more text, so it might lean less on single letters; or it might lean more on
# English forms, and lose more where a text departs from them. If it is the language that matters, the same task in
# another language should help its relatives most, so they are left out: a condition counts only outside the family of
# the language it was trained in. A *drop* is the score on the clean test rows minus that on the perturbed ones, of the
# same examples and the same model.

# %% [markdown]
# ## The answer first

# %%
settings = study.params.analysis
scores = study.scores(variants=True)
predictions = study.predictions(variants=True)
of_scores, of_drops = english_against_others(predictions, scores, settings=settings)
say([*describe_english(of_scores, of_drops), *describe_failed_runs(scores)])

# %% [markdown]
# Below zero, English loses less than the mean of the other languages. Languages related to English, or to the language
# of a condition, don't count.

# %%
keep_figure(study, plot_english(of_drops, of="drops"), "english_drops", of_drops)
keep_figure(study, plot_english(of_scores, of="scores"), "english_scores", of_scores)

# %% [markdown]
# ## What was done to the texts
#
# Every condition and seed reads the same perturbed texts.

# %%
say(describe_variants(study.params.evaluation.variants))

# %%
counts = study.perturbed()
keep_table(study, counts, "perturbed")
first = counts.drop_duplicates("variant")
first.melt(["variant", "language"], ["before", "after"], var_name="", value_name="text").sort_values("variant")

# %% [markdown]
# ## What perturbation costs
#
# The drop of the baseline, which has no intermediate training. Tables give drops as fractions; a point is a hundredth.

# %%
overall = drops(predictions, scores, settings=settings)
keep_table(study, overall, "drops")
say(describe_drops(overall))

# %%
families = drops(predictions, scores, by="family", settings=settings)
keep_figure(study, plot_drops(families), "family_drops", families)
say(describe_drop_families(families))

# %% [markdown]
# ## Does intermediate training make it cost less?
#
# The drop of every condition minus that of the baseline, example by example. Not on perturbed rows alone: a condition
# that scores better everywhere is better there too, and no more robust.

# %%
differences = drop_differences(predictions, scores, settings=settings)
keep_figure(study, plot_drop_differences(differences), "drop_differences", differences)
say(describe_drop_differences(differences))

# %% [markdown]
# ## English against other languages, family by family

# %%
_, by_family = english_against_others(predictions, scores, by="family", settings=settings)
keep_figure(study, plot_english(by_family, of="drops"), "english_drops_by_family", by_family)

# %% [markdown]
# ## In low-resource languages

# %%
_, by_resource = english_against_others(predictions, scores, by="resource", settings=settings)
keep_table(study, by_resource, "english_drops_by_resource", ["series", "variant", "group", "estimate", "low", "high"])

# %% [markdown]
# ## Test sets written to mislead models
#
# Pairs of sentences that share nearly all their words, whether or not they mean the same.

# %%
hard = adversarial_gains(study.predictions(), study.scores(), settings=settings)
keep_table(study, hard, "adversarial_gains")
say(describe_adversarial(hard, study.params.targets))

# %% [markdown]
# ## Checks
#
# Is the meaning kept? At most the stated share of words changes; what has a digit stays; no word becomes another word
# of that language's test rows; no text becomes empty. What could not be changed by these rules is counted.

# %%
say(describe_perturbed(counts))

# %% [markdown]
# Are arms trained alike? Rows of each intermediate task, by language.

# %%
say(describe_sizes(study.data_facts(), study.params.conditions))

# %% [markdown]
# ## Limits
#
# A word may still become a real word that the test rows don't have, and a changed word order may change who did what:
# labels are kept by rule, not checked by readers. A share of words is not the same burden in every language: words of
# some are longer, and hold more of the meaning. Scripts without spaces, and languages without a known keyboard, are
# left out where a kind needs them, so drops are compared over the languages that a kind knows. Where a task scores near
# chance, it has little to lose. The other arm is the mean over the study's other languages, not over all.

# %% [markdown]
# ## Provenance
#
# Where these results come from: parameters, versions, device, data and run ids.

# %%
show_provenance(study)
