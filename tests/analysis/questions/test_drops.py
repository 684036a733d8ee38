from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings
from study_utils.analysis.questions.drops import (
    OTHERS,
    drop_differences,
    drops,
    english_against_others,
    outside_own_family,
)

FAST = Settings(resamples=200, seed=3)
LANGUAGES = ["en", "de", "nl", "fr", "es", "ru", "bg", "ar", "he", "hi", "ur", "tr"]


def perturbed(predictions, scores, lost, variant="typos@0.1", rng=None, only=None):
    """Add a variant in which each right answer is lost with a condition's probability."""
    rng = rng or np.random.default_rng(9)
    noisy = predictions.assign(variant=variant)
    if only:
        noisy = noisy[noisy["language"].isin(only)]
    keep = rng.random(len(noisy)) >= noisy["condition"].map(lost).to_numpy(float)
    noisy["correct"] = noisy["correct"] * keep
    cell = ["encoder", "condition", "task", "language", "seed"]
    values = noisy.groupby(cell)["correct"].mean().rename("value")
    other = scores.drop(columns="value").assign(variant=variant).join(values, on=cell, how="inner")
    return pd.concat([predictions, noisy], ignore_index=True), pd.concat([scores, other], ignore_index=True)


def study(effects, lost, *, rng=None, examples=80, **more):
    rng = rng or np.random.default_rng(1)
    made = simulate_study(
        rng, effects=effects, languages=LANGUAGES, tasks={"sib200": "accuracy"}, examples=examples, **more
    )
    return perturbed(*made, lost, rng=rng)


def test_drops_by_hand():
    predictions, scores = study({"mnli": 0.1}, {"none": 0.0, "mnli": 1.0})
    found = drops(predictions, scores, settings=FAST).set_index("condition")
    clean = scores[(scores["variant"] == "clean") & (scores["language"] != "en")]
    assert found.loc["none", "estimate"] == pytest.approx(0)
    means = clean[clean["condition"] == "mnli"].groupby("language")["value"].mean()
    assert found.loc["mnli", "estimate"] == pytest.approx(means.mean())
    assert (found["low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["high"]).all()
    assert set(found["variant"]) == {"typos@0.1"}


def test_differences_are_those_of_the_drops():
    predictions, scores = study({"mnli": 0.1}, {"none": 0.1, "mnli": 0.4})
    one = drops(predictions, scores, settings=FAST).set_index("condition")["estimate"]
    found = drop_differences(predictions, scores, settings=FAST).iloc[0]
    assert (found["arm"], found["against"], found["variant"]) == ("mnli", "none", "typos@0.1")
    assert found["estimate"] == pytest.approx(one["mnli"] - one["none"])
    assert found["low"] < found["estimate"] < found["high"]
    assert found["clear"]
    turned = drop_differences(predictions, scores, [("none", "mnli")], settings=FAST).iloc[0]
    assert turned["estimate"] == pytest.approx(-found["estimate"])
    alone = drop_differences(None, scores, settings=FAST).iloc[0]
    assert alone["estimate"] == pytest.approx(found["estimate"])


def test_several_variants_and_only_some_languages():
    predictions, scores = study({"mnli": 0.0}, {"none": 0.2, "mnli": 0.2})
    some = ["fr", "es", "ru"]
    clean = [frame[frame["variant"] == "clean"] for frame in (predictions, scores)]
    two, more = perturbed(*clean, {"none": 0.5, "mnli": 0.5}, "drops@0.3", only=some)
    both = [
        pd.concat([a, b[b["variant"] != "clean"]], ignore_index=True) for a, b in ((predictions, two), (scores, more))
    ]
    found = drops(*both, settings=FAST).set_index(["variant", "condition"])
    assert found.loc[("drops@0.3", "none"), "languages"] == "es fr ru"
    assert found.loc[("typos@0.1", "none"), "n_languages"] == len(LANGUAGES) - 1


def test_intervals_hold_a_known_difference_of_drops():
    """The truth is 0.6 * (0.3 - 0.1): what each arm loses of an accuracy of 0.6."""
    rng, held, claimed, nothing = np.random.default_rng(5), [], [], []
    for _ in range(12):
        predictions, scores = study({"mnli": 0.0}, {"none": 0.1, "mnli": 0.3}, rng=rng, examples=50, seed_sd=0.01)
        baseline = scores[(scores["variant"] == "clean") & (scores["condition"] == "none")]
        truth = 0.2 * baseline.loc[baseline["language"] != "en", "value"].mean()
        row = drop_differences(predictions, scores, settings=FAST).iloc[0]
        held.append(row["low"] <= truth <= row["high"])
        claimed.append(row["clear"])
        same = study({"mnli": 0.0}, {"none": 0.2, "mnli": 0.2}, rng=rng, examples=50, seed_sd=0.01)
        nothing.append(drop_differences(*same, settings=FAST).iloc[0]["clear"])
    assert np.mean(held) >= 0.85
    assert np.mean(claimed) >= 0.8
    assert np.mean(nothing) <= 0.15


def test_own_families_are_left_out():
    frame = pd.DataFrame(
        [(c, code) for c in ("none", "stsb", "stsb_fr", "stsb_ru") for code in LANGUAGES],
        columns=["condition", "language"],
    )
    kept = outside_own_family(frame).groupby("condition")["language"].agg(set)
    assert kept["none"] == kept["stsb"] == set(LANGUAGES)
    assert set(LANGUAGES) - kept["stsb_fr"] == {"fr", "es"}
    assert set(LANGUAGES) - kept["stsb_ru"] == {"ru", "bg"}
    strict = outside_own_family(frame, english=True).groupby("condition")["language"].agg(set)
    assert set(LANGUAGES) - strict["stsb"] == {"en", "de", "nl"}
    assert strict["none"] == set(LANGUAGES)
    assert outside_own_family(None) is None


def test_english_against_the_same_task_in_other_languages():
    lost = {"none": 0.1, "stsb": 0.1, "stsb_fr": 0.4, "stsb_ru": 0.4}
    predictions, scores = study({"stsb": 0.2, "stsb_fr": 0.0, "stsb_ru": 0.1}, lost)
    of_scores, of_drops = english_against_others(predictions, scores, settings=FAST)
    clean = scores[scores["variant"] == "clean"].groupby(["condition", "language"])["value"].mean()
    others = {code: clean["stsb_fr", code] for code in ("ru", "bg")} | {
        code: clean["stsb_ru", code] for code in ("fr", "es")
    }
    others |= {code: (clean["stsb_fr", code] + clean["stsb_ru", code]) / 2 for code in ("ar", "he", "hi", "ur", "tr")}
    row = of_scores.set_index("variant").loc["clean"]
    assert set(row["languages"].split()) == set(others)  # no Germanic language
    assert row["estimate"] == pytest.approx(np.mean([clean["stsb", code] - value for code, value in others.items()]))
    assert (row["series"], row["arm"], row["against"]) == ("stsb", "stsb", f"STS-B, {OTHERS}")
    drop = of_drops.iloc[0]
    assert drop["estimate"] < 0
    assert drop["clear"]
    assert set(of_scores["variant"]) == {"clean", "typos@0.1"}


def test_a_study_without_variants_or_series_gives_empty_tables():
    predictions, scores = simulate_study(
        np.random.default_rng(1), effects={"mnli": 0.0}, languages=["en", "fr"], tasks={"sib200": "accuracy"}
    )
    assert drops(predictions, scores, settings=FAST).empty
    assert drop_differences(predictions, scores, settings=FAST).empty
    assert all(table.empty for table in english_against_others(predictions, scores, settings=FAST))
