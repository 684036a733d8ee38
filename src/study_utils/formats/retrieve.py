"""Retrieve: find a sentence's translation among all sentences of the other language, by cosine similarity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.features import Features, encode_texts


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise both sides: first all texts, then all translations."""
    return encode_texts(tokenizer, [*rows["text"], *rows["translation"]], None, max_length)


def nearest(queries: np.ndarray, candidates: np.ndarray, *, chunk: int = 1024) -> np.ndarray:
    """Position of the candidate with the highest cosine (the first of equals) for each query.

    Parameters
    ----------
    queries, candidates : numpy.ndarray, shape (sentences, width)
        Rows of length one.
    chunk : int
        Queries compared at once.
    """
    parts = [(queries[start : start + chunk] @ candidates.T).argmax(axis=1) for start in range(0, len(queries), chunk)]
    return np.concatenate(parts)


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Nearest neighbours in both directions within each language; one row a query.

    `accuracy_from_english`: the English sentence is the query, as in XTREME's code; `accuracy_to_english`: the other
    way round.
    """
    vectors = np.stack(outputs).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    half = len(rows)
    frames = []
    for language, own in rows.reset_index(drop=True).groupby("language", sort=False):
        index = own.index.to_numpy()
        ids = own["id"].to_numpy(dtype=object)
        sides = {"text": vectors[index], "translation": vectors[half + index]}
        for measure, queries, candidates in (
            ("accuracy_from_english", "translation", "text"),
            ("accuracy_to_english", "text", "translation"),
        ):
            found = ids[nearest(sides[queries], sides[candidates])]
            frames.append(
                pd.DataFrame(
                    {
                        "language": language,
                        "example_id": ids,
                        "measure": measure,
                        "gold": ids,
                        "prediction": found,
                        "correct": (found == ids).astype(float),
                        "total": 1.0,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)
