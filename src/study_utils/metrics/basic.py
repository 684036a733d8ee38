"""Accuracy, macro F1 and correlations of the prediction rows of one language."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

log = logging.getLogger(__name__)


def accuracy(predictions: pd.DataFrame) -> float:
    """Sum of `correct` over sum of `total`.

    The micro average over tokens where rows count tokens; the mean over examples where each counts one and
    `correct` is a value in [0, 1].
    """
    return float(predictions["correct"].sum() / predictions["total"].sum())


def macro_f1(predictions: pd.DataFrame) -> float:
    """Unweighted mean of the F1 of every label that occurs in gold or predictions (scikit-learn's default)."""
    gold, found = predictions["gold"].to_numpy(), predictions["prediction"].to_numpy()
    scores = []
    for label in np.union1d(gold, found):
        both = np.sum((gold == label) & (found == label))
        scores.append(f1(both, np.sum(gold == label), np.sum(found == label)))
    return float(np.mean(scores))


def f1(right: float, gold: float, found: float) -> float:
    """F1 from counts: twice the right ones over gold and found ones together; 0 where none is right."""
    return float(2 * right / (gold + found)) if right else 0.0


def spearman(predictions: pd.DataFrame) -> float:
    """Spearman's rank correlation of predicted and gold value; 0 with a warning if either is constant."""
    return _correlation(predictions, stats.spearmanr, "Spearman")


def pearson(predictions: pd.DataFrame) -> float:
    """Pearson's correlation of predicted and gold value; 0 with a warning if either is constant."""
    return _correlation(predictions, stats.pearsonr, "Pearson")


def _correlation(predictions: pd.DataFrame, function: Callable, name: str) -> float:
    gold, found = predictions["gold"].astype(float), predictions["prediction"].astype(float)
    if len(gold) < 2 or gold.nunique() == 1 or found.nunique() == 1:
        log.warning("%s correlation of a constant is not defined: 0 is reported", name)
        return 0.0
    return float(function(gold, found).statistic)
