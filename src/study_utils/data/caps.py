"""Fewer rows, chosen the same way everywhere: nested, independent of seeds, parallel across languages."""

from __future__ import annotations

import hashlib
from operator import index

import pandas as pd

from study_utils.errors import ParameterError


def cap(frame: pd.DataFrame, limit: int | None, *, by: str = "language") -> pd.DataFrame:
    """Keep at most `limit` rows of each language.

    Rows are taken in the order of a stable hash of their id. So a smaller cap lies inside a larger one,
    languages with the same ids keep the same examples, and no seed enters. The rows kept stay in their order;
    a row of a pair or of two translations is kept or left out whole.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with the columns `id` and `by`.
    limit : int or None
        Rows to keep; None keeps all.
    by : str
        Column whose values are capped one by one.

    Returns
    -------
    pandas.DataFrame
        The rows kept, numbered anew. `attrs["short"]` maps each value of `by` that has fewer rows than the
        limit to its number of rows (empty without a limit).

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
    order = pd.DataFrame({"by": frame[by].to_numpy(), "hash": [_hash(key) for key in frame["id"]]})
    rank = order.sort_values("hash", kind="stable").groupby("by").cumcount().sort_index()
    kept = frame.loc[(rank < limit).to_numpy()].reset_index(drop=True)
    counts = frame[by].value_counts(sort=False)
    kept.attrs = {**frame.attrs, "short": {str(key): int(n) for key, n in counts.items() if n < limit}}
    return kept


def _hash(key: str) -> str:
    return hashlib.sha256(str(key).encode()).hexdigest()
