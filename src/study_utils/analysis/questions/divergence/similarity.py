"""Similarity of two representations of the same sentences."""

from __future__ import annotations

import numpy as np

from study_utils.errors import AnalysisError

LEAST = 8
"""Fewest sentences: below, the debiased similarity is mostly noise."""


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Linear centred kernel alignment, debiased: 1 for equal representations, about 0 for unrelated ones.

    Turning and scaling a representation changes nothing. The plain estimate is far above 0 for unrelated
    representations with more dimensions than sentences; the debiased one is not, but may be slightly below 0 or above
    1. With a few dozen sentences its standard error is some hundredths.

    Parameters
    ----------
    x, y : numpy.ndarray
        Shapes (n, width) and (n, other width): row i of both is sentence i; at least `LEAST` rows.

    Returns
    -------
    float
        Missing where all sentences have one and the same vector.

    Notes
    -----
    Source: Kornblith et al. 2019 (arXiv 1905.00414), with the unbiased estimator of HSIC by Song et al. 2012, JMLR 13,
    equation 5, as Nguyen et al. 2021 (arXiv 2010.15327) use it.

    Raises
    ------
    AnalysisError
        If rows do not correspond or are too few.
    """
    if len(x) != len(y):
        raise AnalysisError(f"{len(x)} and {len(y)} rows: similarity needs the same sentences in the same order")
    if len(x) < LEAST:
        raise AnalysisError(f"{len(x)} sentences are too few to compare representations: at least {LEAST}")
    grams = []
    for values in (x, y):
        centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
        gram = centred @ centred.T
        np.fill_diagonal(gram, 0.0)
        grams.append(gram)
    k, m = grams
    scale = np.sqrt(max(0.0, _hsic(k, k)) * max(0.0, _hsic(m, m)))
    return float(_hsic(k, m) / scale) if scale > 0 else float("nan")


def _hsic(k: np.ndarray, m: np.ndarray) -> float:
    """Unbiased HSIC of two kernel matrices with zero diagonals, times n (n - 3)."""
    n = len(k)
    whole = k.sum() * m.sum() / ((n - 1) * (n - 2))
    return float((k * m).sum() + whole - 2 * (k.sum(axis=0) @ m.sum(axis=0)) / (n - 2))
