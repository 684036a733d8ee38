from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import check
from matplotlib.text import Text
from simulated_studies import simulate_study

from study_utils.analysis import Settings, drop_differences, drops, english_against_others
from study_utils.errors import AnalysisError
from study_utils.figures import plot_drop_differences, plot_drops, plot_english

FAST = Settings(resamples=100)
LOST = {"none": 0.4, "stsb": 0.1, "stsb_fr": 0.4, "stsb_ru": 0.3, "xnli_pairs_en": 0.3, "xnli_pairs_tr": 0.2}
VARIANTS = ("typos@0.3", "homoglyphs@0.3")


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(2)
    languages = "en de nl fr es ru bg uk ar he hi ur bn tr fi et eu".split()
    predictions, scores = simulate_study(
        rng, effects=dict.fromkeys(list(LOST)[1:], 0.0), languages=languages, tasks={"sib200": "accuracy"}, examples=40
    )
    noisy, others = [], []
    for variant in VARIANTS:
        part = predictions.assign(variant=variant)
        part["correct"] *= rng.random(len(part)) >= part["condition"].map(LOST).to_numpy(float)
        cell = ["condition", "task", "language", "seed"]
        values = part.groupby(cell)["correct"].mean().rename("value")
        noisy.append(part)
        others.append(scores.drop(columns="value").assign(variant=variant).join(values, on=cell))
    return pd.concat([predictions, *noisy], ignore_index=True), pd.concat([scores, *others], ignore_index=True)


def panels(figure):
    return [ax for ax in figure.axes if ax.axison]


def marks(ax, marker):
    return [line for line in ax.lines if line.get_marker() == marker]


def test_drops_by_family_show_the_baseline_and_the_others(tables):
    found = drops(*tables, by="family", settings=FAST)
    figure = plot_drops(found)
    assert [ax.get_title(loc="left") for ax in panels(figure)] == [
        "Typing errors, 30% of words",
        "Look-alikes, 30% of words",
    ]
    ax = panels(figure)[0]
    base = found[(found["condition"] == "none") & (found["variant"] == "typos@0.3")]
    assert len(marks(ax, "o")) == len(base)
    drawn = sorted(line.get_xdata()[0] for line in marks(ax, "o"))
    assert drawn == pytest.approx(sorted(100 * base["estimate"]))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert "Slavic (3 languages)" in names
    assert "Basque" in names
    filled = [line for line in marks(ax, "o") if line.get_markerfacecolor() != "white"]
    assert len(filled) == base["clear"].sum()


def test_differences_have_a_row_a_condition(tables):
    figure = plot_drop_differences(drop_differences(*tables, settings=FAST))
    ax = panels(figure)[0]
    assert next(label.get_text() for label in ax.get_yticklabels()) == "STS-B"
    assert len(marks(ax, "o")) == 5
    assert "left: loses less" in figure.get_suptitle()


def test_english_has_a_panel_a_series(tables):
    of_scores, of_drops = english_against_others(*tables, settings=FAST)
    figure = plot_english(of_scores, of="scores")
    assert [ax.get_title(loc="left") for ax in panels(figure)] == ["STS-B", "XNLI pairs"]
    assert next(t.get_text() for t in panels(figure)[0].get_yticklabels()) == "Clean"
    assert len(panels(plot_english(of_drops, of="drops"))) == 2
    _, families = english_against_others(*tables, by="family", settings=FAST)
    figure = plot_english(families, of="drops")
    assert len(panels(figure)) == 4
    assert "Germanic" not in " ".join(t.get_text() for t in panels(figure)[0].get_yticklabels())


def test_intervals_that_are_withheld_are_crosses(tables):
    one = [frame[frame["seed"] == 0] for frame in tables]
    figure = plot_drops(drops(*one, by="family", settings=FAST))
    assert len(marks(panels(figure)[0], "x")) == len(panels(figure)[0].get_yticklabels())


def test_nothing_to_show_is_said(tables):
    clean = [frame[(frame["variant"] == "clean") & (frame["condition"] == "none")] for frame in tables]
    for figure in (
        plot_drops(drops(*clean, settings=FAST)),
        plot_drop_differences(drop_differences(*clean, settings=FAST)),
        plot_english(english_against_others(*clean, settings=FAST)[1], of="drops"),
    ):
        (ax,) = figure.axes
        assert "o show" in ax.texts[0].get_text() or "o compare" in ax.texts[0].get_text()
    with pytest.raises(AnalysisError, match="lacks the columns"):
        plot_drops(pd.DataFrame({"x": [1]}))


def test_long_titles_break_before_they_reach_the_next_panel(tables):
    found = drops(*tables, by="family", settings=FAST)
    figure = plot_drops(found.assign(variant=found["variant"].replace(VARIANTS[1], "codeswitch@0.5")))
    assert "English second text, 50% of\nexamples" in [ax.get_title(loc="left") for ax in panels(figure)]
    check(figure)
    for ax in panels(figure):
        (title,) = [text for text in ax.findobj(Text) if text.get_text() == ax.get_title(loc="left")]
        assert title.get_window_extent().x1 <= ax.get_window_extent().x1 + 5, title.get_text()


@pytest.mark.parametrize(("found", "plot"), [(drops, plot_drops), (drop_differences, plot_drop_differences)])
def test_where_nothing_changes_the_axis_is_of_points_and_not_of_rounding(tables, found, plot):
    none = found(*tables, by="family", settings=FAST).assign(estimate=1e-19, low=-1e-19, high=1e-19)
    for ax in panels(plot(none)):
        low, high = ax.get_xlim()
        assert low <= -0.5 < 0.5 <= high
