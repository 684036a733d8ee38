from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from study_utils.analysis.models.reml import fit, make_design, variances
from study_utils.errors import AnalysisError

LMERTEST = Path(__file__).parent / "lmertest"
"""Rows and what R's lmerTest estimates from them; `make.R` beside them made both."""


def crossed(languages, tasks, *, seed, language=0.02, task=0.02, noise=0.02):
    rng = np.random.default_rng(seed)
    row, column = (a.ravel() for a in np.meshgrid(range(languages), range(tasks), indexing="ij"))
    y = rng.normal(0, language, languages)[row] + rng.normal(0, task, tasks)[column] + rng.normal(0, noise, len(row))
    return y, row, column


def study_design(*, families=4, languages=4, tasks=4, seeds=3, covered=1.0, seed=0):
    """Family and task fixed; language, language within task, seed and training run random."""
    language, task, number = (a.ravel() for a in np.indices((families * languages, tasks, seeds)))
    kept = (np.random.default_rng(seed).random((families * languages, tasks)) < covered)[language, task]
    language, task, number = language[kept], task[kept], number[kept]
    fixed = [language % families == f for f in range(families)]
    fixed += [(task == t) * 1.0 - (task == tasks - 1) for t in range(tasks - 1)]
    random = {"language": language, "cell": language * tasks + task, "seed": number, "run": task * seeds + number}
    return make_design(np.column_stack(fixed).astype(float), random)


TRUTH = {"language": 1.0, "cell": 0.6, "seed": 0.3, "run": 0.8, "residual": 0.5}


def dense(design):
    """Matrices with a column a level of each effect."""
    return {name: np.eye(len(design.levels[name]))[code] for name, code in design.codes.items()}


def dense_likelihood(y, x, z, found):
    """Restricted log likelihood as Bates et al. 2015 write it, with matrices of rows by rows."""
    v = found["residual"] * np.eye(len(y)) + sum(found[name] * part @ part.T for name, part in z.items())
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    return -0.5 * (logs + rest @ inverse @ rest + (len(y) - x.shape[1]) * np.log(2 * np.pi))


def dense_prediction(x, z, found, weights, levels):
    """Variance of a prediction by Henderson's mixed model equations."""
    used = {name: part for name, part in z.items() if found[name] > 0}
    both = np.concatenate([x, *used.values()], axis=1)
    penalty = [np.zeros(x.shape[1]), *(np.full(part.shape[1], 1 / found[name]) for name, part in used.items())]
    inverse = np.linalg.inv(both.T @ both / found["residual"] + np.diag(np.concatenate(penalty)))
    wanted = np.concatenate([weights, *(levels.get(name, np.zeros(part.shape[1])) for name, part in used.items())])
    return wanted @ inverse @ wanted


def _lmertest(name):
    rows = pd.read_csv(LMERTEST / f"{name}.csv")
    families, tasks = (pd.get_dummies(rows[column]).astype(float) for column in ("family", "task"))
    parts = [families] if name == "tasks" else [families, tasks.iloc[:, :-1].sub(tasks.iloc[:, -1], axis=0)]
    random = {"language": rows["language"], "language:task": rows["language"] + rows["task"], "seed": rows["seed"]}
    random["task:seed"] = rows["task"] + rows["seed"]
    if name == "tasks":
        random["task"] = rows["task"]
    design = make_design(np.column_stack(parts), {key: column.to_numpy(str) for key, column in random.items()})
    return rows, rows["gain"].to_numpy(), design, list(families)


@pytest.mark.parametrize("name", ["balanced", "coverage", "zero", "tasks"])
def test_everything_is_what_lmertest_computes(name):
    """A balanced design, one with half of the cells, one with variances at zero, and one with tasks random."""
    expected = json.loads((LMERTEST / "lmertest.json").read_text())[name]
    rows, y, design, families = _lmertest(name)
    found = fit(y, design)
    theirs = {key.replace("Residual", "residual"): value for key, value in expected["variances"].items()}
    assert found.variances == pytest.approx(theirs, rel=1e-5, abs=1e-6)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-7)
    unit = np.eye(len(found.beta))
    assert found.beta == pytest.approx(expected["fixed"]["estimate"], rel=1e-6)
    assert [found.error(w) for w in unit] == pytest.approx(expected["fixed"]["error"], rel=1e-5)
    assert [found.freedom(w) for w in unit] == pytest.approx(expected["fixed"]["freedom"], rel=1e-4)
    contrast = expected["contrast"]
    assert (unit[0] - unit[1]) @ found.beta == pytest.approx(contrast["estimate"], rel=1e-5)
    assert found.error(unit[0] - unit[1]) == pytest.approx(contrast["error"], rel=1e-5)
    assert found.freedom(unit[0] - unit[1]) == pytest.approx(contrast["freedom"], rel=1e-4)
    family = rows.drop_duplicates("language").set_index("language")["family"]
    pooled = [
        found.predict(unit[families.index(family[code])], {"language": design.levels["language"] == code})
        for code in expected["languages"]["level"]
    ]
    assert [one.estimate for one in pooled] == pytest.approx(expected["languages"]["estimate"], rel=1e-5)
    assert [one.error for one in pooled] == pytest.approx(expected["languages"]["error"], rel=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_agrees_with_statsmodels_on_an_unbalanced_crossed_design():
    y, row, column = crossed(12, 5, seed=0)
    kept = np.random.default_rng(1).random(len(y)) < 0.8
    y, row, column = y[kept], row[kept], column[kept]
    x = np.column_stack([np.ones(len(y)), row % 3 == 0]).astype(float)
    ours = fit(y, make_design(x, {"language": row, "task": column}))
    frame = pd.DataFrame({"y": y, "x": x[:, 1], "language": row, "task": column, "one": 1})
    components = {"language": "0 + C(language)", "task": "0 + C(task)"}
    theirs = smf.mixedlm("y ~ x", frame, groups="one", vc_formula=components).fit()
    assert ours.beta == pytest.approx(theirs.fe_params.to_numpy(), rel=1e-3)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.bse_fe.to_numpy(), rel=1e-3)
    assert [ours.variances[n] for n in ("language", "task", "residual")] == pytest.approx(
        [*theirs.vcomp, theirs.scale], rel=1e-2
    )


def test_balanced_designs_have_the_analysis_of_variance_by_hand():
    y, row, column = crossed(10, 6, seed=2)
    found = variances(y, make_design(np.ones((60, 1)), {"language": row, "task": column}))
    table = y.reshape(10, 6)
    languages, tasks = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    residual = ((table - languages - tasks + table.mean()) ** 2).sum() / (9 * 5)
    assert found["residual"] == pytest.approx(residual, rel=1e-9)
    assert found["language"] == pytest.approx(languages.var(ddof=1) - residual / 6, rel=1e-9)
    assert found["task"] == pytest.approx(tasks.var(ddof=1) - residual / 10, rel=1e-9)


def test_degrees_of_freedom_of_groups_of_languages():
    """Two families of five languages: their difference is a t test between language means, on 8 degrees of freedom."""
    y, row, column = crossed(10, 4, seed=5, language=0.05)
    family = (row < 5).astype(float)
    found = fit(y, make_design(np.column_stack([1 - family, family]), {"language": row, "task": column}))
    weights = np.array([-1.0, 1.0])
    means = y.reshape(10, 4).mean(axis=1)
    expected = stats.ttest_ind(means[:5], means[5:])
    assert found.freedom(weights) == pytest.approx(8, rel=1e-6)
    assert (weights @ found.beta) / found.error(weights) == pytest.approx(expected.statistic, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_estimates_are_the_top_of_the_likelihood(seed):
    """Of designs with holes, against matrices of rows by rows: no variance can be moved, and zero ones can't rise."""
    design = study_design(covered=0.7, seed=seed)
    truth = TRUTH | ({"seed": 0.0, "language": 0.0} if seed % 2 else {})
    y = design.simulate(truth, size=1, rng=np.random.default_rng(seed))[0]
    found, x, z = fit(y, design), design.fixed, dense(design)
    top = dense_likelihood(y, x, z, found.variances)
    assert found.log_likelihood == pytest.approx(top, abs=1e-8)
    for name, value in found.variances.items():
        for moved in (value * 0.98, value * 1.02 + 1e-4):
            assert dense_likelihood(y, x, z, found.variances | {name: moved}) <= top + 1e-9


@pytest.mark.parametrize("seed", [0, 1])
def test_errors_and_freedom_of_predictions_are_those_of_the_mixed_model_equations(seed):
    """The mean of a language: its family, itself, and its mean over the tasks that it has."""
    design = study_design(covered=0.7, seed=seed)
    y = design.simulate(TRUTH, size=1, rng=np.random.default_rng(seed))[0]
    found, x, z = fit(y, design), design.fixed, dense(design)
    cells = np.unique(design.codes["cell"][design.codes["language"] == 2])
    weights, levels = np.eye(x.shape[1])[2], {"language": np.eye(16)[2], "cell": np.zeros(z["cell"].shape[1])}
    levels["cell"][cells] = 1 / len(cells)
    told = found.predict(weights, levels)
    square = dense_prediction(x, z, found.variances, weights, levels)
    assert told.error**2 == pytest.approx(square, rel=1e-9)
    slope = []
    for name in found.above:
        step = 1e-5 * found.variances[name]
        ends = [
            dense_prediction(x, z, found.variances | {name: found.variances[name] + sign * step}, weights, levels)
            for sign in (-1, 1)
        ]
        slope.append((ends[1] - ends[0]) / (2 * step))
    assert told.freedom == pytest.approx(2 * square**2 / (slope @ found.spread @ np.array(slope)), rel=1e-5)
    assert told.estimate == pytest.approx(
        found.beta[2] + found.effects["language"][2] + found.effects["cell"][cells].mean()
    )


def test_intervals_of_single_languages_hold_the_truth():
    design = study_design(covered=0.8, languages=5)
    rng = np.random.default_rng(0)
    own, inside = np.eye(20), []
    for _ in range(40):
        drawn = {n: rng.normal(0, TRUTH[n] ** 0.5, len(level)) for n, level in design.levels.items()}
        y = sum(drawn[name][code] for name, code in design.codes.items())
        found = fit(y + rng.normal(0, TRUTH["residual"] ** 0.5, len(y)), design)
        for i, truth in enumerate(drawn["language"]):
            told = found.predict(np.eye(design.fixed.shape[1])[i % 4], {"language": own[i]})
            half = stats.t.ppf(0.975, told.freedom) * told.error
            inside.append(abs(told.estimate - truth) <= half)
    assert 0.93 <= np.mean(inside) <= 0.985


def test_neither_the_scale_nor_the_order_of_rows_matters():
    design = study_design(covered=0.7)
    y = design.simulate(TRUTH, size=1, rng=np.random.default_rng(7))[0]
    found = fit(y, design)
    for scale in (1e-6, 1e6):
        scaled = fit(scale * y, design)
        assert scaled.variances == pytest.approx({n: scale**2 * v for n, v in found.variances.items()}, rel=1e-7)
    order = np.random.default_rng(8).permutation(len(y))
    mixed = make_design(design.fixed[order], {n: design.levels[n][c][order] for n, c in design.codes.items()})
    assert fit(y[order], mixed).variances == pytest.approx(found.variances, rel=1e-7)
    assert fit(y, design).variances == found.variances


def test_variances_of_very_unequal_size():
    """A thousand times the residual's deviation, balanced: what the analysis of variance gives."""
    y, row, column = crossed(12, 5, seed=3, language=20.0)
    found = variances(y, make_design(np.ones((60, 1)), {"language": row, "task": column}))
    table = y.reshape(12, 5)
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    residual = (rest**2).sum() / (11 * 4)
    assert found["residual"] == pytest.approx(residual, rel=1e-5)
    assert found["language"] == pytest.approx(table.mean(axis=1).var(ddof=1) - residual / 5, rel=1e-5)


def test_no_variance_is_zero_and_not_negative():
    y, row, column = crossed(8, 5, seed=0, language=0.0, task=0.0)
    assert min(variances(y, make_design(np.ones((40, 1)), {"language": row, "task": column})).values()) >= 0


def test_what_is_kept_grows_with_blocks_and_not_with_rows_by_rows():
    """XTREME-R with many seeds: blocks of a task, languages and seeds outside, far below levels by levels."""
    design = study_design(families=7, languages=7, tasks=10, seeds=40)
    layout = design.layout
    assert len(layout.basis) == 19_600
    assert layout.within.shape == (10, 49 + 40, 49 + 40)
    assert layout.outside.shape == (49 + 40 + 7 + 9,) * 2
    y = design.simulate(TRUTH, size=1, rng=np.random.default_rng(0))[0]
    assert fit(y, design).variances["run"] == pytest.approx(TRUTH["run"], rel=0.3)


def test_columns_that_say_the_same_are_refused():
    with pytest.raises(AnalysisError, match="3 fixed effects cannot be told apart"):
        make_design(np.column_stack([np.ones(6), np.arange(6) % 2, 1 - np.arange(6) % 2]), {})


def test_effects_that_cannot_be_told_apart_and_unknown_ones_are_refused():
    y, row, column = crossed(4, 3, seed=0)
    with pytest.raises(AnalysisError, match="fixed effects already tell all levels of language apart"):
        make_design(np.eye(4)[row], {"language": row})
    with pytest.raises(AnalysisError, match="language and name have the same levels"):
        make_design(np.ones((12, 1)), {"language": row, "name": (row + 1) % 4})
    with pytest.raises(AnalysisError, match="cell has a level for each of 12 rows"):
        make_design(np.ones((12, 1)), {"language": row, "cell": 3 * row + column})
    design = make_design(np.ones((12, 1)), {"language": row, "task": column})
    with pytest.raises(AnalysisError, match="unknown random effect 'seed'"):
        fit(y, design).predict(np.ones(1), {"seed": np.ones(2)})


def test_values_without_variation_have_no_error():
    design = study_design()
    for y in (np.zeros(192), np.full(192, 0.1) + 0.2, design.fixed @ np.arange(1.0, 8.0)):
        with pytest.raises(AnalysisError, match="explain every value exactly"):
            fit(y, design)
