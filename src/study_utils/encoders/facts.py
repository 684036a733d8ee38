"""How deep, wide and large an encoder is, told without its weights. Works without torch."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from study_utils.catalog.encoders import Encoder
from study_utils.encoders.identity import PACKAGED_FILES, is_folder, shipped_folder
from study_utils.errors import EncoderError

_NAMES = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "width": ("hidden_size", "d_model", "dim"),
    "inner": ("intermediate_size", "d_inner", "ffn_dim", "hidden_dim"),
}
"""What is asked for to its names in the configurations of transformers."""

_GATED = ("modernbert", "eurobert")
"""Model types whose feed-forward layers have a third matrix, a gate."""

_MASKED = ("ForMaskedLM", "ForPreTraining")
_HEADS = ("lm_head.", "cls.predictions.", "lm_predictions.", "decoder.", "head.", "predictions.")
"""How classes with a masked-language head end, and names of its weights begin."""

_PATIENCE = 10.0
"""Seconds that the hub has to answer."""

_ROWS = 25_000
"""Embedding rows that a trimmed vocabulary is taken to have, for the size of a checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Sizes of an encoder.

    Attributes
    ----------
    kind : str
        Its ``model_type`` in transformers; empty where a catalogue declaration alone was asked.
    layers : int
        Transformer layers. `output_hidden_states` gives one more: the embeddings come first.
    width : int
        Size of a hidden state.
    weights : int
        Weights in the layers' matrices, without the embeddings.
    checkpoint_mb : int
        About the size in MB of a trained model with a trimmed vocabulary, float32.
    """

    kind: str
    layers: int
    width: int
    weights: int
    checkpoint_mb: int


def architecture(spec: Encoder) -> Architecture:
    """Tell an encoder's depth, width and size: as declared in the catalogue, else from its configuration.

    Raises
    ------
    EncoderError
        If its configuration is missing, can't be reached, is no JSON or doesn't say its sizes, or says that it has no
        layer.
    """
    if spec.layers:
        return Architecture(
            kind="",
            layers=spec.layers,
            width=spec.width,
            weights=spec.weights,
            checkpoint_mb=spec.checkpoint_mb,
        )
    return _of(configuration(spec), where=named(spec))


def named(spec: Encoder) -> str:
    """Name an encoder in a message, with where its weights are."""
    source = spec.hub_id or f"package {spec.package}"
    return f"encoder {spec.key!r}" + ("" if source == spec.key else f" ({source})")


def has_mask_head(spec: Encoder) -> bool | None:
    """Whether an encoder's files show a masked-language head, which training then looks at weight by weight.

    Returns
    -------
    bool or None
        False if neither its configuration nor a name of a weight speaks of one; None where the files aren't here.
    """
    if spec.package in PACKAGED_FILES:
        return False
    try:
        folder = encoder_file(spec, "config.json", download=False).parent
        classes = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or []
        names = [name for path in folder.glob("*.safetensors") for name in weight_places(path)]
    except (EncoderError, OSError, ValueError):
        return None
    if not names:
        return None
    return any(name.endswith(_MASKED) for name in classes) or any(name.startswith(_HEADS) for name in names)


def weight_places(path: Path) -> dict[str, tuple[str, int, int]]:
    """Names of a safetensors file's tensors to their type, first byte and the byte after the last, from its header.

    Raises
    ------
    ValueError
        If the header can't be read, or speaks of bytes that the file doesn't have.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= size - 8:
            raise ValueError(f"{path.name} has no safetensors header")
        header = json.loads(file.read(length))
    try:
        found = {
            name: (item["dtype"], *(8 + length + offset for offset in item["data_offsets"]))
            for name, item in header.items()
            if name != "__metadata__"
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} has another header than safetensors ({error})") from error
    if any(not 0 <= start <= end <= size for _, start, end in found.values()):
        raise ValueError(f"{path.name} is shorter than its header says")
    return found


def configuration(spec: Encoder) -> dict:
    """Read an encoder's ``config.json``: of a folder, also one that a package ships, or of the hub or its cache.

    Raises
    ------
    EncoderError
        If it is missing, can't be reached or is no JSON.
    """
    path = encoder_file(spec, "config.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{path} of encoder {spec.key!r} is missing or damaged ({error}): write the encoder folder again with "
            "save_pretrained."
        ) from error
    if not isinstance(found, dict):
        raise EncoderError(f"{path} of encoder {spec.key!r} holds no fields: write it again with save_pretrained.")
    return found


def encoder_file(spec: Encoder, name: str, *, download: bool = True) -> Path:
    """Find a file of an encoder: in its folder, also one that a package ships, or of the hub or its cache.

    Raises
    ------
    EncoderError
        If the hub can't be reached (or isn't asked: `download`) and its cache lacks the file. A folder may lack it.
    """
    if spec.package:
        return shipped_folder(spec.package) / name
    if is_folder(spec):
        return Path(spec.hub_id) / name
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils import httpx

    asked = {"repo_id": spec.hub_id, "filename": name, "revision": spec.revision}
    try:
        with contextlib.suppress(OSError):  # not in the cache
            return Path(hf_hub_download(**asked, local_files_only=True))
        if download:
            require_hub(spec)
        return Path(hf_hub_download(**asked, local_files_only=not download))
    except (OSError, httpx.HTTPError, ValueError) as error:
        raise _not_reached(spec, (str(error).strip().splitlines() or [type(error).__name__])[0]) from error


def require_hub(spec: Encoder) -> None:
    """Refuse an encoder of which files must be downloaded where the hub doesn't answer, or is switched off.

    Raises
    ------
    EncoderError
        With what to do.
    """
    if trouble := hub_trouble():
        raise _not_reached(spec, trouble)


def _not_reached(spec: Encoder, reason: str) -> EncoderError:
    return EncoderError(
        f"{named(spec)} can't be reached ({reason}): check the id and the revision; without internet download it "
        f"beforehand: hf download {spec.hub_id} --revision {spec.revision}; or give a folder."
    )


@lru_cache(maxsize=1)
def hub_trouble() -> str:
    """Why the hub can't be asked; empty if it can. One quick request: its client tries for half a minute."""
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session, httpx

    if constants.HF_HUB_OFFLINE:
        return "the hub is switched off by HF_HUB_OFFLINE, and not all files are in its cache"
    try:
        get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
    except (OSError, httpx.HTTPError) as error:
        return f"{constants.ENDPOINT}: {error}"
    return ""


def _of(config: Mapping[str, object], *, where: str) -> Architecture:
    sizes = {what: _size(config, names, where=where) for what, names in _NAMES.items()}
    layers, width, inner = sizes["layers"], sizes["width"], sizes["inner"]
    kind = str(config.get("model_type", ""))
    weights = layers * (4 * width * width + (3 if kind in _GATED else 2) * width * inner)
    return Architecture(
        kind=kind,
        layers=layers,
        width=width,
        weights=weights,
        checkpoint_mb=round(4 * (weights + _ROWS * width) / 1e6),
    )


def _size(config: Mapping[str, object], names: tuple[str, ...], *, where: str) -> int:
    said = [config[name] for name in names if config.get(name) is not None]
    if not said or isinstance(said[0], bool) or not isinstance(said[0], int):
        raise EncoderError(f"config.json of {where} doesn't say {names[0]}: use another encoder.")
    if said[0] < 1:
        raise EncoderError(f"config.json of {where} says {names[0]} {said[0]}: an encoder has at least one.")
    return said[0]
