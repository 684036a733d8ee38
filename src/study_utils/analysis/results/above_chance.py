"""Whether a task was learnt at all: where it was not, a difference between conditions says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.results.tables import require_columns
from study_utils.catalog import TASKS

FLOOR = 0.01
"""How far above chance, or above zero where none is declared, a score must be for the task to count as learnt."""

_OF_LABELS = "macro_f1"


def compare_with_chance(scores: pd.DataFrame) -> pd.DataFrame:
    """Compare the mean score of every task and condition with chance.

    Tasks whose labels are predicted are judged by macro F1: one answer for everything, like guessing, has at most
    chance there, but the accuracy of the commonest label.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns `task`, `condition`, `metric`, `value` (fraction): scores that are averaged, of whatever languages,
        seeds or runs.

    Returns
    -------
    pandas.DataFrame
        One row a task and condition, in the order of `scores`: `task`, `condition`, `metric` (that judges), `value`
        (mean), `learnt` (above chance by more than `FLOOR`).
    """
    require_columns(scores, ("task", "condition", "metric", "value"), table="scores")
    judging = judging_rows(scores)
    means = judging.groupby(["task", "condition", "metric"], sort=False, observed=True)["value"].mean().reset_index()
    chance = np.array([TASKS[task].chance for task in means["task"]], float)
    return means.assign(learnt=means["value"] > chance + FLOOR)


def judging_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of the metric that judges each task: macro F1 where labels are predicted, else its primary metric."""
    found = set(zip(scores["task"], scores["metric"]))
    judges = {task: _OF_LABELS if (task, _OF_LABELS) in found else TASKS[task].metric for task, _ in found}
    return scores[scores["metric"].astype(object) == scores["task"].astype(object).map(judges)]
