"""Digests and random generators that depend on nothing but the names they are given."""

from __future__ import annotations

import hashlib

import numpy as np


def digest(*parts: str) -> str:
    """Hexadecimal digest of texts, the same on every machine and in every process."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def share(*parts: str) -> float:
    """Number in [0, 1) that a digest of the texts fixes."""
    return int(digest(*parts)[:13], 16) / 16**13


def rng_for(*parts: str) -> np.random.Generator:
    """Random generator that a digest of the texts seeds."""
    return np.random.default_rng(int(digest(*parts)[:16], 16))
