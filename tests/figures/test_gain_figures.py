"""Gains with intervals: by task and family, beside gaps, with one language or task left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import axes_text, drawn
from figure_studies import MANY, study

from study_utils.analysis import Settings, family_gains, gap_gains, task_gains
from study_utils.catalog import CONDITIONS
from study_utils.figures import (
    plot_family_gains,
    plot_gap_gains,
    plot_left_out,
    plot_task_gains,
)
from study_utils.figures.style import looks


def test_family_gains(tables):
    _, families = tables
    axes = drawn(plot_family_gains(families))
    assert len(axes) == families["condition"].nunique()
    for ax, condition in zip(axes, [k for k in CONDITIONS if k in set(families["condition"])]):
        part = families[families["condition"] == condition]
        points = [line for line in ax.lines if len(line.get_xdata()) == 1 and line.get_marker() != "None"]
        marks = [line for line in points if line.get_label() != "cut"]
        assert len(marks) == len(part)
        assert sorted(np.round([m.get_xdata()[0] for m in marks], 6)) == sorted(np.round(part["estimate"] * 100, 6))
        spans = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() > 1.5]
        assert len(spans) == part["low"].notna().sum()
        assert ax.get_xlabel() in ("gain in points", "")
        low, high = ax.get_xlim()
        assert low < min(0, part["estimate"].min() * 100)
        assert high > max(0, part["estimate"].max() * 100)
        cut = (part["low"] * 100 < low).sum() + (part["high"] * 100 > high).sum()
        assert len(points) - len(marks) == cut


def test_clear_results_are_filled_and_withheld_ones_crossed():
    predictions, scores = study(["es", "fr", "it", "eu", "ja"], ["mnli"])
    families = family_gains(predictions, scores, settings=Settings(resamples=100))
    families["clear"] = families["group"] == "Romance"
    families.loc[families["group"] == "Basque", ["low", "high"]] = np.nan
    (ax,) = drawn(plot_family_gains(families))
    single = [line for line in ax.lines if len(line.get_xdata()) == 1 and line.get_label() != "cut"]
    marks = {line.get_ydata()[0]: line for line in single}
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == ["Romance (3 languages)", "Basque", "Japanese"]
    assert marks[0].get_markerfacecolor() == looks(["mnli"])["mnli"].colour
    assert marks[1].get_marker() == "x"
    assert marks[2].get_markerfacecolor() == "white"


def test_without_a_condition_a_figure_says_so():
    predictions, scores = study(["es", "fr"], ["mnli"])
    empty = family_gains(predictions, scores, settings=Settings(resamples=100)).iloc[:0]
    assert "No gains" in axes_text(plot_family_gains(empty))


def test_a_huge_interval_does_not_hide_the_others():
    predictions, scores = study(MANY, ["mnli"])
    families = family_gains(predictions, scores, settings=Settings(resamples=50))
    few = families.assign(low=families["estimate"] - 0.02, high=families["estimate"] + 0.02)
    few.loc[3, "high"] += 0.03
    (ax,) = drawn(plot_family_gains(few))
    assert not any(line.get_label() == "cut" for line in ax.lines), "an end not far off is in the picture"
    few.loc[3, ["low", "high"]] = -1.0, 1.0
    (ax,) = drawn(plot_family_gains(few))
    low, high = ax.get_xlim()
    assert -60 < low < high < 60
    assert sum(line.get_label() == "cut" for line in ax.lines) >= 2


def test_tasks_are_rows_and_failed_runs_are_marked():
    predictions, scores = study(["es", "fr", "it"], ["mnli", "sst2"])
    table = task_gains(predictions, scores)
    axes = drawn(plot_task_gains(table))
    assert len(axes) == table["condition"].nunique()
    assert len(axes[0].get_yticklabels()) == table["task"].nunique()
    assert not any(ax.texts for ax in axes)
    table.loc[0, "collapsed"] = "XNLI seed 1"
    assert sum(len(ax.texts) for ax in drawn(plot_task_gains(table))) == 1


def test_tasks_behind_a_family_are_named_where_families_differ():
    predictions, scores = study(["es", "fr", "it", "ru", "pl", "bg"], ["mnli"])
    families = family_gains(predictions, scores)
    families["tasks"] = np.where(families["group"] == "Slavic", "xnli", "sib200 xnli")
    names = [t.get_text() for t in drawn(plot_family_gains(families))[0].get_yticklabels()]
    assert names == ["Romance (3 languages; all tasks)", "Slavic (3 languages; XNLI)"]


def test_gap_gains(tables):
    scores, _ = tables
    table = gap_gains(scores)
    axes = drawn(plot_gap_gains(table))
    if table.empty:
        assert "No gaps" in axes_text(plot_gap_gains(table))
        return
    assert len(axes) == table["condition"].nunique()
    for ax, condition in zip(axes, [k for k in CONDITIONS if k in set(table["condition"])]):
        part = table[table["condition"] == condition]
        assert sorted(ax.lines[0].get_xdata()) == pytest.approx(sorted(part["gap"] * 100))
        assert len(ax.texts) == min(2, len(part))


def test_the_lowest_panel_of_every_column_has_its_numbers(tables):
    table = gap_gains(tables[0])
    if table.empty:
        pytest.skip("no gap in this study")
    one = table[table["condition"] == table["condition"].iloc[0]]
    five = pd.concat([one.assign(condition=key) for key in list(CONDITIONS)[1:6]], ignore_index=True)
    axes = drawn(plot_gap_gains(five))
    assert [ax.xaxis.get_tick_params()["labelbottom"] for ax in axes] == [False, False, True, True, True]


def test_left_out_names_what_makes_the_lowest_and_the_highest_gain():
    row = {"encoder": "e5_small", "condition": "mnli", "estimate": 0.02, "excludes_zero": True, "lowest": -0.01}
    row |= {"lowest_without": "Basque", "highest": 0.03, "highest_without": "Spanish", "zero_changes": ""}
    table = pd.DataFrame(
        [row | {"left_out": kind, "sign_changes": turns} for kind, turns in (("language", "Basque"), ("task", ""))]
    )
    by_language, by_task = drawn(plot_left_out(table))
    assert [text.get_text() for text in by_language.texts] == ["Basque", "Spanish"]
    assert list(by_language.lines[0].get_xdata()) == [-1, 3]
    assert by_language.texts[0].get_color() != by_task.texts[0].get_color(), "what changes the sign is dark"
    assert by_language.texts[1].get_color() == by_task.texts[1].get_color(), "Spanish, left out, changes nothing"
    assert "can be left out" in axes_text(plot_left_out(table.iloc[:0]))
    (one, _) = drawn(plot_left_out(table.assign(highest_without="Tatoeba (layer 8 of 12)")))
    assert one.texts[1].get_text() == "Tatoeba", "the layer has no room here"
