"""Interval and p-value of an estimate, from its standard error and degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with its interval; `p` is two-sided, against zero.

    `own_spread` says whether the interval rests on how the group's own languages differ. `seed_error` is the standard
    error by how much seeds differ, where it is to count beside the other; else zero.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    freedom: float
    p: float
    own_spread: bool = False
    seed_error: float = 0.0


def make_interval(
    estimate: float,
    error: float,
    freedom: float,
    own_spread: bool,
    extra: float,
    *,
    level: float,
    limits: tuple[float, float],
) -> Interval:
    """Interval of an estimate whose variance from the model is joined by a known one."""
    total = float(np.sqrt(error**2 + extra))
    if not np.isfinite(total):
        half = p = np.nan
    elif total > 0:
        freedom = freedom * (total / error) ** 4 if error > 0 else np.inf
        half = float(special.stdtrit(freedom, 0.5 + level / 2)) * total
        p = float(2 * special.stdtr(freedom, -abs(estimate) / total))
    else:
        half, p = (0.0, 1.0) if estimate == 0 else (np.nan, np.nan)
    low, high = (float(end) for end in np.clip((estimate - half, estimate + half), *limits))
    return Interval(
        estimate=estimate, low=low, high=high, standard_error=total, freedom=freedom, p=p, own_spread=own_spread
    )


def wider(one: Interval, other: Interval) -> Interval:
    """Of two intervals of an estimate the wider one, with the larger p-value; the first if the other has no width.

    Which is wider depends on the level, so an error by seeds is kept for other tests, whichever is chosen.
    """
    if not (np.isfinite(one.p) and other.high > other.low):
        return one
    chosen = other if other.high - other.low > one.high - one.low else one
    return replace(chosen, p=max(one.p, other.p), seed_error=max(one.seed_error, other.seed_error))


def larger_p(
    distance: ArrayLike, error: ArrayLike, freedom: ArrayLike, seed_error: ArrayLike, seeds: ArrayLike
) -> np.ndarray:
    """One-sided p-values of lying a distance beyond a value; the larger one where seeds count by themselves too."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p = special.stdtr(freedom, -np.asarray(distance) / error)
        by_seeds = special.stdtr(np.maximum(np.asarray(seeds) - 1, 1), -np.asarray(distance) / seed_error)
    return np.where(np.asarray(seed_error) > 0, np.maximum(p, by_seeds), p)
