"""Expected times: measured where there is something like it, counted where there is not."""

import json
from dataclasses import replace

import pytest

from study_utils import machine_speed
from study_utils.catalog import encoder
from study_utils.computing import Computing
from study_utils.estimate import (
    GPU_SPEED,
    OPERATIONS,
    START_SECONDS,
    STARTER_TOKENS,
    STEP_SECONDS,
    examples_of,
    expected_seconds,
    memory_bytes,
)
from study_utils.params import load_params
from study_utils.plan import make_plan
from study_utils.store import Store

CPU = Computing(device="cpu", precision="float32", threads=1, processes=1)


@pytest.fixture(scope="module")
def plan():
    return make_plan(load_params("quick"))


def test_before_any_run_operations_are_counted(tmp_path, plan):
    store = Store(tmp_path)
    expected = expected_seconds(plan, store, CPU)
    assert set(expected) == set(plan.runs)
    run = next(r for r in plan.of_stage("03_target_finetuning") if "intent" in r.work["data"])
    params = load_params("quick").target
    examples = params.examples * params.epochs
    assert examples_of(run, plan, store.finished(plan.runs)) == examples
    operations = examples * OPERATIONS["train"] * 21e6 * STARTER_TOKENS["classify"]
    trained = encoder("e5_small").checkpoint_mb * 1e6 / 4
    for device, speed in (("cpu", machine_speed.cpu_speed(384, 1, keep=store.cache)), ("cuda", GPU_SPEED)):
        steps = examples / params.batch_size * trained * STEP_SECONDS[device]
        found = expected_seconds(plan, store, replace(CPU, device=device))[run.id]
        assert found == pytest.approx(START_SECONDS + operations / speed + steps, rel=1e-3)
    assert expected[run.id] > found


def test_the_speed_of_the_machine_is_measured_once_and_grows_with_cores(tmp_path, monkeypatch):
    calls = []

    def measure(width):
        calls.append(width)
        return 1e9 * width

    monkeypatch.setattr(machine_speed, "_measure", measure)
    one = machine_speed.cpu_speed(100, 1, keep=tmp_path)
    machine_speed._one_core.cache_clear()  # as another process
    assert machine_speed.cpu_speed(100, 1, keep=tmp_path) == one == 1e11 * machine_speed.REACHED
    assert calls == [100], "read from the file"
    machine_speed.cpu_speed(200, 1, keep=tmp_path)
    (tmp_path / "speed.json").write_text("{")
    machine_speed._one_core.cache_clear()
    machine_speed.cpu_speed(100, 1, keep=tmp_path)
    assert calls == [100, 200, 100]
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert machine_speed.cpu_speed(100, 1, keep=tmp_path) == one
    assert machine_speed.cpu_speed(100, 8, keep=tmp_path) == pytest.approx(one * (1 + 2 * machine_speed.TOGETHER))


def test_emulated_bf16_is_timed_and_counted(tmp_path, plan, monkeypatch):
    """Where the processor has bf16 nothing is slower; where it doesn't, training takes as many times longer."""
    monkeypatch.setattr(machine_speed, "has_fast_bf16", lambda _: True)
    machine_speed.emulated_bf16.cache_clear()
    assert machine_speed.emulated_bf16() == 1
    monkeypatch.setattr(machine_speed, "emulated_bf16", lambda: 40.0)
    usual = machine_speed.cpu_speed(384, 1, keep=tmp_path)
    assert machine_speed.cpu_speed(384, 1, keep=tmp_path, precision="bf16") == pytest.approx(usual / 40)
    store, run = Store(tmp_path), next(r for r in plan.of_stage("03_target_finetuning"))
    slow, fast = (expected_seconds(plan, store, replace(CPU, precision=p))[run.id] for p in ("bf16", "float32"))
    assert slow > 10 * fast
    elsewhere = expected_seconds(plan, store, replace(CPU, precision="bf16"), anywhere=True)[run.id]
    assert elsewhere == pytest.approx(fast), "where it is made, the processor has it"


def test_emulation_is_measured_in_torch(monkeypatch):
    import torch

    seconds = {torch.float32: 1.0, torch.bfloat16: 25.0}
    clock = [0.0]

    def matmul(one, other):
        clock[0] += seconds[one.dtype]

    monkeypatch.setattr(machine_speed, "has_fast_bf16", lambda _: False)
    monkeypatch.setattr(machine_speed.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(torch, "matmul", matmul)
    machine_speed.emulated_bf16.cache_clear()
    assert machine_speed.emulated_bf16() == 25
    machine_speed.emulated_bf16.cache_clear()


def test_the_measured_speed_is_that_of_multiplying_matrices():
    """A hundred million to ten trillion operations a second: any processor of this century, no GPU."""
    assert 1e8 < machine_speed._measure(64) < 1e13


def test_a_measured_run_sets_the_rate_of_its_like(tmp_path, plan):
    store = Store(tmp_path)
    before = expected_seconds(plan, store, CPU)
    assert all(seconds > 0 for seconds in before.values())
    run = plan.of_stage("04_zero_shot_eval")[0]
    with store.writing(run.id, {"rows": 100}):
        pass
    after = expected_seconds(plan, store, CPU)
    assert run.id not in after
    others = plan.of_stage("04_zero_shot_eval")[1:]
    assert all(after[r.id] < before[r.id] for r in others if r.work["task"] == run.work["task"])
    training = plan.of_stage("03_target_finetuning")[0].id
    assert after[training] == before[training], "a fast prediction says nothing about training"


def test_a_measured_run_corrects_the_count_of_other_tasks(tmp_path, plan):
    """A tagging run that takes three times its count says that an intent takes three times its own."""
    store = Store(tmp_path)
    before = expected_seconds(plan, store, CPU)
    training = plan.of_stage("03_target_finetuning")
    tagged = next(run for run in training if "slots" in run.work["data"])
    intent = next(run for run in training if "intent" in run.work["data"])
    with store.writing(tagged.id, {}):
        pass
    path = store.folder(tagged.id) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 3 * before[tagged.id]}))
    after = expected_seconds(plan, store, CPU)
    assert after[intent.id] == pytest.approx(3 * before[intent.id])
    path.write_text(json.dumps({**json.loads(path.read_text()), "device": "Another Model, cpu, 1 thread, float32"}))
    elsewhere = expected_seconds(plan, store, CPU)
    assert elsewhere[intent.id] == pytest.approx(before[intent.id]), "it says nothing of this processor"
    there = expected_seconds(plan, store, CPU, anywhere=True)
    assert there[intent.id] == pytest.approx(3 * before[intent.id]), "but of the study where it is made"


def test_before_rows_are_prepared_their_declared_number_counts(tmp_path):
    changes = {"targets": ["xnli"], "conditions": ["none"], "seeds": [0], "languages": ["de", "sw"], "mirror": ""}
    changes |= {"tasks.xnli": {}, "evaluation.examples": None, "target.examples": None}
    plan = make_plan(load_params("pilot", changes), absent_ok=True)
    store = Store(tmp_path)
    counts = {
        run.kind: examples_of(run, plan, store.finished(plan.runs)) for run in plan.runs.values() if run.kind != "data"
    }
    epochs = next(run for run in plan.runs.values() if run.kind == "train").work["settings"]["epochs"]
    assert counts == {"train": 392_702 * epochs, "predict": 2 * 5_010}, "facebook/xnli as published"
    tests = next(run for run in plan.runs.values() if run.kind == "data" and "test" in run.work["roles"])
    assert examples_of(tests, plan, store.finished(plan.runs)) == 2 * 5_010


def test_the_memory_of_a_run_is_that_of_its_weights_and_of_a_long_batch():
    plan = make_plan(load_params("pilot", {"mirror": ""}), absent_ok=True)
    train = next(run for run in plan.runs.values() if run.kind == "train" and "mnli" in run.work["data"])
    assert (train.work["settings"]["batch_size"], train.work["settings"]["max_length"]) == (16, 128)
    loaded = 6e8 + 4 * (21e6 + 250_000 * 384)  # of multilingual-e5-small
    left = 68 * 16 * 128 * 12 * 384
    assert memory_bytes(train, "cuda") == pytest.approx(loaded + 4 * 110e6 + left)
    assert memory_bytes(train, "cpu") == pytest.approx(loaded + 4 * 110e6 + 2 * left)
    predict = next(run for run in plan.runs.values() if run.kind == "predict")
    assert memory_bytes(predict, "cpu") == pytest.approx(loaded + 110e6)
