"""Correction for many comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def holm(p: ArrayLike) -> np.ndarray:
    """Correct p-values so that a false claim anywhere among them stays rare (Holm 1979).

    The same as statsmodels' ``multipletests``, which collects garbage at every call and is slow in a
    loop.

    Parameters
    ----------
    p : array_like
        Shape (tests,); missing ones are no tests and stay missing.
    """
    p = np.asarray(p, float)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    found = np.full(p.shape, np.nan)
    found[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return found
