"""Fewer rows, chosen the same way everywhere: nested, with the labels' shares; capped, parallel across languages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from operator import index

import numpy as np
import pandas as pd

from study_utils.errors import DataError, ParameterError


def cap(
    frame: pd.DataFrame,
    limit: int | None,
    *,
    by: str = "language",
    by_label: bool = False,
    draw: int | None = None,
) -> pd.DataFrame:
    """Keep at most `limit` rows of each language.

    Rows are taken in the order of a stable hash of their id, with `by_label` so that labels keep their shares
    (`_turns`). So a smaller cap lies inside a larger one, and languages with the same ids (and labels) keep the same
    examples. No seed enters but one given as `draw`. The rows kept stay in their order;
    a row of a pair or of two translations is kept or left out whole. Of rows to rank, queries are capped and every
    candidate is kept; of pools to mine, each pool is capped and a pair is kept or left out whole.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with the columns `id` and `by`.
    limit : int or None
        Rows (queries, sentences of a pool) to keep; None keeps all.
    by : str
        Column whose values are capped one by one.
    by_label : bool
        Whether each label (column `label`) keeps its share of the rows.
    draw : int or None
        Number of the draw: another one takes other rows.

    Returns
    -------
    pandas.DataFrame
        The rows kept, numbered anew. `attrs["short"]` maps each value of `by` that has fewer rows
        (queries, sentences in its larger pool) than the limit to their number (empty without a limit).

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
    frame = counted = frame.reset_index(drop=True)
    if "match" in frame.columns:
        chosen = _whole_pairs(frame, limit, by=by)
        counted = frame[frame["side"] == frame.groupby(by)["side"].transform(lambda side: side.mode()[0])]
    else:
        if "targets" in frame.columns:
            counted = frame[frame["side"] == "query"]
        rank = _turns(counted, by, counted["id"], by_label=by_label, draw=draw)
        chosen = ~frame.index.isin(rank.index[rank >= limit])
    kept = frame.loc[chosen].reset_index(drop=True)
    counts = counted[by].value_counts(sort=False)
    kept.attrs = {**frame.attrs, "short": {str(key): int(n) for key, n in counts.items() if n < limit}}
    return kept


def part(frame: pd.DataFrame, share: float, *, rest: bool) -> pd.DataFrame:
    """Keep a share of the rows, or all but it.

    Rows with the same (first) text stay together. Which ones are in the share follows from the SHA-256 of the text:
    not from order, language or seed.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows that train, of any shape.
    share : float
        Between 0 and 1; of the different texts.
    rest : bool
        Whether to keep the others.

    Returns
    -------
    pandas.DataFrame
        The rows kept, numbered anew, in their order.

    Raises
    ------
    DataError
        If none is left.
    """
    texts = frame["text"] if "text" in frame else frame["tokens"].map(" ".join)
    inside = np.array([int(_hash(f"share {text}")[:16], 16) < share * 2**64 for text in texts], dtype=bool)
    kept = frame.loc[~inside if rest else inside].reset_index(drop=True)
    if kept.empty:
        raise DataError(
            f"none of {len(frame)} rows is in the {'rest beside a' if rest else ''} share of {share}: "
            "choose another train_share, or a task with more rows"
        )
    kept.attrs = dict(frame.attrs)
    return kept


def pool(
    frame: pd.DataFrame, limit: int | None, *, lead: str = "", by_label: bool = False, draw: int | None = None
) -> pd.DataFrame:
    """Keep rows of several languages, shared evenly: as many together as one of them would have alone.

    A language that has less than its share gives all it has, and the others share the rest. Within a language rows are
    taken in the order of a stable hash of language and id: translations of one sentence are not preferred.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with the columns `id` and `language`.
    limit : int or None
        Rows to keep at most.
    lead : str
        The language whose rows, cut to the limit, give the number in all; left out, the limit alone does.
    by_label, draw
        As in `cap`.

    Returns
    -------
    pandas.DataFrame
        The rows kept, numbered anew, in their order.
    """
    counts = frame["language"].value_counts(sort=False)
    most = int(counts[lead]) if lead else len(frame)
    total = most if limit is None else min(most, limit)
    shares = pd.Series(even_shares(counts.tolist(), total), index=counts.index)
    frame = frame.reset_index(drop=True)
    rank = _turns(frame, "language", frame["language"] + " " + frame["id"], by_label=by_label, draw=draw)
    chosen = (rank.reindex(frame.index) < frame["language"].map(shares)).to_numpy()
    kept = frame.loc[chosen].reset_index(drop=True)
    kept.attrs = dict(frame.attrs)
    return kept


def even_shares(counts: Sequence[int], total: int) -> list[int]:
    """Share a number out evenly, none getting more than it has; what is left over goes to the first ones.

    Returns
    -------
    list of int
        One share each; they sum to the total, or to all there is if that is less.
    """
    shares = [0] * len(counts)
    left = min(total, sum(counts))
    while left:
        able = [place for place, count in enumerate(counts) if shares[place] < count]
        each = max(1, left // len(able))
        for place in able:
            given = min(each, counts[place] - shares[place], left)
            shares[place] += given
            left -= given
    return shares


def _turns(frame: pd.DataFrame, by: str, keys: pd.Series, *, by_label: bool, draw: int | None) -> pd.Series:
    """Turn of each row among those of its language, from 0: the first so many are drawn.

    With `by_label`, row k (from 0) of n with its label comes at (k + 1/2) / n. So any first part shares its rows out
    among the labels as Webster's divisor method does (Balinski and Young 2001, Fair Representation): next to largest
    remainders, which would not be nested.
    """
    names = keys if draw is None else [f"draw {draw} {key}" for key in keys]
    order = pd.DataFrame({"by": frame[by], "hash": [_hash(name) for name in names]}, index=frame.index)
    order = order.sort_values("hash", kind="stable")
    if by_label:
        groups = order.assign(label=frame["label"]).groupby(["by", "label"])["hash"]
        order["place"] = (2 * groups.cumcount() + 1) / (2 * groups.transform("size"))
        order = order.sort_values(["place", "hash"], kind="stable")
    return order.groupby("by").cumcount()


def _whole_pairs(frame: pd.DataFrame, limit: int, *, by: str) -> np.ndarray:
    """Rows whose hash lies below that of row `limit` of either pool; both sides of a pair share a hash."""
    english = frame["id"].where((frame["side"] == "english") | (frame["match"] == ""), frame["match"])
    order = pd.DataFrame({"by": frame[by].to_numpy(), "side": frame["side"].to_numpy()})
    order["hash"] = [_hash(key) for key in english]
    beyond = order.sort_values("hash").groupby(["by", "side"])["hash"].nth(limit)
    first = order.loc[beyond.index].groupby("by")["hash"].min()
    return (order["hash"] < order["by"].map(first).fillna("g")).to_numpy()  # no hexadecimal digit is above f


def _hash(key: str) -> str:
    return hashlib.sha256(str(key).encode()).hexdigest()
