"""Kill a tiny study at random moments, start it anew, and compare what it leaves with an undisturbed one.

Each round begins with an empty store and starts the same `run_all.py` until it ends by itself; what is killed:
  group      the command and the processes in its group, by SIGKILL, as a closed terminal or a job that is out of time
  main       the command alone, by SIGKILL, as where memory runs out: its kernels and workers must notice
  kernel     a notebook's kernel, by SIGKILL
  worker     a worker of --jobs 2, by SIGKILL: its run must go on elsewhere
  interrupt  the group, by SIGINT, as Ctrl-C
  terminate  the command, by SIGTERM, as `kill` and a cluster's scheduler

After every end no process may be left (after 10 seconds), no traceback told, and Ctrl-C is answered by one line. After
every round the files of all runs (weights, predictions, scores, curves), tables and figures must be the undisturbed
study's bit for bit, no run made twice, nothing half done left, no lock held.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
from filelock import FileLock, Timeout

from study_utils.paths import project_root
from study_utils.store import Store, file_sha256

KINDS = ("group", "main", "kernel", "worker", "interrupt", "terminate")
EXPECTED = {
    "group": {-signal.SIGKILL},
    "main": {-signal.SIGKILL},
    "kernel": {1},
    "worker": {0},
    "interrupt": {130},
    "terminate": {143},
}
"""Exit status of a command after what was killed, besides that of one that had ended before."""

STUDY = {
    "conditions": ["none", "message_order"],
    "targets": ["intent", "messages"],
    "tasks": {},
    "seeds": [0],
    "languages": ["en", "de", "fr", "ru", "hi"],
    "questions": ["families"],
    "intermediate.examples": 200,
    "intermediate.validation_examples": 20,
    "intermediate.epochs": 3,
    "target.examples": 100,
    "target.validation_examples": 20,
    "target.epochs": 3,
    "evaluation.examples": 10,
    "analysis.resamples": 100,
    "checkpoint_seconds": 0.05,
    "device": "cpu",
}
GONE_WITHIN, WAIT_FOR, NAME = 10.0, 10.0, "crash"
"""Seconds after which no process may be left; seconds in which a kernel or worker must appear; the report's name."""


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What is started in which folder; `mark` is a word in the environment of all that it starts."""

    folder: Path
    encoder: Path
    jobs: int
    keep: str
    only: tuple[str, ...]
    mark: str = field(default_factory=lambda: os.urandom(8).hex())

    def start(self, name: str, *, jobs: int, keep: str) -> subprocess.Popen:
        """Start the command on the store `name`; what it says is in `said` and `told`."""
        own = self.folder / name
        own.mkdir(exist_ok=True)
        changes = {**STUDY, "encoders": [str(self.encoder)], "name": NAME}
        changes |= {"artifacts": str(own / "artifacts"), "reports": str(own / "reports")}
        command = [sys.executable, "run_all.py", "quick", "--jobs", str(jobs), "--keep", keep]
        command += [text for notebook in self.only for text in ("--only", notebook)]
        for change, value in changes.items():
            command += ["--set", f"{change}={json.dumps(value)}"]
        with (own / "stdout").open("w") as said, (own / "stderr").open("w") as told:
            return subprocess.Popen(
                command,
                cwd=project_root(),
                stdout=said,
                stderr=told,
                start_new_session=True,
                env={**os.environ, "CRASH_CAMPAIGN": self.mark, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
            )

    def processes(self) -> list[psutil.Process]:
        """Processes of this campaign that run: also those whose parents are gone."""
        return [process for process in psutil.process_iter() if _is_marked(process, self.mark)]


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        running = process.status() != psutil.STATUS_ZOMBIE
        return running and process.pid != os.getpid() and process.environ().get("CRASH_CAMPAIGN") == mark
    except psutil.Error:
        return False


def strike(campaign: Campaign, command: subprocess.Popen, kind: str) -> bool:
    """Kill what is asked for; False if it isn't there (any more)."""
    if kind in ("kernel", "worker"):
        word = "ipykernel_launcher" if kind == "kernel" else "distributed.cli.dask_worker"
        end = time.monotonic() + WAIT_FOR
        while command.poll() is None and time.monotonic() < end:
            for process in campaign.processes():
                try:
                    if any(word in text for text in process.cmdline()):
                        found = process.children() if kind == "worker" else [process]
                        for one in [other for other in found if "resource_tracker" not in " ".join(other.cmdline())]:
                            one.kill()
                            return True
                except psutil.Error:
                    continue
            time.sleep(0.1)
        return False
    if command.poll() is not None:
        return False
    if kind == "group":
        os.killpg(command.pid, signal.SIGKILL)
    elif kind == "interrupt":
        os.killpg(command.pid, signal.SIGINT)
    else:
        command.send_signal(signal.SIGKILL if kind == "main" else signal.SIGTERM)
    return True


def wait_until_gone(campaign: Campaign) -> tuple[float, list[str]]:
    """Wait for all processes to end; seconds that took, and those that have not (they are killed)."""
    begun = time.monotonic()
    while (left := campaign.processes()) and time.monotonic() - begun < GONE_WITHIN:
        time.sleep(0.1)
    told = []
    for process in left:
        try:
            told.append(" ".join(process.cmdline())[:150])
            process.kill()
        except psutil.Error:
            continue
    return time.monotonic() - begun, told


def begun_runs(artifacts: Path) -> dict[str, float]:
    """Finished runs and when each was begun, which tells one that was made again."""
    found = {path.parent.name: json.loads(path.read_text()) for path in (artifacts / "runs").glob("*/manifest.json")}
    return {run: manifest["started"] for run, manifest in found.items() if "." not in run}


def files_of(own: Path) -> dict[str, str]:
    """Everything that must be the same in all stores: files of runs, tables and pictures to their hashes."""
    runs = [path for path in (own / "artifacts" / "runs").rglob("*") if path.is_file() and path.name != "manifest.json"]
    shown = [path for path in (own / "reports").rglob("*") if path.suffix in (".csv", ".png")]
    return {path.relative_to(own).as_posix(): digest(path) for path in [*runs, *shown]}


def digest(path: Path) -> str:
    """Hash of a file; of weights, whose notes are written in any order, that of tensors and notes in one order.

    Hours in tables are counted from measured seconds, which no two studies share: they are left out.
    """
    if path.suffix == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        kept = table[[column for column in table if not column.startswith("hours")]]
        return hashlib.sha256(kept.to_csv(index=False).encode()).hexdigest()
    if path.suffix != ".safetensors":
        return file_sha256(path)
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:start]), sort_keys=True)
    return hashlib.sha256(header.encode() + content[start:]).hexdigest()


def differences(own: Path, undisturbed: dict[str, str]) -> Iterator[str]:
    """What a finished study has otherwise than the undisturbed one; weights that were not kept may be absent."""
    mine, store = files_of(own), Store(own / "artifacts")
    dropped = {f"artifacts/runs/{run}/{name}" for run in begun_runs(store.root) for name in store.dropped(run)}
    for name in sorted((undisturbed.keys() - dropped) | mine.keys()):
        if mine.get(name) != undisturbed.get(name):
            yield f"{name} {'differs' if name in mine and name in undisturbed else 'is too much or missing'}"


def leftovers(own: Path) -> Iterator[str]:
    """What killed starts left: half-done folders and files, locks that somebody holds."""
    for path in own.rglob("*"):
        name = path.name
        if any(word in name for word in (".part", ".damaged", ".failed")) or name.startswith((".probe-", ".seen-")):
            yield f"{path.relative_to(own)} is left"
        if path.suffix == ".lock":
            try:
                FileLock(path).acquire(timeout=0).lock.release()
            except Timeout:
                yield f"{path.relative_to(own)} is held"


def start_and_kill(
    campaign: Campaign, name: str, kinds: Sequence[str], rng: random.Random, *, seconds: float, most: int
) -> tuple[int | None, list[str]]:
    """Start the command and kill something of it at random moments until it ends: exit status, and what was killed."""
    command, struck = campaign.start(name, jobs=campaign.jobs, keep=campaign.keep), []
    while len(struck) < most and set(struck) <= {"worker"}:  # a command goes on after the death of a worker
        try:
            command.wait(rng.uniform(0.3, seconds))
            break
        except subprocess.TimeoutExpired:
            kind = rng.choice(kinds)
            struck += [kind] if strike(campaign, command, kind) else []
    try:
        return command.wait(20 * seconds + 60), struck
    except subprocess.TimeoutExpired:
        os.killpg(command.pid, signal.SIGKILL)
        command.wait()
        return None, struck


def run_round(
    campaign: Campaign,
    name: str,
    kinds: Sequence[str],
    rng: random.Random,
    *,
    seconds: float,
    most: int,
    counts: Counter[tuple[str, str]],
) -> list[str]:
    """Start a study until it has ended by itself, with so many kills at most, and count them; what is wrong."""
    wrong, own, done, killed = [], campaign.folder / name, {}, 0
    while True:
        status, struck = start_and_kill(campaign, name, kinds, rng, seconds=seconds, most=most - killed)
        killed += len(struck)
        took, left = wait_until_gone(campaign)
        told = (own / "stderr").read_text(errors="replace")
        lines = [line for line in told.splitlines() if line.strip()]
        before, done = done, begun_runs(own / "artifacts")
        faults = [f"left after {GONE_WITHIN:.0f} s: {text}" for text in left]
        if status not in {0}.union(*(EXPECTED[kind] for kind in struck)):
            faults.append("didn't end" if status is None else f"exit status {status}")
        if "Traceback" in told:
            faults.append("a traceback was told")
        if status in (130, 143) and len(lines) != 1:
            faults.append(f"{len(lines)} lines were told")
        faults += [f"{run} was made again" for run, begun in before.items() if done.get(run) != begun]
        counts.update((kind, "wrong" if faults else f"exit {status}") for kind in struck)
        what = " and ".join(struck) or "not killed"
        wrong += [f"{name}, {what}: {fault}" for fault in faults]
        told = "; ".join([f"exit {status}", f"{len(done)} runs done", f"gone in {took:.1f} s", *faults])
        print(f"  {what}: {told}", *(lines[-12:] if faults else []), sep="\n    ", flush=True)
        if status == 0 or not struck:
            return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="exit status: 0 all as in the undisturbed study, 1 not so. 60 kills take about an hour on two cores.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=30, metavar="N", help="how often to kill (default: 30)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs side by side (default: 1)")
    parser.add_argument("--keep", choices=("all", "scores"), default="all", help="as of run_all.py (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed and when (default: 0)")
    parser.add_argument(
        "--only", action="append", metavar="NN", help="only notebooks starting so, to save time; may be repeated"
    )
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind of kill; may be repeated")
    parser.add_argument("--folder", type=Path, help="where to work and leave all of it (default: a folder that goes)")
    options = parser.parse_args(arguments)
    kinds = [kind for kind in options.kind or KINDS if kind != "worker" or options.jobs > 1]
    sys.path.insert(0, str(project_root() / "tests"))
    from tiny_encoder import make_tiny_encoder

    rng, counts, wrong = random.Random(options.seed), Counter(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        campaign = Campaign(
            folder=folder,
            encoder=make_tiny_encoder(folder / "encoder"),
            jobs=options.jobs,
            keep=options.keep,
            only=tuple(options.only or ()),
        )
        begun = time.monotonic()
        if campaign.start("undisturbed", jobs=1, keep="all").wait():
            print((folder / "undisturbed" / "stderr").read_text(), file=sys.stderr)
            return 1
        seconds, undisturbed = time.monotonic() - begun, files_of(folder / "undisturbed")
        print(f"undisturbed: {seconds:.0f} s, {len(undisturbed)} files", flush=True)
        rounds = 0
        while (left := options.kills - counts.total()) > 0:
            rounds += 1
            name = f"round{rounds}"
            faults = run_round(campaign, name, kinds, rng, seconds=seconds, most=left, counts=counts)
            faults += [f"{name}: {text}" for text in differences(folder / name, undisturbed)]
            faults += [f"{name}: {text}" for text in leftovers(folder / name)]
            wrong += faults
            print(f"{name}: {'; '.join(faults) or 'as the undisturbed study'}", flush=True)
    outcomes = sorted({outcome for _, outcome in counts})
    print("\n" + "".join(f"{word:>12}" for word in ("killed", *outcomes)))
    for kind in kinds:
        print("".join(f"{word:>12}" for word in (kind, *(counts[kind, outcome] for outcome in outcomes))))
    print(f"{counts.total()} kills in {rounds} studies, {len(wrong)} faults")
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
