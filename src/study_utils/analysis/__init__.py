"""Gains, families, intervals and sentences from tables of results. Pure functions of frames; no torch, no figures."""

from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.inference.equivalence import equivalence
from study_utils.analysis.inference.families import FAILED_COLUMNS, SUMMARY_COLUMNS, family_gains
from study_utils.analysis.inference.sensitivity import sensitivity
from study_utils.analysis.inference.settings import Primary, Settings
from study_utils.analysis.inference.tasks import task_gains
from study_utils.analysis.models.mixed import mixed_gains
from study_utils.analysis.models.variance import variance_shares
from study_utils.analysis.questions.drops import adversarial_gains, drop_differences, drops, english_against_others
from study_utils.analysis.questions.layers import layer_gains, layer_table
from study_utils.analysis.questions.regimes import regime_contrasts, regime_scores, retention
from study_utils.analysis.questions.robustness import robustness_intervals, robustness_table
from study_utils.analysis.questions.seen import seen_gains
from study_utils.analysis.results.benchmarks import benchmark_table
from study_utils.analysis.results.failed_runs import judge_runs
from study_utils.analysis.results.gains import gains, gap_gains, seed_gains, transfer
from study_utils.analysis.results.tables import PREDICTION_COLUMNS, SCORE_COLUMNS, check_results, join_languages

__all__ = [
    "FAILED_COLUMNS",
    "PREDICTION_COLUMNS",
    "SCORE_COLUMNS",
    "SUMMARY_COLUMNS",
    "Contrast",
    "Primary",
    "Settings",
    "adversarial_gains",
    "benchmark_table",
    "check_results",
    "contrast_gains",
    "drop_differences",
    "drops",
    "english_against_others",
    "equivalence",
    "family_gains",
    "gains",
    "gap_gains",
    "join_languages",
    "judge_runs",
    "layer_gains",
    "layer_table",
    "mixed_gains",
    "regime_contrasts",
    "regime_scores",
    "retention",
    "robustness_intervals",
    "robustness_table",
    "seed_gains",
    "seen_gains",
    "sensitivity",
    "task_gains",
    "transfer",
    "variance_shares",
]
