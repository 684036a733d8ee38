"""Dropped letters."""

from __future__ import annotations

from study_utils.perturb.words import letters


def options(word: str, language: str) -> list[str]:
    """All forms of a word without one of its letters (and its marks), the first one never left out.

    Words of fewer than three letters have none.
    """
    spans = letters(word)
    return [word[:begin] + word[end:] for begin, end in spans[1:]] if len(spans) > 2 else []
