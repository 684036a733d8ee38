"""Encoders load from a folder or the hub under one interface, quietly; damage is refused with advice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import XLMRobertaForMaskedLM, XLMRobertaModel

from study_utils.catalog.encoders import encoder
from study_utils.encoders.load import load_encoder, quiet
from study_utils.errors import EncoderError


@pytest.fixture
def copied(tiny_encoder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_encoder, tmp_path / "copy"))


def load(folder: Path):
    return load_encoder(encoder(str(folder)), cache=folder / "cache")


def test_a_folder_loads_quietly(tiny_encoder: Path, tmp_path: Path, capfd) -> None:
    loaded = load_encoder(encoder(str(tiny_encoder)), cache=tmp_path)
    assert type(loaded.model) is XLMRobertaModel
    assert loaded.model.pooler is None
    assert not loaded.model.training
    assert loaded.tokenizer.is_fast
    assert loaded.folder == tiny_encoder
    assert loaded.max_length == 128  # 130 positions, of which XLM-R uses none before padding index + 1
    assert capfd.readouterr() == ("", "")
    with torch.inference_mode():
        longest = torch.full((1, loaded.max_length), 9)
        assert loaded.model(longest).last_hidden_state.shape == (1, 128, 16)


def test_a_checkpoint_with_a_head_loads_without_it(copied: Path, tiny) -> None:
    with quiet():
        model = XLMRobertaForMaskedLM(tiny.model.config)
        model.roberta.load_state_dict(tiny.model.state_dict())
        model.save_pretrained(copied)
    batch = tiny.tokenizer("Turn on the light", return_tensors="pt")
    with torch.inference_mode():
        found = load(copied).model(**batch).last_hidden_state
        assert torch.equal(found, tiny.model(**batch).last_hidden_state)


def test_the_random_state_and_verbosity_are_left_alone(tiny_encoder: Path, tmp_path: Path) -> None:
    from transformers.utils import logging

    before = (logging.get_verbosity(), logging.is_progress_bar_enabled())
    state = torch.random.get_rng_state()
    load_encoder(encoder(str(tiny_encoder)), cache=tmp_path)
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
    assert torch.equal(torch.random.get_rng_state(), state)


def test_half_precision_weights_become_float32(copied: Path) -> None:
    path = copied / "model.safetensors"
    save_file({name: value.half() for name, value in load_file(path).items()}, path, metadata={"format": "pt"})
    assert {parameter.dtype for parameter in load(copied).model.parameters()} == {torch.float32}


def test_missing_weights_are_refused(copied: Path) -> None:
    path = copied / "model.safetensors"
    weights = load_file(path)
    del weights["encoder.layer.0.output.dense.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"lacks 1 weights, 'encoder\.layer\.0\.output\.dense\.weight'"):
        load(copied)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("length", [0, 100])
def test_truncated_files_are_refused(copied: Path, name: str, length: int) -> None:
    path = copied / name
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(EncoderError, match="save_pretrained"):
        load(copied)


def test_other_damage_is_refused(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    for change in ({"hidden_size": 32}, {"model_type": "nonsense"}, {"model_type": "whisper"}):
        (copied / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(EncoderError, match="cannot be loaded"):
            load(copied)


def test_pickled_weights_are_never_loaded(copied: Path) -> None:
    torch.save({}, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="pickled weights, which are never loaded"):
        load(copied)


def test_code_from_a_checkpoint_is_never_run(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.OwnModel"}}
    (copied / "config.json").write_text(json.dumps(config))
    (copied / "own.py").write_text(f"open({str(copied / 'ran')!r}, 'w')")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load(copied)
    assert not (copied / "ran").exists()


def test_a_tokenizer_without_padding_is_refused(copied: Path) -> None:
    path = copied / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    del settings["pad_token"]
    path.write_text(json.dumps(settings))
    with pytest.raises(EncoderError, match="has no padding token"):
        load(copied)


def test_the_hub_is_read_at_the_pinned_revision_and_missing_is_explained(tiny_encoder: Path, tmp_path: Path) -> None:
    """In a process of its own, offline, with a hub cache of the real layout."""
    commit = "0123456789" * 4
    snapshot = tmp_path / "hub" / "models--some--tiny" / "snapshots" / commit
    shutil.copytree(tiny_encoder, snapshot)
    code = f"""
from pathlib import Path
from study_utils.catalog.encoders import encoder
from study_utils.encoders.load import load_encoder
from study_utils.errors import EncoderError
loaded = load_encoder(encoder("some/tiny@{commit}"), cache=Path("unused"))
print(loaded.folder.name, len(loaded.tokenizer))
try:
    load_encoder(encoder("some/tiny@{commit[::-1]}"), cache=Path("unused"))
except EncoderError as error:
    print(error)
"""
    environment = os.environ | {
        "HF_HOME": str(tmp_path),
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        cwd=tmp_path,
    )
    found, refused = done.stdout.splitlines()
    assert found.split() == [commit, "715"]
    assert "HF_HUB_OFFLINE=1" in refused
    assert f"hf download some/tiny --revision {commit[::-1]}" in refused
    assert done.stderr == ""
