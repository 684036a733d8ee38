"""What of a row source enters a run's id, and the language of training rows."""

from __future__ import annotations

import dataclasses
import json

import pytest

import study_utils.plan.rows as plan_rows
from study_utils.catalog import TASKS, FolderRows, StarterRows
from study_utils.params import load_params
from study_utils.plan import make_plan
from study_utils.plan.declared import declaration
from study_utils.plan.rows import RowRuns


def test_fields_left_at_their_default_and_counts_change_no_id():
    rows = TASKS["mnli"].train
    assert declaration(rows, ("en",)) == {
        "hub_id": "nyu-mll/glue",
        "revision": rows.revision,
        "split": "train",
        "configs": {"en": "mnli"},
        "columns": {"text": "premise", "text_pair": "hypothesis", "label": "label"},
        "unlabelled": (),
    }
    assert declaration(dataclasses.replace(rows, expected={}), ("en",)) == declaration(rows, ("en",))
    starter = StarterRows(recipe="intent", split="train", languages=("en", "de"))
    assert declaration(starter, ("en",)) == {"recipe": "intent", "split": "train"}


@pytest.mark.parametrize("key", ["tydiqa", "bc5cdr", "xcopa", "head_qa", "ccg", "lareqa"])
def test_every_declaration_is_json_and_what_changes_rows_enters(key):
    for role in ("train", "validation", "test"):
        rows = getattr(TASKS[key], role)
        if rows is not None:
            declared = declaration(rows, tuple(rows.configs)[:1])
            json.dumps(declared, sort_keys=True)
            assert len(declared["configs"]) == 1
            for name in ("select", "held_out", "labels", "questions", "beside", "other"):
                assert (name in declared) == bool(getattr(rows, name))
            assert len(declared.get("select", {"by_language": {"": ""}})["by_language"]) == 1


def test_a_folder_enters_by_its_content_alone(tmp_path):
    rows = FolderRows(folder=str(tmp_path), files={"en": "a.csv"}, columns={"text": "t"})
    assert declaration(rows, ("en",)) == {"columns": {"text": "t"}, "unlabelled": ()}


def test_a_task_in_another_language_trains_and_selects_in_it(monkeypatch):
    asked = []

    def digest(task, role, *, languages, **_):
        asked.append((task.key, role, languages))
        return {"kind": "hub"}

    monkeypatch.setattr(plan_rows, "source_digest", digest)
    planner = RowRuns(load_params("quick"))
    run = planner.training_data(TASKS["stsb_de"], planner.params.intermediate, 0)
    assert asked == [("stsb_de", "train", ("de",)), ("stsb_de", "validation", ("de",))]
    assert run.work["languages"] == run.identity["languages"] == ("de",)


def test_a_cap_enters_the_settings_only_where_there_is_one(monkeypatch):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "hub"})
    changes = {"conditions": ["none", "mixture", "all_public"], "seeds": [0], "targets": ["messages"]}
    plan = make_plan(load_params("quick", changes))
    settings = {run.name: run.work["settings"] for run in plan.of_stage("02_intermediate_training")}
    capped = {name: own.get("cap") for name, own in settings.items()}
    assert sorted(capped.values(), key=str) == [131072, None]
    assert "cap" not in next(own for name, own in settings.items() if "mixture" in name)


def ids_of(monkeypatch: pytest.MonkeyPatch, changes: dict) -> dict[str, str]:
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "hub"})
    plan = make_plan(load_params("quick", {"conditions": ["none", "message_order"], "seeds": [0, 1], **changes}))
    return {run.name: run.id for run in plan.of_stage("01_data_prep")}


def test_drawing_by_label_enters_only_where_rows_are_drawn_and_have_labels(monkeypatch):
    drawn, plain = (ids_of(monkeypatch, {"sampling": {"by_label": value}}) for value in (True, False))
    assert drawn.keys() == plain.keys()
    changed = {name for name in drawn if drawn[name] != plain[name]}
    assert changed == {"data-intent-train", "data-intent-test", "data-message_order-train"}
    whole = {"target": {"examples": None, "validation_examples": None}, "targets": ["intent"]}
    drawn, plain = (ids_of(monkeypatch, {"sampling": {"by_label": value}, **whole}) for value in (True, False))
    assert drawn["data-intent-train"] == plain["data-intent-train"]


def test_each_seed_can_draw_its_own_rows_to_train_and_none_to_test(monkeypatch):
    asked = {"targets": ["intent", "messages"]}
    same, own = (ids_of(monkeypatch, {"sampling": {"per_seed": value}, **asked}) for value in (False, True))
    tests = {"data-intent-test", "data-messages-test"}
    assert same.keys() == tests | {"data-intent-train", "data-message_order-train"}
    trained = {f"data-{key}-train-s{seed}" for key in ("intent", "message_order") for seed in (0, 1)}
    assert own.keys() == tests | trained
    assert {name: own[name] for name in tests} == {name: same[name] for name in tests}
    assert len(set(own.values())) == len(own)
