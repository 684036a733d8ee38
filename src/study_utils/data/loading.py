"""Load one split of a hub data set with `datasets`, from a mirror folder or the hub, with helpful errors.

datasets is imported inside the functions that need it: it takes a second.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.schema import HubRows, Task
from study_utils.data.mirror import CARD, MirrorSplit, NotThereError, split_digest
from study_utils.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

_PATIENCE = 10.0
"""Seconds to wait for the first answer of the hub."""


def load_split(
    task: Task, role: str, rows: HubRows, language: str, split: MirrorSplit | None, *, mirror: Path | None
) -> tuple[Dataset, str]:
    """Load one split, and say where it is.

    Parameters
    ----------
    task, role, rows, language
        What is loaded, for messages too.
    split : MirrorSplit or None
        The files in a mirror; None loads from the hub.
    mirror : pathlib.Path or None
        Named in the advice on how to get what is missing.

    Returns
    -------
    dataset : datasets.Dataset
        The split.
    where : str
        File or hub id, config and split, for later messages.

    Raises
    ------
    DataError
        If the hub or a file can't be read, or the number of rows isn't the one that the card states.
    """
    import pyarrow.parquet as pq
    import yaml
    from datasets import VerificationMode, load_dataset
    from datasets.exceptions import DatasetsError
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session, httpx

    # what datasets, the hub client below it and the files themselves can raise; there is no common base
    failures = (DatasetsError, OSError, ValueError, RuntimeError, yaml.YAMLError, httpx.HTTPError)
    config = rows.configs[language]
    if split is None:
        where = f"hub data set {rows.hub_id!r} at {rows.revision}, config {config!r}, split {rows.split!r}"
        try:
            if not _is_kept(rows, config):
                # one quick request: datasets itself tries an unreachable hub again and again for half a minute
                get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
            with _quiet():
                dataset = load_dataset(
                    rows.hub_id,
                    config,
                    split=rows.split,
                    revision=rows.revision,
                    cache_dir=str(_hub_cache(rows)),
                )
        except failures as error:
            reason = f"hub: {type(error).__name__}: {_first_line(error)}"
            raise DataError(not_found(task, role, rows, [config], [reason], mirror=mirror)) from error
        return dataset, where
    split_digest(split)  # an empty or cut-off file is named before datasets meets it
    try:
        parquet = [path for path in split.files if path.suffix == ".parquet"]
        if len(parquet) == len(split.files) and not any(pq.read_metadata(path).num_rows for path in parquet):
            raise DataError(f"{split.where}, language {language!r}: no rows. Use a split that has rows.")
        # in memory, by way of a folder of its own: a kept copy could be older than the mirror's file
        with _quiet(), tempfile.TemporaryDirectory(prefix="rows-") as folder:
            dataset = load_dataset(
                str(split.folder.resolve()),
                config,
                split=rows.split,
                cache_dir=folder,
                keep_in_memory=True,
                verification_mode=VerificationMode.NO_CHECKS,
            )
    except failures as error:
        raise DataError(
            f"{split.where} can't be read: {type(error).__name__}: {_first_line(error.__cause__ or error)}. "
            f"Fetch {rows.hub_id!r} again into {split.folder}."
        ) from error
    if split.rows is not None and split.rows != len(dataset):
        raise DataError(
            f"{split.where}: {len(dataset)} rows, but the card {split.folder / CARD} says {split.rows}. "
            "Fetch the data set again, or correct num_examples in the card if the copy is smaller on purpose."
        )
    return dataset, split.where


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Switch the progress bars of datasets and of the hub client off for a while."""
    from datasets import config
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars as hub_bars_off

    # with the environment variable set, the user has decided, and switching would only warn
    ours = config.HF_DATASETS_DISABLE_PROGRESS_BARS is None and not are_progress_bars_disabled()
    if ours:
        disable_progress_bars()
    try:
        with hub_bars_off() if constants.HF_HUB_DISABLE_PROGRESS_BARS is None else contextlib.nullcontext():
            yield
    finally:
        if ours:
            enable_progress_bars()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no detail"])[0]


def _hub_cache(rows: HubRows) -> Path:
    """Folder of loaded hub data at one revision: the common cache could answer with another one offline."""
    from huggingface_hub import constants

    root = os.environ.get("HF_DATASETS_CACHE") or Path(constants.HF_HOME) / "datasets"
    return Path(root).expanduser() / "pinned" / rows.hub_id.replace("/", "--") / rows.revision.replace("/", "--")


def _is_kept(rows: HubRows, config: str) -> bool:
    """Whether the split has been loaded from the hub before."""
    return next(_hub_cache(rows).glob(f"*/{config}/*/*/*-{rows.split}*.arrow"), None) is not None


def check_reachable(rows: HubRows, config: str) -> None:
    """Refuse the hub when it is switched off and the config hasn't been loaded before."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE and not _is_kept(rows, config):
        raise NotThereError(
            f"hub: switched off (HF_HUB_OFFLINE), and config {config!r} at revision {rows.revision} "
            f"has not been loaded before ({_hub_cache(rows)})"
        )


def not_found(
    task: Task,
    role: str,
    rows: HubRows,
    configs: Sequence[str],
    reasons: Sequence[str],
    *,
    mirror: Path | None,
) -> str:
    """Compose the message for rows that no source has."""
    folder = (mirror or Path("MIRROR")) / rows.hub_id
    names = ", ".join(map(repr, configs[:5])) + (f" and {len(configs) - 5} more" if len(configs) > 5 else "")
    return (
        f"{role} rows of task {task.key!r} not found: data set {rows.hub_id!r}, "
        f"config {names}, split {rows.split!r}. Looked in {'; '.join(reasons)}. "
        f"To get it, allow the hub on a machine with internet, or fetch a copy: hf download {rows.hub_id} "
        f"--repo-type dataset --revision {rows.revision} --local-dir {folder}"
        + ("" if mirror else " (and name the folder MIRROR as mirror)")
    )
