"""The look of every figure: fonts, sizes, one colour and marker a condition, and the order of languages.

Figures are made without pyplot: no global state, nothing to close, the same picture from any caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from textwrap import fill
from typing import Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import BASELINE, join_languages
from study_utils.catalog import TASKS
from study_utils.catalog.titles import condition_order, source_languages

POINTS = 100
"""Scores are fractions; figures show percent and gains in points."""
_LEAST = 0.5

INK, MUTED, FAINT = "#222222", "#6b6b6b", "#d9d9d9"
GAIN_COLOURS = "PuOr"
SCORE_COLOURS = "YlGnBu"
_COLOURS = (
    *("#0173b2", "#de8f05", "#029e73", "#cc78bc", "#d55e00"),
    *("#332288", "#8a8a1f", "#882255", "#2f9c8d"),
)
"""Dark enough for thin marks on white, and told apart with any colour vision (seaborn's and Paul Tol's)."""
_MARKERS = "osD^v<>phX*P8"
"""As many as share no divisor with the number of colours, so that 117 conditions are told apart by both together."""
_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)), (0, (2, 1)))


@cache
def rc() -> dict[str, object]:
    """Settings of matplotlib under which every figure is made and saved."""
    return {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("notebook", font_scale=0.85),
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "axes.edgecolor": FAINT,
        "axes.labelsize": 9,
        "xtick.labelsize": 8.5,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelcolor": INK,
        "axes.axisbelow": True,
        "text.color": INK,
        "grid.color": "#ececec",
        "svg.fonttype": "none",
        "svg.hashsalt": "study_utils",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
    }


@dataclass(frozen=True, kw_only=True)
class Look:
    """Colour, marker and line of one condition."""

    colour: str
    marker: str
    dashes: object


def looks(conditions: Iterable[str]) -> dict[str, Look]:
    """How the conditions of a table look: by their place in the catalogue's order, the baseline grey.

    Tables of one study have the same conditions, so a condition looks the same in all of its figures. Up to nine differ
    in colour, in marker and in line; more differ in colour or in marker.
    """
    keys = [key for key in condition_order(conditions) if key != BASELINE]
    found = {BASELINE: Look(colour=MUTED, marker="o", dashes="-")}
    for place, key in enumerate(keys):
        turn, seat = divmod(place, len(_COLOURS))
        found[key] = Look(
            colour=_COLOURS[seat],
            marker=_MARKERS[(seat + turn) % len(_MARKERS)],
            dashes=_DASHES[(seat + 2 * turn) % len(_DASHES)],
        )
    return found


def task_order(keys: Iterable[str]) -> list[str]:
    """Tasks in the order of the catalogue, unknown ones last."""
    known = list(TASKS)
    return sorted(set(keys), key=lambda key: (known.index(key) if key in known else len(known), str(key)))


def language_order(codes: Iterable[str], tasks: Iterable[str] = ()) -> pd.DataFrame:
    """Order languages for the rows of a figure: source languages, families by size, then single languages.

    Parameters
    ----------
    codes : iterable of str
        The languages.
    tasks : iterable of str
        Targets whose source languages come first; of none, those of the open study.

    Returns
    -------
    pandas.DataFrame
        One row a language: `language`, `name`, `block` (family, name of a source language, or ``"Single languages"``).
    """
    table = join_languages(pd.DataFrame({"language": sorted(set(codes))}))
    first = source_languages(tasks)
    others = table[~table["language"].isin(first)].copy()
    others["block"] = group_labels(others).where(
        (others.groupby("group")["language"].transform("nunique") > 1) & ~others["is_isolate"],
        "Single languages",
    )
    others["size"] = others.groupby("block")["language"].transform("size")
    others["last"] = others["block"] == "Single languages"
    others = others.sort_values(["last", "size", "block", "name"], ascending=[True, False, True, True])
    sources = table[table["language"].isin(first)].assign(block=lambda rows: rows["name"]).sort_values("name")
    return pd.concat([sources, others])[["language", "name", "block"]].reset_index(drop=True)


def new_figure(
    *, width: float, height: float, rows: int = 1, columns: int = 1, sharex: bool = False, sharey: bool = False,
    widths: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """Make a figure with a grid of axes, laid out so that nothing overlaps; sizes in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(
        rows, columns, squeeze=False, sharex=sharex, sharey=sharey, gridspec_kw={"width_ratios": widths}
    )
    return figure, list(grid.ravel())


def grid_shape(panels: int, per_row: int) -> tuple[int, int]:
    """Rows and columns for so many panels, at most `per_row` in a row: as few rows as can be, evenly filled."""
    rows = ceil(panels / per_row)
    return rows, ceil(panels / rows)


def styled(function):
    """Decorate a plot so that it is made under `rc`, whatever the caller's settings are."""
    from functools import wraps

    @wraps(function)
    def inside(*args, **options):
        with mpl.rc_context(rc()):
            return function(*args, **options)

    return inside


NOTHING = "nothing to draw: "
"""Start of the label of a figure that has nothing to draw; what follows says why."""


def nothing(message: str) -> Figure:
    """Make a figure that says why there is nothing to show; reports print its words in place of the picture."""
    figure, (ax,) = new_figure(width=6, height=1.2)
    figure.set_label(f"{NOTHING}{message}")
    ax.set_axis_off()
    ax.text(0.5, 0.5, fill(message, 60), ha="center", va="center", color=MUTED, transform=ax.transAxes)
    return figure


def reach_around_zero(ax: Axes, axis: Literal["x", "y"] = "x") -> None:
    """Let an axis in points reach half a point on both sides of zero at least: else, of no gain, it shows rounding.

    Called when all is drawn, also what shares the axis.
    """
    low, high = getattr(ax, f"get_{axis}lim")()
    ax.set(**{f"{axis}lim": (min(low, -_LEAST), max(high, _LEAST))})


def draw_interval(ax: Axes, low: float, high: float, y: float, *, limits: tuple[float, float], colour: str) -> bool:
    """Draw an interval as far as the axis goes, with an arrow where it goes on; say whether it does."""
    left, right = limits
    ax.plot([max(low, left), min(high, right)], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
    for end, is_cut, arrow in ((left, low < left, "<"), (right, high > right, ">")):
        if is_cut:
            ax.plot(end, y, marker=arrow, markersize=5, color=colour, label="cut", clip_on=False)
    return low < left or high > right


def draw_estimate(ax: Axes, row: tuple, y: float, *, marker: str) -> None:
    """Draw an estimate with its interval in points: `estimate`, `low`, `high` and `clear` of a row of a table.

    Filled where it is clear; without a line where there is no interval.
    """
    if np.isfinite(row.low):
        ax.plot([row.low * POINTS, row.high * POINTS], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt")
    ax.plot(
        row.estimate * POINTS, y, marker=marker, markersize=6, linestyle="none", zorder=4,
        markerfacecolor=INK if row.clear else "white", markeredgecolor=INK, markeredgewidth=1.3,
    )  # fmt: skip


def mark_blocks(ax: Axes, blocks: Sequence[str], *, labels: bool, lines: bool = True) -> None:
    """Separate the families in a figure with one language a row, and name them on the right."""
    start = 0
    for row in range(1, len(blocks) + 1):
        if row == len(blocks) or blocks[row] != blocks[start]:
            if lines and row < len(blocks):
                ax.axhline(row - 0.5, color=MUTED, linewidth=0.8, zorder=3)
            if labels:
                ax.annotate(
                    blocks[start],
                    xy=(1, (start + row - 1) / 2),
                    xycoords=("axes fraction", "data"),
                    xytext=(8, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                    color=MUTED,
                    annotation_clip=False,
                )
            start = row


def wrapped(title: str, width: float) -> str:
    """Break the lines of a panel's title (9 points) so that they fit a panel `width` inches wide."""
    return "\n".join(fill(line, max(14, int(width * 13))) for line in title.splitlines())
