"""Trimming loses nothing: outputs are equal, padding keeps its id, untouched rows stay pretrained."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from embedding_rows import word_rows
from encoder_texts import AWKWARD, SCRIPTS
from hypothesis import given
from hypothesis import strategies as st

from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.vocabulary import Vocabulary, expand
from study_utils.errors import EncoderError
from study_utils.model import encoder_under

TEXTS = [*SCRIPTS.values(), AWKWARD["emoji"], AWKWARD["mixed direction"], ""]


def encode(encoder: LoadedEncoder, texts: list[str]) -> dict[str, np.ndarray]:
    return dict(
        encoder.tokenizer(texts, padding=True, truncation=True, max_length=encoder.max_length, return_tensors="np")
    )


def outputs(model, batch: dict[str, np.ndarray], vocabulary: Vocabulary | None = None) -> torch.Tensor:
    ids = batch["input_ids"] if vocabulary is None else vocabulary.compact(batch["input_ids"])
    with torch.inference_mode():
        return model(
            input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(batch["attention_mask"])
        ).last_hidden_state


def trimmed(encoder: LoadedEncoder, vocabulary: Vocabulary):
    return encoder_under(encoder, vocabulary)


@pytest.fixture(params=["packaged", "tiny"])
def loaded(request) -> LoadedEncoder:
    """A BertModel with absolute positions, and an XLM-R, whose position ids follow from the padding id."""
    return request.getfixturevalue(request.param)


def test_outputs_are_equal_before_and_after(loaded) -> None:
    batch = encode(loaded, TEXTS)
    vocabulary = Vocabulary.of(batch["input_ids"], tokenizer=loaded.tokenizer)
    model = trimmed(loaded, vocabulary)
    assert len(vocabulary) < len(loaded.tokenizer)
    assert model.get_input_embeddings().weight.shape == (len(vocabulary), model.config.hidden_size)
    difference = (outputs(model, batch, vocabulary) - outputs(loaded.model, batch)).abs().max().item()
    assert difference <= 1e-6


def test_padding_keeps_its_id_and_this_matters(tiny) -> None:
    """XLM-R numbers positions from the padding id: with another one the outputs would change."""
    batch = encode(tiny, ["Turn on the light", "kitchen"])
    vocabulary = Vocabulary.of(batch["input_ids"], tokenizer=tiny.tokenizer)
    model = trimmed(tiny, vocabulary)
    pad = tiny.tokenizer.pad_token_id
    assert vocabulary.compact(np.array([pad])).tolist() == [pad]
    assert model.config.pad_token_id == model.get_input_embeddings().padding_idx == pad
    assert model.config.vocab_size == len(vocabulary)
    assert set(tiny.tokenizer.all_special_ids) <= set(vocabulary.kept.tolist())
    model.embeddings.padding_idx = 2
    assert (outputs(model, batch, vocabulary) - outputs(tiny.model, batch)).abs().max() > 1e-3


def test_vocabulary_of_keeps_every_id_up_to_padding() -> None:
    class Tokenizer:
        """Padding in the middle of the ids, as some encoders have it."""

        pad_token_id, all_special_ids = 4, [4, 7]

        def __len__(self) -> int:
            return 20

    vocabulary = Vocabulary.of([11, 11, 9], tokenizer=Tokenizer())
    assert vocabulary.kept.tolist() == [0, 1, 2, 3, 4, 7, 9, 11]
    assert vocabulary.compact(np.array([[4, 7], [11, 0]])).tolist() == [[4, 5], [7, 0]]


def test_padding_at_the_end_is_kept_alone() -> None:
    class Tokenizer:
        """Padding after all other ids, as mmBERT and EuroBERT have it."""

        pad_token_id, all_special_ids = 900, [0, 1, 900]

        def __len__(self) -> int:
            return 902

    vocabulary = Vocabulary.of([300, 300, 20], tokenizer=Tokenizer())
    assert vocabulary.kept.tolist() == [0, 1, 20, 300, 900]
    assert [vocabulary.number(item) for item in (900, 300, 5, 901, 902, -1, None)] == [4, 3, *[None] * 5]
    assert [vocabulary.original(item) for item in (4, 0, 5, -1, None)] == [900, 0, None, None, None]


def test_unknown_ids_are_refused() -> None:
    vocabulary = Vocabulary(kept=np.array([0, 1, 5]), size_full=8)
    for wrong in (4, 7, 8, -1):
        with pytest.raises(EncoderError, match=rf"1 token ids, {wrong} first, are not among the 3"):
            vocabulary.compact(np.array([0, wrong]))
    assert vocabulary.compact(np.empty((2, 0))).shape == (2, 0)


@given(st.sets(st.integers(0, 99), min_size=1), st.sets(st.integers(0, 99), min_size=1))
def test_compact_ids_stand_for_the_original_ones_and_union_holds_both(first: set[int], second: set[int]) -> None:
    one, two = (Vocabulary(kept=np.array(sorted(ids)), size_full=100) for ids in (first, second))
    both = one.union(two)
    assert both == two.union(one)
    assert set(both.kept.tolist()) == first | second
    ids = np.array([*first, *second])
    np.testing.assert_array_equal(both.kept[both.compact(ids)], ids)
    np.testing.assert_array_equal(both.compact(both.kept), np.arange(len(both)))


@pytest.mark.parametrize(
    "kept", [[], [1, 1], [2, 1], [-1, 2], [1, 8], [1.0, 2.0], [[1, 2]]], ids=lambda kept: repr(kept)
)
def test_malformed_vocabularies_are_refused(kept: list) -> None:
    with pytest.raises(EncoderError):
        Vocabulary(kept=np.array(kept), size_full=8)


def test_vocabularies_of_other_tokenizers_are_refused(tiny) -> None:
    one, other = (Vocabulary(kept=np.array([0, 1]), size_full=size) for size in (8, 9))
    assert one != other
    with pytest.raises(EncoderError, match="8 and 9 ids have no union"):
        one.union(other)
    vocabulary = Vocabulary.of([10, 20], tokenizer=tiny.tokenizer)
    model = trimmed(tiny, vocabulary)
    with pytest.raises(EncoderError, match="give the one it was trained under"):
        expand(model, Vocabulary.of([10], tokenizer=tiny.tokenizer), vocabulary, word_rows(tiny.model))


def train(model, ids: list[np.ndarray], mask: np.ndarray) -> None:
    """A few AdamW steps with weight decay on the other matrices only, as this project trains."""
    embeddings = {id(parameter) for parameter in model.get_input_embeddings().parameters()}
    groups = [
        {
            "params": [p for p in model.parameters() if p.ndim > 1 and id(p) not in embeddings],
            "weight_decay": 0.1,
        },
        {
            "params": [p for p in model.parameters() if p.ndim == 1 or id(p) in embeddings],
            "weight_decay": 0.0,
        },
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-2)
    for batch in ids:
        hidden = model(input_ids=torch.from_numpy(batch), attention_mask=torch.from_numpy(mask)).last_hidden_state
        (hidden * torch.linspace(-1, 1, hidden.shape[-1])).sum(-1)[:, 0].pow(2).mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def test_expanding_equals_never_having_trimmed(tiny) -> None:
    """Train trimmed, then expand to other texts; train untrimmed; both models are the same everywhere."""
    seen = encode(tiny, ["turn on the light", "not a good film"])
    unseen = encode(tiny, ["Licht! и не свет", "प्रकाश nuru 光", "turn off"])
    base = word_rows(tiny.model)
    trained = Vocabulary.of(seen["input_ids"], tokenizer=tiny.tokenizer)
    wanted = Vocabulary.of(unseen["input_ids"], tokenizer=tiny.tokenizer)
    small = trimmed(tiny, trained)
    train(small, [trained.compact(seen["input_ids"])] * 3, seen["attention_mask"])
    full = copy.deepcopy(tiny.model)
    train(full, [seen["input_ids"]] * 3, seen["attention_mask"])

    expand(small, trained, wanted, base)
    assert small.config.vocab_size == len(wanted)
    shared = np.intersect1d(trained.kept, wanted.kept)
    assert len(shared) > len(tiny.tokenizer.all_special_ids)
    assert not np.allclose(word_rows(small)[wanted.compact(shared)], base[shared], atol=1e-4)  # were trained
    np.testing.assert_allclose(word_rows(small), word_rows(full)[wanted.kept], atol=1e-6)
    difference = (outputs(small, unseen, wanted) - outputs(full, unseen)).abs().max().item()
    assert difference <= 1e-6
    assert (outputs(small, unseen, wanted) - outputs(tiny.model, unseen)).abs().max() > 1e-2


def test_rows_that_never_occurred_stay_exactly_pretrained(tiny) -> None:
    """The reason why expanding is exact; with weight decay on embeddings it would not be."""
    seen = encode(tiny, ["turn on the light", "film"])
    base = word_rows(tiny.model)
    train(tiny.model, [seen["input_ids"]] * 3, seen["attention_mask"])
    occurred = np.unique(seen["input_ids"][seen["attention_mask"] == 1])
    others = np.setdiff1d(np.arange(len(base)), occurred)
    np.testing.assert_array_equal(word_rows(tiny.model)[others], base[others])
    assert (np.abs(word_rows(tiny.model)[occurred] - base[occurred]).max(axis=1) > 1e-4).all()


def test_base_rows_may_be_a_function_and_must_fit(tiny) -> None:
    base = word_rows(tiny.model)
    trained, wanted = (Vocabulary.of(ids, tokenizer=tiny.tokenizer) for ids in ([5, 6], [6, 7, 400]))
    models = [trimmed(tiny, trained) for _ in range(4)]
    expand(models[0], trained, wanted, base)
    expand(models[1], trained, wanted, lambda ids: base[ids])
    np.testing.assert_array_equal(word_rows(models[0]), base[wanted.kept])
    np.testing.assert_array_equal(word_rows(models[1]), base[wanted.kept])
    with pytest.raises(EncoderError, match="base rows end at id 99, wanted is 400"):
        expand(models[2], trained, wanted, base[:100])
    with pytest.raises(EncoderError, match="base rows have shape"):
        expand(models[3], trained, wanted, base[:, :8])


def test_the_mode_is_kept(tiny) -> None:
    tiny.model.train()
    model = trimmed(tiny, Vocabulary.of([9], tokenizer=tiny.tokenizer))
    assert all(module.training for module in model.modules())
