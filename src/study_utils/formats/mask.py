"""Mask: guess hidden tokens of plain text (masked-language modelling), an intermediate task only.

Of the tokens of a text, 15 % are chosen, at least one; 80 % of these are hidden behind the mask token, 10 % replaced
by another token of the text's rows, 10 % left as they are (BERT, arXiv 1810.04805). Rows and seed fix which, in every
epoch alike, so an interrupted run goes on with the same tokens and several processes agree on them.

The output layer is that of the encoder's pretraining (mostly its word embeddings), trimmed: the softmax is over the
tokens of the stage, not over all of the tokenizer's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch.nn import functional
from transformers import PretrainedConfig, PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.encoders.mask_head import GuessingHead, head_form
from study_utils.errors import DataError
from study_utils.formats.features import IGNORED, Features, encode_texts, offsets_of

CHOSEN = 0.15
"""Share of the tokens of a text that are guessed."""

HIDDEN, REPLACED = 0.8, 0.1
"""Shares of these that the mask token hides and that another token replaces; the rest stays."""


def encode(
    rows: pd.DataFrame, task: Task, tokenizer: PreTrainedTokenizerFast, max_length: int, *, seed: int = 0
) -> Features:
    """Tokenise `text`, cut to `max_length` tokens, and hide some; labels are the ids that stood there.

    A row of which the tokenizer keeps nothing gives no input.

    Raises
    ------
    DataError
        If the tokenizer has no mask token, or keeps nothing of any row.
    """
    if tokenizer.mask_token_id is None:
        raise DataError(f"task {task.key}: the encoder's tokenizer has no mask token; use another encoder, or no text")
    plain = _with_content(encode_texts(tokenizer, rows["text"].tolist(), None, max_length))
    if not len(plain):
        raise DataError(f"task {task.key}: the encoder's tokenizer keeps nothing of any row; use other text")
    rng = np.random.default_rng(seed)
    chosen = _chosen(plain, rng)
    ids, labels = plain.ids.copy(), np.full_like(plain.ids, IGNORED)
    labels[chosen] = ids[chosen]
    fate = rng.random(len(chosen))
    others = rng.choice(np.unique(plain.ids[plain.content]), len(chosen))
    ids[chosen] = np.where(
        fate < HIDDEN, tokenizer.mask_token_id, np.where(fate < HIDDEN + REPLACED, others, ids[chosen])
    )
    return Features(**{**vars(plain), "ids": ids, "labels": labels, "per_token": True, "labels_are_tokens": True})


def _with_content(features: Features) -> Features:
    """Leave out inputs of special tokens alone."""
    kept = np.add.reduceat(features.content, features.offsets[:-1], dtype=np.int64) > 0
    tokens = np.repeat(kept, features.lengths)
    return Features(
        ids=features.ids[tokens],
        offsets=offsets_of(features.lengths[kept]),
        content=features.content[tokens],
        source=features.source[kept],
        truncated=features.truncated,
    )


def _chosen(features: Features, rng: np.random.Generator) -> np.ndarray:
    """Positions of the tokens to guess: of each input the same share, those of the smallest random numbers."""
    places = np.flatnonzero(features.content)
    owner = np.repeat(np.arange(len(features)), features.lengths)[places]
    places = places[np.lexsort((rng.random(len(places)), owner))]
    counts = np.bincount(owner)
    rank = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(places[rank < np.maximum(1, np.round(CHOSEN * counts))[owner]])


class MaskHead(GuessingHead):
    """The encoder's masked-language head, at the tokens to guess.

    The embeddings come with each batch and belong to the encoder.
    """

    def forward(self, hidden: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map hidden states (inputs, tokens, width) to what the tokens to guess are.

        In training: (tokens to guess, tokens of the vocabulary), before the softmax. Else, since predictions are kept
        for every input: (inputs, tokens), 1 where the guess is right, 0 elsewhere.
        """
        guessed = batch["labels"] != IGNORED
        outputs = self.guess(hidden[guessed], batch["embeddings"])
        if self.training:
            return outputs
        right = hidden.new_zeros(guessed.shape)
        right[guessed] = (outputs.argmax(dim=-1) == batch["labels"][guessed]).to(right.dtype)
        return right


def make_head(task: Task, width: int, dropout: float, pooling: str, config: PretrainedConfig) -> MaskHead:
    """One output a token of the (trimmed) vocabulary; the weights are new."""
    return MaskHead(head_form(config), config.vocab_size)


def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross entropy, mean over the tokens to guess."""
    return functional.cross_entropy(outputs.float(), labels[labels != IGNORED])


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Share of the tokens to guess that were guessed right; one row an input. `gold` and `prediction` are counts."""
    right = np.array([values.sum() for values in outputs])
    total = features.labelled
    return pd.DataFrame(
        {
            "language": rows["language"].to_numpy()[features.source],
            "example_id": rows["id"].to_numpy()[features.source],
            "measure": "masked_accuracy",
            "gold": total.astype(str),
            "prediction": right.astype(int).astype(str),
            "correct": right.astype(float),
            "total": total.astype(float),
        }
    )
