from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from rows import classify_rows, tag_rows

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder
from study_utils.errors import DataError
from study_utils.evaluation.embed import asked, count_subwords, embed


@pytest.fixture(scope="module")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


def by_hand(base, *texts):
    """Mean over the tokens of the text, special ones left out, of the untrimmed encoder."""
    encoded = base.tokenizer(*texts, return_tensors="pt", return_special_tokens_mask=True)
    text = ~encoded.pop("special_tokens_mask").bool()[0]
    with torch.inference_mode():
        hidden = base.model(**encoded).last_hidden_state[0]
    return hidden[text].mean(0).numpy()


def test_vectors_are_means_over_tokens_in_the_order_of_the_rows(base):
    rows = classify_rows(9)
    found = embed(base, task("sst2"), rows, max_length=64, device="cpu")
    assert found.shape == (9, 16)
    assert found.dtype == np.float32
    for vector, text in zip(found, rows["text"]):
        np.testing.assert_allclose(vector, by_hand(base, text), atol=2e-5)


def test_inputs_of_a_row_are_averaged(base):
    rows = pd.DataFrame(
        {
            "id": ["0"],
            "language": "en",
            "text": "the film",
            "question": "",
            "choices": [["is good", "is bad"]],
            "label": 1,
        }
    )
    found = embed(base, task("commonsenseqa"), rows, max_length=64, device="cpu")
    expected = np.mean([by_hand(base, "the film", choice) for choice in ("is good", "is bad")], axis=0)
    np.testing.assert_allclose(found[0], expected, atol=2e-5)


def test_of_a_translation_pair_the_sentence_in_the_language_is_read(base):
    rows = pd.DataFrame({"id": ["0"], "language": "de", "text": "das Licht", "translation": "the light"})
    found = embed(base, task("tatoeba"), rows, max_length=64, device="cpu")
    np.testing.assert_allclose(found[0], by_hand(base, "das Licht"), atol=2e-5)


def test_only_rows_in_their_language_are_asked():
    pools = pd.DataFrame({"id": ["0", "1"], "side": ["english", "foreign"], "text": ["a", "b"], "match": ["1", ""]})
    assert asked(pools, task("bucc"))["text"].tolist() == ["b"]
    ranked = pd.DataFrame(
        {"id": ["0", "1"], "side": ["query", "candidate"], "text": ["a", "b"], "targets": [["1"], []]}
    )
    assert asked(ranked, task("lareqa"))["text"].tolist() == ["a"]
    plain = classify_rows(3)
    assert asked(plain, task("sst2")) is plain


@pytest.mark.parametrize("key", ["sst2", "udpos"])
def test_subwords_are_counted_by_language_without_special_ones(base, key):
    make = classify_rows if key == "sst2" else tag_rows
    rows = pd.concat([make(4, language="de"), make(3, language="fr", seed=1)], ignore_index=True)
    found = count_subwords(base, task(key), rows, max_length=64)
    texts = rows["text"] if key == "sst2" else rows["tokens"].map(" ".join)
    for code, part in found.groupby("language"):
        tokens = pd.Series([t for text in texts[rows["language"] == code] for t in base.tokenizer.tokenize(text)])
        assert dict(zip(part["type"], part["count"])) == tokens.value_counts().to_dict()


def test_nothing_to_embed_is_refused(base):
    with pytest.raises(DataError, match="no rows to embed"):
        embed(base, task("sst2"), classify_rows(0), max_length=8, device="cpu")
