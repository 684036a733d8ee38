from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.errors import AnalysisError

FAST = Settings(resamples=200, seed=3)


def test_against_the_baseline_it_is_family_gains(study):
    predictions, scores = study
    both = contrast_gains(
        predictions,
        scores,
        [Contrast(key="mnli", arm="mnli"), Contrast(key="sst2", arm="sst2")],
        by="family",
        settings=FAST,
    )
    whole = family_gains(predictions, scores, by="family", settings=FAST)
    key = ["condition", "group"]
    merged = both.rename(columns={"contrast": "condition"}).merge(whole, on=key, suffixes=("", "_whole"))
    assert len(merged) == len(whole) == len(both)
    np.testing.assert_allclose(merged["estimate"], merged["estimate_whole"])
    np.testing.assert_allclose(merged["low"], merged["low_whole"], atol=0.02)


def test_two_conditions_differ_by_the_difference_of_their_gains(study):
    predictions, scores = study
    found = contrast_gains(predictions, scores, [Contrast(key="a", arm="mnli", against="sst2")], settings=FAST)
    turned = contrast_gains(predictions, scores, [Contrast(key="a", arm="sst2", against="mnli")], settings=FAST)
    gains = family_gains(predictions, scores, by="all", settings=FAST).set_index("condition")["estimate"]
    assert found["estimate"].item() == pytest.approx(gains["mnli"] - gains["sst2"])
    assert turned["estimate"].item() == pytest.approx(-found["estimate"].item())
    assert (found["arm"].item(), found["against"].item()) == ("mnli", "sst2")


def test_variants_are_arms_too(study):
    _predictions, scores = study
    noisy = []
    for frame in study:
        frame = frame.assign(variant="typos@0.1")
        if "correct" in frame:
            frame["correct"] = 0.0
        else:
            frame["value"] = 0.0
        noisy.append(frame)
    both = [pd.concat([clean, noise], ignore_index=True) for clean, noise in zip(study, noisy)]
    arms = Contrast(key="drop", arm="mnli", against="mnli", variant="typos@0.1", against_variant="clean")
    found = contrast_gains(*both, [arms], settings=FAST)
    kept = scores[(scores["condition"] == "mnli") & (scores["language"] != "en")]
    mean = kept.groupby("task")["value"].mean().mean()
    assert found["estimate"].item() == pytest.approx(-mean)
    assert found["variant"].item() == "typos@0.1"


def test_only_cells_of_both_arms_count(study):
    _predictions, _scores = study
    less = [f[~((f["condition"] == "sst2") & (f["language"] == "ja"))] for f in study]
    arms = [Contrast(key="a", arm="mnli", against="sst2")]
    found = contrast_gains(*less, arms, settings=FAST)
    without = [f[f["language"] != "ja"] for f in study]
    assert "ja" not in found["languages"].item().split()
    assert found["estimate"].item() == pytest.approx(contrast_gains(*without, arms, settings=FAST)["estimate"].item())


def test_seen_languages_count_only_if_asked_for(study):
    predictions, scores = study
    seen = scores.assign(
        zero_shot=scores["zero_shot"] & ~((scores["condition"] == "sst2") & (scores["language"] == "fr"))
    )
    arms = [Contrast(key="a", arm="mnli", against="sst2")]
    without = contrast_gains(predictions, seen, arms, settings=FAST)
    assert "fr" not in without["languages"].item().split()
    assert "fr" in contrast_gains(predictions, seen, arms, settings=FAST, seen="include")["languages"].item().split()


def test_a_contrast_without_common_cells_has_no_row(study):
    _predictions, _scores = study
    apart = [
        f[
            ((f["condition"] != "sst2") & (f["task"] == "sib200"))
            | (f["condition"].isin(["sst2", "none"]) & (f["task"] == "udpos"))
        ]
        for f in study
    ]
    arms = [Contrast(key="a", arm="mnli", against="sst2"), Contrast(key="b", arm="mnli")]
    assert contrast_gains(*apart, arms, settings=FAST)["contrast"].tolist() == ["b"]
    assert contrast_gains(*apart, arms[:1], settings=FAST).empty


def test_resource_classes_are_units(study):
    found = contrast_gains(*study, [Contrast(key="a", arm="mnli", against="sst2")], by="resource", settings=FAST)
    assert found["group"].tolist() == ["Other"]  # every language of the simulated study is of class 3 or above
    predictions, scores = simulate_study(
        np.random.default_rng(2),
        effects={"mnli": 0.0},
        languages=["en", "fr", "de", "sw", "yo"],
        tasks={"sib200": "accuracy"},
    )
    table = family_gains(predictions, scores, by="resource", settings=FAST).set_index("group")
    assert table["languages"].to_dict() == {"Low-resource": "sw yo", "Other": "de fr"}


def test_correction_is_over_all_contrasts(study):
    arms = [Contrast(key=f"c{i}", arm="mnli", against="sst2") for i in range(4)]
    one, four = (contrast_gains(*study, arms[:n], settings=FAST) for n in (1, 4))
    assert four["p_holm"].iloc[0] == pytest.approx(min(1.0, 4 * one["p_holm"].item()))


def test_nothing_is_claimed_where_nothing_differs():
    """Known truth: two arms with equal effects."""
    wrong = 0
    for seed in range(40):
        tables = simulate_study(
            np.random.default_rng(seed),
            effects={"mnli": 0.05, "sst2": 0.05},
            languages=["en", "es", "fr", "it", "ru", "pl", "bg", "de"],
            tasks={"sib200": "accuracy"},
            language_sd=0.02,
        )
        wrong += contrast_gains(*tables, [Contrast(key="a", arm="mnli", against="sst2")], settings=FAST)["clear"].item()
    assert wrong <= 5  # 40 studies at 0.05: more than 5 in 1.4 %


def test_bad_contrasts_are_refused(study):
    with pytest.raises(AnalysisError, match="mnli"):
        contrast_gains(*study, [Contrast(key="a", arm="mnl1")], settings=FAST)
    with pytest.raises(AnalysisError, match="with itself"):
        Contrast(key="a", arm="mnli", against="mnli")
    with pytest.raises(AnalysisError, match="same key"):
        contrast_gains(*study, [Contrast(key="a", arm="mnli"), Contrast(key="a", arm="sst2")], settings=FAST)
