"""Folders of files with their hashes beside them, so that one flipped bit is found before they are used."""

from __future__ import annotations

import json
from pathlib import Path

from study_utils.encoders.identity import file_sha256

SEAL = "sha256.json"
"""File name to SHA-256, in the folder itself."""


def seal(folder: Path) -> None:
    """Write down the hashes of all files in a folder."""
    digests = {
        path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.is_file() and path.name != SEAL
    }
    (folder / SEAL).write_text(json.dumps(digests, indent=1), encoding="utf-8")


def is_sealed(folder: Path) -> bool:
    """Whether hashes lie beside the files."""
    return (folder / SEAL).is_file()


def broken(folder: Path) -> list[str]:
    """Names of the files that are missing or aren't what was written; the seal's own where it can't be read.

    Every file is read and hashed, once a process.
    """
    try:
        digests = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        wrong = [name for name, digest in digests.items() if not _is(folder / name, digest)]
    except (OSError, ValueError, AttributeError):
        return [SEAL]
    return wrong


def _is(path: Path, digest: object) -> bool:
    return path.is_file() and file_sha256(path) == digest
