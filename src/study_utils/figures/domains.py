"""Intermediate tasks of a domain against general ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.questions.domains import DOMAIN_COLUMNS, MEAN
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.titles import condition_title
from study_utils.figures.style import INK, MUTED, POINTS, new_figure, nothing, reach_around_zero, styled

_LOOKS = (("#0173b2", "o"), ("#d55e00", "s"), ("#029e73", "D"), ("#cc78bc", "^"))


@styled
def plot_domains(table: pd.DataFrame) -> Figure:
    """Show the score under a domain's task minus that under a general one: one row a pair, one mark a group.

    Filled marks are clear, open ones are not; a cross has no interval. Pairs at unequal budgets carry a star.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.questions.domains.domain_gains`.
    """
    require_columns(table, DOMAIN_COLUMNS, table="table of domains")
    if table.empty:
        return nothing("No domain's task beside a general one of the same kind")
    groups = sorted(table["group"].unique())
    rows = table.drop_duplicates(["domain", "contrast"])
    rows = rows.assign(last=rows["kind"] == MEAN).sort_values(["domain", "last", "kind"], kind="stable")
    places = {key: y for y, key in enumerate(zip(rows["domain"], rows["contrast"]))}
    figure, (ax,) = new_figure(width=9, height=1.5 + (0.22 + 0.16 * len(groups)) * len(places))
    for row in table.itertuples():
        colour, marker = _LOOKS[groups.index(row.group) % len(_LOOKS)]
        y = places[row.domain, row.contrast] + 0.24 * (groups.index(row.group) - (len(groups) - 1) / 2)
        ax.plot([row.low * POINTS, row.high * POINTS], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
        ax.plot(
            row.estimate * POINTS, y, marker=marker if np.isfinite(row.low) else "x", markersize=6,
            markerfacecolor=colour if row.clear else "white", markeredgecolor=colour, markeredgewidth=1.4,
            linestyle="none", zorder=4,
        )  # fmt: skip
    ax.set_yticks(range(len(places)), [_label(row) for row in rows.itertuples()], fontsize=8)
    ax.set_ylim(len(places) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    reach_around_zero(ax)
    ax.grid(visible=False, axis="y")
    for y in np.flatnonzero(rows["domain"].to_numpy()[1:] != rows["domain"].to_numpy()[:-1]):
        ax.axhline(y + 0.5, color=MUTED, linewidth=0.8)
    ax.set_xlabel("domain minus general, points")
    handles = [
        Line2D([], [], color=_LOOKS[n % len(_LOOKS)][0], marker=_LOOKS[n % len(_LOOKS)][1], markerfacecolor="white",
               label=group) for n, group in enumerate(groups)
    ]  # fmt: skip
    handles.append(Line2D([], [], marker="o", color=INK, linestyle="none", label="filled: clear after correction"))
    if (table["budget"] != "").any():
        handles.append(Line2D([], [], linestyle="none", label="* unequal budgets"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    figure.suptitle("Intermediate tasks of a domain against general ones", fontsize=11, x=0.01, ha="left")
    return figure


def _label(row: object) -> str:
    star = " *" if row.budget else ""
    if row.kind == MEAN:
        return f"{row.domain}: mean over kinds{star}"
    return f"{row.domain}: {condition_title(row.arm)} \N{MINUS SIGN} {condition_title(row.against)}{star}"
