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

from study_utils.catalog.formats import SHAPES
from study_utils.catalog.schema import HubRows, Task
from study_utils.data.columns import Found, check_columns, read_column, stripped
from study_utils.data.row_checks import at, is_count, is_list
from study_utils.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset


def mine_rows(
    parts: Mapping[str, Dataset], task: Task, rows: HubRows, *, language: str, where: Mapping[str, str]
) -> Found:
    """Make the rows of a mine task: both pools, each sentence with the id of its translation or "".

    Parameters
    ----------
    where : mapping of str to str
        Place of each part, for messages; a row's own is in the column `file` of the result.

    Raises
    ------
    DataError
        If columns are missing, or a gold pair names a sentence that isn't in its pool.
    """
    names = rows.columns
    sides = ("foreign", "english")
    check_columns(parts[""], {f"{side}_id": names[f"{side}_id"] for side in sides}, task, where=where[""])
    pairs = list(zip(*(map(_key, read_column(parts[""], names[f"{side}_id"])) for side in sides)))
    matches = {"foreign": dict(pairs), "english": {english: foreign for foreign, english in pairs}}
    frames = []
    for place, side in enumerate(sides):
        pool = parts[side]
        check_columns(pool, {key: names[key] for key in ("id", "text")}, task, where=where[side])
        ids = list(map(_key, read_column(pool, names["id"])))
        known = set(ids)
        if missing := [n for n, pair in enumerate(pairs) if pair[place] not in known]:
            raise DataError(
                f"{where['']}, language {language!r}, row {missing[0]}: its sentence {pairs[missing[0]][place]!r} is "
                f"not in the {side} pool ({where[side]}); {len(missing)} gold pairs name such sentences. "
                "Fetch pool and pairs of the same release."
            )
        texts = list(map(stripped, read_column(pool, names["text"])))
        found = [matches[side].get(key, "") for key in ids]
        frames.append(
            pd.DataFrame(
                {"id": ids, "language": language, "side": side, "text": texts, "match": found, "file": where[side]}
            )
        )
    return Found(pd.concat(frames), len(pairs), 0)


def rank_rows(
    parts: Mapping[str, Dataset],
    task: Task,
    rows: HubRows,
    *,
    language: str,
    where: Mapping[str, str],
    pool: bool = True,
) -> Found:
    """Make the rows of a rank task in one language: queries, then candidates.

    Parameters
    ----------
    where : mapping of str to str
        Place of each part, for messages; a row's own is in the column `file` of the result.
    pool : bool
        Whether candidates that are the same for every language are wanted (once is enough).

    Raises
    ------
    DataError
        If columns are missing, an answer's passage is not among the paragraphs, an answer begins outside its passage,
        or sentences have no bounds in their paragraph.
    """
    names, queries, candidates = rows.columns, parts[""], parts["candidates"]
    by_sentence = "passage" in names
    needed = ("id", "text", "passage", "starts") if by_sentence else ("text", "target")
    check_columns(queries, {key: names[key] for key in needed}, task, where=where[""])
    ids = read_column(queries, names["id"]) if "id" in names else range(len(queries))
    frame = pd.DataFrame(
        {
            "id": list(map(_key, ids)),
            "language": language,
            "side": "query",
            "text": list(map(stripped, read_column(queries, names["text"]))),
            "context": "",
            "file": where[""],
        }
    )
    if by_sentence:
        found, places = _sentences(candidates, task, rows, language=language, where=where["candidates"])
        targets = _sentences_of_answers(queries, places, rows, frame)
    else:
        found = pd.DataFrame()
        if pool:
            found = _listed(candidates, task, rows, language=language, where=where["candidates"])
        targets = [[_key(value)] for value in read_column(queries, names["target"])]
    frame["targets"] = pd.Series(targets, dtype=object)
    answered = frame["targets"].str.len() > 0
    kept = [frame.loc[answered], found] if len(found) else [frame.loc[answered]]
    return Found(pd.concat(kept), len(queries), int((~answered).sum()))


def join_targets(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the queries of one id, in all languages, all their targets; languages in the order of the rows."""
    queries = (frame["side"] == "query").to_numpy()
    joined = frame.loc[queries].groupby("id", sort=False)["targets"].agg(lambda lists: [t for ts in lists for t in ts])
    unique = {key: list(dict.fromkeys(targets)) for key, targets in joined.items()}
    targets = [
        unique.get(key, own) if query else own for query, key, own in zip(queries, frame["id"], frame["targets"])
    ]
    return frame.assign(targets=pd.Series(targets, index=frame.index, dtype=object))


Places = dict[str, tuple[list[int], list[int], list[str]]]
"""Passage to the first characters of its sentences, the ones after their last, and their ids."""


def _sentences(
    candidates: Dataset, task: Task, rows: HubRows, *, language: str, where: str
) -> tuple[pd.DataFrame, Places]:
    """Cut the paragraphs into sentences."""
    names = rows.columns
    fields = ("paragraph", "passage", "sentence_starts", "sentence_ends")
    check_columns(candidates, {key: names[key] for key in fields}, task, where=where)
    found, numbers, places = [], [], {}
    cells = zip(*(read_column(candidates, names[key]) for key in fields))
    for number, (paragraph, passage, starts, ends) in enumerate(cells):
        if wrong := _bad_bounds(passage, starts, ends):
            raise DataError(
                f"{where}, language {language!r}, row {number}, id {paragraph!r}: {wrong}. Correct or remove the row."
            )
        keys = [f"{language}-{paragraph}-{n}" for n in range(len(starts))]
        places[passage] = (starts, ends, keys)
        found += [
            (key, language, "candidate", passage[start:end].strip(), passage, [])
            for key, start, end in zip(keys, starts, ends)
        ]
        numbers += [number] * len(keys)
    frame = pd.DataFrame(found, columns=list(SHAPES[task.shape].all_columns), index=numbers)
    return frame.assign(file=where), places


def _bad_bounds(passage: object, starts: object, ends: object) -> str:
    """What is wrong with the sentences of a paragraph; empty if nothing is."""
    if not (isinstance(passage, str) and is_list(starts) and is_list(ends)):
        return "a paragraph needs a text, and lists of the starts and ends of its sentences"
    if len(starts) != len(ends):
        return f"{len(starts)} starts of sentences but {len(ends)} ends"
    for start, end in zip(starts, ends):
        if not (is_count(start) and is_count(end) and start < end <= len(passage)):
            return (
                f"a sentence from {start!r} to {end!r} does not lie in the {len(passage)} characters of its paragraph"
            )
    return ""


def _sentences_of_answers(queries: Dataset, places: Places, rows: HubRows, frame: pd.DataFrame) -> list[list[str]]:
    """Find the sentences in which each query's answers begin; none for an answer between two sentences."""
    targets = []
    cells = zip(*(read_column(queries, rows.columns[name]) for name in ("passage", "starts")))
    for number, (passage, answers) in enumerate(cells):
        if passage not in places:
            raise DataError(
                f"{at(frame, number, '')}: its passage is not among the candidates' paragraphs: {str(passage)[:60]!r}. "
                "Fetch questions and paragraphs of the same release."
            )
        starts, ends, keys = places[passage]
        inside = []
        for answer in answers or ():
            if not (is_count(answer) and answer < len(passage)):
                raise DataError(
                    f"{at(frame, number, '')}: an answer begins at {answer!r}, outside the {len(passage)} characters "
                    "of its passage. Correct or remove the row."
                )
            n = bisect_right(starts, answer) - 1
            if n >= 0 and answer < ends[n]:
                inside.append(keys[n])
        targets.append(list(dict.fromkeys(inside)))
    return targets


def _listed(candidates: Dataset, task: Task, rows: HubRows, *, language: str, where: str) -> pd.DataFrame:
    """Make candidates that have an id and a text of their own."""
    names = {key: rows.columns[key] for key in ("candidate_id", "candidate_text")}
    check_columns(candidates, names, task, where=where)
    ids = [_key(value) for value in read_column(candidates, names["candidate_id"])]
    texts = [stripped(value) for value in read_column(candidates, names["candidate_text"])]
    frame = pd.DataFrame({"id": ids, "language": language, "side": "candidate", "text": texts, "context": ""})
    frame["targets"] = pd.Series([[] for _ in ids], dtype=object)
    return frame.assign(file=where)


def _key(value: object) -> object:
    """Id as text; a missing one stays missing, for the check to refuse."""
    return None if value is None else str(value).strip()
