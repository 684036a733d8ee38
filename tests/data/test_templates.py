"""A template is a tasks file: with rows beside it, `check` passes; it leaves no field out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.user_languages import UserLanguage
from study_utils.catalog.user_tasks import RoleRows, UserTask, UserTasks
from study_utils.data.check import main
from study_utils.data.templates import TEMPLATES, template


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    tasks, conditions = dict(TASKS), dict(CONDITIONS)
    yield
    for now, before in ((TASKS, tasks), (CONDITIONS, conditions)):
        now.clear()
        now.update(before)


def other(value: object, word: str, fixed: set[str]) -> object:
    """The row with another first text, so that no test row is a training row."""
    if isinstance(value, dict):
        return {key: part if key in fixed else other(part, word, fixed) for key, part in value.items()}
    return [*value[:-1], word] if isinstance(value, list) else f"{value} {word}" if isinstance(value, str) else value


@pytest.mark.parametrize("kind", TEMPLATES)
def test_with_rows_beside_it_check_passes(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["new", kind]) == 0
    text = capsys.readouterr().out
    (tmp_path / "tasks.yaml").write_text(text, encoding="utf-8")
    shown = json.loads(re.search(r"^#   (\{.*\})$", text, flags=re.MULTILINE).group(1))
    task = yaml.safe_load(text)["tasks"]["my_task"]
    fixed = {task["columns"].get(name) for name in ("label", "tags")} | {"answers", "choices"}
    for role in ("train", "validation", "test"):
        for name in task[role].values():
            row = json.dumps(other(shown, name.replace(".", ""), fixed))
            (tmp_path / name).write_text(row + "\n", encoding="utf-8")
    assert main(["check", "--tasks-from", str(tmp_path / "tasks.yaml")]) == 0
    assert "4 unstated" in re.sub(r"\s+", " ", capsys.readouterr().out)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_field_is_there_and_those_left_out_are_what_they_are_said_to_be(kind: str) -> None:
    text = template(kind)
    for name in UserTask.model_fields:
        assert re.search(rf"^ +(# )?{name}:", text, flags=re.MULTILINE), name
    active = yaml.safe_load(text)["tasks"]["my_task"]
    rest = text.split("# More fields")[1].split("# Languages")[0].splitlines()[1:]
    said = yaml.safe_load("\n".join(line.replace("# ", "", 1).strip() for line in rest))
    plain = UserTask.model_validate(active).model_dump(mode="json")
    given = UserTask.model_validate({**active, **said}).model_dump(mode="json")
    assert given == plain


@pytest.mark.parametrize("kind", TEMPLATES)
def test_its_language_and_the_fields_of_a_role_are_what_a_file_may_hold(kind: str) -> None:
    text = template(kind)
    said = yaml.safe_load("\n".join(line[2:] for line in text.split("by their code:\n")[1].splitlines()))
    (language,) = UserTasks.model_validate(said).languages.values()
    assert list(said["languages"]["tpi"]) == list(UserLanguage.model_fields)
    assert (language.name, language.script, language.xlmr_seen) == ("Tok Pisin", "Latn", None)
    assert re.search(r"any of (.*)", text).group(1).split(", ") == list(RoleRows.model_fields)


def test_kinds_are_listed_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture) -> None:
    assert main(["new", "--list"]) == main(["new"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [*TEMPLATES, *TEMPLATES]
    assert main(["new", "tags"]) == 1
    assert "unknown kind of task 'tags'" in capsys.readouterr().err
