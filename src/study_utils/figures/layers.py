"""Retrieval scores of every layer of the encoder, before and after each intermediate task."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from study_utils.analysis.questions.layers import LAYER_COLUMNS
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.titles import condition_order, condition_title, encoder_title, metric_title, rows_title
from study_utils.figures.style import (
    INK,
    MUTED,
    POINTS,
    grid_shape,
    looks,
    new_figure,
    nothing,
    styled,
    task_order,
    wrapped,
)

_PER_ROW, _WIDTH, _HEIGHT = 2, 5.2, 3.6
_LINE = 0.055
"""Share of a panel's height that a line of text takes."""


@styled
def plot_layers(table: pd.DataFrame) -> Figure:
    """Show the score at every layer: one panel a task and encoder, one line a condition, named at its end.

    The layer that is read is marked.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.layer_gains`.
    """
    require_columns(table, tuple(LAYER_COLUMNS), table="table of layers")
    if table.empty:
        return nothing("No layers to show: the study has no retrieval target")
    tasks, encoders = task_order(table["task"]), list(table["encoder"].unique())
    shown = [(task, encoder) for task in tasks for encoder in encoders]
    shown = [pair for pair in shown if ((table["task"] == pair[0]) & (table["encoder"] == pair[1])).any()]
    rows, columns = grid_shape(len(shown), _PER_ROW)
    figure, panels = new_figure(width=_WIDTH * columns, height=_HEIGHT * rows + 0.3, rows=rows, columns=columns)
    styles = looks(table["condition"])
    for ax, (task, encoder) in zip(panels, shown):
        part = table[(table["task"] == task) & (table["encoder"] == encoder)]
        _mark_read(ax, part)
        ends = {}
        for key in condition_order(part["condition"]):
            line = part[part["condition"] == key].sort_values("layer")
            style = styles[key]
            ax.plot(
                line["layer"], line["score"] * POINTS, color=style.colour, marker=style.marker, markersize=3.5,
                linestyle=style.dashes, linewidth=1.5,
            )  # fmt: skip
            ends[key] = float(line["score"].iloc[-1]) * POINTS
        _name_ends(ax, ends, {key: styles[key].colour for key in ends}, int(part["layer"].max()))
        title = rows_title(task) + (f"\n{encoder_title(encoder)}" if len(encoders) > 1 else "")
        ax.set_title(wrapped(title, _WIDTH))
        ax.set(xlabel="transformer layers passed (0: embeddings)", ylabel=f"{metric_title(part['metric'].iloc[0])}, %")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in panels[len(shown) :]:
        ax.set_visible(False)
    figure.suptitle("Retrieval score by layer, mean of zero-shot languages", fontsize=11, x=0.01, ha="left")
    return figure


def _mark_read(ax: Axes, part: pd.DataFrame) -> None:
    read = part.loc[part["used"], ["layer", "depth"]].iloc[0]
    ax.axvline(read["layer"], color=MUTED, linewidth=1.2, linestyle=":")
    ax.annotate(
        f"read: layer {read['layer']} of {read['depth']}", xy=(read["layer"], 0), xycoords=("data", "axes fraction"),
        xytext=(-4, 4), textcoords="offset points", fontsize=8, color=INK, ha="right",
    )  # fmt: skip


def _name_ends(ax: Axes, ends: dict[str, float], colours: dict[str, str], last: int) -> None:
    """Name lines beside their ends, moved apart where they are near."""
    low, high = ax.get_ylim()
    keys, places = sorted(ends, key=ends.get), []
    for key in keys:
        places.append(max(ends[key], places[-1] + (high - low) * _LINE if places else ends[key]))
    beside = sum(place - ends[key] for key, place in zip(keys, places)) / len(keys)
    for key, place in zip(keys, (place - beside for place in places)):
        ax.annotate(
            condition_title(key), xy=(last, ends[key]), xytext=(last * 1.03 + 0.1, place), fontsize=8,
            color=colours[key], va="center", annotation_clip=False,
        )  # fmt: skip
