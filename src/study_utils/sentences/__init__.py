"""Sentences generated from tables, one module a question; no number is ever typed."""

from study_utils.sentences.benchmarks import describe_benchmark
from study_utils.sentences.calibration import describe_calibration
from study_utils.sentences.checks import (
    describe_equivalence,
    describe_mixed,
    describe_processors,
    describe_retention,
    describe_robustness,
    describe_sensitivity,
    describe_variance,
)
from study_utils.sentences.claims import describe_ledger, ledger_lines
from study_utils.sentences.data import (
    describe_coverage,
    describe_dropped,
    describe_learning,
    describe_overlap,
    describe_partial,
    describe_regimes,
)
from study_utils.sentences.divergence import (
    describe_by_target,
    describe_controls,
    describe_divergence,
    describe_explained,
    describe_slope,
)
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
from study_utils.sentences.epochs import describe_epochs
from study_utils.sentences.failed import describe_failed_runs, describe_unscored
from study_utils.sentences.gains import (
    describe_contrast,
    describe_contrasts,
    describe_families,
    describe_gain,
    describe_generally,
    describe_overall,
    describe_scores,
    describe_sound,
    describe_tasks,
)
from study_utils.sentences.layers import describe_layers, describe_reading
from study_utils.sentences.planning import describe_margin, describe_outlook
from study_utils.sentences.seen import describe_seen, describe_seen_gains

__all__ = [
    "describe_adversarial",
    "describe_benchmark",
    "describe_by_target",
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
    "describe_epochs",
    "describe_equivalence",
    "describe_explained",
    "describe_failed_runs",
    "describe_families",
    "describe_gain",
    "describe_generally",
    "describe_in_domain",
    "describe_layers",
    "describe_learning",
    "describe_ledger",
    "describe_margin",
    "describe_mixed",
    "describe_outlook",
    "describe_overall",
    "describe_overlap",
    "describe_partial",
    "describe_perturbed",
    "describe_processors",
    "describe_ranking",
    "describe_reading",
    "describe_regimes",
    "describe_retention",
    "describe_robustness",
    "describe_scores",
    "describe_seen",
    "describe_seen_gains",
    "describe_sensitivity",
    "describe_sizes",
    "describe_slope",
    "describe_sound",
    "describe_target_gains",
    "describe_tasks",
    "describe_unscored",
    "describe_variance",
    "describe_variants",
    "ledger_lines",
]
