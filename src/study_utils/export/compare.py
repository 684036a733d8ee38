"""Whether an exported model says what the trained one says: a few inputs through both, before anything is written."""

from __future__ import annotations

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.encoders.segments import segments_of
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import EncoderError
from study_utils.model import TaskModel, TrainedModel

TEXTS = ("The film is good.", "a", "Не выключай свет на кухне! 光を消さないで。 12,5 %")
PAIRS = ("Is it? Ja, natürlich, sehr gut.", "النور", "b")

TOLERANCE = 1e-4
"""Largest difference, as a share of the largest output: rounding of float32 in another order of operations."""


def check_same_outputs(
    trained: TrainedModel,
    encoder: PreTrainedModel,
    item: Task | None,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    """Compare the outputs of two models on a few texts and pairs, tokenised and padded as a user would.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        The trained encoder with all its embedding rows.
    item : Task or None
        Task whose head is exported; None for the encoder alone, whose vectors are compared.
    model, tokenizer
        What is to be written.

    Raises
    ------
    EncoderError
        If they differ.
    """
    for pairs in (None, list(PAIRS)):
        batch = tokenizer(list(TEXTS), pairs, padding=True, return_tensors="pt")
        with torch.inference_mode():
            theirs = _theirs(model, item, dict(batch))
            ours = _ours(trained, encoder, item, batch["input_ids"], batch["attention_mask"])
        for one, other in zip(ours, theirs, strict=True):
            if one.shape != other.shape or not (one - other).abs().max() <= TOLERANCE * one.abs().max().clamp(min=1.0):
                raise EncoderError(
                    f"{type(model).__name__} gives other outputs than the trained model, for "
                    f"{'pairs' if pairs else 'single texts'} (difference {(one - other).abs().max():.2g}), so it is "
                    "not exported" + ("; --encoder exports the encoder alone" if item else "")
                )


def _theirs(model: PreTrainedModel, item: Task | None, batch: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Outputs of every input, without padding."""
    mask = batch["attention_mask"].bool()
    if item is None:
        return _unpadded(model(**batch).last_hidden_state, mask)
    if item.format == "choose":
        return list(model(**{name: value[None] for name, value in batch.items()}).logits[0].unsqueeze(-1))
    found = model(**batch)
    if item.format == "answer":
        return _unpadded(torch.stack([found.start_logits, found.end_logits], dim=-1), mask)
    return _unpadded(found.logits, mask) if item.format == "tag" else list(found.logits)


def _ours(
    trained: TrainedModel, encoder: PreTrainedModel, item: Task | None, ids: torch.Tensor, mask: torch.Tensor
) -> list[torch.Tensor]:
    """Outputs of every input as evaluation computes them: padded on the right, under our token types."""
    base, size = trained.base, len(trained.base.tokenizer)
    everything = Vocabulary(kept=np.arange(size), size_full=size)
    model = TaskModel(encoder, trained.heads, segments_of(base, everything)).eval()
    lengths, pad = mask.sum(dim=1).tolist(), base.tokenizer.pad_token_id
    batch = {"input_ids": torch.full_like(ids, pad), "attention_mask": torch.zeros_like(mask)}
    for row, length in enumerate(lengths):
        batch["input_ids"][row, :length] = ids[row][mask[row].bool()]
        batch["attention_mask"][row, :length] = 1
    batch["content"] = batch["attention_mask"].bool()  # only means over the text look at it
    outputs = model.hidden(batch) if item is None else model(item.key, batch)
    if item is not None and item.format == "regress":
        low, high = item.value_range
        outputs = outputs * (high - low) + low
    return _unpadded(outputs, batch["attention_mask"].bool()) if outputs.ndim == 3 else list(outputs)


def _unpadded(values: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
    return [row[own] for row, own in zip(values, mask)]
