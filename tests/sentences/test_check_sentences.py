from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import (
    Settings,
    equivalence,
    family_gains,
    mixed_gains,
    robustness_intervals,
    robustness_table,
    sensitivity,
    variance_shares,
)
from study_utils.sentences.checks import (
    describe_equivalence,
    describe_mixed,
    describe_processors,
    describe_robustness,
    describe_sensitivity,
    describe_variance,
)

FAST = Settings(resamples=100)
KEYS = {"encoder": "e5_small", "variant": "clean", "condition": "mnli", "unit": "all", "group": "All languages"}
LEFT_OUT = KEYS | {
    **{"n_left_out": 3, "estimate": -0.05, "excludes_zero": True, "lowest": -0.07, "lowest_without": "XNLI"},
    **{"highest": 0.01, "highest_without": "Tatoeba", "sign_changes": "Tatoeba", "zero_changes": "Tatoeba, XNLI"},
}


def test_what_would_change_a_headline():
    (told,) = describe_sensitivity(pd.DataFrame([LEFT_OUT | {"left_out": "task"}]))
    assert told == (
        "MNLI, all languages: −5.0 points. Without one task it is between −7.0 (without XNLI) and +1.0 (without "
        "Tatoeba). The sign is another without Tatoeba. After correction it no longer differs from zero without "
        "Tatoeba or XNLI."
    )
    steady = LEFT_OUT | {"left_out": "task", "sign_changes": "", "zero_changes": ""}
    assert describe_sensitivity(pd.DataFrame([steady]))[0].endswith("No single one changes the conclusion.")


def test_a_family_of_three_is_too_small_without_any_of_its_languages():
    row = LEFT_OUT | {"left_out": "language", "unit": "family", "sign_changes": "", "zero_changes": "Finnish, Estonian"}
    told = describe_sensitivity(pd.DataFrame([row, LEFT_OUT | {"left_out": "task", "unit": "family"}]))[0]
    assert "Without any one language, too few are left for a claim. After correction it no longer differs from" in told
    four = describe_sensitivity(pd.DataFrame([row | {"n_left_out": 4}]))[0]
    assert "it no longer differs from zero without Finnish or Estonian" in four


def test_families_that_stay_undecided_are_not_listed():
    row = LEFT_OUT | {"left_out": "task", "unit": "family", "excludes_zero": False, "zero_changes": ""}
    assert "leaving out one language or one task makes none do so" in describe_sensitivity(pd.DataFrame([row]))[0]


def test_no_effect_is_only_said_after_the_test():
    rows = [
        KEYS | {"n_languages": 5, "n_seeds": 3, "withheld": "", "freedom": 9.0, "estimate": 0.001, "standard_error": se}
        for se in (0.001, 0.02)
    ]
    told = describe_equivalence(equivalence(pd.DataFrame(rows), margin=1))
    assert told[0].startswith("A gain or loss of 1 point or more is ruled out for 1 of 2 results")
    assert told[1:] == ["MNLI, all languages: +0.1 points, smaller than 1 in size."]
    none = describe_equivalence(equivalence(pd.DataFrame(rows[1:]), margin=1))
    assert none[1].startswith("The closest: MNLI, all languages, where effects beyond 3.8 points are ruled out")


def test_what_the_test_rules_out_but_nothing_is_claimed_of_is_no_closest_one():
    row = KEYS | {"n_languages": 5, "n_seeds": 3, "withheld": "", "freedom": 9.0, "estimate": 0.0}
    table = pd.DataFrame([row | {"standard_error": 0.001, "not_learnt": "XNLI"}])
    told = describe_equivalence(equivalence(table, margin=1))
    assert "ruled out for 0 of 1 result " in told[0]
    assert told[1].startswith("In 1 more result the test rules it out too, but")
    assert len(told) == 2


def test_nothing_that_varies_has_no_range():
    row = LEFT_OUT | {"left_out": "task", "estimate": 0.0, "lowest": 0.0, "highest": -1e-6, "sign_changes": ""}
    (told,) = describe_sensitivity(pd.DataFrame([row | {"zero_changes": ""}]))
    assert (
        told == "MNLI, all languages: 0.0 points. Without any one task it is 0.0. No single one changes the conclusion."
    )


def test_more_than_five_conditions_are_left_to_the_figure():
    keys = "mnli snli qqp sst2 stsb squad1 anli".split()
    table = pd.DataFrame(
        [LEFT_OUT | {"left_out": "task", "condition": key, "estimate": 0.01 * i} for i, key in enumerate(keys)]
    )
    told = describe_sensitivity(table)
    assert told[0].startswith("ANLI, ")
    assert told[5:] == ["2 more conditions are in the figure."]


def test_the_robustness_table_shows_estimates_with_intervals(study):
    found = robustness_intervals(*study, settings=FAST)
    table = robustness_table(found).set_index(["condition", "group"])
    gain = found[(found["quantity"] == "gain") & (found["group"] == "Romance") & (found["condition"] == "mnli")].iloc[0]
    text = "{:.1f} [{:.1f},\N{NO-BREAK SPACE}{:.1f}]".format(
        *(100 * gain[name] for name in ("estimate", "low", "high"))
    )
    text = text.replace("-", "\N{MINUS SIGN}")
    row = table.loc[("mnli", "Romance")]
    assert row["gain (points)"] == text
    assert (row["languages"], row["tasks"], row["seeds"]) == (3, 2, 3)
    assert "[" not in table.loc[("mnli", "Basque"), "spread (points)|of languages"]


SMALL = {
    "one seed": lambda f: f[f["seed"] == 0],
    "one task": lambda f: f[f["task"] == "sib200"],
    "one family": lambda f: f[f["language"].isin(["en", "es", "fr", "it"])],
    "one language": lambda f: f[f["language"].isin(["en", "es"])],
    "without English": lambda f: f[f["language"] != "en"],
    "the baseline alone": lambda f: f[f["condition"] == "none"],
    "one cell": lambda f: f[(f["seed"] == 0) & (f["task"] == "sib200") & (f["language"] == "es")],
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", SMALL)
def test_small_studies_give_sentences_and_no_warning(study, name):
    predictions, scores = (SMALL[name](table) for table in study)
    families = family_gains(predictions, scores, settings=FAST)
    told = [
        describe_sensitivity(sensitivity(predictions, scores, settings=FAST)),
        describe_equivalence(equivalence(families, margin=1)),
        describe_mixed(mixed_gains(scores)),
        describe_variance(variance_shares(scores, settings=Settings(resamples=5))),
        describe_robustness(robustness_intervals(predictions, scores, by="all", settings=FAST)),
    ]
    text = " ".join(sentence for part in told for sentence in part)
    assert "nan" not in text
    assert "significant" not in text
    robustness_table(robustness_intervals(predictions, scores, settings=FAST))


def shares_of(**values):
    rows = [
        {"encoder": "e5_small", "variant": "clean", "condition": "mnli", "source": source, "withheld": ""}
        | dict(zip(("share", "low", "high"), numbers))
        for source, numbers in values.items()
    ]
    return pd.DataFrame(rows)


def test_the_share_of_training_runs_is_always_told_and_no_list_is_long():
    shares = shares_of(
        family=(0.0, 0.0, 0.2), language=(0.1, 0.05, 0.3), task=(0.3, 0.01, 0.95), cell=(0.15, 0.1, 0.3),
        seed=(0.0, 0.0, 0.1), run=(0.05, 0.02, 0.2), residual=(0.4, 0.2, 0.6),
    )  # fmt: skip
    assert describe_variance(shares) == [
        "MNLI: single gains differ most by what is left, test examples in it (40% of the variance, interval 20% to "
        "60%).",
        "MNLI: they differ by training runs of a task (5% of the variance, interval 2% to 20%) too.",
    ]
    shares.loc[shares["source"].isin(["run", "cell"]), ["share", "withheld"]] = [np.nan, "1 seed"]
    assert describe_variance(shares)[-1] == (
        "MNLI: what languages within a task and training runs of a task contribute can't be told (1 seed)."
    )


def test_several_encoders_are_named(study):
    both = pd.concat([study[1], study[1].assign(encoder="xlmr_base")])
    told = describe_variance(variance_shares(both, settings=Settings(resamples=5)))
    assert len({sentence.split(":")[0] for sentence in told}) == 2
    assert np.all([": " in sentence for sentence in told])


def test_gains_do_not_differ_most_by_what_has_no_share():
    rows = [("residual", 0.9, 0.5, 1.0), ("task", 0.1, 0.0, 0.4), ("family", 0.001, 0.0, 0.1), ("run", 0.0, 0.0, 0.1)]
    table = pd.DataFrame(rows, columns=["source", "share", "low", "high"])
    table = table.assign(encoder="e5_small", variant="clean", condition="mnli", withheld="")
    most, least = describe_variance(table)
    assert "families" not in most
    assert "they differ by training runs" in least


def test_each_sentence_on_robustness_has_one_result():
    row = KEYS | {"n_languages": 8, "withheld": "", "worst": "Thai"}
    table = pd.DataFrame(
        [
            row | {"quantity": "gain", "estimate": -0.02, "low": -0.04, "high": 0.0},
            row | {"quantity": "worst_gain", "estimate": -0.05, "low": -0.09, "high": -0.01},
            row | {"quantity": "negative_share", "estimate": 0.75, "low": 0.25, "high": 1.0},
        ]
    )
    assert describe_robustness(table) == [
        "MNLI: adjusted for the tasks that each has, the worst language is Thai, \N{MINUS SIGN}5.0 points (interval "
        "\N{MINUS SIGN}9.0 to \N{MINUS SIGN}1.0).",
        "MNLI: the estimate, adjusted so, is below zero in 6 of 8 languages, in 2 with its interval.",
    ]
    alike = table.assign(estimate=table["estimate"].mask(table["quantity"] == "worst_gain", -0.0203))
    assert describe_robustness(alike) == [
        "MNLI: languages can't be told apart; noise explains how they differ from their mean, \N{MINUS SIGN}2.0 points."
    ]
    withheld = table.assign(low=np.nan, high=np.nan, withheld="1 seed")
    assert describe_robustness(withheld) == [
        "MNLI: adjusted for the tasks that each has, the worst language is Thai, \N{MINUS SIGN}5.0 points (no "
        "interval: 1 seed).",
        "MNLI: the estimate, adjusted so, is below zero in 6 of 8 languages.",
    ]


@pytest.mark.parametrize(
    ("made", "here", "told"),
    [
        ({"Model A, cpu, 1 thread, float32": 3}, "", ""),
        ({"Model A, cpu, 1 thread, float32": 3}, "Model A", ""),
        ({"Model A, cpu, 1 thread, float32": 3, "Model A, cpu, 1 thread, bf16 autocast": 1}, "", ""),
        ({"cpu, 1 thread, float32": 3}, "Model A", ""),  # an earlier version didn't tell the model
        ({"Model A, cpu, 1 thread, float32": 1}, "B", ": 1 run on Model A; what is left is made here, on B."),
        (
            {"Model A, cpu, 1 thread, float32": 2, "NVIDIA T4, bf16 autocast": 3},
            "",
            ": 3 runs on NVIDIA T4, 2 runs on Model A.",
        ),
    ],
)
def test_several_processors_are_told(made, here, told):
    found = describe_processors(made, here)
    assert len(found) == bool(told)
    assert all(told in sentence for sentence in found)
