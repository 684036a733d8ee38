"""What an analysis is asked for: level of the intervals, primary comparison, source of randomness."""

from __future__ import annotations

import zlib
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Primary:
    """The comparison that a study was made for; it is not corrected for the others.

    Attributes
    ----------
    group : str
        ``"all"``, or a family, branch or language by the name that reports show.
    condition : str or None
        Key of a condition; None: every condition, which are then corrected among themselves.
    """

    group: str = "all"
    condition: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the statistics.

    Attributes
    ----------
    resamples : int
        Of those analyses that resample.
    level : float
        Of the intervals.
    seed : int
        Of the generator.
    primary : Primary
        The study's primary comparison.
    """

    resamples: int = 2000
    level: float = 0.95
    seed: int = 0
    primary: Primary = Primary()


def stream(root: int, *names: Hashable) -> np.random.Generator:
    """Random generator of one named unit, so that adding or reordering other units changes none of its draws."""
    return np.random.default_rng([root, *(zlib.crc32(str(name).encode()) for name in names)])
