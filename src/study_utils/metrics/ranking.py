"""The nearest candidates of every query, and average precision of a ranking."""

from __future__ import annotations

import numpy as np

from study_utils.errors import DataError

_CELLS = 2**24
"""Similarities held at once: 64 MiB in single precision, however many candidates there are."""


def nearest(queries: np.ndarray, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the k candidates with the highest dot product for each query, best first.

    Queries are compared in chunks, and of each chunk only the k best are kept. Equally similar candidates are ranked
    in their order.

    Parameters
    ----------
    queries, candidates : numpy.ndarray, shape (sentences, width)
        Vectors; of length one if cosines are wanted.
    k : int
        How many; all of them where there are fewer candidates.

    Returns
    -------
    positions, similarities : numpy.ndarray, shape (queries, min(k, candidates))
    """
    k = min(k, len(candidates))
    chunk = max(1, _CELLS // len(candidates))
    positions = np.empty((len(queries), k), dtype=np.int64)
    similarities = np.empty((len(queries), k), dtype=np.result_type(queries, candidates))
    for start in range(0, len(queries), chunk):
        part = queries[start : start + chunk] @ candidates.T
        best = np.sort(np.argpartition(part, -k, axis=1)[:, -k:], axis=1)
        last = np.take_along_axis(part, best, axis=1).min(axis=1, keepdims=True)
        for row in np.flatnonzero((part >= last).sum(axis=1) > k):  # argpartition picks any of several equal ones
            tied = np.flatnonzero(part[row] >= last[row])
            best[row] = np.sort(tied[np.argsort(-part[row, tied], kind="stable")[:k]])
        found = np.take_along_axis(part, best, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        positions[start : start + chunk] = np.take_along_axis(best, order, axis=1)
        similarities[start : start + chunk] = np.take_along_axis(found, order, axis=1)
    return positions, similarities


def average_precision(hits: np.ndarray, targets: int, cut: int = 20) -> float:
    """Average precision of one query, cut at a rank.

    The sum over ranks r up to the cut that hold a target of (targets up to there) / r, divided by the smaller of
    the number of targets and the cut (google-research/xtreme, LAReQA). Some libraries divide by the number of hits.
    With one target it is the reciprocal rank.

    Parameters
    ----------
    hits : numpy.ndarray of bool
        Whether the candidate at each rank is a target, best rank first.
    targets : int
        Number of right candidates, found or not.
    cut : int
        Last rank that counts.

    Raises
    ------
    DataError
        If there is no target, or there are more hits than targets.
    """
    hits = np.asarray(hits, dtype=bool)
    if targets < 1:
        raise DataError("a query without targets has no average precision: leave it out, or correct its targets")
    if hits.sum() > targets:
        raise DataError(
            f"{hits.sum()} hits in the ranking of a query with {targets} targets: a candidate is there twice"
        )
    ranks = np.flatnonzero(hits[:cut]) + 1
    return float((np.arange(1, len(ranks) + 1) / ranks).sum() / min(targets, cut))
