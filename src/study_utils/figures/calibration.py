"""How often intervals and claims were right in simulated studies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.calibration.calibrate import COVERAGE, FALSE_POSITIVES
from study_utils.analysis.results.tables import require_columns
from study_utils.figures.style import FAINT, INK, MUTED, POINTS, grid_shape, looks, new_figure, styled

_SHOWN = ("mnli", "snli", "anli", "qqp")
"""Conditions whose colours, markers and dashes effects borrow."""


@styled
def plot_coverage_of_intervals(points: pd.DataFrame) -> Figure:
    """Show the share of 95 % intervals that hold the truth, by design; the band is what counts as right.

    Parameters
    ----------
    points : pandas.DataFrame
        From `study_utils.analysis.calibration.designs.simulate_points`.
    """
    return _by_design(points, "coverage", "intervals that hold the truth, in percent", COVERAGE, (85, 100))


@styled
def plot_false_positives(points: pd.DataFrame) -> Figure:
    """Show the share of studies without effect that claim one, by design; parameters as in the coverage."""
    title = "studies without effect that claim one, in percent"
    return _by_design(points, "false_positives", title, (0.0, FALSE_POSITIVES), (-0.5, 12))


@styled
def plot_power(points: pd.DataFrame) -> Figure:
    """Show the share of families called clear with the right sign, by design and true gain.

    Parameters
    ----------
    points : pandas.DataFrame
        From `study_utils.analysis.calibration.designs.simulate_points`.
    """
    kept = points[(points["n_languages"] == 0) & (points["effect"] > 0)]
    axes_of = list(kept.groupby(["balance", "varied"], sort=False))
    figure, axes = _panels([part for _, part in axes_of])
    effects, styles = sorted(kept["effect"].unique()), looks(_SHOWN)
    for ax, (names, part) in zip(axes, axes_of):
        values = _sorted(part)
        for effect, key in zip(effects, _SHOWN):
            own = part[part["effect"] == effect].set_index("value").reindex(values)
            style = styles[key]
            dashes = style.dashes if _numbered(values) else "none"
            ax.plot(
                own["claims"] * 100, range(len(values)), marker=style.marker, linestyle=dashes, markersize=5,
                color=style.colour, linewidth=1,
            )  # fmt: skip
        _label(ax, names, values, "families found, in percent")
        ax.set_xlim(-3, 103)
    handles = [
        Line2D([], [], marker=styles[key].marker, color=styles[key].colour, linestyle=styles[key].dashes,
               label=f"{POINTS * effect:g}")
        for effect, key in zip(effects, _SHOWN)
    ]  # fmt: skip
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=8,
        title="true gain in points",
        title_fontsize=8,
    )
    figure.suptitle("Families called clear when every family truly gains", fontsize=11, x=0.01, ha="left")
    return figure


def _by_design(
    points: pd.DataFrame, name: str, title: str, band: tuple[float, float], limits: tuple[float, float]
) -> Figure:
    require_columns(points, ("balance", "varied", "value", name, f"{name}_error"), table="table of points")
    kept = points[(points["n_languages"] == 0) & (points["effect"] == 0)]
    axes_of = list(kept.groupby(["balance", "varied"], sort=False))
    figure, axes = _panels([part for _, part in axes_of])
    for ax, (names, part) in zip(axes, axes_of):
        values = _sorted(part)
        own = part.set_index("value").reindex(values)
        share, error = own[name].to_numpy() * 100, own[f"{name}_error"].to_numpy() * 100
        ax.axvspan(band[0] * 100, band[1] * 100, color=FAINT, zorder=0)
        right = (share + 2 * error >= band[0] * 100) & (share - 2 * error <= band[1] * 100)
        ax.hlines(range(len(values)), share - 2 * error, share + 2 * error, color=INK, linewidth=1.4)
        for face, kind in (("white", right), (INK, ~right)):
            at = np.flatnonzero(kind)
            ax.plot(share[at], at, "o", color=INK, markerfacecolor=face, markersize=6, linestyle="none", zorder=4)
        _label(ax, names, values, "percent")
        ax.set_xlim(*limits)
    handles = [
        Line2D([], [], marker="o", color=INK, markerfacecolor="white", linestyle="none", label="right"),
        Line2D([], [], marker="o", color=INK, linestyle="none", label="outside the band"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    figure.suptitle(title[0].upper() + title[1:], fontsize=11, x=0.01, ha="left")
    return figure


def _panels(parts: list[pd.DataFrame]) -> tuple[Figure, list]:
    lines, columns = grid_shape(len(parts), 3)
    rows = max(part["value"].nunique() for part in parts)
    figure, axes = new_figure(
        width=1.2 + 3.3 * columns, height=1.0 + lines * (0.9 + 0.24 * rows), rows=lines, columns=columns
    )
    for ax in axes[len(parts) :]:
        ax.set_axis_off()
    return figure, axes


def _sorted(part: pd.DataFrame) -> list[str]:
    values = part["value"].drop_duplicates()
    return sorted(values, key=int) if _numbered(values) else list(values)


def _numbered(values: Iterable[str]) -> bool:
    return all(value.isdigit() for value in values)


def _label(ax, names: tuple[str, str], values: list[str], label: str) -> None:
    ax.set_title(f"{names[1].capitalize()}\n({names[0]})", fontsize=9.5)
    ax.set_yticks(range(len(values)), values, fontsize=8)
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_xlabel(label, color=MUTED)
    ax.grid(visible=False, axis="y")
