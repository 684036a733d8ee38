"""Differences between two arms with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog.titles import condition_title, encoder_title, source_names
from study_utils.figures.style import INK, MUTED, draw_estimate, new_figure, nothing, reach_around_zero, styled

_NEEDED = ("encoder", "contrast", "arm", "against", "group", "estimate", "low", "high", "level", "clear")


@styled
def plot_contrasts(table: pd.DataFrame, *, title: str, by: str = "group") -> Figure:
    """Show differences between arms: one row a contrast, one panel a group of languages (or another column).

    Filled marks are clear results, open marks are not; a cross has no interval.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.contrast_gains`, contrasts in the order they are to be shown in.
    title : str
        Heading.
    by : str
        Column whose values are the panels.
    """
    require_columns(table, (*_NEEDED, by), table="table of contrasts")
    if table.empty:
        return nothing("No differences to show: the study has no two arms to compare")
    several = table["encoder"].nunique() > 1
    rows = list(dict.fromkeys(zip(table["encoder"], table["contrast"], table["arm"], table["against"])))
    panels = list(dict.fromkeys(table[by]))
    sources = source_names(" ".join(table.get("tasks", ())).split())
    alone = f"{'source-language' if ', ' in sources else sources} fine-tuning alone"
    figure, axes = new_figure(
        width=4.0 + 2.2 * len(panels),
        height=1.5 + 0.3 * max(len(rows), 2),
        columns=len(panels),
        sharex=True,
        sharey=True,
    )
    for ax, panel in zip(axes, panels):
        part = table[table[by] == panel]
        for row in part.itertuples():
            y = rows.index((row.encoder, row.contrast, row.arm, row.against))
            known = np.isfinite(row.low)
            draw_estimate(ax, row, y, marker="o" if known else "x")
        ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
        count = int(part["n_languages"].max())
        ax.set(title=f"{panel} ({count} language{'' if count == 1 else 's'})", xlabel="difference in points")
        ax.set_yticks(range(len(rows)), [_label(row, several, alone) for row in rows], fontsize=8.5)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
    reach_around_zero(axes[0])
    level = table["level"].iloc[0]
    handles = [
        Line2D([], [], marker="o", color=INK, label="clear after correction"),
        Line2D([], [], marker="o", color=INK, markerfacecolor="white", label=f"not clear; line: {level:.0%} interval"),
    ]
    if table["low"].isna().any():
        handles.append(Line2D([], [], marker="x", color=INK, linestyle="none", label="interval withheld"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _label(row: tuple[str, str, str, str], several: bool, alone: str) -> str:
    encoder, _, arm, against = row
    other = alone if against == BASELINE else condition_title(against)
    text = f"{condition_title(arm)} against {other}"
    return f"{encoder_title(encoder)}: {text}" if several else text
