"""Plain text with hidden tokens: which ones, what the head says of them, and what is scored."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rows import text_rows
from transformers import XLMRobertaForMaskedLM

from study_utils.catalog import task
from study_utils.data.rows import check_rows
from study_utils.encoders.load import quiet
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError
from study_utils.evaluation.predict import predict_features
from study_utils.formats import mask
from study_utils.formats.features import IGNORED, collate, encode_texts
from study_utils.metrics import score
from study_utils.model import TaskModel, encoder_under, make_heads
from study_utils.training.distributed import own_part

TEXT = task("message_text")


def encode(tokenizer, rows, *, seed=0, longest=32):
    return mask.encode(rows, TEXT, tokenizer, longest, seed=seed)


def test_labels_are_what_stood_there_and_special_tokens_stay(tokenizer):
    rows = text_rows(40)
    features, plain = encode(tokenizer, rows), encode_texts(tokenizer, rows["text"].tolist(), None, 32)
    guessed = features.labels != IGNORED
    assert (np.where(guessed, features.labels, features.ids) == plain.ids).all()
    assert (features.content == plain.content).all()
    assert features.content[guessed].all()
    assert (features.offsets == plain.offsets).all()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 5))
def test_of_every_text_the_same_share_is_chosen_and_at_least_one(tokenizer, lengths, seed):
    rows = pd.DataFrame({"id": range(len(lengths)), "language": "en", "text": ["the " * n for n in lengths]})
    found = encode(tokenizer, rows, seed=seed, longest=64)
    assert found.labelled.tolist() == [max(1, round(0.15 * n)) for n in lengths]


def test_eight_of_ten_are_hidden_one_replaced_one_left(tokenizer):
    rows = text_rows(6000)
    features = encode(tokenizer, rows)
    guessed = features.labels != IGNORED
    now, before = features.ids[guessed], features.labels[guessed]
    hidden = now == tokenizer.mask_token_id
    count = guessed.sum()
    assert hidden.mean() == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / count))
    # a replaced token can be the same by chance: with the frequencies uniform over 22 kinds, one in 22
    kinds = len(np.unique(features.used_ids[features.used_ids > 3])) - 1
    left = (now == before).mean()
    assert left == pytest.approx(0.1 + 0.1 / kinds, abs=4 * np.sqrt(0.1 / count))
    assert set(now[~hidden]) <= set(encode_texts(tokenizer, rows["text"].tolist(), None, 32).ids)


def test_every_place_of_a_text_is_chosen_alike(tokenizer):
    rows = pd.DataFrame({"id": range(4000), "language": "en", "text": "the light is on in the kitchen"})
    features = encode(tokenizer, rows)
    by_place = (features.labels != IGNORED).reshape(4000, -1)[:, 1:-1].mean(axis=0)
    assert by_place == pytest.approx(np.full(7, 1 / 7), abs=0.025)


def test_rows_and_seed_fix_which_tokens(tokenizer):
    rows = text_rows(30)
    one, again, other = (encode(tokenizer, rows, seed=seed) for seed in (1, 1, 2))
    assert (one.ids == again.ids).all()
    assert (one.labels == again.labels).all()
    assert (one.labels != other.labels).any()


def test_a_row_of_which_nothing_is_kept_gives_no_input(tokenizer):
    rows = text_rows(3).assign(text=["the light", "", "der film"])
    features = encode(tokenizer, rows)
    assert features.source.tolist() == [0, 2]
    assert len(features.ids) == features.offsets[-1]
    with pytest.raises(DataError, match="keeps nothing of any row"):
        encode(tokenizer, rows.iloc[[1]])


def test_a_tokenizer_without_a_mask_token_is_refused(tokenizer):
    bare = copy.deepcopy(tokenizer)
    bare.mask_token = None
    with pytest.raises(DataError, match="no mask token"):
        encode(bare, text_rows(2))


def test_labels_of_a_batch_are_compact_and_padded(tokenizer):
    features = encode(tokenizer, text_rows(8))
    vocabulary = Vocabulary.of(features.used_ids, tokenizer=tokenizer)
    index = np.array([5, 0, 3])
    labels = collate(features, index, vocabulary, tokenizer.pad_token_id)["labels"].numpy()
    for row, number in zip(labels, index):
        own = features.labels[features.offsets[number] : features.offsets[number + 1]]
        guessed = own != IGNORED
        assert ((row != IGNORED)[: len(own)] == guessed).all()
        assert (vocabulary.kept[row[: len(own)][guessed]] == own[guessed]).all()
        assert (row[len(own) :] == IGNORED).all()


def parts(base, rows, *, vocabulary=None):
    """Model, vocabulary and the whole of some rows as one batch."""
    features = encode(base.tokenizer, rows)
    vocabulary = vocabulary or Vocabulary.of(features.used_ids, tokenizer=base.tokenizer)
    encoder = encoder_under(base, vocabulary)
    model = TaskModel(encoder, make_heads([TEXT], encoder, "first", seed=0))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model, features, collate(features, np.arange(len(features)), vocabulary, base.tokenizer.pad_token_id)


def everything(base):
    return Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))


def test_outputs_and_loss_are_those_of_transformers(base):
    """With the full vocabulary and the same weights."""
    model, _, batch = parts(base, text_rows(10), vocabulary=everything(base))
    with quiet():
        theirs = XLMRobertaForMaskedLM(base.model.config).eval()
    theirs.roberta.load_state_dict(base.model.state_dict())
    head, own = theirs.lm_head, model.heads[TEXT.key]
    torch.nn.init.normal_(head.bias)
    own.load_state_dict(
        {
            **{f"dense.{k}": v for k, v in head.dense.state_dict().items()},
            **{f"norm.{k}": v for k, v in head.layer_norm.state_dict().items()},
            "bias": head.bias,
        }
    )
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "labels")}
    with torch.no_grad():
        outputs, found = model.train()(TEXT.key, batch), theirs(**inputs)
    torch.testing.assert_close(outputs, found.logits[batch["labels"] != IGNORED], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(mask.loss(outputs, batch["labels"]), found.loss)


def test_trimmed_the_outputs_are_those_of_the_kept_tokens(base):
    rows = text_rows(10)
    whole, features, full = parts(base, rows, vocabulary=everything(base))
    small, _, batch = parts(base, rows)
    kept = Vocabulary.of(features.used_ids, tokenizer=base.tokenizer).kept
    with torch.no_grad():
        outputs, reference = small.train()(TEXT.key, batch), whole.train()(TEXT.key, full)
    assert outputs.shape[1] == len(kept) < reference.shape[1]
    torch.testing.assert_close(outputs, reference[:, kept], atol=1e-5, rtol=1e-5)


def test_parts_of_several_processes_have_the_gradient_of_the_batch(base):
    rows = text_rows(9).assign(text=["the light " * (n + 1) for n in range(9)])
    model, features, _ = parts(base, rows)
    vocabulary = Vocabulary.of(features.used_ids, tokenizer=base.tokenizer)

    def gradients(inputs, weight):
        batch = collate(features, inputs, vocabulary, base.tokenizer.pad_token_id)
        loss = mask.loss(model.train()(TEXT.key, batch), batch["labels"]) * weight
        return torch.autograd.grad(loss, list(model.parameters()))

    index = np.array([4, 0, 8, 2, 7])
    whole = gradients(index, 1.0)
    shared = [gradients(*own_part(features, index, rank, 2)) for rank in range(2)]
    for one, *rest in zip(whole, *shared):
        torch.testing.assert_close(torch.stack(rest).mean(dim=0), one, atol=1e-6, rtol=1e-4)


def test_accuracy_is_the_share_of_hidden_tokens_that_are_found(base):
    rows = text_rows(12)
    model, features, batch = parts(base, rows)
    vocabulary = Vocabulary.of(features.used_ids, tokenizer=base.tokenizer)
    with torch.no_grad():
        best = model.train()(TEXT.key, batch).argmax(dim=-1)
    right = (best == batch["labels"][batch["labels"] != IGNORED]).float().mean().item()
    outputs = predict_features(model, TEXT.key, features, vocabulary, base.tokenizer.pad_token_id, torch.device("cpu"))
    found = mask.decode(outputs, features, rows, TEXT)
    assert found["total"].sum() == (features.labels != IGNORED).sum()
    assert found["correct"].sum() / found["total"].sum() == pytest.approx(right)
    assert list(found["example_id"]) == list(rows["id"])
    table = score(found, TEXT)
    assert set(table["metric"]) == {"masked_accuracy"}
    assert set(table["language"]) == {"en", "de"}


def test_equal_inputs_with_other_labels_are_not_taken_for_one(base):
    """Two texts that read alike once a word is hidden have different answers."""
    rows = pd.DataFrame({"id": range(2), "language": "en", "text": ["good", "bad"]})
    seeds = (encode(base.tokenizer, rows, seed=seed) for seed in range(100))
    features = next(f for f in seeds if set(f.ids[f.content]) == {base.tokenizer.mask_token_id})
    first, kind = features.distinct()
    assert len(first) == 2
    assert kind.tolist() == [0, 1]


def test_text_rows_are_checked():
    rows = pd.DataFrame({"id": ["a", "b"], "language": ["en", "de"], "text": ["a film", "ein Film"]})
    check_rows(rows, TEXT, where="f")
    with pytest.raises(DataError, match="empty text"):
        check_rows(rows.assign(text=["a film", " "]), TEXT, where="f")
