"""Distances between two samples of vectors: how unlike are the distributions they were drawn from?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist, pdist
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from study_utils.errors import AnalysisError

FOLDS = 5
"""Of the cross-validation behind the proxy A-distance."""


def check_samples(x: np.ndarray, y: np.ndarray, *, least: int) -> None:
    """Refuse samples that can't be compared.

    Raises
    ------
    AnalysisError
        If one has fewer than `least` rows, or their widths differ.
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise AnalysisError(f"samples of shapes {x.shape} and {y.shape} can't be compared: give (rows, same width)")
    if min(len(x), len(y)) < least:
        raise AnalysisError(
            f"{min(len(x), len(y))} rows are too few for this measure, it needs {least}: raise the number of examples"
        )


def median_distance(x: np.ndarray) -> float:
    """Median Euclidean distance between the rows of a sample: the usual bandwidth of an RBF kernel.

    Source: Gretton et al. 2012, A Kernel Two-Sample Test, JMLR 13, section 8.
    """
    return float(np.median(pdist(x)))


def mmd2(x: np.ndarray, y: np.ndarray, *, bandwidth: float | None = None) -> float:
    """Squared maximum mean discrepancy under the kernel exp(-d² / (2 bandwidth²)), unbiased.

    Unbiased at any size, so it is around zero, and may be below it, where both samples come from one distribution; its
    standard error falls like 1 / rows there and like 1 / sqrt(rows) elsewhere.

    Parameters
    ----------
    x, y : numpy.ndarray
        Shapes (n, width) and (m, width); at least two rows each.
    bandwidth : float, optional
        Left out: `median_distance` of both together. Values are comparable only under one bandwidth.

    Notes
    -----
    Source: Gretton et al. 2012, JMLR 13, equation 3.
    """
    check_samples(x, y, least=2)
    bandwidth = bandwidth or median_distance(np.concatenate([x, y]))
    if not bandwidth > 0:
        return 0.0
    within = [_kernel(s, s, bandwidth) for s in (x, y)]
    same = sum((k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in within)
    return float(same - 2 * _kernel(x, y, bandwidth).mean())


def _kernel(x: np.ndarray, y: np.ndarray, bandwidth: float) -> np.ndarray:
    return np.exp(-cdist(x, y, "sqeuclidean") / (2 * bandwidth**2))


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaussian:
    """Mean, trace of the covariance and its symmetric root: what the Fréchet distance needs of a sample."""

    mean: np.ndarray
    trace: float
    root: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> Gaussian:
        """Fit to the rows of a sample, with Ledoit and Wolf's shrinkage of the covariance (2004)."""
        x = np.asarray(x, dtype=np.float64)
        covariance = ledoit_wolf(x)[0]
        values, axes = linalg.eigh(covariance, driver="evd")  # the default fails on the many equal values of few rows
        root = (axes * np.sqrt(np.clip(values, 0, None))) @ axes.T
        return cls(mean=x.mean(axis=0), trace=float(np.trace(covariance)), root=root)


def frechet(x: Gaussian | np.ndarray, y: Gaussian | np.ndarray) -> float:
    """Squared Fréchet (2-Wasserstein) distance between the Gaussians fitted to two samples.

    |m - n|² + tr(S + T - 2 (S T)^½). Positive even where both samples come from one distribution, and the more so the
    fewer rows there are (shrinkage keeps it finite with fewer rows than dimensions): compare values of equal numbers
    of rows only.

    Notes
    -----
    Source: Dowson and Landau 1982, J. Multivariate Analysis 12; used on embeddings by Heusel et al. 2017
    (arXiv 1706.08500).
    """
    if not isinstance(x, Gaussian) and not isinstance(y, Gaussian):
        check_samples(x, y, least=2)
    a, b = (s if isinstance(s, Gaussian) else Gaussian.of(s) for s in (x, y))
    shared = linalg.svdvals(a.root @ b.root).sum()
    return float(max(0.0, ((a.mean - b.mean) ** 2).sum() + a.trace + b.trace - 2 * shared))


def a_distance(x: np.ndarray, y: np.ndarray, *, seed: int = 0) -> float:
    """Proxy A-distance 2 (1 - 2 error), with the cross-validated error of a logistic regression that tells them apart.

    0: can't be told apart (sampling error makes it vary around 0, also below); 2: told apart without error. It
    saturates where domains are far apart, and with few rows a weak classifier makes it too small: compare values of
    equal numbers of rows only. Both samples weigh the same whatever their sizes.

    Parameters
    ----------
    x, y : numpy.ndarray
        At least `FOLDS` rows each.
    seed : int
        Of the folds.

    Notes
    -----
    Source: Ben-David et al. 2006, Analysis of Representations for Domain Adaptation, NIPS 19, with the factor of
    Ganin et al. 2016 (arXiv 1505.07818), section 5.1.4.
    """
    check_samples(x, y, least=FOLDS)
    both = np.concatenate([x, y]).astype(np.float64)
    # Rows span few dimensions: in these the penalised solution is the same, and found sooner.
    both -= both.mean(axis=0)
    left, sizes, _ = linalg.svd(both, full_matrices=False)
    both = left * sizes
    spread = both.std() * np.sqrt(both.shape[1])
    if not spread > 0:
        return 0.0
    both /= spread
    side = np.repeat([0, 1], [len(x), len(y)])
    wrong = np.empty(len(side))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(both, side):
        model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(both[train], side[train])
        wrong[test] = model.predict(both[test]) != side[test]
    error = (wrong[side == 0].mean() + wrong[side == 1].mean()) / 2
    return float(2 * (1 - 2 * error))
