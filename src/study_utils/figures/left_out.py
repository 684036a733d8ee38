"""What leaving out one language or one task does to a gain."""

from __future__ import annotations

import re
from textwrap import shorten

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.titles import condition_order, condition_title, encoder_title
from study_utils.figures.style import (
    INK,
    MUTED,
    POINTS,
    looks,
    new_figure,
    nothing,
    styled,
)

_PANEL, _BESIDE = 4.8, 1.5
"""Inches of a panel, and of them beside the bars on each side, for the names."""
_LONGEST_NAME = 22
_LAYER = re.compile(r" \(layer \d+ of \d+\)$")
"""Part of the title of a retrieval target that has no room here."""


@styled
def plot_left_out(table: pd.DataFrame) -> Figure:
    """Show the lowest and the highest gain without one language, and without one task: bars between them, named.

    One row a condition (and encoder); the mark is the gain with all. A name is dark where leaving it out turns the
    sign or decides whether the gain differs from zero after correction.

    Parameters
    ----------
    table : pandas.DataFrame
        From ``sensitivity(..., by="all")``.
    """
    needed = ("encoder", "condition", "left_out", "estimate", "excludes_zero", "lowest", "lowest_without", "highest")
    require_columns(table, (*needed, "highest_without", "sign_changes", "zero_changes"), table="leave-one-out")
    if table.empty:
        return nothing("Nothing can be left out: the study has one language and one task")
    encoders = sorted(table["encoder"].unique())
    rows = [(encoder, key) for encoder in encoders for key in condition_order(table["condition"])]
    names = [condition_title(key) + (f", {encoder_title(e)}" if len(encoders) > 1 else "") for e, key in rows]
    kinds = list(dict.fromkeys(table["left_out"]))
    figure, axes = new_figure(
        width=2.6 + _PANEL * len(kinds), height=1.3 + 0.32 * len(rows), columns=len(kinds), sharey=True
    )
    colours = {key: look.colour for key, look in looks(table["condition"]).items()}
    for ax, kind in zip(axes, kinds):
        part = table[table["left_out"] == kind]
        for row in part.itertuples():
            _draw_range(ax, row, rows.index((row.encoder, row.condition)), colours[row.condition])
        low, high = part["lowest"].min() * POINTS, part["highest"].max() * POINTS
        beside = max(high - low, 0.5) * _BESIDE / (_PANEL - 2 * _BESIDE)
        ax.set_xlim(low - beside, high + beside)
        if low - beside < 0 < high + beside:
            ax.axvline(0, color=INK, linewidth=1, zorder=1)
        ax.set_yticks(range(len(rows)), names, fontsize=8)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        ax.set(title=f"without one {kind}", xlabel="gain in points")
    handles = [
        Line2D([], [], marker="o", color=INK, label="with all; differs from zero after correction"),
        Line2D(
            [],
            [],
            marker="o",
            color=INK,
            markerfacecolor="white",
            label="with all; does not differ from zero after correction",
        ),
        Line2D([], [], linestyle="none", marker="$A$", color=INK, label="leaving this one out changes the conclusion"),
        Line2D([], [], linestyle="none", marker="$A$", color=MUTED, label="leaving this one out changes nothing"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def _draw_range(ax: Axes, row: tuple, y: int, colour: str) -> None:
    low, high = row.lowest * POINTS, row.highest * POINTS
    ax.plot([low, high], [y, y], color=colour, linewidth=3, alpha=0.55, solid_capstyle="butt")
    ax.plot(
        row.estimate * POINTS, y, "o", markersize=5.5, color=colour,
        markerfacecolor=colour if row.excludes_zero else "white", zorder=4,
    )  # fmt: skip
    changes = f", {row.sign_changes}, {row.zero_changes}, "
    for x, name, side, away in ((low, row.lowest_without, "right", -7), (high, row.highest_without, "left", 7)):
        decides = f", {name}, " in changes
        ax.annotate(
            shorten(_LAYER.sub("", str(name)), _LONGEST_NAME, placeholder="…"), (x, y), xytext=(away, 0),
            textcoords="offset points", ha=side, va="center", fontsize=7.5, color=INK if decides else MUTED,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
