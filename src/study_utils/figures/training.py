"""How training went: loss curves and English validation scores."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import require_columns
from study_utils.catalog import TASKS
from study_utils.catalog.titles import condition_title, encoder_title, metric_label, task_title
from study_utils.figures.style import (
    MUTED,
    POINTS,
    condition_order,
    grid_shape,
    looks,
    new_figure,
    nothing,
    styled,
    task_order,
)

_PER_ROW = 3
_SMOOTHING = 0.05
"""Losses are averaged over this share of a run's logged steps."""


@styled
def plot_loss(history: pd.DataFrame) -> Figure:
    """Show training loss by step: one panel a task, one line a run, one colour and dash a condition.

    Parameters
    ----------
    history : pandas.DataFrame
        One row a logged step: `encoder`, `condition`, `seed`, `task`, `step`, `loss`.
    """
    if history.empty:
        return nothing("Nothing was trained in this stage")
    require_columns(history, ("encoder", "condition", "seed", "task", "step", "loss"), table="training history")
    styles = looks(history["condition"])
    panels = _panels(history)
    figure, axes = _grid(len(panels), height=2.5)
    for ax, (encoder, task, title) in zip(axes, panels):
        part = history[(history["encoder"] == encoder) & (history["task"] == task)]
        for (condition, _), run in part.groupby(["condition", "seed"], sort=False):
            run = run.sort_values("step")
            window = max(1, round(len(run) * _SMOOTHING))
            smooth = run["loss"].rolling(window, min_periods=1).mean()
            style = styles[condition]
            ax.plot(run["step"], smooth, color=style.colour, linestyle=style.dashes, linewidth=1.1, alpha=0.85)
        ax.set(title=title, xlabel="step", ylabel="training loss")
        ax.set_ylim(bottom=0)
    handles = [
        Line2D([], [], color=styles[key].colour, linestyle=styles[key].dashes, label=condition_title(key))
        for key in condition_order(history["condition"])
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4), frameon=False, fontsize=8)
    return figure


@styled
def plot_validation(validation: pd.DataFrame) -> Figure:
    """Show the English validation score of the chosen epoch: one panel a task, small marks are seeds, dashes chance.

    Parameters
    ----------
    validation : pandas.DataFrame
        One row a run, epoch, task and metric: `encoder`, `condition`, `seed`, `task`, `metric`, `value` (fraction),
        `primary`, `chosen`.
    """
    if validation.empty:
        return nothing("Nothing was trained in this stage")
    needed = ("encoder", "condition", "seed", "task", "metric", "value", "primary", "chosen")
    require_columns(validation, needed, table="validation table")
    kept = validation[validation["primary"].astype(bool) & validation["chosen"].astype(bool)]
    styles = looks(kept["condition"])
    panels = _panels(kept)
    rows = kept.groupby(["encoder", "task"])["condition"].nunique().max()
    figure, axes = _grid(len(panels), height=1.1 + 0.3 * rows)
    for ax, (encoder, task, title) in zip(axes, panels):
        part = kept[(kept["encoder"] == encoder) & (kept["task"] == task)]
        conditions = condition_order(part["condition"])
        for place, key in enumerate(conditions):
            values = part.loc[part["condition"] == key, "value"] * POINTS
            style = styles[key]
            ax.plot(values, [place] * len(values), "|", color=style.colour, markersize=9, alpha=0.6)
            ax.plot(values.mean(), place, style.marker, color=style.colour, markersize=6)
        if task in TASKS and TASKS[task].chance:
            ax.axvline(TASKS[task].chance * POINTS, color=MUTED, linestyle="--", linewidth=1)
        ax.set_yticks(range(len(conditions)), [condition_title(key) for key in conditions], fontsize=8)
        ax.set_ylim(len(conditions) - 0.5, -0.5)
        ax.set(title=title, xlabel=metric_label(part["metric"].iloc[0]))
        ax.grid(visible=False, axis="y")
        ax.margins(x=0.12)
    return figure


def _panels(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    encoders = sorted(frame["encoder"].unique())
    return [
        (
            encoder,
            task,
            f"{task_title(task)}\n{encoder_title(encoder)}" if len(encoders) > 1 else task_title(task),
        )
        for encoder in encoders
        for task in task_order(frame.loc[frame["encoder"] == encoder, "task"])
    ]


def _grid(panels: int, *, height: float):
    lines, columns = grid_shape(panels, _PER_ROW)
    figure, axes = new_figure(width=1.2 + 3.3 * columns, height=0.5 + height * lines, rows=lines, columns=columns)
    for ax in axes[panels:]:
        ax.set_axis_off()
    return figure, axes
