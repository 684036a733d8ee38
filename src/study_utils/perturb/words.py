"""Words and letters of a text, as every kind of perturbation counts them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

_CHUNK = re.compile(r"\S+")
_JOINERS = "\u200c\u200d"


def chunks(text: str) -> list[tuple[int, int]]:
    """Begin and end of everything between spaces that has a letter and no digit: what counts as a word."""
    return [match.span() for match in _CHUNK.finditer(text) if _is_word(match.group())]


@lru_cache(maxsize=2**16)
def _is_word(chunk: str) -> bool:
    return any(c.isalpha() for c in chunk) and not any(c.isnumeric() for c in chunk)


@lru_cache(maxsize=2**16)
def bare(chunk: str) -> str:
    """Word as it is looked up in a vocabulary: in lower case, composed, without punctuation around it."""
    inner = [place for place, c in enumerate(chunk) if _kind(c) in "LMN"]
    core = chunk[inner[0] : inner[-1] + 1] if inner else ""
    return unicodedata.normalize("NFC", core.casefold())


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """All words of some texts."""
    return frozenset(bare(chunk) for text in texts for chunk in text.split())


def letters(chunk: str) -> list[tuple[int, int]]:
    """Begin and end of every letter with the marks that belong to it."""
    found: list[tuple[int, int]] = []
    for place, character in enumerate(chunk):
        kind = _kind(character)
        if kind == "L":
            found.append((place, place + 1))
        elif found and found[-1][1] == place and (kind == "M" or character in _JOINERS):
            found[-1] = (found[-1][0], place + 1)
    return found


def randomness(*names: str) -> np.random.Generator:
    """Source of randomness of one named thing, the same on every machine."""
    digest = hashlib.sha256("\n".join(names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def _kind(character: str) -> str:
    return unicodedata.category(character)[0]
