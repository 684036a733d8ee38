from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from study_utils.errors import DataError
from study_utils.metrics import average_precision, nearest, ranking


def ranked(*right, length=30):
    hits = np.zeros(length, dtype=bool)
    hits[[rank - 1 for rank in right]] = True
    return hits


@pytest.mark.parametrize(
    ("right", "targets", "expected"),
    [
        (range(1, 12), 11, 1.0),
        ([1], 11, 1 / 11),
        ([2, 4], 11, (1 / 2 + 2 / 4) / 11),
        ([4], 1, 0.25),
        ([20], 1, 1 / 20),
        ([21], 1, 0.0),
        ([], 1, 0.0),
        (range(1, 31), 30, 1.0),  # the divisor is never above the cut
        ([1, 21], 2, 1 / 2),
    ],
)
def test_average_precision_by_hand(right, targets, expected):
    assert average_precision(ranked(*right), targets) == pytest.approx(expected)
    later = [rank + 1 for rank in right if rank < 30]
    assert average_precision(ranked(*later), targets) < expected or expected == 0


def test_average_precision_without_a_cut_is_scikit_learns():
    rng = np.random.default_rng(0)
    for _ in range(20):
        hits = rng.random(15) < 0.3
        hits[rng.integers(15)] = True
        assert average_precision(hits, hits.sum()) == pytest.approx(average_precision_score(hits, -np.arange(15.0)))


def test_a_ranking_that_cannot_be_is_refused():
    with pytest.raises(DataError, match="without targets"):
        average_precision(ranked(1), 0)
    with pytest.raises(DataError, match="2 hits in the ranking of a query with 1 targets"):
        average_precision(ranked(1, 2), 1)


def brute_force(queries, candidates, k):
    similarities = queries @ candidates.T
    positions = np.array(
        [sorted(range(len(candidates)), key=lambda c, row=row: (-row[c], c))[:k] for row in similarities]
    )
    return positions, np.take_along_axis(similarities, positions, axis=1)


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 12), st.integers(1, 6), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_nearest_agrees_with_sorting_also_with_ties_and_in_chunks(seed, n_queries, n_candidates, k, cells):
    rng = np.random.default_rng(seed)
    queries, candidates = rng.integers(-1, 2, (n_queries, 3)) * 1.0, rng.integers(-1, 2, (n_candidates, 3)) * 1.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_CELLS", cells)
        found = nearest(queries, candidates, k)
    for got, expected in zip(found, brute_force(queries, candidates, k)):
        assert got.shape == (n_queries, min(k, n_candidates))
        np.testing.assert_array_equal(got, expected)


def test_nearest_never_holds_all_similarities(monkeypatch):
    monkeypatch.setattr(ranking, "_CELLS", 2**16)
    vectors = np.random.default_rng(0).standard_normal((3000, 4)).astype(np.float32)
    tracemalloc.start()
    nearest(vectors, vectors, 4)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000 * 3000 * 4 / 10
