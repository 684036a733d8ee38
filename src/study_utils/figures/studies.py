"""The same comparison in several studies."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.titles import condition_order, condition_title, rows_title
from study_utils.figures.style import (
    INK,
    POINTS,
    looks,
    new_figure,
    nothing,
    reach_around_zero,
    styled,
    task_order,
)

_ROW = 0.3


@styled
def plot_same_comparisons(table: pd.DataFrame) -> Figure:
    """Show gains of conditions on targets: one row a comparison, one mark a study, lines where it has an interval.

    Filled marks are clear results.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.results.several.same_comparisons`.
    """
    require_columns(table, ("study", "condition", "task", "estimate", "low", "high", "clear"), table="comparisons")
    if table.empty:
        return nothing("No comparison has been made in two studies")
    conditions, tasks = condition_order(table["condition"]), task_order(table["task"])
    pairs = set(zip(table["condition"], table["task"]))
    rows = [(condition, task) for condition in conditions for task in tasks if (condition, task) in pairs]
    studies = sorted(table["study"].unique())
    styles = looks(studies)
    figure, (ax,) = new_figure(width=8.2, height=1.5 + _ROW * len(rows))
    shift = 0.7 / max(len(studies) - 1, 1)
    for row in table.itertuples():
        style = styles[row.study]
        y = rows.index((row.condition, row.task)) + shift * (studies.index(row.study) - (len(studies) - 1) / 2)
        if row.low == row.low:
            ax.plot([row.low * POINTS, row.high * POINTS], [y, y], color=style.colour, linewidth=1.4)
        ax.plot(
            row.estimate * POINTS, y, style.marker, color=style.colour, markersize=5, markeredgewidth=1.2,
            markerfacecolor=style.colour if row.clear else "white",
        )  # fmt: skip
    names = [f"{condition_title(condition)}: {rows_title(task)}" for condition, task in rows]
    ax.set_yticks(range(len(rows)), names, fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    reach_around_zero(ax)
    ax.set_xlabel("gain in points")
    ax.set_title("Gain over no intermediate task, by study")
    marks = [
        Line2D([], [], marker=styles[name].marker, linestyle="none", color=styles[name].colour, label=name)
        for name in studies
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=min(len(marks), 5), fontsize=8, frameon=False)
    return figure
