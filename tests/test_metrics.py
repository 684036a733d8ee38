from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from study_utils.catalog import METRICS as DECLARED
from study_utils.catalog import TASKS
from study_utils.errors import DataError
from study_utils.metrics import METRICS, accuracy, macro_f1, score, span_f1, spans, spearman, task_metrics


def frame(gold, found, **columns):
    gold, found = list(gold), list(found)
    right = [float(g == f) for g, f in zip(gold, found)]
    base = {
        "language": "en",
        "measure": "accuracy",
        "gold": gold,
        "prediction": found,
        "correct": right,
        "total": 1.0,
    }
    return pd.DataFrame({**base, **columns})


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


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-PER I-PER O B-LOC", {("PER", 0, 2), ("LOC", 3, 4)}),
        ("B-PER B-PER", {("PER", 0, 1), ("PER", 1, 2)}),
        ("O I-LOC I-LOC", {("LOC", 1, 3)}),  # an orphan I- opens a span, as in conlleval
        ("B-PER I-LOC", {("PER", 0, 1), ("LOC", 1, 2)}),
        ("I-PER B-PER I-PER O", {("PER", 0, 1), ("PER", 1, 3)}),
        ("O O", set()),
    ],
)
def test_spans_by_hand(tags, expected):
    assert spans(tags.split()) == expected


def brute_force_spans(tags):
    """Second derivation: position i starts a span or continues one; read off maximal runs."""
    starts = [
        t != "O" and (t[0] == "B" or i == 0 or tags[i - 1] == "O" or tags[i - 1][2:] != t[2:])
        for i, t in enumerate(tags)
    ]
    found = set()
    for i, begins in enumerate(starts):
        if begins:
            end = i + 1
            while end < len(tags) and tags[end] != "O" and not starts[end]:
                end += 1
            found.add((tags[i][2:], i, end))
    return found


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=12))
@settings(max_examples=300)
def test_spans_agree_with_a_second_derivation(tags):
    assert spans(tags) == brute_force_spans(tags)


def test_span_f1_by_hand():
    gold = ["B-PER I-PER O B-LOC", "O B-LOC"]
    found = ["B-PER I-PER O B-PER", "O B-LOC"]
    assert span_f1(frame(gold, found)) == pytest.approx(2 * 2 / (3 + 3))
    assert span_f1(frame(["O O"], ["B-PER O"])) == 0.0


def test_scores_are_per_language_with_the_primary_metric_first():
    rows = pd.concat([frame("ab", "ab"), frame("ab", "ba", language="de")])
    rows["gold"] = rows["gold"].map({"a": "negative", "b": "positive"})
    rows["prediction"] = rows["prediction"].map({"a": "negative", "b": "positive"})
    table = score(rows, TASKS["sst2"])
    assert list(table["metric"]) == ["accuracy", "macro_f1"] * 2
    assert dict(zip(table["language"], table["value"])) == {"en": 1.0, "de": 0.0}
    assert (table["n"] == 2).all()


def test_scores_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(1)
    rows = frame(rng.choice(["negative", "positive"], 50), rng.choice(["negative", "positive"], 50))
    mixed = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(score(rows, TASKS["sst2"]), score(mixed, TASKS["sst2"]))


@pytest.mark.parametrize("gold", [None, ""])
def test_unlabelled_rows_are_refused(gold):
    with pytest.raises(DataError, match="without gold"):
        score(frame([gold], ["a"]), TASKS["sst2"])


@pytest.mark.parametrize("item", TASKS.values(), ids=lambda t: t.key)
def test_every_declared_metric_can_be_computed(item):
    assert task_metrics(item)[0] == item.metric
    assert set(task_metrics(item)) <= set(METRICS)
    assert set(task_metrics(item)) <= set(DECLARED[item.format])
