"""Trimmed checkpoints come back whole with their original ids, and export to ordinary encoders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from study_utils.catalog.encoders import encoder
from study_utils.encoders.load import LoadedEncoder, load_encoder, quiet
from study_utils.encoders.saved import export, load_model, save_model
from study_utils.encoders.vocabulary import Vocabulary, base_rows, trim
from study_utils.errors import EncoderError

TEXTS = ["Turn on the light", "и не свет 光", ""]


def change(model) -> None:
    """Stand for training: the rows of the model and one of its matrices change."""
    with torch.no_grad():
        model.get_input_embeddings().weight += 0.25
        model.encoder.layer[0].output.dense.weight *= 1.5


@pytest.fixture
def saved(tiny: LoadedEncoder, tmp_path: Path) -> tuple[Path, Vocabulary, LoadedEncoder]:
    vocabulary = Vocabulary.of(np.concatenate(tiny.tokenizer(TEXTS).input_ids), tokenizer=tiny.tokenizer)
    trim(tiny.model, vocabulary)
    change(tiny.model)
    save_model(tmp_path / "saved", tiny.model, vocabulary, metadata={"encoder": tiny.spec.key})
    return tmp_path / "saved", vocabulary, tiny


def test_a_checkpoint_comes_back_whole(saved) -> None:
    folder, vocabulary, tiny = saved
    state = torch.random.get_rng_state()
    again = load_model(folder)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert again.vocabulary == vocabulary
    assert again.metadata == {"encoder": tiny.spec.key, "format": "pt"}
    assert not again.model.training
    expected = tiny.model.state_dict()
    assert again.model.state_dict().keys() == expected.keys()
    for name, value in again.model.state_dict().items():
        assert torch.equal(value, expected[name]), name
    batch = tiny.tokenizer(TEXTS, padding=True, return_tensors="pt")
    batch["input_ids"] = torch.from_numpy(vocabulary.compact(batch["input_ids"].numpy()))
    with torch.inference_mode():
        assert torch.equal(again.model(**batch).last_hidden_state, tiny.model(**batch).last_hidden_state)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_the_file_tells_the_original_ids_without_this_project(saved) -> None:
    folder, vocabulary, _ = saved
    np.testing.assert_array_equal(load_file(folder / "model.safetensors")["kept_ids"].numpy(), vocabulary.kept)


def test_an_export_is_an_ordinary_encoder(saved, tmp_path: Path, tiny_encoder: Path) -> None:
    folder, vocabulary, tiny = saved
    export(tmp_path / "exported", load_model(folder).model, vocabulary, encoder=tiny)
    with quiet():
        model = AutoModel.from_pretrained(tmp_path / "exported", add_pooling_layer=False, use_safetensors=True)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "exported")
    base = base_rows(tiny_encoder)
    rows = model.get_input_embeddings().weight.detach().numpy()
    assert rows.shape == base.shape
    np.testing.assert_array_equal(rows[vocabulary.kept], base[vocabulary.kept] + np.float32(0.25))
    others = np.setdiff1d(np.arange(len(base)), vocabulary.kept)
    np.testing.assert_array_equal(rows[others], base[others])

    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    compact = torch.from_numpy(vocabulary.compact(batch["input_ids"].numpy()))
    with torch.inference_mode():
        ordinary = model.eval()(**batch).last_hidden_state
        ours = tiny.model(input_ids=compact, attention_mask=batch["attention_mask"]).last_hidden_state
    assert torch.allclose(ordinary, ours, atol=1e-6)
    again = load_encoder(encoder(str(tmp_path / "exported")), cache=tmp_path)
    assert len(again.tokenizer) == len(tiny.tokenizer)


def test_rows_beyond_the_tokenizer_survive_an_export(tiny_encoder: Path, tmp_path: Path) -> None:
    """Some encoders, the packaged one among them, have more embedding rows than their tokenizer has ids."""
    shutil.copytree(tiny_encoder, tmp_path / "wider")
    weights = load_file(tmp_path / "wider" / "model.safetensors")
    rows = weights["embeddings.word_embeddings.weight"]
    weights["embeddings.word_embeddings.weight"] = torch.cat([rows, torch.ones(5, 16)])
    save_file(weights, tmp_path / "wider" / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((tmp_path / "wider" / "config.json").read_text())
    (tmp_path / "wider" / "config.json").write_text(json.dumps(config | {"vocab_size": len(rows) + 5}))

    wider = load_encoder(encoder(str(tmp_path / "wider")), cache=tmp_path)
    vocabulary = Vocabulary.of([10, 20], tokenizer=wider.tokenizer)
    trim(wider.model, vocabulary)
    export(tmp_path / "exported", wider.model, vocabulary, encoder=wider)
    np.testing.assert_array_equal(base_rows(tmp_path / "exported"), base_rows(tmp_path / "wider"))
    assert len(base_rows(tmp_path / "exported")) == len(wider.tokenizer) + 5


def rewrite(folder: Path, **changes: torch.Tensor | None) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path) | changes
    kept = {name: value for name, value in tensors.items() if value is not None}
    save_file(kept, path, metadata={"format": "pt", "size_full": "715"})


@pytest.mark.parametrize("length", [0, 7, 400, -1])
def test_a_truncated_checkpoint_is_refused(saved, length: int) -> None:
    path = saved[0] / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(EncoderError, match=r"missing or damaged.*delete the folder"):
        load_model(saved[0])


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_missing_file_is_refused(saved, name: str) -> None:
    (saved[0] / name).unlink()
    with pytest.raises(EncoderError, match="missing or damaged"):
        load_model(saved[0])


def test_a_checkpoint_that_contradicts_itself_is_refused(saved) -> None:
    folder, vocabulary, _ = saved
    rows = "embeddings.word_embeddings.weight"
    good = load_file(folder / "model.safetensors")
    for changes in (
        {"kept_ids": None},
        {"kept_ids": good["kept_ids"][:-1]},
        {"kept_ids": good["kept_ids"].flip(0)},
        {"kept_ids": good["kept_ids"] + 600},
        {rows: good[rows][:-1].clone()},
        {"encoder.layer.0.output.dense.bias": None},
        {"surplus": torch.zeros(2)},
    ):
        rewrite(folder, **good | changes)
        with pytest.raises(EncoderError, match="missing or damaged"):
            load_model(folder)
    rewrite(folder, **good, surplus=None)
    assert load_model(folder).vocabulary == vocabulary


def test_the_wrong_vocabulary_and_unwritable_folders_are_refused(saved, tmp_path: Path) -> None:
    _, vocabulary, tiny = saved
    larger = vocabulary.union(Vocabulary.of([300], tokenizer=tiny.tokenizer))
    with pytest.raises(EncoderError, match="save the encoder with the vocabulary"):
        save_model(tmp_path / "other", tiny.model, larger)
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderError, match=r"cannot be saved in .*free disk space"):
        save_model(tmp_path / "file" / "below", tiny.model, vocabulary)
    with pytest.raises(EncoderError, match=r"must be text, not \{\"steps\": 3\}"):
        save_model(tmp_path / "other", tiny.model, vocabulary, metadata={"steps": 3})
