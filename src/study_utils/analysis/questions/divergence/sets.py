"""What divergence is measured on, and the measures by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

MEASURES = {
    "mmd": "maximum mean discrepancy",
    "frechet": "Fr\N{LATIN SMALL LETTER E WITH ACUTE}chet distance",
    "a_distance": "proxy A-distance",
    "change": "change of representation",
    "words": "word divergence",
    "subwords": "subword divergence",
}
"""Measures whose slope is estimated, and their titles. Larger means farther, in each of them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedRows:
    """Sentence vectors of the rows of one task and role under one encoder.

    Attributes
    ----------
    encoder, task : str
        Keys.
    role : {"train", "test"}
        Training rows of an intermediate task, or test rows of a target.
    condition, seed : str, int or None
        The intermediate training after which the encoder was used; None: as it was pretrained.
    vectors : mapping of str to numpy.ndarray
        Language to vectors, float32, shape (rows, width). After training the same rows come in the same order.
    counts : pandas.DataFrame
        `kind` (word, subword, label), `language`, `type`, `count`; empty after training.
    pairs : bool
        Whether a row has two texts.
    examples : int
        Rows that the role has in all, of which at most a few hundred are embedded.
    """

    encoder: str
    task: str
    role: str
    condition: str | None = None
    seed: int | None = None
    vectors: Mapping[str, np.ndarray]
    counts: pd.DataFrame
    pairs: bool = False
    examples: int = 0

    def types(self, kind: str, language: str) -> pd.Series:
        """Counts of words, subwords or labels in a language, indexed by type."""
        part = self.counts[(self.counts["kind"] == kind) & (self.counts["language"] == language)]
        return part.set_index("type")["count"]
