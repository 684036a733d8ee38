"""A slow, plain XLM-R tokenizer to compare with: SentencePiece's published rules in pure Python.

It shares with the code under test only the list of pieces and scores. Normalisation is NFKC of single
characters from `unicodedata` with the exceptions that SentencePiece's ``nmt_nfkc`` lists; segmentation is a
Viterbi search over all splits. It does not compose sequences: feed it composed text.
"""

from __future__ import annotations

import unicodedata

_DELETED = {*range(0x1, 0x9), 0xB, *range(0xE, 0x20), 0x7F, 0x8F, 0x9F}
_BLANK = {0x9, 0xA, 0xC, 0xD, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD}


def normalise(text: str) -> str:
    """Replace single characters as ``nmt_nfkc`` does."""
    done = []
    for character in text:
        point = ord(character)
        if point in _DELETED:
            continue
        if point in _BLANK:
            done.append(" ")
        else:
            done.append(character if character == "～" else unicodedata.normalize("NFKC", character))
    return "".join(done)


class Reference:
    """Viterbi over pieces.

    Parameters
    ----------
    pieces, scores : sequences
        The vocabulary.
    as_engine : bool
        Follow the packaged C engine where it departs from XLM-R: an outer blank stays as a piece, and every
        unknown character counts by itself.
    """

    def __init__(self, pieces: list[str], scores: list[float], *, as_engine: bool = False) -> None:
        self.scores = dict(zip(pieces, scores))
        self.ids = {piece: rank for rank, piece in enumerate(pieces)}
        self.longest = max(map(len, pieces))
        self.unknown = min(scores) - 10
        self.as_engine = as_engine

    def ids_of(self, text: str) -> list[int]:
        """Ids without those around the text."""
        text = normalise(text)
        if not self.as_engine:
            return [item for word in text.split() for item in self._cut("▁" + word)]
        while "  " in text:
            text = text.replace("  ", " ")
        return self._cut((text if text.startswith(" ") else " " + text).replace(" ", "▁"))

    def _cut(self, text: str) -> list[int]:
        best = [(0.0, 0)] + [(float("-inf"), 0)] * len(text)
        for start in range(len(text)):
            score = best[start][0]
            for stop in range(start + 1, min(start + self.longest, len(text)) + 1):
                gain = self.scores.get(text[start:stop])
                if gain is None:
                    gain = self.unknown if stop == start + 1 else float("-inf")
                if score + gain > best[stop][0]:
                    best[stop] = (score + gain, start)
        found, stop = [], len(text)
        while stop:
            start = best[stop][1]
            found.append(self.ids.get(text[start:stop], 3))
            stop = start
        found.reverse()
        if self.as_engine:
            return found
        return [item for rank, item in enumerate(found) if item != 3 or rank == 0 or found[rank - 1] != 3]
