"""Load one split of a data set from a mirror folder, the hub or a folder of one's own, with helpful errors.

The hub's files are fetched and read as a mirror's are. datasets is imported inside the functions that need it: it takes
a second.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.schema import FolderRows, HubRows, Task
from study_utils.data.class_numbers import number_alike
from study_utils.data.files import Layout, is_known, read_file
from study_utils.data.hub import fetch_split, quiet
from study_utils.data.mirror import CARD, Mirrors, MirrorSplit, file_digest, in_order, split_digest
from study_utils.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset


def load_split(rows: HubRows, config: str, name: str, split: MirrorSplit | None) -> tuple[Dataset, str]:
    """Load one split, and say where it is.

    Parameters
    ----------
    rows : HubRows
        The data set.
    config, name : str
        Config and split, as the hub names them.
    split : MirrorSplit or None
        The files in a mirror; None loads from the hub.

    Returns
    -------
    dataset : datasets.Dataset
        The split.
    where : str
        File or hub id, config and split, for later messages.

    Raises
    ------
    NotThereError
        If the hub can't be reached or doesn't have the split.
    DataError
        If a file can't be read, or the number of rows isn't the one that the card states.
    """
    where = "" if split else f"hub data set {rows.hub_id!r} at {rows.revision}, config {config!r}, split {name!r}"
    split = split or fetch_split(rows, config, name)
    split_digest(split)  # an empty or cut-off file is named before datasets meets it
    try:
        dataset = _read(split, Layout(rows.separator, rows.quoting))
    except DataError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{split.where} can't be read: {type(error).__name__}: {_first_line(error.__cause__ or error)}. "
            f"Fetch {rows.hub_id!r} again into {split.folder}."
        ) from error
    if split.rows is not None and split.rows != len(dataset):
        raise DataError(
            f"{split.where}: {len(dataset)} rows, but the card {split.folder / CARD} says {split.rows}. "
            "Fetch the data set again, or correct num_examples in the card if the copy is smaller on purpose."
        )
    return dataset, where or split.where


def _read(split: MirrorSplit, layout: Layout) -> Dataset:
    """Read the files of a split, one after the other, in the order of their names.

    Features are the card's; else those in the files. Where files number their classes in different ways, each one's
    numbers are read by its own names, whatever the card says.
    """
    import pyarrow as pa
    from datasets import Dataset, DatasetInfo, Features
    from datasets.table import InMemoryTable, table_cast

    if not all(is_known(path) for path in split.files):
        return _read_other(split)
    own = [read_file(path, layout) for path in split.files]
    parts = number_alike(own)
    if split.features and all(part is other for part, other in zip(parts, own)):
        features = Features._from_yaml_list(json.loads(split.features))
        tables = [table_cast(part.data.table, features.arrow_schema) for part in parts]
    else:
        features = parts[0].features
        tables = [part.data.table for part in parts]
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        names = ", ".join(path.name for path in split.files)
        raise DataError(f"{split.where}: {names} hold columns of different kinds ({_first_line(error)}).") from None
    if len(parts) > 1 and table.schema.names != list(features):
        features = Features.from_arrow_schema(table.schema.remove_metadata())
    return Dataset(InMemoryTable(table_cast(table, features.arrow_schema)), info=DatasetInfo(features=features))


def _read_other(split: MirrorSplit) -> Dataset:
    """Read files of other kinds that `datasets` knows (archives, Arrow files)."""
    from datasets import VerificationMode, load_dataset

    # in memory, by way of a folder of its own: a kept copy could be older than the mirror's file
    with quiet(), tempfile.TemporaryDirectory(prefix="rows-") as folder:
        return load_dataset(
            str(split.folder.resolve()),
            split.config,
            split=split.split,
            cache_dir=folder,
            keep_in_memory=True,
            verification_mode=VerificationMode.NO_CHECKS,
        )


def read_folder(rows: FolderRows, language: str) -> tuple[Dataset, str]:
    """Read the file of a user's own rows in a language, and say where it is.

    Raises
    ------
    DataError
        If the file is empty, can't be read, or is of a kind that isn't known.
    """
    path = Path(rows.folder) / rows.files[language]
    file_digest(path)  # an empty or cut-off file is named before it is read
    try:
        return read_file(path, Layout(rows.separator, rows.quoting)), str(path)
    except (ValueError, OSError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} can't be read: {type(error).__name__}: {_first_line(error.__cause__ or error)}. Correct the file."
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no detail"])[0]


def not_found(
    task: Task,
    role: str,
    rows: HubRows,
    configs: Sequence[str],
    reasons: Sequence[str],
    *,
    mirror: Mirrors,
) -> str:
    """Compose the message for rows that no source has."""
    folder = next(iter(in_order(mirror)), Path("MIRROR")) / rows.hub_id
    names = ", ".join(map(repr, configs[:5])) + (f" and {len(configs) - 5} more" if len(configs) > 5 else "")
    advice = (
        f"allow the hub on a machine with internet, or fetch a copy: hf download {rows.hub_id} "
        f"--repo-type dataset --revision {rows.revision} --local-dir {folder}"
    )
    if rows.not_on_hub:
        advice = f"{rows.not_on_hub}. Its folder is {folder}"
    return (
        f"{role} rows of task {task.key!r} not found: data set {rows.hub_id!r}, "
        f"config {names}, split {rows.split!r}. Looked in {'; '.join(reason.rstrip('.') for reason in reasons)}. "
        f"To get it, {advice}" + ("" if mirror else " (and name the folder MIRROR as mirror)")
    )
