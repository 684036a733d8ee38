"""Differences between arms: every contrast and group is drawn where its numbers are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import check

from study_utils.errors import AnalysisError
from study_utils.figures import plot_contrasts


def table(**changes) -> pd.DataFrame:
    rows = [
        ("a", "multilingual", "none", "Low-resource", 0.05, 0.01, 0.09, True),
        ("a", "multilingual", "none", "Other", -0.01, -0.03, 0.01, False),
        ("b", "multilingual", "mnli", "Low-resource", 0.04, np.nan, np.nan, False),
    ]
    names = ["contrast", "arm", "against", "group", "estimate", "low", "high", "clear"]
    return pd.DataFrame(rows, columns=names).assign(encoder="e5_small", level=0.95, n_languages=4, **changes)


def test_rows_are_contrasts_and_panels_are_groups():
    figure = plot_contrasts(table(), title="Arms")
    check(figure)
    low, other = figure.axes
    assert [ax.get_title(loc="left") for ax in (low, other)] == ["Low-resource (4 languages)", "Other (4 languages)"]
    assert [t.get_text() for t in low.get_yticklabels()] == [
        "Multilingual, mixed against English fine-tuning alone",
        "Multilingual, mixed against MNLI",
    ]
    marks = [
        (*line.get_xydata()[0], line.get_marker(), line.get_markerfacecolor())
        for line in low.lines
        if len(line.get_xdata()) == 1
    ]
    assert [(m[0], m[1], m[2]) for m in marks] == [(pytest.approx(5.0), 0, "o"), (pytest.approx(4.0), 1, "x")]
    assert marks[0][3] != "white", "a clear result is filled"
    assert [line.get_markerfacecolor() for line in other.lines if len(line.get_xdata()) == 1] == ["white"]
    assert {t.get_text() for t in figure.legends[0].get_texts()} >= {"interval withheld"}


def test_nothing_to_compare_is_said_and_missing_columns_are_named():
    assert "no two arms" in plot_contrasts(table().head(0), title="Arms").axes[0].texts[0].get_text()
    with pytest.raises(AnalysisError, match="against"):
        plot_contrasts(table().drop(columns="against"), title="Arms")


def test_all_panels_are_within_the_axis_that_they_share_and_that_is_never_of_rounding():
    told = table()
    told.loc[told["group"] == "Other", ["estimate", "low", "high"]] = (-0.3, -0.4, -0.2)
    low, high = plot_contrasts(told, title="Arms").axes[0].get_xlim()
    assert low < -40
    assert high > 9
    none = plot_contrasts(told.assign(estimate=1e-19, low=-1e-19, high=1e-19), title="Arms")
    low, high = none.axes[0].get_xlim()
    assert low <= -0.5 < 0.5 <= high
