"""Gains, families, intervals and sentences from tables of results. Pure functions of frames; no torch, no figures."""

from study_utils.analysis.benchmark import benchmark_table
from study_utils.analysis.bootstrap import Settings
from study_utils.analysis.contrasts import Contrast, contrast_gains
from study_utils.analysis.drops import adversarial_gains, drop_differences, drops, english_against_others
from study_utils.analysis.equivalence import equivalence
from study_utils.analysis.families import SUMMARY_COLUMNS, family_gains
from study_utils.analysis.gains import gains, gap_gains, robustness, seed_gains, transfer
from study_utils.analysis.intervals import robustness_intervals, robustness_table
from study_utils.analysis.mixed import mixed_gains
from study_utils.analysis.regimes import regime_contrasts, regime_scores, retention
from study_utils.analysis.results import PREDICTION_COLUMNS, SCORE_COLUMNS, check_results, join_languages
from study_utils.analysis.seen import seen_gains
from study_utils.analysis.sensitivity import sensitivity
from study_utils.analysis.variance import variance_shares

__all__ = [
    "PREDICTION_COLUMNS",
    "SCORE_COLUMNS",
    "SUMMARY_COLUMNS",
    "Contrast",
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
    "mixed_gains",
    "regime_contrasts",
    "regime_scores",
    "retention",
    "robustness",
    "robustness_intervals",
    "robustness_table",
    "seed_gains",
    "seen_gains",
    "sensitivity",
    "transfer",
    "variance_shares",
]
