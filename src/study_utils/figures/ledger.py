"""The ledger of published claims as a forest: what these runs say beside the published number."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.claims.verdicts import LEDGER_COLUMNS, UNTESTED
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.claims import TESTABLE
from study_utils.figures.style import INK, MUTED, draw_interval, new_figure, nothing, styled

_OURS, _PUBLISHED = "#0173b2", "#d55e00"
_WIDTH, _LINES = 62, 2
"""Characters and lines of a claim."""


@styled
def plot_ledger(ledger: pd.DataFrame) -> Figure:
    """Show every testable claim in a row: the estimate that decides it with interval, published numbers, verdict.

    Filled marks belong to claims with a verdict; grey open ones to claims that these runs don't test. Estimates in
    another unit than points are written out; claims without any run are counted in the title.

    Parameters
    ----------
    ledger : pandas.DataFrame
        From `study_utils.analysis.claims.claim_ledger`.
    """
    require_columns(ledger, (*LEDGER_COLUMNS, "kind", "says", "published_low", "published_high"), table="ledger")
    claims = ledger[ledger["kind"] == TESTABLE]
    ledger = claims[np.isfinite(claims["estimate"])]
    if ledger.empty:
        return nothing("No claim that these runs say anything about")
    figure, (ax,) = new_figure(width=11, height=1.4 + 0.36 * len(ledger))
    several, (left, right) = ledger["encoder"].nunique() > 1, _limits(ledger)
    labels, cut = [], False
    for y, row in enumerate(ledger.to_dict("records")):
        tested = row["verdict"] != UNTESTED
        cut |= _draw_estimate(ax, y, row, (left, right), colour=_OURS if tested else MUTED, filled=tested)
        if np.isfinite(row["published_low"]):
            ends = sorted({row["published_low"], row["published_high"]})
            ax.plot(ends, [y - 0.22] * len(ends), color=_PUBLISHED, linewidth=1, marker="D", markersize=4.5,
                    markerfacecolor="white")  # fmt: skip
        word = row["verdict"] if tested else f"({row['here']})"
        ax.annotate(word, (1, y), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
                    va="center", fontsize=8, color=INK if tested else MUTED, annotation_clip=False)  # fmt: skip
        who = f" [{row['encoder']}]" if several else ""
        labels.append(
            "\n".join(
                textwrap.wrap(row["says"] + who, _WIDTH, max_lines=_LINES, placeholder=" \N{HORIZONTAL ELLIPSIS}")
            )
        )
    ax.set_yticks(range(len(labels)), labels, fontsize=7.5)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.axvline(0, color=INK, linewidth=1, zorder=1)
    ax.grid(visible=False, axis="y")
    ax.set_xlim(left, right)
    ax.set_xlabel("points")
    handles = [
        Line2D([], [], marker="o", color=_OURS, label="claim with a verdict (line: interval)"),
        Line2D([], [], marker="o", color=MUTED, markerfacecolor="white", label="not tested (in brackets: these runs)"),
        Line2D([], [], marker="D", color=_PUBLISHED, markerfacecolor="white", label="published"),
    ]
    if cut:
        handles.append(Line2D([], [], marker=">", color=MUTED, label="goes on beyond the picture"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8)
    without = f" ({len(claims) - len(ledger)} more have no such runs)" if len(claims) > len(ledger) else ""
    title = f"Published claims: the comparison that each stands or falls with{without}"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _limits(ledger: pd.DataFrame) -> tuple[float, float]:
    """Limits of the axis: all estimates and published numbers, and as much again on both sides for intervals."""
    of_points = ledger[ledger["unit"].str.startswith("points")]
    marks = np.append(of_points[["estimate", "published_low", "published_high"]].to_numpy(float).ravel(), 0.0)
    low, high = np.nanmin(marks), np.nanmax(marks)
    room = max(high - low, 1.0)
    ends = of_points[["low", "high"]].to_numpy(float).ravel()
    near = [*marks, *ends[(ends > low - room) & (ends < high + room)]]
    margin = 0.08 * (np.nanmax(near) - np.nanmin(near)) + 0.1
    return np.nanmin(near) - margin, np.nanmax(near) + margin


def _draw_estimate(ax: Axes, y: int, row: dict, limits: tuple[float, float], *, colour: str, filled: bool) -> bool:
    """Draw an estimate with its interval; say whether that goes on beyond the picture."""
    if not row["unit"].startswith("points"):
        ax.annotate(f"{row['estimate']:.2f} {row['unit']}", (0, y), xytext=(6, 0), textcoords="offset points",
                    va="center", fontsize=8, color=colour)  # fmt: skip
        return False
    ax.plot(
        row["estimate"], y, marker="o", markersize=6, markerfacecolor=colour if filled else "white",
        markeredgecolor=colour, markeredgewidth=1.4, linestyle="none", zorder=4,
    )  # fmt: skip
    return draw_interval(ax, row["low"], row["high"], y, limits=limits, colour=colour)
