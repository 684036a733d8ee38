"""The parts of a claim, each decided by a magnitude, and how many of them hold.

**Parts.** A claim is made of parts, each one comparison with a threshold that decides it both ways: it holds where the
interval lies on the claim's side, and fails where it lies on the other. The threshold is a *magnitude*:

- where a size was published, half of it (`SHARE`). Half is the smallest size that is nearer to the published one than
  to none, and what the replications of Camerer et al. 2018 (doi 10.1038/s41562-018-0399-z) were made to find;
- else the study's margin, for "gains" and "better" (above it) as for "no better" (below it), so that of two sources
  which say the one and the other only one can be right;
- zero for an order ("best of three"), which has no size.

**How many.** "All", "most" (more than half), "exactly three": a claim says how many of its parts hold. The p-value for
"at least k of n hold" is n - k + 1 times the k-th smallest (the partial conjunction test of Benjamini and Heller 2008,
doi 10.1111/j.1541-0420.2007.00984.x, in its form for any dependence): the largest for all, Bonferroni's for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.clear import CLAIM_SEEDS
from study_utils.analysis.inference.interval import larger_p
from study_utils.catalog.titles import task_title

SHARE = 0.5
"""Share of a published size that an effect must exceed to count as one of that size."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One comparison of a claim.

    Attributes
    ----------
    label : str
        What is compared, for readers.
    estimate, low, high : float
        In the unit of the finding, with its interval; missing where none is given.
    p, p_fail : float
        One-sided, of the null hypotheses that the part doesn't hold and that it does. Missing: not tested.
    n_seeds : int
        Seeds behind it.
    where : str
        Targets and languages behind it.
    withheld : str
        Why there is no interval.
    """

    label: str
    estimate: float
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    p_fail: float = float("nan")
    n_seeds: int = 0
    where: str = ""
    withheld: str = ""

    @property
    def sides(self) -> tuple[float, float]:
        """Both p-values; missing from fewer than three seeds."""
        return (self.p, self.p_fail) if self.n_seeds >= CLAIM_SEEDS else (float("nan"), float("nan"))


def make_part(
    label: str,
    estimate: float,
    error: float,
    freedom: float,
    *,
    threshold: float,
    above: bool,
    seed_error: float = 0.0,
    **more: object,
) -> Part:
    """Part that holds where the true value lies above a threshold, or below it; t interval at 95 %."""
    if not (np.isfinite(error) and freedom > 0):
        return Part(label=label, estimate=estimate, **more)
    distance = (estimate - threshold) * (1 if above else -1)
    sides = [float((1 - np.sign(side)) / 2) for side in (distance, -distance)]
    if error > 0:
        seeds = more.get("n_seeds", 0)
        sides = [float(larger_p(side, error, freedom, seed_error, seeds)) for side in (distance, -distance)]
    half = stats.t.ppf(0.975, freedom) * error if error > 0 else 0.0
    own = {"low": estimate - half, "high": estimate + half, "p": sides[0], "p_fail": sides[1]}
    return Part(**{"label": label, "estimate": estimate, **own, **more})


def every(label: str, parts: Sequence[Part]) -> Part:
    """Part that holds where all of several do (ahead of every other encoder): shows the one least sure to hold."""
    weakest = max(parts, key=lambda part: last_if_missing(part.p))
    p_for, p_against = how_many(np.array([part.sides for part in parts]), len(parts), len(parts))
    return replace(weakest, label=label, p=p_for, p_fail=p_against)


def either(label: str, parts: Sequence[Part]) -> Part:
    """Part that holds where one of several does at least: shows the one most sure to hold."""
    strongest = min(parts, key=lambda part: last_if_missing(part.p))
    p_for, p_against = how_many(np.array([part.sides for part in parts]), 1, len(parts))
    return replace(strongest, label=label, p=p_for, p_fail=p_against)


def beyond(label: str, row: pd.Series, threshold: float, *, above: bool = True) -> Part:
    """Part from a row of `contrast_gains`; the threshold in points."""
    languages = f"{row['n_languages']} language{'' if row['n_languages'] == 1 else 's'}"
    more = {
        "n_seeds": int(row["n_seeds"]),
        "where": f"{', '.join(map(task_title, row['tasks'].split()))} in {languages}",
        "withheld": row["withheld"],
    }
    if not np.isnan(row["low"]):
        more |= {"low": 100 * float(row["low"]), "high": 100 * float(row["high"])}
    numbers = [100 * float(row[name]) for name in ("estimate", "standard_error")]
    more |= {"threshold": threshold, "above": above, "seed_error": 100 * float(row["seed_error"])}
    return make_part(label, *numbers, float(row["freedom"]), **more)


def last_if_missing(p: float) -> float:
    """P-value to sort by: missing ones after all others."""
    return 2.0 if np.isnan(p) else p


def most(count: int) -> int:
    """Fewest of `count` that are more than half."""
    return count // 2 + 1


def how_many(sides: np.ndarray, at_least: int, at_most: int) -> tuple[float, float]:
    """P-values of "not from `at_least` to `at_most` parts hold" and of the reverse, from those of the parts.

    Parameters
    ----------
    sides : numpy.ndarray
        Shape (parts, 2): p-values that the part does not hold, and that it does; missing ones speak for nothing.
    at_least, at_most : int
        How many hold if the claim does.

    Returns
    -------
    tuple of float
        By partial conjunctions (Benjamini and Heller 2008); "too few" and "too many" together by Bonferroni.
    """
    count = len(sides)
    hold, fail = np.sort(np.nan_to_num(sides, nan=1.0), axis=0).T

    def reached(ordered: np.ndarray, k: int) -> float:
        if k <= 0:
            return 0.0
        return 1.0 if k > count else min(1.0, (count - k + 1) * float(ordered[k - 1]))

    p_for = max(reached(hold, at_least), reached(fail, count - at_most))
    against = [
        *([reached(fail, count - at_least + 1)] if at_least > 0 else []),
        *([reached(hold, at_most + 1)] if at_most < count else []),
    ]
    return p_for, min(1.0, len(against) * min(against, default=1.0))
