"""How training went: loss curves and validation scores."""

from __future__ import annotations

from math import ceil

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import require_columns
from study_utils.catalog import TASKS
from study_utils.catalog.titles import (
    beside_task,
    condition_order,
    condition_title,
    encoder_title,
    metric_label,
    task_title,
)
from study_utils.figures.style import (
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

_PER_ROW, _PANEL = 3, 3.3
_LOSS_PER_ROW, _LOSS_PANEL = 5, 2.1
_MOST_PANELS = 60
"""More than these, and the conditions of a task share its panel."""
_SMOOTHING = 0.05
"""Losses are averaged over this share of a run's logged steps."""
_POINTS_PER_RUN = 60
_RUN = ("encoder", "condition", "seed", "task")


def loss_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Smooth the losses of each run over neighbouring steps, and keep as many of them as a picture can show.

    Parameters
    ----------
    history : pandas.DataFrame
        One row a logged step: `encoder`, `condition`, `seed`, `task`, `step`, `loss`.

    Returns
    -------
    pandas.DataFrame
        The same columns, at most 60 rows a run and task, the last step always among them; as given where nothing was
        trained.
    """
    if history.empty:  # a baseline alone has no intermediate stage
        return history
    require_columns(history, (*_RUN, "step", "loss"), table="training history")
    curves = []
    for _, run in history.groupby(list(_RUN), sort=False):
        run = run.sort_values("step")
        window = max(1, round(len(run) * _SMOOTHING))
        smooth = run.assign(loss=run["loss"].rolling(window, min_periods=1).mean())
        curves.append(smooth.iloc[:: -max(1, ceil(len(run) / _POINTS_PER_RUN))].iloc[::-1])
    return pd.concat(curves)[[*_RUN, "step", "loss"]]


@styled
def plot_loss(curves: pd.DataFrame) -> Figure:
    """Show training loss by step: one panel a task and condition, one line a seed, on one scale a task.

    Parameters
    ----------
    curves : pandas.DataFrame
        From `loss_curves`.
    """
    if curves.empty:
        return nothing("Nothing was trained in this stage")
    require_columns(curves, (*_RUN, "step", "loss"), table="training curves")
    styles = looks(curves["condition"])
    panels = [
        (encoder, task, key, title) for encoder, task, title in _panels(curves)
        for key in condition_order(curves.loc[(curves["encoder"] == encoder) & (curves["task"] == task), "condition"])
    ]  # fmt: skip
    if shared := len(panels) > _MOST_PANELS:
        panels = [(encoder, task, None, title) for encoder, task, title in _panels(curves)]
    lines, columns = grid_shape(len(panels), _LOSS_PER_ROW)
    told_in = ceil(curves["condition"].nunique() / 3) if shared else 0
    figure, axes = new_figure(
        width=0.6 + max(_LOSS_PANEL * columns, 7.4 * shared), height=0.5 + 1.9 * lines + 0.2 * told_in, rows=lines,
        columns=columns,
    )  # fmt: skip
    for ax, (encoder, task, key, title) in zip(axes, panels):
        part = curves[(curves["encoder"] == encoder) & (curves["task"] == task)]
        own = part if shared else part[part["condition"] == key]
        for (condition, _), run in own.groupby(["condition", "seed"], sort=False):
            style = styles[condition]
            ax.plot(
                run["step"], run["loss"], color=style.colour, linestyle=style.dashes if shared else "-", linewidth=1
            )
        told = title if shared else f"{title}\n{beside_task(key, task)}"
        ax.set_title(wrapped(told, 0.85 * _LOSS_PANEL), fontsize=8.5)
        ax.set(xlabel="step", ylabel="training loss")
        room = 0.05 * max(part["loss"].max() - part["loss"].min(), 0.1)
        ax.set_ylim(part["loss"].min() - room, part["loss"].max() + room)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    if shared:
        handles = [
            Line2D([], [], color=styles[key].colour, linestyle=styles[key].dashes, label=condition_title(key))
            for key in condition_order(curves["condition"])
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=min(len(handles), 3), frameon=False, fontsize=8
        )
    return figure


@styled
def plot_validation(validation: pd.DataFrame) -> Figure:
    """Show the validation score of the chosen epoch: one panel a task, small marks are seeds, dashes chance.

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
        ax.set_yticks(range(len(conditions)), [beside_task(key, task) for key in conditions], fontsize=8)
        ax.set_ylim(len(conditions) - 0.5, -0.5)
        ax.set(title=wrapped(title, 0.6 * _PANEL), xlabel=wrapped(metric_label(part["metric"].iloc[0]), 0.6 * _PANEL))
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
    figure, axes = new_figure(width=1.2 + _PANEL * columns, height=0.5 + height * lines, rows=lines, columns=columns)
    for ax in axes[panels:]:
        ax.set_axis_off()
    return figure, axes
