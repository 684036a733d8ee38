"""Words of tagging tasks as pieces: those that they have in running text, by the tokenizer's own rule for blanks.

XLM-R's and BERT's tokenizers cut a word alike wherever it stands. Byte-level BPE without prefix space (RoBERTa,
ModernBERT, EuroBERT) and Gemma's kind (mmBERT) mark the blank before a word on its first piece, so that a word alone is
cut as only the first one of a text is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.encoders import Encoder
from study_utils.encoders.facts import encoder_file
from study_utils.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

_BEFORE = "a"
"""Stands before a word, with a blank between, while its pieces within a text are looked for."""

Pieces = dict[str, list[int]]
"""Word to the ids of its pieces, one at least."""


def word_pieces(words: Collection[str], tokenizer: PreTrainedTokenizerFast) -> tuple[Pieces, Pieces]:
    """Cut words.

    Returns
    -------
    begins, follows : dict of str to list of int
        Pieces of a word that begins a text, or follows another one without a blank; and of one that follows a blank. A
        word of which the tokenizer keeps nothing has the unknown token (without one, the mask token).
    """
    words = sorted(set(words))
    plain = {"add_special_tokens": False, "return_attention_mask": False, "return_token_type_ids": False}
    stands_in = (tokenizer.unk_token_id, tokenizer.mask_token_id, tokenizer.pad_token_id)
    unknown = [next(item for item in stands_in if item is not None)]
    if not words:
        return {}, {}
    begins = dict(zip(words, (ids or unknown for ids in tokenizer(words, **plain)["input_ids"])))
    if not marks_blanks_by(tokenizer.backend_tokenizer):
        return begins, begins
    behind = tokenizer([f"{_BEFORE} {word}" for word in words], return_offsets_mapping=True, **plain)
    follows = {}
    for word, ids, spans in zip(words, behind["input_ids"], behind["offset_mapping"]):
        own = [piece for piece, (_, end) in zip(ids, spans) if end > len(_BEFORE)]
        follows[word] = own or unknown
    return begins, follows


def marks_blanks(spec: Encoder) -> bool:
    """Whether a word has other pieces behind a blank than alone: as declared, else as its tokenizer file says.

    Raises
    ------
    EncoderError
        If the file is missing, can't be reached or can't be read.
    """
    if spec.marks_blanks is not None:
        return spec.marks_blanks
    path = encoder_file(spec, "tokenizer.json")
    try:
        status = path.stat()
        return _marks_blanks(path.resolve(), status.st_size, status.st_mtime_ns)
    except Exception as error:  # the tokenizers package raises nothing narrower
        raise EncoderError(f"{path} is damaged ({error}): save the tokenizer again with save_pretrained.") from error


@lru_cache(maxsize=64)
def _marks_blanks(path: Path, size: int, modified: int) -> bool:
    from tokenizers import Tokenizer

    plain = {"type": "WordLevel", "vocab": {"": 0}, "unk_token": ""}
    rules = {"version": "1.0", **_rules(path.read_text(encoding="utf-8")), "model": plain}
    return marks_blanks_by(Tokenizer.from_str(json.dumps(rules)))


def marks_blanks_by(backend: Tokenizer) -> bool:
    """Whether what a tokenizer cuts into pieces tells ``a a`` from ``a`` twice, blanks left out."""

    def kept(text: str) -> str:
        text = text if backend.normalizer is None else backend.normalizer.normalize_str(text)
        parts = [(text, None)] if backend.pre_tokenizer is None else backend.pre_tokenizer.pre_tokenize_str(text)
        return "".join(part for part, _ in parts)

    return kept("a a") != 2 * kept("a")


def _rules(text: str) -> dict:
    """Normaliser and pre-tokenizer of a tokenizer file; its vocabulary, megabytes behind them, isn't parsed."""
    found = {}
    for name in ("normalizer", "pre_tokenizer"):
        key = re.search(rf'"{name}"\s*:\s*', text)
        found[name] = None if key is None else json.JSONDecoder().raw_decode(text, key.end())[0]
    return found
