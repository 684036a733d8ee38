"""Trim an encoder's word embeddings to the tokens that occur, without changing what it computes.

Most weights of an encoder with XLM-R's vocabulary are embeddings of tokens that a study never sees. The
tokenizer is left alone: texts are tokenised with the full vocabulary, then ids are mapped to compact ones.
Start reading at `Vocabulary`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

from study_utils.errors import EncoderError

BaseRows = np.ndarray | Callable[[np.ndarray], np.ndarray]
"""The original encoder's word embeddings: the matrix [rows, width], or a function from ids to their rows."""

Renumber = Callable[[int | None], int | None]
"""From a token's number to its new one; None for none."""


FIRST = 16
"""Ids that count as the first ones: a padding token among them keeps its number (`Vocabulary.of`)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Vocabulary:
    """The original ids that a trimmed encoder still has.

    Attributes
    ----------
    kept : numpy.ndarray
        Original ids, int64, ascending, each once. The compact id of ``kept[i]`` is ``i``.
    size_full : int
        How many ids the tokenizer has.
    """

    kept: np.ndarray
    size_full: int

    def __post_init__(self) -> None:
        kept = np.asarray(self.kept)
        if kept.dtype != np.int64 or kept.ndim != 1 or not len(kept) or (np.diff(kept) < 1).any():
            raise EncoderError("kept ids must be int64, ascending and each once: use Vocabulary.of(...)")
        if kept[0] < 0 or kept[-1] >= self.size_full:
            raise EncoderError(
                f"kept ids reach from {kept[0]} to {kept[-1]}, the tokenizer's end at {self.size_full - 1}: "
                "use the tokenizer that made the ids"
            )

    @classmethod
    def of(cls, ids: np.ndarray | Iterable[int], *, tokenizer: PreTrainedTokenizerFast) -> Vocabulary:
        """Keep the ids that occur and all special ids; and every id up to that of a padding token among the first.

        The last rule keeps the padding id's number, from which XLM-R and RoBERTa derive position ids. Where padding
        stands further up (mmBERT, EuroBERT), nothing is derived from it, and it is kept alone.

        Raises
        ------
        EncoderError
            If an id is not one of the tokenizer's.
        """
        occurring = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), dtype=np.int64).ravel()
        special = np.asarray([*tokenizer.all_special_ids, tokenizer.pad_token_id], dtype=np.int64)
        low = np.arange(tokenizer.pad_token_id + 1 if tokenizer.pad_token_id < FIRST else 0, dtype=np.int64)
        return cls(kept=np.unique(np.concatenate([occurring, special, low])), size_full=len(tokenizer))

    def __len__(self) -> int:
        return len(self.kept)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.size_full == other.size_full and np.array_equal(self.kept, other.kept)

    @cached_property
    def _compact(self) -> np.ndarray:
        table = np.full(self.size_full, -1, dtype=np.int64)
        table[self.kept] = np.arange(len(self.kept))
        return table

    def compact(self, ids: np.ndarray) -> np.ndarray:
        """Map original ids to compact ones; the shape stays.

        Raises
        ------
        EncoderError
            If an id is not kept.
        """
        ids = np.asarray(ids, dtype=np.int64)
        outside = (ids < 0) | (ids >= self.size_full)
        compact = self._compact[np.where(outside, 0, ids)]
        wrong = outside | (compact < 0)
        if wrong.any():
            raise EncoderError(
                f"{wrong.sum()} token ids, {ids[wrong].flat[0]} first, are not among the {len(self)} "
                "that this vocabulary keeps: build it from all texts, or expand the model to the union"
            )
        return compact

    def number(self, original: int | None) -> int | None:
        """Compact id of an original one; None for None, and if it isn't kept."""
        is_kept = original is not None and 0 <= original < self.size_full and self._compact[original] >= 0
        return int(self._compact[original]) if is_kept else None

    def original(self, number: int | None) -> int | None:
        """Original id of a compact one; None for None, and if there is none."""
        return int(self.kept[number]) if number is not None and 0 <= number < len(self) else None

    def union(self, other: Vocabulary) -> Vocabulary:
        """Keep what either keeps.

        Raises
        ------
        EncoderError
            If the two belong to tokenizers of different sizes.
        """
        if self.size_full != other.size_full:
            raise EncoderError(
                f"vocabularies of tokenizers with {self.size_full} and {other.size_full} ids have no union: "
                "use the same encoder for both"
            )
        return Vocabulary(kept=np.union1d(self.kept, other.kept), size_full=self.size_full)


def expand(model: PreTrainedModel, trained: Vocabulary, wanted: Vocabulary, base_rows: BaseRows) -> None:
    """Turn a model trained under one vocabulary into one under another, in place.

    Rows in `trained` come from the model, the others from the original encoder. This is exact, as if the
    model had never been trimmed, because our training applies no weight decay to embeddings: AdamW then
    leaves a row that never had a gradient as it is: tokens that did not occur keep their pretrained rows.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Trimmed to `trained`.
    trained, wanted : Vocabulary
        Of the same tokenizer; `wanted` may be larger, smaller or overlap.
    base_rows : numpy.ndarray or callable
        Word embeddings of the original encoder: all, or a function of the ids that are asked for.

    Raises
    ------
    EncoderError
        If model, vocabularies and base rows do not fit together.
    """
    rows = model.get_input_embeddings().weight.detach()
    if len(rows) != len(trained) or trained.size_full != wanted.size_full:
        raise EncoderError(
            f"the model has {len(rows)} embedding rows, its vocabulary {len(trained)} of {trained.size_full} "
            f"ids, the wanted one {len(wanted)} of {wanted.size_full}: give the one it was trained under"
        )
    shared = np.isin(wanted.kept, trained.kept, assume_unique=True)
    result = rows.new_empty((len(wanted), rows.shape[1]))
    result[torch.from_numpy(shared)] = rows[torch.from_numpy(trained.compact(wanted.kept[shared]))]
    if not shared.all():
        added = _rows_of(base_rows, wanted.kept[~shared], width=rows.shape[1])
        result[torch.from_numpy(~shared)] = torch.from_numpy(added).to(rows)
    _set_rows(model, result, lambda old: wanted.number(trained.original(old)))


def _rows_of(source: BaseRows, ids: np.ndarray, *, width: int) -> np.ndarray:
    if isinstance(source, np.ndarray) and ids.max() >= len(source):
        raise EncoderError(f"base rows end at id {len(source) - 1}, wanted is {ids.max()}: give all rows of the base")
    rows = source[ids] if isinstance(source, np.ndarray) else source(ids)
    if rows.shape != (len(ids), width):
        raise EncoderError(f"base rows have shape {rows.shape}, needed is {(len(ids), width)}: give the same encoder's")
    return np.ascontiguousarray(rows, dtype=np.float32)


def embedding_with(old: torch.nn.Embedding, rows: torch.Tensor, number: Renumber) -> torch.nn.Embedding:
    """Word embeddings of other rows, the padding token under its new number."""
    return torch.nn.Embedding(len(rows), rows.shape[1], padding_idx=number(old.padding_idx), _weight=rows.contiguous())


def note_rows(config: PreTrainedConfig, rows: int, number: Renumber) -> None:
    """Say in a configuration how many rows there are, and the special tokens' new numbers."""
    config.vocab_size, config.pad_token_id = rows, number(config.pad_token_id)
    for name in ("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "mask_token_id"):
        if isinstance(old := getattr(config, name, None), int) and (new := number(old)) is not None:
            setattr(config, name, new)


def _set_rows(model: PreTrainedModel, rows: torch.Tensor, number: Renumber) -> None:
    old = model.get_input_embeddings()
    new = embedding_with(old, rows, number)
    new.weight.requires_grad_(old.weight.requires_grad)
    model.set_input_embeddings(new.train(old.training))
    note_rows(model.config, len(rows), number)
