"""Scores, gains of seeds and test rows as cells; what the rows of data are like."""

from __future__ import annotations

import pandas as pd
import pytest
from figure_layout import axes_text, drawn
from figure_studies import MANY, study

from study_utils.analysis import seed_gains
from study_utils.errors import AnalysisError
from study_utils.figures import (
    plot_coverage,
    plot_labels,
    plot_lengths,
    plot_scores,
    plot_seed_gains,
)
from study_utils.figures.style import language_order


def test_scores(tables):
    scores, _ = tables
    axes = drawn(plot_scores(scores))
    conditions = scores["condition"].nunique()
    assert len(axes) == conditions
    languages = language_order(scores["language"])
    assert [t.get_text() for t in axes[0].get_yticklabels()] == languages["name"].tolist()
    (one,) = drawn(plot_scores(scores, condition="none"))
    cell = next(t for t in one.texts if t.get_position() == (0, 0))
    part = scores.query("condition == 'none' and task == 'xnli' and language == @languages.language[0]")
    assert cell.get_text() == f"{100 * part['value'].mean():.0f}"
    assert [t.get_text() for t in one.get_xticklabels()] == ["XNLI", "SIB-200"]
    assert one.images[0].get_clim() == (0, 100)


def test_gain_panels_share_one_symmetric_scale(tables):
    axes = drawn(plot_scores(tables[0]))
    limits = {ax.images[0].get_clim() for ax in axes[1:]}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high


def test_a_language_that_a_task_lacks_is_blank():
    _, scores = study(["en", "es"], ["mnli"], tasks=("sib200", "xnli"))
    lacks = scores[(scores["task"] != "sib200") | (scores["language"] != "en")]
    (ax,) = drawn(figure := plot_scores(lacks, condition="none"))
    assert len([t for t in ax.texts if t.get_text().isdigit()]) == 3
    assert _bar_label(figure) == "score in percent; grey: not scored"
    assert _bar_label(plot_scores(scores, condition="none")) == "score in percent"


def _bar_label(figure):
    (bar,) = (ax for ax in figure.axes if ax.get_label() == "<colorbar>")
    return bar.get_xlabel()


def test_unknown_condition_is_refused():
    with pytest.raises(AnalysisError, match=r"unknown condition 'mnly'.*'mnli'"):
        plot_scores(study(["es"], ["mnli"])[1], condition="mnly")


def test_seed_gains(tables):
    scores, _ = tables
    table = seed_gains(scores)
    if table.empty:
        assert "No gains" in axes_text(plot_seed_gains(table))
        return
    axes = drawn(plot_seed_gains(table))
    assert len(axes) == table["condition"].nunique()
    assert sum(len(ax.texts) for ax in axes) == len(table)


def test_coverage_lengths_labels():
    rows = pd.DataFrame({"task": t, "language": code} for t in ("xnli", "sib200") for code in MANY)
    (ax,) = drawn(plot_coverage(rows.iloc[:-1].assign(examples=300)))
    assert sum(t.get_text() == "300" for t in ax.texts) == 2 * len(MANY) - 1
    lengths = rows.assign(role="test", median_characters=50.0, p90_characters=90.0)
    axes = drawn(plot_lengths(pd.concat([lengths, lengths.query("language == 'en'").assign(role="train")])))
    assert [ax.get_xlabel() for ax in axes] == ["characters"] * 2
    labels = pd.concat(
        [rows.assign(role=role, label=f"label {i}", share=1 / 20) for i in range(20) for role in ("test", "train")]
    )
    axes = drawn(plot_labels(labels))
    assert all(len(ax.patches) == 8 * (len(MANY) + 1) for ax in axes)
    legend = [t.get_text() for t in axes[0].get_legend().get_texts()]
    assert legend[-1] == "13 others"
    assert not axes[0].get_legend().get_window_extent().overlaps(axes[0].get_window_extent())
