"""Sentences about the choice of an epoch."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.questions.epochs import EPOCH_COLUMNS, epoch_choices, epoch_curves
from study_utils.sentences.epochs import describe_epochs


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


def test_a_study_without_epochs_says_one_sentence():
    (told,) = describe_epochs(epoch_choices(epoch_curves(pd.DataFrame(columns=list(EPOCH_COLUMNS)))))
    assert "keep_epochs" in told
