"""Missing diacritics."""

from __future__ import annotations

import unicodedata

_WHOLE = str.maketrans("łŁđĐøØıɗƴ", "lLdDoOidy")
"""Marked letters that Unicode doesn't take apart."""


def options(word: str, language: str) -> list[str]:
    """The word without marks on its letters, if it has some."""
    whole = unicodedata.normalize("NFC", word)
    apart = unicodedata.normalize("NFD", word).translate(_WHOLE)
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return [plain] if plain != whole else []
