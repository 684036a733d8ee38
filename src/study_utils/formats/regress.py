"""Regress: one number for a pair of sentences, such as graded similarity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.classify import encode_pairs, features_with
from study_utils.formats.features import Features
from study_utils.formats.heads import SentenceHead


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise `text` and `text_pair`; labels are scaled from ``task.value_range`` to [0, 1]."""
    low, high = task.value_range
    scaled = (rows["label"].to_numpy(np.float64) - low) / (high - low)
    return features_with(encode_pairs(rows, tokenizer, max_length), scaled.astype(np.float32))


def make_head(task: Task, width: int, dropout: float, pooling: str) -> nn.Module:
    """One output."""
    return SentenceHead(width, 1, dropout, pooling)


def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Squared error of the scaled value, mean over the inputs."""
    return functional.mse_loss(outputs.float().squeeze(-1), labels)


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Value in the range of the task; correlations need all rows, so none is right or wrong by itself."""
    low, high = task.value_range
    return pd.DataFrame(
        {
            "language": rows["language"].to_numpy(),
            "example_id": rows["id"].to_numpy(),
            "measure": "spearman",
            "gold": [repr(float(value)) for value in rows["label"]],
            "prediction": [repr(float(values[0]) * (high - low) + low) for values in outputs],
            "correct": np.nan,
            "total": np.nan,
        }
    )
