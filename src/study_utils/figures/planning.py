"""The smallest gain that a study can detect against its seeds."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.planning.outlook import POINTS
from study_utils.analysis.results.tables import require_columns
from study_utils.figures.style import MUTED, looks, new_figure, nothing, styled, wrapped

_LOOKS = ("mnli", "snli", "anli", "qqp")
"""Conditions whose colours, markers and dashes the lines borrow."""


@styled
def plot_detectable(curves: pd.DataFrame, *, margin: float) -> Figure:
    """Show the smallest detectable gain against the number of seeds: one line a set of cells, the margin dashed.

    Parameters
    ----------
    curves : pandas.DataFrame
        `curves` of `study_utils.analysis.planning.outlook.Outlook`, in points.
    margin : float
        Smallest gain that matters, in points.
    """
    require_columns(curves, ("line", "seeds", *POINTS.values()), table="table of detectable gains")
    shown = [(about, name) for about, name in POINTS.items() if curves[name].notna().any()]
    if not shown:
        return nothing("What this study can detect can't be told")
    figure, axes = new_figure(width=1.0 + 2.6 * len(shown), height=3.4, columns=len(shown))
    lines, styles = list(dict.fromkeys(curves["line"])), looks(_LOOKS)
    of_line = {line: styles[key] for line, key in zip(lines, _LOOKS)}
    for ax, (about, name) in zip(axes, shown):
        for line, look in of_line.items():
            part = curves[curves["line"] == line]
            ax.plot(part["seeds"], part[name], marker=look.marker, linestyle=look.dashes, color=look.colour,
                    markersize=5, linewidth=1.2)  # fmt: skip
        ax.axhline(margin, color=MUTED, linewidth=1, linestyle="--", zorder=1)
        ax.set_xscale("log")
        ax.set_xticks(sorted(curves["seeds"].unique()), sorted(curves["seeds"].unique()))
        ax.minorticks_off()
        ax.set_ylim(bottom=0)
        ax.set_title(wrapped(about[0].upper() + about[1:], 1.6), fontsize=9)
        ax.set_xlabel("seeds")
    axes[0].set_ylabel("smallest gain in points")
    handles = [
        Line2D([], [], marker=look.marker, color=look.colour, linestyle=look.dashes, label=line)
        for line, look in of_line.items()
    ]
    handles.append(Line2D([], [], color=MUTED, linestyle="--", label="margin"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8)
    figure.suptitle("Smallest true gain that is found with 80% power", fontsize=11, x=0.01, ha="left")
    return figure
