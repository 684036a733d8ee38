"""Expected times: measured where there is something like it, counted where there is not."""

import json

import pytest

from study_utils.catalog import FORMATS
from study_utils.estimate import OPERATIONS, SPEED, examples_of, expected_seconds
from study_utils.params import load_params
from study_utils.plan import make_plan
from study_utils.store import Store


@pytest.fixture(scope="module")
def plan():
    return make_plan(load_params("quick"))


def test_before_any_run_operations_are_counted(tmp_path, plan):
    store = Store(tmp_path)
    expected = expected_seconds(plan, store, device="cpu")
    assert set(expected) == set(plan.runs)
    run = next(r for r in plan.of_stage("03_target_finetuning") if "intent" in r.work["data"])
    params = load_params("quick").target
    examples = params.examples * params.epochs
    assert examples_of(run, plan, store) == examples
    by_hand = examples * OPERATIONS["train"] * 21e6 * FORMATS["classify"].tokens / SPEED["cpu"]
    assert expected[run.id] == pytest.approx(by_hand)
    on_gpu = expected_seconds(plan, store, device="cuda")[run.id]
    assert on_gpu == pytest.approx(by_hand * SPEED["cpu"] / SPEED["cuda"])


def test_a_measured_run_sets_the_rate_of_its_like(tmp_path, plan):
    store = Store(tmp_path)
    before = expected_seconds(plan, store, device="cpu")
    assert all(seconds > 0 for seconds in before.values())
    run = plan.of_stage("04_zero_shot_eval")[0]
    with store.writing(run.id, {"rows": 100}):
        pass
    after = expected_seconds(plan, store, device="cpu")
    assert run.id not in after
    others = plan.of_stage("04_zero_shot_eval")[1:]
    assert all(after[r.id] < before[r.id] for r in others if r.work["task"] == run.work["task"])
    training = plan.of_stage("03_target_finetuning")[0].id
    assert after[training] == before[training], "a fast prediction says nothing about training"


def test_a_measured_run_corrects_the_count_of_other_tasks(tmp_path, plan):
    """A tagging run that takes three times its count says that an intent takes three times its own."""
    store = Store(tmp_path)
    before = expected_seconds(plan, store, device="cpu")
    training = plan.of_stage("03_target_finetuning")
    tagged = next(run for run in training if "slots" in run.work["data"])
    intent = next(run for run in training if "intent" in run.work["data"])
    with store.writing(tagged.id, {}):
        pass
    path = store.folder(tagged.id) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 3 * before[tagged.id]}))
    after = expected_seconds(plan, store, device="cpu")
    assert after[intent.id] == pytest.approx(3 * before[intent.id])


def test_before_rows_are_prepared_their_declared_number_counts(tmp_path):
    changes = {"targets": ["xnli"], "conditions": ["none"], "seeds": [0], "languages": ["de", "sw"], "mirror": ""}
    changes |= {"tasks.xnli": {}, "evaluation.examples": None, "target.examples": None}
    plan = make_plan(load_params("pilot", changes), absent_ok=True)
    store = Store(tmp_path)
    counts = {run.kind: examples_of(run, plan, store) for run in plan.runs.values() if run.kind != "data"}
    epochs = next(run for run in plan.runs.values() if run.kind == "train").work["settings"]["epochs"]
    assert counts == {"train": 392_702 * epochs, "predict": 2 * 5_010}, "facebook/xnli as published"
    tests = next(run for run in plan.runs.values() if run.kind == "data" and "test" in run.work["roles"])
    assert examples_of(tests, plan, store) == 2 * 5_010
