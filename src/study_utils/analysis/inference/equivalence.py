"""Is there no effect that matters? Two one-sided tests against a margin, so that "no effect" can be claimed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.clear import claim_barred
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.interval import larger_p
from study_utils.analysis.results.tables import require_columns
from study_utils.errors import AnalysisError

ALPHA = 0.05
VERDICTS = ("smaller than the margin", "not decided")


def equivalence(table: pd.DataFrame, *, margin: float) -> pd.DataFrame:
    """Test "no effect as large as the margin" for every row of gains (two one-sided tests, Schuirmann 1987).

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.family_gains`, or any table with `estimate`, `standard_error`, `freedom`, `unit`,
        `n_languages`, `n_seeds` and `withheld`; `seed_error` counts where it is there. From too few languages or
        seeds, and where an arm is at chance in a task or runs collapsed (columns `at_chance`, `not_learnt`,
        `collapsed`), nothing is claimed.
    margin : float
        Smallest effect that matters, in points (hundredths); chosen before looking at results.

    Returns
    -------
    pandas.DataFrame
        The rows and columns of the table, and: `margin` (a fraction, like the estimates), `p_equivalence` (the larger
        p-value of the tests against plus and minus the margin), `p_equivalence_holm` (corrected over the rows),
        `equivalence` (one of `VERDICTS` by the corrected p-value at 0.05; empty where no interval is given) and
        `smallest_margin` (fraction: the margin below which the row's own test would not reject). A row may be clear
        and smaller than the margin: an effect that is there and doesn't matter.

    Raises
    ------
    AnalysisError
        If columns are missing or the margin is not above zero.
    """
    needed = ("estimate", "standard_error", "freedom", "unit", "n_languages", "n_seeds", "withheld")
    require_columns(table, needed, table="table of gains")
    if not margin > 0:
        raise AnalysisError(f"the margin is {margin!r} points: give the smallest effect that matters, above zero")
    margin = margin / 100
    estimate, error, freedom = (table[name].to_numpy(float) for name in ("estimate", "standard_error", "freedom"))
    tested = (table["withheld"] == "").to_numpy() & np.isfinite(error)
    size = np.abs(estimate)
    of_seeds = table["seed_error"].to_numpy(float) if "seed_error" in table else np.zeros(len(table))
    seeds = table["n_seeds"].to_numpy(float)
    p = larger_p(margin - size, error, freedom, of_seeds, seeds)
    p = np.where(error > 0, p, np.where(size < margin, 0.0, 1.0))
    half = np.where(error > 0, stats.t.ppf(1 - ALPHA, freedom) * error, 0.0)
    half = np.where(of_seeds > 0, np.maximum(half, stats.t.ppf(1 - ALPHA, np.maximum(seeds - 1, 1)) * of_seeds), half)
    p = np.where(tested, p, np.nan)
    p_holm = holm(p)
    small = (p_holm < ALPHA) & (_barred(table) == "").to_numpy()
    return table.assign(
        margin=margin,
        p_equivalence=p,
        p_equivalence_holm=p_holm,
        equivalence=np.where(tested, np.where(small, *VERDICTS), ""),
        smallest_margin=np.where(tested, size + half, np.nan),
    )


def _barred(table: pd.DataFrame) -> pd.Series:
    """Why "no effect" is not said; that one task decides an effect bars none."""
    barred = claim_barred(table.drop(columns=["decided_by", "failed_decide"], errors="ignore"))
    for column in ("at_chance", "not_learnt", "collapsed"):
        if column in table:
            barred = barred.mask(table[column] != "", "runs that failed")
    return barred
