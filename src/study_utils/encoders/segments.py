"""Token types: which text of a pair a token belongs to, for encoders that were pretrained to be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class Segments:
    """What tells the texts of an input apart.

    Attributes
    ----------
    separator : int
        Compact id of the token at the end of each text.
    classifier : int or None
        Compact id of a token with a type of its own (XLNet's last one); None where it belongs to the first text.
    """

    separator: int
    classifier: int | None = None

    def of(self, ids: torch.Tensor) -> torch.Tensor:
        """Token types, shape (inputs, tokens): 0 up to the first separator, then 1; 2 for the classifier token."""
        ends = (ids == self.separator).long()
        types = (ends.cumsum(dim=1) - ends).clamp(max=1)
        return types if self.classifier is None else types.masked_fill(ids == self.classifier, 2)


def segments_of(base: LoadedEncoder, vocabulary: Vocabulary) -> Segments | None:
    """Find what tells the texts of a pair apart under a vocabulary; None for an encoder without `Encoder.segments`."""
    if not base.spec.segments:
        return None
    special = [base.tokenizer.sep_token_id, base.tokenizer.cls_token_id]
    separator, classifier = map(int, vocabulary.compact(np.array(special)))
    return Segments(separator=separator, classifier=classifier if base.model.config.model_type == "xlnet" else None)
