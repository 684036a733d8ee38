"""What no study can use is refused before any run, with what to do."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from architectures import make_encoder
from safetensors.torch import load_file, save_file

from study_utils.catalog import encoder
from study_utils.encoders import check
from study_utils.encoders.check import check_configuration, check_files, unreachable
from study_utils.encoders.load import load_encoder
from study_utils.encoders.sealed import SEAL, broken, seal
from study_utils.errors import EncoderError, ParameterError
from study_utils.params import load_params
from study_utils.plan import make_plan


@pytest.fixture
def copied(tiny_encoder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_encoder, tmp_path / "copy"))


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def load(folder: Path, **changes: object):
    return load_encoder(dataclasses.replace(encoder(str(folder)), **changes), cache=folder / "cache")


def plan(folder: Path):
    return make_plan(load_params("quick", {"encoders": [str(folder)]}))


@pytest.mark.parametrize("refuses", [plan, load, lambda folder: check_files(encoder(str(folder)))])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"is_encoder_decoder": True}, "is an encoder-decoder"),
        ({"auto_map": {"AutoModel": "own.Own"}, "model_type": "own"}, "needs code of its own"),
        ({"architectures": ["MineForCausalLM"]}, "is a causal model"),
        ({"num_hidden_layers": 0}, "an encoder has at least one"),
    ],
)
def test_kinds_of_model_that_no_study_can_use(copied, refuses, changes, message):
    change_config(copied, **changes)
    with pytest.raises(EncoderError, match=message):
        refuses(copied)


def test_code_of_its_own_is_no_fault_where_transformers_has_the_type(copied):
    change_config(copied, auto_map={"AutoModel": "own.Own"})
    assert load(copied).model.config.num_hidden_layers == 1


@pytest.mark.parametrize("kind", ["mt5", "qwen3"])
def test_mt5_and_qwen3_are_refused_when_planned_and_when_loaded(kind, tmp_path):
    folder = make_encoder(kind, tmp_path)
    for refuses in (lambda: check_files(encoder(str(folder))), lambda: load(folder)):
        with pytest.raises(EncoderError, match=r"is an encoder-decoder|is a causal model"):
            refuses()


def test_what_counts_is_how_a_model_reads(tmp_path):
    """A causal type that is made to read both ways is an encoder; one that only calls itself so isn't."""
    folder = make_encoder("qwen3", tmp_path)
    change_config(folder, is_causal=False)
    check_files(encoder(str(folder)))
    assert load(folder).model.config.num_hidden_layers == 1
    change_config(folder, is_causal=True, use_bidirectional_attention=True)
    check_files(encoder(str(folder)))
    with pytest.raises(EncoderError, match="is a causal model"):
        load(folder)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_refused(copied, dtype, value):
    path, name = copied / "model.safetensors", "encoder.layer.0.output.dense.weight"
    weights = {key: item.to(dtype) for key, item in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})
    check_files(encoder(str(copied)))
    weights[name][-1, -1] = value
    save_file(weights, path, metadata={"format": "pt"})
    for refuses in (lambda: check_files(encoder(str(copied))), lambda: load(copied)):
        with pytest.raises(EncoderError, match=f"tensor '{name}' of model.safetensors holds NaN"):
            refuses()


def test_the_largest_numbers_are_numbers(copied):
    path = copied / "model.safetensors"
    weights = load_file(path)
    for number, item in enumerate((torch.finfo(torch.float32).max, torch.finfo(torch.float32).tiny / 4, -0.0)):
        weights["embeddings.word_embeddings.weight"][9, number] = item
    save_file(weights, path, metadata={"format": "pt"})
    check_files(encoder(str(copied)))


def test_a_tokenizer_of_another_model_is_refused(copied, tmp_path):
    other = make_encoder("bert", tmp_path / "other")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(other / name, copied / name)
    for refuses in (lambda: check_files(encoder(str(copied))), lambda: load(copied)):
        with pytest.raises(EncoderError, match="715 embedding rows for a tokenizer of 72 tokens"):
            refuses()
    few = make_encoder("bert", tmp_path / "few", vocab_size=60)
    with pytest.raises(EncoderError, match="60 embedding rows for a tokenizer of 72 tokens"):
        load(few)


def test_a_few_spare_rows_are_usual(tmp_path):
    folder = make_encoder("bert", tmp_path, vocab_size=80)
    check_files(encoder(str(folder)))
    assert load(folder).model.get_input_embeddings().num_embeddings == 80


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer.json"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "never loaded"),
        (lambda folder: shutil.rmtree(folder), "does not exist"),
    ],
)
def test_incomplete_folders_are_refused_when_planned(copied, change, message):
    change(copied)
    with pytest.raises(EncoderError, match=message):
        plan(copied)


def test_padding_that_positions_are_counted_from_must_be_the_tokenizers(copied):
    settings = json.loads((copied / "tokenizer_config.json").read_text())
    (copied / "tokenizer_config.json").write_text(json.dumps(settings | {"pad_token": "</s>"}))
    with pytest.raises(EncoderError, match="counts positions from token id 1, but its tokenizer pads with 2"):
        load(copied)


def test_declarations_that_the_checkpoint_contradicts_are_refused(copied):
    sizes = dict(layers=2, width=16, weights=1, checkpoint_mb=1)
    with pytest.raises(EncoderError, match="has 1 layers where 2 are declared"):
        load(copied, **sizes)
    with pytest.raises(EncoderError, match="treats blanks otherwise"):
        load(copied, marks_blanks=True)


def test_sealed_folders_are_used_only_as_they_were_written(copied):
    seal(copied)
    assert broken(copied) == []
    load(copied)
    path = copied / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    assert broken(copied) == ["model.safetensors"]
    with pytest.raises(EncoderError, match=f"model.safetensors in encoder folder .* remove {SEAL}"):
        load(copied)
    (copied / SEAL).unlink()
    load(copied)
    (copied / SEAL).write_text("[")
    assert broken(copied) == [SEAL]


def test_what_is_on_this_machine_is_reachable(tiny, monkeypatch):
    monkeypatch.setattr("study_utils.encoders.facts.hub_trouble", lambda: "no route")
    assert unreachable(tiny.spec) == unreachable(encoder("e5_small")) == ""
    assert "can't be reached (no route)" in unreachable(encoder("xlmr_large"))
    check_configuration(encoder("xlmr_large"))  # nothing to look at


def test_an_encoder_that_cant_be_reached_is_noted_in_a_plan_and_refused_before_runs(tmp_path, monkeypatch):
    from study_utils.execute.driver import run_study
    from study_utils.execute.planned import plan_text
    from study_utils.study import open_study

    monkeypatch.setattr("study_utils.encoders.facts.hub_trouble", lambda: "no route")
    changes = {"encoders": [f"some/model@{'0' * 40}"], "artifacts": str(tmp_path), "reports": str(tmp_path)}
    study = open_study("quick", changes, absent_ok=True)
    text = plan_text(study)
    assert "can't be reached (no route)" in text
    assert "ids of runs on tagging tasks may not be those to come" in text
    with pytest.raises(EncoderError, match="no route"):
        run_study(study)
    with pytest.raises(EncoderError, match="no route"):
        open_study("quick", changes)


def test_a_layer_less_folder_and_unknown_keys_are_parameter_errors_or_encoder_errors(tmp_path):
    with pytest.raises(ParameterError, match="Did you mean 'mmbert_base'"):
        load_params("quick", {"encoders": ["mmbert_bse"]})
    with pytest.raises(ParameterError, match="write mmbert_base@COMMIT"):
        load_params("quick", {"encoders": ["mmbert_base"]})


def test_a_tokenizer_file_is_parsed_once_as_long_as_it_stays_as_it_is(tmp_path, monkeypatch):
    parsed = []
    monkeypatch.setattr(check.json, "loads", lambda text, loads=json.loads: parsed.append(1) or loads(text))
    path = tmp_path / "tokenizer.json"
    for tokens in (3, 3, 4):
        path.write_text(json.dumps({"model": {"vocab": {f"t{i}": i for i in range(tokens)}}}), encoding="utf-8")
        os.utime(path, ns=(tokens, tokens))
        status = path.stat()
        assert check._tokens(path, status.st_size, status.st_mtime_ns) == tokens
    assert len(parsed) == 2
