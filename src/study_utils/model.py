"""An encoder with heads: built for training, saved, loaded, and carried to another vocabulary."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import PreTrainedModel
from transformers.utils import ModelOutput

from study_utils.catalog import Task, task
from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.mask_head import pretrained_mask_head
from study_utils.encoders.saved import load_model, save_model
from study_utils.encoders.segments import Segments
from study_utils.encoders.vocabulary import Vocabulary, embedding_with, expand, note_rows
from study_utils.errors import EncoderError, StoreError
from study_utils.formats import format_of
from study_utils.formats.mask import MaskHead
from study_utils.store import write_atomically

log = logging.getLogger(__name__)

HEADS, TASKS_FILE = "heads.safetensors", "tasks.json"


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A trained encoder with the heads it was trained with.

    Attributes
    ----------
    base : LoadedEncoder
        The pretrained encoder it started from: tokenizer, and the rows of tokens that training never saw.
    encoder : transformers.PreTrainedModel
        Trimmed to `vocabulary`.
    heads : torch.nn.ModuleDict
        Task key to head.
    """

    base: LoadedEncoder
    encoder: PreTrainedModel
    vocabulary: Vocabulary
    heads: nn.ModuleDict


class TaskModel(nn.Module):
    """Encoder and heads as one module, so that one optimiser holds all weights."""

    def __init__(self, encoder: PreTrainedModel, heads: nn.ModuleDict, segments: Segments | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = heads
        self.segments = segments

    def hidden(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Hidden states of a batch, shape (inputs, tokens, width)."""
        return self._encoded(batch).last_hidden_state

    def hidden_layers(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Hidden states of a batch by layers passed: the embeddings, then each layer; the last is that of `hidden`."""
        found = self._encoded(batch, output_hidden_states=True)
        return (*found.hidden_states[:-1], found.last_hidden_state)

    def _encoded(self, batch: dict[str, torch.Tensor], **options: bool) -> ModelOutput:
        types = {} if self.segments is None else {"token_type_ids": self.segments.of(batch["input_ids"])}
        inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
        return self.encoder(**inputs, **types, **options)

    def forward(self, key: str, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Outputs of one task's head for a batch."""
        embeddings = self.encoder.get_input_embeddings().weight
        return self.heads[key](self.hidden(batch), {**batch, "embeddings": embeddings})


def encoder_under(start: LoadedEncoder | TrainedModel, vocabulary: Vocabulary) -> PreTrainedModel:
    """Copy an encoder under another vocabulary; `start` stays as it is."""
    if isinstance(start, TrainedModel):
        encoder = copy.deepcopy(start.encoder)
        base_rows = start.base.model.get_input_embeddings().weight.detach().numpy()
        expand(encoder, start.vocabulary, vocabulary, base_rows)
        return encoder
    old = start.model.get_input_embeddings()
    rows = old.weight.detach()[torch.from_numpy(vocabulary.kept)].clone()
    new = embedding_with(old, rows, vocabulary.number)
    encoder = copy.deepcopy(start.model, memo={id(old): new})  # the large matrix itself is never copied
    note_rows(encoder.config, len(rows), vocabulary.number)
    return encoder


def base_of(start: LoadedEncoder | TrainedModel) -> LoadedEncoder:
    """The pretrained encoder behind a model."""
    return start.base if isinstance(start, TrainedModel) else start


def make_heads(tasks: Sequence[Task], encoder: PreTrainedModel, pooling: str, *, seed: int) -> nn.ModuleDict:
    """New heads, from a seed of their own; the global random state is left as it was."""
    config = encoder.config
    dropout = getattr(config, "hidden_dropout_prob", 0.1)

    def new_head(item: Task) -> nn.Module:
        own = (config,) if item.format == "mask" else ()
        return format_of(item).make_head(item, config.hidden_size, dropout, pooling, *own)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.ModuleDict({item.key: new_head(item) for item in tasks})


def take_pretrained_heads(
    heads: nn.ModuleDict, base: LoadedEncoder, vocabulary: Vocabulary, *, new_ok: bool = False
) -> None:
    """Give heads that guess hidden tokens the weights of the checkpoint's own head.

    Parameters
    ----------
    new_ok : bool
        Whether they keep their new weights where the checkpoint has no complete head; it is logged.

    Raises
    ------
    EncoderError
        If there is no complete head, unless `new_ok`.
    """
    for key, head in heads.items():
        if isinstance(head, MaskHead):
            try:
                head.load_state_dict(pretrained_mask_head(base, vocabulary.kept))
            except EncoderError as error:
                if not new_ok:
                    raise
                log.warning("task %s: a new masked-language head; %s", key, error)


def save_trained(folder: Path, model: TrainedModel) -> None:
    """Write a trained model: `config.json` and `model.safetensors` (encoder), `heads.safetensors`, `tasks.json`."""
    save_model(folder, model.encoder, model.vocabulary, metadata={"encoder": model.base.spec.key})
    state = {name: value.detach().cpu().contiguous() for name, value in model.heads.state_dict().items()}
    save_file(state, folder / HEADS)
    write_atomically(folder / TASKS_FILE, json.dumps(list(model.heads)))


def load_trained(folder: Path, base: LoadedEncoder) -> TrainedModel:
    """Read what `save_trained` wrote.

    Raises
    ------
    EncoderError, StoreError
        If a file is missing or damaged.
    """
    saved = load_model(folder)
    try:
        tasks = [task(key) for key in json.loads((folder / TASKS_FILE).read_text(encoding="utf-8"))]
        heads = make_heads(tasks, saved.model, base.spec.pooling, seed=0)
        heads.load_state_dict(load_file(folder / HEADS), strict=True)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise StoreError(f"heads in {folder} are damaged ({error}): remove the folder and train again") from error
    return TrainedModel(base=base, encoder=saved.model, vocabulary=saved.vocabulary, heads=heads.eval())
