"""Whose weights stay, in which order runs are made for it, and how much of a disk that takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from study_utils.execute.keep import Unneeded, depth_first, megabytes, model_megabytes
from study_utils.params import load_params
from study_utils.plan import Plan, Run, make_plan
from study_utils.store import Store

SMALL = {
    "conditions": ["none", "command_choice", "message_order"],
    "targets": ["intent", "slots", "messages"],
    "tasks": {},
    "seeds": [0, 1],
    "languages": ["en", "de"],
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(load_params("quick", SMALL))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def make(store: Store, run: Run) -> None:
    with store.writing(run.id, {}) as folder:
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / "history.parquet").write_bytes(b"losses")


def has_weights(store: Store, run: Run) -> bool:
    return (store.folder(run.id) / "model.safetensors").is_file()


def test_runs_come_after_what_they_need_and_all_of_them_once(plan):
    todo = list(plan.runs.values())
    ordered = depth_first(todo)
    assert sorted(run.id for run in ordered) == sorted(run.id for run in todo)
    place = {run.id: number for number, run in enumerate(ordered)}
    assert all(place[needed] < place[run.id] for run in ordered for needed in run.inputs)
    half = [run for run in todo if run.stage >= "03"]
    assert {run.id for run in depth_first(half)} == {run.id for run in half}, "what is done needs no place"


def test_weights_go_once_the_last_reader_is_done_and_few_are_there_at_a_time(plan, store):
    unneeded, most, trained = Unneeded(plan, store), 0, []
    for run in depth_first(list(plan.runs.values())):
        for needed in run.inputs:
            assert not store.dropped(needed), "no run lacks what it starts from"
        make(store, run)
        unneeded.done(run.id)
        trained += [run] if run.kind == "train" else []
        most = max(most, sum(has_weights(store, other) for other in trained))
    assert most == 2, "an intermediate model and a target's"
    assert not any(has_weights(store, run) for run in trained)
    assert {store.status(run.id) for run in plan.runs.values()} == {"done"}
    assert all((store.folder(run.id) / "history.parquet").is_file() for run in trained)
    assert not plan.missing(store)


def test_weights_of_an_earlier_study_go_when_one_begins_and_come_back_for_a_new_reader(plan, store):
    for run in plan.runs.values():
        make(store, run)
    Unneeded(plan, store)
    assert not any(has_weights(store, run) for run in plan.runs.values() if run.kind == "train")
    more = make_plan(load_params("quick", {**SMALL, "targets": [*SMALL["targets"], "slot_answer"], "seeds": [0]}))
    again = [run.name for run in more.missing(store) if run.id in plan.runs]
    assert again == ["intermediate-command_choice-e5_small-s0", "intermediate-message_order-e5_small-s0"]


def test_a_model_that_a_missing_run_starts_from_keeps_its_weights(plan, store):
    *done, last = [run for run in depth_first(list(plan.runs.values())) if run.kind != "data"]
    for run in done:
        make(store, run)
    Unneeded(plan, store)
    assert {run.id for run in done if run.kind == "train" and has_weights(store, run)} == set(last.inputs) - {
        run.id for run in plan.runs.values() if run.kind == "data"
    }


def test_disk_counts_all_models_or_those_of_a_chain(plan):
    todo = list(plan.runs.values())
    trained = [run for run in todo if run.kind == "train"]
    one = model_megabytes(trained[0])
    others = 2 * len(todo)
    assert megabytes(plan, todo, keep="all", jobs=1) == pytest.approx((len(trained) + 3) * one + others)
    assert megabytes(plan, todo, keep="scores", jobs=1) == pytest.approx((2 + 3) * one + others)
    assert megabytes(plan, todo, keep="scores", jobs=2) == pytest.approx((4 + 6) * one + others)
    assert megabytes(plan, [], keep="all", jobs=2) == 0
