"""Retrieve: find sentences by the cosine of their vectors, without training.

What is looked for (`Task.search`) is a sentence's translation among all sentences of the other language (neighbour),
translation pairs in two pools (mine), or the targets of a query among many candidates (rank).
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.features import Features, encode_texts, join

CUT = 20
"""Ranks that count (LAReQA, Mewsli-X)."""

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
    from study_utils.metrics.ranking import nearest

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
            found = ids[nearest(sides[queries], sides[candidates], 1)[0][:, 0]]
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


def mined_pairs(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Mine translation pairs in the two pools of each language; one row a measure and pair that is gold or found.

    Pairs are accepted from a margin score on. `mining_f1` takes the one that gives the best F1 on the pools of all
    other languages, so that no gold pair of the scored language is used; it needs two languages. `mining_f1_oracle`
    takes the one that gives the best F1 on the very pairs it scores. `gold` and `prediction` are "pair" or "none". F1
    needs all rows, so none is right or wrong by itself.
    """
    from study_utils.metrics.mining import best_threshold, margin_pairs

    vectors = unit_vectors(outputs)
    mined: dict[str, _Mined] = {}
    for language, own in rows.reset_index(drop=True).groupby("language", sort=False):
        pools = [own[own["side"] == side] for side in ("english", "foreign")]
        ids = [pool["id"].to_numpy(dtype=object) for pool in pools]
        gold = set(zip(ids[0], pools[0]["match"])) - {(key, "") for key in ids[0]}
        english, foreign, scores = margin_pairs(*(vectors[pool.index] for pool in pools))
        pairs = list(zip(ids[0][english], ids[1][foreign]))
        mined[language] = _Mined(pairs, scores, np.array([pair in gold for pair in pairs]), gold)
    found = []
    for language, own in mined.items():
        others = [other for code, other in mined.items() if code != language]
        for measure, fitted_on in (("mining_f1", others), ("mining_f1_oracle", [own])):
            if not fitted_on:
                continue
            scores, right = (np.concatenate(parts) for parts in zip(*((m.scores, m.right) for m in fitted_on)))
            threshold, _ = best_threshold(scores, right, sum(len(m.gold) for m in fitted_on))
            accepted = {pair for pair, score in zip(own.pairs, own.scores) if score >= threshold}
            found += [
                (language, json.dumps(pair, ensure_ascii=False), measure, *_said(pair, own.gold, accepted))
                for pair in sorted(own.gold | accepted)
            ]
    return pd.DataFrame(found, columns=_COLUMNS[:5]).assign(correct=np.nan, total=np.nan)


class _Mined(NamedTuple):
    """Pairs found in the pools of a language, their scores, whether they are gold, and all gold pairs."""

    pairs: list[tuple[str, str]]
    scores: np.ndarray
    right: np.ndarray
    gold: set[tuple[str, str]]


def _said(pair: tuple[str, str], *sets: set[tuple[str, str]]) -> list[str]:
    return ["pair" if pair in pairs else "none" for pairs in sets]


def rankings(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Rank the candidates of all languages for each query; one row a query.

    Gold is the JSON list of the targets' ids, prediction that of the `CUT` best candidates, best first. `correct` is
    the average precision, so that the mean over queries is mAP@20.
    """
    from study_utils.metrics.ranking import average_precision, nearest

    vectors = np.empty((len(rows), len(outputs[0])), dtype=np.float32)
    vectors[features.source] = unit_vectors(outputs)
    is_query = (rows["side"] == "query").to_numpy()
    ids = rows["id"].to_numpy(dtype=object)[~is_query]
    best = ids[nearest(vectors[is_query], vectors[~is_query], CUT)[0]]
    queries = rows.loc[is_query, ["language", "id", "targets"]].itertuples(index=False)
    found = []
    for (language, key, targets), ranked in zip(queries, best):
        value = average_precision(np.isin(ranked, list(targets)), len(targets), CUT)
        gold, prediction = (json.dumps(list(names), ensure_ascii=False) for names in (targets, ranked))
        found.append((language, key, "map_at_20", gold, prediction, value, 1.0))
    return pd.DataFrame(found, columns=_COLUMNS)


def unit_vectors(outputs: list[np.ndarray]) -> np.ndarray:
    """Sentence vectors of length one in one array, float32."""
    vectors = np.stack(outputs).astype(np.float32, copy=False)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
