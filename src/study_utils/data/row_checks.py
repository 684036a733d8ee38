"""Which rows a model can't be trained on or scored with: one function a shape, and the words that name a bad row."""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from study_utils.catalog.schema import Task
from study_utils.errors import DataError, unknown

MINE_SIDES = ("english", "foreign")
MINE_PAIRS = 2
"""Fewest gold pairs of a language: one to fit the threshold that the other is scored with."""
RANK_SIDES = ("query", "candidate")


_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Unicode categories of characters that leave no mark: controls, joiners and marks of direction, blanks."""


def is_missing(value: object) -> bool:
    """Whether a cell is None, NaN or NA."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def is_list(value: object) -> bool:
    """Whether a cell holds several values."""
    return isinstance(value, list | tuple | np.ndarray)


def is_count(value: object) -> bool:
    """Whether a cell is a whole number from 0 on."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0


def is_visible(text: str) -> bool:
    """Whether a text has a character that can be seen: not blanks and zero-width ones alone."""
    return any(unicodedata.category(character) not in _UNSEEN for character in text.strip())


def at(frame: pd.DataFrame, bad: Iterable[bool] | int, where: str) -> str:
    """Name the first bad row: source (its own, where there is a column `file`), language, row number and id."""
    position = bad if isinstance(bad, int) else int(np.flatnonzero(np.asarray(bad))[0])
    row = frame.iloc[position]
    number = frame.index[position]
    return f"{row.get('file', where)}, language {row['language']!r}, row {number}, id {row['id']!r}"


def check_strings(frame: pd.DataFrame, names: Sequence[str], *, where: str, empty_is_fine: bool = False) -> None:
    """Refuse a column with a value that is no text, or (unless that is fine) empty.

    Raises
    ------
    DataError
        With the first bad row.
    """
    for name in names:
        values = frame[name].tolist()
        bad = [not isinstance(value, str) or not (empty_is_fine or is_visible(value)) for value in values]
        if any(bad):
            value = values[bad.index(True)]
            what = f"empty {name}" if isinstance(value, str) or is_missing(value) else f"{name} is no text: {value!r}"
            raise DataError(
                f"{at(frame, bad, where)}: {what}. "
                "Correct or remove the row in the source, or correct the declared column."
            )


def _check_texts(frame: pd.DataFrame, where: str) -> None:
    check_strings(frame, ("text",), where=where)
    check_strings(frame, ("text_pair",), where=where, empty_is_fine=True)
    if any(text.strip() for text in frame["text_pair"]):
        check_strings(frame, ("text_pair",), where=where)


def check_classify(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Refuse empty texts and labels that the task lacks."""
    _check_texts(frame, where)
    declared = set(task.labels)
    for position, label in enumerate(frame["label"].tolist()):
        if not (isinstance(label, str) and label in declared):
            raise DataError(f"{at(frame, position, where)}: {_bad_label('label', label, task)}")


def check_regress(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Refuse empty texts and values outside the range of the task."""
    _check_texts(frame, where)
    low, high = task.value_range
    for position, value in enumerate(frame["label"].tolist()):
        if is_missing(value) or not isinstance(value, int | float) or isinstance(value, bool):
            raise DataError(
                f"{at(frame, position, where)}: label {value!r} is no number. "
                "Remove the row, or declare the value as unlabelled."
            )
        if not low <= value <= high:
            raise DataError(
                f"{at(frame, position, where)}: label {value!r} lies outside {low:g} to {high:g}. "
                f"Correct the row, or the value_range of task {task.key!r}."
            )


def check_tag(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Refuse sentences whose tokens and tags differ in number, and tags that the task lacks."""
    declared = set(task.labels)
    for position, (tokens, tags) in enumerate(zip(frame["tokens"], frame["tags"])):
        if not (is_list(tokens) and is_list(tags)):
            raise DataError(
                f"{at(frame, position, where)}: tokens and tags must be lists, not "
                f"{type(tokens).__name__} and {type(tags).__name__}. Correct the declared columns."
            )
        if len(tokens) == 0:
            raise DataError(f"{at(frame, position, where)}: empty sentence (no tokens). Remove the row.")
        if len(tokens) != len(tags):
            raise DataError(
                f"{at(frame, position, where)}: {len(tokens)} tokens but {len(tags)} tags. Correct or remove the row."
            )
        for place, (token, tag) in enumerate(zip(tokens, tags)):
            if not isinstance(token, str) or not token.strip():
                raise DataError(
                    f"{at(frame, position, where)}: empty token at position {place}. Correct or remove the row."
                )
            if tag not in declared:
                raise DataError(f"{at(frame, position, where)}: {_bad_label('tag', tag, task)}")


def check_neighbour(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Refuse empty texts and languages with too few pairs."""
    check_strings(frame, ("text", "translation"), where=where)
    counts = frame["language"].value_counts()
    if (counts < 2).any():
        raise DataError(
            f"{where}, language {counts.idxmin()!r}: {int(counts.min())} row, but retrieval needs at least 2 "
            f"candidates. Raise the limit of examples, or leave the language out of task {task.key!r}."
        )


def check_choose(frame: pd.DataFrame, task: Task, where: str) -> None:
    """At least two choices, none empty, and a label that is the position of one of them."""
    check_strings(frame, ("text",), where=where)
    check_strings(frame, ("question",), where=where, empty_is_fine=True)
    for position, (choices, label) in enumerate(zip(frame["choices"].tolist(), frame["label"].tolist())):
        if not is_list(choices) or len(choices) < 2:
            what = f"{len(choices)} choices" if is_list(choices) else f"choices are no list: {choices!r}"
            raise DataError(f"{at(frame, position, where)}: {what}, but at least 2 are needed. Correct the row.")
        for place, choice in enumerate(choices):
            if not isinstance(choice, str) or not choice.strip():
                raise DataError(f"{at(frame, position, where)}: empty choice at position {place}. Correct the row.")
        if not is_count(label) or label >= len(choices):
            raise DataError(
                f"{at(frame, position, where)}: label {label!r} is no position of its {len(choices)} choices, "
                "counted from 0. Use a split with gold labels, or correct the declaration."
            )


def check_answer(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Answers that stand in the passage where they are said to begin; none only if the task allows it."""
    check_strings(frame, ("question", "text"), where=where)
    cells = zip(frame["text"].tolist(), frame["answers"].tolist(), frame["starts"].tolist())
    for position, (text, answers, starts) in enumerate(cells):
        if not (is_list(answers) and is_list(starts)):
            raise DataError(
                f"{at(frame, position, where)}: answers and starts must be lists, not {type(answers).__name__} and "
                f"{type(starts).__name__}. Correct the declared columns."
            )
        if len(answers) != len(starts):
            raise DataError(
                f"{at(frame, position, where)}: {len(answers)} answers but {len(starts)} starts. Correct the row."
            )
        if len(answers) == 0 and not task.unanswerable:
            raise DataError(
                f"{at(frame, position, where)}: no answer. Remove the row, or declare task {task.key!r} unanswerable."
            )
        for answer, start in zip(answers, starts):
            if wrong := _misplaced(text, answer, start):
                raise DataError(f"{at(frame, position, where)}: {wrong}. Correct the row, or declare another column.")


def _misplaced(text: str, answer: object, start: object) -> str:
    """What is wrong with an answer and its offset; empty if nothing is."""
    if not isinstance(answer, str) or not answer.strip():
        return f"empty answer {answer!r}"
    if not is_count(start):
        return f"start {start!r} of answer {answer!r} is no offset in characters"
    if start + len(answer) > len(text):
        return f"answer {answer!r} at {start} ends beyond the {len(text)} characters of the passage"
    found = text[start : start + len(answer)]
    return "" if found == answer else f"answer {answer!r} does not begin at character {start}; there is {found!r}"


def check_mine(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Two pools a language, with at least `MINE_PAIRS` pairs, and pairs that both of their sides name."""
    check_strings(frame, ("text",), where=where)
    check_strings(frame, ("match",), where=where, empty_is_fine=True)
    _check_sides(frame, MINE_SIDES, where)
    rows = list(zip(frame["language"], frame["side"], frame["id"], frame["match"]))
    matches = {(language, side, key): match for language, side, key, match in rows}
    other = dict(zip(MINE_SIDES, reversed(MINE_SIDES)))
    for position, (language, side, key, match) in enumerate(rows):
        if match and (back := matches.get((language, other[side], match))) != key:
            what = "isn't there" if back is None else f"is matched with {back!r}"
            raise DataError(
                f"{at(frame, position, where)}: its match {match!r} on the {other[side]} side {what}. "
                "Give both sentences of a pair each other's id, in one language."
            )
    for language, own in frame.groupby("language", sort=False):
        for side in MINE_SIDES:
            if not (own["side"] == side).any():
                raise DataError(f"{where}, language {language!r}: no {side} sentences. Mining needs both pools.")
        if (count := int((own["match"] != "").sum()) // 2) < MINE_PAIRS:
            raise DataError(
                f"{where}, language {language!r}: {count} gold pairs. Mining needs {MINE_PAIRS}, for one half of them "
                "fits the threshold of the other: raise the limit of examples, or leave the language out."
            )


def check_rank(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Queries with targets among the candidates, which form one pool over all languages."""
    check_strings(frame, ("text",), where=where)
    check_strings(frame, ("context",), where=where, empty_is_fine=True)
    _check_sides(frame, RANK_SIDES, where)
    is_query = (frame["side"] == "query").to_numpy()
    for side, there in zip(RANK_SIDES, (is_query.any(), not is_query.all())):
        if not there:
            raise DataError(f"{where}: no {side} rows. Ranking needs queries and candidates.")
    repeated = ~is_query & frame["id"].where(~is_query).duplicated().to_numpy()
    if repeated.any():
        raise DataError(
            f"{at(frame, repeated, where)}: another candidate has this id. Candidates of all languages are one pool: "
            "put the language in front of the id."
        )
    pool = set(frame.loc[~is_query, "id"])
    for position, (query, targets) in enumerate(zip(is_query, frame["targets"].tolist())):
        if not is_list(targets):
            raise DataError(f"{at(frame, position, where)}: targets are no list: {targets!r}. Give a list of ids.")
        if query and len(targets) == 0:
            raise DataError(f"{at(frame, position, where)}: a query without target. Remove the row.")
        if not query and len(targets):
            raise DataError(f"{at(frame, position, where)}: a candidate with targets. Only queries have them.")
        if len(set(targets)) < len(targets):
            raise DataError(f"{at(frame, position, where)}: a target is named twice. Name each once.")
        if missing := [target for target in targets if target not in pool]:
            raise DataError(
                f"{at(frame, position, where)}: target {missing[0]!r} is not among the {len(pool)} candidates. "
                "Load all candidates, or remove the target."
            )


def check_mask(frame: pd.DataFrame, task: Task, where: str) -> None:
    """Refuse empty texts."""
    check_strings(frame, ("text",), where=where)


def _check_sides(frame: pd.DataFrame, sides: Sequence[str], where: str) -> None:
    for position, side in enumerate(frame["side"].tolist()):
        if side not in sides:
            raise DataError(f"{at(frame, position, where)}: {unknown('side', side, sides)}")


def _bad_label(kind: str, value: object, task: Task) -> str:
    if is_missing(value) or value == "" or value == -1:
        return (
            f"missing {kind} ({value!r}). Use a split with gold labels, "
            f"or declare the value as unlabelled in task {task.key!r} (in a tasks file: "
            f"unlabelled: [{'null' if is_missing(value) else repr(value)}])."
        )
    near = difflib.get_close_matches(str(value).lower(), task.labels, n=1, cutoff=0.5) or task.labels
    return (
        unknown(f"{kind} of task {task.key!r}:", value, task.labels)
        + f" In a tasks file, label_names says what it means ({{{value}: {near[0]}}}), unlabelled: [{value}] "
        "drops its rows."
    )
