"""Tag: one tag for every word of a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import LANGUAGES, Task
from study_utils.catalog.perturbations import UNSPACED
from study_utils.encoders.words import word_pieces
from study_utils.formats.features import IGNORED, Features, flat, offsets_of, special_ids
from study_utils.formats.heads import TokenHead


def encode(rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int) -> Features:
    """Tokenise words as running text has them; the first sub-word carries the word's tag.

    Words are joined by blanks, in languages that write some, or by nothing; see `study_utils.encoders.words`.

    A sentence with more than `max_length` tokens is split between words into several inputs, so that every word
    gets a tag. A word with more sub-words than fit is cut.
    """
    numbers = {name: number for number, name in enumerate(task.labels)}
    begins, follows = word_pieces({word for tokens in rows["tokens"] for word in tokens}, tokenizer)
    before, after = special_ids(tokenizer, 1)
    room = max_length - len(before) - len(after)
    inputs, labels, content, source, cut = [], [], [], [], 0
    for row, (tokens, tags, code) in enumerate(zip(rows["tokens"], rows["tags"], rows["language"])):
        split = 0
        pieces, inner = begins, begins if LANGUAGES[code].script in UNSPACED else follows
        ids: list[int] = []
        marks: list[int] = []
        for word, tag in [*zip(tokens, tags), (None, None)]:
            own = pieces[word][:room] if word is not None else []
            pieces = inner
            if ids and (word is None or len(ids) + len(own) > room):
                inputs.append([*before, *ids, *after])
                labels.append([IGNORED] * len(before) + marks + [IGNORED] * len(after))
                content.append([False] * len(before) + [True] * len(ids) + [False] * len(after))
                source.append(row)
                split += 1
                ids, marks = [], []
            ids = ids + own
            marks = marks + ([numbers[tag]] + [IGNORED] * (len(own) - 1) if own else [])
        cut += split > 1
    return Features(
        ids=flat(inputs, np.int64),
        offsets=offsets_of([len(ids) for ids in inputs]),
        content=flat(content, bool),
        source=np.asarray(source),
        labels=flat(labels, np.int64),
        per_token=True,
        truncated=cut,
    )


def make_head(task: Task, width: int, dropout: float, pooling: str) -> nn.Module:
    """One output a tag for every token."""
    return TokenHead(width, len(task.labels), dropout)


def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross entropy, mean over the first sub-words of all words."""
    return functional.cross_entropy(outputs.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Tag of the highest output at the first sub-word of every word; one row a sentence."""
    names = np.asarray(task.labels, dtype=object)
    found: list[list[str]] = [[] for _ in range(len(rows))]
    for number, values in enumerate(outputs):
        start = features.offsets[number]
        first = features.labels[start : start + len(values)] != IGNORED
        found[features.source[number]] += list(names[values[first].argmax(axis=-1)])
    gold = rows["tags"].tolist()
    return pd.DataFrame(
        {
            "language": rows["language"].to_numpy(),
            "example_id": rows["id"].to_numpy(),
            "measure": "token_accuracy",
            "gold": [" ".join(tags) for tags in gold],
            "prediction": [" ".join(tags) for tags in found],
            "correct": [float(sum(a == b for a, b in zip(g, f, strict=True))) for g, f in zip(gold, found)],
            "total": [float(len(tags)) for tags in gold],
        }
    )
