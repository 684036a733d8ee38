"""Small frames of rows in every format, with an answer that can be learnt."""

from __future__ import annotations

import numpy as np
import pandas as pd


def classify_rows(n: int, *, language: str = "en", seed: int = 0) -> pd.DataFrame:
    """Sentiment rows whose label can be read off one word."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.5
    words = np.where(positive, "good", "bad")
    fill = ["the cat", "a dog sleeps here", "one two three four five", "it is"]
    text = [f"{fill[i]} {w} {fill[j]}" for w, i, j in zip(words, rng.integers(4, size=n), rng.integers(4, size=n))]
    return pd.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "language": language,
            "text": text,
            "text_pair": "",
            "label": np.where(positive, "positive", "negative"),
        }
    )


def regress_rows(n: int, *, seed: int = 0) -> pd.DataFrame:
    """Similarity rows between 0 and 5."""
    rows = classify_rows(n, seed=seed)
    rng = np.random.default_rng(seed + 1)
    return rows.assign(text_pair=rows["text"].sample(frac=1, random_state=seed).to_numpy(), label=rng.uniform(0, 5, n))


def tag_rows(n: int, *, language: str = "en", seed: int = 0, longest: int = 9) -> pd.DataFrame:
    """Sentences whose words carry part-of-speech tags of their own."""
    rng = np.random.default_rng(seed)
    lexicon = {
        "cat": "NOUN",
        "dog": "NOUN",
        "the": "DET",
        "a": "DET",
        "sleeps": "VERB",
        "here": "ADV",
        "5": "NUM",
    }
    words = list(lexicon)
    tokens = [[words[i] for i in rng.integers(len(words), size=rng.integers(1, longest + 1))] for _ in range(n)]
    return pd.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "language": language,
            "tokens": tokens,
            "tags": [[lexicon[w] for w in sentence] for sentence in tokens],
        }
    )
