"""Every score the study reports, from predictions; definitions as the published benchmarks give them. No torch.

Scores are fractions.
"""

from study_utils.metrics.answers import answer_scores
from study_utils.metrics.basic import accuracy, macro_f1, pearson, spearman
from study_utils.metrics.contributions import CONTRIBUTIONS, contributions
from study_utils.metrics.mining import best_threshold, margin_pairs, mining_f1
from study_utils.metrics.ranking import average_precision, nearest
from study_utils.metrics.scores import METRICS, score, task_metrics
from study_utils.metrics.tags import legacy_chunk_f1, legacy_chunks, span_f1, spans

__all__ = [
    "CONTRIBUTIONS",
    "METRICS",
    "accuracy",
    "answer_scores",
    "average_precision",
    "best_threshold",
    "contributions",
    "legacy_chunk_f1",
    "legacy_chunks",
    "macro_f1",
    "margin_pairs",
    "mining_f1",
    "nearest",
    "pearson",
    "score",
    "span_f1",
    "spans",
    "spearman",
    "task_metrics",
]
