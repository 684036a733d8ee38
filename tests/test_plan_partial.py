"""Studies that accept copies without some treebanks, train on rows held out, or test at published lengths."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from mirrors import hub_rows, tagged, write_data_set

import study_utils.plan.grid as grid
import study_utils.plan.rows as plan_rows
from study_utils.catalog import TASKS, HeldOut, Task
from study_utils.errors import MissingRowsError, ParameterError
from study_utils.execute.planned import plan_text
from study_utils.execute.stage import complete
from study_utils.outcomes.training import training_frames
from study_utils.params import load_params
from study_utils.plan import STAGES, make_plan
from study_utils.plan.declared import declaration
from study_utils.sentences import describe_partial
from study_utils.study import open_study

STUDY = """
title: Trees
encoders: [e5_small]
conditions: [none]
targets: [trees]
seeds: [0]
mirror: {mirror}
sources: [mirror]
artifacts: {folder}/artifacts
reports: {folder}/reports
target: {{epochs: 1, max_length: 32}}
evaluation: {{max_length: 32}}
"""
COLUMNS = {"tokens": "tokens", "tags": "upos"}


def rows(split: str, held: bool | None = None, **configs):
    cut = None if held is None else HeldOut(held=held, block=1, share=0.5)
    return hub_rows("org/trees", split, configs, COLUMNS, held_out=cut)


@pytest.fixture
def study(tmp_path: Path, monkeypatch):
    """Give a study of a task with two treebanks a language, of which a copy has one in German."""
    names = ["DET", "NOUN", "VERB"]
    here = {(name, split): 20 for name in ("en_a", "en_b") for split in ("train", "test")} | {("de_a", "test"): 5}
    splits = {
        (name, split): tagged([([name, str(n)], ["NOUN", "VERB"]) for n in range(count)], names)
        for (name, split), count in here.items()
    }
    write_data_set(tmp_path / "mirror", "org/trees", splits)
    item = Task(
        key="trees",
        title="Trees",
        format="tag",
        labels=tuple(names),
        metric="token_accuracy",
        train=rows("train", held=False, en=("en_a", "en_b")),
        validation=rows("train", held=True, en=("en_a", "en_b")),
        test=rows("test", en=("en_a", "en_b"), de=("de_a", "de_b")),
        licence="l",
        citation="c",
    )
    monkeypatch.setitem(TASKS, "trees", item)
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")
    path = tmp_path / "trees.yaml"
    path.write_text(STUDY.format(mirror=tmp_path / "mirror", folder=tmp_path), encoding="utf-8")
    return path


def by_name(path: Path, **changes):
    return {run.name: run for run in make_plan(load_params(str(path), changes)).runs.values()}


def test_without_its_consent_a_study_reads_no_part_of_a_set(study: Path) -> None:
    with pytest.raises(MissingRowsError, match=r"'de' lacks 1 of 2 configs \(de_b\).*partial_sets: true"):
        make_plan(load_params(str(study)))


def test_a_part_is_named_in_plan_ids_manifest_and_sentences(study: Path) -> None:
    opened = open_study(str(study), {"partial_sets": True})
    test = next(run for run in opened.plan.runs.values() if run.name == "data-trees-test")
    assert test.identity["task"]["rows"]["test"]["configs"] == {"en": ("en_a", "en_b"), "de": "de_a"}
    assert opened.partial().to_dict("records") == [
        {"task": "trees", "role": "test", "language": "de", "used": "de_a", "absent": "de_b"}
    ]
    (sentence,) = describe_partial(opened.partial())
    assert sentence == "Trees, test rows: 1 language with some of the declared parts only, without de_b (de)."
    assert f"partial: {sentence}" in plan_text(opened)
    complete(opened, STAGES[0])
    assert opened.store.manifest(test.id)["absent"] == {"test": {"de": ["de_b"]}}
    assert opened.coverage().set_index("language")["examples"].to_dict() == {"en": 40, "de": 5}


def test_a_part_of_one_config_has_the_id_of_that_config_declared_alone(study: Path) -> None:
    found = by_name(study, partial_sets=True)["data-trees-test"].identity["task"]["rows"]["test"]
    alone = rows("test", en=("en_a", "en_b"), de="de_a")
    assert found == declaration(alone, ("en", "de"))


def test_every_part_being_there_is_said_too(study: Path) -> None:
    opened = open_study(str(study), {"partial_sets": True, "languages": ["en"]})
    assert opened.partial().empty
    assert describe_partial(opened.partial()) == ["Every set of rows is read from all its parts."]
    assert "partial:" not in plan_text(opened)


def test_of_many_parts_five_are_named() -> None:
    table = pd.DataFrame({"task": "udpos", "role": "test", "language": list("abcdefg"), "used": "x", "absent": "y"})
    (sentence,) = describe_partial(table)
    assert sentence.endswith("without y (a), y (b), y (c), y (d), y (e) and 2 more.")


def test_rows_held_out_can_train_and_then_the_last_epoch_is_kept(study: Path) -> None:
    changes = {"partial_sets": True, "target.held_out": "train"}
    usual, whole = by_name(study, partial_sets=True), by_name(study, **changes)
    cut = usual["data-trees-train"].identity["task"]["rows"]["train"]["held_out"]
    assert cut == {"held": False, "by": "", "block": 1, "share": 0.5}
    declared = whole["data-trees-train"].identity["task"]["rows"]
    assert "held_out" not in declared["train"]
    assert declared["validation"]["held_out"]["held"] is True
    trained = "target-trees-none-e5_small-s0"
    assert usual[trained].work["settings"]["keep"] == "best"
    assert whole[trained].work["settings"]["keep"] == "last"
    assert whole["data-trees-test"].id == usual["data-trees-test"].id

    opened = open_study(str(study), changes)
    complete(opened, STAGES[0])
    assert len(opened.rows("trees", "train")) == 40
    selecting = opened.rows("trees", "validation")
    assert 0 < len(selecting) < 40


def test_what_training_wrote_says_whether_its_validation_rows_were_held_out(study: Path, tmp_path: Path) -> None:
    pd.DataFrame({"task": ["trees"], "value": [0.5]}).to_parquet(tmp_path / "written.parquet")
    store = SimpleNamespace(verified_file=lambda *_: tmp_path / "written.parquet")

    def held_out(**changes):
        plan = make_plan(load_params(str(study), {"partial_sets": True, **changes}))
        return training_frames(plan, store, STAGES[2], "validation.parquet")["held_out"].tolist()

    assert held_out() == [True]
    assert held_out(**{"target.held_out": "train"}) == [False]


def test_where_nothing_is_held_out_the_setting_changes_no_id(monkeypatch) -> None:
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "starter"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")
    usual = make_plan(load_params("quick"))
    assert set(make_plan(load_params("quick", {"target.held_out": "train"})).runs) == set(usual.runs)


def test_two_cuts_of_the_training_rows_exclude_each_other() -> None:
    with pytest.raises(ParameterError, match="train_share cuts the training rows and held_out"):
        load_params("quick", {"target.held_out": "train", "target.train_share": 0.5})


def test_lengths_of_test_inputs_are_the_published_ones_or_a_number(study: Path, monkeypatch) -> None:
    with pytest.raises(ParameterError, match=r"target 'trees' declares no published length.*tasks\.trees\.test_max"):
        load_params(str(study), {"evaluation.max_length": "published"})
    own = load_params(str(study), {"evaluation.max_length": "published", "tasks": {"trees": {"test_max_length": 99}}})
    assert own.test_max_length("trees") == 99
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "hub"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")
    changes = {"targets": ["xnli", "xquad"], "conditions": ["none"], "seeds": [0], "tasks": {}, "languages": ["en"]}

    def lengths(asked):
        runs = make_plan(load_params("quick", {**changes, "evaluation.max_length": asked})).runs.values()
        return {run.work["task"]: run.identity["settings"]["max_length"] for run in runs if run.kind == "predict"}

    assert lengths("published") == {"xnli": 128, "xquad": 384}
    assert lengths(200) == {"xnli": 200, "xquad": 200}


@pytest.mark.parametrize("value", ["publishd", 3, 2.5, True])
def test_another_length_of_test_inputs_is_refused(value) -> None:
    with pytest.raises(ParameterError, match=r"evaluation\.max_length.*write how many tokens, 8 or more, or published"):
        load_params("quick", {"evaluation.max_length": value})
