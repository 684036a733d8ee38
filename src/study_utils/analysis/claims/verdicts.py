"""What can be said of a claim: the rules, stated once.

A claim is made of parts (`study_utils.analysis.claims.parts`) and says how many of them hold.

**Correction.** Each claim has one p-value: twice the smaller of those that it holds and that it fails, two-sided as an
interval is. These are corrected over the claims of a ledger (Holm 1979). Nothing is said from fewer than three seeds.

What results say *here* is one thing, the verdict on a claim another: that is only given where nothing lacks
(`study_utils.analysis.claims.needs`): everything else is "not tested here".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from study_utils.analysis.claims.parts import Part, how_many, last_if_missing
from study_utils.analysis.inference.clear import CLAIM_SEEDS, CLEAR
from study_utils.analysis.inference.holm import holm
from study_utils.catalog.claims import Claim

SUPPORTED, CONTRADICTED, OPEN, UNTESTED = "supported", "contradicted", "not decided", "not tested here"
AS_CLAIMED, OPPOSITE, UNCLEAR, NOTHING = "as claimed", "not as claimed", "not clear", "no such runs"
FOLLOWED, NOT_FOLLOWED = "followed", "not followed"
_VERDICTS = {AS_CLAIMED: SUPPORTED, OPPOSITE: CONTRADICTED, UNCLEAR: OPEN, NOTHING: UNTESTED}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one study's results say about the comparisons that a claim makes.

    Attributes
    ----------
    parts : tuple of Part
        None if there are no such runs; `note` says why.
    at_least, at_most : int
        How many of the parts hold if the claim does; all by default.
    of : str
        What the parts are, in the plural.
    unit : str
        Of the estimates.
    note : str
        What a reader must know.
    barred : str
        Why these results can't count as claimed, whatever the parts say.
    """

    parts: tuple[Part, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    of: str = "comparisons"
    unit: str = "points"
    note: str = ""
    barred: str = ""

    @property
    def needed(self) -> tuple[int, int]:
        """Fewest and most parts that hold if the claim does."""
        count = len(self.parts)
        return (
            count if self.at_least is None else self.at_least,
            count if self.at_most is None else self.at_most,
        )

    def deciding(self, *, fails: bool = False) -> Part:
        """The part that the claim stands with: of those needed, the one that is least sure to hold; or falls with."""
        count, (at_least, _) = len(self.parts), self.needed
        order = sorted(self.parts, key=lambda part: last_if_missing(part.p_fail if fails else part.p))
        return order[min(count - at_least, count - 1) if fails else max(at_least, 1) - 1]

    def p(self) -> tuple[float, float]:
        """P-values of the claim: that it does not hold (small: as claimed), that it does; missing if none is tested."""
        if not self.parts or not np.isfinite(sides := np.array([part.sides for part in self.parts])).any():
            return float("nan"), float("nan")
        p_for, p_against = how_many(sides, *self.needed)
        return (1.0 if self.barred else p_for), p_against


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One line of the ledger.

    Attributes
    ----------
    claim, encoder : str
        Key of the claim; encoder (or encoders) of these runs.
    verdict : str
        ``supported``, ``contradicted``, ``not decided`` or ``not tested here``; of a design, ``followed`` or ``not
        followed``.
    here : str
        What these runs say, whatever they are: ``as claimed``, ``not as claimed``, ``not clear``, ``no such runs``; of
        a design, what they have.
    estimate, low, high, unit, part
        Of the part that the claim stands or falls with.
    of : str
        What the parts are.
    n_parts, n_hold, n_fail : int
        Parts, and how many clearly hold and clearly fail (corrected over the parts and the claims).
    p : float
        Two-sided, corrected over the claims of the ledger.
    where, why : str
        Targets and languages behind that part; how many parts are needed, and why nothing is said.
    needs : str
        What a test of the claim itself lacks; empty if nothing.
    """

    claim: str
    encoder: str
    verdict: str
    here: str
    estimate: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    unit: str = ""
    part: str = ""
    of: str = ""
    n_parts: int = 0
    n_hold: int = 0
    n_fail: int = 0
    p: float = float("nan")
    where: str = ""
    why: str = ""
    needs: str = ""


LEDGER_COLUMNS = [*Verdict.__dataclass_fields__]


def verdicts(findings: Sequence[tuple[Claim, str, Finding, str]]) -> list[Verdict]:
    """Decide on all testable claims together.

    Parameters
    ----------
    findings : sequence of (Claim, str, Finding, str)
        Claim, encoder of these runs, what they say, and what a test of the claim itself lacks ("" if nothing).
    """
    sides = np.array([item.p() for _, _, item, _ in findings], float).reshape(-1, 2)
    p = np.minimum(1.0, 2 * sides.min(axis=1))
    return [
        _verdict(claim, encoder, item, needs, p=float(one), corrected=float(after), holds=bool(side[0] < side[1]))
        for (claim, encoder, item, needs), side, one, after in zip(findings, sides, p, holm(p))
    ]


def _verdict(
    claim: Claim, encoder: str, item: Finding, needs: str, *, p: float, corrected: float, holds: bool
) -> Verdict:
    own = {"claim": claim.key, "encoder": encoder, "needs": needs}
    if not item.parts:
        return Verdict(**own, verdict=UNTESTED, here=NOTHING, why=item.note)
    here = UNCLEAR if not corrected < CLEAR else AS_CLAIMED if holds else OPPOSITE
    clear = _clear(item, times=corrected / p if p > 0 else 1.0)
    part = item.deciding(fails=here == OPPOSITE)
    return Verdict(
        **own,
        verdict=UNTESTED if needs else _VERDICTS[here],
        here=here,
        **{name: getattr(part, name) for name in ("estimate", "low", "high", "where")},
        unit=item.unit,
        part=part.label,
        of=item.of,
        n_parts=len(item.parts),
        n_hold=sum(clear),
        n_fail=len(clear) - sum(clear),
        p=corrected,
        why="; ".join(filter(None, (_why(item, here), item.note))),
    )


def _clear(item: Finding, *, times: float) -> list[bool]:
    """Of the parts that clearly hold or fail, whether they hold; corrected over the parts and over the claims."""
    sides = np.array([part.sides for part in item.parts], float)
    corrected = times * holm(np.minimum(1.0, 2 * sides.min(axis=1)))
    return [bool(side[0] < side[1]) for side, p in zip(sides, corrected) if p < CLEAR]


def _why(item: Finding, here: str) -> str:
    """Why results point to neither side, where it isn't the interval alone; how many parts are needed."""
    low, high = item.needed
    several = len(item.parts) > 1
    needed = f"{low}" if high == len(item.parts) else f"{low} to {high}" if low < high else f"exactly {low}"
    reasons = [f"{needed} needed"] if several else []
    if min(part.n_seeds for part in item.parts) < CLAIM_SEEDS:
        reasons.append(f"fewer than {CLAIM_SEEDS} seeds")
    elif withheld := next((part.withheld for part in item.parts if part.withheld), ""):
        reasons.append(f"no interval for {'some' if several else 'it'}: {withheld}")
    if item.barred and here != OPPOSITE:
        reasons.append(item.barred)
    return "; ".join(reasons)
