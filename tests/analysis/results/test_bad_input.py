"""What every analysis does with tables that cannot be analysed, and with studies that are too small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import (
    Settings,
    family_gains,
    mixed_gains,
    robustness_intervals,
    sensitivity,
    task_gains,
    variance_shares,
)
from study_utils.errors import AnalysisError

FAST = Settings(resamples=50)
OF_SCORES = {
    "family_gains": lambda scores: family_gains(None, scores, settings=FAST),
    "task_gains": lambda scores: task_gains(None, scores, settings=FAST),
    "robustness_intervals": lambda scores: robustness_intervals(None, scores, settings=FAST),
    "sensitivity": lambda scores: sensitivity(None, scores, settings=FAST),
    "variance_shares": lambda scores: variance_shares(scores, settings=FAST),
    "mixed_gains": lambda scores: mixed_gains(scores, covariates=()),
}
OF_PREDICTIONS = {
    "family_gains": lambda predictions: family_gains(predictions, settings=FAST),
    "robustness_intervals": lambda predictions: robustness_intervals(predictions, settings=FAST),
    "sensitivity": lambda predictions: sensitivity(predictions, settings=FAST),
}


def change(frame, column, value, row=5):
    frame = frame.copy()
    frame.loc[frame.index[row], column] = value
    return frame


@pytest.mark.parametrize("name", OF_SCORES)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="same_data"), r"results table lacks the columns \['same_data'\]"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: change(f, "language", "eng"), "unknown language 'eng'"),
        (lambda f: change(f, "task", "sib20"), "unknown task 'sib20'.*'sib200'"),
        (lambda f: change(f, "value", np.nan), "1 rows .* missing values"),
        (lambda f: change(f, "value", np.inf), "out of range"),
        (lambda f: f.assign(zero_shot="False"), "column zero_shot .* True or False, not texts"),
        (lambda f: f.assign(value=f["value"].astype("category")), "column value .* numbers, not texts or categories"),
        (lambda f: f.assign(value=f["value"].astype(str)), "column value .* numbers, not texts or categories"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), "twice with the same value"),
        (lambda f: pd.concat([f, f.iloc[[3]].assign(value=0.123)]), "twice with conflicting values"),
        (lambda f: f[f["condition"] != "none"], "no baseline 'none'"),
    ],
)
def test_spoilt_scores_are_refused_everywhere(study, name, spoil, message):
    with pytest.raises(AnalysisError, match=message):
        OF_SCORES[name](spoil(study[1]))


@pytest.mark.parametrize("name", OF_PREDICTIONS)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="correct"), r"predictions table lacks the columns \['correct'\]"),
        (lambda f: change(f, "language", "eng"), "unknown language 'eng'"),
        (lambda f: change(f, "task", "sib20"), "unknown task 'sib20'.*'sib200'"),
        (lambda f: change(f, "condition", None), "1 prediction rows have no condition"),
        (lambda f: change(f, "correct", np.nan), "different examples"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), "twice with the same result in .*e5_small"),
        (lambda f: pd.concat([f, f.iloc[[3]].assign(correct=0.5)]), "twice with conflicting results"),
        (lambda f: f[(f["condition"] != "none") | (f["language"] != "fr")], "without a baseline 'none'.*language fr"),
        (lambda f: f.assign(total=0.0), "count nothing"),
    ],
)
def test_spoilt_predictions_are_refused_everywhere(study, name, spoil, message):
    with pytest.raises(AnalysisError, match=message):
        OF_PREDICTIONS[name](spoil(study[0]))


def test_categories_that_do_not_occur_change_nothing(study):
    predictions, scores = study
    few = predictions["task"] == "sib200"
    plain = family_gains(predictions[few], scores[scores["task"] == "sib200"], settings=FAST)
    names = ["encoder", "condition", "task", "language", "variant", "measure", "example_id"]
    coded = predictions.astype(dict.fromkeys(names, "category"))[few]
    found = family_gains(coded, scores[scores["task"] == "sib200"], settings=FAST)
    pd.testing.assert_frame_equal(found, plain, check_dtype=False)


def test_one_seed_gives_estimates_without_intervals(study):
    scores = study[1].query("seed == 0")
    table = robustness_intervals(None, scores, settings=FAST)
    several = table[table["quantity"].isin(["gain", "gap", "retention"])]
    assert several["estimate"].notna().all()
    assert several["withheld"].str.contains("1 seed").all()
    assert table.loc[table["quantity"] == "seed_spread", "withheld"].str.contains("1 seed, fewer than 3").all()
    assert not sensitivity(None, scores, settings=FAST)["excludes_zero"].any()
    assert "1 seed" in set(variance_shares(scores, settings=FAST)["withheld"])


def test_one_family_has_no_contrast_and_no_share(study):
    scores = study[1][study[1]["language"].isin(["en", "es", "fr", "it"])]
    found = mixed_gains(scores, covariates=())
    assert found.families["group"].unique().tolist() == ["Romance"]
    assert found.contrasts.empty
    shares = variance_shares(scores, settings=FAST).set_index("source")
    assert set(shares.loc["family", "withheld"]) == {"1 family"}


def test_the_baseline_alone_gives_empty_tables(study):
    baseline = study[1][study[1]["condition"] == "none"]
    assert robustness_intervals(None, baseline, settings=FAST).empty
    assert variance_shares(baseline, settings=FAST).empty
    assert mixed_gains(baseline).contrasts.empty
