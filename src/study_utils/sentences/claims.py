"""Sentences about the ledger of published claims, generated from its table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.claims.verdicts import (
    AS_CLAIMED,
    CONTRADICTED,
    FOLLOWED,
    LEDGER_COLUMNS,
    NOT_FOLLOWED,
    NOTHING,
    OPEN,
    OPPOSITE,
    SUPPORTED,
    UNCLEAR,
    UNTESTED,
)
from study_utils.analysis.results.tables import require_columns
from study_utils.sentences.gains import counted, points

_DIRECTIONS = (
    (AS_CLAIMED, "as claimed"),
    (OPPOSITE, "the opposite way"),
    (UNCLEAR, "not clearly either way at this size"),
)


def describe_ledger(table: pd.DataFrame) -> list[str]:
    """Say how many claims were tested and with what verdict, then where results of other encoders or data point.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.claims.claim_ledger`.

    Returns
    -------
    list of str
        A count, the tested claims, a count of directions, and one sentence for each claim that has an estimate.
    """
    require_columns(table, (*LEDGER_COLUMNS, "source", "says", "published"), table="ledger")
    results = table[~table["verdict"].isin([FOLLOWED, NOT_FOLLOWED])]
    several = table["encoder"].nunique() > 1
    tested = results[results["verdict"] != UNTESTED]
    told = ", ".join(f"{(tested['verdict'] == word).sum()} {word}" for word in (SUPPORTED, CONTRADICTED, OPEN))
    sentences = [
        f"Of {counted(len(results), 'test')} of published claims, {len(tested)} were made with the claim's own "
        f"encoder, targets, conditions and amount of data ({told}); {len(results) - len(tested)} are not tested here."
    ]
    sentences += [_one(row, several=several) for _, row in tested.iterrows()]
    shown = results[(results["verdict"] == UNTESTED) & (results["here"] != NOTHING)]
    if len(shown):
        counts = ", ".join(f"{(shown['here'] == word).sum()} {what}" for word, what in _DIRECTIONS)
        point = "points" if len(shown) == 1 else "point"
        sentences.append(
            f"Where {counted(len(shown), 'claim')} not tested here {point} with these encoders and data, which "
            f"confirms and refutes nothing: {counts}."
        )
        sentences += [_one(row, several=several) for _, row in shown.iterrows()]
    absent = results[results["here"] == NOTHING]
    if len(absent):
        sentences.append(f"Without any run to look at: {', '.join(dict.fromkeys(absent['claim']))}.")
    designs = table[table["verdict"].isin([FOLLOWED, NOT_FOLLOWED])]
    sentences += [f"{row.says} These runs: {row.verdict}; {row.reason}." for row in designs.itertuples()]
    return sentences


def _one(row: pd.Series, *, several: bool) -> str:
    published = f"; published: {row['published']}" if row["published"] else ""
    start = f"\N{LEFT DOUBLE QUOTATION MARK}{row['says']}\N{RIGHT DOUBLE QUOTATION MARK}"
    by = f" ({row['encoder']})" if several else ""
    told = f"{start}{by}: {estimate_text(row)}{published}; {row['here']} in these runs"
    reason = row["reason"]
    if row["verdict"] == UNTESTED:
        if row["here"] == UNCLEAR and row["low"] * row["high"] > 0:  # looks clear, and is not
            told += f": {row['why']}"
        first, *more = reason.split("; ")
        reason = first + (" and more" if more else "")
    return f"{told}. {row['verdict'].capitalize()}: {reason}."


def estimate_text(row: pd.Series) -> str:
    """Estimate of a ledger row with its interval and unit; points keep their sign."""
    if not np.isfinite(row["estimate"]):
        return "no estimate"
    if row["unit"] != "points":
        return f"{row['estimate']:.1f}".removesuffix(".0") + f" {row['unit']}"
    number, *ends = (points(value / 100) for value in (row["estimate"], row["low"], row["high"]) if np.isfinite(value))
    return f"{number} points ({ends[0]} to {ends[1]})" if ends else f"{number} points, no interval"
