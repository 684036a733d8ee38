"""The layers on top of an encoder: one for a whole input, one for every token."""

from __future__ import annotations

import torch
from torch import nn


class SentenceHead(nn.Module):
    """Dense layer with tanh, then the outputs: the classification head of RoBERTa and XLM-R.

    Reads the sentence vector: the first token, the last one (XLNet), or the mean over the tokens of the text.
    """

    def __init__(self, width: int, outputs: int, dropout: float, pooling: str) -> None:
        super().__init__()
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(width, width)
        self.out = nn.Linear(width, outputs)

    def forward(self, hidden: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map hidden states (inputs, tokens, width) to outputs (inputs, outputs)."""
        vectors = _VECTORS[self.pooling](hidden, batch)
        dense = torch.tanh(self.dense(self.dropout(vectors)))
        return self.out(self.dropout(dense))


class TokenHead(nn.Module):
    """A linear layer on every token."""

    def __init__(self, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, outputs)

    def forward(self, hidden: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map hidden states (inputs, tokens, width) to outputs (inputs, tokens, outputs)."""
        return self.out(self.dropout(hidden))


def mean_vectors(hidden: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean over the tokens of the text, without special tokens; over all tokens where there are no others."""
    content, mask = batch["content"], batch["attention_mask"].bool()
    used = torch.where(content.any(dim=1, keepdim=True), content, mask).unsqueeze(-1)
    return (hidden * used).sum(dim=1) / used.sum(dim=1)


def last_vectors(hidden: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Last token of every input, before the padding."""
    return hidden[torch.arange(len(hidden), device=hidden.device), batch["attention_mask"].sum(dim=1) - 1]


_VECTORS = {"first": lambda hidden, batch: hidden[:, 0], "last": last_vectors, "mean": mean_vectors}
"""Pooling of an encoder to the function that makes sentence vectors."""


def sentence_vectors(
    hidden: torch.Tensor, batch: dict[str, torch.Tensor], pooling: str, special_tokens: bool
) -> torch.Tensor:
    """Sentence vectors of a batch, float32, shape (inputs, width): a pooling, with or without special tokens."""
    if pooling == "mean" and special_tokens:
        batch = {**batch, "content": batch["attention_mask"].bool()}
    return _VECTORS[pooling](hidden.float(), batch)
