"""Depth, width and size of an encoder, told without its weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from study_utils.catalog import ENCODERS, encoder
from study_utils.encoders.facts import architecture
from study_utils.errors import EncoderError

LARGE = {"num_hidden_layers": 24, "hidden_size": 1024, "intermediate_size": 4096, "model_type": "xlm-roberta"}
MM_BASE = {"num_hidden_layers": 22, "hidden_size": 768, "intermediate_size": 1152, "model_type": "modernbert"}
XLNET = {"n_layer": 12, "d_model": 768, "d_inner": 3072, "model_type": "xlnet"}


def write(folder: Path, config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("config", "layers", "width", "millions", "megabytes"),
    [(LARGE, 24, 1024, 302.0, 1310), (MM_BASE, 22, 768, 110.3, 518), (XLNET, 12, 768, 84.9, 417)],
)
def test_a_folder_says_it_in_its_configuration(tmp_path, config, layers, width, millions, megabytes):
    found = architecture(encoder(str(write(tmp_path, config))))
    assert (found.layers, found.width, found.kind) == (layers, width, config["model_type"])
    assert found.weights / 1e6 == pytest.approx(millions, abs=0.05)
    assert found.checkpoint_mb == megabytes


def test_the_matrices_of_the_layers_are_counted(tiny):
    matrices = [p.numel() for name, p in tiny.model.named_parameters() if ".layer." in name and p.ndim == 2]
    assert architecture(tiny.spec).weights == sum(matrices)


@pytest.mark.parametrize("key", ENCODERS)
def test_every_declared_encoder_is_told_without_a_file(key, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = architecture(ENCODERS[key])
    assert found.layers
    assert found.width
    assert found.weights


def test_what_is_declared_of_a_packaged_encoder_is_true(packaged):
    found, config = architecture(packaged.spec), packaged.model.config
    assert (found.layers, found.width) == (config.num_hidden_layers, config.hidden_size)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 0}, "says num_hidden_layers 0: an encoder has at least one"),
        ({"num_hidden_layers": None}, "doesn't say num_hidden_layers"),
        ({"hidden_size": "wide"}, "doesn't say hidden_size"),
    ],
)
def test_a_configuration_without_sizes_is_refused(tmp_path, change, message):
    with pytest.raises(EncoderError, match=message):
        architecture(encoder(str(write(tmp_path, LARGE | change))))


def test_no_configuration_is_refused(tmp_path):
    with pytest.raises(EncoderError, match="missing or damaged"):
        architecture(encoder(str(tmp_path)))
    with pytest.raises(EncoderError, match="holds no fields"):
        architecture(encoder(str(write(tmp_path, [LARGE]))))


def test_the_hub_is_asked_at_the_revision_and_in_its_cache(tmp_path):
    commit = "0123456789" * 4
    write(tmp_path / "models--some--large" / "snapshots" / commit, LARGE)
    code = f"""
import sys
from study_utils.catalog import encoder
from study_utils.encoders.facts import architecture
from study_utils.errors import EncoderError
print(architecture(encoder("some/large@{commit}")).layers)
try:
    architecture(encoder("some/large@{commit[::-1]}"))
except EncoderError as error:
    print(error)
print(sorted({{"torch", "transformers"}} & set(sys.modules)))
"""
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    layers, refused, heavy = done.stdout.splitlines()
    assert layers == "24"
    assert f"hf download some/large --revision {commit[::-1]}" in refused
    assert heavy == "[]"
