"""Epoch by epoch: the selection score in the source language beside the score in the target languages."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study_utils.analysis.questions.epochs import MEAN, RUN, epoch_choices
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.titles import condition_order, condition_title, encoder_title, source_names, task_title
from study_utils.figures.style import (
    INK,
    POINTS,
    Look,
    grid_shape,
    looks,
    new_figure,
    styled,
    task_order,
)

_PER_ROW = 3


@styled
def plot_epochs(curves: pd.DataFrame) -> Figure:
    """Show two lines a run over its epochs: dashes the selection score, solid the zero-shot macro average.

    One panel an encoder and target, one colour a condition, thin lines are seeds. On the macro average a dot marks the
    epoch that the selection score chooses and a ring the oracle's; a diamond beyond the last epoch is the mean of all
    epochs' weights, where it was kept.

    Parameters
    ----------
    curves : pandas.DataFrame
        What `study_utils.analysis.epochs.epoch_curves` returns, not empty.
    """
    require_columns(curves, (*RUN, "epoch", "selection", "target"), table="table of epochs")
    styles, choices = looks(curves["condition"]), epoch_choices(curves).set_index(list(RUN))
    panels = [
        (encoder, task) for encoder in sorted(curves["encoder"].unique()) for task in task_order(curves["task"])
        if ((curves["encoder"] == encoder) & (curves["task"] == task)).any()
    ]  # fmt: skip
    lines, columns = grid_shape(len(panels), _PER_ROW)
    figure, axes = new_figure(width=1.2 + 3.1 * columns, height=1.0 + 2.5 * lines, rows=lines, columns=columns)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    several = curves["encoder"].nunique() > 1
    for ax, (encoder, task) in zip(axes, panels):
        part = curves[(curves["encoder"] == encoder) & (curves["task"] == task)]
        for run, rows in part.groupby(list(RUN), sort=False):
            choice = choices.loc[run] if run in choices.index else None
            _draw_run(ax, rows, styles[run[1]].colour, choice)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        title = f"{task_title(task)}\n{encoder_title(encoder)}" if several else task_title(task)
        ax.set(title=title, xlabel="epoch", ylabel="score (%)")
    _draw_legend(figure, curves, styles)
    return figure


def _draw_run(ax: Axes, rows: pd.DataFrame, colour: str, choice: pd.Series | None) -> None:
    each = rows[rows["epoch"] != MEAN].sort_values("epoch").set_index("epoch")
    target = each["target"] * POINTS
    ax.plot(each.index, each["selection"] * POINTS, color=colour, linestyle="--", linewidth=0.8, alpha=0.7)
    ax.plot(each.index, target, color=colour, linewidth=1.0)
    if choice is not None:
        ax.plot(choice["chosen"], target[choice["chosen"]], "o", color=colour, markersize=4)
        ax.plot(choice["oracle"], target[choice["oracle"]], "o", color=colour, markersize=8, fillstyle="none")
    mean = rows.loc[rows["epoch"] == MEAN, "target"] * POINTS
    ax.plot([each.index.max() + 0.5] * len(mean), mean, "D", color=colour, markersize=4)


def _draw_legend(figure: Figure, curves: pd.DataFrame, styles: dict[str, Look]) -> None:
    selection = f"selection score ({source_names(curves['task'])})"
    kinds = [
        Line2D([], [], color=INK, linestyle="--", linewidth=0.8, label=selection),
        Line2D([], [], color=INK, linewidth=1.0, label="macro average, zero-shot languages"),
        Line2D([], [], color=INK, linestyle="none", marker="o", markersize=4, label="chosen by the selection score"),
        Line2D([], [], color=INK, linestyle="none", marker="o", markersize=8, fillstyle="none", label="oracle"),
    ]
    if (curves["epoch"] == MEAN).any():
        kinds.append(Line2D([], [], color=INK, linestyle="none", marker="D", markersize=4, label="mean of all epochs"))
    conditions = [
        Line2D([], [], color=styles[key].colour, linewidth=2, label=condition_title(key))
        for key in condition_order(curves["condition"])
    ]
    handles = [*kinds, *conditions]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
