"""What an example contributes to an F1 or a correlation: their mean is it, also resampled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prediction_rows import frame

from study_utils.catalog import TASKS
from study_utils.metrics import contributions, macro_f1, span_f1, spearman

SPANS, LABELS, VALUES = TASKS["masakhaner"], TASKS["afrisenti"], TASKS["stsb_multi"]
TAGS = ("O", "O", "O", "B-PER", "I-PER", "B-LOC")


def guess(rng, texts, choices, share_right):
    """Each word of the texts as it is, or one of the choices."""
    return [" ".join(w if rng.random() < share_right else rng.choice(choices) for w in t.split()) for t in texts]


def sentences(rng, count, *shares):
    gold = [" ".join(rng.choice(TAGS, rng.integers(3, 12))) for _ in range(count)]
    return [frame(gold, guess(rng, gold, TAGS, share), measure="token_accuracy") for share in shares]


def labels(rng, count, *shares):
    kinds = ("positive", "neutral", "negative")
    gold = rng.choice(kinds, count, p=[0.6, 0.3, 0.1])
    return [frame(gold, guess(rng, gold, kinds, share)) for share in shares]


def values(rng, count, *shares):
    gold = rng.integers(0, 6, count).astype(float)
    return [frame(gold, np.round(share * gold + rng.normal(size=count), 1), measure="spearman") for share in shares]


CASES = {
    "spans": (SPANS, sentences, span_f1), "labels": (LABELS, labels, macro_f1), "values": (VALUES, values, spearman),
}  # fmt: skip


def test_contributions_by_hand():
    rows = frame(["B-PER O B-LOC", "B-PER O"], ["B-PER O O", "O B-PER"], measure="token_accuracy")
    found = contributions(rows, SPANS)
    # 1 right, 3 gold, 2 found: F1 is 2/5. Sentence 1: 2/5 + 2 (2 - 2/5 * 3) / 5 = 18/25; sentence 2: 2/5 - 2 * 4/5 / 5
    assert found["correct"].tolist() == pytest.approx([18 / 25, 2 / 25])
    assert set(found["measure"]) == {"span_f1"}
    assert (found["total"] == 1).all()


@pytest.mark.parametrize(("task", "made", "metric"), CASES.values(), ids=CASES)
def test_the_mean_is_the_metric_in_every_language_whatever_the_order_of_rows(task, made, metric):
    rng = np.random.default_rng(0)
    rows = pd.concat([own.assign(language=code) for code, own in zip(("sw", "ha"), made(rng, 30, 0.9, 0.2))])
    rows = rows.sample(frac=1, random_state=1)
    found = contributions(rows, task)
    for code, own in rows.groupby("language"):
        assert found.loc[found["language"] == code, "correct"].mean() == pytest.approx(metric(own))
    assert found[["gold", "prediction"]].equals(rows[["gold", "prediction"]])


@pytest.mark.parametrize(("task", "made", "metric"), CASES.values(), ids=CASES)
def test_a_contribution_says_where_one_more_of_the_example_moves_the_metric(task, made, metric):
    (rows,) = made(np.random.default_rng(5), 12, 0.7)
    many = pd.concat([rows] * 500)
    moved = np.array([metric(pd.concat([many, rows.iloc[[place]]])) for place in range(len(rows))])
    expected = metric(many) + (len(many) + 1) * (moved - metric(many))
    assert contributions(rows, task)["correct"].to_numpy() == pytest.approx(expected, abs=5e-3)


@pytest.mark.parametrize(("task", "made", "metric"), CASES.values(), ids=CASES)
def test_resampling_means_is_resampling_the_metric(task, made, metric):
    """The paired difference of two runs varies as it does when the metric is computed from every resample anew."""
    rng = np.random.default_rng(3)
    one, other = made(rng, 200, 0.8, 0.6)
    linear = contributions(one, task)["correct"].to_numpy() - contributions(other, task)["correct"].to_numpy()
    picks = rng.integers(0, 200, (400, 200))
    anew = [metric(one.iloc[p]) - metric(other.iloc[p]) for p in picks]
    assert np.corrcoef(linear[picks].mean(axis=1), anew)[0, 1] > 0.98
    assert linear[picks].mean(axis=1).std() == pytest.approx(np.std(anew), rel=0.1)


@given(st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-LOC O B-PER"]), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_right_answers_and_empty_ones_contribute_what_they_are(gold):
    rows = frame(gold, gold, measure="token_accuracy")
    assert contributions(rows, SPANS)["correct"].mean() == pytest.approx(span_f1(rows))
    assert contributions(rows.head(0), SPANS).empty


def test_a_constant_prediction_has_no_correlation_to_contribute_to():
    rows = frame([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], measure="spearman")
    assert contributions(rows, VALUES)["correct"].tolist() == [0, 0, 0]


def test_other_metrics_keep_their_rows():
    rows = frame("ab", "aa")
    assert contributions(rows, TASKS["xnli"]) is rows
