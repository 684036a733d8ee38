"""Sentences about the choice of an epoch, and what a study without epochs shows."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from study_utils.analysis.epochs import EPOCH_COLUMNS
from study_utils.report import epochs as report_epochs
from study_utils.report.epoch_sentences import NOT_KEPT, describe_epochs


def choices(*rows):
    names = ["by_chance", "agree", "lost", "lost_last", "lost_mean", "correlation"]
    return pd.DataFrame(rows, columns=names)


def test_they_say_how_often_how_much_and_with_which_sign():
    nan = float("nan")
    told = describe_epochs(
        choices(
            (0.25, True, 0.0, 0.01, -0.02, 0.5),
            (0.25, False, 0.03, 0.0, -0.01, -0.2),
            (0.5, False, 0.0, 0.02, 0.0, nan),
        )
    )
    assert told == [
        "The epoch with the best English selection score is also the best one in the zero-shot languages in 1 of 3 "
        "runs (33%; random epochs: 33%).",
        "It is 1.0 points below the oracle on average and 3.0 at most; the last epoch is 1.0 below it. The oracle "
        "looks at the test rows: it is an upper bound, and no choice that a study may make.",
        "The mean of all epochs' weights is 1.0 points above the oracle.",
        "Over the epochs of a run, the rank correlation of selection score and zero-shot score has a median of "
        "0.15; it is negative in 1 of 2 runs.",
        "In 1 run one of the two scores never changed, so it has no correlation.",
    ]


def test_nothing_is_said_of_a_mean_or_a_correlation_that_is_not_there():
    nan = float("nan")
    told = " ".join(describe_epochs(choices((0.5, True, 0.0, 0.0, nan, nan))))
    assert "mean of all" not in told
    assert "rank correlation" not in told
    assert "1 of 1 run (100%; random epochs: 50%)" in told


def test_no_choice_is_said_to_be_none():
    assert describe_epochs(choices()) == [
        "No run has several epochs and zero-shot languages, so there is no choice to judge."
    ]


@pytest.fixture
def shown(monkeypatch, tmp_path):
    kept: list = []
    monkeypatch.setattr(report_epochs, "say", lambda told: kept.append(told))
    monkeypatch.setattr(report_epochs, "keep_figure", lambda study, figure, name, data: kept.append((name, len(data))))
    return SimpleNamespace(kept=kept, study=SimpleNamespace(report=tmp_path))


def test_a_study_without_epochs_shows_one_sentence(shown):
    assert report_epochs.show_epochs(shown.study, pd.DataFrame(columns=list(EPOCH_COLUMNS))) is None
    assert shown.kept == [NOT_KEPT]
    assert not list(shown.study.report.iterdir())


def test_a_study_with_epochs_keeps_figure_and_table(shown):
    rows = [
        ("e5_small", "none", "xnli", 0, epoch, 0.1 * epoch, code, "accuracy", 0.2 * epoch, code != "en")
        for epoch in (1, 2)
        for code in ("en", "de")
    ]
    table = report_epochs.show_epochs(shown.study, pd.DataFrame(rows, columns=list(EPOCH_COLUMNS)))
    assert shown.kept[0] == ("epochs", 2)
    assert "1 of 1 run" in shown.kept[1][0]
    assert table["runs"].tolist() == [1]
    assert (shown.study.report / "tables" / "epochs.csv").is_file()
