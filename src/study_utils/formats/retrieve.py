"""Retrieve: find sentences by the cosine of their vectors, without training.

What is looked for (`Task.search`) is a sentence's translation among all sentences of the other language (neighbour),
translation pairs in two pools (mine), or the targets of a query among many candidates (rank).
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.features import Features, encode_texts, join

CUT = 20
"""Ranks that count (LAReQA, Mewsli-X)."""

CELLS = 2**24
"""Similarities compared at once: 64 MiB."""

_COLUMNS = ["language", "example_id", "measure", "gold", "prediction", "correct", "total"]


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise what the search compares.

    neighbour: first all texts, then all translations. mine: the texts. rank: the texts, as pairs with their context
    where they have one; `source` tells the row of each input.
    """
    if task.search == "neighbour":
        return encode_texts(tokenizer, [*rows["text"], *rows["translation"]], None, max_length)
    texts = rows["text"].to_numpy(dtype=object)
    if task.search == "mine":
        return encode_texts(tokenizer, texts, None, max_length)
    contexts = rows["context"].to_numpy(dtype=object)
    alone, within = np.flatnonzero(contexts == ""), np.flatnonzero(contexts != "")
    parts = [encode_texts(tokenizer, texts[alone], None, max_length)]
    if len(within):
        parts.append(encode_texts(tokenizer, texts[within], contexts[within], max_length))
    return join(parts, np.concatenate([alone, within]))


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Search with the sentence vectors; what a row of the result is, each search says."""
    return {"neighbour": neighbours, "mine": mined_pairs, "rank": rankings}[task.search](outputs, features, rows)


def neighbours(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Find the nearest neighbours in both directions within each language; one row a query.

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


def mined_pairs(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Mine translation pairs in the two pools of each language; one row a pair that is gold or found.

    Pairs are accepted from the margin score on that gives the best F1 on these very pairs, so `mining_f1_oracle` is the
    only measure: F1 with a threshold that was fitted elsewhere would need pools to fit it on, and no task has them.
    `gold` and `prediction` are "pair" or "none". F1 needs all rows, so none is right or wrong by itself.
    """
    from study_utils.metrics.mining import best_threshold, margin_pairs

    vectors = unit_vectors(outputs)
    found = []
    for language, own in rows.reset_index(drop=True).groupby("language", sort=False):
        pools = [own[own["side"] == side] for side in ("english", "foreign")]
        ids = [pool["id"].to_numpy(dtype=object) for pool in pools]
        gold = set(zip(ids[0], pools[0]["match"])) - {(key, "") for key in ids[0]}
        english, foreign, scores = margin_pairs(*(vectors[pool.index] for pool in pools))
        pairs = list(zip(ids[0][english], ids[1][foreign]))
        threshold, _ = best_threshold(scores, np.array([pair in gold for pair in pairs]), len(gold))
        accepted = {pair for pair, score in zip(pairs, scores) if score >= threshold}
        found += [
            (language, json.dumps(pair, ensure_ascii=False), "mining_f1_oracle", *_said(pair, gold, accepted))
            for pair in sorted(gold | accepted)
        ]
    return pd.DataFrame(found, columns=_COLUMNS[:5]).assign(correct=np.nan, total=np.nan)


def _said(pair: tuple[str, str], *sets: set[tuple[str, str]]) -> list[str]:
    return ["pair" if pair in pairs else "none" for pairs in sets]


def rankings(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Rank the candidates of all languages for each query; one row a query.

    Gold is the JSON list of the targets' ids, prediction that of the `CUT` best candidates, best first. `correct` is
    the average precision, so that the mean over queries is mAP@20.
    """
    from study_utils.metrics.ranking import average_precision

    vectors = np.empty((len(rows), len(outputs[0])), dtype=np.float32)
    vectors[features.source] = unit_vectors(outputs)
    is_query = (rows["side"] == "query").to_numpy()
    ids = rows["id"].to_numpy(dtype=object)[~is_query]
    best = ids[most_similar(vectors[is_query], vectors[~is_query], CUT)]
    queries = rows.loc[is_query, ["language", "id", "targets"]].itertuples(index=False)
    found = []
    for (language, key, targets), ranked in zip(queries, best):
        value = average_precision(np.isin(ranked, list(targets)), len(targets), CUT)
        gold, prediction = (json.dumps(list(names), ensure_ascii=False) for names in (targets, ranked))
        found.append((language, key, "map_at_20", gold, prediction, value, 1.0))
    return pd.DataFrame(found, columns=_COLUMNS)


def most_similar(queries: np.ndarray, candidates: np.ndarray, count: int) -> np.ndarray:
    """Positions of the candidates with the highest dot product for each query, best first.

    Parameters
    ----------
    queries, candidates : numpy.ndarray, shape (sentences, width)
        For cosines, rows of length one.
    count : int
        Candidates wanted; all of them where there are fewer.

    Returns
    -------
    numpy.ndarray of int64, shape (queries, count)
        Of equals the first comes first; which of several equals is the last one wanted is not fixed.
    """
    count = min(count, len(candidates))
    chunk = max(1, CELLS // len(candidates))
    found = np.empty((len(queries), count), dtype=np.int64)
    for start in range(0, len(queries), chunk):
        similar = queries[start : start + chunk] @ candidates.T
        best = np.sort(np.argpartition(similar, -count, axis=1)[:, -count:], axis=1)
        order = np.argsort(-np.take_along_axis(similar, best, axis=1), axis=1, kind="stable")
        found[start : start + chunk] = np.take_along_axis(best, order, axis=1)
    return found


def unit_vectors(outputs: list[np.ndarray]) -> np.ndarray:
    """Sentence vectors of length one in one array, float32."""
    vectors = np.stack(outputs).astype(np.float32, copy=False)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
