"""Typing errors: a letter becomes one beside it on the keyboard."""

from __future__ import annotations

from study_utils.catalog.keyboards import keyboard
from study_utils.perturb.words import letters


def options(word: str, language: str) -> list[str]:
    """All forms of a word with one typing error after its first letter.

    Words of fewer than three letters have none.
    """
    spans = letters(word)
    if len(spans) < 3:
        return []
    near = keyboard(language)
    places = range(spans[1][0], spans[-1][1])
    return [word[:place] + other + word[place + 1 :] for place in places for other in near.get(word[place], "")]
