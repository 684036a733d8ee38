"""Coverage, false claims and power of simulated studies."""

from __future__ import annotations

import pandas as pd
import pytest
from figure_layout import drawn

from study_utils.analysis.calibration.calibrate import HEADLINES
from study_utils.figures import (
    plot_coverage_of_intervals,
    plot_false_claims,
    plot_power,
)


@pytest.mark.parametrize(("plot", "panels"), [(plot_coverage_of_intervals, 2), (plot_false_claims, 2), (plot_power, 1)])
def test_calibration_shows_every_headline(plot, panels):
    rows = [
        {"balance": "balanced", "varied": varied, "value": value, "headline": headline, "effect": effect}
        | dict.fromkeys(("coverage", "false_claims", "claims"), 0.95)
        | {"coverage_error": 0.01, "false_claims_error": 0.01}
        for varied, values in (("seeds", ("3", "5")), ("what varies", ("mostly languages", "training runs")))
        for value in values
        for headline in ("all", "family", "general")
        for effect in (0.0, 0.02)
    ]
    figure = plot(pd.DataFrame(rows))
    assert len(drawn(figure)) == panels
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        HEADLINES[name] for name in ("all", "family", "general")
    ]
