from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains, sensitivity
from study_utils.analysis.inference.sensitivity import SENSITIVITY_COLUMNS
from study_utils.analysis.inference.settings import Primary

FAST = Settings(resamples=200)


def test_one_language_carries_the_gain():
    """Four languages gain nothing or a little, French loses much: it decides the sign."""
    parts = [
        simulate_study(
            np.random.default_rng(7), effects={"mnli": gain}, languages=[code], tasks={"sib200": "accuracy"},
            examples=300,
        )
        for code, gain in {"es": 0.03, "fr": -0.25, "it": 0.03, "pt": 0.03}.items()
    ]  # fmt: skip
    predictions, scores = (pd.concat(tables, ignore_index=True) for tables in zip(*parts))
    (row,) = sensitivity(predictions, scores, settings=FAST).to_dict("records")
    gain = scores.pivot_table(index="language", columns="condition", values="value").eval("mnli - none")
    assert row["left_out"] == "language"
    assert row["estimate"] == pytest.approx(gain.mean())
    assert row["highest"] == pytest.approx(gain.drop("fr").mean())
    assert (row["highest_without"], row["sign_changes"], row["n_left_out"]) == ("French", "French", 4)
    lowest = min(gain.drop(code).mean() for code in gain.index)
    assert row["lowest"] == pytest.approx(lowest)
    assert not row["excludes_zero"]


def test_leaving_a_task_out_can_make_a_result_clear():
    parts = [
        simulate_study(
            np.random.default_rng(0), effects={"snli": effect}, languages=["es", "fr", "it", "pt"],
            tasks={task: "accuracy"}, examples=2000, language_sd=sd,
        )[1]
        for task, effect, sd in (("sib200", 0.06, 0.0), ("xnli", -0.04, 0.05))
    ]  # fmt: skip
    row = sensitivity(None, pd.concat(parts, ignore_index=True), settings=FAST).set_index("left_out").loc["task"]
    assert not row["excludes_zero"]
    assert (row["highest_without"], row["lowest_without"]) == ("XNLI", "SIB-200")
    assert (row["sign_changes"], row["zero_changes"]) == ("SIB-200", "XNLI")


def test_full_rows_are_those_of_family_gains(study):
    full = family_gains(*study, settings=FAST).set_index(["condition", "group"])
    found = sensitivity(*study, settings=FAST)
    assert list(found) == SENSITIVITY_COLUMNS
    assert set(found.loc[found["unit"] == "language", "left_out"]) == {"task"}
    for row in found.itertuples():
        assert row.estimate == full.loc[(row.condition, row.group), "estimate"]
        whole = full.loc[(row.condition, row.group)]
        assert row.excludes_zero == (whole["p_holm"] < 0.05 and (whole["unit"] != "family" or whole["n_languages"] > 2))
        assert row.lowest <= row.highest
        assert row.unit == "language" or row.lowest <= row.estimate <= row.highest


def test_a_family_left_with_two_languages_is_not_clear():
    predictions, scores = simulate_study(
        np.random.default_rng(0), effects={"mnli": 0.2}, languages=["ar", "he", "am"], tasks={"sib200": "accuracy"},
        examples=400,
    )  # fmt: skip
    full = family_gains(predictions, scores, settings=FAST).iloc[0]
    row = sensitivity(predictions, scores, settings=FAST).iloc[0]
    assert row["sign_changes"] == ""
    assert full["clear"]
    assert row["zero_changes"] == "Amharic, Arabic (Standard), Hebrew"


def test_only_a_baseline_gives_no_rows(study):
    baseline = study[1][study[1]["condition"] == "none"]
    assert list(sensitivity(None, baseline, settings=FAST)) == SENSITIVITY_COLUMNS


def test_the_primary_comparison_is_corrected_as_in_the_table_of_gains():
    """Romance has p = 0.03 among four groups: it excludes zero only where the study was made for it."""
    scores = simulate_study(
        np.random.default_rng(3), effects={"mnli": {"Romance": 0.03}}, tasks={"sib200": "accuracy"}, examples=200,
        languages="es fr it ru pl bg ar he am eu".split(), language_sd=0.005, run_sd=0.01,
    )[1]  # fmt: skip
    for primary, expected in ((Primary(), False), (Primary(group="Romance", condition="mnli"), True)):
        settings = Settings(primary=primary)
        whole = family_gains(None, scores, settings=settings).set_index("group").loc["Romance"]
        row = sensitivity(None, scores, settings=settings).set_index("group").loc["Romance"]
        assert (whole["p_holm"] < 0.05) == row["excludes_zero"] == expected
