"""Macro averages for readers: what has none says why."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.macro_average import macro_average


def test_a_condition_without_an_average_was_not_run_or_is_not_zero_shot():
    cells = [("none", "de", True), ("none", "fr", True), ("mnli+mlm", "de", False), ("mnli+mlm", "fr", False)]
    scores = pd.DataFrame(cells, columns=["condition", "language", "zero_shot"])
    scores = scores.assign(encoder="e5_small", task="xnli", metric="accuracy", seed=0, value=0.5)
    (row,) = macro_average(scores, conditions=["none", "mnli+mlm", "mnli"], targets=["xnli"]).to_dict("records")
    assert (row["none"], row["mnli+mlm"], row["mnli"]) == ("50.0", "not zero-shot", "not run")
