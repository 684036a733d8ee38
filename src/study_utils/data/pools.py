"""Rows of the two searches over pools of sentences: mining pairs, and ranking candidates for a query.

Columns of a declaration, besides ``id`` and ``text``:

mine : ``foreign_id`` and ``english_id`` of the gold pairs; ``id`` and ``text`` are columns of both pools, which are
    beside them as ``foreign`` and ``english``.
rank, answers in sentences : queries ``id``, ``text``, ``passage`` and ``starts`` (first characters of the answer);
    beside them ``candidates``: paragraphs with ``paragraph`` (id), ``passage``, ``sentence_starts`` and
    ``sentence_ends`` (characters; the end is one past the last). A query's targets are the sentences in which the
    answers of the same query id begin, in every language that is loaded.
rank, targets by id : queries ``id``, ``text`` and ``target`` (a candidate's id); beside them ``candidates`` with
    ``candidate_id`` and ``candidate_text``, the same for every language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from study_utils.catalog.schema import HubRows, Task
from study_utils.data.columns import Found, check_columns, read_column
from study_utils.data.rows import COLUMNS
from study_utils.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset


def mine_rows(parts: Mapping[str, Dataset], task: Task, rows: HubRows, *, language: str, where: str) -> Found:
    """Make the rows of a mine task: both pools, each sentence with the id of its translation or "".

    Raises
    ------
    DataError
        If columns are missing, or a gold pair names a sentence that isn't in its pool.
    """
    names = rows.columns
    check_columns(parts[""], {key: names[key] for key in ("foreign_id", "english_id")}, task, where=where)
    pairs = list(zip(read_column(parts[""], names["foreign_id"]), read_column(parts[""], names["english_id"])))
    matches = {"foreign": dict(pairs), "english": {english: foreign for foreign, english in pairs}}
    frames = []
    for side in ("foreign", "english"):
        pool = parts[side]
        check_columns(pool, {key: names[key] for key in ("id", "text")}, task, where=f"{where}, {side} pool")
        ids = [str(value) for value in read_column(pool, names["id"])]
        if missing := sorted(set(matches[side]) - set(ids)):
            raise DataError(
                f"{where}: {len(missing)} gold pairs name a sentence that isn't in the {side} pool, such as "
                f"{missing[0]!r}. Fetch pool and pairs of the same release."
            )
        texts = [value.strip() for value in read_column(pool, names["text"])]
        found = [matches[side].get(key, "") for key in ids]
        frames.append(pd.DataFrame({"id": ids, "language": language, "side": side, "text": texts, "match": found}))
    return Found(pd.concat(frames, ignore_index=True)[list(COLUMNS[task.shape])], len(pairs), 0)


def rank_rows(
    parts: Mapping[str, Dataset], task: Task, rows: HubRows, *, language: str, where: str, pool: bool = True
) -> Found:
    """Make the rows of a rank task in one language: queries, then candidates.

    Parameters
    ----------
    pool : bool
        Whether candidates that are the same for every language are wanted (once is enough).

    Raises
    ------
    DataError
        If columns are missing or an answer's passage is not among the paragraphs.
    """
    names, queries, candidates = rows.columns, parts[""], parts["candidates"]
    by_sentence = "passage" in names
    needed = ("id", "text", "passage", "starts") if by_sentence else ("text", "target")
    check_columns(queries, {key: names[key] for key in needed}, task, where=where)
    ids = read_column(queries, names["id"]) if "id" in names else range(len(queries))
    frame = pd.DataFrame(
        {
            "id": list(map(str, ids)),
            "language": language,
            "side": "query",
            "text": [value.strip() for value in read_column(queries, names["text"])],
            "context": "",
        }
    )
    if by_sentence:
        found, targets = _sentences(queries, candidates, task, rows, language=language, where=where)
    else:
        found = _listed(candidates, task, rows, language=language, where=where) if pool else frame.iloc[:0]
        targets = [[str(value)] for value in read_column(queries, names["target"])]
    frame["targets"] = pd.Series(targets, dtype=object)
    answered = frame["targets"].str.len() > 0
    kept = [frame.loc[answered], found] if len(found) else [frame.loc[answered]]
    return Found(pd.concat(kept, ignore_index=True)[list(COLUMNS[task.shape])], len(queries), int((~answered).sum()))


def join_targets(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the queries of one id, in all languages, all their targets; languages in the order of the rows."""
    queries = frame["side"] == "query"
    joined = frame.loc[queries].groupby("id", sort=False)["targets"].agg(lambda lists: [t for ts in lists for t in ts])
    frame = frame.copy()
    unique = {key: list(dict.fromkeys(targets)) for key, targets in joined.items()}
    frame.loc[queries, "targets"] = frame.loc[queries, "id"].map(unique)
    return frame


def _sentences(
    queries: Dataset, candidates: Dataset, task: Task, rows: HubRows, *, language: str, where: str
) -> tuple[pd.DataFrame, list[list[str]]]:
    """Cut the paragraphs into sentences; find the sentence in which each query's answer begins."""
    names = rows.columns
    fields = ("paragraph", "passage", "sentence_starts", "sentence_ends")
    check_columns(candidates, {key: names[key] for key in fields}, task, where=f"{where}, candidates")
    found, places = [], {}
    for paragraph, passage, starts, ends in zip(*(read_column(candidates, names[key]) for key in fields)):
        keys = [f"{language}-{paragraph}-{n}" for n in range(len(starts))]
        places[passage] = (starts, ends, keys)
        found += [
            (key, language, "candidate", passage[start:end].strip(), passage, [])
            for key, start, end in zip(keys, starts, ends)
        ]
    targets = []
    for passage, answers in zip(read_column(queries, names["passage"]), read_column(queries, names["starts"])):
        if passage not in places:
            raise DataError(
                f"{where}: a passage is not among the candidates' paragraphs: {passage[:60]!r}. "
                "Fetch questions and paragraphs of the same release."
            )
        starts, ends, keys = places[passage]
        inside = []
        for answer in answers:
            n = bisect_right(starts, answer) - 1
            if n >= 0 and answer < ends[n]:
                inside.append(keys[n])
        targets.append(list(dict.fromkeys(inside)))
    return pd.DataFrame(found, columns=list(COLUMNS[task.shape])), targets


def _listed(candidates: Dataset, task: Task, rows: HubRows, *, language: str, where: str) -> pd.DataFrame:
    """Make candidates that have an id and a text of their own."""
    names = {key: rows.columns[key] for key in ("candidate_id", "candidate_text")}
    check_columns(candidates, names, task, where=f"{where}, candidates")
    ids, texts = ([str(value).strip() for value in read_column(candidates, name)] for name in names.values())
    frame = pd.DataFrame({"id": ids, "language": language, "side": "candidate", "text": texts, "context": ""})
    frame["targets"] = pd.Series([[] for _ in ids], dtype=object)
    return frame
