"""Count the words and the labels of rows by language."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

_TEXTS = ("text", "text_pair", "question", "context")


def words_of(text: str) -> list[str]:
    """Split a text at blanks, punctuation and symbols; lower case.

    Scripts without blanks between words (Chinese, Japanese, Thai) give whole runs of characters.
    """
    blanks = {ord(c): " " for c in set(text) if unicodedata.category(c)[0] in "PS"}
    return text.translate(blanks).casefold().split()


def count_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the words of all texts of rows of any format, of a translation pair the text in the row's language.

    Returns
    -------
    pandas.DataFrame
        One row a language and word: `language`, `type`, `count`.
    """
    if "tokens" in rows:
        texts = (" ".join(tokens) for tokens in rows["tokens"])
    else:
        names = [name for name in _TEXTS if name in rows]
        texts = (" ".join(filter(None, parts)) for parts in zip(*(rows[name] for name in names), strict=True))
    if "choices" in rows:
        texts = (" ".join([text, *choices]) for text, choices in zip(texts, rows["choices"], strict=True))
    return count_types(rows["language"], [words_of(text) for text in texts])


def count_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the labels of classify rows or the tags of tag rows; other formats have none. Columns as `count_words`."""
    if "tags" in rows:
        return count_types(rows["language"], rows["tags"])
    if "label" in rows and not pd.api.types.is_numeric_dtype(rows["label"]):
        return count_types(rows["language"], ([label] for label in rows["label"]))
    return count_types((), ())


def count_types(languages: Iterable[str], found: Iterable[Sequence[str]]) -> pd.DataFrame:
    """Count what occurs in each row, by the row's language. Columns as `count_words`; in alphabetical order."""
    counts: dict[str, Counter[str]] = {}
    for language, types in zip(languages, found, strict=True):
        counts.setdefault(language, Counter()).update(types)
    table = [(language, kind, n) for language, counter in counts.items() for kind, n in sorted(counter.items())]
    frame = pd.DataFrame(table, columns=["language", "type", "count"])
    return frame.astype({"language": str, "type": str, "count": "int64"})
