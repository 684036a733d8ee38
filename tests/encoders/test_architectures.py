"""Every architecture under one interface: padding, positions, token types, trimming, all formats, training, pooling."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from architectures import MASKED, make_encoder
from embedding_rows import word_rows
from rows import answer_rows, choose_rows, classify_rows, regress_rows, tag_rows, text_rows

from study_utils.catalog import encoder, task
from study_utils.encoders.load import LoadedEncoder, load_encoder
from study_utils.encoders.segments import segments_of
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.evaluation.predict import predict
from study_utils.formats import format_of
from study_utils.formats.features import collate, encode_texts
from study_utils.formats.heads import SentenceHead
from study_utils.model import TaskModel, encoder_under, load_trained
from study_utils.training import TaskRows, TrainingSettings, train

TEXTS = ["the film is good", "turn on the light and not off", "gut", "ein Licht, naïve 光"]
FORMATS_MADE = {"sst2": classify_rows, "stsb": regress_rows, "udpos": tag_rows, "commonsenseqa": choose_rows,
                "squad1": answer_rows, "message_text": text_rows}  # fmt: skip
"""Task to what makes rows of its format."""

PAIRED = ("bert", "xlnet")
"""Kinds that are told the texts of a pair apart."""


def declared(kind: str, folder: Path, **changes: object):
    own = {"pooling": "last" if kind == "xlnet" else "first", "segments": kind in PAIRED}
    return dataclasses.replace(encoder(str(folder)), **{**own, **changes})


@pytest.fixture(scope="module", params=[*MASKED, "xlnet"])
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(kind, tmp_path_factory) -> Path:
    return make_encoder(kind, tmp_path_factory.mktemp(kind) / "encoder", head=kind in MASKED)


@pytest.fixture
def loaded(kind, folder, tmp_path) -> LoadedEncoder:
    return load_encoder(declared(kind, folder), cache=tmp_path)


def whole(loaded: LoadedEncoder) -> Vocabulary:
    return Vocabulary(kept=np.arange(len(loaded.tokenizer)), size_full=len(loaded.tokenizer))


def hidden(loaded: LoadedEncoder, texts: list[str], vocabulary: Vocabulary, pairs: list[str] | None = None):
    """Hidden states as training and prediction make them, one array a text without its padding."""
    features = encode_texts(loaded.tokenizer, texts, pairs, 64)
    batch = collate(features, np.arange(len(texts)), vocabulary, loaded.tokenizer.pad_token_id)
    model = TaskModel(encoder_under(loaded, vocabulary), torch.nn.ModuleDict(), segments_of(loaded, vocabulary))
    with torch.inference_mode():
        found = model.eval().hidden(batch)
    return [values[:length] for values, length in zip(found, features.lengths)]


def test_the_longest_input_is_that_of_the_positions(kind, loaded) -> None:
    assert loaded.max_length == (128 if kind in ("roberta", "xlmr", "xlmr_xl") else 512)  # of 130 positions; declared


def test_padding_changes_nothing_though_xlnet_was_padded_on_the_left(loaded) -> None:
    together = hidden(loaded, TEXTS, whole(loaded))
    alone = [hidden(loaded, [text], whole(loaded))[0] for text in TEXTS]
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(together, alone))


def test_a_pair_is_read_as_by_transformers_itself(loaded) -> None:
    others = ["not bad", "the light", "film", "a"]
    found = hidden(loaded, TEXTS, whole(loaded), others)
    for text, other, values in zip(TEXTS, others, found):
        batch = loaded.tokenizer(text, other, return_tensors="pt", return_token_type_ids=loaded.spec.segments)
        with torch.inference_mode():
            assert torch.allclose(loaded.model(**batch).last_hidden_state[0], values, atol=1e-5)


def test_without_token_types_a_pair_is_another_input(kind, folder, loaded, tmp_path) -> None:
    plain = load_encoder(declared(kind, folder, segments=False), cache=tmp_path)
    assert segments_of(plain, whole(plain)) is None
    one, other = (hidden(item, ["the film"], whole(item), ["is good"])[0] for item in (loaded, plain))
    assert torch.equal(one, other) == (kind not in PAIRED)


def test_trimming_loses_nothing(loaded) -> None:
    ids = encode_texts(loaded.tokenizer, TEXTS, None, 64).ids
    few = Vocabulary.of(ids, tokenizer=loaded.tokenizer)
    assert len(few) < len(loaded.tokenizer)
    full, trimmed = (hidden(loaded, TEXTS, vocabulary) for vocabulary in (whole(loaded), few))
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(full, trimmed))
    np.testing.assert_array_equal(word_rows(encoder_under(loaded, few)), word_rows(loaded.model)[few.kept])


def test_it_trains_on_every_format_is_saved_and_read_back(kind, loaded, tmp_path) -> None:
    made = (
        FORMATS_MADE if kind in MASKED else {key: make for key, make in FORMATS_MADE.items() if make is not text_rows}
    )
    settings = TrainingSettings(epochs=1, learning_rate=5e-3, batch_size=8, max_length=64)
    rows = [TaskRows(task=task(key), train=make(8), validation=None if make is text_rows else make(4, seed=4))
            for key, make in made.items()]  # fmt: skip
    result = train(loaded, rows, settings, seed=0, folder=tmp_path / "run", device="cpu")
    assert np.isfinite(result.history["loss"]).all()
    again = load_trained(tmp_path / "run", loaded)
    for key, make in made.items():
        if make is text_rows:  # an intermediate task alone: nothing is predicted
            continue
        one, two = (predict(m, task(key), make(6, seed=8), max_length=64, device="cpu") for m in (result.model, again))
        assert one.equals(two)
        assert one["example_id"].nunique() == 6
    before, after = (m.get_input_embeddings().weight.sum() for m in (loaded.model, result.model.encoder))
    assert not torch.equal(before, after)


def test_words_are_framed_by_the_tokens_of_the_encoder(kind, loaded) -> None:
    features = format_of(task("udpos")).encode(tag_rows(1, seed=2), task("udpos"), loaded.tokenizer, 64)
    names = loaded.tokenizer.convert_ids_to_tokens(features.ids[~features.content].tolist())
    special = {"bert": ["[CLS]", "[SEP]"], "xlnet": ["<sep>", "<cls>"], "modernbert": ["<bos>", "<eos>"]}
    assert names == {**special, "eurobert": ["<|begin|>", "<|end|>"]}.get(kind, ["<s>", "</s>"])


def test_the_last_token_is_the_last_before_the_padding() -> None:
    states = torch.arange(24.0).reshape(2, 4, 3)
    batch = {"attention_mask": torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])}
    head = SentenceHead(3, 3, 0.0, "last").eval()
    for layer in (head.dense, head.out):
        torch.nn.init.eye_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    with torch.inference_mode():
        found = head(states / 24, batch)
    torch.testing.assert_close(found, torch.tanh(states[[0, 1], [1, 3]] / 24))
