"""Gains beside the tree of language families: branches under families, languages as leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import is_source, join_languages, require_columns
from study_utils.catalog.titles import condition_order, condition_title, encoder_title
from study_utils.figures.style import (
    INK,
    MUTED,
    POINTS,
    Look,
    draw_interval,
    grid_shape,
    looks,
    new_figure,
    nothing,
    styled,
    wrapped,
)

_PER_ROW, _PANEL, _TREE, _ROW = 5, 1.7, 2.7, 0.19
_INDENT = 0.16
"""Share of the tree's width that a generation takes."""
_GROUP = ("encoder", "condition", "group", "estimate", "low", "high", "clear")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A row of the tree: a family, a branch or a language (`code` is empty for the first two).

    `groups` are the names under which tables may hold its gain: a family of one branch has that of the branch too.
    """

    label: str
    code: str
    groups: tuple[str, ...]
    depth: int
    parent: int | None


def language_tree(codes: list[str]) -> list[Node]:
    """Lay out languages as a tree, families with more languages first; a node that has one child is left out."""
    facts = join_languages(pd.DataFrame({"language": sorted(set(codes))}))
    nodes: list[Node] = []
    for family in _by_size(facts, "family"):
        members = facts[facts["family"] == family]
        one = tuple(members["branch"].unique()) if members["branch"].nunique() == 1 else ()
        root = _add(nodes, family, None, groups=(family, *one)) if len(members) > 1 else None
        for branch in _by_size(members, "branch"):
            own = members[members["branch"] == branch].sort_values("name")
            parts = len(own) > 1 and members["branch"].nunique() > 1
            above = _add(nodes, branch, root, groups=(branch,)) if parts else root
            for row in own.itertuples():
                _add(nodes, row.name, above, code=row.language)
    return nodes


def _by_size(facts: pd.DataFrame, column: str) -> list[str]:
    counts = facts[column].fillna("").value_counts()
    return sorted(counts.index, key=lambda name: (-counts[name], name))


def _add(nodes: list[Node], label: str, parent: int | None, *, code: str = "", groups: tuple[str, ...] = ()) -> int:
    depth = 0 if parent is None else nodes[parent].depth + 1
    nodes.append(Node(label=label, code=code, groups=groups, depth=depth, parent=parent))
    return len(nodes) - 1


@styled
def plot_family_tree(groups: pd.DataFrame, languages: pd.DataFrame, *, same_data: bool = False) -> Figure:
    """Show the tree of languages with the gains beside it: one panel a condition.

    Diamonds are families and branches with their intervals, filled where clear; dots are languages, averaged over
    tasks, and small ticks their seeds.

    Parameters
    ----------
    groups : pandas.DataFrame
        Rows of `study_utils.analysis.family_gains` by family and by branch.
    languages : pandas.DataFrame
        From `study_utils.analysis.gains`. Zero-shot rows without the source language are shown.
    same_data : bool
        Whether pairs of intermediate and target task made from the same data count.
    """
    require_columns(groups, _GROUP, table="table of families and branches")
    needed = ("encoder", "condition", "task", "language", "seed", "gain", "zero_shot", "same_data")
    require_columns(languages, needed, table="gains")
    kept = languages[languages["zero_shot"].astype(bool) & ~is_source(languages)]
    if not same_data:
        kept = kept[~kept["same_data"].astype(bool)]
    if kept.empty:
        return nothing("No gains to show: no condition besides the baseline has a zero-shot language")
    nodes = language_tree(list(kept["language"]))
    encoders = sorted(kept["encoder"].unique())
    used = [(encoder, key) for encoder in encoders for key in condition_order(kept["condition"])]
    lines, columns = grid_shape(len(used), _PER_ROW)
    figure, axes = new_figure(
        width=_TREE + _PANEL * columns, height=0.9 + lines * (1.0 + _ROW * len(nodes)), rows=lines,
        columns=columns + 1, sharey=True, widths=[_TREE, *[_PANEL] * columns],
    )  # fmt: skip
    for ax in axes[:: columns + 1]:
        _draw_tree(ax, nodes)
    panels = [ax for place, ax in enumerate(axes) if place % (columns + 1)]
    limits = _limits(kept)
    styles, cut = looks(kept["condition"]), False
    for ax, (encoder, key) in zip(panels, used):
        here = [one[(one["encoder"] == encoder) & (one["condition"] == key)] for one in (groups, kept)]
        cut |= _draw_gains(ax, nodes, *here, styles[key], limits)
        title = condition_title(key) + (f"\n{encoder_title(encoder)}" if len(encoders) > 1 else "")
        ax.set_title(wrapped(title, 0.8 * _PANEL), fontsize=9)
    for ax in panels[len(used) :]:
        ax.set_axis_off()
    handles = [
        Line2D([], [], marker="D", color=INK, label="family or branch; filled: clear, line: interval"),
        Line2D([], [], marker="o", linestyle="none", color=INK, label="language; ticks: seeds"),
    ]
    if cut:
        handles.insert(1, Line2D([], [], marker=">", color=INK, label="goes on beyond the picture"))
    ncols = 1 if columns == 1 else 2
    figure.legend(handles=handles, loc="outside lower center", ncols=ncols, frameon=False, fontsize=8)
    figure.suptitle("Zero-shot gain along the tree of languages", fontsize=11, x=0.01, ha="left")
    return figure


def _limits(kept: pd.DataFrame) -> tuple[float, float]:
    """Limits of the axis in points: every language's gain in every seed, and zero."""
    each = kept.groupby(["encoder", "condition", "language", "seed"])["gain"].mean() * POINTS
    low, high = min(each.min(), 0.0), max(each.max(), 0.0)
    margin = max(0.06 * (high - low), 0.5)
    return low - margin, high + margin


def _draw_tree(ax: Axes, nodes: list[Node]) -> None:
    for y, node in enumerate(nodes):
        x = node.depth * _INDENT
        if node.parent is not None:
            stem = nodes[node.parent].depth * _INDENT + 0.03
            ax.plot([stem, stem, x - 0.01], [node.parent + 0.42, y, y], color=MUTED, linewidth=0.8)
        weight = "normal" if node.code else "bold"
        ax.text(x, y, node.label, fontsize=7.5, va="center", fontweight=weight, color=INK)
    ax.set_xlim(0, 1)
    ax.set_ylim(len(nodes) - 0.5, -0.5)
    ax.set_axis_off()


def _draw_gains(
    ax: Axes, nodes: list[Node], groups: pd.DataFrame, gains: pd.DataFrame, look: Look, limits: tuple[float, float]
) -> bool:
    """Draw one panel; say whether an interval goes on beyond it."""
    cut = False
    estimates = groups.drop_duplicates("group").set_index("group")
    by_seed = gains.groupby(["language", "seed"])["gain"].mean() * POINTS
    for y, node in enumerate(nodes):
        if node.code and node.code in by_seed:
            seeds = by_seed[node.code]
            ax.plot(seeds, [y] * len(seeds), "|", markersize=6, color=look.colour, alpha=0.55)
            ax.plot(seeds.mean(), y, "o", markersize=4.5, color=look.colour)
        for row in (estimates.loc[name] for name in [name for name in node.groups if name in estimates.index][:1]):
            if np.isfinite(row["low"]):
                cut |= draw_interval(
                    ax, row["low"] * POINTS, row["high"] * POINTS, y, limits=limits, colour=look.colour
                )
            face = look.colour if row["clear"] else "white"
            ax.plot(row["estimate"] * POINTS, y, "D", markersize=5, color=look.colour, markerfacecolor=face, zorder=4)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    ax.grid(visible=False, axis="y")
    ax.set_xlim(*limits)
    ax.set_xlabel("gain in points")
    ax.tick_params(axis="y", labelleft=False)
    return cut
