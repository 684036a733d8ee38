"""Swapped letters."""

from __future__ import annotations

from study_utils.perturb.words import letters


def options(word: str, language: str) -> list[str]:
    """All forms of a word with two neighbouring letters (and their marks) exchanged, the first one never moved.

    Words of fewer than three letters have none.
    """
    spans = letters(word)
    found = []
    for (begin, middle), (start, end) in zip(spans[1:], spans[2:]):
        if middle == start and word[begin:middle] != word[start:end]:
            found.append(word[:begin] + word[start:end] + word[begin:middle] + word[end:])
    return found
