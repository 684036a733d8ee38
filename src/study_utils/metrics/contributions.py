"""F1 as a mean over examples, so that examples can be resampled and paired.

F1 is a ratio of sums whose denominator depends on what was predicted, so runs share no `total` of an example. Instead
each example stands for F1 plus its influence on it. The mean over examples is F1 exactly, and what resampling them does
to that mean is what it does to F1, to first order: the linearised ratio (Cochran 1977, Sampling Techniques, chapter 6),
or infinitesimal jackknife (Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, chapter 6).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.catalog import Task
from study_utils.metrics.tags import span_counts


def contributions(predictions: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Say what each example contributes to the primary metric of a task, where that metric is an F1.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Rows of one run: `language`, `measure`, `gold`, `prediction`, `correct`, `total`.
    task : Task
        Whose predictions they are.

    Returns
    -------
    pandas.DataFrame
        With span F1 or macro F1 as `measure`, the contribution in `correct` (it can be below 0 or above 1) and 1 in
        `total`. Unchanged for a task with another primary metric.
    """
    if task.metric not in _COUNTS or predictions.empty:
        return predictions
    count, correct = _COUNTS[task.metric], np.empty(len(predictions))
    for places in predictions.groupby("language").indices.values():
        correct[places] = _contributions(*count(predictions.iloc[places]))
    return predictions.assign(measure=task.metric, correct=correct, total=1.0)


def _contributions(right: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Contributions of examples to the mean F1 of some kinds; shapes (examples, kinds).

    `right` counts what an example has right of a kind, `both` its gold and found ones together.
    """
    seen = both.sum(axis=0) > 0
    right, both = right[:, seen].astype(float), both[:, seen].astype(float)
    if not seen.any():
        return np.zeros(len(right))
    values = 2 * right.sum(axis=0) / both.sum(axis=0)
    influence = len(right) * (2 * right - values * both) / both.sum(axis=0)
    return (values + influence).mean(axis=1)


def _of_spans(predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    counts = span_counts(predictions)
    return counts[:, :1], counts[:, 1:].sum(axis=1, keepdims=True)


def _of_labels(predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    gold, found = predictions["gold"].to_numpy(), predictions["prediction"].to_numpy()
    labels = np.union1d(gold, found)
    is_gold, is_found = gold[:, None] == labels, found[:, None] == labels
    return is_gold & is_found, is_gold.astype(int) + is_found


_COUNTS = {"span_f1": _of_spans, "macro_f1": _of_labels}
"""Metric to what counts (right, gold and found together) of the examples of one language."""
