"""Sentences generated from tables, one module a question; no number is ever typed."""

from study_utils.sentences.calibration import describe_calibration
from study_utils.sentences.checks import (
    describe_equivalence,
    describe_mixed,
    describe_retention,
    describe_robustness,
    describe_sensitivity,
    describe_variance,
)
from study_utils.sentences.claims import describe_ledger, ledger_lines
from study_utils.sentences.data import describe_coverage, describe_dropped, describe_learning, describe_overlap
from study_utils.sentences.divergence import describe_controls, describe_divergence, describe_explained, describe_slope
from study_utils.sentences.domains import describe_domains, describe_in_domain
from study_utils.sentences.drops import (
    describe_adversarial,
    describe_drop_differences,
    describe_drop_families,
    describe_drops,
    describe_english,
    describe_perturbed,
    describe_sizes,
    describe_variants,
)
from study_utils.sentences.encoders import describe_ranking, describe_target_gains
from study_utils.sentences.gains import (
    describe_contrast,
    describe_contrasts,
    describe_families,
    describe_gain,
    describe_overall,
    describe_scores,
    describe_unlearnt,
)
from study_utils.sentences.seen import describe_seen, describe_seen_gains

__all__ = [
    "describe_adversarial",
    "describe_calibration",
    "describe_contrast",
    "describe_contrasts",
    "describe_controls",
    "describe_coverage",
    "describe_divergence",
    "describe_domains",
    "describe_drop_differences",
    "describe_drop_families",
    "describe_dropped",
    "describe_drops",
    "describe_english",
    "describe_equivalence",
    "describe_explained",
    "describe_families",
    "describe_gain",
    "describe_in_domain",
    "describe_learning",
    "describe_ledger",
    "describe_mixed",
    "describe_overall",
    "describe_overlap",
    "describe_perturbed",
    "describe_ranking",
    "describe_retention",
    "describe_robustness",
    "describe_scores",
    "describe_seen",
    "describe_seen_gains",
    "describe_sensitivity",
    "describe_sizes",
    "describe_slope",
    "describe_target_gains",
    "describe_unlearnt",
    "describe_variance",
    "describe_variants",
    "ledger_lines",
]
