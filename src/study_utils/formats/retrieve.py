"""Retrieve: find sentences by the cosine of their vectors, without training.

What is looked for (`study_utils.catalog.retrieval.Retrieval`) is a sentence's translation among all sentences of the
other language (neighbour), translation pairs in two pools (mine), or the targets of a query among many candidates
(rank).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.errors import DataError
from study_utils.formats.features import Features, encode_texts, join

CUT = 20
"""Ranks that count (LAReQA, Mewsli-X)."""

_COLUMNS = ["language", "example_id", "measure", "gold", "prediction", "correct", "total"]


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, longest: int) -> Features:
    """Tokenise what the search compares, cut to the lengths that the task declares and the encoder's `longest`.

    neighbour: first all texts, then all translations. mine: the texts. rank: first the queries, then the candidates,
    each with its context as one running text, without line breaks (google-research/xtreme, evaluate_retrieval.py);
    `source` tells the row of each input.
    """
    asked = task.retrieval
    lengths = [min(length, longest) for length in (asked.query_length, asked.candidate_length)]
    if asked.search == "neighbour":
        return encode_texts(tokenizer, [*rows["text"], *rows["translation"]], None, lengths[0])
    texts = rows["text"].to_numpy(dtype=object)
    if asked.search == "mine":
        return encode_texts(tokenizer, texts, None, lengths[0])
    is_query = (rows["side"] == "query").to_numpy()
    whole = (rows["text"] + rows["context"]).str.replace("\n", "", regex=False).to_numpy(dtype=object)
    parts = [
        encode_texts(tokenizer, texts[is_query], None, lengths[0]),
        encode_texts(tokenizer, whole[~is_query], None, lengths[1]),
    ]
    return join(parts, np.concatenate([np.flatnonzero(is_query), np.flatnonzero(~is_query)]))


def decode(vectors: np.ndarray, features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Search with the sentence vectors, shape (inputs, width); what a row of the result is, each search says."""
    search = {"neighbour": neighbours, "mine": mined_pairs, "rank": rankings}[task.retrieval.search]
    return search(np.asarray(vectors), features, rows)


def neighbours(vectors: np.ndarray, features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Find the nearest neighbours in both directions within each language; one row a query.

    `accuracy_from_english`: the English sentence is the query, as in XTREME's code; `accuracy_to_english`: the other
    way round.
    """
    from study_utils.metrics.ranking import nearest

    half = len(rows)
    frames = []
    for language, own in rows.reset_index(drop=True).groupby("language", sort=False):
        index = own.index.to_numpy()
        ids = own["id"].to_numpy(dtype=object)
        sides = {"text": unit_vectors(vectors[index], float), "translation": unit_vectors(vectors[half + index], float)}
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


def mined_pairs(vectors: np.ndarray, features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Mine translation pairs in the two pools of each language; one row a measure and pair that is gold or found.

    Equal sentences of a pool are mined as one, and a pair with one is not kept: gold pairs of repeated sentences can't
    be found, as XTREME scores BUCC (`read_sent2id` in its utils_retrieve.py, after LASER).

    Pairs are accepted from a margin score on. `mining_f1`: that score gives the best F1 on one half of the language's
    pairs and accepts pairs of the other half, and the reverse, so that no pair fits the threshold that it is scored
    with. `mining_f1_oracle`: it gives the best F1 on the very pairs it scores, which flatters. The halves have the same
    number of gold pairs and follow from the English sentence's id (`halves`). `gold` and `prediction` are "pair" or
    "none". F1 needs all rows, so none is right or wrong by itself.

    Raises
    ------
    DataError
        If a language has fewer than two gold pairs.
    """
    found = []
    for language, own in rows.reset_index(drop=True).groupby("language", sort=False):
        mined = _mine(vectors, own)
        if len(mined.gold) < 2:
            raise DataError(
                f"language {language!r}: {len(mined.gold)} gold pairs in the pools, where one half must fit the "
                "threshold of the other: take more rows (test_examples)"
            )
        accepted = {"mining_f1": set(), "mining_f1_oracle": _accepted(mined, mined)}
        for half, other in (parts := _parts(mined)), parts[::-1]:
            accepted["mining_f1"] |= _accepted(half, fitted_on=other)
        found += [
            (language, json.dumps(pair, ensure_ascii=False), measure, *_said(pair, mined.gold, pairs))
            for measure, pairs in accepted.items()
            for pair in sorted(mined.gold | pairs)
        ]
    return pd.DataFrame(found, columns=_COLUMNS[:5]).assign(correct=np.nan, total=np.nan)


def halves(keys: Sequence[str], gold: Sequence[str]) -> np.ndarray:
    """Divide English sentences in two halves: whether each is in the first.

    They are ordered by the SHA-256 of their ids and cut where half of the gold ones are passed: neither order nor
    language nor any score matters.
    """
    middle = sorted(map(_hash, gold))[len(gold) // 2]
    return np.array([_hash(key) < middle for key in keys], dtype=bool)


def _hash(key: str) -> str:
    return hashlib.sha256(str(key).encode()).hexdigest()


def _mine(vectors: np.ndarray, own: pd.DataFrame) -> _Mined:
    from study_utils.metrics.mining import margin_pairs

    pools = [own[own["side"] == side] for side in ("english", "foreign")]
    gold = set(zip(pools[0]["id"], pools[0]["match"])) - {(key, "") for key in pools[0]["id"]}
    repeated = [pool["text"].duplicated(keep=False) for pool in pools]
    pools = [pool.assign(repeated=flags).drop_duplicates("text") for pool, flags in zip(pools, repeated)]
    english, foreign, scores = margin_pairs(*(unit_vectors(vectors[pool.index]) for pool in pools))
    kept = ~(pools[0]["repeated"].to_numpy()[english] | pools[1]["repeated"].to_numpy()[foreign])
    ids = [pool["id"].to_numpy(dtype=object)[places[kept]] for pool, places in zip(pools, (english, foreign))]
    pairs = list(zip(*ids))
    return _Mined(pairs, scores[kept], np.array([pair in gold for pair in pairs], dtype=bool), gold)


def _parts(mined: _Mined) -> tuple[_Mined, _Mined]:
    """Both halves of what was mined in a language."""
    gold = sorted(mined.gold)
    names = [pair[0] for pair in gold]
    of_gold, of_pairs = halves(names, names), halves([pair[0] for pair in mined.pairs], names)
    return tuple(
        _Mined(
            [pair for pair, inside in zip(mined.pairs, of_pairs) if inside == first],
            mined.scores[of_pairs == first],
            mined.right[of_pairs == first],
            {pair for pair, inside in zip(gold, of_gold) if inside == first},
        )
        for first in (True, False)
    )


def _accepted(mined: _Mined, fitted_on: _Mined) -> set[tuple[str, str]]:
    from study_utils.metrics.mining import best_threshold

    threshold, _ = best_threshold(fitted_on.scores, fitted_on.right, len(fitted_on.gold))
    return {pair for pair, score in zip(mined.pairs, mined.scores) if score >= threshold}


class _Mined(NamedTuple):
    """Pairs found in the pools of a language, their scores, whether they are gold, and all gold pairs."""

    pairs: list[tuple[str, str]]
    scores: np.ndarray
    right: np.ndarray
    gold: set[tuple[str, str]]


def _said(pair: tuple[str, str], *sets: set[tuple[str, str]]) -> list[str]:
    return ["pair" if pair in pairs else "none" for pairs in sets]


def rankings(vectors: np.ndarray, features: Features, rows: pd.DataFrame) -> pd.DataFrame:
    """Rank the candidates of all languages for each query; one row a query.

    Gold is the JSON list of the targets' ids, prediction that of the `CUT` best candidates, best first. `correct` is
    the average precision, so that the mean over queries is mAP@20.
    """
    from study_utils.metrics.ranking import average_precision, nearest

    unit = np.empty((len(rows), vectors.shape[1]), dtype=np.float32)
    unit[features.source] = unit_vectors(vectors)
    is_query = (rows["side"] == "query").to_numpy()
    ids = rows["id"].to_numpy(dtype=object)[~is_query]
    best = ids[nearest(unit[is_query], unit[~is_query], CUT)[0]]
    queries = rows.loc[is_query, ["language", "id", "targets"]].itertuples(index=False)
    found = []
    for (language, key, targets), ranked in zip(queries, best):
        value = average_precision(np.isin(ranked, list(targets)), len(targets), CUT)
        gold, prediction = (json.dumps(list(names), ensure_ascii=False) for names in (targets, ranked))
        found.append((language, key, "map_at_20", gold, prediction, value, 1.0))
    return pd.DataFrame(found, columns=_COLUMNS)


def unit_vectors(vectors: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Sentence vectors of length one; the ones given stay as they are."""
    vectors = np.array(vectors, dtype=dtype)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
