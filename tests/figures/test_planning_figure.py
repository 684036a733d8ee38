"""The smallest detectable gain against seeds: every line is drawn where its numbers are, the margin across."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import check

from study_utils.analysis.planning.outlook import POINTS
from study_utils.errors import AnalysisError
from study_utils.figures import plot_detectable


def curves(**changes):
    rows = [(line, n, 9 / n, 8.0, 20 / n, 30 / n, 5 / n) for line in ("as planned", "59 languages") for n in (3, 5, 10)]
    return pd.DataFrame(rows, columns=["line", "seeds", *POINTS.values()]).assign(**changes)


def test_lines_and_margin_are_where_they_belong():
    figure = plot_detectable(curves(), margin=1.0)
    check(figure)
    assert len(figure.axes) == len(POINTS)
    first = figure.axes[0]
    assert first.get_title(loc="left").replace("\n", " ") == "All languages, these tasks"
    planned, other, margin = first.lines
    assert planned.get_xydata().tolist() == [[3, 3.0], [5, 1.8], [10, 0.9]]
    assert other.get_marker() != planned.get_marker()
    assert list(margin.get_ydata()) == [1.0, 1.0]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["as planned", "59 languages", "margin"]


def test_what_has_no_numbers_has_no_panel():
    figure = plot_detectable(curves(all_tasks_like_these=np.nan), margin=1.0)
    assert len(figure.axes) == len(POINTS) - 1
    nothing = plot_detectable(curves().head(0), margin=1.0)
    assert "can't be told" in nothing.axes[0].texts[0].get_text()
    with pytest.raises(AnalysisError, match="one_language"):
        plot_detectable(curves().drop(columns="one_language"), margin=1.0)
