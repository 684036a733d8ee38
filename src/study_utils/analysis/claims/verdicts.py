"""What can be said of a claim: the rules, stated once.

A finding carries two p-values: that the results are as claimed, and that they are the opposite. Those of all claims
are corrected together (Holm 1979). A claim of a difference is as claimed if its interval lies on that side and the
corrected p-value is below 0.05; a claim of no gain if gains as large as the margin are ruled out by the corrected
one-sided test (Schuirmann 1987, one side of it). Nothing is said from fewer than three seeds.

What results say *here* is one thing, the verdict on a claim another: it is only given where the claim's own encoder,
targets, conditions and amount of data were run. Everything else is "not tested here".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.clear import CLAIM_SEEDS, CLEAR
from study_utils.analysis.inference.holm import holm
from study_utils.catalog.claims import Claim

SUPPORTED, CONTRADICTED, OPEN, UNTESTED = "supported", "contradicted", "not decided", "not tested here"
AS_CLAIMED, OPPOSITE, UNCLEAR, NOTHING = "as claimed", "the opposite", "not clear", "no such runs"
FOLLOWED, NOT_FOLLOWED = "design followed", "design not followed"
_VERDICTS = {AS_CLAIMED: SUPPORTED, OPPOSITE: CONTRADICTED, UNCLEAR: OPEN}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one study's results say about the comparison that a claim makes.

    Attributes
    ----------
    estimate, low, high : float
        In `unit`; the interval is missing where none is given.
    unit : str
        ``"points"`` for a difference of scores; counts and ratios say what of.
    p_for, p_against : float
        That the results are as claimed, that they are the opposite; missing: not tested.
    n_seeds : int
        Seeds behind it.
    tested_on : str
        Conditions, targets and languages behind it.
    note : str
        What a reader must know; why there is no estimate, if there is none.
    design : bool or None
        For a claim about a design: whether these runs follow it.
    """

    estimate: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    unit: str = "points"
    p_for: float = float("nan")
    p_against: float = float("nan")
    n_seeds: int = 0
    tested_on: str = ""
    note: str = ""
    design: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One line of the ledger.

    Attributes
    ----------
    claim, encoder : str
        Key of the claim; encoder (or encoders) of these runs.
    verdict : str
        ``supported``, ``contradicted``, ``not decided`` or ``not tested here``; of a design, whether it was followed.
    here : str
        Direction in these runs, whatever they are: ``as claimed``, ``the opposite``, ``not clear``, ``no such runs``;
        empty for a design.
    why : str
        Why results point there, or to neither side.
    estimate, low, high, unit, tested_on
        As in `Finding`.
    p : float
        The smaller one of the two p-values, corrected over all claims.
    reason : str
        Why the verdict is what it is.
    needs : str
        What a test of the claim itself lacks; empty if nothing.
    """

    claim: str
    encoder: str
    verdict: str
    here: str
    why: str
    estimate: float
    low: float
    high: float
    unit: str
    p: float
    tested_on: str
    reason: str
    needs: str


LEDGER_COLUMNS = [*Verdict.__dataclass_fields__]


def differs(row: pd.Series, **more: object) -> Finding:
    """Finding of a claim that something is better: a row of `contrast_gains`."""
    up, tested = row["estimate"] > 0, np.isfinite(row["p"])
    p_for, p_against = (row["p"], 1.0) if up else (1.0, row["p"])
    return _of_row(row, p_for if tested else np.nan, p_against if tested else np.nan, **more)


def no_better(row: pd.Series, *, margin: float, **more: object) -> Finding:
    """Finding of a claim that something is no better, by a margin in points."""
    if not np.isfinite(row["p"]):
        return _of_row(row, np.nan, np.nan, **more)
    p_for = float(stats.t.sf((margin / 100 - row["estimate"]) / row["standard_error"], row["freedom"]))
    clear = row["estimate"] > 0 and row["low"] > 0 and p_for >= CLEAR
    return _of_row(row, p_for, row["p"] if clear else 1.0, **more)


def _of_row(row: pd.Series, p_for: float, p_against: float, **more: object) -> Finding:
    conditions = row["arm"] if row["against"] == "none" else f"{row['arm']} against {row['against']}"
    own = {
        "n_seeds": int(row["n_seeds"]),
        "tested_on": f"{conditions}; {row['tasks'].replace(' ', ', ')}; {row['n_languages']} languages",
        "note": row["withheld"],
    }
    numbers = {name: 100 * float(row[name]) for name in ("estimate", "low", "high")}
    return Finding(**numbers, p_for=p_for, p_against=p_against, **{**own, **more})


def verdicts(findings: Sequence[tuple[Claim, str, Finding, str]]) -> list[Verdict]:
    """Decide on all claims together.

    Parameters
    ----------
    findings : sequence of (Claim, str, Finding, str)
        Claim, encoder of these runs, what they say, and what a test of the claim itself lacks ("" if nothing).
    """
    p = np.array([(item.p_for, item.p_against) for _, _, item, _ in findings], float).reshape(-1, 2)
    p[[item.n_seeds < CLAIM_SEEDS for _, _, item, _ in findings]] = np.nan
    corrected = holm(p.ravel()).reshape(-1, 2)
    found = []
    for (claim, encoder, item, needs), pair in zip(findings, corrected):
        here, why = _here(item, pair)
        if item.design is not None:
            verdict, reason, here, why = (FOLLOWED if item.design else NOT_FOLLOWED), item.note, "", ""
        elif needs or here == NOTHING:
            verdict, reason = UNTESTED, needs or item.note
        else:
            verdict, reason = _VERDICTS[here], why
        own = {name: getattr(item, name) for name in ("estimate", "low", "high", "unit", "tested_on")}
        smallest = float(np.nanmin(pair)) if np.isfinite(pair).any() else float("nan")
        found.append(
            Verdict(
                claim=claim.key,
                encoder=encoder,
                verdict=verdict,
                here=here,
                why=why,
                p=smallest,
                reason=reason,
                needs=needs,
                **own,
            )
        )
    return found


def _here(item: Finding, p: np.ndarray) -> tuple[str, str]:
    if not np.isfinite(item.estimate):
        return NOTHING, item.note
    if item.n_seeds < CLAIM_SEEDS:
        return UNCLEAR, f"fewer than {CLAIM_SEEDS} seeds"
    if p[0] < CLEAR:
        return AS_CLAIMED, "the interval and the corrected test are on the claim's side"
    if p[1] < CLEAR:
        return OPPOSITE, "the interval and the corrected test are against the claim"
    return UNCLEAR, "; ".join(filter(None, ("the corrected test decides for neither side", item.note)))


def ledger_table(found: Sequence[Verdict]) -> pd.DataFrame:
    """Verdicts as a table, one row a claim and encoder: columns `LEDGER_COLUMNS`."""
    return pd.DataFrame([asdict(item) for item in found], columns=LEDGER_COLUMNS)
