"""Retrieval by layer, beside vectors computed one sentence at a time by the untrimmed encoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from rows import classify_rows, toy_task
from tiny_encoder import make_tiny_encoder
from tokenizers import processors

import study_utils.evaluation.search as searching
from study_utils.catalog import encoder, task
from study_utils.catalog.retrieval import Retrieval
from study_utils.encoders.load import load_encoder
from study_utils.errors import DataError, EncoderError, StoreError
from study_utils.evaluation.search import search
from study_utils.formats.features import collate
from study_utils.training import TaskRows, TrainingSettings, train

DEPTH = 3
WORDS = "the cat is good | a dog | not bad | it is here | what is the light | a house and a film | turn on | the film"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = make_tiny_encoder(tmp_path_factory.mktemp("deep") / "tiny", layers=DEPTH)
    return load_encoder(encoder(str(folder)), cache=tmp_path_factory.mktemp("cache"))


def neighbour(**changes):
    return toy_task("retrieve", "accuracy_from_english", retrieval=Retrieval(search="neighbour", **changes))


def rows(language="de"):
    """Sentences, and as their translations others that share some words."""
    texts = [text.strip() for text in WORDS.split("|")]
    ids = [str(n) for n in range(len(texts))]
    pairs = {"text": texts, "translation": [f"{b} {a}" for a, b in zip(texts, texts[3:] + texts[:3])]}
    return pd.DataFrame({"id": ids, "language": language, **pairs})


def by_hand(base, frame, layer, pooling="mean", special=True):
    """Id found for each query, in both directions: plain loops over single sentences."""
    vectors = {}
    for side in ("text", "translation"):
        for key, text in zip(frame["id"], frame[side]):
            encoded = base.tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
            is_text = ~encoded.pop("special_tokens_mask").bool()[0]
            with torch.inference_mode():
                hidden = base.model(**encoded, output_hidden_states=True).hidden_states[layer][0].double()
            kept = hidden if special else hidden[is_text]
            vector = {"mean": kept.mean(0), "first": hidden[0], "last": hidden[-1]}[pooling]
            vectors[side, key] = vector / vector.norm()
    found = []
    for queries, candidates in (("translation", "text"), ("text", "translation")):
        for key in frame["id"]:
            cosines = {other: float(vectors[queries, key] @ vectors[candidates, other]) for other in frame["id"]}
            found.append(max(cosines, key=cosines.get))
    return found


@pytest.mark.parametrize(
    ("changes", "pooled"),
    [
        ({}, {}),
        ({"special_tokens": False}, {"special": False}),
        ({"pooling": "first"}, {"pooling": "first"}),
        ({"pooling": "last"}, {"pooling": "last"}),
    ],
)
def test_every_layer_is_that_of_the_encoder(base, changes, pooled):
    found = dict(search(base, neighbour(**changes), rows(), all_layers=True, device="cpu"))
    assert list(found) == [2, 0, 1, 3], "the published layer of three, then the others"
    distinct = {tuple(frame["prediction"]) for frame in found.values()}
    assert len(distinct) > 1, "layers disagree, or this tests nothing"
    for layer, frame in found.items():
        if layer or pooled.get("pooling", "mean") == "mean":  # the embeddings of a special token are all the same
            assert frame["prediction"].tolist() == by_hand(base, rows(), layer, **pooled)


def test_special_tokens_make_a_difference(base):
    with_them, without = (
        [tuple(frame["prediction"]) for _, frame in search(base, task, rows(), all_layers=True, device="cpu")]
        for task in (neighbour(), neighbour(special_tokens=False))
    )
    assert with_them != without


@pytest.mark.parametrize(("layer", "read"), [("published", 2), ("last", 3), (1, 1), (0, 0)])
def test_the_layer_that_is_asked_for_is_read(base, layer, read):
    ((found, frame),) = search(base, neighbour(layer=layer), rows(), device="cpu")
    assert found == read
    assert frame["prediction"].tolist() == by_hand(base, rows(), read)


def test_a_trained_encoder_is_read_too(base, tmp_path):
    settings = TrainingSettings(epochs=1, learning_rate=5e-2, batch_size=8, max_length=32)
    tasks = [TaskRows(task=task("sst2"), train=classify_rows(40))]
    model = train(base, tasks, settings, seed=0, folder=tmp_path, device="cpu").model
    before, after = (
        [tuple(frame["prediction"]) for _, frame in search(start, neighbour(), rows(), all_layers=True, device="cpu")]
        for start in (base, model)
    )
    assert before != after


def test_neither_order_nor_company_nor_where_vectors_wait_changes_a_result(base, monkeypatch, tmp_path):
    frame = pd.concat([rows("de"), rows("fr").iloc[::-1]], ignore_index=True)
    together = dict(search(base, neighbour(), frame, all_layers=True, device="cpu"))
    monkeypatch.setattr(searching, "IN_MEMORY", 10)
    monkeypatch.setattr("study_utils.evaluation.predict.BATCH_TOKENS", 20)
    alone = dict(search(base, neighbour(), rows("fr"), all_layers=True, folder=tmp_path, device="cpu"))
    key = ["measure", "example_id"]
    for layer, found in together.items():
        french = found[found["language"] == "fr"].sort_values(key, ignore_index=True)
        pd.testing.assert_frame_equal(french, alone[layer].sort_values(key, ignore_index=True))
    assert list(tmp_path.iterdir()) == [], "the file has no name"


def test_all_layers_take_one_pass_and_equal_sentences_one_place(base, monkeypatch):
    computed = []

    def counted(features, index, *rest):
        computed.extend(index)
        return collate(features, index, *rest)

    monkeypatch.setattr("study_utils.evaluation.predict.collate", counted)
    doubled = pd.concat([rows("de"), rows("fr")], ignore_index=True)
    seen = []
    list(search(base, neighbour(), doubled, all_layers=True, device="cpu", progress=lambda *done: seen.append(done)))
    assert len(computed) == len(set(computed)) == 2 * len(rows())
    assert seen[-1] == (2 * len(doubled), 2 * len(doubled))


def test_what_the_encoder_lacks_is_refused(base):
    with pytest.raises(EncoderError, match=r"4 is asked for, and encoder .* has 3 layers: write 0 to 3"):
        next(search(base, neighbour(layer=4), rows(), device="cpu"))
    with pytest.raises(DataError, match="no rows"):
        next(search(base, neighbour(), rows().iloc[:0], device="cpu"))


@pytest.mark.parametrize("pooling", ["first", "last"])
def test_a_token_that_the_tokenizer_does_not_add_is_refused(base, pooling, monkeypatch):
    ends = {"first": "$A </s>", "last": "<s> $A"}[pooling]
    special = [("<s>", 0), ("</s>", 2)]
    before = base.tokenizer.backend_tokenizer.post_processor
    base.tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single=ends, special_tokens=special)
    try:
        with pytest.raises(EncoderError, match=f"no special token {pooling}"):
            next(search(base, neighbour(pooling=pooling), rows(), device="cpu"))
        next(search(base, neighbour(), rows(), device="cpu"))
    finally:
        base.tokenizer.backend_tokenizer.post_processor = before


def test_too_small_a_disk_is_told_before_it_is_full(base, monkeypatch, tmp_path):
    monkeypatch.setattr(searching, "IN_MEMORY", 10)
    monkeypatch.setattr(searching.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 100}))
    with pytest.raises(StoreError, match=r"4 layers for 16 sentences .*evaluation\.retrieval\.scored=used"):
        next(search(base, neighbour(), rows(), all_layers=True, folder=tmp_path, device="cpu"))


def test_a_layer_that_cannot_be_searched_is_left_out_unless_it_is_read(base, monkeypatch, caplog):
    decode = searching.retrieve.decode

    def partly(vectors, features, frame, item):
        if len(calls) == 1:
            calls.append("failed")
            raise DataError("no margin")
        calls.append("searched")
        return decode(vectors, features, frame, item)

    calls = []
    monkeypatch.setattr(searching.retrieve, "decode", partly)
    assert [layer for layer, _ in search(base, neighbour(), rows(), all_layers=True, device="cpu")] == [2, 1, 3]
    assert "layer 0 is left out: no margin" in caplog.text
    calls[:] = ["so that the first fails"]
    with pytest.raises(DataError, match="no margin"):
        next(search(base, neighbour(), rows(), all_layers=True, device="cpu"))


def test_identical_sentences_are_found_in_every_search(base):
    texts = [text.strip() for text in WORDS.split("|")]
    ids = [str(n) for n in range(len(texts))]
    pools = pd.DataFrame(
        {
            "id": [f"e{n}" for n in ids] + [f"f{n}" for n in ids],
            "language": "de",
            "side": ["english"] * len(ids) + ["foreign"] * len(ids),
            "text": texts * 2,
            "match": [f"f{n}" for n in ids] + [f"e{n}" for n in ids],
        }
    )
    ((_, mined),) = search(base, toy_task("retrieve-mine", "mining_f1"), pools, device="cpu")
    oracle = mined[mined["measure"] == "mining_f1_oracle"]
    assert (oracle["prediction"] == "pair").all()
    assert len(oracle) == len(ids)
    targets = [[] for _ in ids] + [[f"e{n}"] for n in ids]
    ranked = pools.assign(side=["candidate"] * len(ids) + ["query"] * len(ids), context="", targets=targets)
    ((_, found),) = search(base, toy_task("retrieve-rank", "map_at_20"), ranked, device="cpu")
    assert np.array_equal(found["correct"], np.ones(len(ids)))
    assert found["example_id"].tolist() == [f"f{n}" for n in ids]


def test_declared_tasks_are_read_as_their_benchmarks_do():
    read = {key: task(key).retrieval for key in ("tatoeba", "bucc", "lareqa", "mewslix", "messages")}
    assert {key: (item.pooling, item.special_tokens) for key, item in read.items()} == {
        **dict.fromkeys(("tatoeba", "lareqa", "mewslix", "messages"), ("mean", True)),
        "bucc": ("first", True),
    }
    assert {key: (item.query_length, item.candidate_length) for key, item in read.items()} == {
        **dict.fromkeys(("tatoeba", "bucc", "messages"), (512, 512)),
        **{"lareqa": (96, 256), "mewslix": (64, 64)},
    }
    assert {item.layer_of(12) for item in read.values()} == {8}
    assert replace(read["bucc"], layer="last").layer_of(24) == 24
