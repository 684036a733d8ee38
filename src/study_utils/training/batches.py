"""The order of training: batches of similar length, tasks mixed in proportion to their examples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

POOL = 50
"""Batches whose inputs are sorted by length together, as many as transformers groups: few enough to keep chance."""


def length_batches(lengths: np.ndarray, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Shuffle inputs, or rows of several inputs that stay together, into batches of similar length.

    Parameters
    ----------
    lengths : numpy.ndarray of int, shape (units,)
        Tokens of every input, or of the longest one of every row.
    batch_size : int
        Units of a batch; the last one may be smaller.
    rng : numpy.random.Generator
        Source of the order.

    Returns
    -------
    list of numpy.ndarray
        Every unit once; the order of the batches is random.
    """
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), batch_size * POOL):
        pool = order[start : start + batch_size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def mixed_batches(
    lengths: Mapping[str, np.ndarray], batch_size: int, *, seed: int, epoch: int, cap: int | None = None
) -> list[tuple[str, np.ndarray]]:
    """Batches of one epoch over all tasks, each batch of one task.

    The order depends on seed and epoch alone, so that an interrupted epoch can be continued. With a cap, a task of
    more inputs gives `cap` of them: those of the next epoch are others, until all have had their turn.
    """
    rng = np.random.default_rng([seed, epoch])
    batches = []
    for number, (key, values) in enumerate(lengths.items()):
        if cap is None or len(values) <= cap:
            batches += [(key, index) for index in length_batches(values, batch_size, rng)]
        else:
            chosen = _turn(len(values), cap, seed=[seed, number], epoch=epoch)
            batches += [(key, chosen[index]) for index in length_batches(values[chosen], batch_size, rng)]
    if len(lengths) == 1:
        return batches
    return [batches[i] for i in rng.permutation(len(batches))]


def _turn(count: int, cap: int, *, seed: list[int], epoch: int) -> np.ndarray:
    """Positions of the inputs whose turn it is: pieces of one shuffled order that begins again at its end."""
    order = np.random.default_rng(seed).permutation(count)
    return order[np.arange((epoch - 1) * cap, epoch * cap) % count]
