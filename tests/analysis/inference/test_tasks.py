from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study_utils.analysis import family_gains, task_gains
from study_utils.analysis.results.tables import primary_metric

CODES = "de fr ru bg tr fi et hu".split()


def scores_of(gains):
    """Scores with these gains, shape (languages, seeds), of each task."""
    rows = []
    for task, own in gains.items():
        for (language, seed), gain in np.ndenumerate(own):
            key = {"encoder": "e5_small", "task": task, "language": CODES[language], "variant": "clean", "seed": seed}
            rest = {
                "metric": primary_metric(task),
                "n": 100,
                "zero_shot": True,
                "same_data": False,
                "run": "r",
            }
            rows += [
                key | rest | {"condition": name, "value": 0.6 + added} for name, added in (("none", 0), ("sst2", gain))
            ]
    return pd.DataFrame(rows)


@pytest.fixture
def gains():
    rng = np.random.default_rng(3)
    runs = {"xnli": [0.01, 0.03, 0.05], "sib200": [0.06, -0.05, 0.0], "tatoeba": [-0.06, 0.05, 0.03]}
    return {task: np.array(own) + rng.normal(0, 0.004, (len(CODES), 3)) for task, own in runs.items()}


def test_a_task_speaks_for_itself_by_its_own_runs(gains):
    """Whatever other tasks are there: at least as wide as the t interval of its three means by seed."""
    table = task_gains(None, scores_of(gains)).set_index("task")
    for task, own in gains.items():
        alone = family_gains(None, scores_of({task: own}), by="all").iloc[0]
        names = ["estimate", "low", "high", "p", "standard_error", "freedom"]
        np.testing.assert_allclose(table.loc[task, names].astype(float), alone[names].astype(float))
        half = stats.t.ppf(0.975, 2) * own.mean(axis=0).std(ddof=1) / np.sqrt(3)
        assert alone["estimate"] - alone["low"] >= half * (1 - 1e-9)
        assert table.loc[task, "seed_error"] == pytest.approx(own.mean(axis=0).std(ddof=1) / np.sqrt(3))


def test_a_study_of_one_task_says_what_that_task_says(gains):
    scores = scores_of({"sib200": gains["sib200"]})
    one, other = task_gains(None, scores).iloc[0], family_gains(None, scores, by="all").iloc[0]
    for name in ("estimate", "low", "high", "p", "p_holm"):
        assert one[name] == pytest.approx(other[name])
