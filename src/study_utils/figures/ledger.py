"""The ledger of published claims as a forest: what these runs say beside the published number."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.claims.verdicts import LEDGER_COLUMNS, UNTESTED
from study_utils.analysis.results.tables import require_columns
from study_utils.figures.style import INK, MUTED, new_figure, nothing, styled
from study_utils.sentences.claims import estimate_text

_OURS, _PUBLISHED = "#0173b2", "#d55e00"
_WIDTH = 58
"""Characters of a claim in a line."""


@styled
def plot_ledger(ledger: pd.DataFrame) -> Figure:
    """Show every claim in a row: estimate with interval, published numbers, verdict and direction.

    Filled marks belong to tested claims; grey open ones to claims that these runs don't test. Estimates in another unit
    than points are written out.

    Parameters
    ----------
    ledger : pandas.DataFrame
        From `study_utils.analysis.claims.claim_ledger`.
    """
    require_columns(ledger, (*LEDGER_COLUMNS, "says", "published_low", "published_high"), table="ledger")
    if ledger.empty:
        return nothing("No claim to show")
    figure, (ax,) = new_figure(width=11, height=1.3 + 0.52 * len(ledger))
    several = ledger["encoder"].nunique() > 1
    labels = []
    for y, row in enumerate(ledger.to_dict("records")):
        tested = row["verdict"] != UNTESTED
        colour = _OURS if tested else MUTED
        if row["unit"] == "points" and np.isfinite(row["estimate"]):
            ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
            ax.plot(
                row["estimate"], y, marker="o", markersize=7, markerfacecolor=_OURS if tested else "white",
                markeredgecolor=colour, markeredgewidth=1.4, linestyle="none", zorder=4,
            )  # fmt: skip
        elif np.isfinite(row["estimate"]):
            ax.annotate(estimate_text(pd.Series(row)), (0, y), xytext=(6, 0), textcoords="offset points", va="center",
                        fontsize=8, color=colour)  # fmt: skip
        else:
            ax.annotate("no such runs", (0, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8,
                        color=MUTED, style="italic")  # fmt: skip
        if row["unit"] == "points" and np.isfinite(row["published_low"]):
            ends = sorted({row["published_low"], row["published_high"]})
            ax.plot(ends, [y - 0.22] * len(ends), color=_PUBLISHED, linewidth=1, marker="D", markersize=5,
                    markerfacecolor="white")  # fmt: skip
        verdict = row["verdict"] + (f"\nhere: {row['here']}" if row["here"] else "")
        ax.annotate(verdict, (1, y), xycoords=("axes fraction", "data"),
                    xytext=(8, 0), textcoords="offset points", va="center", fontsize=8,
                    color=INK if tested else MUTED, annotation_clip=False)  # fmt: skip
        who = f" [{row['encoder']}]" if several else ""
        labels.append("\n".join(textwrap.wrap(row["says"] + who, _WIDTH)[:3]))
    ax.set_yticks(range(len(labels)), labels, fontsize=8)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    ax.grid(visible=False, axis="y")
    ax.margins(x=0.08)
    ax.set_xlabel("points")
    handles = [
        Line2D([], [], marker="o", color=_OURS, label="these runs, claim tested (line: interval)"),
        Line2D([], [], marker="o", color=MUTED, markerfacecolor="white", label="these runs, claim not tested"),
        Line2D([], [], marker="D", color=_PUBLISHED, markerfacecolor="white", label="published"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.suptitle("Published claims: what these runs say beside the published number", fontsize=11, x=0.01, ha="left")
    return figure
