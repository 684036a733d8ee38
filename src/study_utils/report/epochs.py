"""The part of notebook 04 about single epochs, which most studies don't keep."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.epochs import epoch_choices, epoch_curves, epoch_table
from study_utils.figures.epochs import plot_epochs
from study_utils.report.epoch_sentences import NOT_KEPT, describe_epochs
from study_utils.report.notebook import HasReport, keep_figure, keep_table, say


def show_epochs(study: HasReport, scores: pd.DataFrame) -> pd.DataFrame | None:
    """Show and keep the figure and the table `epochs`, and say what they show; one sentence where there are none.

    Parameters
    ----------
    scores : pandas.DataFrame
        What `study_utils.study.Study.epochs` returns.

    Returns
    -------
    pandas.DataFrame or None
        The table, rounded, to be displayed.
    """
    if scores.empty:
        say(NOT_KEPT)
        return None
    curves = epoch_curves(scores)
    choices = epoch_choices(curves)
    if not curves.empty:
        keep_figure(study, plot_epochs(curves), "epochs", curves)
    say(describe_epochs(choices))
    return keep_table(study, epoch_table(choices), "epochs")
