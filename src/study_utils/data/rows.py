"""What a frame of rows looks like in each format, the checks on it, its fingerprint, and parquet in and out.

A row carries names, never numbers: label names, tag names, language codes.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from study_utils.catalog.schema import Task
from study_utils.errors import DataError, unknown

COLUMNS = {
    "classify": ("id", "language", "text", "text_pair", "label"),
    "regress": ("id", "language", "text", "text_pair", "label"),
    "choose": ("id", "language", "text", "question", "choices", "label"),
    "tag": ("id", "language", "tokens", "tags"),
    "answer": ("id", "language", "question", "text", "answers", "starts"),
    "retrieve-neighbour": ("id", "language", "text", "translation"),
    "retrieve-mine": ("id", "language", "side", "text", "match"),
    "retrieve-rank": ("id", "language", "side", "text", "context", "targets"),
}
"""Columns of the rows of each shape (`Task.shape`), in this order.

choose: `choices` is a list of texts, `label` the position of the right one. answer: `answers` are texts of the
passage `text` that begin at the characters `starts`; both are empty where there is no answer. mine: `side` is
"english" or "foreign", `match` the id of the translation on the other side or "". rank: `side` is "query" or
"candidate", `targets` the ids of a query's right candidates (empty for a candidate), `context` the passage around a
candidate or "".
"""


def check_rows(frame: pd.DataFrame, task: Task, *, where: str) -> None:
    """Refuse rows that a model can't be trained on or scored with.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of one task and role with the columns `COLUMNS` of the task's format. Its index is the row number
        that messages give, so that it can be the number in a source file.
    task : Task
        Declares the format, the labels and the value range.
    where : str
        File or source, for the message.

    Raises
    ------
    DataError
        If columns are missing, there are no rows, ids repeat within a language, a text, sentence or token is
        empty, some rows are pairs and others not, a label is missing or not declared, a value is no number or
        out of range, tags and tokens differ in length, or a language of a retrieve task has fewer than two
        rows. The message names the source, language, row number and id.
    """
    wanted = COLUMNS[task.shape]
    if missing := [name for name in wanted if name not in frame.columns]:
        raise DataError(
            f"{where}: rows of format {task.format} lack the columns {missing}; "
            f"there are {list(map(str, frame.columns))}. "
            f"Rename the columns, or correct the declaration of task {task.key!r}."
        )
    if frame.empty:
        raise DataError(f"{where}: no rows. Use a split that has rows, or leave the language out.")
    _check_strings(frame, ("id", "language"), where=where)
    repeated = frame.duplicated(["language", "id"]).to_numpy()
    if repeated.any():
        raise DataError(
            f"{_at(frame, repeated, where)}: the id occurs more than once in its language. "
            "Name a column with unique ids in the declaration, or none (ids are row numbers then)."
        )
    if task.shape in _CHECKS:
        _CHECKS[task.shape](frame, task, where)


def fingerprint(frame: pd.DataFrame) -> str:
    """Hash the content of a frame.

    Row order counts; column order, index, column types of equal content (`str` or `object`; lists or arrays)
    and a round trip through parquet don't.

    Returns
    -------
    str
        SHA-256 as hexadecimal text, over one line of JSON a row with the columns in alphabetical order.
    """
    names = sorted(map(str, frame.columns))
    digest = hashlib.sha256(json.dumps(names).encode())
    columns = [[_plain(value) for value in frame[name]] for name in names]
    for row in zip(*columns):
        digest.update(b"\n" + json.dumps(row).encode())
    return digest.hexdigest()


def write_rows(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame of rows as parquet, without its index and attributes.

    Parameters
    ----------
    path : pathlib.Path
        File to write; its folder must exist.
    frame : pandas.DataFrame
        Rows; columns with lists of text become list columns.
    """
    columns = {str(name): pa.array([_plain(value) for value in frame[name]]) for name in frame.columns}
    pq.write_table(pa.table(columns), path, compression="zstd")


def read_rows(path: Path) -> pd.DataFrame:
    """Read a frame of rows from parquet; list columns come back as Python lists.

    Raises
    ------
    DataError
        If the file is missing, empty, cut off or not parquet.
    """
    try:
        table = pq.read_table(path, partitioning=None)
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Make the rows again.") from None
    except (pa.ArrowException, OSError) as error:
        raise DataError(damaged(path, error)) from error
    return pd.DataFrame({name: table.column(name).to_pylist() for name in table.column_names})


def damaged(path: Path, reason: object = "") -> str:
    """Compose the message for a file of rows that can't be read."""
    size = path.stat().st_size if path.is_file() else 0
    detail = f": {str(reason).strip().splitlines()[0]}" if str(reason).strip() else ""
    state = "is empty (0 bytes)" if size == 0 else f"({size} bytes) is cut off or damaged{detail}"
    return f"{path} {state}. Remove it and fetch or make it again."


# --- checks ---


def _at(frame: pd.DataFrame, bad: Iterable[bool] | int, where: str) -> str:
    """Name the first bad row: source, language, row number and id."""
    position = bad if isinstance(bad, int) else int(np.flatnonzero(np.asarray(bad))[0])
    row = frame.iloc[position]
    number = frame.index[position]
    return f"{where}, language {row['language']!r}, row {number}, id {row['id']!r}"


def _check_strings(frame: pd.DataFrame, names: Sequence[str], *, where: str, empty_is_fine: bool = False) -> None:
    for name in names:
        values = frame[name].tolist()
        bad = [not isinstance(value, str) or not (empty_is_fine or value.strip()) for value in values]
        if any(bad):
            value = values[bad.index(True)]
            what = f"empty {name}" if isinstance(value, str) or _is_missing(value) else f"{name} is no text: {value!r}"
            raise DataError(
                f"{_at(frame, bad, where)}: {what}. "
                "Correct or remove the row in the source, or correct the declared column."
            )


def _check_texts(frame: pd.DataFrame, where: str) -> None:
    _check_strings(frame, ("text",), where=where)
    _check_strings(frame, ("text_pair",), where=where, empty_is_fine=True)
    if any(text.strip() for text in frame["text_pair"]):
        _check_strings(frame, ("text_pair",), where=where)


def _check_classify(frame: pd.DataFrame, task: Task, where: str) -> None:
    _check_texts(frame, where)
    declared = set(task.labels)
    for position, label in enumerate(frame["label"].tolist()):
        if not (isinstance(label, str) and label in declared):
            raise DataError(f"{_at(frame, position, where)}: {_bad_label('label', label, task)}")


def _check_regress(frame: pd.DataFrame, task: Task, where: str) -> None:
    _check_texts(frame, where)
    low, high = task.value_range
    for position, value in enumerate(frame["label"].tolist()):
        if _is_missing(value) or not isinstance(value, int | float) or isinstance(value, bool):
            raise DataError(
                f"{_at(frame, position, where)}: label {value!r} is no number. "
                "Remove the row, or declare the value as unlabelled."
            )
        if not low <= value <= high:
            raise DataError(
                f"{_at(frame, position, where)}: label {value!r} lies outside {low:g} to {high:g}. "
                f"Correct the row, or the value_range of task {task.key!r}."
            )


def _check_tag(frame: pd.DataFrame, task: Task, where: str) -> None:
    declared = set(task.labels)
    for position, (tokens, tags) in enumerate(zip(frame["tokens"], frame["tags"])):
        if not (_is_list(tokens) and _is_list(tags)):
            raise DataError(
                f"{_at(frame, position, where)}: tokens and tags must be lists, not "
                f"{type(tokens).__name__} and {type(tags).__name__}. Correct the declared columns."
            )
        if len(tokens) == 0:
            raise DataError(f"{_at(frame, position, where)}: empty sentence (no tokens). Remove the row.")
        if len(tokens) != len(tags):
            raise DataError(
                f"{_at(frame, position, where)}: {len(tokens)} tokens but {len(tags)} tags. Correct or remove the row."
            )
        for place, (token, tag) in enumerate(zip(tokens, tags)):
            if not isinstance(token, str) or not token.strip():
                raise DataError(
                    f"{_at(frame, position, where)}: empty token at position {place}. Correct or remove the row."
                )
            if tag not in declared:
                raise DataError(f"{_at(frame, position, where)}: {_bad_label('tag', tag, task)}")


def _check_retrieve(frame: pd.DataFrame, task: Task, where: str) -> None:
    _check_strings(frame, ("text", "translation"), where=where)
    counts = frame["language"].value_counts()
    if (counts < 2).any():
        raise DataError(
            f"{where}, language {counts.idxmin()!r}: {int(counts.min())} row, but retrieval needs at least 2 "
            f"candidates. Raise the limit of examples, or leave the language out of task {task.key!r}."
        )


_CHECKS = {
    "classify": _check_classify,
    "regress": _check_regress,
    "tag": _check_tag,
    "retrieve-neighbour": _check_retrieve,
}


def _bad_label(kind: str, value: object, task: Task) -> str:
    if _is_missing(value) or value == "" or value == -1:
        return (
            f"missing {kind} ({value!r}). Use a split with gold labels, "
            f"or declare the value as unlabelled in task {task.key!r}."
        )
    return unknown(f"{kind} of task {task.key!r}:", value, task.labels)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _plain(value: object) -> object:
    """Turn a cell into plain Python: lists for arrays, numbers for numpy scalars, None for missing."""
    if _is_list(value):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if _is_missing(value) else value
