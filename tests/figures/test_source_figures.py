"""Figures put source languages first and name what training rows are in."""

from __future__ import annotations

import pandas as pd
import pytest
from german_source import GERMAN, enter_german, mixed_scores

from study_utils.analysis import Settings
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.questions.epochs import EPOCH_COLUMNS, epoch_curves
from study_utils.catalog.titles import name_sources
from study_utils.figures import plot_contrasts, plot_gap_gains, plot_labels, plot_lengths
from study_utils.figures.epochs import plot_epochs
from study_utils.figures.style import language_order


@pytest.fixture(autouse=True)
def _german():
    enter_german()


def test_source_languages_come_first():
    codes = ["en", "de", "nl", "sv", "fr"]
    assert language_order(codes)["language"].tolist()[0] == "en"
    alone = language_order(codes, [GERMAN])
    assert alone.iloc[0].tolist() == ["de", "German", "German"]
    assert alone.set_index("language").loc["en", "block"] == "Germanic"
    both = language_order(codes, ["sib200", GERMAN]).head(2)
    assert both["block"].tolist() == both["name"].tolist()
    assert both["language"].tolist() == ["en", "de"]
    name_sources([GERMAN])
    assert language_order(codes)["language"].tolist()[0] == "de"
    assert (
        "no target scores German"
        in plot_gap_gains(pd.DataFrame(columns=["encoder", "condition", "language", "gap", "gain"]))
        .axes[0]
        .texts[0]
        .get_text()
    )


def test_rows_are_set_beside_training_rows_of_the_source():
    rows = [(task, role, code, "a", 0.5 if role == "test" else 0.9, 10 if role == "test" else 20 + (code == "de"), 30)
            for task in ("sib200", GERMAN) for role in ("train", "test") for code in ("en", "de", "fr")]  # fmt: skip
    table = pd.DataFrame(
        rows, columns=["task", "role", "language", "label", "share", "median_characters", "p90_characters"]
    )
    lengths = plot_lengths(table)
    assert lengths.get_suptitle().endswith("(dashed: English, German training)")
    dashed = [[line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"] for ax in lengths.axes]
    assert dashed == [[20], [21]]
    labels = plot_labels(table[table["task"] == GERMAN])
    assert labels.axes[0].get_yticklabels()[0].get_text() == "German (training)"


def test_fine_tuning_alone_and_selection_are_in_the_source():
    scores = mixed_scores(GERMAN, gains={"mnli": 0.1})
    table = contrast_gains(None, scores, [Contrast(key="a", arm="mnli")], settings=Settings())
    (label,) = plot_contrasts(table, title="t").axes[0].get_yticklabels()
    assert label.get_text() == "MNLI against German fine-tuning alone"
    both = contrast_gains(
        None, mixed_scores("sib200", GERMAN, gains={"mnli": 0.1}), [Contrast(key="a", arm="mnli")], settings=Settings()
    )
    (label,) = plot_contrasts(both, title="t").axes[0].get_yticklabels()
    assert label.get_text() == "MNLI against source-language fine-tuning alone"
    rows = [("e5_small", "none", GERMAN, 0, n, n / 10, "fr", "accuracy", n / 5, True) for n in (1, 2)]
    curves = epoch_curves(pd.DataFrame(rows, columns=list(EPOCH_COLUMNS)))
    texts = [text.get_text() for text in plot_epochs(curves).legends[0].get_texts()]
    assert "selection score (German)" in texts
