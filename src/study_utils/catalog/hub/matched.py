"""Which tasks a comparison of domains may set side by side."""

from __future__ import annotations

MATCHED = {
    "inference": {"general": ("mnli", "snli"), "biomedical": ("mediqa_rqe", "healthver")},
    "answers in a passage": {
        "general": ("squad1",),
        "biomedical": ("bioasq_extractive", "covid_qa"),
        "legal": ("policyqa", "policyqa_sample"),
    },
    "question pairs": {"general": ("qqp", "qqp_sample"), "biomedical": ("medical_question_pairs",)},
    "topic or class of a sentence": {
        "general": ("ag_news", "sst2", "imdb"),
        "biomedical": ("hallmarks_of_cancer", "chemprot"),
        "scientific": ("scicite", "citation_intent"),
        "legal": ("legal_clause_type", "legal_topic", "unfair_tos"),
    },
    "role of a sentence": {
        "scientific": ("csabstruct",),
        "biomedical": ("nicta_piboso",),
        "legal": ("rhetorical_roles",),
    },
    "named entities": {"general": ("panx", "wnut17"), "biomedical": ("ncbi_disease", "bc5cdr", "bc2gm")},
    "multiple choice": {
        "general": ("commonsenseqa", "social_iqa", "cosmosqa"),
        "biomedical": ("head_qa",),
    },
    "yes or no": {"biomedical": ("pubmedqa", "bioasq_yesno"), "legal": ("overruling",)},
}
"""Kind of task to domain to tasks that a comparison of domains may set side by side, cut to one number of rows."""
