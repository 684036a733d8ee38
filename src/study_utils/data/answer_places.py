"""Where answers stand in their passages: starts counted in other units, shifted starts, invisible edges."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np

from study_utils.data.row_checks import is_count, is_list

NEAR = 20
"""Characters that an answer may lie beside its stated start, as in copies whose passages were stripped."""


def place_answers(columns: dict[str, list]) -> np.ndarray:
    """Correct starts where the answer stands elsewhere, and leave invisible characters at the edges of answers out.

    An answer that doesn't stand at its start is looked for where the start points if it counts UTF-16 units, then at
    most `NEAR` characters beside it, the nearest place first, then where it points if it counts bytes of UTF-8. Format
    characters (a zero-width space, a mark of direction) and blanks at the edges belong to no answer: tokenizers drop
    them, and a perfect span would not be the answer. What is no passage, answer or start is left for the check
    to refuse.

    Parameters
    ----------
    columns : dict of str to list
        `text`, `answers` and `starts`; the lists in the latter two are changed.

    Returns
    -------
    numpy.ndarray of bool, shape (rows,)
        Which rows have an answer that was moved.
    """
    moved = np.zeros(len(columns["text"]), dtype=bool)
    for row, (text, answers, starts) in enumerate(zip(columns["text"], columns["answers"], columns["starts"])):
        if not (isinstance(text, str) and is_list(answers) and is_list(starts)):
            continue
        for place, (answer, start) in enumerate(zip(answers, starts)):
            if not (isinstance(answer, str) and is_count(start)):
                continue
            if text[start : start + len(answer)] != answer:
                found = next(_places(text, answer, start), None)
                if found is None:
                    continue
                start, moved[row] = found, True
            before, shown = _edges(answer)
            answers[place], starts[place] = shown, start + before
    return moved


def _places(text: str, answer: str, start: int) -> Iterator[int]:
    """Places of an answer, the likeliest first."""
    yield from _in_units(text, answer, start, "utf-16-le", 2)
    low = max(0, start - NEAR)
    window = text[low : start + NEAR + len(answer)]
    found = [low + n for n in range(len(window)) if window.startswith(answer, n)]
    yield from sorted(found, key=lambda n: abs(n - start))
    yield from _in_units(text, answer, start, "utf-8", 1)


def _in_units(text: str, answer: str, start: int, encoding: str, size: int) -> Iterator[int]:
    """The place where an answer stands if its start counts units of an encoding."""
    place = len(text.encode(encoding)[: start * size].decode(encoding, errors="ignore"))
    if text[place : place + len(answer)] == answer:
        yield place


def _edges(answer: str) -> tuple[int, str]:
    """Characters before the first visible one, and the answer from there to the last; as it is if none is visible."""
    seen = [n for n, char in enumerate(answer) if not (char.isspace() or unicodedata.category(char) == "Cf")]
    return (seen[0], answer[seen[0] : seen[-1] + 1]) if seen else (0, answer)
