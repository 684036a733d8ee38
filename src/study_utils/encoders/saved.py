"""Save and load trimmed encoders. Safetensors only."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.initialization import no_init_weights

from study_utils.encoders.load import pooling_option, quiet
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import EncoderError

KEPT_IDS = "kept_ids"
"""Name of the tensor (int64) that lists the original ids of the embedding rows."""


@dataclass(frozen=True, kw_only=True)
class SavedEncoder:
    """A trimmed encoder read back: model (float32, evaluation mode), vocabulary, what was noted with it."""

    model: PreTrainedModel
    vocabulary: Vocabulary
    metadata: dict[str, str] = field(default_factory=dict)


def save_model(
    folder: Path, model: PreTrainedModel, vocabulary: Vocabulary, *, metadata: dict[str, str] | None = None
) -> None:
    """Write ``config.json`` and ``model.safetensors`` of a trimmed encoder.

    Each file appears by one rename. The tensors include ``kept_ids``; the metadata hold ``size_full`` and
    what is given (text values), such as the encoder's key.

    Raises
    ------
    EncoderError
        If model and vocabulary do not fit, or the folder cannot be written.
    """
    rows = model.get_input_embeddings().num_embeddings
    if rows != len(vocabulary):
        raise EncoderError(
            f"the model has {rows} embedding rows, its vocabulary {len(vocabulary)} ids: "
            "save the encoder with the vocabulary that it was trimmed to"
        )
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    tensors[KEPT_IDS] = torch.from_numpy(vocabulary.kept)
    notes = (metadata or {}) | {"format": "pt", "size_full": str(vocabulary.size_full)}
    _write(folder, tensors, model.config.to_json_string(), notes)


def load_model(folder: Path) -> SavedEncoder:
    """Read a trimmed encoder that `save_model` wrote.

    The global random state is left as it was.

    Raises
    ------
    EncoderError
        If a file is missing or damaged, or tensors, vocabulary and configuration do not fit together.
    """
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        with safe_open(folder / "model.safetensors", framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        vocabulary = Vocabulary(kept=tensors.pop(KEPT_IDS).numpy(), size_full=int(metadata.pop("size_full")))
        if config.vocab_size != len(vocabulary):
            raise ValueError(f"{config.vocab_size} embedding rows for {len(vocabulary)} kept ids")
        with torch.random.fork_rng(devices=[]), no_init_weights(), quiet():  # every tensor is read from the file
            model = AutoModel.from_config(config, dtype=torch.float32, **pooling_option(config))
        # Copies in aligned memory of their own, so that a step gives the same bits as after any other load.
        weights = {name: value.to(torch.float32, copy=True) for name, value in tensors.items()}
        model.load_state_dict(weights, strict=True, assign=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, EncoderError) as error:
        raise EncoderError(
            f"saved encoder {folder} is missing or damaged ({type(error).__name__}: {error}): "
            "delete the folder and run the training again"
        ) from error
    return SavedEncoder(model=model.eval(), vocabulary=vocabulary, metadata=metadata)


def _write(folder: Path, tensors: dict[str, torch.Tensor], config: str, metadata: dict[str, str]) -> None:
    if wrong := {key: value for key, value in metadata.items() if not isinstance(value, str)}:
        raise EncoderError(f"metadata of a saved encoder must be text, not {json.dumps(wrong, default=repr)}")
    part = folder / f".part.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, metadata=metadata)
        part.replace(folder / "model.safetensors")
        part.write_text(config, encoding="utf-8")
        part.replace(folder / "config.json")
    except (OSError, SafetensorError) as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise EncoderError(
            f"encoder cannot be saved in {folder} ({error}): make the folder writable and free disk space"
        ) from error
