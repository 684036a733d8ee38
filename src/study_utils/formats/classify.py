"""Classify: one label for a sentence or a pair of sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.features import Features, encode_texts
from study_utils.formats.heads import SentenceHead


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise `text` (and `text_pair` where a row has one); labels are positions in ``task.labels``."""
    numbers = {name: number for number, name in enumerate(task.labels)}
    features = encode_pairs(rows, tokenizer, max_length)
    return features_with(features, rows["label"].map(numbers).to_numpy(np.int64))


def encode_pairs(rows: pd.DataFrame, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise rows as pairs if any of them has a second text."""
    pairs = rows["text_pair"].tolist() if (rows["text_pair"] != "").any() else None
    return encode_texts(tokenizer, rows["text"].tolist(), pairs, max_length)


def features_with(features: Features, labels: np.ndarray) -> Features:
    """Add one label an input."""
    return Features(**{**vars(features), "labels": labels})


def make_head(task: Task, width: int, dropout: float, pooling: str) -> nn.Module:
    """One output a label."""
    return SentenceHead(width, len(task.labels), dropout, pooling)


def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross entropy, mean over the inputs."""
    return functional.cross_entropy(outputs.float(), labels)


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Label of the highest output (of the first, where several are equal)."""
    names = np.asarray(task.labels, dtype=object)
    found = names[[int(values.argmax()) for values in outputs]]
    gold = rows["label"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "language": rows["language"].to_numpy(),
            "example_id": rows["id"].to_numpy(),
            "measure": "accuracy",
            "gold": gold,
            "prediction": found,
            "correct": (found == gold).astype(float),
            "total": 1.0,
        }
    )
