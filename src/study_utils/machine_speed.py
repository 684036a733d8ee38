"""How fast this machine multiplies matrices of an encoder's size: measured once, kept in the store."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from study_utils.computing import has_fast_bf16, processor
from study_utils.store import read_object, write_atomically

ROWS = 128
"""Tokens of a small batch."""

MEASURED_SECONDS = 0.3

EMULATED = 256
"""Rows and columns of the matrices by which emulated bf16 is timed."""

REACHED = 0.7
"""Share of the measured speed that training reaches: it doesn't only multiply matrices."""

TOGETHER = 0.8
"""What a further core adds, of a core."""


def cpu_speed(width: int, threads: int, *, keep: Path, precision: str = "float32") -> float:
    """Operations a second that training an encoder reaches on some cores of the processor together.

    Parameters
    ----------
    width : int
        Size of the encoder's hidden states.
    threads : int
        Threads of a run; as many cores work, if there are so many.
    keep : pathlib.Path
        Folder that keeps what was measured; where it can't be written, a later process measures again.
    precision : {"float32", "bf16"}
        Of the matrix products; bf16 is taken to be as fast unless this processor only emulates it.
    """
    cores = min(threads, _cores())
    slower = emulated_bf16() if precision == "bf16" else 1.0
    return _one_core(width, keep) * REACHED * (1 + TOGETHER * (cores - 1)) / slower


@lru_cache(maxsize=1)
def emulated_bf16() -> float:
    """How many times longer than float32 this processor takes for bf16, where it emulates it; 1 where it doesn't."""
    if has_fast_bf16("cpu") or importlib.util.find_spec("torch") is None:
        return 1.0
    import torch

    taken = {}
    for kind in (torch.float32, torch.bfloat16):
        sides = torch.ones(EMULATED, EMULATED, dtype=kind), torch.ones(EMULATED, EMULATED, dtype=kind)
        rounds = []
        for _ in range(3):
            started = time.perf_counter()
            torch.matmul(*sides)
            rounds.append(time.perf_counter() - started)
        taken[kind] = min(rounds)
    return max(1.0, taken[torch.bfloat16] / taken[torch.float32])


@lru_cache(maxsize=64)
def _one_core(width: int, keep: Path) -> float:
    path, key = keep / "speed.json", f"{platform.node()} {processor()} {width}"
    known: dict[str, float] = {}
    with contextlib.suppress(OSError, ValueError, TypeError):
        known = {str(name): float(value) for name, value in read_object(path).items()}
    if known.get(key, 0.0) <= 0.0:
        known[key] = _measure(width)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(known, indent=1))
    return known[key]


def _measure(width: int) -> float:
    """Operations a second of one core: the best of many feed-forward layers, so that other work doesn't count."""
    random = np.random.default_rng(0)
    rows, wide, narrow = (
        random.standard_normal(shape, dtype=np.float32)
        for shape in ((ROWS, width), (width, 4 * width), (4 * width, width))
    )
    best, begun = float("inf"), time.perf_counter()
    with threadpool_limits(limits=1, user_api="blas"):
        while best == float("inf") or time.perf_counter() - begun < MEASURED_SECONDS:
            started = time.perf_counter()
            rows @ wide @ narrow
            best = min(best, time.perf_counter() - started)
    return 2 * 2 * ROWS * width * 4 * width / best


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
