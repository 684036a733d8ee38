"""Fewer rows, chosen the same way everywhere: nested, independent of seeds, parallel across languages."""

from __future__ import annotations

import hashlib
from operator import index

import numpy as np
import pandas as pd

from study_utils.errors import ParameterError


def cap(frame: pd.DataFrame, limit: int | None, *, by: str = "language") -> pd.DataFrame:
    """Keep at most `limit` rows of each language.

    Rows are taken in the order of a stable hash of their id. So a smaller cap lies inside a larger one,
    languages with the same ids keep the same examples, and no seed enters. The rows kept stay in their order;
    a row of a pair or of two translations is kept or left out whole.

    Of rows to rank, queries are counted and every candidate stays. Of pools to mine, gold pairs are counted, both
    sides of a pair stay or go together, and every sentence without a translation stays.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with the columns `id` and `by`.
    limit : int or None
        Rows (queries, pairs) to keep; None keeps all.
    by : str
        Column whose values are capped one by one.

    Returns
    -------
    pandas.DataFrame
        The rows kept, numbered anew. `attrs["short"]` maps each value of `by` that has fewer rows
        (queries, pairs) than the limit to their number (empty without a limit).

    Raises
    ------
    ParameterError
        If the limit is no whole number or below 1.
    """
    if limit is None:
        kept = frame.reset_index(drop=True)
        kept.attrs = {**frame.attrs, "short": {}}
        return kept
    try:
        limit = index(limit)
    except TypeError:
        raise ParameterError(f"limit of examples {limit!r} is no whole number; write one, or null for all") from None
    if limit < 1:
        raise ParameterError(f"limit of examples {limit} is below 1; write 1 or more, or null for all")
    counted = _counted(frame)
    order = pd.DataFrame({"by": frame[by].to_numpy(), "hash": [_hash(key) for key in frame["id"]]})[counted]
    rank = order.sort_values("hash", kind="stable").groupby("by").cumcount()
    left_out = np.zeros(len(frame), dtype=bool)
    left_out[rank.index[rank >= limit]] = True
    if "match" in frame.columns:
        left_out |= _matches(frame, left_out)
    kept = frame.loc[~left_out].reset_index(drop=True)
    counts = frame.loc[counted, by].value_counts(sort=False)
    kept.attrs = {**frame.attrs, "short": {str(key): int(n) for key, n in counts.items() if n < limit}}
    return kept


def _counted(frame: pd.DataFrame) -> np.ndarray:
    """Rows that a limit counts: queries, or the English sides of pairs; in other formats every row."""
    if "targets" in frame.columns:
        return (frame["side"] == "query").to_numpy()
    if "match" in frame.columns:
        return ((frame["side"] == "english") & (frame["match"] != "")).to_numpy()
    return np.ones(len(frame), dtype=bool)


def _matches(frame: pd.DataFrame, chosen: np.ndarray) -> np.ndarray:
    """Rows whose match is one of the chosen rows."""
    keys = pd.MultiIndex.from_frame(frame.loc[chosen, ["language", "id"]])
    return pd.MultiIndex.from_frame(frame[["language", "match"]]).isin(keys)


def _hash(key: str) -> str:
    return hashlib.sha256(str(key).encode()).hexdigest()
