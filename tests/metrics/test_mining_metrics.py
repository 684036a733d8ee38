from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study_utils.errors import DataError
from study_utils.metrics import best_threshold, margin_pairs, mining_f1

ENGLISH = np.array([[1.0, 0.0], [0.0, 1.0]])
FOREIGN = np.array([[2.0, 0.0], [0.6, 0.8]])  # cosines 1 and 0.6, 0 and 0.8


@pytest.mark.parametrize(
    ("margin", "expected"),
    [("ratio", [1 / 0.65, 0.8 / 0.55]), ("distance", [0.35, 0.25]), ("absolute", [1.0, 0.8])],
)
def test_margin_scores_by_hand(margin, expected):
    left, right, scores = margin_pairs(ENGLISH, FOREIGN, margin=margin)  # k is cut to the pool
    assert (left.tolist(), right.tolist()) == ([0, 1], [0, 1])
    assert scores == pytest.approx(expected, rel=1e-6)


def plain_pairs(english, foreign, k, score):
    """Second derivation: every best partner of both directions, taken greedily."""
    cosine = np.array([[e @ f / np.linalg.norm(e) / np.linalg.norm(f) for f in foreign] for e in english])
    near_rows = [sorted(range(len(foreign)), key=lambda j, i=i: -cosine[i, j])[:k] for i in range(len(english))]
    near_columns = [sorted(range(len(english)), key=lambda i, j=j: -cosine[i, j])[:k] for j in range(len(foreign))]
    row_mean = [np.mean([cosine[i, j] for j in near]) for i, near in enumerate(near_rows)]
    column_mean = [np.mean([cosine[i, j] for i in near]) for j, near in enumerate(near_columns)]
    margin = {
        (i, j): score(cosine[i, j], (row_mean[i] + column_mean[j]) / 2)
        for i in range(len(english))
        for j in range(len(foreign))
    }
    candidates = {max(((i, j) for j in near), key=margin.get) for i, near in enumerate(near_rows)}
    candidates |= {max(((i, j) for i in near), key=margin.get) for j, near in enumerate(near_columns)}
    taken = {}
    for i, j in sorted(candidates, key=lambda pair: -margin[pair]):
        if all(i != a and j != b for a, b in taken):
            taken[i, j] = margin[i, j]
    return taken


@pytest.mark.parametrize(
    ("margin", "score"),
    [("ratio", lambda a, b: a / b), ("distance", lambda a, b: a - b), ("absolute", lambda a, b: a)],
)
def test_pairs_agree_with_a_second_derivation(margin, score):
    rng = np.random.default_rng(0)
    for k in (1, 3, 4):
        english, foreign = rng.random((14, 5)), rng.random((11, 5))
        left, right, scores = margin_pairs(english, foreign, k=k, margin=margin)
        expected = plain_pairs(english, foreign, k, score)
        assert set(zip(left.tolist(), right.tolist())) == set(expected)
        assert scores == pytest.approx([expected[pair] for pair in zip(left.tolist(), right.tolist())], rel=1e-4)
        assert (np.diff(scores) <= 0).all()
        assert len(set(left)) == len(set(right)) == len(left)


def test_the_ratio_looks_through_a_hub():
    """The last foreign sentence is nearer to every English one than its translation."""
    english = np.eye(3, 6)
    foreign = np.vstack([0.55 * np.eye(3, 6) + np.sqrt(1 - 0.55**2) * np.eye(3, 6, k=3), np.eye(3, 6).sum(axis=0)])
    by_cosine = margin_pairs(english, foreign, k=2, margin="absolute")
    by_ratio = margin_pairs(english, foreign, k=2, margin="ratio")
    assert set(zip(*by_cosine[:2])) == {(0, 3), (1, 1), (2, 2)}
    assert set(zip(*by_ratio[:2])) == {(0, 0), (1, 1), (2, 2)}


def test_a_pool_of_six_with_a_duplicate_uses_each_sentence_once():
    rng = np.random.default_rng(3)
    english = rng.random((6, 8))
    english[5] = english[2]  # the same sentence twice: only one of them can have its translation
    foreign = english + 0.01 * rng.random((6, 8))
    foreign[5] = rng.random(8)
    left, right, scores = margin_pairs(english, foreign)
    gold = {(i, i) for i in range(5)}
    found = set(zip(left.tolist(), right.tolist()))
    assert {(0, 0), (1, 1), (3, 3), (4, 4)} < found
    assert len({(2, 2), (5, 2)} & found) == 1
    threshold, value = best_threshold(scores, [pair in gold for pair in zip(left, right)], len(gold))
    kept = {pair for pair, score in zip(zip(left.tolist(), right.tolist()), scores) if score >= threshold}
    assert value == pytest.approx(pair_f1(kept, gold)) == 1.0


def test_order_of_sentences_and_the_global_random_state_change_no_pair():
    rng = np.random.default_rng(1)
    english, foreign = rng.random((20, 6)), rng.random((20, 6))
    order = rng.permutation(20)
    left, right, _ = margin_pairs(english, foreign)
    np.random.seed(5)  # noqa: NPY002
    mixed_left, mixed_right, _ = margin_pairs(english[order], foreign)
    assert set(zip(order[mixed_left], mixed_right)) == set(zip(left, right))


@pytest.mark.parametrize(
    ("english", "options", "message"),
    [
        (ENGLISH, {"margin": "raito"}, "Did you mean 'ratio'"),
        (ENGLISH[:0], {}, "the English pool to mine is empty"),
        (ENGLISH * 0, {}, "zero or not finite"),
        (ENGLISH * np.nan, {}, "zero or not finite"),
        (-ENGLISH, {}, "use 'distance'"),
    ],
)
def test_pools_that_cannot_be_mined_are_refused(english, options, message):
    with pytest.raises(DataError, match=message):
        margin_pairs(english, FOREIGN, **options)


@pytest.mark.parametrize(
    ("scores", "right", "gold", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], 3, (0.65, 4 / 6)),
        ([0.6, 0.7, 0.9, 0.8], [0, 1, 1, 0], 3, (0.65, 4 / 6)),
        ([0.9, 0.8], [1, 1], 2, (0.8, 1.0)),  # the whole list: XTREME's code reads past its end
        ([0.9, 0.9, 0.5], [1, 0, 0], 1, (0.7, 2 / 3)),  # equal scores are accepted together
        ([0.9], [0], 4, (float("inf"), 0.0)),
        ([], [], 4, (float("inf"), 0.0)),
    ],
)
def test_thresholds_by_hand(scores, right, gold, expected):
    assert best_threshold(np.array(scores), np.array(right, dtype=bool), gold) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=12), st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_no_other_threshold_is_better(pairs, unfound):
    scores = np.array([value / 7 for value, _ in pairs])
    right = np.array([is_right for _, is_right in pairs])
    count = int(right.sum()) + unfound
    if count == 0:
        with pytest.raises(DataError, match="0 gold pairs"):
            best_threshold(scores, right, count)
        return

    def value_at(threshold):
        kept = scores >= threshold
        return 2 * (kept & right).sum() / (kept.sum() + count)

    threshold, value = best_threshold(scores, right, count)
    assert value == pytest.approx(value_at(threshold))
    assert value == pytest.approx(max(value_at(other) for other in [*scores, np.inf]))


def test_neighbouring_floats_have_no_score_between():
    low = 1.0
    high = np.nextafter(low, 2.0)
    threshold, value = best_threshold(np.array([high, low]), np.array([True, False]), 1)
    assert (threshold, value) == (high, 1.0)


def pair_f1(found, gold):
    """Twice the right ones over all that were extracted or are gold."""
    return 2 * len(set(found) & set(gold)) / max(1, len(set(found)) + len(set(gold)))


def test_f1_from_decisions_is_the_f1_of_pairs():
    found, gold = {(0, 0), (1, 2), (3, 3)}, {(0, 0), (1, 1), (3, 3), (4, 4), (5, 5)}
    assert pair_f1(found, gold) == pytest.approx(4 / 8)
    assert pair_f1(set(), gold) == pair_f1({(9, 9)}, gold) == 0.0
    rows = pd.DataFrame(
        [("pair" if p in gold else "none", "pair" if p in found else "none") for p in sorted(found | gold)],
        columns=["gold", "prediction"],
    )
    assert mining_f1(rows) == pytest.approx(4 / 8)
    assert mining_f1(rows.iloc[::-1]) == mining_f1(rows)
    assert mining_f1(rows.assign(prediction="none")) == 0.0
