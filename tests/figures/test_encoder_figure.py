"""Targets with and without an intermediate task: what is drawn is what the table says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import check
from matplotlib.text import Text

from study_utils.analysis.questions.encoders import TARGET_GAIN_COLUMNS
from study_utils.errors import AnalysisError
from study_utils.figures.encoders import plot_target_gains


def gains(*rows):
    """Rows of encoder, condition, task, language, zero_shot, estimate, low, high, clear."""
    columns = ["encoder", "condition", "task", "language", "zero_shot", "estimate", "low", "high", "clear"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(**{name: 0.95 for name in TARGET_GAIN_COLUMNS if name not in table})[TARGET_GAIN_COLUMNS]


TABLE = gains(
    ("bert_base", "sst2", "airline_sentiment", "en", False, 0.03, 0.01, 0.05, True),
    ("roberta_base", "sst2", "airline_sentiment", "en", False, -0.02, np.nan, np.nan, False),
    ("bert_base", "sst2_in_language", "sib200", "de", False, 0.01, -0.01, 0.03, False),
    ("bert_base", "imdb_in_language", "sib200", "de", False, -0.04, -0.06, -0.02, True),
    ("bert_base", "sst2", "airline_sentiment", "de", True, 0.2, 0.1, 0.3, True),
    ("bert_base", "stsb_de", "airline_sentiment", "de", False, 0.2, 0.1, 0.3, True),
)


def marks(ax):
    return {
        (round(float(line.get_xdata()[0]), 6), line.get_markerfacecolor() != "white")
        for line in ax.lines
        if line.get_marker() not in ("None", None, "")
    }


def test_each_mark_is_a_row_of_the_table_in_points_filled_where_it_is_clear():
    figure = plot_target_gains(TABLE)
    airline, sib200 = figure.axes
    assert marks(airline) == {(3.0, True), (-2.0, False)}, "rows in other languages than the target's own are left out"
    assert marks(sib200) == {(1.0, False), (-4.0, True)}
    ends = [
        tuple(line.get_xdata()) for line in airline.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"
    ]
    assert (pytest.approx(1.0), pytest.approx(5.0)) in ends
    assert "Airline" in airline.get_title(loc="left")
    assert sib200.get_title(loc="left").endswith("in German")
    shapes = {text.get_text() for text in figure.legends[0].get_texts()}
    assert len(shapes) == 2, "one kind of mark an encoder"


def test_nothing_to_show_is_said():
    figure = plot_target_gains(TABLE[:0])
    assert "with and without" in figure.axes[0].texts[0].get_text()


def test_a_table_without_columns_is_refused():
    with pytest.raises(AnalysisError, match="lacks the columns"):
        plot_target_gains(TABLE.drop(columns="clear"))


def test_many_targets_take_several_lines_and_no_title_reaches_the_next_panel():
    tasks = ["airline_sentiment", "tweet_sentiment", "sick_relatedness", "stsb_multi", "citation_kind"]
    figure = plot_target_gains(
        gains(*[("bert_base", "sst2_in_language", task, "de", False, 0.0, -0.1, 0.1, False) for task in tasks])
    )
    panels = [ax for ax in figure.axes if ax.axison]
    assert len(panels) == 5
    check(figure)
    assert len({round(ax.get_position().y0, 3) for ax in panels}) == 2
    for ax in panels:
        (title,) = [text for text in ax.findobj(Text) if text.get_text() == ax.get_title(loc="left")]
        assert title.get_window_extent().x1 <= ax.get_window_extent().x1 + 5, title.get_text()
