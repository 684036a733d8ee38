"""A page on which a reader picks condition, target, family, language and seed, and sees scores, gains and intervals.

It loads nothing: data and Vega-Lite are inside, and its content policy forbids every request.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

import altair as alt

from study_utils.analysis.results.tables import BASELINE
from study_utils.catalog.titles import condition_title
from study_utils.figures.style import INK, looks
from study_utils.report.explore_data import cell_rows, coded, estimate_rows
from study_utils.report.finished import earlier_version, read_table
from study_utils.report.notebook import RESULTS, banner_html
from study_utils.report.site import navigation
from study_utils.store import writable, write_atomically

EXPLORE = "explore.html"
_AXIS = alt.Axis(tickCount=8)
_TITLES = {"gain": "gain over no intermediate task, in points", "score": "score, times 100"}


def write_explore(report: Path, *, title: str, links: Sequence[tuple[str, str]], banner: str = "") -> Path | None:
    """Write ``explore.html`` into a report folder, from its results and tables.

    Parameters
    ----------
    report : pathlib.Path
        Report folder of a study.
    title, banner : str
        Heading of the study, and its warning (may be empty).
    links : sequence of (str, str)
        File name and title of every page of the report, for the navigation.

    Returns
    -------
    pathlib.Path or None
        The page; None for a report without a results table, which has nothing to explore.

    Raises
    ------
    AnalysisError
        If the results table is not valid.
    StoreError
        If the page cannot be written.
    """
    path = report / f"{RESULTS}.csv"
    if not path.is_file():
        return None
    results = read_table(path)
    colours = {condition_title(key): look.colour for key, look in looks(results["condition"]).items()}
    content = {
        "cells": coded(cell_rows(results)),
        "estimates": coded(estimate_rows(report)),
        "baseline": condition_title(BASELINE),
        "colours": colours,
        "titles": _TITLES,
        "charts": {"estimates": _interval_chart(colours), "cells": _cell_chart(colours)},
    }
    files = resources.files("study_utils.report")
    page = Template((files / "explore.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        navigation=navigation(links, EXPLORE),
        banner=(banner_html("", banner) if banner else "") + earlier_version(report),
        style=(files / "page.css").read_text(encoding="utf-8"),
        content=json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        vega=_vega(),
        script=(files / "explore.js").read_text(encoding="utf-8"),
    )
    with writable(report):
        write_atomically(report / EXPLORE, page)
    return report / EXPLORE


def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the packages that Altair draws with; gzip in base64."""
    import vl_convert

    return b64encode(gzip.compress(vl_convert.javascript_bundle().encode(), mtime=0)).decode()


def _colour(colours: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("condition:N", scale=scale, legend=None)


def _interval_chart(colours: dict[str, str]) -> dict:
    """Gains with intervals; filled marks are clear results. Its data, `shown`, come from the page."""
    base = alt.Chart(alt.NamedData("shown")).encode(
        y=alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("condition:N", sort=list(colours)),
        color=_colour(colours),
        tooltip=_hover("condition of group gain:Q low:Q high:Q clear languages seeds encoder rows"),
    )
    line = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=_TITLES["gain"], axis=_AXIS), x2="high:Q")
    fill = alt.condition("datum.clear == 'yes'", alt.value(1), alt.value(0.0))
    dot = base.mark_point(size=60, strokeWidth=2, filled=False).encode(x="gain:Q")
    inner = base.mark_point(size=60, filled=True).encode(x="gain:Q", opacity=fill)
    return _finished(_zero() + line + dot + inner, step=14)


def _cell_chart(colours: dict[str, str]) -> dict:
    """One tick a cell, one dot the mean of a language. Its data, `shown` with `value`, come from the page."""
    base = alt.Chart(alt.NamedData("shown")).encode(
        y=alt.Y("language:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("condition:N", sort=list(colours)),
        color=_colour(colours),
    )
    tooltip = _hover("language family condition target seed score:Q gain:Q metric kind encoder rows")
    ticks = base.mark_tick(thickness=1.5, opacity=0.6, bandSize=8).encode(
        x=alt.X("value:Q", title="gain in points, or score × 100", axis=_AXIS), tooltip=tooltip
    )
    means = base.mark_point(size=55, filled=True, opacity=1).encode(
        x="mean(value):Q",
        tooltip=[*_hover("language condition"), alt.Tooltip("mean(value):Q", title="mean", format=".2f"), "count():Q"],
    )
    return _finished(_zero() + ticks + means, step=12)


def _hover(fields: str) -> list[alt.Tooltip]:
    named = [field if ":" in field else f"{field}:N" for field in fields.split()]
    return [alt.Tooltip(field, format=".2f") if field[-2:] == ":Q" else alt.Tooltip(field) for field in named]


def _zero() -> alt.Chart:
    return alt.Chart(alt.NamedData("zero")).mark_rule(color=INK).encode(x="at:Q")


def _finished(chart: alt.LayerChart, *, step: int) -> dict:
    sized = chart.properties(width="container", height=alt.Step(step, **{"for": "offset"}))
    return sized.configure_axis(labelFontSize=12, titleFontSize=12).to_dict()
