from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from divergence_cells import simulate_cells
from scipy import stats

from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.divergence import left_out
from study_utils.analysis.questions.divergence.explain import (
    MIN_LANGUAGES,
    MIN_TASKS,
    MIN_WITHIN,
    explain_cells,
    explain_gains,
)
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.slopes import FAMILY, FORMAT, TYPOLOGY, fit_slopes
from study_utils.analysis.questions.divergence.table import COLUMNS

FEW = Settings()


def slopes_of(found, part):
    return found.slopes[found.slopes["part"] == part].set_index("measure")


def test_the_slope_between_tasks_is_that_of_a_mixed_model_of_means():
    cells = simulate_cells(np.random.default_rng(5), tasks=12, targets=4, sds=(2, 1, 0.5, 0.5, 0.3, 0.5))
    numbers = fit_slopes(cells, "task", ["mmd"], level=0.95)["mmd"]
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
        cells = simulate_cells(rng, tasks=MIN_TASKS, languages=MIN_LANGUAGES, families=MIN_LANGUAGES - MIN_WITHIN)
        for part, values in found.items():
            values += [fit_slopes(cells, part, [m], level=0.95)[m]["p"] < 0.05 for m in ("mmd", "change")]
    assert all(np.mean(values) <= 0.06 for values in found.values()), found


def test_a_known_slope_is_covered_and_found():
    rng = np.random.default_rng(1)
    covered, p = [], []
    for _ in range(20):
        cells = simulate_cells(rng, tasks=10, slopes={"mmd": -1.5})
        numbers = fit_slopes(cells, "task", ["mmd"], level=0.95)["mmd"]
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
    table = known.left_out[known.left_out["part"] == "task"].set_index("measure")
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
    assert left_out._errors(cells, "task", ["mmd"])[0].sum() == pytest.approx(0, abs=1e-14)
    cells.loc[cells["condition"] == "task00", "gain"] += 1
    errors = left_out._errors(cells, "task", ["mmd"])[0]
    assert errors[0] == pytest.approx((cells["condition"] == "task00").sum(), rel=0.01)


def errors_by_hand(cells, part, names):
    """Each unit foretold by least squares on the rows of the others, cell means taken out, row by row."""
    unit, place, control = left_out.UNITS[part]
    errors = {}
    for key in sorted(cells[unit].unique()):
        rest, own = cells[cells[unit] != key], cells[cells[unit] == key]
        means = rest.groupby(list(place))[["gain", control, *names]].mean()
        within = rest[["gain", control, *names]].to_numpy() - means.loc[[*zip(*(rest[p] for p in place))]].to_numpy()
        own = own[[key in means.index for key in zip(*(own[p] for p in place))]]
        moved = own[["gain", control, *names]].to_numpy() - means.loc[[*zip(*(own[p] for p in place))]].to_numpy()
        slopes = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=None)[0]
        errors[key] = ((moved[:, 0] - moved[:, 1:] @ slopes) ** 2).sum()
    return errors


@pytest.mark.parametrize("part", ["task", "language"])
def test_errors_and_interval_refit_for_every_unit(part):
    """Of cells with holes: equal to plain least squares, with all units and without each in turn."""
    cells = simulate_cells(np.random.default_rng(8), tasks=7, languages=12, families=6, slopes={"mmd": -0.5})
    cells = cells[np.random.default_rng(9).random(len(cells)) < 0.8].reset_index(drop=True)
    unit = left_out.UNITS[part][0]
    found = left_out._errors(cells, part, ["mmd", "words"])
    assert found[0] == pytest.approx([*errors_by_hand(cells, part, ["mmd", "words"]).values()], rel=1e-8)
    shares = []
    for number, key in enumerate(sorted(cells[unit].unique())):
        rest = cells[cells[unit] != key]
        fuller, plain = (errors_by_hand(rest, part, names) for names in (["mmd", "words"], []))
        assert np.delete(found[1 + number], number) == pytest.approx([*fuller.values()], rel=1e-8)
        shares.append(1 - sum(fuller.values()) / sum(plain.values()))
    told = left_out.foretell(cells, part, ["mmd", "words"], level=0.95)
    n = len(shares)
    half = stats.t.ppf(0.975, n - 1) * (n - 1) * np.std(shares) / np.sqrt(n - 1)
    assert told["low"] == pytest.approx(told["share"] - half)


def test_divergence_without_effect_is_rarely_said_to_foretell():
    rng, better = np.random.default_rng(10), []
    for _ in range(60):
        cells = simulate_cells(rng, tasks=8, languages=16, families=8)
        better += [left_out.foretell(cells, part, ["mmd"], level=0.95)["low"] > 0 for part in ("task", "language")]
    assert np.mean(better) <= 0.06


def test_families_that_differ_in_gain_and_divergence_make_no_slope():
    """Gains and every measure differ between families, and nowhere else together: few slopes are clear."""
    rng, clear, named = np.random.default_rng(11), [], []
    for _ in range(30):
        cells = simulate_cells(rng, tasks=6, languages=18, families=6, family=(2, 2))
        p = [fit_slopes(cells, "language", [m], level=0.95)[m]["p"] for m in MEASURES]
        clear += list(holm(p) < 0.05)
        named.append(fit_slopes(cells.assign(**{FAMILY: "one"}), "language", ["mmd"], level=0.95)["mmd"]["p"] < 0.05)
    assert np.mean(clear) <= 0.06
    assert np.mean(named) > 0.2, "without families in the model the same data cry wolf"


def test_what_families_bring_to_a_target_moves_no_slope():
    cells = simulate_cells(np.random.default_rng(15), languages=18, families=6)
    brought = cells.groupby(["task", FAMILY]).ngroup()
    moved = cells.assign(gain=cells["gain"] + 0.03 * brought**2)
    before, after = (fit_slopes(c, "language", ["mmd"], level=0.95)["mmd"] for c in (cells, moved))
    assert after == pytest.approx(before, rel=1e-6)


def test_a_slope_within_families_is_found_and_is_that_of_a_mixed_model():
    cells = simulate_cells(np.random.default_rng(12), languages=20, families=5, slopes={"mmd": -1.5}, family=(1, 1))
    numbers = fit_slopes(cells, "language", ["mmd"], level=0.95)["mmd"]
    means = cells.groupby(["language", "task"])[["gain", "mmd", TYPOLOGY]].mean().reset_index()
    means = means.merge(cells[["language", FAMILY]].drop_duplicates(), on="language")
    within = means["mmd"] - means.groupby("task")["mmd"].transform("mean")
    means["x"] = within / within.std()
    means["gain"] *= 100
    formula = f"gain ~ C(task) * C({FAMILY}) + x + {TYPOLOGY}"
    fitted = smf.mixedlm(formula, means, groups="language").fit(reml=True)
    assert 100 * numbers["estimate"] == pytest.approx(fitted.params["x"], rel=1e-3)
    assert 100 * numbers["standard_error"] == pytest.approx(fitted.bse["x"], rel=1e-2)
    assert numbers["freedom"] <= 20 - 5 - 2
    assert numbers["high"] < 0


def test_slopes_by_target_are_those_of_its_cells_and_may_differ_in_sign():
    cells = simulate_cells(np.random.default_rng(13), tasks=9, languages=16, sds=(0.2, 0.2, 0.2, 0.2, 0.1, 0.1))
    sign = cells["task"].map({"target00": -1.5, "target01": 1.5, "target02": 0.0})
    cells["gain"] += sign * cells["mmd"] / 100
    found = explain_cells(cells, settings=FEW)
    for part, units in (("task", 9), ("language", 16)):
        rows = found.by_target[(found.by_target["part"] == part) & (found.by_target["measure"] == "mmd")]
        rows = rows.set_index("task")
        assert rows.loc["target00", "high"] < 0 < rows.loc["target01", "low"]
        assert rows["n_targets"].eq(1).all()
        assert rows["freedom"].max() <= units - 3
    own = cells[cells["task"] == "target00"].groupby("condition")[["gain", "mmd", FORMAT]].mean()
    x = np.column_stack([np.ones(9), own["mmd"] / own["mmd"].std(), own[FORMAT]])
    plain = np.linalg.lstsq(x, own["gain"], rcond=None)[0][1]
    task = found.by_target[(found.by_target["part"] == "task") & (found.by_target["measure"] == "mmd")]
    assert task.set_index("task").loc["target00", "estimate"] == pytest.approx(plain)
    few = cells[(cells["task"] != "target02") | cells["condition"].isin(["task00", "task01", "task02", "task03"])]
    by_target = explain_cells(few, settings=FEW).by_target
    mine = by_target[(by_target["part"] == "task") & (by_target["task"] == "target02")]
    assert set(mine["withheld"]) == {"fewer than 3 degrees of freedom on this target"}


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
    cells["words"] = cells[FAMILY].map(lambda name: float(name[-2:]))
    language = slopes_of(explain_cells(cells, settings=FEW), "language")
    assert language.loc["words", "withheld"] == "it is the same for all languages of a family here"


def test_languages_alone_in_their_families_give_no_slope():
    cells = simulate_cells(np.random.default_rng(14), languages=9, families=6)
    withheld = set(slopes_of(explain_cells(cells, settings=FEW), "language")["withheld"])
    assert withheld == {"9 languages of 6 families, at least 4 more languages than families are needed"}


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
    few = "4 families, at least 6 are needed"
    assert found.left_out.groupby("part")["withheld"].unique().map(list).to_dict() == {
        "language": [few], "task": ["gains do not differ"],
    }  # fmt: skip


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
