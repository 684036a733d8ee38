"""What no study can use is refused before any run: other kinds of model, damaged weights, another model's tokenizer."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from study_utils.catalog.encoders import Encoder
from study_utils.encoders.facts import architecture, configuration, encoder_file, named, require_hub, weight_places
from study_utils.encoders.identity import PACKAGED_FILES, folder_files, is_folder
from study_utils.errors import EncoderError

_CAUSAL = ("ForCausalLM", "LMHeadModel")
_TWO_WAYS = ("xlnet",)
"""Model types with a class of a causal name that read both ways when nothing is predicted."""

_EXPONENTS = {
    "F64": ("<u8", 0x7FF << 52),
    "F32": ("<u4", 0xFF << 23),
    "F16": ("<u2", 0x1F << 10),
    "BF16": ("<u2", 0xFF << 7),
}
"""Type of a tensor to an unsigned type of its size and the bits that are all set in NaN and infinity alone."""

_CHUNK = 1 << 22


def check_configuration(spec: Encoder) -> None:
    """Refuse a kind of model that no study can use, where its configuration is on this machine; reads no weights.

    Raises
    ------
    EncoderError
        If it is an encoder-decoder or a causal model, needs code of its own, or has no layer, or a folder lacks files.
    """
    if spec.package in PACKAGED_FILES or not (spec.package or is_folder(spec) or is_cached(spec)):
        return
    if is_folder(spec):
        folder_files(spec.hub_id)
    config, where = configuration(spec), named(spec)
    kind = str(config.get("model_type", ""))
    if config.get("is_encoder_decoder"):
        raise EncoderError(
            f"{where} is an encoder-decoder (model type {kind!r}): its encoder alone can't be loaded here. "
            "Use an encoder such as XLM-R or mmBERT."
        )
    if config.get("auto_map") and not _is_known(kind):
        raise EncoderError(
            f"{where} cannot be loaded: it needs code of its own (model type {kind!r}), which is never run. Use a "
            "model type that transformers has; some models are also published in such a form."
        )
    classes = [str(name) for name in config.get("architectures") or []]
    if kind not in _TWO_WAYS and any(name.endswith(_CAUSAL) for name in classes) and not _reads_both_ways(config):
        raise EncoderError(causal(where, kind))
    architecture(spec)


def causal(where: str, kind: str) -> str:
    """Message for a model that reads left to right alone."""
    return (
        f"{where} is a causal model (model type {kind!r}): a token's vector knows nothing of what follows, so that the "
        "first token's, and words' in tagging, would mean little. Use an encoder pretrained by masking."
    )


def check_files(spec: Encoder) -> None:
    """Look into the files of an encoder that are on this machine; takes seconds, so once before a study's runs.

    Raises
    ------
    EncoderError
        If a weight is NaN or infinite, the tokenizer has another number of tokens than the embeddings have rows, or the
        model type is a causal one.
    """
    check_configuration(spec)
    if spec.package or not (is_folder(spec) or is_cached(spec)):
        return
    from transformers.models.auto import modeling_auto as known

    config, where = configuration(spec), named(spec)
    kind, masked = str(config.get("model_type", "")), known.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    is_causal = kind in known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in (*masked, *_TWO_WAYS)
    if is_causal and not _reads_both_ways(config):
        raise EncoderError(causal(where, kind))
    check_finite(encoder_file(spec, "config.json").parent, where)
    path = encoder_file(spec, "config.json").parent / "tokenizer.json"
    if isinstance(rows := config.get("vocab_size"), int) and path.is_file():
        status = path.stat()
        check_sizes(_tokens(path.resolve(), status.st_size, status.st_mtime_ns), rows, where)


def check_sizes(tokens: int, rows: int, where: str) -> None:
    """Refuse a tokenizer with more tokens than there are embedding rows, or far fewer (some rows are often spare)."""
    if not tokens <= rows <= 1.02 * tokens + 128:
        raise EncoderError(
            f"{where} has {rows} embedding rows for a tokenizer of {tokens} tokens: one of them is another model's. "
            "Save model and tokenizer again from the same checkpoint."
        )


def check_finite(folder: Path, where: str) -> None:
    """Refuse weights that are NaN or infinite; a file is looked at once a process.

    Raises
    ------
    EncoderError
        With the name of the first such tensor.
    """
    for path in sorted(folder.glob("*.safetensors")):
        status = path.stat()
        try:
            broken = _not_finite(path.resolve(), status.st_size, status.st_mtime_ns)
        except (OSError, ValueError) as error:
            raise EncoderError(f"{path} of {where} is damaged ({error}): write the encoder folder again.") from error
        if broken:
            raise EncoderError(
                f"{where} has weights that are no numbers: tensor {broken!r} of {path.name} holds NaN or infinity. "
                "Get the checkpoint again, or use another one."
            )


def unreachable(spec: Encoder) -> str:
    """Why the files of a hub encoder can't be had from here; empty if they can, or it is no hub encoder."""
    if spec.package or is_folder(spec):
        return ""
    try:
        folder = encoder_file(spec, "config.json").parent
        if not any(folder.glob("*.safetensors")):
            require_hub(spec)
    except EncoderError as error:
        return str(error)
    return ""


def is_cached(spec: Encoder) -> bool:
    """Whether a hub encoder's configuration is in the hub's cache on this machine."""
    try:
        return encoder_file(spec, "config.json", download=False).is_file()
    except EncoderError:
        return False


@lru_cache(maxsize=64)
def _not_finite(path: Path, size: int, modified: int) -> str:
    """Name of the first tensor of a safetensors file with a value that is no number; empty if there is none."""
    for name, (kind, start, end) in weight_places(path).items():
        if kind not in _EXPONENTS or start == end:
            continue
        unsigned, bits = _EXPONENTS[kind]
        values = np.memmap(
            path, dtype=unsigned, mode="r", offset=start, shape=(end - start) // np.dtype(unsigned).itemsize
        )
        for begin in range(0, len(values), _CHUNK):
            if ((values[begin : begin + _CHUNK] & np.array(bits, unsigned)) == bits).any():
                return name
    return ""


@lru_cache(maxsize=8)
def _tokens(path: Path, size: int, changed: int) -> int:
    """Tokens of a tokenizer file as it is now, one more than the highest id: megabytes, parsed once a process."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        vocabulary = content["model"]["vocab"]
        highest = max(vocabulary.values()) if isinstance(vocabulary, dict) else len(vocabulary) - 1
        return 1 + max([highest, *(item["id"] for item in content.get("added_tokens") or [])])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(f"{path} is damaged ({error}): save the tokenizer again with save_pretrained.") from error


def _reads_both_ways(config: dict) -> bool:
    return config.get("is_causal") is False or bool(config.get("use_bidirectional_attention"))


def _is_known(kind: str) -> bool:
    """Whether transformers has a folder for a model type; transformers itself, slow to import, isn't."""
    found = find_spec("transformers")
    places = found.submodule_search_locations if found else ()
    return any((Path(place) / "models" / kind.replace("-", "_")).is_dir() for place in places) and bool(kind)
