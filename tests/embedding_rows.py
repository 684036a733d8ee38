"""Word embeddings of a model as an array."""

from __future__ import annotations

import numpy as np
import torch
from transformers import PreTrainedModel


def word_rows(model: PreTrainedModel) -> np.ndarray:
    """Copy a model's word embeddings, float32, shape [rows, width]; row i belongs to (compact) id i."""
    return model.get_input_embeddings().weight.detach().to("cpu", torch.float32, copy=True).numpy()
