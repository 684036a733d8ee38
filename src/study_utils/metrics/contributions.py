"""F1 and Spearman's correlation as means over examples, so that examples can be resampled and paired.

Neither is a ratio of sums that runs share a `total` of: predictions are in the denominator, or in the ranks. Instead
each example stands for the metric plus its influence on it. The mean over examples is the metric exactly, and what
resampling them does to that mean is what it does to the metric, to first order. Of F1 this is the linearised ratio
(Cochran 1977, Sampling Techniques, chapter 6); of Spearman's correlation it is the influence function (Croux and Dehon
2010, Statistical Methods and Applications 19), here for ranks with ties; in general, the infinitesimal jackknife (Efron
1982, The Jackknife, the Bootstrap and Other Resampling Plans, chapter 6).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.catalog import Task
from study_utils.metrics.tags import span_counts


def contributions(predictions: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Say what each example contributes to the primary metric of a task, where that is an F1 or Spearman's correlation.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Rows of one run: `language`, `measure`, `gold`, `prediction`, `correct`, `total`.
    task : Task
        Whose predictions they are.

    Returns
    -------
    pandas.DataFrame
        With the metric as `measure`, the contribution in `correct` (it can be below 0 or above 1) and 1 in `total`.
        Unchanged for a task with another primary metric, and where golds and predictions are gone, as in what an
        archive brings back: these are contributions already.
    """
    if task.metric not in CONTRIBUTIONS or (predictions[["gold", "prediction"]] == "").all(axis=None):
        return predictions
    correct = np.empty(len(predictions))
    for places in predictions.groupby("language").indices.values():
        correct[places] = CONTRIBUTIONS[task.metric](predictions.iloc[places])
    return predictions.assign(measure=task.metric, correct=correct, total=1.0)


def _to_span_f1(predictions: pd.DataFrame) -> np.ndarray:
    counts = span_counts(predictions)
    return _to_mean_f1(counts[:, :1], counts[:, 1:].sum(axis=1, keepdims=True))


def _to_macro_f1(predictions: pd.DataFrame) -> np.ndarray:
    gold, found = predictions["gold"].to_numpy(), predictions["prediction"].to_numpy()
    labels = np.union1d(gold, found)
    is_gold, is_found = gold[:, None] == labels, found[:, None] == labels
    return _to_mean_f1(is_gold & is_found, is_gold.astype(int) + is_found)


def _to_mean_f1(right: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Contributions to the mean F1 of some kinds; arguments have the shape (examples, kinds).

    `right` counts what an example has right of a kind, `both` its gold and found ones together.
    """
    seen = both.sum(axis=0) > 0
    right, both = right[:, seen].astype(float), both[:, seen].astype(float)
    if not seen.any():
        return np.zeros(len(right))
    values = 2 * right.sum(axis=0) / both.sum(axis=0)
    influence = len(right) * (2 * right - values * both) / both.sum(axis=0)
    return (values + influence).mean(axis=1)


def _to_spearman(predictions: pd.DataFrame) -> np.ndarray:
    """Correlation of ranks: an example has a rank, and moves the ranks of all others that are above it."""
    sides = [predictions[name].astype(float).to_numpy() for name in ("gold", "prediction")]
    if any(np.ptp(side) == 0 for side in sides):
        return np.zeros(len(predictions))  # as the metric itself
    ranks = [(stats.rankdata(side) - (len(side) + 1) / 2) / len(side) for side in sides]

    def influence(one: int, other: int) -> np.ndarray:
        moved = _mean_above(sides[one], ranks[other]) + _mean_above(sides[other], ranks[one])
        return ranks[one] * ranks[other] + moved

    spread = [np.mean(rank**2) for rank in ranks]
    value = np.mean(ranks[0] * ranks[1]) / np.sqrt(spread[0] * spread[1])
    change = influence(0, 1) / np.sqrt(spread[0] * spread[1])
    change -= value / 2 * (influence(0, 0) / spread[0] + influence(1, 1) / spread[1])
    return value + change


def _mean_above(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of each value: the sum of the weights of all higher ones, and half of those of equal ones, over their number."""
    _, place = np.unique(values, return_inverse=True)
    at = np.bincount(place, weights)
    return (at[::-1].cumsum()[::-1] - at / 2)[place] / len(values)


CONTRIBUTIONS = {"span_f1": _to_span_f1, "macro_f1": _to_macro_f1, "spearman": _to_spearman}
"""Metric to what the examples of one language contribute to it."""
