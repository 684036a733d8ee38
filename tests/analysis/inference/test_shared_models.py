"""Conditions with the same cells share one layout, and no others do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import family_gains, sensitivity
from study_utils.analysis.inference import shared_models
from study_utils.analysis.inference.gain_model import LIKE_THESE, GainModel
from study_utils.analysis.inference.shared_models import SharedModels

FEW = {"languages": ["es", "fr", "it"], "tasks": {"sib200": "accuracy", "pawsx": "accuracy"}}


@pytest.fixture
def laid_out(monkeypatch):
    """Cells of every model that was laid out."""
    found = []

    def lay_out(cells, **options):
        found.append((len(cells), options.get("tasks")))
        return GainModel(cells, **options)

    monkeypatch.setattr(shared_models, "GainModel", lay_out)
    return found


def test_two_conditions_are_laid_out_once(laid_out):
    _, scores = simulate_study(np.random.default_rng(0), effects={"mnli": 0.0, "qqp": 0.0}, **FEW)
    sensitivity(None, scores, by="all")
    assert len(laid_out) == 1 + 2 + 3, "all cells, and those without each task and each language"
    laid_out.clear()
    family_gains(None, scores, by="all", checked=False)
    assert len(laid_out) == 1


def test_other_cells_groups_or_kinds_have_a_model_of_their_own():
    columns = ["task", "language", "seed", "unit", "label", "pool"]
    rows = [("sib200", code, seed, "all", "All", "All") for code in ("es", "fr", "it") for seed in range(3)]
    cells, models = pd.DataFrame(rows, columns=columns), SharedModels()
    model = models.of(cells)
    assert models.of(cells.assign(condition="qqp")) is model
    for other in (cells[1:], cells[::-1], cells.assign(label="Romance"), cells.assign(pool=cells["language"])):
        assert models.of(other) is not model
    assert models.of(cells, tasks=LIKE_THESE) is not model
    of_three = models.of(cells, n_tasks=3)
    assert of_three is not model, "a part of a larger study: its intervals are not those of one task"
    (own,), (part,) = ((piece.targets[0].by_seed for piece in one.pieces) for one in (model, of_three))
    assert (own is None, part is None) == (False, True)
