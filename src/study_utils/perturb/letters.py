"""Kinds that change words one by one, and what keeps the meaning: no word becomes another one of the test rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor

from study_utils.perturb import diacritics, drops, homoglyphs, swaps, typos
from study_utils.perturb.words import bare, chunks, randomness

OPTIONS: dict[str, Callable[[str, str], list[str]]] = {
    "typos": typos.options,
    "drops": drops.options,
    "swaps": swaps.options,
    "homoglyphs": homoglyphs.options,
    "diacritics": diacritics.options,
}
"""Kind to a function of word and language that gives all forms the word can take."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """Texts of one example after a change.

    Attributes
    ----------
    texts : list of str
        In the order given.
    words, asked, changed : int
        Words of the texts together; how many the severity allows to change; how many were.
    """

    texts: list[str]
    words: int
    asked: int
    changed: int


def allowed(severity: float, words: int) -> int:
    """Most words that may change: never more than the share."""
    return floor(severity * words + 1e-9)


def change_words(
    texts: Sequence[str], kind: str, severity: float, *, language: str, example: str, known: frozenset[str]
) -> Changed:
    """Change some words of the texts of one example.

    Words are tried in a random order until as many as allowed have changed, and their forms in a random order until
    one is no word of `known`.

    Parameters
    ----------
    texts : sequence of str
        Texts of the example.
    kind : str
        A key of `OPTIONS`.
    severity : float
        Share of the words, above 0 and up to 1.
    language, example : str
        Code and id: with the kind, they fix the random order.
    known : frozenset of str
        Words of the language's test rows (`study_utils.perturb.words.vocabulary`).
    """
    rng = randomness(kind, language, example)
    words = [(place, *span) for place, text in enumerate(texts) for span in chunks(text)]
    asked = allowed(severity, len(words))
    edits: dict[tuple[int, int, int], str] = {}
    for number in rng.permutation(len(words)):
        if len(edits) == asked:
            break
        place, begin, end = words[number]
        word = texts[place][begin:end]
        options = OPTIONS[kind](word, language)
        for choice in rng.permutation(len(options)):
            new = options[choice]
            if new != word and bare(new) and bare(new) not in known:
                edits[words[number]] = new
                break
    changed = list(texts)
    for (place, begin, end), new in sorted(edits.items(), reverse=True):
        changed[place] = changed[place][:begin] + new + changed[place][end:]
    return Changed(texts=changed, words=len(words), asked=asked, changed=len(edits))
