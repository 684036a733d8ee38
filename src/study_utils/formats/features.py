"""Encoded rows: the token ids of many inputs in one flat array, and batches padded to their longest input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from transformers import BatchEncoding, PreTrainedTokenizerFast

from study_utils.encoders.vocabulary import Vocabulary

IGNORED = -100
"""Label of a token that isn't learnt from or predicted for; the loss functions of torch skip it."""

CHUNK = 1 << 20
"""Characters tokenised at once: what the tokenizer says about a token takes many times the room of its id."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """Inputs of a model.

    Attributes
    ----------
    ids : numpy.ndarray of int64
        Token ids of all inputs, one input after the other, in the tokenizer's numbering.
    offsets : numpy.ndarray of int64, shape (inputs + 1,)
        Input `i` is ``ids[offsets[i]:offsets[i + 1]]``.
    content : numpy.ndarray of bool
        Laid out as `ids`: false for special tokens.
    source : numpy.ndarray of int64, shape (inputs,)
        Row that each input comes from, in ascending order where `together`. A long tagged sentence or passage makes
        several inputs, and so do the choices of a row.
    labels : numpy.ndarray or None
        One value (int64 or float32) or one line of values an input, or one value a token (`per_token`; `IGNORED`
        where there is none).
    per_token : bool
        Whether labels are one a token.
    characters : numpy.ndarray of int32, shape (tokens, 2), or None
        Laid out as `ids`: first character of the row's passage that a token covers, and the one after the last; -1 for
        a token that is not of the passage.
    labels_are_tokens : bool
        Whether labels are token ids, in the tokenizer's numbering.
    together : bool
        Whether the inputs of a row are learnt from together, so that no training batch may split a row.
    truncated : int
        Rows cut to the maximum length.
    """

    ids: np.ndarray
    offsets: np.ndarray
    content: np.ndarray
    source: np.ndarray
    labels: np.ndarray | None = None
    per_token: bool = False
    characters: np.ndarray | None = None
    labels_are_tokens: bool = False
    together: bool = False
    truncated: int = 0

    def __len__(self) -> int:
        return len(self.source)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of every input."""
        return np.diff(self.offsets)

    @property
    def used_ids(self) -> np.ndarray:
        """Token ids that inputs and labels are made of; some occur more than once."""
        if not self.labels_are_tokens:
            return self.ids
        return np.concatenate([self.ids, self.labels[self.labels != IGNORED]])

    def distinct(self) -> tuple[np.ndarray, np.ndarray]:
        """Find inputs of equal tokens (and equal labels, where these are tokens: a head may look at them).

        Returns
        -------
        first : numpy.ndarray of int, shape (distinct inputs,)
            Position of the first input of each kind.
        kind : numpy.ndarray of int, shape (inputs,)
            Which of `first` each input equals.
        """
        numbers: dict[bytes, int] = {}
        kind = np.empty(len(self), dtype=np.int64)
        first = []
        for i, (start, end) in enumerate(zip(self.offsets, self.offsets[1:])):
            labels = self.labels[start:end].tobytes() if self.labels_are_tokens else b""
            kind[i] = numbers.setdefault(self.ids[start:end].tobytes() + labels, len(numbers))
            if kind[i] == len(first):
                first.append(i)
        return np.asarray(first, dtype=np.int64), kind

    @property
    def labelled(self) -> np.ndarray:
        """Labels of every unit that a loss is the mean of: its labelled tokens, or one."""
        if self.per_token:
            return np.add.reduceat(self.labels != IGNORED, self.offsets[:-1], dtype=np.int64)
        return np.ones(len(self.unit_lengths), dtype=np.int64)

    @property
    def unit_lengths(self) -> np.ndarray:
        """Tokens of every unit that training batches are drawn from: an input, or the longest one of a row."""
        if not self.together:
            return self.lengths
        return np.maximum.reduceat(self.lengths, np.flatnonzero(np.diff(self.source, prepend=-1)))

    def inputs_of(self, units: np.ndarray) -> np.ndarray:
        """Inputs of some units, as positions."""
        return np.flatnonzero(np.isin(self.source, units)) if self.together else units


def collate(features: Features, index: np.ndarray, vocabulary: Vocabulary, pad: int) -> dict[str, torch.Tensor]:
    """Make a batch of some inputs, padded to the longest of them; `pad` is the padding id in the tokenizer's numbering.

    Returns
    -------
    dict of str to torch.Tensor
        `input_ids` (compact), `attention_mask`, `content` (which tokens are text), each of shape (inputs, longest);
        and `labels` where there are any (compact too, where they are token ids).
    """
    lengths = features.lengths[index]
    columns = np.arange(lengths.max())
    mask = columns < lengths[:, None]
    where = np.where(mask, features.offsets[index][:, None] + columns, 0)
    batch = {
        "input_ids": vocabulary.compact(np.where(mask, features.ids[where], pad)),
        "attention_mask": mask.astype(np.int64),
        "content": mask & features.content[where],
    }
    if features.labels is not None:
        of_tokens = features.per_token
        labels = np.where(mask, features.labels[where], IGNORED) if of_tokens else features.labels[index]
        if features.labels_are_tokens:
            labels[labels != IGNORED] = vocabulary.compact(labels[labels != IGNORED])
        batch["labels"] = labels
    return {name: torch.from_numpy(values) for name, values in batch.items()}


def encode_texts(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], pairs: Sequence[str] | None, max_length: int
) -> Features:
    """Tokenise texts, or pairs of texts, cutting each input to `max_length` tokens (the longer text of a pair first).

    The tokenizer would cut alike, but it keeps what it cuts: of a pair, every part of one text with every part of the
    other.

    Returns
    -------
    Features
        Without labels; input `i` is row `i`.
    """
    sides = (texts,) if pairs is None else (texts, pairs)
    frame = special_ids(tokenizer, len(sides))
    room = max_length - sum(map(len, frame))
    parts = [
        _encode_chunk([text_tokens(tokenizer, side[rows]) for side in sides], frame, room, tokenizer.truncation_side)
        for rows in chunks(*sides)
    ]
    return join(parts, np.arange(len(texts)))


def special_ids(tokenizer: PreTrainedTokenizerFast, texts: int) -> list[list[int]]:
    """Special tokens before, between and after the one or two texts of an input."""
    encoded = tokenizer(*["a"] * texts)
    ids, sides = encoded["input_ids"], encoded.sequence_ids(0)
    places = [[i for i, side in enumerate(sides) if side == text] for text in range(texts)]
    ends = [0, *(place for own in places for place in (own[0], own[-1] + 1)), len(ids)]
    return [ids[start:end] for start, end in zip(ends[::2], ends[1::2])]


def chunks(*sides: Sequence[str]) -> Iterator[slice]:
    """Rows to tokenise at once: of at most `CHUNK` characters, or one that has more."""
    start, held = 0, 0
    for row, texts in enumerate(zip(*sides)):
        size = sum(map(len, texts))
        if row > start and held + size > CHUNK:
            yield slice(start, row)
            start, held = row, 0
        held += size
    yield slice(start, len(sides[0]))


def text_tokens(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], **options: bool) -> BatchEncoding:
    """What the tokenizer says about texts alone, whole and without special tokens."""
    return tokenizer(
        list(texts),
        add_special_tokens=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
        **options,
    )


def _encode_chunk(sides: Sequence[BatchEncoding], frame: Sequence[list[int]], room: int, cut_at: str) -> Features:
    inputs, lengths, cut = [], [], 0
    for texts in zip(*(side["input_ids"] for side in sides)):
        kept = _lengths(*map(len, texts), room=room)
        cut += sum(kept) < sum(map(len, texts))
        own = [ids[len(ids) - most :] if cut_at == "left" else ids[:most] for ids, most in zip(texts, kept)]
        inputs.append([own[i // 2] if i % 2 else frame[i // 2] for i in range(2 * len(own) + 1)])
        lengths.append([len(part) for part in inputs[-1]])
    counts = np.array(lengths, dtype=np.int64).reshape(-1, 2 * len(sides) + 1)
    return Features(
        ids=flat(chain.from_iterable(inputs), np.int64),
        offsets=offsets_of(counts.sum(axis=1)),
        content=np.repeat(np.tile(np.arange(counts.shape[1]) % 2 == 1, len(counts)), counts.ravel()),
        source=np.arange(len(counts)),
        truncated=cut,
    )


def _lengths(first: int, second: int = 0, *, room: int) -> tuple[int, int]:
    """Tokens that stay of two texts (`longest_first` of the tokenizers package, truncate_encodings)."""
    short, long = sorted((first, second))
    if short + long > room:
        long = max(short, room - short)
        if short + long > room:
            short, long = room // 2, room // 2 + room % 2
    return (short, long) if first <= second else (long, short)


def join(parts: Sequence[Features], source: np.ndarray) -> Features:
    """Put inputs without labels one after the other; `source` has the row of each."""
    return Features(
        ids=np.concatenate([part.ids for part in parts]),
        offsets=offsets_of(np.concatenate([part.lengths for part in parts])),
        content=np.concatenate([part.content for part in parts]),
        source=source,
        truncated=sum(part.truncated for part in parts),
    )


def flat(lists: Iterable[Sequence], dtype: type) -> np.ndarray:
    """Concatenate lists into one array."""
    return np.fromiter(chain.from_iterable(lists), dtype=dtype)


def offsets_of(lengths: Sequence[int]) -> np.ndarray:
    """Offsets of consecutive pieces of the given lengths."""
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))]).astype(np.int64)
