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
    """Runs of the first task happen to be alike, those of the others differ; languages differ a little."""
    rng = np.random.default_rng(3)
    runs = {"xnli": [0.03, 0.03, 0.03], "sib200": [0.06, -0.05, 0.0], "tatoeba": [-0.06, 0.05, 0.03]}
    return {task: np.array(own) + rng.normal(0, 0.004, (len(CODES), 3)) for task, own in runs.items()}


def test_runs_that_are_alike_by_chance_make_no_claim(gains):
    scores = scores_of(gains)
    alone = scores[scores["task"] == "xnli"]
    alone = family_gains(None, alone, by="all", n_tasks={("e5_small", "clean", "sst2"): 3}).iloc[0]
    assert alone["clear"]
    row = task_gains(None, scores).set_index("task").loc["xnli"]
    assert not row["clear"]
    assert row["estimate"] == pytest.approx(alone["estimate"])
    assert row["low"] < 0 < row["high"]
    assert row["p"] > 0.05


def test_the_variance_of_runs_is_shared_by_tasks(gains):
    """Analysis of variance by hand: the mean square of runs within tasks, over seeds and tasks."""
    row = task_gains(None, scores_of(gains)).set_index("task").loc["xnli"]
    means = np.array([own.mean(axis=0) for own in gains.values()])
    square = ((means - means.mean(axis=1, keepdims=True)) ** 2).sum() / (3 * 2)
    assert row["standard_error"] == pytest.approx(np.sqrt(square / 3), rel=0.1)
    half = stats.t.ppf(0.975, row["freedom"]) * row["standard_error"]
    assert row["high"] - row["estimate"] == pytest.approx(half)
    assert 4 < row["freedom"] < 8


def test_a_task_whose_own_runs_differ_more_keeps_its_wider_interval(gains):
    """Sharing never narrows: with runs that differ three times as much the interval is that of its own cells."""
    scores = scores_of({**gains, "sib200": gains["sib200"] * 3})
    own = scores[scores["task"] == "sib200"]
    alone = family_gains(None, own, by="all", n_tasks={("e5_small", "clean", "sst2"): 3}).iloc[0]
    row = task_gains(None, scores).set_index("task").loc["sib200"]
    names = ["estimate", "low", "high", "p", "standard_error", "freedom"]
    np.testing.assert_allclose(row[names].astype(float), alone[names].astype(float))


def test_in_a_study_of_two_tasks_each_is_as_wide_as_its_own_seeds_have_it(gains):
    table = task_gains(None, scores_of({task: gains[task] for task in ("xnli", "sib200")})).set_index("task")
    for task in table.index:
        error = gains[task].mean(axis=0).std(ddof=1) / np.sqrt(3)
        assert table.loc[task, "estimate"] - table.loc[task, "low"] >= stats.t.ppf(0.975, 2) * error * (1 - 1e-9)
        assert table.loc[task, "seed_error"] == pytest.approx(error)


def test_a_study_of_one_task_says_what_that_task_says(gains):
    scores = scores_of({"sib200": gains["sib200"]})
    one, other = task_gains(None, scores).iloc[0], family_gains(None, scores, by="all").iloc[0]
    for name in ("estimate", "low", "high", "p", "p_holm"):
        assert one[name] == pytest.approx(other[name])
