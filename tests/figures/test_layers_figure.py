"""Scores by layer: what is drawn is what the table says, each line is named, and the layer that is read is marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis.questions.layers import LAYER_COLUMNS
from study_utils.errors import AnalysisError
from study_utils.figures import plot_layers


def table(*pairs, conditions=("none", "sst2", "mnli"), depth=3, read=2):
    rows = [
        (encoder, task, condition, layer, layer == read, 0.1 * layer + 0.01 * number)
        for encoder, task in pairs
        for number, condition in enumerate(conditions)
        for layer in range(depth + 1)
    ]
    frame = pd.DataFrame(rows, columns=["encoder", "task", "condition", "layer", "used", "score"])
    frame = frame.assign(metric="accuracy_from_english", depth=depth)
    return frame.assign(**{name: 0.0 for name in LAYER_COLUMNS if name not in frame})[LAYER_COLUMNS]


def test_each_line_is_a_condition_in_percent_and_named_at_its_end():
    figure = plot_layers(table(("e5_small", "tatoeba")))
    (ax,) = figure.axes
    lines = [line for line in ax.lines if len(line.get_xdata()) == 4]
    ends = sorted(float(line.get_ydata()[-1]) for line in lines)
    assert ends == pytest.approx([30.0, 31.0, 32.0])
    assert [list(line.get_xdata()) for line in lines] == [[0, 1, 2, 3]] * 3
    texts = {text.get_text(): text for text in ax.texts}
    assert set(texts) == {"No intermediate task", "SST-2", "MNLI", "read: layer 2 of 3"}
    colours = {line.get_color() for line in lines}
    assert {text.get_color() for name, text in texts.items() if "read" not in name} == colours
    (mark,) = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert set(mark.get_xdata()) == {2}
    assert ax.get_title(loc="left") == "Tatoeba"


def test_names_of_lines_that_end_together_do_not_overlap():
    figure = plot_layers(table(("e5_small", "tatoeba"), conditions=("none", "sst2", "mnli", "snli", "stsb")))
    figure.canvas.draw()
    boxes = sorted(
        (t.get_window_extent() for t in figure.axes[0].texts if "read" not in t.get_text()), key=lambda b: b.y0
    )
    assert all(above.y0 >= below.y1 - 2 for below, above in zip(boxes, boxes[1:]))


def test_one_panel_a_task_and_encoder():
    figure = plot_layers(table(("e5_small", "tatoeba"), ("e5_small", "bucc"), ("xlmr_base", "tatoeba")))
    titles = [ax.get_title(loc="left").splitlines()[0] for ax in figure.axes if ax.get_visible()]
    assert sorted(titles) == ["BUCC (development)", "Tatoeba", "Tatoeba"]


def test_nothing_to_show_is_said_and_a_wrong_table_refused():
    assert "no retrieval target" in plot_layers(table().astype({"score": float})).axes[0].texts[0].get_text()
    with pytest.raises(AnalysisError, match="used"):
        plot_layers(table(("e5_small", "tatoeba")).drop(columns="used"))
    assert np.isfinite(table(("e5_small", "bucc"))["score"]).all()
