"""Runs that failed: by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis.results.failed_runs import RUN_COLUMNS, collapsed, judge_runs


def test_a_run_far_below_its_arms_other_seeds_has_collapsed():
    values = np.array([[0.80, 0.81, 0.34], [0.78, 0.80, 0.79], [0.60, 0.61, 0.62]])
    found = collapsed(values, 1 / 3)
    assert found.tolist() == [[False, False, True], [False] * 3, [False] * 3]
    assert collapsed(values[:2], 1 / 3).tolist() == found[:2].tolist(), "one condition and the baseline are enough"


@pytest.mark.parametrize(
    "values",
    [
        [[0.80, 0.81, 0.60], [0.78, 0.80, 0.79]],  # less than half is lost
        [[0.36, 0.35, 0.335], [0.36, 0.34, 0.35]],  # hardly anything was learnt: within what seeds differ
        [[0.80, 0.30, 0.55], [0.85, 0.35, 0.50]],  # seeds differ by as much everywhere
        [[0.33, 0.34, 0.20], [0.33, 0.34, 0.33]],  # at chance as a whole
        [[0.80], [0.30]],  # one seed
    ],
)
def test_what_is_no_collapse(values):
    assert not collapsed(np.array(values), 1 / 3).any()


def test_two_of_three_seeds_can_collapse_and_a_seed_can_be_missing():
    values = np.array([[0.80, 0.34, 0.33, 0.81], [0.78, 0.80, 0.79, np.nan], [0.70, 0.71, 0.72, 0.71]])
    assert collapsed(values, 1 / 3)[0].tolist() == [False, True, True, False]
    assert not collapsed(values, 1 / 3)[1].any()


def scores(values, **changes):
    """Rows of one task from {(condition, seed): value}."""
    rows = [
        {
            **{"encoder": "e5_small", "variant": "clean", "task": "copa", "language": code, "condition": c, "seed": s},
            **{"metric": "accuracy", "value": value},
        }
        for (c, s), value in values.items()
        for code in ("es", "fr")
    ]
    return pd.DataFrame(rows).assign(**changes)


RUNS = {
    ("none", 0): 0.80,
    ("none", 1): 0.81,
    ("none", 2): 0.79,
    ("mnli", 0): 0.82,
    ("mnli", 1): 0.50,
    ("mnli", 2): 0.81,
}


def test_runs_of_a_table_are_judged():
    found = judge_runs(scores(RUNS))
    assert list(found) == RUN_COLUMNS
    assert len(found) == 6
    assert found.loc[found["collapsed"], ["condition", "seed"]].to_numpy().tolist() == [["mnli", 1]]
    assert not found["at_chance"].any()
    assert not judge_runs(scores(RUNS, variant="typos@0.1"))["collapsed"].any()
    assert judge_runs(scores(RUNS).iloc[:0]).empty


def test_arms_at_chance_are_told_apart_from_runs():
    flat = {key: 0.5 if key[0] == "mnli" else value for key, value in RUNS.items()}
    found = judge_runs(scores(flat))
    assert set(found.loc[found["at_chance"], "condition"]) == {"mnli"}
    assert not found["collapsed"].any()
