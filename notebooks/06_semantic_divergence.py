# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Semantic divergence
#
# **Question.** Does a target gain less, the further the intermediate task is from it?
#
# Before: [04 Zero-shot evaluation](04_zero_shot_eval.ipynb).

# %% tags=["parameters"]
# The defaults are the quick study; `run_all.py` puts those of other studies here. Sentence vectors are there only if the
# study asks this question: `{"questions": ["divergence"]}` in `changes`, and notebook 04 again.
name: str = "quick"
changes: dict = {}

# %%
from study_utils import figures, report, sentences
from study_utils.analysis.questions.divergence.explain import explain_gains
from study_utils.analysis.questions.divergence.table import divergence_table
from study_utils.study import open_study

# %%
study = open_study(name, changes)
report.banner(study)

# %% [markdown]
# ## The answer first

# %%
divergence = divergence_table(study.embeddings(), study.params.conditions)
found = explain_gains(study.scores(), divergence, settings=study.params.analysis)
report.say(sentences.describe_explained(found))

# %% [markdown]
# One mark is an intermediate task and a target, both axes against the mean of all tasks on the same target and languages.

# %%
report.keep_figure(study, figures.plot_gain_by_divergence(found.cells), "gain_by_divergence", found.cells)

# %% [markdown]
# ## Why it may be wrong
#
# The same slopes from the cells of each target alone. They describe and are not corrected for their number: a slope over
# all targets that turns on one of them is no rule.

# %%
report.keep_figure(
    study, figures.plot_slopes_by_target(found.by_target, found.slopes), "slopes_by_target", found.by_target
)
report.say(sentences.describe_by_target(found))

# %% [markdown]
# ### A task or a family left out
#
# The gains of each intermediate task foretold from all others, and those of each family's languages from the other
# families: the share of the squared error that divergence takes away from a prediction by format (by typological
# distance). Below zero it makes the prediction worse. The interval makes all predictions anew without each task (family).

# %%
report.keep_table(study, found.left_out, "divergence_left_out")

# %% [markdown]
# ## How steep are the slopes?

# %% [markdown]
# Slopes for one standard deviation of each measure, alone in the model, from a mixed model: target, family, format distance
# and typological distance fixed, the rest random. A slope between tasks rests on the number of intermediate tasks, one
# between languages on that of languages within families: families differ for many reasons, so only what differs within
# them counts. `inflation` says how far the measure is told from the format alone.

# %%
columns = ["measure", "part", "estimate", "low", "high", "p_holm", "inflation", "n_conditions", "withheld"]
report.keep_table(study, found.slopes, "divergence_slopes", columns)

# %%
columns = ["measure", "part", "task", "estimate", "low", "high", "n_conditions", "n_languages", "withheld"]
report.keep_table(study, found.by_target, "divergence_by_target", columns)

# %% [markdown]
# What goes with format and typology, and what remains of each measure beside the others.

# %%
report.keep_table(study, found.controls, "divergence_controls")
report.keep_table(study, found.together, "divergence_together")
report.say(sentences.describe_controls(found))

# %% [markdown]
# ## How far is each task from each target?
#
# Distances between sentence vectors of the pretrained encoder, averaged within families. Maximum mean discrepancy is
# unbiased at any number of rows: around zero where two samples can't be told apart.

# %%
report.keep_figure(study, figures.plot_divergence_map(divergence), "divergence_map", divergence)
report.say(sentences.describe_divergence(divergence))

# %% [markdown]
# All measures, one row a condition, target and language. Fréchet distance and proxy A-distance depend on the number of
# rows, which is the same on both sides and for all languages of a target (`n_examples`): compare them within a target.

# %%
report.keep_table(study, divergence, "divergence")

# %% [markdown]
# ## How much does intermediate training change the encoder?
#
# One minus the similarity (debiased linear CKA) of the same target sentences before and after the intermediate stage.

# %%
report.keep_figure(
    study,
    figures.plot_change(divergence),
    "representation_change",
    divergence[["condition", "task", "language", "change"]],
)

# %% [markdown]
# ## Method
#
# The nearer an intermediate task is to a target, in what its sentences say, in its words and in what it asks for, the more
# it should help. But tasks of one format are often near in all of these, so the question is what divergence says *beyond*
# format. A *gain* is the score under a condition minus the score of `none`; here only single intermediate tasks count,
# zero-shot, without pairs made from the same data.
#
# | reads | writes | takes |
# |---|---|---|
# | scores and sentence vectors of 04 | divergence, slopes, figures, tables | a minute or two |

# %% [markdown]
# ## Checks
#
# Every modelled gain has its divergence: as many values of each measure as of gains.

# %%
report.show_table(found.cells.groupby("condition").count().reset_index())

# %% [markdown]
# ## Limits
#
# Intermediate tasks are few and were chosen, not drawn: a slope between them is about tasks like these. What differs
# together with divergence (size, quality, style of the data) is not separated from it. Words of scripts without blanks are
# whole runs of characters. The vectors come from the encoder that is trained, so they say what it sees, and no more.

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
