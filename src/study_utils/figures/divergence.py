"""How far intermediate tasks are from targets, gains beside it, and how much representations change."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import is_source, join_languages, require_columns
from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.titles import condition_order, condition_title, encoder_title, task_title
from study_utils.figures.style import (
    FAINT,
    INK,
    MUTED,
    POINTS,
    SCORE_COLOURS,
    grid_shape,
    new_figure,
    nothing,
    reach_around_zero,
    styled,
    task_order,
)
from study_utils.sentences.gains import titled

_NOTHING = "No divergence to show: the study does not ask the question 'divergence'"
_BY_FORMAT = {
    "classify": ("o", "#0173b2"),
    "regress": ("s", "#de8f05"),
    "choose": ("^", "#029e73"),
    "tag": ("D", "#cc78bc"),
    "answer": ("X", "#d55e00"),
    "retrieve": ("v", "#332288"),
}
_HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo", "--")
_BAR_COLOURS = ("#0173b2", "#f2c27f", "#8fd0ba", "#e6bfdd", "#d55e00", "#9d95cf", "#d6d694", "#c99aae")


@styled
def plot_divergence_map(table: pd.DataFrame, *, measure: str = "mmd") -> Figure:
    """Show one measure between every condition and the languages of each target, averaged within families.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.questions.divergence.table.divergence_table`; the source language is left out.
    measure : str
        One of `MEASURES`.
    """
    require_columns(table, ("encoder", "condition", "task", "language", measure), table="table of divergence")
    kept = table[~is_source(table) & table[measure].notna()]
    if kept.empty:
        return nothing(_NOTHING)
    kept = join_languages(kept)
    kept["group"] = group_labels(kept)
    encoders, tasks, conditions = (
        sorted(kept["encoder"].unique()),
        task_order(kept["task"]),
        condition_order(kept["condition"]),
    )
    sizes = kept.groupby("group")["language"].nunique()
    groups = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    grids = {
        (encoder, task): part.pivot_table(index="group", columns="condition", values=measure).reindex(
            groups, columns=conditions
        )
        for (encoder, task), part in kept.groupby(["encoder", "task"])
    }
    low, high = (f([f(g.min().min() if f is min else g.max().max() for g in grids.values())]) for f in (min, max))
    panels = [(encoder, task) for encoder in encoders for task in tasks]
    lines, columns = grid_shape(len(panels), 2)
    figure, axes = new_figure(
        width=2.2 + columns * (0.6 + 0.52 * len(conditions)), height=0.9 + lines * (1.3 + 0.26 * len(groups)),
        rows=lines, columns=columns, sharey=True,
    )  # fmt: skip
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    image = None
    for ax, (encoder, task) in zip(axes, panels):
        values = grids[encoder, task].to_numpy(float)
        image = ax.imshow(values, cmap=SCORE_COLOURS, vmin=low, vmax=high, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                dark = value > low + 0.6 * (high - low)
                ax.text(
                    column, row, f"{value:.2f}", ha="center", va="center", fontsize=6.5, color="white" if dark else INK
                )
        ax.set_xticks(
            range(len(conditions)), [condition_title(c) for c in conditions], rotation=35, ha="right", fontsize=7.5
        )
        names = [g if sizes[g] == 1 else f"{g} ({sizes[g]} languages)" for g in groups]
        ax.set_yticks(range(len(groups)), names, fontsize=7.5)
        ax.grid(visible=False)
        title = task_title(task)
        ax.set_title(f"{title}\n{encoder_title(encoder)}" if len(encoders) > 1 else title, fontsize=9.5)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, label=f"{MEASURES[measure]} (darker: farther)")
    bar.outline.set_edgecolor(FAINT)
    figure.suptitle(
        f"How far each intermediate task is from each target: {MEASURES[measure]}", fontsize=11, x=0.01, ha="left"
    )
    return figure


@styled
def plot_gain_by_divergence(cells: pd.DataFrame) -> Figure:
    """Show gains beside divergence: one panel a measure, one mark an intermediate task and target.

    Both are differences from the mean of all intermediate tasks on the same target and language, averaged over
    languages: what the slopes between tasks are estimated from. Marks tell the format of the intermediate task.

    Parameters
    ----------
    cells : pandas.DataFrame
        `cells` of `study_utils.analysis.questions.divergence.explain.explain_gains`.
    """
    require_columns(cells, ("encoder", "condition", "task", "language", "gain"), table="table of gains and divergence")
    measures = [m for m in MEASURES if m in cells and cells[m].notna().any()]
    if cells.empty or not measures:
        return nothing(_NOTHING)
    place = ["encoder", "task", "language"]
    values = cells[[*measures, "gain"]]
    values = values - values.groupby([cells[name] for name in place]).transform("mean")
    means = values.groupby([cells["encoder"], cells["condition"], cells["task"]]).mean().reset_index()
    means["format"] = [TASKS[CONDITIONS[key].tasks[0]].format for key in means["condition"]]
    lines, columns = grid_shape(len(measures), 3)
    figure, axes = new_figure(
        width=1.2 + 2.7 * columns, height=0.9 + 2.5 * lines,
        rows=lines, columns=columns, sharey=True,
    )  # fmt: skip
    for ax in axes[len(measures) :]:
        ax.set_axis_off()
    formats = [name for name in _BY_FORMAT if name in set(means["format"])]
    for number, (ax, measure) in enumerate(zip(axes, measures)):
        for name in formats:
            marker, colour = _BY_FORMAT[name]
            part = means[means["format"] == name]
            ax.plot(
                part[measure], part["gain"] * POINTS, linestyle="none", marker=marker, markersize=5, color=colour,
                markerfacecolor="white", markeredgewidth=1.3,
            )  # fmt: skip
        ax.axhline(0, color=INK, linewidth=1, zorder=1)
        ax.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
        ax.set_title(MEASURES[measure][0].upper() + MEASURES[measure][1:], fontsize=9.5)
        ax.set_xlabel("farther than the other tasks \N{RIGHTWARDS ARROW}")
        if number % columns == 0:
            ax.set_ylabel("gain against the\nother tasks in points")
        ax.margins(0.1)
        ax.locator_params(axis="x", nbins=5)
    reach_around_zero(axes[0], "y")
    handles = [
        Line2D([], [], marker=_BY_FORMAT[n][0], color=_BY_FORMAT[n][1], markerfacecolor="white", linestyle="none",
               markeredgewidth=1.3, label=n) for n in formats
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=len(formats), frameon=False, fontsize=8)
    figure.suptitle("Gain beside divergence, within targets and languages", fontsize=11, x=0.01, ha="left")
    return figure


@styled
def plot_slopes_by_target(by_target: pd.DataFrame, slopes: pd.DataFrame) -> Figure:
    """Show the slope of each measure on every target and over all: one panel a measure, with intervals.

    Parameters
    ----------
    by_target, slopes : pandas.DataFrame
        Of `study_utils.analysis.questions.divergence.explain.explain_gains`.
    """
    require_columns(
        by_target, ("measure", "part", "task", "estimate", "low", "high"), table="table of slopes by target"
    )
    known = pd.concat([by_target, slopes.assign(task=_ALL)], ignore_index=True)
    known = known[known["withheld"] == ""]
    panels = [(e, m) for e in known["encoder"].unique() for m in MEASURES if m in set(known["measure"])]
    if not panels:
        return nothing("No slope of any measure can be told here")
    targets = [*task_order(known.loc[known["task"] != _ALL, "task"].unique()), _ALL]
    parts = [name for name in _OF_PART if name in set(known["part"])]
    lines, columns = grid_shape(len(panels), 3)
    figure, axes = new_figure(
        width=max(2.0 + 2.4 * columns, 5.6),  # of the title
        height=1.1 + lines * (0.7 + 0.3 * len(targets)),
        rows=lines,
        columns=columns,
        sharey=True,
    )
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    for number, (ax, (encoder, measure)) in enumerate(zip(axes, panels)):
        here = known[(known["encoder"] == encoder) & (known["measure"] == measure)]
        for place, name in enumerate(parts):
            part = here[here["part"] == name]
            where = part["task"].map(targets.index) + 0.22 * (place - (len(parts) - 1) / 2)
            marker, colour, _ = _OF_PART[name]
            reach = [(part["estimate"] - part["low"]) * POINTS, (part["high"] - part["estimate"]) * POINTS]
            ax.errorbar(
                part["estimate"] * POINTS, where, xerr=reach, fmt=marker, color=colour, markersize=4.5,
                markerfacecolor="white", markeredgewidth=1.3, elinewidth=1.2,
            )  # fmt: skip
        ax.axvline(0, color=INK, linewidth=1, zorder=1)
        ax.axhline(len(targets) - 1.5, color=FAINT, linewidth=1)
        ax.set_yticks(range(len(targets)), [_ALL if t == _ALL else task_title(t) for t in targets], fontsize=8)
        ax.set_ylim(len(targets) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        title = titled(encoder, MEASURES[measure], known)
        ax.set_title(title[0].upper() + title[1:], fontsize=9.5)
        if number >= len(panels) - columns:
            ax.set_xlabel("points of gain")
    handles = [
        Line2D([], [], marker=m, color=c, markerfacecolor="white", markeredgewidth=1.3, linestyle="none", label=text)
        for m, c, text in (_OF_PART[name] for name in parts)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8)
    figure.suptitle("Gain with one standard deviation more divergence, by target", fontsize=11, x=0.01, ha="left")
    return figure


_ALL = "all targets"
_OF_PART = {
    "task": ("o", "#0173b2", "between intermediate tasks"),
    "language": ("s", "#d55e00", "between languages of a family"),
}


@styled
def plot_change(table: pd.DataFrame) -> Figure:
    """Show how much intermediate training changes the representation of each target: bars, mean over languages.

    Parameters
    ----------
    table : pandas.DataFrame
        From `divergence_table`; `change` is 1 - CKA before and after.
    """
    require_columns(table, ("encoder", "condition", "task", "language", "change"), table="table of divergence")
    kept = table[table["change"].notna()]
    if kept.empty:
        return nothing(_NOTHING)
    means = kept.groupby(["encoder", "condition", "task"])["change"].mean()
    encoders, tasks, conditions = (
        sorted(kept["encoder"].unique()),
        task_order(kept["task"]),
        condition_order(kept["condition"]),
    )
    figure, axes = new_figure(
        width=2.2 + 4.2 * len(encoders), height=1.4 + 0.16 * len(conditions) * (len(tasks) + 0.7),
        columns=len(encoders), sharex=True, sharey=True,
    )  # fmt: skip
    step = 0.8 / len(tasks)
    for ax, encoder in zip(axes, encoders):
        part = means.loc[encoder].unstack("task").reindex(conditions)
        for place, task in enumerate(tasks):
            where = np.arange(len(conditions)) - 0.4 + (place + 0.5) * step
            kind = place % len(_HATCHES)
            ax.barh(
                where, part.get(task, np.nan), height=0.9 * step, color=_BAR_COLOURS[kind],
                hatch=_HATCHES[kind], edgecolor=INK, linewidth=0.5, label=task_title(task),
            )  # fmt: skip
        ax.set_yticks(range(len(conditions)), [condition_title(c) for c in conditions], fontsize=8)
        ax.set_ylim(len(conditions) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("1 \N{MINUS SIGN} CKA before and after (0: unchanged)")
        if len(encoders) > 1:
            ax.set_title(encoder_title(encoder), fontsize=9.5)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(tasks)), frameon=False, fontsize=8)
    figure.suptitle("How much intermediate training changes the targets' sentences", fontsize=11, x=0.01, ha="left")
    return figure
