"""Trimmed checkpoints come back whole with their original ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.saved import load_model, save_model
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import EncoderError
from study_utils.model import encoder_under

TEXTS = ["Turn on the light", "и не свет 光", ""]


def change(model) -> None:
    """Stand for training: the rows of the model and one of its matrices change."""
    with torch.no_grad():
        model.get_input_embeddings().weight += 0.25
        model.encoder.layer[0].output.dense.weight *= 1.5


@pytest.fixture
def saved(tiny: LoadedEncoder, tmp_path: Path) -> tuple[Path, Vocabulary, LoadedEncoder]:
    vocabulary = Vocabulary.of(np.concatenate(tiny.tokenizer(TEXTS).input_ids), tokenizer=tiny.tokenizer)
    tiny = replace(tiny, model=encoder_under(tiny, vocabulary))
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
