"""The English choice of an epoch beside the oracle's, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis.questions.epochs import epoch_choices, epoch_curves, epoch_table
from study_utils.errors import AnalysisError


def scores(selection, german, finnish, *, seed=0, condition="none", mean=None):
    """One run on XNLI; English test scores are as the selection scores, and no target language."""
    rows = []
    epochs = list(enumerate(zip(selection, german, finnish), start=1))
    for epoch, values in epochs + ([(0, mean)] if mean else []):
        for language, value in zip(("en", "de", "fi"), values):
            rows.append(("e5_small", condition, "xnli", seed, epoch, values[0], language, "accuracy", value))
    names = ["encoder", "condition", "task", "seed", "epoch", "selection", "language", "metric", "value"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(zero_shot=frame["language"] != "en")


def test_the_macro_average_is_over_zero_shot_languages():
    curves = epoch_curves(scores([0.9, 0.8], [0.5, 0.6], [0.3, 0.2], mean=(0.7, 0.6, 0.5)))
    assert curves["epoch"].tolist() == [1, 2, 0]
    np.testing.assert_allclose(curves["target"], [0.4, 0.4, 0.55])
    np.testing.assert_allclose(curves["selection"], [0.9, 0.8, 0.7])
    assert curves["languages"].tolist() == [2, 2, 2]


def test_choices_by_hand():
    frame = pd.concat(
        [
            scores([0.7, 0.9, 0.8], [0.6, 0.5, 0.4], [0.6, 0.3, 0.4], mean=(0.5, 0.7, 0.6)),  # macro .6 .4 .4
            scores([0.7, 0.9, 0.8], [0.1, 0.5, 0.4], [0.1, 0.3, 0.0], seed=1),  # macro .1 .4 .2
        ]
    )
    first, second = epoch_choices(epoch_curves(frame)).to_dict("records")
    assert (first["epochs"], first["chosen"], first["oracle"], first["agree"]) == (3, 2, 1, False)
    assert (first["lost"], first["lost_last"], first["lost_mean"]) == pytest.approx((0.2, 0.2, -0.05))
    assert first["correlation"] == pytest.approx(-np.sqrt(3) / 2)  # ranks 1 3 2 and 3 1.5 1.5
    assert (second["chosen"], second["oracle"], second["agree"]) == (2, 2, True)
    assert first["by_chance"] == second["by_chance"] == pytest.approx(1 / 3)
    assert (second["lost"], second["lost_last"], second["correlation"]) == pytest.approx((0.0, 0.2, 1.0))
    assert np.isnan(second["lost_mean"])


def test_of_equal_epochs_the_first_is_chosen_and_a_tie_with_the_oracle_is_no_loss():
    (row,) = epoch_choices(epoch_curves(scores([0.9, 0.9], [0.5, 0.5], [0.5, 0.5]))).to_dict("records")
    assert (row["chosen"], row["agree"], row["by_chance"], row["lost"]) == (1, True, 1.0, 0.0)
    assert np.isnan(row["correlation"])


def test_one_epoch_leaves_no_choice_and_without_zero_shot_languages_there_is_nothing():
    assert epoch_choices(epoch_curves(scores([0.9], [0.5], [0.5]))).empty
    assert epoch_curves(scores([0.9, 0.8], [0.5, 0.6], [0.3, 0.2]).assign(zero_shot=False)).empty


def test_neither_the_order_of_rows_nor_other_runs_matter():
    one = scores([0.7, 0.9, 0.8], [0.6, 0.5, 0.4], [0.6, 0.3, 0.4])
    other = scores([0.1, 0.2, 0.3], [0.6, 0.7, 0.4], [0.6, 0.3, 0.4], condition="mnli")
    alone = epoch_choices(epoch_curves(one))
    mixed = epoch_choices(epoch_curves(pd.concat([other, one]).sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(mixed[mixed["condition"] == "none"].reset_index(drop=True), alone)


def test_the_table_sums_up_runs_in_points():
    frame = pd.concat(
        [
            scores([0.7, 0.9], [0.6, 0.4], [0.6, 0.4]),
            scores([0.7, 0.9], [0.5, 0.6], [0.5, 0.6], seed=1),
            scores([0.7, 0.9, 0.8, 0.6], [0.5, 0.6, 0.7, 0.6], [0.5, 0.6, 0.7, 0.6], seed=2),
        ]
    )
    (row,) = epoch_table(epoch_choices(epoch_curves(frame))).to_dict("records")
    assert (row["encoder"], row["task"], row["runs"]) == ("e5_small", "xnli", 3)
    assert (row["agree"], row["by_chance"]) == pytest.approx((1 / 3, (0.5 + 0.5 + 0.25) / 3))
    assert (row["lost"], row["lost_last"]) == pytest.approx((10.0, 10.0))
    assert np.isnan(row["lost_mean"])


def test_another_table_is_refused():
    with pytest.raises(AnalysisError, match="table of epochs lacks the columns"):
        epoch_curves(pd.DataFrame({"epoch": [1]}))
