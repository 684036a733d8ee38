"""Fetch the files of one split from the hub into the hub client's cache, where they are read as a mirror's are.

datasets and the hub's client are imported inside the functions that need them: they take a second.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from study_utils.catalog.schema import HubRows
from study_utils.data.mirror import CARD, MirrorSplit, NotThereError, has_configs, split_in, split_patterns
from study_utils.errors import DataError, unknown

_PATIENCE = 10.0
"""Seconds to wait for the first answer of the hub."""


def fetch_split(rows: HubRows, config: str, split: str) -> MirrorSplit:
    """Fetch the files of one split at the declared revision, or find those that were fetched before.

    Raises
    ------
    NotThereError
        If the hub can't be reached or doesn't have the split.
    """
    from huggingface_hub.utils import httpx

    if is_kept(rows, config, split):
        return _found(_folder(rows), config, split, _kept(rows, config, split))
    # what the hub's client and the files themselves can raise; there is no common base
    try:
        folder = fetch(rows.hub_id, rows.revision, (CARD,))
        names = split_patterns(folder, config, split) if has_configs(folder) else _names(rows, config, split)
        folder = fetch(rows.hub_id, rows.revision, (CARD, *names))
        found = _found(folder, config, split, names)
    except (OSError, ValueError, RuntimeError, httpx.HTTPError, DataError, NotThereError) as error:
        kind = "" if isinstance(error, NotThereError) else f"{type(error).__name__}: "
        raise NotThereError(f"hub: {kind}{(str(error).strip().splitlines() or ['no detail'])[0]}") from error
    mark = _mark(rows, config, split)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps([str(path.relative_to(folder)) for path in found.files]), encoding="utf-8")
    return found


def fetch(hub_id: str, revision: str, patterns: tuple[str, ...]) -> Path:
    """Fetch the files of a data set whose names fit; the folder of the hub client's cache that they are in."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.utils import get_session

    # one quick request: the client itself tries an unreachable hub again and again
    get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
    with quiet():
        return Path(
            snapshot_download(hub_id, repo_type="dataset", revision=revision, allow_patterns=[*patterns], max_workers=2)
        )


def is_kept(rows: HubRows, config: str, split: str) -> bool:
    """Whether all files of the split have been fetched before and are there."""
    folder, names = _folder(rows), _kept(rows, config, split)
    return folder is not None and bool(names) and all((folder / name).is_file() for name in names)


def check_reachable(rows: HubRows, config: str, split: str) -> None:
    """Refuse the hub when it can't have the rows, or is switched off and they haven't been fetched before."""
    from huggingface_hub import constants

    if rows.not_on_hub:
        raise NotThereError("hub: it doesn't have them")
    if constants.HF_HUB_OFFLINE and not is_kept(rows, config, split):
        raise NotThereError(
            f"hub: switched off (HF_HUB_OFFLINE), and config {config!r} at revision {rows.revision} "
            f"has not been loaded before ({constants.HF_HUB_CACHE})"
        )


def _found(folder: Path, config: str, split: str, names: Sequence[str]) -> MirrorSplit:
    """Files of a split that are there: as the card has it, else those of these names."""
    if has_configs(folder):
        return split_in(folder, config, split)
    files = tuple(folder / name for name in sorted(names))
    return MirrorSplit(folder=folder, config=config, split=split, files=files, rows=None, features="")


def _names(rows: HubRows, config: str, split: str) -> list[str]:
    """Names of a split's files where the card has no configs: by the hub's rules for names of files and folders."""
    from datasets import load_dataset_builder

    with quiet():
        files = load_dataset_builder(rows.hub_id, config, revision=rows.revision).config.data_files or {}
    found = {str(name): urls for name, urls in files.items()}
    if split not in found:
        raise NotThereError(unknown("split", split, found, where=f"config {config!r}"))
    return [str(url).split("@", 1)[1].split("/", 1)[1] for url in found[split]]


def _kept(rows: HubRows, config: str, split: str) -> list[str]:
    """Names of the files of a split that was fetched before; empty if it wasn't."""
    mark = _mark(rows, config, split)
    return json.loads(mark.read_text(encoding="utf-8")) if mark.is_file() else []


def _folder(rows: HubRows) -> Path | None:
    """Folder of the hub client's cache with the data set at its revision; None if there is none."""
    from huggingface_hub import try_to_load_from_cache

    card = try_to_load_from_cache(rows.hub_id, CARD, revision=rows.revision, repo_type="dataset")
    return Path(card).parent if isinstance(card, str) else None


def _mark(rows: HubRows, config: str, split: str) -> Path:
    """File that names the files of a split once all have been fetched: the client keeps what it was interrupted in."""
    from huggingface_hub import constants

    place = Path(constants.HF_HOME) / "study_utils" / rows.hub_id.replace("/", "--") / rows.revision.replace("/", "--")
    return place / f"{config}--{split}.json"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
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
