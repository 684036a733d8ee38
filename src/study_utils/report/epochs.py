"""The part of notebook 04 about single epochs, which most studies don't keep."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study_utils.figures.epochs import plot_epochs
from study_utils.report.notebook import HasReport, keep_figure, keep_table, say


def show_epochs(study: HasReport, curves: pd.DataFrame, table: pd.DataFrame, sentences: Sequence[str]) -> None:
    """Show and keep the figure and the table `epochs` between the sentences about them; these alone without epochs.

    Parameters
    ----------
    curves, table : pandas.DataFrame
        What `epoch_curves` and `epoch_table` of `study_utils.analysis.epochs` return.
    """
    if not curves.empty:
        keep_figure(study, plot_epochs(curves), "epochs", curves)
    say(sentences)
    if not table.empty:
        keep_table(study, table, "epochs")
