"""Published claims held against results: comparisons in parts, rules stated once, a ledger of all."""

from study_utils.analysis.claims.evidence import Evidence
from study_utils.analysis.claims.ledger import claim_ledger, claim_needs
from study_utils.analysis.claims.needs import missing_parts
from study_utils.analysis.claims.parts import Part
from study_utils.analysis.claims.verdicts import LEDGER_COLUMNS, Finding, Verdict

__all__ = ["LEDGER_COLUMNS", "Evidence", "Finding", "Part", "Verdict", "claim_ledger", "claim_needs", "missing_parts"]
