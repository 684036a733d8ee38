from __future__ import annotations

import numpy as np
import pytest

from study_utils.training.batches import length_batches, mixed_batches
from study_utils.training.optimizer import schedule


@pytest.mark.parametrize("n", [1, 7, 32, 33, 1000])
def test_every_input_once_and_no_batch_too_large(n):
    rng = np.random.default_rng(0)
    batches = length_batches(rng.integers(3, 50, n), 32, rng)
    assert sorted(np.concatenate(batches)) == list(range(n))
    assert max(map(len, batches)) <= 32


def test_batches_hold_similar_lengths():
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 100, 2000)
    padded = sum(len(b) * lengths[b].max() for b in length_batches(lengths, 32, rng))
    random = sum(len(b) * lengths[b].max() for b in np.array_split(rng.permutation(2000), 63))
    assert padded < 1.15 * lengths.sum() < 1.5 * lengths.sum() < random


def test_order_depends_on_seed_and_epoch_only():
    lengths = {"a": np.arange(100) % 13 + 3}

    def order(**position):
        return [index.tolist() for _, index in mixed_batches(lengths, 8, **position)]

    assert order(seed=0, epoch=1) == order(seed=0, epoch=1)
    assert order(seed=0, epoch=1) != order(seed=0, epoch=2) != order(seed=1, epoch=2)


def test_tasks_are_mixed_in_proportion_and_throughout():
    lengths = {"a": np.full(640, 5), "b": np.full(320, 5)}
    keys = [key for key, _ in mixed_batches(lengths, 32, seed=0, epoch=1)]
    assert keys.count("a") == 20
    assert keys.count("b") == 10
    assert 0 < keys[:15].count("b") < 10, "the smaller task is neither first nor last"


def test_learning_rate_rises_then_falls_to_zero():
    factors = [schedule(step, 100, 0.1) for step in range(101)]
    assert factors[0] == pytest.approx(1 / 11)
    assert factors[10] == 1.0 == max(factors)
    assert factors[55] == pytest.approx(0.5)
    assert factors[100] == 0.0
    assert schedule(0, 10, 0.0) == 1.0


def test_a_capped_task_gives_so_many_inputs_and_all_get_their_turn():
    lengths = {"small": np.full(5, 3), "large": np.arange(1, 21)}
    seen = []
    for epoch in (1, 2, 3):
        batches = mixed_batches(lengths, 4, seed=0, epoch=epoch, cap=8)
        large = np.concatenate([index for key, index in batches if key == "large"])
        small = np.concatenate([index for key, index in batches if key == "small"])
        assert sorted(small) == list(range(5))
        assert len(large) == len(set(large)) == 8
        seen += large.tolist()
    assert set(seen) == set(range(20))  # 24 turns: the first four come again
    assert len(set(seen[:16])) == 16


def test_a_cap_above_every_task_changes_nothing():
    lengths = {"a": np.arange(1, 9), "b": np.arange(1, 5)}
    with_cap = mixed_batches(lengths, 2, seed=3, epoch=2, cap=8)
    without = mixed_batches(lengths, 2, seed=3, epoch=2)
    assert [(k, i.tolist()) for k, i in with_cap] == [(k, i.tolist()) for k, i in without]
