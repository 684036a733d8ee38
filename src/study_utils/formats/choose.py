"""Choose: the right one of several continuations, such as the cause or the effect of what a text tells."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pandas as pd
import torch
from torch import nn
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.features import Features, encode_texts
from study_utils.formats.heads import SentenceHead


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise every choice as a pair with the text and its question.

    Labels are two values an input: the row, and whether the choice is the right one (1 or 0).
    """
    counts = rows["choices"].map(len).to_numpy()
    source = np.repeat(np.arange(len(rows)), counts)
    texts = (rows["text"] + " " + rows["question"]).str.strip().to_numpy(dtype=object)
    features = encode_texts(tokenizer, texts[source], list(chain.from_iterable(rows["choices"])), max_length)
    right = np.zeros(len(source), dtype=np.int64)
    right[np.cumsum(counts) - counts + rows["label"].to_numpy(np.int64)] = 1
    return Features(
        **{**vars(features), "source": source, "labels": np.stack([source, right], axis=1), "together": True}
    )


def make_head(task: Task, width: int, dropout: float, pooling: str) -> nn.Module:
    """One output: how well the choice fits."""
    return SentenceHead(width, 1, dropout, pooling)


def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the softmax over the choices of a row, mean over the rows."""
    values = outputs.float().squeeze(-1)
    rows, right = labels.unbind(dim=1)
    others = rows[:, None] != rows
    of_row = values.expand(len(values), -1).masked_fill(others, -torch.inf).logsumexp(dim=1)
    return (of_row - values)[right.bool()].mean()


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Choice with the highest output (the first, where several are equal); gold and prediction are positions."""
    values = np.concatenate(outputs)
    first = np.flatnonzero(np.diff(features.source, prepend=-1))
    found = np.array([part.argmax() for part in np.split(values, first[1:])])
    gold = rows["label"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "language": rows["language"].to_numpy(),
            "example_id": rows["id"].to_numpy(),
            "measure": "accuracy",
            "gold": gold.astype(str).astype(object),
            "prediction": found.astype(str).astype(object),
            "correct": (found == gold).astype(float),
            "total": 1.0,
        }
    )
