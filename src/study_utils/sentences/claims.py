"""Sentences and lines about the ledger of published claims, generated from its table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.claims.verdicts import (
    AS_CLAIMED,
    CONTRADICTED,
    FOLLOWED,
    LEDGER_COLUMNS,
    NOTHING,
    OPEN,
    OPPOSITE,
    SUPPORTED,
    UNCLEAR,
    UNTESTED,
)
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.claims import DESIGN
from study_utils.sentences.gains import counted, points

MOST = 5
"""Claims, or kinds of things missing, that one sentence names."""
_NEEDED = (*LEDGER_COLUMNS, "kind", "source", "says", "published")


def describe_ledger(ledger: pd.DataFrame, missing: pd.DataFrame) -> list[str]:
    """Say in at most five sentences what became of the claims, and what the tests of the others lack.

    Parameters
    ----------
    ledger, missing : pandas.DataFrame
        From `study_utils.analysis.claims.claim_ledger` and `study_utils.analysis.claims.missing_parts`.
    """
    require_columns(ledger, _NEEDED, table="ledger")
    require_columns(missing, ("missing", "claims"), table="table of what is missing")
    results, designs = (ledger[(ledger["kind"] == DESIGN) == is_design] for is_design in (False, True))
    tested, others = (results[(results["verdict"] != UNTESTED) == is_tested] for is_tested in (True, False))
    sentences = [_tested(results, tested)]
    if len(others):
        sentences.append(_lacking(missing))
        counts = others["here"].value_counts()
        told = ", ".join(f"{counts.get(word, 0)} {word}" for word in (AS_CLAIMED, OPPOSITE, UNCLEAR, NOTHING))
        sentences.append(
            f"What these runs say about the {counted(len(others), 'untested claim')}, which confirms and refutes "
            f"nothing: {told}."
        )
        if clear := _named(others, others["here"].isin([AS_CLAIMED, OPPOSITE]), "here"):
            sentences.append(f"Clear in these runs, against the size that the claim names: {clear}.")
    followed = int((designs["verdict"] == FOLLOWED).sum())
    return [*sentences, f"Of {counted(len(designs), 'fact')} of published designs, these runs follow {followed}."]


def _tested(results: pd.DataFrame, tested: pd.DataFrame) -> str:
    claims = f"{counted(results['claim'].nunique(), 'testable claim')}"
    if tested.empty:
        return f"None of {claims} gets a verdict here."
    told = ", ".join(f"{(tested['verdict'] == word).sum()} {word}" for word in (SUPPORTED, CONTRADICTED, OPEN))
    clear = _named(tested, tested["verdict"].isin([SUPPORTED, CONTRADICTED]), "verdict")
    return f"Of {claims}, {tested['claim'].nunique()} could be tested: {told}{f'. {clear}' if clear else ''}."


def _lacking(missing: pd.DataFrame) -> str:
    told = ", ".join(f"{row.missing} ({row.claims})" for row in missing.head(MOST).itertuples())
    return f"A verdict needs the claim's own material; what most claims lack is: {told}."


def _named(table: pd.DataFrame, chosen: pd.Series, what: str) -> str:
    """Name claims, what column `what` says of them, and their estimate; no more than `MOST`."""
    rows = table[chosen]
    if len(rows) > MOST:
        return f"{len(rows)} claims, marked in the table"
    several, told = table["encoder"].nunique() > 1, []
    for _, row in rows.iterrows():
        numbers = "; ".join(filter(None, (_interval(row), row["where"])))
        told.append(f"{_quoted(row['says'])}{' for ' + row['encoder'] if several else ''}: {row[what]} ({numbers})")
    return "; ".join(told)


def _quoted(says: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{says.removesuffix('.')}\N{RIGHT DOUBLE QUOTATION MARK}"


def ledger_lines(ledger: pd.DataFrame) -> pd.DataFrame:
    """Write each claim as one line: `claim`, `source`, `here`, `estimate and interval`, `published`, `verdict`.

    With several encoders, `encoder` stands first.
    """
    require_columns(ledger, _NEEDED, table="ledger")
    lines = pd.DataFrame(
        {
            "encoder": ledger["encoder"],
            "claim": ledger["says"],
            "source": ledger["source"],
            "here": ledger["here"],
            "estimate and interval": [estimate_text(row) for _, row in ledger.iterrows()],
            "published": ledger["published"],
            "verdict": ledger["verdict"],
        }
    )
    return lines if ledger["encoder"].nunique() > 1 else lines.drop(columns="encoder")


def estimate_text(row: pd.Series) -> str:
    """Estimate of a ledger row with interval and unit, how many parts hold, and why there is none; "" for a design."""
    if not np.isfinite(row["estimate"]):
        return row["why"]
    if row["n_parts"] == 1:
        return "; ".join(filter(None, (_interval(row), row["why"])))
    counts = f"of {row['n_parts']} {row['of']}, {row['n_hold']} clearly as claimed and {row['n_fail']} clearly not"
    return f"{_interval(row)}; {counts}; {row['why']}"


def _interval(row: pd.Series) -> str:
    label = f"{row['part']} " if row["n_parts"] > 1 else ""
    if not np.isfinite(row["low"]):
        return f"{label}{_number(row['estimate'], row['unit'])} {row['unit']}, no interval"
    number, low, high = (_number(row[name], row["unit"]) for name in ("estimate", "low", "high"))
    return f"{label}{number} {row['unit']}, {low} to {high}"


def _number(value: float, unit: str) -> str:
    return points(value / 100) if unit == "points" else f"{value:.1f}" if unit.startswith("points") else f"{value:.2f}"
