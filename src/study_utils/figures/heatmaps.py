"""Heat maps with one language a row: scores, gains and coverage by family."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study_utils.analysis.results.gains import gains, of_metric
from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog.titles import condition_order, condition_title, encoder_title, task_title
from study_utils.errors import AnalysisError, unknown
from study_utils.figures.style import (
    FAINT,
    GAIN_COLOURS,
    POINTS,
    SCORE_COLOURS,
    grid_shape,
    language_order,
    mark_blocks,
    new_figure,
    nothing,
    styled,
    task_order,
    wrapped,
)

_ROW, _CELL = 0.22, 0.62
_SEEDS_PER_ROW = 12
_NO_GAINS = "No gains to show: no condition besides the baseline has a zero-shot language"


@styled
def plot_scores(scores: pd.DataFrame, *, condition: str | None = None, metric: str = "primary") -> Figure:
    """Show scores by language and task, languages grouped by family.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table. Values are averaged over seeds.
    condition : str, optional
        Show the scores of this condition. Without it: scores of the baseline, and gains of every other condition.
    metric : str
        As in `study_utils.analysis.gains`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an encoder (with `condition`), or an encoder and condition.

    Raises
    ------
    AnalysisError
        If the table is not valid or has no such condition.
    """
    chosen = of_metric(scores, metric=metric)
    conditions = condition_order(chosen["condition"])
    if condition is not None and condition not in conditions:
        raise AnalysisError(unknown("condition", condition, conditions, where="plot_scores"))
    rows, tasks = language_order(chosen["language"], chosen["task"]), task_order(chosen["task"])
    encoders = sorted(chosen["encoder"].unique())
    panels = []
    for encoder in encoders:
        suffix = f"\n{encoder_title(encoder)}" if len(encoders) > 1 else ""
        shown = condition or BASELINE
        part = chosen[(chosen["encoder"] == encoder) & (chosen["condition"] == shown)]
        panels.append((f"{condition_title(shown)}{suffix}", _grid(part, "value", rows, tasks), False))
        if condition is None:
            difference = gains(scores, metric=metric).query("encoder == @encoder")
            for key in conditions:
                if key != BASELINE:
                    part = difference[difference["condition"] == key]
                    panels.append((f"{condition_title(key)}{suffix}", _grid(part, "gain", rows, tasks), True))
    return _panels(panels, rows, [task_title(task) for task in tasks])


@styled
def plot_coverage(coverage: pd.DataFrame) -> Figure:
    """Show how many test examples each language has in each task; empty where a task lacks the language.

    Parameters
    ----------
    coverage : pandas.DataFrame
        Columns `task`, `language`, `examples`.
    """
    require_columns(coverage, ("task", "language", "examples"), table="coverage table")
    rows, tasks = language_order(coverage["language"], coverage["task"]), list(dict.fromkeys(coverage["task"]))
    table = coverage.pivot_table(index="language", columns="task", values="examples", aggfunc="sum")
    table = table.reindex(index=rows["language"], columns=tasks)
    figure, (ax,) = new_figure(width=3.6 + 0.9 * len(tasks), height=1.2 + _ROW * len(rows))
    counts = table.to_numpy(float)
    shade = np.where(np.isnan(counts), np.nan, 0.35)
    _draw(
        ax,
        shade,
        [[f"{v:.0f}" if v == v else "" for v in row] for row in counts],
        cmap=SCORE_COLOURS,
        low=0,
        high=1,
    )
    _label(ax, rows, [task_title(task) for task in tasks], names=True, blocks=True)
    ax.set_title("Test examples by language and task")
    return figure


@styled
def plot_seed_gains(table: pd.DataFrame) -> Figure:
    """Show a map of seeds: the mean gain in each family under every single seed of a condition.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.seed_gains`.
    """
    require_columns(table, ("encoder", "condition", "group", "seed", "gain", "n_languages"), table="table of seeds")
    if table.empty:
        return nothing(_NO_GAINS)
    encoders, conditions = sorted(table["encoder"].unique()), condition_order(table["condition"])
    sizes = table.groupby("group")["n_languages"].max().sort_index(key=lambda names: names.str.lower())
    groups = sizes.sort_values(ascending=False, kind="stable").index
    limit = _limit(table["gain"].to_numpy(float) * POINTS)
    used = [(encoder, condition) for encoder in encoders for condition in conditions]
    seeds = sorted(table["seed"].unique())
    panel = max(0.42 * len(seeds), 1.2)
    titles = [
        wrapped(condition_title(condition) + f"\n{encoder_title(encoder)}" * (len(encoders) > 1), 0.85 * panel)
        for encoder, condition in used
    ]
    lines, columns = grid_shape(len(used), _SEEDS_PER_ROW)
    above = max(0.9, 0.6 + 0.15 * max(len(title.splitlines()) for title in titles))
    height = 1.0 + (above + 0.22 * len(groups)) * lines
    figure, axes = new_figure(width=2.2 + panel * columns, height=height, rows=lines, columns=columns, sharey=True)
    for ax in axes[len(used) :]:
        ax.set_axis_off()
    for place, (ax, (encoder, condition)) in enumerate(zip(axes, used)):
        part = table[(table["encoder"] == encoder) & (table["condition"] == condition)]
        grid = part.pivot_table(index="group", columns="seed", values="gain").reindex(index=groups, columns=seeds)
        values = grid.to_numpy(float) * POINTS
        image = _draw(ax, values, [[_signed(v) for v in row] for row in values], GAIN_COLOURS, -limit, limit)
        ax.set_xticks(range(len(seeds)), seeds, fontsize=8)
        ax.set_xlabel("seed")
        ax.set_yticks(range(len(groups)), groups, fontsize=8)
        ax.tick_params(axis="both", which="major", length=0)
        ax.tick_params(axis="y", labelleft=place % columns == 0)
        ax.set_title(titles[place], fontsize=8.5)
    pad = max(0.02, 0.15 / height)
    figure.colorbar(image, ax=axes, label="gain in points", location="bottom", shrink=0.8, aspect=40, pad=pad)
    figure.suptitle("Every seed's gain, by family", fontsize=11, x=0.01, ha="left")
    return figure


def group_order(families: pd.DataFrame) -> list[str]:
    """Families by number of languages, single languages last."""
    facts = families.groupby("group").agg(size=("n_languages", "max"), unit=("unit", "first")).reset_index()
    facts["last"] = facts["unit"] == "language"
    return facts.sort_values(["last", "size", "group"], ascending=[True, False, True])["group"].tolist()


def _grid(part: pd.DataFrame, column: str, rows: pd.DataFrame, tasks: list[str]) -> np.ndarray:
    table = part.pivot_table(index="language", columns="task", values=column, aggfunc="mean")
    return table.reindex(index=rows["language"], columns=tasks).to_numpy(float) * POINTS


def _panels(panels: list[tuple[str, np.ndarray, bool]], rows: pd.DataFrame, tasks: list[str]) -> Figure:
    panel_width = max(_CELL * len(tasks), 1.7)
    figure, axes = new_figure(
        width=2.6 + panel_width * len(panels) + 1.2,
        height=1.9 + _ROW * len(rows),
        columns=len(panels),
        sharey=True,
    )
    limit = _limit(np.concatenate([grid.ravel() for _, grid, is_gain in panels if is_gain] or [np.zeros(1)]))
    images = {}
    for place, (ax, (title, grid, is_gain)) in enumerate(zip(axes, panels)):
        if is_gain:
            images["gain in points"] = _draw(
                ax, grid, [[_signed(v) for v in r] for r in grid], GAIN_COLOURS, -limit, limit
            )
        else:
            text = [[f"{v:.0f}" if v == v else "" for v in row] for row in grid]
            images["score in percent"] = _draw(ax, grid, text, SCORE_COLOURS, 0, 100)
        _label(ax, rows, tasks, names=place == 0, blocks=place == len(panels) - 1)
        ax.set_title(wrapped(title, panel_width), fontsize=9)
    empty = "; grey: not scored" * any(np.isnan(grid).any() for _, grid, _ in panels)
    for label, image in images.items():
        figure.colorbar(image, ax=axes, label=label + empty, location="bottom", shrink=0.5 if len(images) > 1 else 0.8,
                        aspect=40, pad=0.02)  # fmt: skip
    return figure


def _draw(ax: Axes, values: np.ndarray, text: list[list[str]], cmap: str, low: float, high: float):
    colours = mpl.colormaps[cmap].with_extremes(bad="#e4e4e4")
    image = ax.imshow(np.ma.masked_invalid(values), aspect="auto", cmap=colours, vmin=low, vmax=high)
    for row, column in np.argwhere(~np.isnan(values)):
        red, green, blue, _ = colours(image.norm(values[row, column]))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        ax.text(
            column,
            row,
            text[row][column],
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if dark else "black",
        )
    ax.set_xticks(np.arange(values.shape[1] + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(values.shape[0] + 1) - 0.5, minor=True)
    ax.grid(visible=False)
    ax.grid(which="minor", color="white", linewidth=1)
    ax.tick_params(which="minor", length=0)
    return image


def _label(ax: Axes, rows: pd.DataFrame, tasks: list[str], *, names: bool, blocks: bool) -> None:
    _name_columns(ax, tasks)
    ax.set_yticks(range(len(rows)), rows["name"], fontsize=8)
    ax.tick_params(axis="y", labelleft=names)
    mark_blocks(ax, rows["block"].tolist(), labels=blocks)
    for side in ax.spines.values():
        side.set_color(FAINT)


def _name_columns(ax: Axes, names: list[str]) -> None:
    ax.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
    ax.tick_params(which="major", length=0)


def _limit(values: np.ndarray) -> float:
    found = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
    return float(max(found, 1.0))


def _signed(value: float) -> str:
    if value != value:
        return ""
    return f"{round(value, 1):+.1f}".replace("-", "\N{MINUS SIGN}") if round(value, 1) else "0.0"
