"""The command that compares what is declared with what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from mirrors import nli, write_data_set

from study_utils.catalog import CONDITIONS, TASKS
from study_utils.data.check import COLUMNS, check, fold, main

TRAIN = [("A cat.", "It sleeps.", 0), ("A dog.", "It runs.", 1), ("A cow.", "It sings.", 2)]
XNLI = [("x", "y", 0), ("x", "y", 1), ("A cat.", "It sleeps.", 2)]


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    splits = {
        ("plain_text", "train"): nli([*TRAIN, ("x", "y", -1)]),
        ("plain_text", "validation"): nli([("A hen.", "It sits.", 0), ("A pig.", "It eats.", 1)]),
    }
    write_data_set(tmp_path, "stanfordnlp/snli", splits)
    return tmp_path


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the small copy to be all of SNLI."""
    for role, count in (("train", 4), ("validation", 2)):
        monkeypatch.setitem(getattr(TASKS["snli"], role).expected, "en", count)


def run(mirror: Path, *arguments: str) -> int:
    return main(["check", "--mirror", str(mirror), "--sources", "mirror", *arguments])


def test_a_smaller_copy_fails_unless_allowed(mirror: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(mirror, "--", "snli") == 1
    captured = capsys.readouterr()
    assert "2 short" in captured.out
    assert "accept a smaller copy with --allow-subset" in captured.err
    assert run(mirror, "--allow-subset", "--", "snli") == 0
    header, train, validation = (line.split() for line in capsys.readouterr().out.splitlines()[:3])
    assert header[: len(COLUMNS)] == list(COLUMNS)
    assert train[:11] == ["snli", "train", "en", "mirror", "short", "550152", "4", "3", "1", "0", "3"]
    assert validation[:11] == ["snli", "validation", "en", "mirror", "short", "10000", "2", "2", "0", "0", "2"]


@pytest.mark.usefixtures("whole")
def test_a_whole_copy_passes_and_a_larger_one_never(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(mirror, "--", "snli") == 0
    monkeypatch.setitem(TASKS["snli"].train.expected, "en", 3)
    assert run(mirror, "--allow-subset", "--", "snli") == 1


def test_what_is_missing_is_named_language_by_language(mirror: Path, capsys: pytest.CaptureFixture) -> None:
    write_data_set(mirror, "facebook/xnli", {("en", "test"): nli(XNLI), ("en", "validation"): nli(XNLI)})
    write_data_set(mirror, "nyu-mll/glue", {("mnli", "train"): nli(TRAIN)})
    table, faults = check([TASKS["xnli"]], mirror=mirror, sources=("mirror",))
    capsys.readouterr()
    assert list(table.columns) == list(COLUMNS)
    test = table[table["role"] == "test"].set_index("language")
    assert test.loc["en", "state"] == "short"
    assert test.loc["en", "repeated"] == 1
    assert test.loc["en", "overlap"] == 1
    assert set(test.drop("en")["state"]) == {"missing"}
    assert [fault.split(" rows")[0] for fault in faults] == ["train_in", "validation_in", "test"]
    assert all("unknown config 'ar'" in fault for fault in faults)
    assert all(fault.endswith("(so in 14 languages)") for fault in faults)
    folded = fold(table).set_index(["role", "state"])
    assert folded.loc[("test", "missing"), "language"] == "ar bg de el es fr ... (14)"
    assert folded.loc[("test", "missing"), "declared"] == 14 * 5010
    assert folded.loc[("test", "short"), "rows"] == 3


def test_damage_is_no_smaller_copy(mirror: Path, capsys: pytest.CaptureFixture) -> None:
    (mirror / "stanfordnlp/snli/plain_text/train-00000-of-00001.parquet").write_bytes(b"")
    assert run(mirror, "--allow-subset", "--", "snli") == 1
    captured = capsys.readouterr()
    assert "1 short, 1 wrong" in captured.out or "1 wrong, 1 short" in captured.out
    assert "train-00000-of-00001.parquet is empty" in captured.err
    assert "correct the data or the declarations" in captured.err


def test_unknown_tasks(capsys: pytest.CaptureFixture) -> None:
    assert main(["check", "snlii"]) == 1
    assert "Did you mean 'snli'" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "said"), [(["--help"], "check --help"), (["check", "--help"], "--allow-subset")])
def test_help_teaches(arguments: list[str], said: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert said in text
    if "check" in arguments:
        assert "hf download nyu-mll/glue --repo-type dataset" in text
        assert "python -m study_utils.data check --mirror ~/mirror xnli mnli" in text
        assert "states: ok, unstated" in text


def test_rows_that_train_and_test_are_an_error_unless_allowed(tmp_path, capsys):
    for name, texts in (("train", "ab"), ("dev", "ca"), ("test", "bd")):
        lines = ["text,label", *(f"sentence {text},{label}" for text, label in zip(texts, ("neg", "pos")))]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    spec = dict(title="L", format="classify", labels=["neg", "pos"], metric="accuracy", licence="l", citation="c")
    spec |= {"columns": {"text": "text", "label": "label"}, "folder": "."}
    spec |= {"train": {"en": "train.csv"}, "validation": {"en": "dev.csv"}, "test": {"en": "test.csv"}}
    path = tmp_path / "tasks.yaml"
    path.write_text(yaml.safe_dump({"tasks": {"overlapping": spec}}), encoding="utf-8")
    try:
        assert main(["check", "--tasks-from", str(path)]) == 1
        said = capsys.readouterr().err
        assert (
            "1 of 2 validation rows of overlapping, 1 of 2 test rows of overlapping occur in its training rows" in said
        )
        assert main(["check", "--tasks-from", str(path), "--allow-overlap", "overlapping"]) == 0
    finally:
        for table in (TASKS, CONDITIONS):
            table.pop("overlapping", None)
