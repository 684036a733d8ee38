"""Whether a tokenizer puts a special token at the ends of an input, for vectors that are read there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.encoders import Encoder
from study_utils.encoders.identity import PACKAGED_FOLDERS, is_folder, shipped_folder
from study_utils.errors import EncoderError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_ENDS = {"first": 0, "last": -1}


def check_ends(tokenizer: PreTrainedTokenizerFast, pooling: str, *, encoder: str) -> None:
    """Refuse to read sentence vectors at a token that the tokenizer doesn't add.

    Raises
    ------
    EncoderError
        If it puts no special token first, or last.
    """
    if pooling in _ENDS:
        _check(tokenizer("a", return_special_tokens_mask=True)["special_tokens_mask"], pooling, encoder=encoder)


def check_declared_ends(spec: Encoder, pooling: str) -> None:
    """Do as `check_ends` without loading the encoder, where its tokenizer is a file on this machine."""
    if pooling not in _ENDS or not (is_folder(spec) or spec.package in PACKAGED_FOLDERS):
        return
    from tokenizers import Tokenizer

    path = (shipped_folder(spec.package) if spec.package else Path(spec.hub_id)) / "tokenizer.json"
    if path.is_file():  # else its folder is refused for that
        _check(Tokenizer.from_file(str(path)).encode("a").special_tokens_mask, pooling, encoder=spec.key)


def _check(mask: list[int], pooling: str, *, encoder: str) -> None:
    if not mask[_ENDS[pooling]]:
        raise EncoderError(
            f"the tokenizer of encoder {encoder!r} puts no special token {pooling}, so there is no {pooling} token to "
            "read a sentence vector from: --set evaluation.retrieval.pooling=mean"
        )
