"""Every measure against an independent reference, on distributions whose distance is known, and with bad input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats
from sklearn.covariance import LedoitWolf

from study_utils.analysis.questions.divergence.distances import a_distance, frechet, median_distance, mmd2
from study_utils.analysis.questions.divergence.labels import format_distance
from study_utils.analysis.questions.divergence.overlap import jaccard_distance, jensen_shannon
from study_utils.analysis.questions.divergence.similarity import linear_cka
from study_utils.catalog import TASKS
from study_utils.errors import AnalysisError


def normal(n, width, *, shift=0.0, seed=0):
    return np.random.default_rng(seed).normal(shift, 1.0, size=(n, width))


def test_mmd_is_the_sum_over_pairs():
    x, y, h = normal(7, 3), normal(5, 3, shift=1, seed=1), 1.7

    def kernel(a, b):
        return math.exp(-sum((a - b) ** 2) / (2 * h * h))

    same = [
        sum(kernel(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j) / (len(s) * (len(s) - 1))
        for s in (x, y)
    ]
    cross = sum(kernel(a, b) for a in x for b in y) / 35
    assert mmd2(x, y, bandwidth=h) == pytest.approx(sum(same) - 2 * cross)


def test_mmd_is_unbiased_and_has_the_value_of_theory():
    """Between N(0, 1) and N(1, 1) with bandwidth h: 2 h/√(h²+2) (1 - exp(-1/(2(h²+2))))."""
    h, rng = 1.0, np.random.default_rng(3)
    null = [mmd2(rng.normal(size=(12, 1)), rng.normal(size=(12, 1)), bandwidth=h) for _ in range(300)]
    apart = [mmd2(rng.normal(size=(12, 1)), rng.normal(1, 1, size=(12, 1)), bandwidth=h) for _ in range(300)]
    theory = 2 * h / math.sqrt(h * h + 2) * (1 - math.exp(-1 / (2 * (h * h + 2))))
    for found, truth in ((null, 0.0), (apart, theory)):
        assert abs(np.mean(found) - truth) < 4 * np.std(found) / math.sqrt(300)
    assert min(null) < 0


def test_median_distance_and_samples_without_any_spread():
    assert median_distance(np.array([[0.0], [1.0], [3.0]])) == 2.0
    assert mmd2(np.ones((3, 2)), np.ones((4, 2))) == 0.0


def test_frechet_by_the_matrix_root_of_scipy():
    x, y = normal(60, 4), normal(50, 4, seed=2) @ np.diag([1, 2, 0.5, 1]) + 1
    s, t = (LedoitWolf().fit(v).covariance_ for v in (x, y))
    cross = np.trace(linalg.sqrtm(s @ t)).real
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * cross
    assert frechet(x, y) == pytest.approx(expected)


@pytest.mark.parametrize("seed", [16, 18, 34, 48, 54, 60])
def test_frechet_of_few_wide_rows_whose_eigenvalues_are_equal(seed):
    """Shrunk covariances of fewer rows than dimensions have hundreds of equal eigenvalues: these made LAPACK fail."""
    x = np.random.default_rng(seed).normal(scale=0.25, size=(25, 384)).astype(np.float32)
    assert frechet(x, x) == pytest.approx(0.0, abs=1e-6)
    assert frechet(x, x + 0.5) == pytest.approx(384 * 0.25, rel=1e-5)


def test_frechet_of_a_shift_is_its_square_and_few_rows_are_no_error():
    x = normal(40, 3)
    assert frechet(x, x + 2.0) == pytest.approx(12.0)
    assert frechet(x, x) == pytest.approx(0.0, abs=1e-9)
    few = frechet(normal(12, 40), normal(12, 40, seed=1))
    many = frechet(normal(800, 40), normal(800, 40, seed=1))
    assert 0 < many < few, "biased in the number of rows, as its docstring says"


def test_a_distance_of_the_same_of_separate_and_of_known_overlap():
    same = [a_distance(normal(60, 2, seed=s), normal(60, 2, seed=100 + s)) for s in range(8)]
    assert abs(np.mean(same)) < 0.35
    assert a_distance(normal(30, 2), normal(30, 2, shift=20, seed=1)) == 2.0
    best_error = stats.norm.cdf(-1.0)  # two normals, two standard deviations apart
    found = np.mean([a_distance(normal(300, 1, seed=s), normal(300, 1, shift=2, seed=50 + s)) for s in range(4)])
    assert found == pytest.approx(2 * (1 - 2 * best_error), abs=0.08)
    assert a_distance(np.ones((6, 2)), np.ones((6, 2))) == 0.0


def test_samples_that_cannot_be_compared_are_refused():
    with pytest.raises(AnalysisError, match="shapes"):
        mmd2(normal(5, 2), normal(5, 3))
    with pytest.raises(AnalysisError, match="1 rows are too few"):
        frechet(normal(1, 2), normal(5, 2))
    with pytest.raises(AnalysisError, match="too few"):
        a_distance(normal(4, 2), normal(9, 2))


def hsic_by_loops(k, m):
    """Song et al. 2012, equation 4: mean of K_ij M_ij - 2 K_ij M_iq + K_ij M_qr over different i, j, q, r."""
    n = len(k)
    total = 0.0
    for i in range(n):
        for j in range(n):
            for q in range(n):
                for r in range(n):
                    if len({i, j, q, r}) == 4:
                        total += k[i, j] * (m[i, j] - 2 * m[i, q] + m[q, r])
    return total / (n * (n - 1) * (n - 2) * (n - 3))


def test_cka_by_loops_over_all_quadruples():
    x, y = normal(8, 3), normal(8, 2, seed=4) + normal(8, 3)[:, :2]
    k, m = x @ x.T, y @ y.T
    expected = hsic_by_loops(k, m) / math.sqrt(hsic_by_loops(k, k) * hsic_by_loops(m, m))
    assert linear_cka(x, y) == pytest.approx(expected)


def test_cka_is_one_for_turned_and_scaled_vectors_and_nothing_for_unrelated_ones():
    x = normal(40, 6)
    turn = np.linalg.qr(normal(6, 6, seed=5))[0]
    assert linear_cka(x, 3 * x @ turn + 1) == pytest.approx(1.0)
    unrelated = [linear_cka(normal(20, 60, seed=s), normal(20, 60, seed=90 + s)) for s in range(40)]
    assert abs(np.mean(unrelated)) < 4 * np.std(unrelated) / math.sqrt(40)
    assert math.isnan(linear_cka(np.ones((9, 2)), x[:9]))


def test_cka_of_other_sentences_is_refused():
    with pytest.raises(AnalysisError, match="same sentences"):
        linear_cka(normal(9, 2), normal(8, 2))
    with pytest.raises(AnalysisError, match="too few"):
        linear_cka(normal(7, 2), normal(7, 2))


def test_overlaps_by_hand():
    a, b = pd.Series({"x": 1, "y": 3}), pd.Series({"y": 2, "z": 2})
    assert jaccard_distance(a, b) == pytest.approx(2 / 3)
    p, q = np.array([0.25, 0.75, 0]), np.array([0, 0.5, 0.5])
    middle = (p + q) / 2
    by_hand = (stats.entropy(p, middle, base=2) + stats.entropy(q, middle, base=2)) / 2
    assert jensen_shannon(a, b) == pytest.approx(by_hand)
    assert jensen_shannon(a, 5 * a) == pytest.approx(0.0, abs=1e-12)
    assert jensen_shannon(a, pd.Series({"w": 4})) == pytest.approx(1.0)
    nothing = pd.Series(dtype=int)
    assert math.isnan(jaccard_distance(a, nothing))
    assert math.isnan(jensen_shannon(nothing, a))


@pytest.mark.parametrize(
    ("a", "b", "pairs", "expected"),
    [
        ("mnli", "xnli", (True, True), 0.0),
        ("sst2", "xnli", (False, True), 2 / 3),
        ("sst2", "sib200", (False, False), 1 / 3),
        ("stsb", "tatoeba", (True, False), 1.0),
        ("squad1", "xquad", (False, False), 0.0),
        ("commonsenseqa", "udpos", (False, False), 1.0),
    ],
)
def test_format_distance(a, b, pairs, expected):
    found = format_distance(TASKS[a], TASKS[b], a_pairs=pairs[0], b_pairs=pairs[1])
    assert found == pytest.approx(expected)
    assert format_distance(TASKS[b], TASKS[a], a_pairs=pairs[1], b_pairs=pairs[0]) == found
