"""Workers that don't fit and schedulers that can't be had are told before work; workers end with their command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest
from distributed import Client, LocalCluster

from study_utils import workers as room
from study_utils.errors import ParameterError, StudyError
from study_utils.study import open_study
from study_utils.workers import KEPT_MEMORY, VERSIONS, Asked, Facts, faults, look, open_workers


def small(folder, encoder, **changes):
    where = {"encoders": [str(encoder)], "artifacts": str(folder), "reports": str(folder / "reports")}
    choices = {"targets": ["intent"], "conditions": ["none"], "languages": ["en", "de"], "device": "cpu"}
    return open_study("quick", {**choices, **where, **changes})


def test_a_worker_with_several_threads_is_refused_and_told_once(monkeypatch):
    monkeypatch.setattr(room, "get_worker", lambda: SimpleNamespace(state=SimpleNamespace(nthreads=2)))
    monkeypatch.setattr(room.Workers, "_wait", lambda *_: None)
    asked, told = Asked(source="", changes="{}", token="", versions=tuple(VERSIONS.items())), []
    came_late = room.Workers(None, "here", asked, told.append, lambda: None)
    came_late.facts = {"tcp://a": CPU, "tcp://b": Facts(**look(asked))}
    assert came_late.ready(idle=False) == came_late.ready(idle=True) == ["tcp://a"]
    assert len(told) == 1
    assert "makes several runs at once in one process: start it with --nthreads 1" in told[0]
    del came_late.facts["tcp://a"]
    with pytest.raises(StudyError, match="no worker at here can be used any more"):
        came_late.ready(idle=True)


CPU = Facts(host="a", place="a", free=10e9, device="cpu, 1 threads, float32")
GPU = Facts(host="b", place="GPU-1", free=80e9, device="NVIDIA, bf16 autocast")


@pytest.mark.parametrize(
    ("found", "needed", "messages"),
    [
        ([CPU, CPU], 5e9, ["", ""]),
        ([CPU, CPU, CPU], 4e9, ["a run takes about 4.0 GB, 3 side by side 12.0 GB, and 10.0 GB are free: 2 fit"] * 3),
        ([CPU, GPU, GPU], 30e9, ["30.0 GB, 1 side by side 30.0 GB, and 10.0 GB are free: 0 fit", "", ""]),
        ([CPU, Facts(host="c", fault="doesn't see the store")], 6e9, ["", "worker 1 on c doesn't see the store"]),
    ],
)
def test_workers_that_do_not_fit_together_are_named(found, needed, messages):
    said = faults({str(number): facts for number, facts in enumerate(found)}, needed)
    assert [bool(text) for text in said.values()] == [bool(text) for text in messages]
    assert all(message in text for message, text in zip(messages, said.values()))


def refused(study, monkeypatch, **times):
    for name, seconds in times.items():
        monkeypatch.setattr(room, name, seconds)
    told = []
    with open_workers(study, list(study.plan.runs.values()), told.append):
        raise AssertionError
    return told


def test_no_scheduler_and_no_workers_are_told_soon(tmp_path, tiny_encoder, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ParameterError, match=f"no scheduler answers at {nobody} in 1 seconds"):
        refused(small(tmp_path, tiny_encoder, executor=nobody), monkeypatch, SCHEDULER_SECONDS=1.0)
    (tmp_path / "scheduler.json").write_text('{"address": 5}')
    with pytest.raises(ParameterError, match=r"is no scheduler file \(its address is 5\)"):
        refused(small(tmp_path, tiny_encoder, executor=str(tmp_path / "scheduler.json")), monkeypatch)
    with pytest.raises(ParameterError, match="is no scheduler file"):
        refused(small(tmp_path, tiny_encoder, executor=str(tmp_path / "none.json")), monkeypatch)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", protocol="tcp://") as cluster:
        study = small(tmp_path, tiny_encoder, executor=cluster.scheduler_address)
        with pytest.raises(StudyError, match="0 of 1 workers came to the scheduler tcp://127"):
            refused(study, monkeypatch, WORKER_SECONDS=1.0)


def test_more_jobs_than_memory_allows_are_refused_before_any_starts(tmp_path, tiny_encoder, monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda: 2e9)
    monkeypatch.setattr(room, "memory_bytes", lambda run, device: 1.5e9)
    with pytest.raises(ParameterError, match=r"jobs=3: this machine has too little memory: a run takes about 1.5"):
        refused(small(tmp_path, tiny_encoder, jobs=3), monkeypatch)


def test_a_busy_scheduler_is_left_alone(tmp_path, tiny_encoder, monkeypatch):
    study = small(tmp_path, tiny_encoder, executor="tcp://127.0.0.1:1")
    other = SimpleNamespace(processing=lambda: {"tcp://w": ["run"]}, close=lambda: None)
    monkeypatch.setattr(room, "Client", lambda *_, **__: other)
    with pytest.raises(ParameterError, match="are at work for another command"):
        refused(study, monkeypatch)


def test_another_worker_comes_when_one_has_ended_with_its_watcher(tmp_path, tiny_encoder, monkeypatch):
    asks = Client._update_scheduler_info

    async def twice(self, n_workers=0):
        """As when the client's own look, which asks for no workers, comes between ours and its answer."""
        await asks(self, n_workers=n_workers)
        await asks(self)

    monkeypatch.setattr(Client, "_update_scheduler_info", twice)
    study = small(tmp_path, tiny_encoder, jobs=1)
    with open_workers(study, list(study.plan.runs.values()), lambda line: None) as workers:
        (first,) = workers.ready(idle=True)
        inner = workers.client.run(lambda: (os.getppid(), os.getpid()), workers=[first])[first]
        for pid in inner:  # its watcher, which would put another one in its place, first
            os.kill(pid, signal.SIGKILL)
        for _ in range(600):
            if (found := workers.ready(idle=True)) != [first]:
                break
            time.sleep(0.1)
        assert len(found) == 1


PARENT = """
import sys, time
from distributed import Client, LocalCluster
from study_utils.study import open_study
from study_utils.workers import _local_workers

if __name__ == "__main__":
    study = open_study("quick", {"artifacts": sys.argv[1], "device": "cpu"})
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", protocol="tcp://") as cluster:
        study.store.root.mkdir()
        with _local_workers(study, cluster.scheduler_address, 1):
            while not cluster.scheduler.workers:
                time.sleep(0.1)
            print("there", flush=True)
            time.sleep(120)
"""


def test_workers_end_when_their_command_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    command = [sys.executable, str(script), str(tmp_path / "artifacts")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as parent:
        try:
            assert parent.stdout.readline() == "there\n"
            started = psutil.Process(parent.pid).children(recursive=True)
            worker = next(process for process in started if "spawn_main" in " ".join(process.cmdline()))
            assert KEPT_MEMORY.items() <= worker.environ().items(), "with dask's own, training takes 1.5 times as long"
        finally:
            os.kill(parent.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(started, timeout=150)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE], "they would go on"


EARLY = """
import sys, time
from study_utils.study import open_study
from study_utils.workers import _local_workers

study = open_study("quick", {"artifacts": sys.argv[1], "device": "cpu"})
study.store.root.mkdir()
with _local_workers(study, "tcp://127.0.0.1:1", 1):
    print("there", flush=True)
    time.sleep(120)
"""


def test_a_worker_that_has_not_connected_yet_ends_with_its_command_too(tmp_path):
    command = [sys.executable, "-c", EARLY, str(tmp_path / "artifacts")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as parent:
        try:
            assert parent.stdout.readline() == "there\n"
            started = psutil.Process(parent.pid).children(recursive=True)
            assert started
        finally:
            os.kill(parent.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(started, timeout=45)  # by itself it waits for a scheduler for 60 seconds
    for process in alive:
        process.kill()
    assert not alive


MEMORY = """
import psutil
from study_utils.workers import give_back_memory

def resident():
    return psutil.Process().memory_info().rss

blocks = [bytearray(1 << 20) for _ in range(200)]
kept = [bytes(1000) for _ in range(200)]
del blocks
before = resident()
give_back_memory()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps memory, others may not")
def test_what_a_run_leaves_in_memory_goes_back_to_the_system():
    command = [sys.executable, "-c", MEMORY]
    done = subprocess.run(command, env=os.environ | KEPT_MEMORY, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 150 << 20
