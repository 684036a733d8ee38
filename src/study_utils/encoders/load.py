"""Load an encoder and its tokenizer from a package, a folder or the hub, under one interface."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import MODEL_MAPPING, AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel
from transformers import PreTrainedTokenizerFast as FastTokenizer
from transformers.utils import cached_file
from transformers.utils import logging as transformers_logging

from study_utils.catalog.encoders import Encoder
from study_utils.encoders.identity import PACKAGED_FOLDERS, folder_files, is_folder
from study_utils.encoders.packaged import packaged_folder
from study_utils.errors import EncoderError


@dataclass(frozen=True, kw_only=True)
class LoadedEncoder:
    """An encoder in memory.

    Attributes
    ----------
    spec : Encoder
        Its declaration.
    model : transformers.PreTrainedModel
        Without head and pooling layer; float32, on the CPU, in evaluation mode.
    tokenizer : transformers.PreTrainedTokenizerFast
        With its full vocabulary; trimming never touches it.
    folder : pathlib.Path
        Where its files are: for `study_utils.encoders.vocabulary.base_rows`.
    max_length : int
        Longest input in tokens that both the declaration and the position embeddings allow.
    """

    spec: Encoder
    model: PreTrainedModel
    tokenizer: FastTokenizer
    folder: Path
    max_length: int


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' progress bars and log messages, and put its settings back afterwards."""
    verbosity = transformers_logging.get_verbosity()
    had_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if had_bars:
            transformers_logging.enable_progress_bar()


def load_encoder(spec: Encoder, *, cache: Path) -> LoadedEncoder:
    """Load an encoder.

    Parameters
    ----------
    spec : Encoder
        What `study_utils.catalog.encoders.encoder` returns.
    cache : pathlib.Path
        Folder for decoded packaged encoders. Hub downloads go to the hub's own cache (``HF_HOME``).

    Raises
    ------
    EncoderError
        If it is missing, damaged, cannot be reached, has no safetensors weights or no fast tokenizer, needs
        code from the hub, or its checkpoint lacks some of the encoder's weights.
    """
    if spec.package:
        source, revision = str(packaged_folder(spec.package, cache=cache)), None
    else:
        source, revision = spec.hub_id, spec.revision or None
    local = bool(spec.package) or is_folder(spec)
    if local:
        _check_folder(Path(source))
    options = {"revision": revision, "trust_remote_code": False, "local_files_only": local}
    try:
        with quiet():
            config = AutoConfig.from_pretrained(source, **options)
            model, loading = AutoModel.from_pretrained(
                source,
                config=config,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
                **pooling_option(config),
                **options,
            )
            tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, **options)
            folder = Path(cached_file(source, "config.json", revision=revision, local_files_only=True)).parent
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise EncoderError(_advice(spec, source, error)) from error
    if missing := sorted(loading["missing_keys"]):
        raise EncoderError(
            f"the checkpoint of encoder {spec.key!r} ({source}) lacks {len(missing)} weights, "
            f"{missing[0]!r} first: they would be random. Use a complete checkpoint of this architecture."
        )
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        lacking = "padding token" if tokenizer.is_fast else "fast tokenizer (tokenizer.json)"
        raise EncoderError(f"encoder {spec.key!r} ({source}) has no {lacking}: add it or use another encoder.")
    return LoadedEncoder(
        spec=spec,
        model=model.eval(),
        tokenizer=tokenizer,
        folder=folder,
        max_length=min(spec.max_length, _positions(model)),
    )


def pooling_option(config: AutoConfig) -> dict[str, bool]:
    """Say ``add_pooling_layer=False`` to those model classes that know it."""
    known = MODEL_MAPPING.get(type(config), None)
    if known is None:
        raise ValueError(f"transformers has no encoder class for model type {config.model_type!r}")
    model_class = known[0] if isinstance(known, tuple) else known
    knows = "add_pooling_layer" in inspect.signature(model_class.__init__).parameters
    return {"add_pooling_layer": False} if knows else {}


def _check_folder(folder: Path) -> None:
    for path in folder_files(folder):
        if path.suffix == ".json":
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise EncoderError(
                    f"{path} is damaged ({error}): write the encoder folder again with save_pretrained."
                ) from error


def _positions(model: PreTrainedModel) -> int:
    positions = getattr(model.config, "max_position_embeddings", None) or -1
    if positions < 0:  # XLNet's are relative and have no end
        return 1 << 30
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    offset = getattr(table, "padding_idx", None)  # XLM-R counts positions from padding index + 1
    return positions if offset is None else positions - offset - 1


def _advice(spec: Encoder, source: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if spec.package in PACKAGED_FOLDERS:
        todo = f"reinstall package {spec.package}"
    elif spec.package:
        todo = f"delete the folder {source} (it is made again) and reinstall package {spec.package}"
    elif is_folder(spec):
        todo = "write the folder again with save_pretrained (safetensors weights, fast tokenizer)"
    else:
        todo = (
            "check the id and the revision; without internet (or with HF_HUB_OFFLINE=1) download it "
            f"beforehand: hf download {spec.hub_id} --revision {spec.revision}; or give a folder, "
            "or encoder 'e5_small', which a package ships"
        )
    return f"encoder {spec.key!r} cannot be loaded from {source} ({reason}): {todo}."
