from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains, robustness_intervals
from study_utils.analysis.questions.robustness import QUANTITIES, ROBUSTNESS_INTERVAL_COLUMNS
from study_utils.errors import AnalysisError

FAST = Settings(resamples=200)


def wide(table, column="estimate"):
    return table.pivot(index=["condition", "group"], columns="quantity", values=column)


@pytest.fixture(scope="module")
def found(study):
    return robustness_intervals(*study, settings=FAST)


def test_one_row_a_quantity(found):
    assert list(found) == ROBUSTNESS_INTERVAL_COLUMNS
    counts = found.groupby(["condition", "group"])["quantity"].agg(tuple)
    assert set(counts) == {QUANTITIES}
    assert len(counts) == 10


def test_estimates_are_those_of_plain_means(study, found):
    """Romance under MNLI, from the table of scores: means over seeds, languages, then tasks."""
    romance = study[1].query("language in ('en', 'es', 'fr', 'it')")
    scores = romance.pivot_table(index=["task", "seed", "language"], columns="condition", values="value")
    gain = scores["mnli"] - scores["none"]
    english, gain = gain.xs("en", level="language"), gain.drop("en", level="language")
    cells = gain.groupby(["task", "language"]).mean()
    ours = wide(found).loc[("mnli", "Romance")]
    assert ours["gain"] == pytest.approx(cells.groupby("task").mean().mean())
    assert ours["gap_change"] == pytest.approx(english.groupby("task").mean().mean() - ours["gain"])
    within = cells - cells.groupby("task").transform("mean")
    assert ours["spread"] == pytest.approx(np.sqrt((within**2).sum() / (len(cells) - 2)))
    by_seed = gain.groupby(["seed", "task"]).mean().groupby("seed").mean()
    assert ours["seed_spread"] == pytest.approx(by_seed.std(ddof=1))
    # The smallest of several is drawn towards the others.
    assert ours["worst_gain"] >= gain.groupby("language").mean().min() - 1e-9
    assert wide(found, "worst").loc[("mnli", "Romance"), "worst_gain"] in ("Spanish", "French", "Italian")


def test_changes_are_paired_with_the_baseline(study, found):
    scores = study[1].query("language in ('en', 'ru', 'pl', 'bg')")
    cells = scores.pivot_table(index=["task", "seed", "language"], columns="condition", values="value")
    english = cells.xs("en", level="language")
    rest = cells.drop("en", level="language")
    share = rest.div(english.reindex(rest.index.droplevel("language")).to_numpy())
    expected = (share["mnli"] - share["none"]).groupby("task").mean().mean()
    slavic = wide(found).loc[("mnli", "Slavic")]
    assert slavic["retention_change"] == pytest.approx(expected)
    gain = (english["mnli"] - english["none"]).groupby("task").mean().mean() - slavic["gain"]
    assert slavic["gap_change"] == pytest.approx(gain)


def test_gain_is_the_row_of_family_gains(study, found):
    gains = family_gains(*study, settings=FAST).set_index(["condition", "group"])
    ours = found[found["quantity"] == "gain"].set_index(["condition", "group"]).loc[gains.index]
    for name in ("estimate", "low", "high", "generalises_over", "n_examples", "unit"):
        assert (ours[name] == gains[name]).all(), name


def test_what_intervals_generalise_over_and_counts(found):
    of = found.set_index(["condition", "group", "quantity"]).sort_index()
    romance = of.loc[("mnli", "Romance")]
    assert romance["generalises_over"].to_dict() == {
        **dict.fromkeys(("gain", "gap", "gap_change", "retention", "retention_change"), "language, example, seed"),
        **dict.fromkeys(("worst_gain", "negative_share"), "example, seed"),
        **{"spread": "language", "seed_spread": "seed"},
    }
    assert (romance["n_languages"] == 3).all()
    assert (romance["n_examples"] == 600).all()
    assert (found["low"] <= found["estimate"])[found["withheld"] == ""].all()
    assert (found["high"] >= found["estimate"])[found["withheld"] == ""].all()
    basque = of.loc[("mnli", "Basque"), "withheld"]
    assert basque["gain"] == ""
    assert basque["worst_gain"] == basque["negative_share"] == "one language"
    assert "1 language, fewer than 3" in basque["spread"]
    assert "2 languages" in of.loc[("mnli", "Semitic", "spread"), "withheld"]


def test_intervals_of_standard_deviations_by_hand(found):
    row = found.set_index(["condition", "group", "quantity"]).loc[("sst2", "Slavic", "seed_spread")]
    low, high = (row["estimate"] * np.sqrt(2 / stats.chi2(2).ppf([0.975, 0.025]))).tolist()
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))


def test_retention_varies_with_the_english_examples_too():
    """One language and English: the error of their ratio is the textbook one (delta method)."""
    predictions, scores = simulate_study(
        np.random.default_rng(3), effects={"mnli": 0.0}, languages=["en", "eu"], tasks={"sib200": "accuracy"},
        examples=400, seeds=(0, 1),
    )  # fmt: skip
    same = predictions.query("seed == 0")
    predictions = pd.concat([same, same.assign(seed=1)])
    scores = pd.concat([scores.query("seed == 0"), scores.query("seed == 0").assign(seed=1)])
    row = robustness_intervals(predictions, scores, settings=Settings(resamples=8000)).query("quantity == 'retention'")
    mnli = same[same["condition"] == "mnli"].pivot(index="example_id", columns="language", values="correct")
    score, english = mnli["eu"].mean(), mnli["en"].mean()
    influence = mnli["eu"] / english - score / english**2 * mnli["en"]
    half = stats.norm.ppf(0.975) * influence.std() / 20
    assert row["estimate"].iloc[0] == pytest.approx(score / english)
    assert ((row["high"] - row["low"]) / 2).iloc[0] == pytest.approx(half, rel=0.05)


def test_the_worst_language_and_the_share_are_covered():
    """True gains of five languages are known; noise makes the smallest of them look worse than it is."""
    truth = {"es": 0.0, "fr": 0.04, "it": 0.04, "pt": -0.04, "ro": 0.04}
    inside = {"worst_gain": 0, "negative_share": 0}
    for number in range(12):
        rng = np.random.default_rng(number)
        parts = [
            simulate_study(
                rng, effects={"mnli": gain}, languages=[code], tasks={"sib200": "accuracy"}, examples=150, seed_sd=0.005
            )
            for code, gain in truth.items()
        ]
        predictions, scores = (pd.concat(tables, ignore_index=True) for tables in zip(*parts))
        table = robustness_intervals(predictions, scores, settings=Settings(resamples=200)).set_index("quantity")
        for name, value in (("worst_gain", -0.04), ("negative_share", 0.2)):
            inside[name] += table.loc[name, "low"] <= value <= table.loc[name, "high"]
    assert min(inside.values()) >= 11


def test_without_english_there_is_no_gap(study):
    predictions, scores = (frame[frame["language"] != "en"] for frame in study)
    found = robustness_intervals(predictions, scores, settings=FAST)
    assert set(found["quantity"]) == set(QUANTITIES) - {"gap", "gap_change", "retention", "retention_change"}


def test_retention_leaves_out_a_task_whose_english_score_is_zero_under_a_seed(study):
    """Where English scores nothing under one seed, the task has no retention; that of the others is as before."""
    scores = study[1]
    first = scores["task"] == scores["task"].iloc[0]
    seed = scores["seed"] == scores["seed"].max()
    zero = scores.assign(value=scores["value"].mask(first & seed & (scores["language"] == "en"), 0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = robustness_intervals(None, zero, by="all", settings=FAST)
    others = robustness_intervals(None, scores[~first], by="all", settings=FAST)
    kept, expected = (wide(table).loc[:, "retention"] for table in (found, others))
    np.testing.assert_allclose(kept, expected)


def test_variants_are_kept_apart(study):
    scores = study[1]
    both = pd.concat([scores, scores.assign(variant="typos", value=scores["value"] / 2)])
    table = robustness_intervals(None, both, settings=FAST)
    means = table[table["quantity"] == "gain"].groupby("variant")["estimate"].mean()
    assert means["typos"] == pytest.approx(means["clean"] / 2)


def test_by_branch_and_unknown_choices(study):
    branch = robustness_intervals(*study, by="branch", settings=FAST)
    assert "Romance" in set(branch["group"])
    with pytest.raises(AnalysisError, match=r"unknown value of by 'famliy' \(robustness_intervals\).*'family'"):
        robustness_intervals(*study, by="famliy", settings=FAST)


def test_worst_and_share_come_from_simultaneous_intervals(study):
    """Three languages at 95 % together are each at 1 - 0.05/3."""
    study = [table[~table["language"].isin(["ar", "he"])] for table in study]
    found = robustness_intervals(*study, settings=FAST)
    strict = Settings(resamples=200, level=1 - 0.05 / 3)
    each = family_gains(*study, by="language", settings=strict).set_index(["condition", "group"])
    each = each.loc[[("mnli", name) for name in ("Spanish", "French", "Italian")]]
    rows = found.set_index(["condition", "group", "quantity"]).sort_index()
    worst = rows.loc[("mnli", "Romance", "worst_gain")]
    assert (worst["low"], worst["high"]) == (pytest.approx(each["low"].min()), pytest.approx(each["high"].min()))
    share = rows.loc[("mnli", "Romance", "negative_share")]
    assert (share["low"], share["high"]) == (pytest.approx((each["high"] < 0).mean()), (each["low"] < 0).mean())


def test_a_condition_that_changes_nothing_has_changes_of_zero_without_width(study):
    predictions = study[0].query("condition == 'none'")
    both = pd.concat([predictions, predictions.assign(condition="mnli")])
    table = robustness_intervals(both, settings=FAST).set_index("quantity")
    for name in ("gain", "gap_change", "retention_change"):
        assert table.loc[name, ["estimate", "low", "high"]].to_numpy(float) == pytest.approx(0, abs=1e-6), name
    assert (table.loc["retention", "high"] > table.loc["retention", "low"] + 0.01).all()
