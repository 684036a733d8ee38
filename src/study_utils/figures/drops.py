"""What perturbed test rows cost: by family, by condition, and for English against other languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog.parallel import SERIES
from study_utils.catalog.perturbations import variant_title
from study_utils.catalog.titles import condition_order, condition_title, encoder_title
from study_utils.figures.heatmaps import group_order
from study_utils.figures.style import (
    INK,
    MUTED,
    POINTS,
    grid_shape,
    new_figure,
    nothing,
    reach_around_zero,
    styled,
    wrapped,
)

_PER_ROW = 4
_PANEL = 2.1
_NEEDED = ("encoder", "variant", "group", "unit", "estimate", "low", "high", "level", "clear")


@styled
def plot_drops(table: pd.DataFrame) -> Figure:
    """Show drops by family: one panel a variant, one row a family; circles are the baseline, ticks other conditions.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.drops` with ``by="family"``.
    """
    require_columns(table, ("condition", *_NEEDED), table="table of drops")
    if table.empty:
        return nothing("No drops to show: the study has no perturbed test rows")
    groups = group_order(table)
    names = [_group_name(table, group) for group in groups]
    others = table[table["condition"] != BASELINE]
    figure, panels = _panels(table, ["variant"], rows=len(groups))
    for ax, (encoder, variant) in panels:
        ticks = others[(others["encoder"] == encoder) & (others["variant"] == variant)]
        ax.plot(
            ticks["estimate"] * POINTS, [groups.index(group) for group in ticks["group"]], linestyle="none", marker="|",
            markersize=7, color=MUTED, zorder=2,
        )  # fmt: skip
        part = table[(table["encoder"] == encoder) & (table["variant"] == variant)]
        base = part[part["condition"] == BASELINE]
        _intervals(ax, base, [groups.index(group) for group in base["group"]])
        _finish(ax, names, variant_title(variant), encoder, table, label="drop in points")
    more = [Line2D([], [], marker="|", color=MUTED, linestyle="none", label="other conditions")] * (len(others) > 0)
    reach_around_zero(panels[0][0])
    _legend(figure, table, more)
    figure.suptitle("Drop of zero-shot scores on perturbed test rows, baseline", fontsize=11, x=0.01, ha="left")
    return figure


@styled
def plot_drop_differences(table: pd.DataFrame) -> Figure:
    """Show each condition's drop minus the baseline's: one panel a variant, one row a condition; left is better.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.drop_differences` with ``by="all"``.
    """
    require_columns(table, ("arm", *_NEEDED), table="table of differences of drops")
    if table.empty:
        return nothing("No differences of drops to show: no perturbed test rows, or no condition besides the baseline")
    rows = condition_order(table["arm"])
    figure, panels = _panels(table, ["variant"], rows=len(rows))
    for ax, (encoder, variant) in panels:
        part = table[(table["encoder"] == encoder) & (table["variant"] == variant)]
        _intervals(ax, part, [rows.index(name) for name in part["arm"]])
        names = [condition_title(name) for name in rows]
        _finish(ax, names, variant_title(variant), encoder, table, label="difference of drops in points")
    reach_around_zero(panels[0][0])
    _legend(figure, table)
    title = "Drop with intermediate training minus drop without (left: loses less)"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


@styled
def plot_english(table: pd.DataFrame, *, of: str) -> Figure:
    """Show English against other languages: one panel a series, one row a variant or, with families, one panel both.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.english_against_others`.
    of : {"scores", "drops"}
        Which of its two tables.
    """
    require_columns(table, ("series", *_NEEDED), table="table of English against others")
    if table.empty:
        return nothing("Nothing to compare: no intermediate task in English and other languages, or no perturbed rows")
    whole = (table["unit"] == "all").all()
    row_of, panel_of = ("variant", ["series"]) if whole else ("group", ["series", "variant"])
    rows = list(dict.fromkeys(table["variant"])) if whole else group_order(table)
    names = [variant_title(row) if whole else _group_name(table, row) for row in rows]
    label = {"scores": "English minus others in points", "drops": "difference of drops in points"}[of]
    figure, panels = _panels(table, panel_of, rows=len(rows))
    for ax, (encoder, series, *variant) in panels:
        part = table[(table["encoder"] == encoder) & (table["series"] == series)]
        if variant:
            part = part[part["variant"] == variant[0]]
        _intervals(ax, part, [rows.index(row) for row in part[row_of]])
        title = "\n".join([SERIES[series].title, *map(variant_title, variant)])
        _finish(ax, names, title, encoder, table, label=label)
    reach_around_zero(panels[0][0])
    _legend(figure, table)
    title = {
        "scores": "Score: English task minus other languages",
        "drops": "Drop: English task minus other languages (left: English loses less)",
    }[of]
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _panels(table: pd.DataFrame, by: Sequence[str], *, rows: int) -> tuple[Figure, list[tuple[Axes, tuple[str, ...]]]]:
    used = list(table[["encoder", *by]].drop_duplicates().itertuples(index=False, name=None))
    lines, columns = grid_shape(len(used), _PER_ROW)
    figure, axes = new_figure(
        width=2.6 + max(_PANEL * columns, 4.4), height=1.1 + lines * (0.8 + 0.3 * max(rows, 2)), rows=lines,
        columns=columns, sharex=True, sharey=True,
    )  # fmt: skip
    for ax in axes[len(used) :]:
        ax.set_axis_off()
    return figure, list(zip(axes, used))


def _intervals(ax: Axes, part: pd.DataFrame, places: Sequence[int]) -> None:
    for y, row in zip(places, part.itertuples()):
        there = np.isfinite(row.low)
        if there:
            ends = [row.low * POINTS, row.high * POINTS]
            ax.plot(ends, [y, y], color=INK, linewidth=1.6, solid_capstyle="butt", zorder=3)
        ax.plot(
            row.estimate * POINTS, y, marker="o" if there else "x", markersize=6, linestyle="none",
            markerfacecolor=INK if row.clear else "white", markeredgecolor=INK, markeredgewidth=1.3, zorder=4,
        )  # fmt: skip


def _finish(ax: Axes, names: list[str], title: str, encoder: str, table: pd.DataFrame, *, label: str) -> None:
    several = table["encoder"].nunique() > 1
    title = f"{title}\n{encoder_title(encoder)}" if several else title
    ax.set_title(wrapped(title, _PANEL), fontsize=9)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    ax.grid(visible=False, axis="y")
    ax.tick_params(labelbottom=True)
    ax.set_xlabel(label)


def _legend(figure: Figure, table: pd.DataFrame, more: Sequence[Line2D] = ()) -> None:
    level = table["level"].iloc[0]
    open_mark = f"not clear; line: {level:.0%} interval"
    handles = [
        Line2D([], [], marker="o", color=INK, linestyle="none", label="clear after correction"),
        Line2D([], [], marker="o", color=INK, markerfacecolor="white", label=open_mark),
    ]
    if table["low"].isna().any():
        handles.append(Line2D([], [], marker="x", color=INK, linestyle="none", label="interval withheld"))
    figure.legend(handles=[*handles, *more], loc="outside lower center", ncols=4, frameon=False, fontsize=8)


def _group_name(table: pd.DataFrame, group: str) -> str:
    part = table[table["group"] == group]
    return group if (part["unit"] == "language").all() else f"{group} ({part['n_languages'].max()} languages)"
