"""Plots from frames. They receive tables, never paths; return figures, never show or save them; import no torch."""

from study_utils.figures.calibration import plot_coverage_of_intervals, plot_false_claims, plot_power
from study_utils.figures.contrasts import plot_contrasts
from study_utils.figures.divergence import (
    plot_change,
    plot_divergence_map,
    plot_gain_by_divergence,
    plot_slopes_by_target,
)
from study_utils.figures.drops import plot_drop_differences, plot_drops, plot_english
from study_utils.figures.gains import plot_family_gains, plot_gap_gains, plot_task_gains
from study_utils.figures.heatmaps import plot_coverage, plot_scores, plot_seed_gains
from study_utils.figures.layers import plot_layers
from study_utils.figures.left_out import plot_left_out
from study_utils.figures.planning import plot_detectable
from study_utils.figures.rows import plot_labels, plot_lengths
from study_utils.figures.training import loss_curves, plot_loss, plot_validation
from study_utils.figures.tree import plot_family_tree

__all__ = [
    "loss_curves",
    "plot_change",
    "plot_contrasts",
    "plot_coverage",
    "plot_coverage_of_intervals",
    "plot_detectable",
    "plot_divergence_map",
    "plot_drop_differences",
    "plot_drops",
    "plot_english",
    "plot_false_claims",
    "plot_family_gains",
    "plot_family_tree",
    "plot_gain_by_divergence",
    "plot_gap_gains",
    "plot_labels",
    "plot_layers",
    "plot_left_out",
    "plot_lengths",
    "plot_loss",
    "plot_power",
    "plot_scores",
    "plot_seed_gains",
    "plot_slopes_by_target",
    "plot_task_gains",
    "plot_validation",
]
