"""Find a data set's files in a mirror folder of hub layout and hash their content, without loading rows.

`<mirror>/<namespace>/<name>/README.md` is the dataset card; its `configs` block says which files hold which
split, as on the hub. Imports neither torch nor datasets.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from study_utils.data.rows import damaged
from study_utils.errors import DataError, unknown

CARD = "README.md"
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.")

# PyYAML's safe loader; its variant in C, where there is one, reads a card of 80 configs in 20 ms, not 200.
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


Mirrors = Path | Sequence[Path] | None
"""One mirror folder, or several in the order in which they are looked in; None: none."""


def in_order(mirrors: Mirrors) -> tuple[Path, ...]:
    """Mirror folders, one or several, as a tuple."""
    if mirrors is None:
        return ()
    return (mirrors,) if isinstance(mirrors, Path) else tuple(mirrors)


class NotThereError(Exception):
    """A source doesn't have some rows; its text says what is missing and where it was looked for."""


@dataclass(frozen=True, kw_only=True)
class MirrorSplit:
    """The files of one split in a mirror.

    Attributes
    ----------
    folder : pathlib.Path
        Folder of the data set.
    config, split : str
        As the hub names them.
    files : tuple of pathlib.Path
        In the order of their names.
    rows : int or None
        Number of rows that the card states; None where it states none.
    features : str
        The card's feature declaration of the config as JSON (it decides label names); empty if there is none.
    """

    folder: Path
    config: str
    split: str
    files: tuple[Path, ...]
    rows: int | None
    features: str

    @property
    def where(self) -> str:
        """File of the rows, for messages; with several files, the data set's folder, config and split."""
        if len(self.files) == 1:
            return str(self.files[0])
        return f"{self.folder}, config {self.config!r}, split {self.split!r}"


def find_split(mirror: Path | None, hub_id: str, config: str, split: str) -> MirrorSplit:
    """Find the files of one split.

    Raises
    ------
    NotThereError
        If there is no mirror, or it lacks the data set, config, split or files.
    DataError
        If the card can't be read or files of the split are missing from a numbered set.
    """
    if mirror is None:
        raise NotThereError("mirror: none is set")
    for folder in (mirror, mirror / hub_id):
        if not folder.is_dir():
            raise NotThereError(f"mirror: there is no folder {folder}")
    try:
        return split_in(folder, config, split)
    except NotThereError as error:
        raise NotThereError(f"mirror: {error}") from None


def split_in(folder: Path, config: str, split: str) -> MirrorSplit:
    """Find the files of one split in the folder of a data set; errors as of `find_split`."""
    patterns = split_patterns(folder, config, split)
    files = tuple(sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}))
    if not files:
        raise NotThereError(f"no file in {folder} matches {' or '.join(patterns)}")
    _check_shards(files)
    card = folder / CARD
    features, counts = _read_card(card, *_state(card))[1].get(config, ("", {}))
    return MirrorSplit(
        folder=folder,
        config=config,
        split=split,
        files=files,
        rows=counts.get(split),
        features=features,
    )


def has_configs(folder: Path) -> bool:
    """Whether a data set has a card that says which files hold which split."""
    card = folder / CARD
    return card.is_file() and bool(_read_card(card, *_state(card))[0])


def split_patterns(folder: Path, config: str, split: str) -> list[str]:
    """Patterns of the names of a split's files, as the data set's card has them; errors as of `find_split`."""
    card = folder / CARD
    if not card.is_file():
        raise NotThereError(f"{folder} has no dataset card {CARD}")
    configs, _ = _read_card(card, *_state(card))
    if config not in configs:
        raise NotThereError(unknown("config", config, configs, where=str(card)))
    if split not in configs[config]:
        raise NotThereError(unknown("split", split, configs[config], where=f"config {config!r} in {card}"))
    return configs[config][split]


def split_digest(split: MirrorSplit) -> str:
    """SHA-256 of a split's content: of the file's bytes; with several files, of the list of their digests.

    Raises
    ------
    DataError
        If a file is empty, or a parquet file is cut off.
    """
    digests = [file_digest(path) for path in split.files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises
    ------
    DataError
        If the file is missing or empty, or a parquet file is cut off.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing.")
    return _file_digest(path, *_state(path))


def _state(path: Path) -> tuple[int, int, int, int]:
    """Size, times and inode: a file with the same ones is the same as before in this process."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


@cache
def _file_digest(path: Path, size: int, *state: int) -> str:
    with path.open("rb") as file:
        if path.suffix == ".parquet":
            head = file.read(4)
            file.seek(-min(size, 4), 2)
            if size < 12 or head != b"PAR1" or file.read(4) != b"PAR1":
                raise DataError(damaged(path))
            file.seek(0)
        elif size == 0:
            raise DataError(damaged(path))
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _read_card(
    card: Path, *state: int
) -> tuple[dict[str, dict[str, list[str]]], dict[str, tuple[str, dict[str, int]]]]:
    """Read a dataset card: config to split to file patterns; config to (features, rows of each split)."""
    try:
        found = _FRONT_MATTER.match(card.read_text(encoding="utf-8"))
        content = _SafeLoader(found.group(1)).get_single_data() if found else {}
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{card} can't be read as a dataset card: {error}. Fetch it again.") from error
    if not isinstance(content, Mapping):
        raise DataError(f"{card} can't be read as a dataset card: its head is no mapping. Fetch it again.")
    configs = {}
    for entry in _items(content.get("configs")):
        name = str(entry.get("config_name", "default"))
        configs[name] = _patterns(entry.get("data_files"))
    infos = {}
    for entry in _items(content.get("dataset_info")):
        counts = {str(item.get("name")): item.get("num_examples") for item in _items(entry.get("splits"))}
        features = json.dumps(entry["features"], sort_keys=True, default=str) if "features" in entry else ""
        infos[str(entry.get("config_name", "default"))] = (features, counts)
    return configs, infos


def _items(value: object) -> list[Mapping]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, Mapping)]


def _patterns(data_files: object) -> dict[str, list[str]]:
    """Bring every form that a card's `data_files` may have into split to patterns."""
    if isinstance(data_files, list) and _items(data_files):
        return {str(item.get("split", "train")): _texts(item.get("path")) for item in _items(data_files)}
    return {"train": _texts(data_files)} if data_files else {}


def _texts(value: object) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item]


def _check_shards(files: tuple[Path, ...]) -> None:
    """Refuse a numbered set of files, such as `train-00000-of-00002.parquet`, that isn't complete."""
    numbers = [found.groups() for path in files if (found := _SHARD.search(path.name))]
    for total in {total for _, total in numbers}:
        there = {int(number) for number, of in numbers if of == total}
        if missing := sorted(set(range(int(total))) - there):
            raise DataError(
                f"{files[0].parent}: of {int(total)} files named like {files[0].name} number "
                f"{', '.join(map(str, missing))} is missing. Fetch the data set again."
            )
