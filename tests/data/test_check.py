"""The command that loads and checks everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from mirrors import nli, write_data_set

from study_utils.data.check import main

TRAIN = [("A cat.", "It sleeps.", 0), ("A dog.", "It runs.", 1), ("A cow.", "It sings.", 2)]


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    splits = {
        ("plain_text", "train"): nli([*TRAIN, ("x", "y", -1)]),
        ("plain_text", "validation"): nli(TRAIN[:2]),
    }
    write_data_set(tmp_path, "stanfordnlp/snli", splits)
    return tmp_path


def test_table(mirror: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["--mirror", str(mirror), "--sources", "mirror", "--", "snli"]) == 0
    lines = capsys.readouterr().out.splitlines()
    header, train, validation = (line.split() for line in lines[:3])
    table = [dict(zip(header, line)) for line in (train, validation)]
    assert table[0]["rows"] == "3"
    assert table[0]["dropped"] == "1"
    assert table[0]["labels"] == "3"
    assert table[1]["role"] == "validation"
    assert table[1]["rows"] == "2"
    assert lines[-1] == "none"


def test_error(mirror: Path, capsys: pytest.CaptureFixture) -> None:
    (mirror / "stanfordnlp/snli/plain_text/train-00000-of-00001.parquet").write_bytes(b"")
    assert main(["snli", "--mirror", str(mirror)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "train-00000-of-00001.parquet is empty" in captured.err
    assert main(["snlii"]) == 1
    assert "Did you mean 'snli'" in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "hf download nyu-mll/glue --repo-type dataset" in text
    assert "python -m study_utils.data --mirror ~/mirror xnli mnli" in text
