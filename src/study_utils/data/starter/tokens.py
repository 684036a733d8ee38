"""From pieces to text, tokens and BIO tags.

Tokens are what blanks separate. A token that holds a slot value together with an affix or a unit ("20%",
"Wohnzimmers") carries the slot's tag, as word-level annotation does elsewhere. Languages that put no blanks
between words are cut into characters (with their marks), with runs of Latin letters or digits kept whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from study_utils.data.starter.sampler import Piece

UNSPACED = ("ja", "zh")
"""Languages written without any blanks: those of the templates are dropped."""

CHARACTERS = ("ja", "th", "zh")
"""Languages whose tokens are characters."""

_CHARACTER_TOKEN = re.compile(r"[0-9A-Za-zÀ-ɏ]+(?:[.,'-][0-9A-Za-zÀ-ɏ]+)*|\S[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*")
_BLANKS = re.compile(r"\s+")
_WORD_TOKEN = re.compile(r"\S+")


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
    text = ""
    spans = []
    for piece in pieces:
        added = unicodedata.normalize("NFC", piece.text)
        if language in UNSPACED:
            added = "".join(added.split())
        elif piece.slot:
            added = " ".join(added.split())
        else:
            added = _BLANKS.sub(" ", added)
            if not text or text.endswith(" "):
                added = added.removeprefix(" ")
        if piece.slot and added:
            spans.append((len(text), len(text) + len(added), piece.slot))
        text += added
    return Marked(text=text.rstrip(" "), spans=tuple(spans))


def tokenize(text: str, *, language: str) -> list[tuple[int, int]]:
    """Cut a sentence into tokens: where each begins and ends."""
    pattern = _CHARACTER_TOKEN if language in CHARACTERS else _WORD_TOKEN
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
