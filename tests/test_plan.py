from __future__ import annotations

import json
import subprocess
import sys

import pytest

import study_utils.plan as plan_module
from study_utils.computing import PRECISION
from study_utils.params import load_params
from study_utils.plan import STAGES, canonical_sha256, make_plan
from study_utils.store import Store


@pytest.fixture(scope="module")
def params():
    return load_params("quick")


@pytest.fixture(scope="module")
def plan(params):
    return make_plan(params)


def ids(changes=None):
    return set(make_plan(load_params("quick", changes)).runs)


def test_the_grid_has_every_cell_once(params, plan):
    expected = len(params.encoders) * len(params.conditions) * len(params.targets) * len(params.seeds)
    cells = {(c.encoder, c.condition, c.task, c.seed) for c in plan.cells}
    assert len(cells) == len(plan.cells) == expected
    assert all(c.run in plan.runs for c in plan.cells)


def test_runs_come_after_what_they_need(plan):
    seen = set()
    for run in plan.runs.values():
        assert seen.issuperset(run.inputs), run.id
        seen.add(run.id)
    assert list(dict.fromkeys(run.stage for run in plan.runs.values())) == list(STAGES)


def test_counts_by_hand(params, plan):
    seeds, conditions = len(params.seeds), len(params.conditions)
    assert len(plan.of_stage("02_intermediate_training")) == seeds * (conditions - 1)
    trained = 3  # intent, slots and slot_answer; messages have no training rows
    assert len(plan.of_stage("03_target_finetuning")) == seeds * conditions * trained
    # retrieval without training doesn't depend on the seed: one run for both seeds of the baseline
    assert len(plan.of_stage("04_zero_shot_eval")) == seeds * conditions * (trained + 1) - (seeds - 1)


def test_ids_are_the_same_in_another_process():
    code = "from study_utils.plan import make_plan; from study_utils.params import load_params; import json\n"
    code += "print(json.dumps(sorted(make_plan(load_params('quick')).runs)))"
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, PRECISION: "no"},
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1] == json.dumps(sorted(ids())) + "\n"


@pytest.mark.parametrize(
    "changes",
    [{"device": "cpu"}, {"jobs": 4}, {"executor": "tcp://h:1"}, {"artifacts": "elsewhere"}, {"checkpoint_seconds": 5.0},
     {"tracker": "tensorboard"}, {"title": "x"}, {"analysis.resamples": 500}],
)  # fmt: skip
def test_what_changes_no_result_changes_no_id(changes):
    assert ids(changes) == ids()


def test_a_setting_of_one_stage_changes_that_stage_and_what_follows():
    changed = ids({"target.learning_rate": 5e-4}) ^ ids()
    assert {name.split("-")[0] for name in changed} == {"target", "predict"}
    assert not any(name.startswith("predict-messages") for name in changed)
    changed = ids({"intermediate.epochs": 3}) ^ ids()
    assert not any("-none-" in name for name in changed)
    assert any(name.startswith("predict-messages") for name in changed)


def test_one_more_language_retrains_nothing():
    few = {"languages": ["en", "de", "fr"]}
    more = {"languages": ["en", "de", "fr", "fi"]}
    changed = ids(few) ^ ids(more)
    assert {name.split("-")[0] for name in changed} == {"data", "predict"}


def test_a_seed_or_condition_more_keeps_every_run_there_was():
    assert ids() < ids({"seeds": [11, 12, 13, 14, 15, 16]})


def test_another_size_of_test_set_keeps_all_training(params):
    kept = ids({"evaluation.examples": params.evaluation.examples + 1}) & ids()
    assert {name.split("-")[0] for name in kept} == {"data", "intermediate", "target"}


def test_a_raised_version_makes_the_stage_stale(monkeypatch, tmp_path, params, plan):
    run = plan.of_stage("03_target_finetuning")[0]
    store = Store(tmp_path)
    with store.writing(run.id, {"rows": {}}):
        pass
    assert store.status(run.id) == "done"
    monkeypatch.setitem(plan_module.VERSIONS, "train", 99)
    newer = make_plan(params).of_stage("03_target_finetuning")[0]
    assert newer.name == run.name
    assert store.status(newer.id) == "stale"


def test_canonical_form_ignores_order_and_sees_every_value():
    assert canonical_sha256({"a": 1, "b": [1, 2]}) == canonical_sha256({"b": [1, 2], "a": 1})
    assert canonical_sha256({"a": 1}) != canonical_sha256({"a": 1.5})
    assert canonical_sha256({"a": [1, 2]}) != canonical_sha256({"a": [2, 1]})
