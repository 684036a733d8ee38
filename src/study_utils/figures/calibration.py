"""How often intervals and claims were right in simulated studies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study_utils.analysis.calibration.calibrate import COVERAGE, FALSE_CLAIMS, HEADLINES
from study_utils.analysis.results.tables import require_columns
from study_utils.figures.style import FAINT, MUTED, POINTS, grid_shape, looks, new_figure, styled

_SHOWN = ("mnli", "snli", "anli", "qqp", "sst2")
"""Conditions whose colours, markers and dashes headlines borrow."""


@styled
def plot_coverage_of_intervals(points: pd.DataFrame) -> Figure:
    """Show the share of 95% intervals that hold the truth, by design and headline; the band is what counts as right.

    Parameters
    ----------
    points : pandas.DataFrame
        From `study_utils.analysis.calibration.designs.simulate_points`.
    """
    return _by_design(points, "coverage", "intervals that hold the truth, in percent", COVERAGE, (85, 100))


@styled
def plot_false_claims(points: pd.DataFrame) -> Figure:
    """Show the share of studies without effect that claim one, by design; parameters as in the coverage."""
    title = "studies without effect that claim one, in percent"
    return _by_design(points, "false_claims", title, (0.0, FALSE_CLAIMS), (-0.5, 12))


@styled
def plot_power(points: pd.DataFrame) -> Figure:
    """Show the share of true gains called clear, by their size: one panel a balance, one line a headline.

    Parameters
    ----------
    points : pandas.DataFrame
        From `study_utils.analysis.calibration.designs.simulate_points`.
    """
    kept = points[points["effect"] > 0].drop_duplicates(["balance", "headline", "effect"])
    figure, axes = new_figure(width=8.5, height=3.6, columns=max(1, kept["balance"].nunique()), sharey=True)
    headlines, styles = list(dict.fromkeys(kept["headline"])), looks(_SHOWN)
    for ax, (balance, part) in zip(axes, kept.groupby("balance", sort=False)):
        for headline, key in zip(headlines, _SHOWN):
            own, style = part[part["headline"] == headline].sort_values("effect"), styles[key]
            ax.plot(
                own["effect"] * POINTS, own["claims"] * 100, marker=style.marker, linestyle=style.dashes, markersize=5,
                color=style.colour, linewidth=1,
            )  # fmt: skip
        ax.set(title=balance, xlabel="true gain in points", ylabel="found, in percent", ylim=(-3, 103))
    _headline_legend(figure, headlines, styles)
    figure.suptitle("True gains called clear", fontsize=11, x=0.01, ha="left")
    return figure


def _headline_legend(figure: Figure, headlines: list[str], styles: dict) -> None:
    handles = [
        Line2D([], [], marker=styles[key].marker, color=styles[key].colour, linestyle=styles[key].dashes,
               label=HEADLINES[headline])
        for headline, key in zip(headlines, _SHOWN)
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def _by_design(
    points: pd.DataFrame, name: str, title: str, band: tuple[float, float], limits: tuple[float, float]
) -> Figure:
    require_columns(points, ("balance", "varied", "value", "headline", name, f"{name}_error"), table="table of points")
    kept = points[points["effect"] == 0]
    axes_of = list(kept.groupby(["balance", "varied"], sort=False))
    figure, axes = _panels([part for _, part in axes_of])
    headlines, styles = list(dict.fromkeys(kept["headline"])), looks(_SHOWN)
    for ax, (names, part) in zip(axes, axes_of):
        values = _sorted(part)
        ax.axvspan(band[0] * 100, band[1] * 100, color=FAINT, zorder=0)
        for place, (headline, key) in enumerate(zip(headlines, _SHOWN)):
            own = part[part["headline"] == headline].set_index("value").reindex(values)
            share, error = own[name].to_numpy() * 100, own[f"{name}_error"].to_numpy() * 100
            y = np.arange(len(values)) + 0.18 * (place - (len(headlines) - 1) / 2)
            ax.hlines(y, share - 2 * error, share + 2 * error, color=styles[key].colour, linewidth=1.2)
            ax.plot(share, y, styles[key].marker, color=styles[key].colour, markersize=4, linestyle="none", zorder=4)
        _label(ax, names, values, "percent")
        ax.set_xlim(*limits)
    _headline_legend(figure, headlines, styles)
    figure.suptitle(title[0].upper() + title[1:], fontsize=11, x=0.01, ha="left")
    return figure


def _panels(parts: list[pd.DataFrame]) -> tuple[Figure, list]:
    lines, columns = grid_shape(len(parts), 3)
    rows = max(part["value"].nunique() for part in parts)
    figure, axes = new_figure(
        width=1.2 + 3.3 * columns, height=1.0 + lines * (0.9 + 0.4 * rows), rows=lines, columns=columns
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
