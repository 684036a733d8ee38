from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rows import classify_rows, regress_rows, tag_rows

from study_utils.catalog import task
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.formats import classify, regress, retrieve, tag
from study_utils.formats.features import IGNORED, collate, encode_texts


def test_classify_from_row_to_prediction(tokenizer):
    rows = classify_rows(12)
    features = classify.encode(rows, task("sst2"), tokenizer, 32)
    first = features.ids[: features.offsets[1]]
    pieces = tokenizer.convert_ids_to_tokens(first[1:-1])
    assert "".join(pieces).replace("▁", " ").split() == rows["text"][0].split()
    assert not features.content[0]
    assert not features.content[features.offsets[1] - 1]
    labels = ["negative", "positive"]
    outputs = [np.eye(2)[labels.index(label)] for label in rows["label"]]
    outputs[3] = outputs[3][::-1]
    found = classify.decode(outputs, features, rows, task("sst2"))
    assert list(found["correct"]) == [1.0] * 3 + [0.0] + [1.0] * 8
    assert found["prediction"][3] != rows["label"][3]
    tie = classify.decode([np.array([0.5, 0.5])], features, rows.head(1), task("sst2"))
    assert tie["prediction"][0] == "negative", "the first of equals"


def test_labels_are_read_by_name(tokenizer):
    rows = classify_rows(20)
    features = classify.encode(rows, task("sst2"), tokenizer, 32)
    assert [("negative", "positive")[n] for n in features.labels] == list(rows["label"])


def test_pairs_are_cut_at_the_longer_text_and_counted(tokenizer):
    rows = classify_rows(2).assign(text_pair=["good", "bad"], text=["cat " * 80, "dog"])
    features = classify.encode(rows, task("sst2"), tokenizer, 20)
    assert features.truncated == 1
    assert features.lengths.max() <= 20
    assert "good" in "".join(tokenizer.convert_ids_to_tokens(features.ids[: features.offsets[1]]))


def test_regress_scales_and_restores(tokenizer):
    rows = regress_rows(6).assign(label=[0.0, 5.0, 2.5, 1.0, 4.0, 3.0])
    features = regress.encode(rows, task("stsb"), tokenizer, 64)
    np.testing.assert_allclose(features.labels, [0, 1, 0.5, 0.2, 0.8, 0.6], atol=1e-7)
    found = regress.decode([np.array([v]) for v in features.labels], features, rows, task("stsb"))
    np.testing.assert_allclose(found["prediction"].astype(float), rows["label"], atol=1e-6)
    assert found["correct"].isna().all()


@pytest.mark.parametrize("max_length", [8, 11, 64])
def test_every_word_is_tagged_exactly_once_however_long_the_sentence(tokenizer, max_length):
    rows = tag_rows(15, longest=40)
    udpos = task("udpos")
    features = tag.encode(rows, udpos, tokenizer, max_length)
    assert features.lengths.max() <= max_length
    marked = [(features.labels[a:b] != IGNORED).sum() for a, b in zip(features.offsets, features.offsets[1:])]
    words = pd.Series(marked).groupby(features.source).sum()
    assert list(words) == [len(tokens) for tokens in rows["tokens"]]
    outputs = []
    for a, b in zip(features.offsets, features.offsets[1:]):
        values = np.zeros((b - a, len(udpos.labels)))
        own = features.labels[a:b]
        values[np.arange(b - a), np.where(own == IGNORED, 0, own)] = 1.0
        outputs.append(values)
    found = tag.decode(outputs, features, rows, udpos)
    assert (found["correct"] == found["total"]).all()
    assert list(found["prediction"]) == [" ".join(tags) for tags in rows["tags"]]


def test_a_word_without_any_piece_still_gets_a_tag(tokenizer):
    rows = tag_rows(1).assign(tokens=[["cat", "\u200b", "dog"]], tags=[["NOUN", "X", "NOUN"]])
    features = tag.encode(rows, task("udpos"), tokenizer, 32)
    assert (features.labels != IGNORED).sum() == 3


def test_retrieval_in_two_directions_by_hand():
    """Four sentences: each finds its translation from the English side; from the other side d is nearer to b's."""
    rows = pd.DataFrame({"id": list("abcd"), "language": "de", "text": "", "translation": ""})
    foreign = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0.6, 0, 0.8]])
    english = np.array([[1.0, 0, 0, 0], [0, 0.8, 0, 0.6], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    outputs = [*(foreign * 3), *(english * 0.5)]  # length must not matter
    found = retrieve.decode(outputs, None, rows, task("tatoeba"))
    by_measure = found.groupby("measure")["correct"].mean()
    # English b: cosine with b 0.8, with d 0.96; so it is wrong. Foreign d: with d 0.8, with b 0.96; wrong too.
    assert by_measure["accuracy_from_english"] == 0.75
    assert by_measure["accuracy_to_english"] == 0.75
    wrong = found[found["correct"] == 0].set_index("measure")["prediction"]
    assert wrong["accuracy_from_english"] == "d"
    assert wrong["accuracy_to_english"] == "b"


def test_the_two_directions_can_differ():
    rows = pd.DataFrame({"id": list("ab"), "language": "de", "text": "", "translation": ""})
    foreign = np.array([[1.0, 0.0], [0.9, 0.436]])
    english = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = retrieve.decode([*foreign, *english], None, rows, task("tatoeba")).groupby("measure")["correct"].mean()
    assert found.to_dict() == {"accuracy_from_english": 1.0, "accuracy_to_english": 0.5}


def test_languages_are_separate_pools():
    rows = pd.DataFrame(
        {"id": ["a", "b", "a", "b"], "language": ["de", "de", "fr", "fr"], "text": "", "translation": ""}
    )
    vectors = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    found = retrieve.decode([*vectors, *vectors], None, rows, task("tatoeba"))
    assert found["correct"].all()
    assert len(found) == 8


def test_batches_are_padded_to_their_longest_and_compact(tokenizer):
    rows = classify_rows(6)
    features = classify.encode(rows, task("sst2"), tokenizer, 32)
    vocabulary = Vocabulary.of(features.ids, tokenizer=tokenizer)
    index = np.array([4, 1])
    batch = collate(features, index, vocabulary, tokenizer.pad_token_id)
    assert batch["input_ids"].shape == (2, features.lengths[index].max())
    for row, number in enumerate(index):
        length = features.lengths[number]
        own = features.ids[features.offsets[number] : features.offsets[number + 1]]
        assert (vocabulary.kept[batch["input_ids"][row, :length].numpy()] == own).all()
        assert batch["attention_mask"][row].sum() == length
        assert (batch["input_ids"][row, length:] == tokenizer.pad_token_id).all()


@pytest.mark.parametrize("pairs", [False, True])
def test_texts_encoded_in_chunks_equal_those_encoded_at_once(tokenizer, monkeypatch, pairs):
    rows = classify_rows(30)
    texts, second = rows["text"].tolist(), rows["text"].tolist()[::-1] if pairs else None
    at_once = encode_texts(tokenizer, texts, second, 12)
    monkeypatch.setattr("study_utils.formats.features.CHUNK", 7)
    in_chunks = encode_texts(tokenizer, texts, second, 12)
    assert at_once.truncated == in_chunks.truncated > 0
    for name in ("ids", "offsets", "content", "source"):
        assert getattr(at_once, name).dtype == getattr(in_chunks, name).dtype
        np.testing.assert_array_equal(getattr(at_once, name), getattr(in_chunks, name))
