"""What a frame of rows looks like in each format, the checks on it, its fingerprint, and parquet in and out.

A row carries names, never numbers: label names, tag names, language codes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from study_utils.catalog.formats import SHAPES
from study_utils.catalog.schema import Task
from study_utils.data import row_checks
from study_utils.data.row_checks import at, check_strings, is_list, is_missing
from study_utils.errors import DataError


def check_rows(frame: pd.DataFrame, task: Task, *, where: str) -> None:
    """Refuse rows that a model can't be trained on or scored with.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of one task and role with the columns of its shape (`study_utils.catalog.formats`). Its index is the row
        number that messages give, so that it can be the number in a source file. Where rows of several files are
        checked together, a column `file` says which one each is from.
    task : Task
        Declares the shape, the labels, the value range and whether a question may have no answer.
    where : str
        File or source, for the message.

    Raises
    ------
    DataError
        If columns are missing, there are no rows, ids repeat within a language, or a row breaks a rule of its
        shape (`study_utils.data.row_checks`). The message names the source, language, row number and id.
    """
    wanted = SHAPES[task.shape].all_columns
    if missing := [name for name in wanted if name not in frame.columns]:
        raise DataError(
            f"{where}: rows of format {task.format} lack the columns {missing}; "
            f"there are {list(map(str, frame.columns))}. "
            f"Rename the columns, or correct the declaration of task {task.key!r}."
        )
    if frame.empty:
        raise DataError(f"{where}: no rows. Use a split that has rows, or leave the language out.")
    check_strings(frame, ("id", "language"), where=where)
    repeated = frame.duplicated(["language", "id"]).to_numpy()
    if repeated.any():
        raise DataError(
            f"{at(frame, repeated, where)}: the id occurs more than once in its language. "
            "Name a column with unique ids in the declaration, or none (ids are row numbers then)."
        )
    getattr(row_checks, SHAPES[task.shape].check)(frame, task, where)


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


def _plain(value: object) -> object:
    """Turn a cell into plain Python: lists for arrays, numbers for numpy scalars, None for missing."""
    if is_list(value):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if is_missing(value) else value
