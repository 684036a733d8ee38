"""Turn one loaded split into a frame of rows: columns, label names, ids, unlabelled rows dropped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from study_utils.catalog.formats import SHAPES
from study_utils.catalog.schema import HeldOut, TableRows, Task
from study_utils.data.answer_places import place_answers
from study_utils.data.row_checks import is_list, is_missing
from study_utils.errors import DataError, MissingRowsError, unknown

if TYPE_CHECKING:
    from datasets import Dataset


class Found(NamedTuple):
    """Rows of one language.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns of the task's shape; the index is the row number in the source. Unchecked.
    rows : int
        Rows of the language in the split, before any was left out.
    dropped : int
        Rows that were left out because they have no gold label (for tag: sentences with a tag that means none) or are
        declared to be faulty.
    moved : int
        Rows with an answer that didn't stand where its start says and was found near it.
    met : frozenset of str
        Of the `rules` that leave rows out, those that some row of the file or split meets.
    """

    frame: pd.DataFrame
    rows: int
    dropped: int
    moved: int = 0
    met: frozenset[str] = frozenset()


def rows_of(parts: Mapping[str, Dataset], task: Task, rows: TableRows, *, language: str, where: str) -> Found:
    """Make the rows of one language.

    Parameters
    ----------
    parts : mapping of str to datasets.Dataset
        Under "" the split as loaded; under other names what is beside it (`HubRows.beside`).
    task : Task
        Format and labels.
    rows : HubRows or FolderRows
        Which column holds which field, and which values mean "no gold label".
    language : str
        Code for the column `language`.
    where : str
        File or source, for messages.

    Raises
    ------
    DataError
        If declared columns are missing, labels are numbers without names, or a question has no declared words.
    """
    dataset = parts[""]
    check_columns(dataset, {**rows.columns, **_rule_columns(rows)}, task, where=where)
    count = len(dataset)
    columns: dict[str, list] = {}
    for name, column in rows.columns.items():
        if isinstance(column, str):
            columns[name] = read_column(dataset, column)
        else:
            columns[name] = [list(values) for values in zip(*(read_column(dataset, part) for part in column))]
    if "id" in columns:
        columns["id"] = ["" if is_missing(value) else str(value) for value in columns["id"]]
    else:
        columns["id"] = [str(n) for n in range(count)]
    columns["language"] = [language] * count

    chosen = _in_language(dataset, rows, language, where=where)
    found = int(chosen.sum())
    if rows.held_out is not None:
        chosen &= _in_part(dataset, rows.held_out)
    labelled = np.ones(count, dtype=bool)
    usable = ~np.isin(columns["id"], rows.without)
    for column, values in rows.leave_out.items():
        usable &= ~_holds(dataset, column, values)
    met = _met(dataset, rows, columns["id"])
    if "label" in columns:
        columns["label"], labelled = _labels(columns["label"], dataset, task, rows, where=where)
    if "tags" in columns:
        columns["tags"], labelled = _tags(columns["tags"], dataset, task, rows, where=where)
    if "question" in columns:
        columns["question"] = _questions(columns, parts.get("questions"), task, rows, where=where)
    if count and "text_pair" in columns and not any(map(stripped, columns["text_pair"])):
        raise DataError(
            f"{where}: {rows.columns['text_pair']} (for text_pair) is empty in every row. "
            f"Correct the columns of task {task.key!r}, or leave text_pair out where there is one text."
        )
    moved = place_answers(columns) if "answers" in columns else np.zeros(count, dtype=bool)

    frame = pd.DataFrame(
        {
            name: _MAKE.get(name, _plain)(columns[name]) if name in columns else ""
            for name in SHAPES[task.shape].all_columns
        },
        index=range(count),
    )
    if task.shape == "answer":
        frame["text"] = pd.Series(columns["text"])  # as it stands, so that the starts are right
    kept = labelled & usable
    dropped, moved_rows = int((chosen & ~kept).sum()), int((chosen & kept & moved).sum())
    return Found(frame.loc[chosen & kept], found, dropped, moved_rows, met)


def rules(rows: TableRows) -> dict[str, tuple[str | None, object]]:
    """Name what leaves rows out for a value that they hold, with its column (None: the id) and the value.

    Labels that aren't texts aren't among them: `unlabelled: [null, -1]` is written for data that may have either.
    """
    said: dict[str, tuple[str | None, object]] = {f"without: {value!r}": (None, value) for value in rows.without}
    for column, values in rows.leave_out.items():
        said |= {f"leave_out: {value!r} in column {column!r}": (column, value) for value in values}
    if column := rows.columns.get("tags", rows.columns.get("label")):
        texts = [value for value in rows.unlabelled if value and isinstance(value, str)]
        said |= {f"unlabelled: {value!r}": (column, value) for value in texts}
    return said


def check_columns(dataset: Dataset, columns: Mapping[str, str | tuple[str, ...]], task: Task, *, where: str) -> None:
    """Refuse a data set that lacks declared columns (field to column or columns).

    Raises
    ------
    DataError
        With the columns that are missing and those that there are.
    """
    missing = [
        f"{name} (for {field})"
        for field, names in columns.items()
        for name in ([names] if isinstance(names, str) else names)
        if feature_of(dataset, name) is None
    ]
    if missing:
        raise DataError(
            f"{where}: columns {', '.join(missing)} are missing; there are {', '.join(dataset.features)}. "
            f"Correct the columns of task {task.key!r}, or fetch the data set at the declared revision."
        )


def feature_of(dataset: Dataset, name: str) -> object:
    """Feature behind a column's name, nested ones dotted; None if there is none."""
    found: object = dataset.features
    for part in name.split("."):
        found = _element(found)
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def read_column(dataset: Dataset, name: str) -> list:
    """Read a column as Python values; a dotted name reaches into a structure, or into each one of a list."""
    first, *inner = name.split(".")
    values = dataset.select_columns([first]).with_format("arrow")[:].column(first).to_pylist()
    for part in inner:
        values = [[item[part] for item in v] if isinstance(v, list) else (v or {}).get(part) for v in values]
    return values


def _element(feature: object) -> object:
    """What a list feature holds; other features as they are."""
    feature = getattr(feature, "feature", feature)
    return feature[0] if isinstance(feature, list) else feature


# --- which rows ---


def _rule_columns(rows: TableRows) -> dict[str, str]:
    rules = {"language": rows.select and rows.select.column, "selection": rows.held_out and rows.held_out.by}
    left_out = {f"leave_out.{column}": column for column in rows.leave_out}
    return {rule: column for rule, column in rules.items() if column} | left_out


def _in_language(dataset: Dataset, rows: TableRows, language: str, *, where: str) -> np.ndarray:
    """Which rows are in the language; shape (rows,)."""
    if rows.select is None:
        return np.ones(len(dataset), dtype=bool)
    value = rows.select.by_language[language]
    values = list(map(str, read_column(dataset, rows.select.column)))
    kept = np.array([v.startswith(value) if rows.select.prefix else v == value for v in values], dtype=bool)
    if not kept.any():
        raise MissingRowsError(
            f"{where}: no row whose {rows.select.column} is {value!r}{'...' if rows.select.prefix else ''} "
            f"(language {language!r}); there are {', '.join(sorted(set(values))[:20])}. "
            "Leave the language out, or correct the declared rule."
        )
    return kept


def _holds(dataset: Dataset, column: str, wanted: Sequence[object]) -> np.ndarray:
    """Which rows hold one of these values, or a class of that name, in a column; shape (rows,)."""
    names, spelt = getattr(feature_of(dataset, column), "names", None), _spelt(wanted)
    values = read_column(dataset, column)
    if any(is_list(value) for value in values):
        raise DataError(f"leave_out: column {column!r} holds lists; name one that holds a value in each row")
    return np.array([value in spelt or _named(value, names) in spelt for value in values], dtype=bool)


def _met(dataset: Dataset, rows: TableRows, ids: Sequence[str]) -> frozenset[str]:
    """Which of the `rules` some row meets."""
    declared = rules(rows)
    held = {column: _held(dataset, column) if column else set(ids) for column, _ in declared.values()}
    return frozenset(rule for rule, (column, value) in declared.items() if _spelt([value]) & held[column])


def _held(dataset: Dataset, column: str) -> set[object]:
    """Values that a column, or the lists in it, hold, with the names of classes among them."""
    names = getattr(_element(feature_of(dataset, column)), "names", None)
    values = [one for value in read_column(dataset, column) for one in (value if is_list(value) else [value])]
    plain = {value for value in values if isinstance(value, str | int | float | None)}
    return plain | {_named(value, names) for value in plain}


def _in_part(dataset: Dataset, cut: HeldOut) -> np.ndarray:
    """Which rows are in the part of a split that is asked for; shape (rows,)."""
    keys = read_column(dataset, cut.by) if cut.by else [n // cut.block for n in range(len(dataset))]
    limit = int(cut.share * 2**64)
    held = np.array([int(hashlib.sha256(str(key).encode()).hexdigest()[:16], 16) < limit for key in keys], dtype=bool)
    return held if cut.held else ~held


# --- fields ---


def _plain(values: list) -> pd.Series:
    # beside a missing one, pandas would make whole numbers fractions, and the check blame the first of them
    return pd.Series([stripped(value) for value in values], dtype=object if None in values else None)


def _texts(values: list) -> pd.Series:
    return pd.Series(
        [[stripped(v) for v in value] if is_list(value) else value for value in _lists(values)], dtype=object
    )


def _lists(values: list) -> pd.Series:
    return pd.Series([[] if value is None else value for value in values], dtype=object)


def stripped(value: object) -> object:
    """Text without the blanks around it; anything else as it is, for the check to refuse."""
    return value.strip() if isinstance(value, str) else value


_WHOLE = re.compile(r"-?[0-9]+(\.0+)?")

_MAKE: dict[str, Callable[[list], pd.Series]] = {
    "choices": _texts,
    "tokens": _lists,
    "tags": _lists,
    "answers": _lists,
    "starts": _lists,
}


def _labels(values: list, dataset: Dataset, task: Task, rows: TableRows, *, where: str) -> tuple[list, np.ndarray]:
    """Labels of the task, and which rows have one; a list of labels counts if it holds exactly one."""
    names = _names(feature_of(dataset, rows.columns["label"]), task, rows, where=where)
    if values and isinstance(values[0], list):
        values = [value[0] if value and len(value) == 1 else None for value in values]
        labelled = np.array([value is not None for value in values], dtype=bool)
    else:
        labelled = np.ones(len(values), dtype=bool)
    labels = [_label(value, task, rows, names) for value in values]
    if rows.unlabelled:
        without = _spelt(rows.unlabelled)
        named = [_named(value, names) for value in values]
        labelled &= np.array([without.isdisjoint((a, b)) for a, b in zip(values, named)], dtype=bool)
    return labels, labelled


def _tags(values: list, dataset: Dataset, task: Task, rows: TableRows, *, where: str) -> tuple[list, np.ndarray]:
    """Tags of the task, and which sentences have a gold tag everywhere."""
    names = _names(feature_of(dataset, rows.columns["tags"]), task, rows, where=where)
    kinds = {tag for value in values for tag in value or ()}
    tag_of = {tag: _label(tag, task, rows, names) for tag in kinds}
    if rows.other:
        known = set(task.labels)
        tag_of = {tag: label if label in known else rows.other for tag, label in tag_of.items()}
    unlabelled = _spelt(rows.unlabelled)
    without = {tag for tag in kinds if tag in unlabelled or _named(tag, names) in unlabelled}
    tags = [[tag_of[tag] for tag in value or ()] for value in values]
    return tags, np.array([without.isdisjoint(value or ()) for value in values], dtype=bool)


def _spelt(values: Iterable[object]) -> set[object]:
    """Values, and numbers among them also as text files spell them."""
    return {*values, *(str(value) for value in values if isinstance(value, int))}


def _questions(
    columns: Mapping[str, list], beside: Dataset | None, task: Task, rows: TableRows, *, where: str
) -> list[str]:
    """Questions in words; where another config has the right ones (`beside`), those of the same id."""
    values = columns["question"]
    if beside is not None:
        names = [rows.columns["id"], rows.columns["question"]]
        check_columns(beside, dict(zip(("id", "question"), names)), task, where=f"{where}, questions beside it")
        right = dict(zip(map(str, read_column(beside, names[0])), read_column(beside, names[1])))
        if missing := [key for key in columns["id"] if key not in right]:
            raise DataError(
                f"{where}: the questions beside it lack the id {missing[0]!r}. Fetch the data set again, all configs."
            )
        values = [right[key] for key in columns["id"]]
    if not rows.questions:
        return values
    if bad := sorted({str(value) for value in values} - set(rows.questions)):
        raise DataError(f"{where}: {unknown('question', bad[0], rows.questions)}")
    return [rows.questions[value] for value in values]


# --- label names ---


def _names(feature: object, task: Task, rows: TableRows, *, where: str) -> Sequence[str] | None:
    """Names behind a column's numbers; None for a column of text, of values or of numbers that have labels."""
    feature = _element(feature)
    names = getattr(feature, "names", None)
    text = getattr(feature, "dtype", "") in ("string", "large_string", "null")
    if names is None and task.labels and not text and not rows.labels:
        kind = getattr(feature, "dtype", type(feature).__name__)
        raise DataError(
            f"{where}: labels are of type {kind!r} without names, so it isn't known which is which. "
            f"Use a copy whose card names the classes, or declare the labels of its numbers in task {task.key!r}."
        )
    return names


def _named(value: object, names: Sequence[str] | None) -> object:
    """Class name of a number; anything else as it is."""
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return value


def _label(value: object, task: Task, rows: TableRows, names: Sequence[str] | None) -> object:
    """Label of a value; a value without one stays as it is, for the check to refuse."""
    name = _named(value, names)
    if name in rows.labels:
        return rows.labels[name]
    if isinstance(name, str) and _WHOLE.fullmatch(name) and int(float(name)) in rows.labels:  # as text files spell them
        return rows.labels[int(float(name))]
    if task.format == "choose":
        return int(value) if isinstance(value, str) and value.isdecimal() else value
    if task.format == "regress" and isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            return value
    return name
