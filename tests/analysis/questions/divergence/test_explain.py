from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from divergence_cells import simulate_cells

from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.divergence import explain
from study_utils.analysis.questions.divergence.explain import (
    FORMAT,
    MIN_LANGUAGES,
    MIN_TASKS,
    TYPOLOGY,
    explain_cells,
    explain_gains,
)
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.table import COLUMNS

FEW = Settings(resamples=200)


def slopes_of(found, part):
    return found.slopes[found.slopes["part"] == part].set_index("measure")


def test_the_slope_between_tasks_is_that_of_a_mixed_model_of_means():
    cells = simulate_cells(np.random.default_rng(5), tasks=12, targets=4, sds=(2, 1, 0.5, 0.5, 0.3, 0.5))
    numbers = explain._model(cells, "task", ["mmd"], 0.95)["mmd"]
    means = cells.groupby(["condition", "task"])[["gain", "mmd", FORMAT]].mean().reset_index()
    within = means["mmd"] - means.groupby("task")["mmd"].transform("mean")
    means["x"] = within / within.std()
    means["gain"] *= 100
    fitted = smf.mixedlm(f"gain ~ C(task) + x + {FORMAT}", means, groups="condition").fit(reml=True)
    assert 100 * numbers["estimate"] == pytest.approx(fitted.params["x"], rel=1e-3)
    assert 100 * numbers["standard_error"] == pytest.approx(fitted.bse["x"], rel=1e-2)
    assert numbers["freedom"] <= 12 - 3


def test_without_effect_claims_are_rare_in_the_smallest_design():
    """Every p-value by itself: Holm's correction only lowers the number of claims."""
    rng = np.random.default_rng(0)
    found = {"task": [], "language": []}
    for _ in range(40):
        cells = simulate_cells(rng, tasks=MIN_TASKS, languages=MIN_LANGUAGES)
        for part, values in found.items():
            values += [explain._model(cells, part, [m], 0.95)[m]["p"] < 0.05 for m in ("mmd", "change")]
    assert all(np.mean(values) <= 0.06 for values in found.values()), found


def test_a_known_slope_is_covered_and_found():
    rng = np.random.default_rng(1)
    covered, p = [], []
    for _ in range(20):
        cells = simulate_cells(rng, tasks=10, slopes={"mmd": -1.5})
        numbers = explain._model(cells, "task", ["mmd"], 0.95)["mmd"]
        means = cells.groupby(["condition", "task"])["mmd"].mean()
        one = (means - means.groupby("task").transform("mean")).std()
        covered.append(numbers["low"] <= -0.015 * one <= numbers["high"])
        p.append(numbers["p"])
    assert np.mean(covered) >= 0.9
    assert np.mean(np.array(p) < 0.05) > 0.7


def test_divergence_that_decides_gains_foretells_a_task_left_out_and_noise_does_not():
    rng = np.random.default_rng(2)
    sds = (0.2, 0.2, 0.5, 0.5, 0.1, 0.1)
    known = explain_cells(simulate_cells(rng, tasks=9, slopes={"mmd": -1}, sds=sds), settings=FEW)
    table = known.left_out.set_index("measure")
    assert list(table.index) == [*MEASURES, "all"]
    assert table.loc["mmd", "share"] > 0.7
    assert table.loc["mmd", "low"] > 0.3
    assert table.loc["mmd", "better"] >= 7
    assert table.loc["words", "share"] < 0.5
    slopes = slopes_of(known, "task")
    assert slopes.loc["mmd", "clear"]
    assert slopes.loc["mmd", "estimate"] < 0


def test_a_task_left_out_is_foretold_from_the_others_alone():
    """By hand: with two targets' worth of exact lines the error of the fuller prediction vanishes."""
    cells = simulate_cells(np.random.default_rng(3), sds=(0,) * 6, slopes={"mmd": 2})
    assert explain._squared_errors(cells, [FORMAT, "mmd"]).sum() == pytest.approx(0, abs=1e-18)
    cells.loc[cells["condition"] == "task00", "gain"] += 1
    errors = explain._squared_errors(cells, [FORMAT, "mmd"])
    assert errors[0] == pytest.approx((cells["condition"] == "task00").sum(), rel=0.01)


def test_what_cannot_be_told_is_said():
    rng = np.random.default_rng(4)
    cells = simulate_cells(rng, tasks=7, like_format=("words",))
    cells["subwords"] = 0.3
    cells["a_distance"] = np.nan
    cells["frechet"] = 2 * cells["mmd"] + 0.01 * rng.normal(size=len(cells))
    found = explain_cells(cells, settings=FEW)
    task = slopes_of(found, "task")
    assert task["withheld"].to_dict() == {
        "mmd": "", "frechet": "", "change": "",
        "a_distance": "it is not measured in every cell",
        "words": "it can't be told from the format",
        "subwords": "it is the same everywhere here",
    }  # fmt: skip
    assert task.loc["words", "inflation"] > 10
    assert task.loc[task["withheld"] != "", "estimate"].isna().all()
    together = found.together.set_index("measure")
    assert sorted(together.loc[["mmd", "frechet"], "withheld"]) == ["", "the other measures say the same"]
    assert found.controls["measure"].tolist() == [FORMAT, TYPOLOGY]


def test_too_few_tasks_or_languages_claim_nothing():
    cells = simulate_cells(np.random.default_rng(6), tasks=MIN_TASKS - 1, languages=MIN_LANGUAGES - 1)
    found = explain_cells(cells, settings=FEW)
    assert found.slopes["estimate"].isna().all()
    assert set(found.slopes["withheld"]) == {
        f"{MIN_TASKS - 1} intermediate tasks, at least {MIN_TASKS} are needed",
        f"{MIN_LANGUAGES - 1} languages, at least {MIN_LANGUAGES} are needed",
    }
    assert found.left_out["share"].isna().all()
    assert not found.slopes["clear"].any()


def test_gains_that_do_not_vary_are_no_error():
    cells = simulate_cells(np.random.default_rng(7), sds=(0,) * 6)
    found = explain_cells(cells, settings=FEW)
    assert set(found.slopes["withheld"]) == {"no model of these gains can be fitted"}
    assert set(found.left_out["withheld"]) == {"gains do not differ"}


def test_only_zero_shot_gains_of_single_tasks_without_same_data_count(study):
    _, scores = study
    scores = pd.concat([scores, scores[scores["condition"] == "mnli"].assign(condition="mixture")], ignore_index=True)
    scores.loc[(scores["condition"] == "mnli") & (scores["task"] == "udpos"), "same_data"] = True
    keys = scores.loc[scores["condition"] != "none", ["encoder", "condition", "task", "language"]].drop_duplicates()
    divergence = keys.reindex(columns=list(COLUMNS)).fillna(dict.fromkeys((*MEASURES, FORMAT), 0.5))
    cells = explain_gains(scores, divergence, settings=FEW).cells
    assert set(zip(cells["condition"], cells["task"])) == {("mnli", "sib200"), ("sst2", "sib200"), ("sst2", "udpos")}
    assert "en" not in set(cells["language"])
    assert cells["seeds"].eq(3).all()
    one = cells[(cells["condition"] == "sst2") & (cells["task"] == "udpos") & (cells["language"] == "ru")]
    part = scores[(scores["task"] == "udpos") & (scores["language"] == "ru")].groupby("condition")["value"].mean()
    assert one["gain"].item() == pytest.approx(part["sst2"] - part["none"])
    assert explain_gains(scores, divergence.iloc[:0], settings=FEW).slopes.empty
