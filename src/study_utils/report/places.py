"""Folders of the machine that made a report are no part of it."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

TEXTS = (".ipynb", ".csv")
"""Endings of the files that a notebook leaves in a report and that hold text; pages are made from these."""

_PICTURE = re.compile(r'("image/png": "[^"]*")')
_BEFORE = r"(?:(?<![\w.~…/])|(?<=\\[nrt]))"
"""What a path begins behind: no part of a longer one, but a line break as notebooks write it."""


def machine_places(root: Path, folders: Mapping[str, str]) -> dict[str, str]:
    """List folders of this machine and what a report says instead of them, inner folders first.

    Parameters
    ----------
    root : pathlib.Path
        The project folder; what lies in it is told from there.
    folders : mapping of str to str
        Further folders, such as that of the store, to what is said instead.
    """
    found = {tempfile.gettempdir(): "…", str(Path.home()): "~", sys.prefix: "…", str(root): "."}
    found |= {str(root / Path(folder).expanduser()): told for folder, told in folders.items() if folder}
    found |= {str(Path(place).resolve()): told for place, told in found.items()}
    whole = {place: told for place, told in found.items() if len(Path(place).parts) > 1}
    return dict(sorted(whole.items(), key=lambda item: -len(item[0])))


def without_places(text: str, places: Mapping[str, str]) -> str:
    """Replace folders of a machine in a text; pictures in a notebook's text stay as they are."""
    parts = _PICTURE.split(text)  # every second one is a picture
    for place, told in places.items():
        pattern = re.compile(rf"{_BEFORE}{re.escape(place)}(?![\w-])")
        parts[::2] = [pattern.sub(lambda _, told=told: told, part) for part in parts[::2]]
    return "".join(parts)


def hide_places(paths: Iterable[Path], places: Mapping[str, str]) -> None:
    """Replace folders of this machine in those files of a report that hold text."""
    for path in paths:
        if path.suffix in TEXTS:
            text = path.read_bytes().decode("utf-8")
            if (hidden := without_places(text, places)) != text:
                path.write_bytes(hidden.encode("utf-8"))
