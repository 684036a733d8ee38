"""The head that a checkpoint was pretrained with: what guesses hidden tokens from the encoder's vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

_ROBERTA, _BERT = "lm_head.", "cls.predictions."

_NAMES = {
    "dense.weight": (f"{_ROBERTA}dense.weight", f"{_BERT}transform.dense.weight"),
    "dense.bias": (f"{_ROBERTA}dense.bias", f"{_BERT}transform.dense.bias"),
    "norm.weight": (
        f"{_ROBERTA}layer_norm.weight",
        f"{_BERT}transform.LayerNorm.weight",
        f"{_BERT}transform.LayerNorm.gamma",
    ),
    "norm.bias": (
        f"{_ROBERTA}layer_norm.bias",
        f"{_BERT}transform.LayerNorm.bias",
        f"{_BERT}transform.LayerNorm.beta",
    ),
    "bias": (f"{_ROBERTA}bias", f"{_BERT}bias", f"{_ROBERTA}decoder.bias", f"{_BERT}decoder.bias"),
}
"""Weight to its names in checkpoints of RoBERTa's and BERT's kind (gamma and beta in those converted from TensorFlow).

The output matrix is not among them: it is the word embeddings, which the encoder has already.
"""


def pretrained_mask_head(folder: Path, kept: np.ndarray) -> dict[str, torch.Tensor] | None:
    """Read the masked-language head of a checkpoint.

    Parameters
    ----------
    folder : pathlib.Path
        `study_utils.encoders.load.LoadedEncoder.folder`.
    kept : numpy.ndarray of int64
        Original ids of the vocabulary, in order (`study_utils.encoders.vocabulary.Vocabulary.kept`).

    Returns
    -------
    dict of str to torch.Tensor or None
        float32: `dense.weight` and `norm.weight` with their biases, and `bias`, one value a kept id. None if the
        checkpoint has no complete head.
    """
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as tensors:
            there = set(tensors.keys())
            for name, stored in _NAMES.items():
                for own in stored:
                    if name not in found and own in there:
                        found[name] = tensors.get_tensor(own).to(torch.float32)
    if found.keys() != _NAMES.keys() or len(found["bias"]) <= kept[-1]:
        return None
    return found | {"bias": found["bias"][torch.from_numpy(kept)]}
