"""The catalogue as a page: complete, well formed, and the committed one is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from study_utils.catalog import BENCHMARKS, CONDITIONS, ENCODERS, LANGUAGES, TASKS
from study_utils.catalog.__main__ import main
from study_utils.catalog.claims import CLAIMS, KINDS
from study_utils.catalog.page import page
from study_utils.catalog.protocol_page import protocol_page
from study_utils.paths import project_root


@pytest.fixture(scope="module")
def text() -> str:
    return page()


def cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip())[1:-1]


def row(text: str, key: str) -> list[str]:
    (found,) = [line for line in section(text, "Targets").splitlines() if line.startswith(f"| {key} |")]
    return [cell.strip() for cell in cells(found)]


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_committed_page_is_what_the_command_writes(text: str) -> None:
    committed = (project_root() / "CATALOG.md").read_text(encoding="utf-8")
    assert committed == text, "a declaration changed: run python -m study_utils.catalog --write"


def test_the_command_prints_or_writes_the_pages(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == f"{text}\n{protocol_page()}"
    monkeypatch.chdir(tmp_path)
    assert main(["--write"]) == 0
    assert (tmp_path / "CATALOG.md").read_text(encoding="utf-8") == text
    assert (tmp_path / "PROTOCOL.md").read_text(encoding="utf-8") == protocol_page()
    assert main(["--write", "none"]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "examples:" in out
    assert "--write" in out


def test_every_table_is_whole(text: str) -> None:
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    intermediate = ("general", "scientific", "biomedical", "legal", "other languages", "text")
    assert len(tables) == 2 + len(intermediate) + 2 + len(BENCHMARKS) + len(KINDS) + 1
    for lines in tables:
        assert len({len(cells(line)) for line in lines}) == 1, lines[0]
        assert len(lines) > 2, f"empty: {lines[0]}"
        assert all(cell.strip() for line in lines for cell in cells(line))


def test_everything_declared_is_there_once(text: str) -> None:
    def keys(title: str) -> list[str]:
        return re.findall(r"^\| (\S+) \|", section(text, title), flags=re.MULTILINE)

    assert set(keys("Targets")) | set(keys("Intermediate tasks")) == {*TASKS, "key", "---"}
    for title, declared in (("Conditions", CONDITIONS), ("Encoders", ENCODERS), ("Languages", LANGUAGES),
                            ("Published claims", CLAIMS)):  # fmt: skip
        found = [key for key in keys(title) if key not in ("key", "code", "---")]
        assert sorted(found) == sorted(declared), title
    assert all(f"(`{key}`)" in section(text, "Benchmarks") for key in BENCHMARKS)


def test_how_retrieval_is_read(text: str) -> None:
    read = section(text, "How retrieval is read")
    assert "8 of 12 and 14 of 24" in read
    assert "| lareqa | targets among candidates | published | mean, special tokens included | 96 | 256 |" in read
    assert "| bucc | pairs in two pools | published | first token | 512 | 512 |" in read
    assert sum(line.startswith("| ") for line in read.splitlines()) == 2 + 5


def test_numbers_of_a_target(text: str) -> None:
    assert row(text, "xnli")[:8] == ["xnli", "XNLI", "classify", "accuracy", "15", "7", "75,150", "392,702"]
    assert row(text, "bucc")[6:9] == ["257 (of 1)", "–", "google/xtreme, mirror only"]
    assert row(text, "intent")[6:9] == ["–", "–", "starter suite"]


def test_what_a_cell_holds_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = TASKS["xnli"].__class__(**{**vars(TASKS["xnli"]), "licence": "CC | BY"})
    monkeypatch.setitem(TASKS, "xnli", changed)
    assert row(page(), "xnli")[9] == r"CC \| BY"


def test_stages_and_caps_are_shown(text: str) -> None:
    lines = section(text, "Conditions").splitlines()
    assert "| anli_plus | ANLI+ | snli + mnli + anli |" in "\n".join(lines)
    (nine,) = [line for line in lines if line.startswith("| all_nine |")]
    assert "ccg (cap 131,072)" in nine
    assert any(line.startswith("| none | No intermediate task | none |") for line in lines)
