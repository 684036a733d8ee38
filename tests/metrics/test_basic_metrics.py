from __future__ import annotations

import logging

import numpy as np
import pytest
from prediction_rows import frame
from sklearn.metrics import f1_score

from study_utils.metrics import accuracy, macro_f1, spearman


def test_accuracy_by_hand():
    assert accuracy(frame("abca", "abbb")) == 0.5
    weighted = frame("ab", "ab", correct=[3.0, 1.0], total=[4.0, 6.0])
    assert accuracy(weighted) == pytest.approx(0.4)  # micro over tokens, not the mean of 3/4 and 1/6


def test_macro_f1_by_hand_and_against_scikit_learn():
    gold, found = list("aaabbc"), list("aabbbb")
    assert macro_f1(frame(gold, found)) == pytest.approx((0.8 + 2 / 3 + 0) / 3)
    rng = np.random.default_rng(0)
    for _ in range(20):
        gold, found = rng.choice(list("abcd"), 30), rng.choice(list("abcde"), 30)
        expected = f1_score(gold, found, average="macro", zero_division=0)
        assert macro_f1(frame(gold, found)) == pytest.approx(expected)


def test_a_constant_prediction_has_no_correlation_and_says_so(caplog):
    values = frame(["0.0", "1.0", "2.0"], ["1.0", "1.0", "1.0"])
    with caplog.at_level(logging.WARNING):
        assert spearman(values) == 0.0
    assert "constant" in caplog.text
    assert spearman(frame(["0.0", "1.0", "2.0"], ["0.1", "5.0", "7.0"])) == pytest.approx(1.0)
