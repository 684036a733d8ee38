"""Mining of translation pairs in two pools: margin scores, one-to-one pairs, a threshold and F1.

As XTREME scores BUCC, after Artetxe and Schwenk (2019, arXiv 1811.01136): the threshold is fitted on other pairs than
those it scores (there development and test pairs, here the two halves that `study_utils.formats.retrieve` makes of the
pairs that are published). Fitted on the pairs that it scores, it gives the oracle F1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from study_utils.errors import DataError, unknown
from study_utils.metrics.basic import f1
from study_utils.metrics.ranking import nearest

PAIR, NO_PAIR = "pair", "none"
"""What `gold` and `prediction` of a row of mining decisions say."""

MARGINS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "ratio": np.divide,
    "distance": np.subtract,
    "absolute": lambda similarity, around: similarity,
}
"""Margin: score of a pair from its cosine and the mean cosine of both sentences with their k nearest."""


def margin_pairs(
    english: np.ndarray, foreign: np.ndarray, *, k: int = 4, margin: str = "ratio"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair the sentences of two pools, each at most once, the highest margin score first.

    A sentence's best partner is the one with the highest margin among its k nearest. The partners of both
    directions are pooled, sorted (the first of equals in the order: English sentences, then foreign ones) and taken
    as long as neither sentence is used.

    Parameters
    ----------
    english, foreign : numpy.ndarray, shape (sentences, width)
        Sentence vectors of any length.
    k : int
        Neighbours that the margin is taken from.
    margin : {"ratio", "distance", "absolute"}
        Cosine divided by the mean cosine of the neighbourhoods, minus it, or the cosine alone.

    Returns
    -------
    positions_english, positions_foreign, scores : numpy.ndarray, shape (pairs,)
        Best first.

    Raises
    ------
    DataError
        If the margin is unknown, a pool is empty or a vector is zero or not finite, or a ratio is asked for where
        the mean cosine of two neighbourhoods isn't positive.
    """
    if margin not in MARGINS:
        raise DataError(unknown("margin", margin, MARGINS))
    english, foreign = _unit(english, "English"), _unit(foreign, "foreign")
    forth, forth_cosine = nearest(english, foreign, k)
    back, back_cosine = nearest(foreign, english, k)
    near_english, near_foreign = forth_cosine.mean(axis=1, dtype=float), back_cosine.mean(axis=1, dtype=float)
    forth_best, forth_score = _best(forth, forth_cosine, near_english, near_foreign, margin)
    back_best, back_score = _best(back, back_cosine, near_foreign, near_english, margin)
    left = np.concatenate([np.arange(len(english)), back_best])
    right = np.concatenate([forth_best, np.arange(len(foreign))])
    scores = np.concatenate([forth_score, back_score])
    order = np.argsort(-scores, kind="stable")
    kept = order[_greedy(left[order], right[order], len(english), len(foreign))]
    return left[kept], right[kept], scores[kept]


def _unit(vectors: np.ndarray, side: str) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (len(vectors) and np.isfinite(length).all() and length.all()):
        raise DataError(f"the {side} pool to mine is empty, or has vectors that are zero or not finite")
    return vectors / length


def _best(
    positions: np.ndarray, cosine: np.ndarray, near_own: np.ndarray, near_other: np.ndarray, margin: str
) -> tuple[np.ndarray, np.ndarray]:
    """Position and score of each sentence's partner; `positions` and `cosine` have the shape (sentences, k)."""
    around = (near_own[:, None] + near_other[positions]) / 2
    if margin == "ratio" and (around <= 0).any():
        raise DataError(
            "the margin 'ratio' needs neighbours with a positive mean cosine: use 'distance', or a larger pool"
        )
    scores = MARGINS[margin](cosine.astype(float), around)
    rows, first = np.arange(len(scores)), scores.argmax(axis=1)
    return positions[rows, first], scores[rows, first]


def _greedy(left: np.ndarray, right: np.ndarray, n_left: int, n_right: int) -> np.ndarray:
    """Indices of the pairs whose two sentences occur in no pair kept before."""
    free_left, free_right = [True] * n_left, [True] * n_right
    kept = []
    for index, (one, other) in enumerate(zip(left.tolist(), right.tolist())):
        if free_left[one] and free_right[other]:
            free_left[one] = free_right[other] = False
            kept.append(index)
    return np.array(kept, dtype=np.int64)


def best_threshold(scores: np.ndarray, right: np.ndarray, gold_count: int) -> tuple[float, float]:
    """Fit the score from which pairs are accepted, so that F1 is highest.

    The threshold lies midway between the last accepted score and the next; it is the last score itself where all are
    accepted. Equal scores are accepted together. Of several equally good thresholds the highest is taken.

    Parameters
    ----------
    scores : numpy.ndarray, shape (pairs,)
        Margin scores of the extracted pairs, in any order.
    right : numpy.ndarray of bool, shape (pairs,)
        Whether each pair is a gold pair.
    gold_count : int
        Number of gold pairs, extracted or not.

    Returns
    -------
    threshold, f1 : float
        F1 of the pairs with a score of at least the threshold. Infinite and 0 where no pair is right.

    Raises
    ------
    DataError
        If there are no gold pairs, or fewer than right ones.
    """
    scores, right = np.asarray(scores, dtype=float), np.asarray(right, dtype=bool)
    if gold_count < max(1, right.sum()):
        raise DataError(
            f"{gold_count} gold pairs and {right.sum()} right ones: a threshold is fitted on all gold pairs"
        )
    if not right.any():
        return float("inf"), 0.0
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    accepted = np.arange(1, len(scores) + 1)
    values = 2 * np.cumsum(right[order]) / (accepted + gold_count)
    values[:-1][scores[:-1] == scores[1:]] = 0.0
    last = int(values.argmax())
    threshold = scores[last]
    if last + 1 < len(scores):
        middle = (scores[last] + scores[last + 1]) / 2
        threshold = middle if middle > scores[last + 1] else threshold  # the middle of two neighbouring floats
    return float(threshold), float(values[last])


def mining_f1(predictions: pd.DataFrame) -> float:
    """F1 from decisions, one row a pair that is gold, extracted or both.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Columns `gold` and `prediction`, each ``"pair"`` or ``"none"``. `correct` and `total` should be missing: F1 is
        no ratio of sums over pairs.
    """
    gold, found = predictions["gold"] == PAIR, predictions["prediction"] == PAIR
    return f1((gold & found).sum(), gold.sum(), found.sum())
