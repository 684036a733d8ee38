"""Workers of dask.distributed: started on this machine or found at a scheduler, and looked at before they get work."""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import psutil
from distributed import Client, Future, LocalCluster, get_worker
from distributed.system import MEMORY_LIMIT

from study_utils.errors import ParameterError, StudyError
from study_utils.estimate import memory_bytes
from study_utils.plan import Run, canonical_sha256
from study_utils.store import code_digests, writable
from study_utils.study import Study, open_study

SCHEDULER_SECONDS, QUIET_SECONDS, WORKER_SECONDS = 10.0, 5.0, 600.0
"""How long a scheduler has to answer; how long nothing is said while there is no worker; and when that is an error."""

END_WITH_COMMAND = """
import os, threading

def wait():
    os.read(0, 1)
    os._exit(1)

threading.Thread(target=wait, daemon=True).start()
"""
"""Preloaded by a local worker: it ends when its input does, as it does when the command dies without a word; where the
command dies before it has connected, it would wait for a scheduler for as long as a loaded machine needs to start one.
"""

KEPT_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
}
"""Environment of a worker (glibc): memory that a step of training frees is kept for the next one. Dask's default gives
it back to the system at once, in all threads but the first glibc does too, and a third of the time goes into that."""

Say = Callable[[str], None]


def give_back_memory() -> None:
    """Give the system what a finished run has left: gigabytes that `KEPT_MEMORY` would pile up."""
    with contextlib.suppress(AttributeError, TypeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)


def _versions() -> dict[str, str]:
    code = canonical_sha256(code_digests())[:12]
    torch = metadata.version("torch").split("+")[0]  # a CPU and a CUDA build are the same release
    return {"study_utils": code, "torch": torch, "python": ".".join(platform.python_version_tuple()[:2])}


VERSIONS = _versions()
"""What must be the same everywhere; of the package, its code as this process imported it."""


def free_memory() -> float:
    """Bytes of memory that this process may still take, as far as the machine and its container allow."""
    return min(psutil.virtual_memory().available, MEMORY_LIMIT)


def lacking_memory(needed: float, runs: int, free: float) -> str:
    """Say that some runs side by side take more bytes than are free; empty if they don't."""
    if runs * needed <= free:
        return ""
    return (
        f"has too little memory: a run takes about {needed / 1e9:.1f} GB, {runs} side by side "
        f"{runs * needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free: {int(free // needed)} fit"
    )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a worker must know to open the same study as the one who hands out its runs.

    Attributes
    ----------
    source, changes : str
        Parameter file, and what `--set` changed, as JSON; device and precision are named, never a worker's choice.
    token : str
        Name of a file in the store: who sees it sees the store.
    versions : tuple of (str, str)
        `VERSIONS` of the one who asks.
    """

    source: str
    changes: str
    token: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a worker says of itself: whose memory its runs take, how much is free, what it computes on; or its fault."""

    host: str = "?"
    place: str = ""
    free: float = 0.0
    device: str = ""
    fault: str = ""


@lru_cache(maxsize=1)
def opened(asked: Asked) -> Study:
    """Open a study in a worker, once for all its runs."""
    return open_study(asked.source, json.loads(asked.changes))


def look(asked: Asked) -> dict[str, object]:
    """Look, in a worker, at what it is and sees; fields as of `Facts`. One that doesn't fit needn't import torch."""
    host = platform.node()
    different = [f"{name} {VERSIONS[name]}, not {value}" for name, value in asked.versions if VERSIONS[name] != value]
    if different:
        return {"host": host, "fault": f"has another version: {', '.join(different)}"}
    if get_worker().state.nthreads != 1:
        return {"host": host, "fault": "makes several runs at once in one process: start it with --nthreads 1"}
    from study_utils.device import describe_device, resolve_device

    try:
        study = opened(asked)
        device = resolve_device(study.params.device)
        with study.params.computing.applied():
            told = describe_device(study.params.device)
    except StudyError as error:
        return {"host": host, "fault": f"can't make runs of this study: {error}"}
    if not (study.store.root / asked.token).is_file():
        return {"host": host, "fault": f"doesn't see the store: {study.store.root} isn't the folder of this command"}
    free, place = free_memory(), host
    if device.type == "cuda":
        import torch

        free, place = torch.cuda.mem_get_info(device)[0], str(torch.cuda.get_device_properties(device).uuid)
    return asdict(Facts(host=host, place=place, free=free, device=told))


def faults(found: Mapping[str, Facts], needed: float = 0.0) -> dict[str, str]:
    """Say of each worker why it can't be used; empty if it can.

    Parameters
    ----------
    found : mapping of str to Facts
        Address to what a worker says.
    needed : float
        Bytes that a run takes.
    """
    said = {}
    for address, facts in found.items():
        beside = sum(other.place == facts.place and not other.fault for other in found.values())
        reason = facts.fault or lacking_memory(needed, beside, facts.free)
        said[address] = f"worker {address} on {facts.host} {reason}" if reason else ""
    return said


class Workers:
    """Workers at a scheduler; those that come later are looked at too, before they get work."""

    def __init__(self, client: Client, where: str, asked: Asked, say: Say, renew: Callable[[], None]) -> None:
        self.client, self.where, self.asked, self.say, self.renew = client, where, asked, say, renew
        self.facts: dict[str, Facts] = {}
        self.looking: dict[str, Future] = {}
        self.refused: set[str] = set()

    def check(self, needed: float, least: int) -> None:
        """Wait for a number of workers, refuse the work if one that is there can't do it, and say what they are.

        Raises
        ------
        ParameterError
            Naming every such worker.
        """
        self._wait(least)
        if bad := [reason for reason in faults(self.facts, needed).values() if reason]:
            raise ParameterError("\n".join(bad))
        devices = Counter((facts.host, facts.device) for facts in self.facts.values())
        for (host, device), number in devices.items():
            self.say(f"{number} workers on {host}: {device}; a run takes about {needed / 1e9:.1f} GB")

    def ready(self, *, idle: bool) -> list[str]:
        """Addresses of workers that are there and can be used; `idle`: wait until there is one.

        Raises
        ------
        StudyError
            If the scheduler is gone, or no worker comes in `WORKER_SECONDS`, or none that can be used.
        """
        self._wait(int(idle))
        said = faults(self.facts)
        for reason in [reason for reason in said.values() if reason and reason not in self.refused]:
            self.refused.add(reason)
            self.say(f"not used: {reason}")
        usable = [address for address, reason in said.items() if not reason]
        if idle and not usable:
            raise StudyError(f"no worker at {self.where} can be used any more:\n" + "\n".join(said.values()))
        return usable

    def _wait(self, least: int) -> None:
        """Look at the workers that are there, and go on until so many have been looked at."""
        begun, told = time.monotonic(), False
        while True:
            self.renew()
            there = self._look()
            if len(self.facts) >= least and not (least and self.looking):
                return
            if (gone := time.monotonic() - begun) > WORKER_SECONDS:
                raise StudyError(f"{len(self.facts)} of {least} workers came to {self.where} in {WORKER_SECONDS:.0f} s")
            if not there and not told and gone > QUIET_SECONDS:
                told = True
                self.say(f"no workers at {self.where} yet: waiting for up to {WORKER_SECONDS:.0f} seconds")
            time.sleep(0.1)

    def _look(self) -> list[str]:
        """Addresses of the workers that are there; those that are new are asked what they are."""
        try:
            # asked for itself: what `Client.scheduler_info` gives, the client overwrites now and then, without workers
            there = list(self.client.sync(self.client.scheduler.identity, n_workers=-1)["workers"])
        except OSError as error:
            raise StudyError(f"{self.where} is gone ({error}): start it anew") from error
        for address in [address for address in self.facts if address not in there]:
            del self.facts[address]
        for address in there:
            if address not in self.facts and address not in self.looking:
                key = f"look {os.urandom(8).hex()}"
                self.looking[address] = self.client.submit(look, self.asked, key=key, workers=[address])
        for address, future in list(self.looking.items()):
            if future.status == "finished" and address in there:
                self.facts[address] = Facts(**future.result())
            elif future.status == "error" and address in there:
                self.facts[address] = Facts(fault=f"can't use this package: {future.exception()!r}")
            elif address in there:
                continue
            future.cancel()
            del self.looking[address]
        return there


@contextlib.contextmanager
def open_workers(study: Study, runs: Sequence[Run], say: Say) -> Iterator[Workers]:
    """Start workers on this machine (`jobs`), or find those of a running scheduler (`executor`), and check them.

    Raises
    ------
    ParameterError
        If the scheduler doesn't answer or is busy, or a worker can't do this work.
    StudyError
        If no worker comes.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what failed is told by us
    needed = max((memory_bytes(run, study.params.computing.device) for run in runs), default=0.0)
    root, executor = study.store.root, study.params.executor
    with writable(root), contextlib.ExitStack() as stack:
        token = stack.enter_context(study.store.mark())
        asked = Asked(
            source=str(study.source),
            changes=json.dumps(_pinned(study)),
            token=token,
            versions=tuple(VERSIONS.items()),
        )
        if executor:
            least, where = 1, f"the scheduler {executor}"
            client, renew = stack.enter_context(_connected(executor, where)), lambda: None
        else:
            least, where = min(study.params.jobs, len(runs)), "this machine"
            if study.params.computing.device != "cuda" and (lack := lacking_memory(needed, least, free_memory())):
                raise ParameterError(f"jobs={study.params.jobs}: this machine {lack}")
            cluster = LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", protocol="tcp://")
            client = stack.enter_context(Client(stack.enter_context(cluster)))
            renew = stack.enter_context(_local_workers(study, cluster.scheduler_address, least))
        workers = Workers(client, where, asked, say, renew)
        workers.check(needed, least)
        yield workers


def _pinned(study: Study) -> dict[str, object]:
    """What `--set` changed, with the device and precision that this machine decided on, and no workers of its own."""
    own, auto = study.params.computing, study.params.device == "auto"
    decided = {"device": own.device if auto else study.params.device, "precision": own.precision}
    return {**study.changes, **decided, "executor": "", "jobs": 1}


def _connected(executor: str, where: str) -> Client:
    """Connect to a scheduler whose workers are idle, and let them begin afresh: with files and code as they are now."""
    address = executor
    if "://" not in executor:
        try:
            address = json.loads(Path(executor).read_text(encoding="utf-8"))["address"]
            if not isinstance(address, str):
                raise ValueError(f"its address is {address!r}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ParameterError(
                f"executor: {executor} is no scheduler file ({error}): start dask scheduler --scheduler-file "
                f"{executor}, or give an address such as tcp://host:8786"
            ) from error
    try:
        client = Client(address, timeout=SCHEDULER_SECONDS)
    except (OSError, ValueError) as error:
        raise ParameterError(
            f"executor: no scheduler answers at {address} in {SCHEDULER_SECONDS:.0f} seconds ({error}): is it running, "
            "and can this machine reach it?"
        ) from error
    if any(client.processing().values()):
        client.close()
        raise ParameterError(f"executor: workers at {where} are at work for another command: wait for it, or end it")
    client.restart(wait_for_workers=False)
    return client


@contextlib.contextmanager
def _local_workers(study: Study, address: str, count: int) -> Iterator[Callable[[], None]]:
    """Keep workers on this machine, and give what puts another one in the place of each that has ended."""
    started: dict[int, subprocess.Popen] = {}

    def renew() -> None:
        for slot, process in started.items():
            if process.poll() is not None:
                process.stdin.close()
                started[slot] = _start_worker(study, address, slot)

    try:
        for slot in range(count):
            started[slot] = _start_worker(study, address, slot)
        yield renew
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            with process:  # waited for before its input closes, so that it tidies up
                process.wait()


def _start_worker(study: Study, address: str, slot: int) -> subprocess.Popen:
    """Start a worker, with a GPU if runs need one: a watching process, and the one that works, which it replaces."""
    threads = str(study.params.threads)
    own = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "DASK_LOGGING__DISTRIBUTED": "warning"} | KEPT_MEMORY
    if study.params.computing.device == "cuda" and ":" not in study.params.device:
        import torch

        shown = os.environ.get("CUDA_VISIBLE_DEVICES")
        gpus = shown.split(",") if shown else [str(number) for number in range(torch.cuda.device_count())]
        own["CUDA_VISIBLE_DEVICES"] = gpus[slot % len(gpus)]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--no-dashboard"]
    command += ["--nthreads", "1", "--memory-limit", "0", "--death-timeout", f"{WORKER_SECONDS:.0f}"]
    command += ["--preload-nanny", END_WITH_COMMAND, "--name", f"{slot} {os.urandom(4).hex()}"]
    log = study.store.root / "workers" / f"{slot}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        return subprocess.Popen(command, env=os.environ | own, stdin=subprocess.PIPE, stdout=file, stderr=file)
