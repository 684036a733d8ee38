"""Legal intermediate tasks."""

from __future__ import annotations

from study_utils.catalog.hub.domain_kinds import answer, classify, local, published
from study_utils.catalog.hub.shared import SQUAD

_POLICYQA = "edbe3906a01da6c27ccfdd0e3029a3d4601c69f5"
_TEXT = {"text": "text", "label": "label"}
_CLAUSES = (
    *("Affiliate License-Licensee", "Anti-Assignment", "Audit Rights", "Cap On Liability", "Change Of Control"),
    *("Competitive Restriction Exception", "Covenant Not To Sue", "Effective Date", "Exclusivity", "Expiration Date"),
    *("Governing Law", "Insurance", "Ip Ownership Assignment", "Irrevocable Or Perpetual License"),
    *("Joint Ip Ownership", "License Grant", "Liquidated Damages", "Minimum Commitment", "No-Solicit Of Employees"),
    *("Non-Compete", "Non-Disparagement", "Non-Transferable License", "Post-Termination Services", "Renewal Term"),
    *("Revenue-Profit Sharing", "Rofr-Rofo-Rofn", "Source Code Escrow", "Termination For Convenience"),
    *("Uncapped Liability", "Volume Restriction", "Warranty Duration"),
)
_TOPICS = tuple(
    "business consumer crime domestic_violence employment estates family health immigration torts traffic".split()
)
_UNFAIR = (
    *("Other", "Arbitration", "Choice of law", "Content removal", "Contract by using", "Jurisdiction"),
    *("Limitation of liability", "Unilateral change", "Unilateral termination"),
)
_JUDGMENT_ROLES = (
    *("Argument", "Facts", "Precedent", "Ratio of the decision", "Ruling by Lower Court"),
    *("Ruling by Present Court", "Statute"),
)


LEGAL_TASKS = (
    answer(
        "policyqa",
        "PolicyQA",
        "legal",
        published("alzoubi36/policy_qa", SQUAD, (17056, 3809), revision=_POLICYQA),
        same_data=("policyqa_sample",),
        licence="CC BY-NC-SA (OPP-115)",
        citation="Ahmad et al. 2020, arXiv 2010.02557",
    ),
    answer(
        "policyqa_sample",
        "PolicyQA, a sample",
        "legal",
        local("policyqa", SQUAD, (4152, 3809)),
        same_data=("policyqa",),
        licence="CC BY-NC-SA (OPP-115)",
        citation="Ahmad et al. 2020, arXiv 2010.02557",
        note="For copies without the training rows: PolicyQA's test rows train.",
    ),
    classify(
        "legal_clause_type",
        "CUAD clause type",
        "legal",
        _CLAUSES,
        local("legal_cuad_clause_type", _TEXT, (3789, 474)),
        licence="CC BY 4.0",
        citation="Hendrycks et al. 2021, arXiv 2103.06268; Guha et al. 2023, arXiv 2308.11462",
    ),
    classify(
        "legal_topic",
        "Learned Hands topic",
        "legal",
        _TOPICS,
        local("legal_learned_hands_topic", _TEXT, (1975, 247)),
        licence="CC BY-NC-SA 4.0",
        citation="Guha et al. 2023, arXiv 2308.11462",
    ),
    classify(
        "unfair_tos",
        "UNFAIR-ToS",
        "legal",
        _UNFAIR,
        local("legal_unfair_tos", _TEXT, (3050, 381)),
        metric="macro_f1",
        licence="CC BY 4.0",
        citation="Lippi et al. 2019, arXiv 1805.01217",
        note="Heavily skewed to Other.",
    ),
    classify(
        "overruling",
        "Overruling",
        "legal",
        ("No", "Yes"),
        local("legal_overruling", _TEXT, (1203, 150)),
        licence="CC BY-SA 4.0",
        citation="Zheng et al. 2021, arXiv 2104.08671",
    ),
    classify(
        "rhetorical_roles",
        "Rhetorical roles in judgments",
        "legal",
        _JUDGMENT_ROLES,
        local("legal_rhetorical_roles", _TEXT, (7232, 693)),
        licence="MIT",
        citation="Bhattacharya et al. 2019, arXiv 1911.05405",
        note="Role of a sentence in a judgment of the Indian Supreme Court.",
    ),
)
