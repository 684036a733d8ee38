"""Word order: neighbouring words change places."""

from __future__ import annotations

from collections.abc import Sequence

from study_utils.perturb.letters import Changed, allowed
from study_utils.perturb.words import bare, chunks, randomness


def shuffle_words(texts: Sequence[str], severity: float, *, language: str, example: str) -> Changed:
    """Exchange pairs of neighbouring words of the texts of one example; both words of a pair count as changed.

    A pair is never parted by punctuation, a number or anything else but a space, and no word is in two pairs.
    Parameters as in `study_utils.perturb.letters.change_words`.
    """
    rng = randomness("shuffles", language, example)
    spans = [chunks(text) for text in texts]
    words = sum(map(len, spans))
    pairs = [
        (place, first, second)
        for place, (text, found) in enumerate(zip(texts, spans))
        for first, second in zip(found, found[1:])
        if _can_swap(text, first, second)
    ]
    asked = allowed(severity, words) // 2
    chosen: list[tuple[int, tuple[int, int], tuple[int, int]]] = []
    taken: set[tuple[int, tuple[int, int]]] = set()
    for number in rng.permutation(len(pairs)):
        if len(chosen) == asked:
            break
        place, first, second = pairs[number]
        if taken.isdisjoint({(place, first), (place, second)}):
            taken |= {(place, first), (place, second)}
            chosen.append(pairs[number])
    changed = list(texts)
    for place, (begin, middle), (start, end) in chosen:  # lengths stay, so that places do too
        text = changed[place]
        changed[place] = text[:begin] + text[start:end] + text[middle:start] + text[begin:middle] + text[end:]
    return Changed(texts=changed, words=words, asked=2 * asked, changed=2 * len(chosen))


def _can_swap(text: str, first: tuple[int, int], second: tuple[int, int]) -> bool:
    one, two = text[slice(*first)], text[slice(*second)]
    whole = len(bare(one)) >= len(one.casefold()) and len(bare(two)) >= len(two.casefold())
    return whole and bare(one) != bare(two) and text[first[1] : second[0]].isspace()
