"""Targets with and without an intermediate task, one encoder beside the other."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.questions.encoders import TARGET_GAIN_COLUMNS, trained_cells
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog import LANGUAGES
from study_utils.catalog.titles import condition_title, encoder_title, task_title
from study_utils.figures.style import (
    INK,
    MUTED,
    draw_estimate,
    grid_shape,
    new_figure,
    nothing,
    reach_around_zero,
    styled,
    wrapped,
)

_MARKS = "osD^vP"
_PER_ROW, _PANEL = 3, 2.2


@styled
def plot_target_gains(gains: pd.DataFrame) -> Figure:
    """Show what an intermediate task changes: one panel a target, one row a condition, one kind of mark an encoder.

    Filled marks are clear results, open marks are not; a mark without a line has no interval.

    Parameters
    ----------
    gains : pandas.DataFrame
        From `study_utils.analysis.questions.encoders.target_gains`; languages are those that a target was trained in.
    """
    require_columns(gains, tuple(TARGET_GAIN_COLUMNS), table="table of gains on targets")
    table = trained_cells(gains)
    if table.empty:
        return nothing("No target was fine-tuned both with and without an intermediate task")
    panels = list(dict.fromkeys(zip(table["task"], table["language"])))
    rows, encoders = (list(dict.fromkeys(table[name])) for name in ("condition", "encoder"))
    lines, columns = grid_shape(len(panels), _PER_ROW)
    figure, axes = new_figure(
        width=3.0 + _PANEL * columns,
        height=0.8 + lines * (0.7 + 0.3 * max(2, len(rows))),
        rows=lines,
        columns=columns,
        sharex=True,
        sharey=True,
    )
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    step = 0.6 / len(encoders)
    for number, (ax, (task, language)) in enumerate(zip(axes, panels)):
        for row in table[(table["task"] == task) & (table["language"] == language)].itertuples():
            place = encoders.index(row.encoder)
            y = rows.index(row.condition) + (place - (len(encoders) - 1) / 2) * step
            draw_estimate(ax, row, y, marker=_MARKS[place % len(_MARKS)])
        ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
        ax.set_title(wrapped(f"{task_title(task)}\nin {LANGUAGES[language].name}", _PANEL), fontsize=9)
        ax.set_xlabel("points")
        if number + columns >= len(panels):
            ax.tick_params(labelbottom=True)
        ax.set_yticks(range(len(rows)), [condition_title(key) for key in rows], fontsize=8.5)
        ax.set_ylim(len(rows) - 0.5, -0.5)
    reach_around_zero(axes[0])
    handles = [
        Line2D([], [], marker=_MARKS[n % len(_MARKS)], color=INK, markerfacecolor="white", label=encoder_title(key))
        for n, key in enumerate(encoders)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.suptitle(
        f"Change of the score by an intermediate task first ({table['level'].iloc[0]:.0%} intervals; filled: clear)",
        fontsize=11, x=0.01, ha="left",
    )  # fmt: skip
    return figure
