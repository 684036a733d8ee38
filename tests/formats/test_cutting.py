"""Texts are cut as the tokenizer itself cuts them, without holding what is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from study_utils.formats.features import encode_texts

TEXTS = st.lists(st.sampled_from(["the", "light", "kitchen", "</s>", "lumière", "光", "x", " "]), max_size=30)


def _letters(single: str, pair: str) -> PreTrainedTokenizerFast:
    """A tokenizer of one token a byte, with a template."""
    names = ["<pad>", "[A]", "[B]", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    inner = Tokenizer(models.BPE(vocab={name: i for i, name in enumerate(names)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[("[A]", 1), ("[B]", 2)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>")


FRAMES = {
    "after": ("$A [B]", "$A [B] $B [B]"),
    "three": ("[A] $A [B]", "[A] $A [B] [B] $B:1 [B]:1"),
    "none": ("$A", "$A $B"),
}


@pytest.fixture(scope="module")
def tokenizers(tokenizer):
    return {"tiny": tokenizer} | {name: _letters(*frame) for name, frame in FRAMES.items()}


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4),
    pairs=st.booleans(),
    length=st.integers(5, 40),
    side=st.sampled_from(["right", "left"]),
    name=st.sampled_from(["tiny", *FRAMES]),
    chunk=st.sampled_from([1, 50, 1 << 20]),
)
def test_every_token_is_that_of_the_tokenizers_own_truncation(tokenizers, rows, pairs, length, side, name, chunk):
    tokenizer = tokenizers[name]
    texts, others = ([" ".join(words) for words in column] for column in zip(*rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizer, "truncation_side", side)
        patch.setattr("study_utils.formats.features.CHUNK", chunk)
        own = encode_texts(tokenizer, texts, others if pairs else None, length)
        expected = tokenizer(
            texts, others if pairs else None, truncation=True, max_length=length, return_special_tokens_mask=True
        )
    found = [own.ids[start:end].tolist() for start, end in zip(own.offsets, own.offsets[1:])]
    assert found == expected["input_ids"]
    assert own.content.tolist() == [not mark for row in expected["special_tokens_mask"] for mark in row]
    assert own.truncated == sum(bool(item.overflowing) for item in expected.encodings)


def test_long_texts_are_tokenised_few_at_once_and_never_cut_by_the_tokenizer(tokenizers, monkeypatch):
    """What the tokenizer cuts it keeps: of these pairs 16,000 parts each, a hundred megabytes."""
    tokenizer, asked = tokenizers["three"], []
    tokenise = type(tokenizer)._encode_plus

    def seen(self, text, *args, **options):
        asked.append(sum(map(len, text)))
        return tokenise(self, text, *args, **options)

    monkeypatch.setattr("study_utils.formats.features.CHUNK", 10_000)
    monkeypatch.setattr(type(tokenizer), "_encode_plus", seen)
    long = ["a" * 4_000] * 6
    assert encode_texts(tokenizer, long, long, 64).lengths.tolist() == [64] * 6
    assert tokenizer.backend_tokenizer.truncation is None
    assert max(asked) == 4_000
