"""Published claims held against results: one comparison a claim, rules stated once, a ledger of all."""

from study_utils.analysis.claims.evidence import Evidence
from study_utils.analysis.claims.ledger import claim_ledger
from study_utils.analysis.claims.verdicts import LEDGER_COLUMNS, Finding, Verdict

__all__ = ["LEDGER_COLUMNS", "Evidence", "Finding", "Verdict", "claim_ledger"]
