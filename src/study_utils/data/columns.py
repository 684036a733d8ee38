"""Turn one loaded hub split into a frame of rows: columns, label names, ids, unlabelled rows dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from study_utils.catalog.schema import HubRows, Task
from study_utils.data.rows import COLUMNS
from study_utils.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset


def rows_of(dataset: Dataset, task: Task, rows: HubRows, *, language: str, where: str) -> tuple[pd.DataFrame, int]:
    """Make the frame of rows of one language.

    Parameters
    ----------
    dataset : datasets.Dataset
        The split as loaded.
    task : Task
        Format and labels.
    rows : HubRows
        Which column holds which field, and which values mean "no gold label".
    language : str
        Code for the column `language`.
    where : str
        File or source, for messages.

    Returns
    -------
    rows : pandas.DataFrame
        Columns `COLUMNS` of the format; the index is the row number in the source. Unchecked.
    dropped : int
        Number of rows without a gold label (for tag: sentences with a tag that means none), left out.

    Raises
    ------
    DataError
        If declared columns are missing, or labels are numbers without names.
    """
    if missing := [
        f"{column} (for {field})" for field, column in rows.columns.items() if column not in dataset.features
    ]:
        raise DataError(
            f"{where}: columns {', '.join(missing)} are missing; there are {', '.join(dataset.features)}. "
            f"Correct the columns of task {task.key!r}, or fetch the data set at revision {rows.revision}."
        )
    table = dataset.with_format("arrow")[:]
    columns = {field: table.column(column).to_pylist() for field, column in rows.columns.items()}
    count = len(dataset)
    fields: dict[str, list] = {"id": [str(n) for n in range(count)], "language": [language] * count}
    if "id" in columns:
        fields["id"] = [str(value) for value in columns["id"]]
    keep = [True] * count
    for field in COLUMNS[task.shape][2:]:
        if field == "label":
            keep = [value not in rows.unlabelled for value in columns[field]]
            names = _names(dataset.features[rows.columns[field]], task, where=where)
            fields[field] = [_label(value, task, names) for value in columns[field]]
            keep = [ok and label not in rows.unlabelled for ok, label in zip(keep, fields[field])]
        elif field == "tags":
            names = _names(dataset.features[rows.columns[field]], task, where=where)
            tags = [[_label(tag, task, names) for tag in _sequence(value)] for value in columns[field]]
            raw = [_sequence(value) for value in columns[field]]
            keep = [set(rows.unlabelled).isdisjoint([*a, *b]) for a, b in zip(tags, raw)]
            fields[field] = tags
        elif field == "tokens":
            fields[field] = [_sequence(value) for value in columns[field]]
        elif field in columns:
            fields[field] = [value.strip() if isinstance(value, str) else value for value in columns[field]]
        else:
            fields[field] = [""] * count
    frame = pd.DataFrame({name: fields[name] for name in COLUMNS[task.shape]})
    return frame.loc[keep], count - sum(keep)


def _names(feature: object, task: Task, *, where: str) -> Sequence[str] | None:
    """Names behind a column's numbers; None for a column of text or of values."""
    feature = getattr(feature, "feature", feature)
    if isinstance(feature, list):
        feature = feature[0]
    names = getattr(feature, "names", None)
    if names is None and task.labels and getattr(feature, "dtype", "") not in ("string", "large_string", "null"):
        kind = getattr(feature, "dtype", type(feature).__name__)
        raise DataError(
            f"{where}: labels are of type {kind!r} without names, so it isn't known which is which. "
            f"Use a copy whose card names the classes, or a column of names for task {task.key!r}."
        )
    return names


def _label(value: object, task: Task, names: Sequence[str] | None) -> object:
    """Name of a label; a number outside the names stays a number, for the check to refuse."""
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    if task.format == "regress" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _sequence(value: object) -> list:
    return list(value) if value is not None else []
