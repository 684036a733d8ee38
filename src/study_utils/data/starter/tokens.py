"""From pieces to text, tokens and BIO tags.

Tokens are what blanks separate. A token that holds a slot value together with an affix or a unit ("20%",
"Wohnzimmers") carries the slot's tag, as word-level annotation does elsewhere. Languages written without
blanks (`UNSPACED`) are cut into characters, with runs of Latin letters or digits kept whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from study_utils.data.starter.sampler import Piece

UNSPACED = ("ja", "zh")
"""Languages whose tokens are characters."""

_CHARACTER_TOKEN = re.compile(r"[0-9A-Za-zÀ-ɏ]+(?:[.,'-][0-9A-Za-zÀ-ɏ]+)*|\S")


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A sentence and where its slot values are.

    Attributes
    ----------
    text : str
        NFC, single blanks, none at the ends (in languages written without blanks: none at all).
    spans : tuple of (int, int, str)
        First character, one past the last, and slot name; in order, not overlapping.
    """

    text: str
    spans: tuple[tuple[int, int, str], ...]


def mark(pieces: Iterable[Piece], *, language: str) -> Marked:
    """Join pieces into a sentence, tidy its blanks, and keep track of the slot values."""
    characters: list[str] = []
    owners: list[int] = []
    slots: list[str] = []
    for piece in pieces:
        owner = -1
        if piece.slot:
            owner = len(slots)
            slots.append(piece.slot)
        text = unicodedata.normalize("NFC", piece.text)
        text = text.strip() if piece.slot else text
        for character in text:
            is_blank = character.isspace()
            if is_blank and (language in UNSPACED or not characters or characters[-1] == " "):
                continue
            characters.append(" " if is_blank else character)
            owners.append(owner)
    while characters and characters[-1] == " ":
        characters.pop()
        owners.pop()
    spans = []
    for owner, slot in enumerate(slots):
        places = [place for place, value in enumerate(owners) if value == owner]
        if places:
            spans.append((places[0], places[-1] + 1, slot))
    return Marked(text="".join(characters), spans=tuple(spans))


def tokenize(text: str, *, language: str) -> list[tuple[int, int]]:
    """Cut a sentence into tokens: where each begins and ends."""
    pattern = _CHARACTER_TOKEN if language in UNSPACED else re.compile(r"\S+")
    return [match.span() for match in pattern.finditer(text)]


def tag(sentence: Marked, *, language: str) -> tuple[list[str], list[str]] | None:
    """Tokens and BIO tags of a sentence.

    Returns
    -------
    tuple of list of str, or None
        Tokens and one tag each; None if two slot values share a token, which BIO cannot say.
    """
    tokens, tags = [], []
    begun: set[int] = set()
    for start, end in tokenize(sentence.text, language=language):
        inside = [n for n, (first, last, _) in enumerate(sentence.spans) if first < end and start < last]
        if len(inside) > 1:
            return None
        tokens.append(sentence.text[start:end])
        if not inside:
            tags.append("O")
            continue
        prefix = "I" if inside[0] in begun else "B"
        begun.add(inside[0])
        tags.append(f"{prefix}-{sentence.spans[inside[0]][2]}")
    return tokens, tags


def join_tokens(tokens: Iterable[str], *, language: str) -> str:
    """Put tokens together again: the inverse of cutting a sentence."""
    return ("" if language in UNSPACED else " ").join(tokens)
