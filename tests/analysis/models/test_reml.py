from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from study_utils.analysis.models.reml import fit, make_design, variances
from study_utils.errors import AnalysisError


def crossed(languages, tasks, *, seed, language=0.02, task=0.02, noise=0.02):
    rng = np.random.default_rng(seed)
    row, column = (a.ravel() for a in np.meshgrid(range(languages), range(tasks), indexing="ij"))
    y = rng.normal(0, language, languages)[row] + rng.normal(0, task, tasks)[column] + rng.normal(0, noise, len(row))
    return y, row, column


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
    assert found["residual"] == pytest.approx(residual, rel=1e-4)
    assert found["language"] == pytest.approx(languages.var(ddof=1) - residual / 6, rel=1e-3)
    assert found["task"] == pytest.approx(tasks.var(ddof=1) - residual / 10, rel=1e-3)


def test_degrees_of_freedom_of_groups_of_languages():
    """Two families of five languages: their difference is a t test between language means, on 8 degrees of freedom."""
    y, row, column = crossed(10, 4, seed=5, language=0.05)
    family = (row < 5).astype(float)
    found = fit(y, make_design(np.column_stack([1 - family, family]), {"language": row, "task": column}))
    weights = np.array([-1.0, 1.0])
    means = y.reshape(10, 4).mean(axis=1)
    expected = stats.ttest_ind(means[:5], means[5:])
    assert found.freedom(weights) == pytest.approx(8, rel=1e-3)
    assert (weights @ found.beta) / found.error(weights) == pytest.approx(expected.statistic, rel=1e-3)


def test_no_variance_is_zero_and_not_negative():
    y, row, column = crossed(8, 5, seed=0, language=0.0, task=0.0)
    assert min(variances(y, make_design(np.ones((40, 1)), {"language": row, "task": column})).values()) >= 0


def test_columns_that_say_the_same_are_refused():
    with pytest.raises(AnalysisError, match="3 fixed effects cannot be told apart"):
        make_design(np.column_stack([np.ones(6), np.arange(6) % 2, 1 - np.arange(6) % 2]), {})
