"""F1 of spans and of the legacy chunks of bare tags, micro over sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from study_utils.errors import DataError, unknown
from study_utils.metrics.basic import f1

_CHUNK_TYPE: Mapping[str, Callable[[str], str]] = {
    "0.0.12": lambda tag: tag.rpartition("-")[2],
    "1.2.2": lambda tag: tag[1:].split("-", maxsplit=1)[-1] or "_",
}
"""Version of seqeval: what it takes for the type of a tag. Its prefix is the first character in both."""


_GOES_ON = frozenset("IMEL")
_ENDS = frozenset("ESLU")
_IN_SPAN = frozenset("BIMESLU")


def spans(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """Spans of a tag sequence, read leniently as `conlleval` does.

    IOB2, IOB1 and IO: an ``I-`` tag after ``O`` or after another type opens a span. BIOES, BMES and BILOU: ``E-`` and
    ``L-`` end one, ``S-`` and ``U-`` are one of their own, ``M-`` is inside. Bare letters have no type.

    Returns
    -------
    set of (type, first index, index after the last)

    Examples
    --------
    >>> sorted(spans(["B-PER", "I-PER", "O", "I-LOC", "I-PER"]))
    [('LOC', 3, 4), ('PER', 0, 2), ('PER', 4, 5)]
    >>> sorted(spans(["S-PER", "B-PER", "E-PER"]))
    [('PER', 0, 1), ('PER', 1, 3)]
    """
    found = _read_spans(pa.array([tags], pa.list_(pa.string())))
    return set(zip(found.kinds[found.kind].tolist(), found.first.tolist(), found.end.tolist()))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Spans:
    """Spans in the order of the text: number of the sentence, first index, index after the last, number of the type."""

    sentence: np.ndarray
    first: np.ndarray
    end: np.ndarray
    kind: np.ndarray
    kinds: np.ndarray


def _read_spans(sentences: pa.ListArray) -> _Spans:
    """Read all sentences at once: a span is open after a tag that is in one and doesn't end it."""
    sizes = sentences.value_lengths().to_numpy()
    words = sentences.flatten().dictionary_encode()
    codes, tags = words.indices.to_numpy(), words.dictionary.to_pylist()
    prefixes, names = zip(*(tag.partition("-")[::2] for tag in tags)) if len(tags) else ((), ())
    kind_of, kinds = pd.factorize(np.array(names, object))
    within, goes_on, ends = (
        np.array([prefix in letters for prefix in prefixes], bool)[codes] for letters in (_IN_SPAN, _GOES_ON, _ENDS)
    )
    kind, sentence = kind_of[codes], np.repeat(np.arange(len(sizes)), sizes)
    continues = np.zeros(len(codes) + 1, bool)  # the last one says that nothing follows
    continues[1:-1] = (within & ~ends)[:-1] & goes_on[1:] & (kind[1:] == kind[:-1]) & (sentence[1:] == sentence[:-1])
    first = np.flatnonzero(within & ~continues[:-1])
    last = np.flatnonzero(within & ~continues[1:])
    start = (np.cumsum(sizes) - sizes)[sentence[first]]
    return _Spans(
        sentence=sentence[first], first=first - start, end=last + 1 - start, kind=kind[first], kinds=np.asarray(kinds)
    )


def span_f1(predictions: pd.DataFrame) -> float:
    """Micro F1 over sentences of spans with equal type and both ends equal; 0 without a right span."""
    return f1(*span_counts(predictions).sum(axis=0))


def legacy_chunks(tags: Sequence[str], *, version: str = "0.0.12") -> set[tuple[str, int, int]]:
    """Chunks that seqeval's default mode finds in tags, also in bare ones such as ``NOUN``.

    The rule is frozen here because XTREME scores UD-POS with whichever seqeval is installed. A run of equal bare
    tags is one chunk, except that a first letter B, E or S makes every token its own. Version 1.2.2 drops the
    first letter from the type, so that ``CCONJ`` and ``SCONJ`` are one type and an ``SCONJ`` after a ``CCONJ``
    loses the latter.

    Parameters
    ----------
    tags : sequence of str
        Tags of one sentence.
    version : {"0.0.12", "1.2.2"}
        Version of seqeval whose rule is followed.

    Returns
    -------
    set of (type, first index, index after the last)

    Raises
    ------
    DataError
        For another version.
    """
    if version not in _CHUNK_TYPE:
        raise DataError(unknown("version of seqeval", version, _CHUNK_TYPE))
    type_of = _CHUNK_TYPE[version]
    found, start, last_prefix, last_type = set(), 0, "O", ""
    for index, tag in enumerate([*tags, "O"]):
        prefix, kind = tag[0], type_of(tag)
        changes = kind != last_type
        if (
            last_prefix in "ES"
            or (last_prefix in "BI" and prefix in "BSO")
            or (last_prefix not in "O." and changes)
        ):  # fmt: skip
            found.add((last_type, start, index))
        if prefix in "BS" or (last_prefix in "ESO" and prefix in "EI") or (prefix not in "O." and changes):
            start = index
        last_prefix, last_type = prefix, kind
    return found


def legacy_chunk_f1(predictions: pd.DataFrame, *, version: str = "0.0.12") -> float:
    """Micro F1 over sentences of `legacy_chunks`: what XTREME's script prints for UD-POS.

    For comparison with published numbers only: two neighbouring nouns count once, and one wrong tag can break its
    neighbour's chunk.
    """
    return f1(*_chunk_counts(predictions, version).sum(axis=0))


def span_counts(predictions: pd.DataFrame) -> np.ndarray:
    """Count the spans of every sentence: shape (sentences, 3), right, gold and found ones."""
    count = len(predictions)
    texts = pa.array(
        np.concatenate([predictions[side].to_numpy(object) for side in ("gold", "prediction")]), pa.string()
    )
    both = _read_spans(compute.utf8_split_whitespace(compute.utf8_trim_whitespace(texts)))
    gold, found = np.flatnonzero(both.sentence < count), np.flatnonzero(both.sentence >= count)
    place = both.sentence % max(1, count) * (both.end.max(initial=0) + 1) + both.first
    _, of_gold, of_found = np.intersect1d(place[gold], place[found], assume_unique=True, return_indices=True)
    gold_same, found_same = gold[of_gold], found[of_found]
    same = (both.end[gold_same] == both.end[found_same]) & (both.kind[gold_same] == both.kind[found_same])
    parts = (both.sentence[gold_same[same]], both.sentence[gold], both.sentence[found] - count)
    return np.stack([np.bincount(part, minlength=count) for part in parts], axis=1)


def _chunk_counts(predictions: pd.DataFrame, version: str) -> np.ndarray:
    counts = np.zeros((len(predictions), 3), int)
    for row, (gold, found) in enumerate(zip(predictions["gold"], predictions["prediction"])):
        gold_set, found_set = (legacy_chunks(text.split(), version=version) for text in (gold, found))
        counts[row] = len(gold_set & found_set), len(gold_set), len(found_set)
    return counts
