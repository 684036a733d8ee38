"""Load an encoder and its tokenizer from a package, a folder or the hub, under one interface."""

from __future__ import annotations

import inspect
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
from study_utils.encoders.check import causal, check_configuration, check_finite, check_sizes
from study_utils.encoders.facts import architecture, named
from study_utils.encoders.identity import PACKAGED_FOLDERS, folder_files, is_folder
from study_utils.encoders.packaged import packaged_folder
from study_utils.encoders.sealed import SEAL, broken, is_sealed
from study_utils.encoders.vocabulary import FIRST
from study_utils.encoders.words import marks_blanks, marks_blanks_by
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
        Where its files are.
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
        If it is missing, damaged, cannot be reached, has no safetensors weights or no fast tokenizer, needs code from
        the hub, is no encoder, or its checkpoint lacks some of the encoder's weights or holds some that are no numbers;
        or if weights, tokenizer and declaration contradict each other.
    """
    if spec.package:
        source, revision = str(packaged_folder(spec.package, cache=cache)), None
    else:
        source, revision = spec.hub_id, spec.revision or None
    local = bool(spec.package) or is_folder(spec)
    if local:
        _check_folder(Path(source), spec)
    check_configuration(spec)
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
    loaded = LoadedEncoder(
        spec=spec,
        model=model.eval(),
        tokenizer=tokenizer,
        folder=folder,
        max_length=min(spec.max_length, _positions(model)),
    )
    _check_loaded(loaded)
    return loaded


def _check_loaded(loaded: LoadedEncoder) -> None:
    """Refuse what only the weights, or model and tokenizer together, show."""
    spec, model, tokenizer = loaded.spec, loaded.model, loaded.tokenizer
    where = named(spec)
    check_sizes(len(tokenizer), len(model.get_input_embeddings().weight), where)
    check_finite(loaded.folder, where)
    if (found := model.config.num_hidden_layers) != (said := architecture(spec).layers):
        raise EncoderError(f"{where} has {found} layers where {said} are declared: name the checkpoint that is meant.")
    if marks_blanks_by(tokenizer.backend_tokenizer) != marks_blanks(spec):
        raise EncoderError(
            f"the tokenizer of {where} treats blanks otherwise than its tokenizer.json says, or than is declared: load "
            "it with AutoTokenizer, save it again with save_pretrained, and name that folder."
        )
    counted = _counted_from(model)
    if counted is not None and (counted != tokenizer.pad_token_id or counted >= FIRST):
        raise EncoderError(
            f"{where} counts positions from token id {counted}, but its tokenizer pads with {tokenizer.pad_token_id} "
            f"(the same, below {FIRST}, is needed): save model and tokenizer again from the same checkpoint."
        )
    if not _reads_both_ways(model, tokenizer.pad_token_id):
        raise EncoderError(causal(where, model.config.model_type))


def _reads_both_ways(model: PreTrainedModel, pad: int) -> bool:
    """Whether the last token of an input changes the vector of the first one."""
    ids = [number for number in range(6) if number != pad][:5]
    with torch.inference_mode():
        one, other = (model(input_ids=torch.tensor([[*ids[:3], last]])).last_hidden_state[0, 0] for last in ids[3:5])
    return not torch.equal(one, other)


def pooling_option(config: AutoConfig) -> dict[str, bool]:
    """Say ``add_pooling_layer=False`` to those model classes that know it."""
    known = MODEL_MAPPING.get(type(config), None)
    if known is None:
        raise ValueError(f"transformers has no encoder class for model type {config.model_type!r}")
    model_class = known[0] if isinstance(known, tuple) else known
    knows = "add_pooling_layer" in inspect.signature(model_class.__init__).parameters
    return {"add_pooling_layer": False} if knows else {}


def _check_folder(folder: Path, spec: Encoder) -> None:
    folder_files(folder)
    if not spec.package and is_sealed(folder) and (wrong := broken(folder)):
        raise EncoderError(
            f"{', '.join(wrong)} in encoder folder {str(folder)!r} isn't what was written there ({SEAL}): export the "
            f"encoder again; or, if you changed it on purpose, remove {SEAL}."
        )


def _positions(model: PreTrainedModel) -> int:
    positions = getattr(model.config, "max_position_embeddings", None) or -1
    if positions < 0:  # XLNet's are relative and have no end
        return 1 << 30
    offset = _counted_from(model)
    return positions if offset is None else positions - offset - 1


def _counted_from(model: PreTrainedModel) -> int | None:
    """Padding id that positions are counted from, as XLM-R does; None for others."""
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    return getattr(table, "padding_idx", None)


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
