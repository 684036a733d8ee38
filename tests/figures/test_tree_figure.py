"""The tree of languages."""

from __future__ import annotations

import pytest
from figure_layout import drawn
from figure_studies import study

from study_utils.analysis import Settings, family_gains, gains
from study_utils.figures import (
    plot_family_tree,
)
from study_utils.figures.tree import language_tree


def test_the_tree_has_branches_under_families_and_languages_as_leaves():
    nodes = language_tree(["es", "fr", "it", "de", "nl", "el", "eu", "fi", "et", "hu"])
    rows = [("  " * node.depth + node.label, nodes[node.parent].label if node.depth else "") for node in nodes]
    assert rows == [
        ("Indo-European", ""), ("  Romance", "Indo-European"), ("    French", "Romance"),
        ("    Italian", "Romance"), ("    Spanish", "Romance"),
        ("  Germanic", "Indo-European"), ("    Dutch", "Germanic"), ("    German", "Germanic"),
        ("  Greek", "Indo-European"),
        ("Uralic", ""), ("  Finnic", "Uralic"), ("    Estonian", "Finnic"), ("    Finnish", "Finnic"),
        ("  Hungarian", "Uralic"), ("Basque", ""),
    ]  # fmt: skip


def test_the_tree_shows_every_language_seed_and_group():
    predictions, scores = study(["es", "fr", "it", "eu"], ["mnli"], seeds=3)
    groups, each = family_gains(predictions, scores, settings=Settings(resamples=50)), gains(scores)
    (ax,) = drawn(plot_family_tree(groups, each, same_data=True))
    means = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert sorted(means) == pytest.approx(sorted(each.groupby("language")["gain"].mean() * 100))
    assert [len(line.get_xdata()) for line in ax.lines if line.get_marker() == "|"] == [3] * 4
    (diamond,) = [line for line in ax.lines if line.get_marker() == "D"]
    assert diamond.get_xdata()[0] == pytest.approx(100 * groups.set_index("group").loc["Romance", "estimate"])


def test_an_interval_that_leaves_the_tree_has_arrows_and_the_legend_says_so():
    predictions, scores = study(["es", "fr", "it", "eu"], ["mnli"], seeds=3)
    groups, each = family_gains(predictions, scores, settings=Settings(resamples=50)), gains(scores)
    figure = plot_family_tree(groups.assign(low=-0.9, high=0.9), each, same_data=True)
    (ax,) = drawn(figure)
    assert {line.get_marker() for line in ax.lines if line.get_label() == "cut"} == {"<", ">"}
    assert "goes on beyond the picture" in [text.get_text() for text in figure.legends[0].get_texts()]
    legend = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= legend.x0 < legend.x1 <= figure.bbox.x1
