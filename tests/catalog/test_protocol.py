"""The protocol: every choice on the page, its settings valid, its numbers those of the declarations."""

from __future__ import annotations

import dataclasses
import re

import pytest
import yaml

from study_utils.catalog import BENCHMARKS, TASKS
from study_utils.catalog.protocol import CHOICES, PROTOCOL, SOURCES, Choice
from study_utils.catalog.protocol_page import protocol_page
from study_utils.catalog.treebanks import SPLITS, TREEBANKS, sentences, treebanks
from study_utils.params import load_params
from study_utils.paths import project_root


@pytest.fixture(scope="module")
def text() -> str:
    return protocol_page()


def line(text: str, about: str, title: str) -> list[str]:
    rows = [re.split(r"(?<!\\)\|", row)[1:-1] for row in text.splitlines() if row.startswith("|")]
    (found,) = [
        cells for row in rows if (cells := [cell.strip() for cell in row])[1] == about and title in cells[0].split(", ")
    ]
    return found


def test_the_committed_page_is_what_the_command_writes(text: str) -> None:
    committed = (project_root() / "PROTOCOL.md").read_text(encoding="utf-8")
    assert committed == text, "a declaration changed: run python -m study_utils.catalog --write"


def test_every_choice_is_a_line_of_a_whole_table(text: str) -> None:
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    assert [len(lines) - 2 for lines in tables] == [len(choices) for choices in PROTOCOL.values()]
    for lines in tables:
        assert all(len(re.split(r"(?<!\\)\|", row)) == 9 and "| – |" not in row for row in lines)


def test_every_task_of_a_benchmark_is_there_and_nothing_else() -> None:
    told = {key for choice in CHOICES for key in choice.tasks}
    assert told == {key for item in BENCHMARKS.values() for key in item.tasks}


@pytest.mark.parametrize("choice", CHOICES, ids=lambda c: f"{c.about} {' '.join(c.tasks)}")
def test_a_choice_says_who_does_what_and_its_setting_opens_a_study(choice: Choice) -> None:
    assert all(getattr(choice, item.name) for item in dataclasses.fields(choice) if item.type == "str")
    assert choice.source in SOURCES
    assert not (choice.default and choice.setting), "either the default, or a setting makes it so"
    if choice.setting:
        params = load_params("xtreme_r", dict(choice.setting))
        for field, value in choice.setting.items():
            found = params
            for name in field.split("."):
                found = getattr(found, name)
            assert (list(found) if isinstance(value, list) else found) == value


def test_what_is_done_here_is_read_from_the_declarations(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert line(text, "longest test input", "XNLI")[2:5] == [
        "128 tokens",
        "as the study says, one number for all targets (`evaluation.max_length`)",
        "`evaluation.max_length: published`",
    ]
    assert line(text, "longest test input", "XQuAD")[2] == "384 tokens"
    held = line(text, "training rows", "TyDiQA-GoldP")
    assert "5% of the passages (XQuAD, MLQA), 10% of the passages (TyDiQA-GoldP)" in held[3]
    assert held[4] == "`target.held_out: train`"
    assert line(text, "training rows", "UD-POS")[3].startswith("21,787: en_ewt en_gum en_lines en_partut")
    assert "106,367 sentences in 38 languages" in line(text, "test rows", "UD-POS")[3]
    assert "What was the cause? / What was the effect?" in line(text, "question", "XCOPA")[3]


def test_what_differs_in_any_case_is_listed_first(text: str) -> None:
    listed = re.findall(r"^- (.*?):", text, flags=re.MULTILINE)
    never = [choice for choice in CHOICES if not (choice.default or choice.setting)]
    assert len(listed) == len(never)
    assert "PAN-X, words" in listed
    assert "UD-POS, words" in listed


def test_the_study_of_xtreme_r_uses_the_settings_of_the_benchmark_that_its_header_names() -> None:
    path = project_root() / "params/xtreme_r.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["evaluation"]["max_length"] == "published"
    assert content["target"]["held_out"] == "train"
    params = load_params("xtreme_r")
    for key in BENCHMARKS["xtreme_r"].tasks:
        asked = TASKS[key].retrieval
        assert params.test_max_length(key) == (asked.query_length if asked else TASKS[key].test_length)


def test_treebanks_are_those_whose_sums_the_prepared_files_of_the_benchmark_have() -> None:
    """Sums of google-research/xtreme's `udpos` files, except French, where they have 12 sentences of FTB more."""
    sums = {split: sentences(split, [code for code, name in TREEBANKS if name == split]) for split in SPLITS}
    assert sums["train"]["en"] == 21787
    assert sums["validation"]["en"] == 3974
    prepared = dict(en=5440, ar=1680, es=3147, et=4127, fa=2055, fi=6544, fr=5013 - 12, hi=2684, id=1931, it=3518)
    prepared |= dict(ja=2365, ko=4276, lt=739, nl=1471, pl=4942, pt=2680, ro=2272, ru=8973, ta=654, tl=222, tr=5842)
    prepared |= dict(zh=3455, el=456, th=1000, yo=318, wo=470, kk=1047)
    assert {code: sums["test"][code] for code in prepared} == prepared
    assert treebanks("test", ["el", "de"]) == {"el": "el_gdt", "de": ("de_gsd", "de_hdt", "de_lit", "de_pud")}
    assert treebanks("validation", ["kk", "id"]) == {"id": "id_gsd"}
