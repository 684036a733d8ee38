"""Gains over the baseline with intervals by task and by family, and beside the gap to the source language."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import join_languages, require_columns
from study_utils.catalog.titles import condition_order, condition_title, encoder_title, source_name, task_title
from study_utils.figures.heatmaps import group_order
from study_utils.figures.style import (
    INK,
    MUTED,
    POINTS,
    draw_interval,
    grid_shape,
    looks,
    new_figure,
    nothing,
    styled,
    wrapped,
)

_PER_ROW, _PANEL = 6, 1.55
_GAPS_PER_ROW, _GAPS_PANEL = 4, 2.6
_NAMED_TASKS = 3
_FAR = 2.0
"""Times the room of nine of ten interval ends that all may take."""
_NOTHING = "No gains to show: no condition besides the baseline has a zero-shot language"


_NEEDED = ("encoder", "condition", "estimate", "low", "high", "level", "clear", "n_languages", "tasks", "collapsed")


@styled
def plot_task_gains(table: pd.DataFrame) -> Figure:
    """Show the mean gain on every target task with its interval: one panel a condition, one row a task.

    Filled marks are clear results, open marks are not; a cross has no interval; a dagger has runs that failed.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.task_gains`.
    """
    needed = [name for name in _NEEDED if name != "tasks"]
    require_columns(table, ("task", *needed), table="table of gains by task")
    if table.empty:
        return nothing(_NOTHING)
    tasks = list(dict.fromkeys(table["task"]))
    counts = table.groupby("task")["n_languages"]
    names = [f"{task_title(key)} ({_between(counts.get_group(key))} languages)" for key in tasks]
    return _forest(table, "task", tasks, names, title="Zero-shot gain by target task over no intermediate task")


@styled
def plot_family_gains(families: pd.DataFrame) -> Figure:
    """Show mean gains with their intervals: one panel a condition, one row a family, marks as in `plot_task_gains`.

    Row labels say how many languages, and which tasks, stand behind them.

    Parameters
    ----------
    families : pandas.DataFrame
        From `study_utils.analysis.family_gains`.
    """
    require_columns(families, ("group", "unit", *_NEEDED), table="family table")
    if families.empty:
        return nothing(_NOTHING)
    groups = group_order(families)
    units = families.drop_duplicates("group").set_index("group").loc[groups, "unit"]
    title = "Zero-shot gain over no intermediate task, every task weighing the same"
    return _forest(
        families, "group", groups, _group_names(families, groups), title=title, above=int((units != "language").sum())
    )


def _forest(table: pd.DataFrame, key: str, rows: list[str], names: list[str], *, title: str, above: int = 0) -> Figure:
    """Estimates with intervals; a line parts the first rows (`above`) from the others."""
    left, right = _span(table)
    figure, panels, used = _condition_panels(table, rows=len(rows), row_height=0.3)
    styles = looks(table["condition"])
    failed = table["collapsed"] != ""
    for name in ("at_chance", "not_learnt"):
        failed |= table[name] != "" if name in table else False
    for ax, (encoder, condition) in zip(panels, used):
        part = table.assign(failed=failed)[(table["encoder"] == encoder) & (table["condition"] == condition)]
        style = styles[condition]
        for row in part.itertuples():
            y = rows.index(getattr(row, key))
            if np.isfinite(row.low):
                ends = row.low * POINTS, row.high * POINTS
                draw_interval(ax, *ends, y, limits=(left, right), colour=style.colour)
            marker = style.marker if np.isfinite(row.low) else "x"
            face = style.colour if row.clear else "white"
            ax.plot(
                row.estimate * POINTS, y, marker=marker, markersize=6, markerfacecolor=face,
                markeredgecolor=style.colour, markeredgewidth=1.4, linestyle="none", zorder=4,
            )  # fmt: skip
            if row.failed:
                ax.annotate(
                    "\N{DAGGER}", (row.estimate * POINTS, y), xytext=(4, 3), textcoords="offset points", fontsize=9
                )
        _finish(ax, names, label="gain in points")
        ax.set_xlim(left, right)
        if 0 < above < len(rows):
            ax.axhline(above - 0.5, color=MUTED, linewidth=0.8)
    _explain(figure, table, cut=(left, right), failed=bool(failed.any()))
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _explain(figure: Figure, table: pd.DataFrame, *, cut: tuple[float, float], failed: bool) -> None:
    """Legend of the marks that occur."""
    open_label = f"not clear; line: {table['level'].iloc[0]:.0%} interval"
    handles = [
        Line2D([], [], marker="o", color=INK, markerfacecolor=INK, label="clear after correction"),
        Line2D([], [], marker="o", color=INK, markerfacecolor="white", label=open_label),
    ]
    if table["low"].isna().any():
        handles.append(Line2D([], [], marker="x", color=INK, linestyle="none", label="interval withheld"))
    if (table["low"] * POINTS < cut[0]).any() or (table["high"] * POINTS > cut[1]).any():
        handles.append(Line2D([], [], marker=">", color=INK, label="goes on beyond the picture"))
    if failed:
        dagger = Line2D([], [], marker="$\N{DAGGER}$", color=INK, linestyle="none", label="with runs that failed")
        handles.append(dagger)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)


@styled
def plot_gap_gains(table: pd.DataFrame) -> Figure:
    """Show the gain of each language beside its transfer gap without intermediate training: one panel a condition.

    The languages with the largest and smallest gains are named.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.gap_gains`.
    """
    require_columns(table, ("encoder", "condition", "language", "gap", "gain"), table="table of gaps")
    if table.empty:
        return nothing(
            f"No gaps to show: no target scores {source_name(())}, or no condition besides the baseline is zero-shot"
        )
    names = join_languages(table)["name"]
    encoders, conditions = sorted(table["encoder"].unique()), condition_order(table["condition"])
    used = [(encoder, condition) for encoder in encoders for condition in conditions]
    lines, columns = grid_shape(len(used), _GAPS_PER_ROW)
    figure, axes = new_figure(
        width=1.0 + max(_GAPS_PANEL * columns, 4.2), height=0.7 + 2.6 * lines,
        rows=lines, columns=columns, sharex=True, sharey=True,
    )  # fmt: skip
    for ax in axes[len(used) :]:
        ax.set_axis_off()
    styles = looks(conditions)
    for number, (ax, (encoder, condition)) in enumerate(zip(axes, used)):
        part = table[(table["encoder"] == encoder) & (table["condition"] == condition)]
        style = styles[condition]
        ax.plot(
            part["gap"] * POINTS, part["gain"] * POINTS, linestyle="none", marker=style.marker, markersize=5,
            color=style.colour, markerfacecolor="white", markeredgewidth=1.2,
        )  # fmt: skip
        order = part["gain"].sort_values().index
        middle = part["gap"].median()
        for place, below in [*((i, True) for i in order[:1]), *((i, False) for i in order[1:][-1:])]:
            x, y = part.loc[place, "gap"] * POINTS, part.loc[place, "gain"] * POINTS
            right = part.loc[place, "gap"] > middle
            ax.annotate(names[place], (x, y), xytext=(0, -11 if below else 5), textcoords="offset points", fontsize=7.5,
                        ha="right" if right else "left", color=INK)  # fmt: skip
        ax.axhline(0, color=INK, linewidth=1, zorder=1)
        title = condition_title(condition)
        title = f"{title}\n{encoder_title(encoder)}" if len(encoders) > 1 else title
        ax.set_title(wrapped(title, _GAPS_PANEL), fontsize=9.5)
        if number + columns >= len(used):
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("gap without it in points")
        ax.set_ylabel("gain in points")
        ax.margins(0.12)
    figure.suptitle("Gain beside the transfer gap of the baseline, by language", fontsize=11, x=0.01, ha="left")
    return figure


def _span(families: pd.DataFrame) -> tuple[float, float]:
    """Limits of the axis in points: all estimates and interval ends.

    Where these take more than twice the room of nine of ten of them (two languages can give huge ones): those nine.
    """
    estimates = families["estimate"].to_numpy(float)
    ends = families[["low", "high"]].to_numpy(float)
    ends = ends[np.isfinite(ends)]
    inner = [*estimates, *(np.quantile(ends, [0.05, 0.95]) if len(ends) else []), 0.0]
    every = [*estimates, *ends, 0.0]
    reach = every if np.ptp(every) <= _FAR * np.ptp(inner) else inner
    low, high = min(reach) * POINTS, max(reach) * POINTS
    margin = max(0.06 * (high - low), 0.5)
    return low - margin, high + margin


def _condition_panels(
    table: pd.DataFrame, *, rows: int, row_height: float
) -> tuple[Figure, list[Axes], list[tuple[str, str]]]:
    encoders, conditions = sorted(table["encoder"].unique()), condition_order(table["condition"])
    used = [(encoder, condition) for encoder in encoders for condition in conditions]
    lines, columns = grid_shape(len(used), _PER_ROW)
    figure, axes = new_figure(
        width=4.0 + max(_PANEL * columns, 3.0),
        height=0.9 + lines * (0.9 + row_height * max(rows, 2)),
        rows=lines,
        columns=columns,
        sharex=True,
        sharey=True,
    )
    for ax in axes[len(used) :]:
        ax.set_axis_off()
    for number, (ax, (encoder, condition)) in enumerate(zip(axes, used)):
        title = condition_title(condition)
        title = f"{title}\n{encoder_title(encoder)}" if len(encoders) > 1 else title
        ax.set_title(wrapped(title, 0.8 * _PANEL), fontsize=9.5)
        if number + columns >= len(used):
            ax.tick_params(labelbottom=True)
    return figure, axes[: len(used)], used


def _finish(ax: Axes, names: list[str], *, label: str) -> None:
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    ax.grid(visible=False, axis="y")
    if ax.xaxis.get_tick_params().get("labelbottom", True):
        ax.set_xlabel(label)


def _group_names(families: pd.DataFrame, groups: list[str]) -> list[str]:
    """Names with the number of languages and, where groups differ in them, the tasks."""
    differ = families["tasks"].nunique() > 1
    every = {task for tasks in families["tasks"] for task in tasks.split()}
    names = []
    for group in groups:
        part = families[families["group"] == group]
        told = [] if (part["unit"] == "language").all() else [f"{_between(part['n_languages'])} languages"]
        if differ:
            tasks = sorted({task for tasks in part["tasks"] for task in tasks.split()})
            few = len(tasks) <= _NAMED_TASKS and len(tasks) < len(every)
            of = ", ".join(task_title(task) for task in tasks) if few else f"{len(tasks)} of {len(every)} tasks"
            told.append("all tasks" if len(tasks) == len(every) else of)
        names.append(f"{group} ({'; '.join(told)})" if told else group)
    return names


def _between(counts: pd.Series) -> str:
    low, high = counts.min(), counts.max()
    return f"{low}" if low == high else f"{low}\N{EN DASH}{high}"
