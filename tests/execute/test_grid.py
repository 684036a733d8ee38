"""Runs handed out to workers of a real scheduler on the loopback address: some die, come late, fail or don't fit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pandas as pd
import pytest
from distributed import Client, LocalCluster
from filelock import FileLock

from study_utils.execute.failures import LEFT_OUT, describe_failures
from study_utils.execute.progress import Meter
from study_utils.execute.stage import make_runs
from study_utils.study import open_study
from study_utils.workers import VERSIONS, Asked, look

SMALL = {
    "conditions": ["none", "message_order"],
    "targets": ["intent"],
    "tasks": {},
    "languages": ["en", "de"],
    "seeds": [0],
    "intermediate.examples": 300,
    "intermediate.validation_examples": 20,
    "intermediate.epochs": 12,
    "target.examples": 40,
    "target.validation_examples": 20,
    "target.epochs": 1,
    "evaluation.examples": 10,
    "questions": ["families"],
    "device": "cpu",
    "checkpoint_seconds": 0.05,
}


@contextlib.contextmanager
def worker(address):
    """A worker in a process of its own, as a cluster starts it."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1"]
    command += ["--memory-limit", "0", "--no-dashboard", "--nthreads", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def scheduler():
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", protocol="tcp://") as cluster:
        yield cluster.scheduler_address


def opened(folder, *encoders, **changes):
    where = {"encoders": list(map(str, encoders)), "artifacts": str(folder), "reports": str(folder / "reports")}
    return open_study("quick", {**SMALL, **where, **changes})


def make_all(study):
    told = []
    meter = Meter({run.id: 1.0 for run in study.plan.runs.values()}, title="test")
    meter.write, update = told.append, meter.update
    noted = []
    meter.update = lambda run, share, note="": (noted.append((run, share, note)), update(run, share, note))
    failed = make_runs(study, list(study.plan.runs.values()), meter)
    meter.close()
    return failed, told, noted


def trouble(address, stop, seen, lock):
    """Kill the worker that trains, in the middle; then free a lock and let another worker come."""
    with contextlib.ExitStack() as stack, Client(address, set_as_default=False) as client:
        while not stop.wait(0.02):
            for place, keys in client.processing().items():
                if keys:
                    seen.setdefault(place, []).extend(keys)
                mid = any(list(seen["store"].partial(key.split()[0]).glob("checkpoint-*")) for key in keys)
                trains = any(key.startswith("intermediate-message_order-tiny") for key in keys)
                if mid and trains and "killed" not in seen:
                    seen["killed"] = place
                    for pid in client.run(lambda: (os.getppid(), os.getpid()), workers=[place])[place]:
                        os.kill(pid, signal.SIGKILL)  # its nanny, which would put another one in its place, first
                    lock.release()
                    stack.enter_context(worker(address))


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_encoder, broken_encoder, scheduler):
    folder = tmp_path_factory.mktemp("grid")
    alone = opened(folder / "alone", tiny_encoder, broken_encoder)
    failed_alone, _, _ = make_all(alone)
    study = opened(folder / "together", tiny_encoder, broken_encoder, executor=scheduler)
    stop, seen = threading.Event(), {"store": study.store}
    (study.store.root / "locks").mkdir(parents=True)
    (first,) = [run for run in study.plan.runs if run.startswith("target-intent-none-tiny")]
    lock = FileLock(study.store.root / "locks" / f"{first}.lock", thread_local=False)  # as of a machine that was lost
    lock.acquire()
    watcher = threading.Thread(target=trouble, args=(scheduler, stop, seen, lock))
    with worker(scheduler), worker(scheduler):
        watcher.start()
        try:
            failed, told, noted = make_all(study)
            facts = ask(study, scheduler)
        finally:
            stop.set()
            watcher.join()
    return SimpleNamespace(
        alone=alone,
        study=study,
        failed_alone=failed_alone,
        failed=failed,
        told=told,
        noted=noted,
        seen=seen,
        facts=facts,
    )


def ask(study, address):
    """What workers that are warm say to questions that don't fit."""
    asked = Asked(source=str(study.source), changes="{}", token="", versions=tuple(VERSIONS.items()))
    other = (("study_utils", "0" * 12), ("torch", "1.0"), ("python", VERSIONS["python"]))
    questions = {
        "versions": Asked(**{**vars(asked), "versions": other}),
        "store": Asked(**{**vars(asked), "token": ".seen-nowhere"}),
        "device": Asked(**{**vars(asked), "changes": '{"device": "cuda"}'}),
        "file": Asked(**{**vars(asked), "source": "/nowhere/else.yaml"}),
    }
    with Client(address, set_as_default=False) as client:
        place = next(name for name, own in client.scheduler_info()["workers"].items() if own["nthreads"] == 1)
        return {name: client.submit(look, item, workers=[place]).result() for name, item in questions.items()}


def test_the_scores_are_those_of_one_process(made):
    assert set(made.failed) == set(made.failed_alone)
    done = [run for run in made.study.plan.runs if run not in made.failed]
    for run in done:
        mine, theirs = made.study.store.folder(run), made.alone.store.folder(run)
        assert {p.name for p in mine.iterdir()} == {p.name for p in theirs.iterdir()}
        for name in ("scores.parquet", "predictions.parquet", "validation.parquet"):
            if (mine / name).is_file():
                pd.testing.assert_frame_equal(pd.read_parquet(mine / name), pd.read_parquet(theirs / name))
    assert sum(run.startswith("predict-intent") for run in done) == 2
    assert not list(made.study.store.runs.glob("*.partial")) or made.failed


def test_a_killed_run_goes_on_elsewhere_from_its_checkpoint(made):
    (run,) = [run for run in made.study.plan.runs if run.startswith("intermediate-message_order-tiny")]
    assert "killed" in made.seen, "else nothing was tested"
    begun = [place for place, keys in made.seen.items() if place.startswith("tcp") for key in keys if run in key]
    assert len(set(begun)) == 2
    shares = [share for name, share, _ in made.noted if name == run]
    assert shares[-1] == 1.0
    assert shares.count(min(shares)) == 1, "it began at its beginning once"


def test_a_failing_run_stops_only_what_needs_it(made):
    reasons = {run.rsplit("-", 1)[0]: reason for run, reason in made.failed.items()}
    began, left_out = ({run for run, reason in reasons.items() if (reason == LEFT_OUT) == out} for out in (False, True))
    assert began == {"intermediate-message_order-broken-s0", "target-intent-none-broken-s0"}
    assert left_out == {
        "target-intent-message_order-broken-s0",
        "predict-intent-message_order-broken-s0",
        "predict-intent-none-broken-s0",
    }
    lines = describe_failures(made.failed)
    assert lines[-1] == "3 runs that need these were left out"
    assert len(lines) == 3
    for line in lines[:2]:
        assert "holds NaN or infinity" in line


def test_progress_comes_from_the_workers(made):
    assert any(0 < share < 1 and note.startswith("loss") for _, share, note in made.noted)
    assert any(line.startswith("2 workers on ") and "cpu, 1 thread, float32" in line for line in made.told)


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("versions", f"has another version: study_utils {VERSIONS['study_utils']}, not 000000000000, torch"),
        ("store", "doesn't see the store"),
        ("device", "device 'cuda' is not there"),
        ("file", "can't make runs of this study: unknown study '/nowhere/else.yaml'"),
    ],
)
def test_a_worker_says_what_does_not_fit(made, about, message):
    assert message in made.facts[about]["fault"]


def test_nothing_to_make_needs_no_workers(tmp_path, tiny_encoder):
    study = opened(tmp_path, tiny_encoder, executor="tcp://127.0.0.1:1")
    assert make_runs(study, [], Meter({}, title="test")) == {}
