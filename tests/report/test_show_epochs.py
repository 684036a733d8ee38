"""The part of notebook 04 about epochs: what a study with them shows, and one without."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from study_utils.analysis.questions.epochs import EPOCH_COLUMNS, epoch_choices, epoch_curves, epoch_table
from study_utils.report import epochs as report_epochs


@pytest.fixture
def shown(monkeypatch, tmp_path):
    kept: list = []
    monkeypatch.setattr(report_epochs, "say", lambda told: kept.append(told))
    monkeypatch.setattr(report_epochs, "keep_figure", lambda study, figure, name, data: kept.append((name, len(data))))

    def show(rows):
        curves = epoch_curves(pd.DataFrame(rows, columns=list(EPOCH_COLUMNS)))
        study = SimpleNamespace(report=tmp_path)
        return report_epochs.show_epochs(study, curves, epoch_table(epoch_choices(curves)), ["told"]), kept

    return show


def test_a_study_without_epochs_shows_its_sentence_alone(shown, tmp_path):
    assert shown([]) == (None, [["told"]])
    assert not list(tmp_path.iterdir())


def test_a_study_with_epochs_keeps_figure_and_table(shown, tmp_path):
    _, kept = shown(
        [
            ("e5_small", "none", "xnli", 0, epoch, 0.1 * epoch, code, "accuracy", 0.2 * epoch, code != "en")
            for epoch in (1, 2)
            for code in ("en", "de")
        ]
    )
    assert kept == [("epochs", 2), ["told"]]
    assert pd.read_csv(tmp_path / "tables" / "epochs.csv")["runs"].tolist() == [1]
