"""When a result is called clear: one rule for every table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.settings import Primary

CLEAR = 0.05
"""A result is called clear if its interval excludes zero and its corrected p-value is below this."""
CLAIM_LANGUAGES = 3
"""Fewest languages of a mean for which it can be called clear. Two show too little of how languages differ."""
CLAIM_SEEDS = 3
"""Fewest seeds for which a result can be called clear: with two, one degree of freedom tells how much runs differ."""
CLAIM_TASKS = 3
"""Fewest tasks from which anything is said about tasks like these."""


def corrected(table: pd.DataFrame, primary: Primary | None = None) -> pd.DataFrame:
    """Add `p_holm`, `primary` and `clear` and, where the columns are there, the same for tasks like these.

    What bars a claim on these tasks bars one about others too: where one task decides, it speaks for no others.

    The primary comparison is corrected for nothing but its own rows (one a condition, unless it names one); the others
    are corrected among themselves.

    Parameters
    ----------
    table : pandas.DataFrame
        With `p`, `low`, `high`, `unit`, `group`, `condition`, `n_languages`, `n_seeds`; where they were looked for,
        `decided_by` and `failed_decide`; and `general_p`, `general_low`, `general_high`.
    primary : Primary, optional
        Without it no row is the primary one.
    """
    first = np.zeros(len(table), bool) if primary is None else is_primary(table, primary)
    table = table.assign(primary=first)
    for p, p_holm in (("p", "p_holm"), ("general_p", "general_p_holm")):
        if p in table:
            values = table[p].to_numpy(float)
            found = np.full(len(table), np.nan)
            for rows in (first, ~first):
                found[rows] = holm(values[rows])
            table[p_holm] = found
    table["clear"] = is_clear(table)
    if "general_p" in table:
        general = table.assign(low=table["general_low"], high=table["general_high"], p_holm=table["general_p_holm"])
        table["general_clear"] = is_clear(general)
    return table


def too_few_languages(unit: str, count: int) -> bool:
    """Whether a mean is over too few languages for a claim; one language, named, speaks for itself if no family does.

    Parameters
    ----------
    unit : str
        What the mean is over: a family, or all languages, those of few resources, one language.
    count : int
        Number of its languages.
    """
    return count < CLAIM_LANGUAGES and (unit == "family" or (unit != "language" and count > 1))


def is_primary(table: pd.DataFrame, primary: Primary) -> np.ndarray:
    """Which rows are the study's primary comparison, shape (rows,)."""
    of_group = table["unit"] == "all" if primary.group == "all" else table["group"] == primary.group
    if primary.condition is not None:
        of_group &= table["condition"] == primary.condition
    return of_group.to_numpy(bool)


def is_clear(table: pd.DataFrame) -> pd.Series:
    """Which rows may be called clear: the interval excludes zero, the corrected p-value is small, nothing bars it."""
    excludes = (table["low"] > 0) | (table["high"] < 0)
    return (excludes & (table["p_holm"] < CLEAR) & (claim_barred(table) == "")).astype(bool)


def claim_barred(table: pd.DataFrame) -> pd.Series:
    """Why no claim is made from a row, whatever its interval; empty if nothing bars it.

    Too few seeds, too few languages, one task that decides it (column `decided_by`), or runs that failed
    and decide it (column `failed_decide`).
    """
    few = np.array([too_few_languages(*row) for row in zip(table["unit"], table["n_languages"])], bool)
    reasons = [(table["n_seeds"] < CLAIM_SEEDS, f"fewer than {CLAIM_SEEDS} seeds")]
    reasons.append((few & (table["unit"] == "family"), f"fewer than {CLAIM_LANGUAGES} languages of the family"))
    reasons.append((few & (table["unit"] != "family"), f"fewer than {CLAIM_LANGUAGES} languages"))
    if "decided_by" in table:
        tasks = table["decided_by"].astype(str).str.replace(", ", " or ")
        reasons.append((table["decided_by"] != "", "a result that does not hold without " + tasks))
    if "failed_decide" in table:
        reasons.append((table["failed_decide"].astype(bool), "a result that failed runs decide"))
    barred = pd.Series("", index=table.index)
    for where, told in reversed(reasons):
        barred = barred.mask(where, told)
    return barred
