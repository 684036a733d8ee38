"""What the data looks like: lengths and labels by language."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from study_utils.analysis.results.tables import is_source, require_columns
from study_utils.catalog.titles import rows_title, source_names
from study_utils.figures.style import (
    FAINT,
    INK,
    MUTED,
    language_order,
    mark_blocks,
    new_figure,
    nothing,
    styled,
)

MAX_LABELS = 7
"""Labels with a colour of their own; rarer ones are drawn together in grey."""
_BELOW = 0.45
"""Inches between a panel and the legend of its labels: room for the axis."""


@styled
def plot_lengths(lengths: pd.DataFrame) -> Figure:
    """Show the lengths of test rows: one panel a task; dots are medians, lines end at 90%.

    Parameters
    ----------
    lengths : pandas.DataFrame
        Columns `task`, `role`, `language`, `median_characters`, `p90_characters`. A dashed line marks the median of the
        source-language training rows, where there are some.
    """
    require_columns(lengths, ("task", "role", "language", "median_characters", "p90_characters"), table="length table")
    test = lengths[lengths["role"] == "test"]
    if test.empty:
        return nothing("No test rows to show")
    tasks = list(dict.fromkeys(test["task"]))
    rows = language_order(test["language"], tasks)
    places = {code: place for place, code in enumerate(rows["language"])}
    figure, axes = new_figure(
        width=3.2 + 1.9 * len(tasks), height=1.2 + 0.2 * len(rows), columns=len(tasks), sharey=True
    )
    for number, (ax, task) in enumerate(zip(axes, tasks)):
        part = test[test["task"] == task]
        y = part["language"].map(places)
        ax.hlines(y, part["median_characters"], part["p90_characters"], color=MUTED, linewidth=1.2)
        ax.plot(part["median_characters"], y, "o", color=INK, markersize=4)
        train = lengths[(lengths["task"] == task) & (lengths["role"] == "train") & is_source(lengths)]
        if len(train):
            ax.axvline(train["median_characters"].iloc[0], color=MUTED, linestyle="--", linewidth=1)
        ax.set_yticks(range(len(rows)), rows["name"], fontsize=8)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlim(left=0)
        ax.set(title=rows_title(task), xlabel="characters")
        ax.grid(visible=False, axis="y")
        mark_blocks(ax, rows["block"].tolist(), labels=number == len(tasks) - 1)
    title = f"Length of test rows: median to 90% (dashed: {source_names(tasks)} training)"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


@styled
def plot_labels(labels: pd.DataFrame) -> Figure:
    """Show the shares of labels in test rows beside those of training rows: one panel a task, one bar a language.

    Parameters
    ----------
    labels : pandas.DataFrame
        Columns `task`, `role`, `language`, `label`, `share` (fraction of the language's labels).
    """
    require_columns(labels, ("task", "role", "language", "label", "share"), table="label table")
    test = labels[labels["role"] == "test"]
    if test.empty:
        return nothing("No test rows with labels to show")
    tasks = list(dict.fromkeys(test["task"]))
    rows = language_order(test["language"], tasks)
    names = [f"{source_names(tasks)} (training)", *rows["name"]]
    figure, axes = new_figure(
        width=3.2 + 2.6 * len(tasks), height=2.6 + 0.2 * len(names), columns=len(tasks), sharey=True
    )
    colours = sns.color_palette("colorblind", MAX_LABELS).as_hex()
    for number, (ax, task) in enumerate(zip(axes, tasks)):
        of_task = labels[labels["task"] == task]
        shares = of_task[of_task["role"] == "test"].pivot_table(index="language", columns="label", values="share")
        shares = shares.reindex(rows["language"])
        train = of_task[(of_task["role"] == "train") & is_source(of_task)].set_index("label")["share"]
        shares = pd.concat([train.reindex(shares.columns).to_frame("train").T, shares])
        common = shares.mean().sort_values(ascending=False).index
        kept, rest = list(common[:MAX_LABELS]), list(common[MAX_LABELS:])
        parts = [(label, shares[label], colour) for label, colour in zip(kept, colours)]
        if rest:
            parts.append((f"{len(rest)} others", shares[rest].sum(axis=1, min_count=1), FAINT))
        left = pd.Series(0.0, index=shares.index)
        for label, share, colour in parts:
            ax.barh(range(len(names)), share.fillna(0) * 100, left=left, color=colour, edgecolor="white", linewidth=0.6,
                    height=0.82, label=label)  # fmt: skip
            left += share.fillna(0).to_numpy() * 100
        ax.set_yticks(range(len(names)), names, fontsize=8)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlim(0, 100)
        ax.set(title=rows_title(task), xlabel="share in percent")
        ax.grid(visible=False)
        mark_blocks(ax, ["", *rows["block"]], labels=number == len(tasks) - 1)
        handles = [Patch(facecolor=colour, label=str(label)) for label, _, colour in parts]
        below = ax.transAxes + ScaledTranslation(0, -_BELOW, figure.dpi_scale_trans)
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below, ncols=2,
                  fontsize=7, frameon=False, borderaxespad=0)  # fmt: skip
    return figure
