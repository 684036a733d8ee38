"""Keyboards: which keys lie beside one another where a language is typed; one row a layout in `keyboards.csv`.

The rows are those of xkeyboard-config 2.35.1 (the layouts of Linux desktops; X11 licence), read with libxkbcommon:
`rows` are four rows of keys from the digits down, `shifted` the same keys with shift in scripts without capitals; a dot
is a key without a letter of the script. A layout's languages are those that xkeyboard-config lists for it; where it
lists none (South Africa, Indonesia for Javanese and Malay, Spain for Basque and Galician), those of the country.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

_STAGGER = (-0.5, 0.0, 0.25, 0.75)
"""How far each row is shifted to the right, in keys, on a standard keyboard."""
_REACH = 1.3
"""Largest distance between the middles of neighbouring keys, in keys: the six around a key, and none beyond."""


@cache
def keyboard(language: str) -> Mapping[str, str]:
    """Neighbours of every letter and mark on the keyboard of a language.

    Returns
    -------
    mapping of str to str
        Character to the characters one key away, in the order of the rows; letters have letters and marks have marks.
        Capitals have capitals. Empty if no layout is known for the language.
    """
    for row in _layouts():
        if language in row["languages"].split():
            return _neighbours([layer for name in ("rows", "shifted") if (layer := row[name])])
    return {}


@cache
def _layouts() -> list[dict[str, str]]:
    path = resources.files("study_utils.catalog") / "keyboards.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _neighbours(layers: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for layer in layers:
        keys = [
            (x + shift, y, key)
            for y, (row, shift) in enumerate(zip(layer.split("|"), _STAGGER))
            for x, key in enumerate(row.split(" "))
            if key not in ("", ".")
        ]
        for x, y, key in keys:
            near = [
                other
                for x2, y2, other in keys
                if other != key and (x - x2) ** 2 + (y - y2) ** 2 < _REACH**2 and _kind(other) == _kind(key)
            ]
            found.setdefault(key, "".join(near))
    for key, near in list(found.items()):
        if len(key.upper()) == 1:
            found.setdefault(key.upper(), "".join(other.upper() for other in near if len(other.upper()) == 1))
    return found


def _kind(character: str) -> str:
    return unicodedata.category(character)[0]
