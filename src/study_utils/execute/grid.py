"""Hand runs out to workers of dask.distributed, each as soon as what it needs is there."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError

from distributed import Future, KilledWorker, get_worker, wait

from study_utils.errors import StoreError
from study_utils.execute.failures import describe_error, leave_out
from study_utils.execute.keep import Done
from study_utils.execute.progress import EVERY, Meter
from study_utils.plan import Run
from study_utils.runs.make import ensure
from study_utils.study import Study
from study_utils.workers import Asked, Workers, give_back_memory, opened

ATTEMPTS = 2
"""How often a run is begun whose worker dies."""

SEEN_WITHIN = 120.0
"""Seconds after which a run that another machine has finished must be seen here."""

GIVE_BACK = 60.0
"""Seconds of a run after which it gives back what memory its steps have left in pieces; that took 0.04 s of one."""

PROGRESS = "study_utils progress"


def hand_out(
    study: Study, todo: Sequence[Run], meter: Meter, workers: Workers, done: Done, failed: dict[str, str]
) -> None:
    """Make runs in workers, one at a time in each; those that weren't made are entered in `failed` with the reason.

    A run whose worker is lost is begun once more elsewhere, from its last checkpoint.

    Raises
    ------
    StudyError
        If the scheduler, or every worker, is lost for good.
    """
    client, waiting = workers.client, list(todo)
    running: dict[Future, tuple[Run, str]] = {}
    begun: Counter[str] = Counter()
    client.subscribe_topic(PROGRESS, lambda event: meter.update(*event[1]) if event[1][0] in meter.shares else None)
    try:
        while waiting or running:
            there = workers.ready(idle=not running)
            waiting = leave_out(waiting, failed)
            undone = {run.id for run in waiting} | {run.id for run, _ in running.values()}
            busy = {worker for _, worker in running.values()}
            able = [run for run in waiting if undone.isdisjoint(run.inputs)]
            for run, worker in zip(able, [worker for worker in there if worker not in busy]):
                waiting.remove(run)
                begun[run.id] += 1
                key = f"{run.id} {os.urandom(4).hex()}"
                running[client.submit(work, workers.asked, run.id, key=key, workers=[worker])] = run, worker
            with contextlib.suppress(TimeoutError, CancelledError):
                wait(list(running), timeout=EVERY, return_when="FIRST_COMPLETED")
            for future, (run, worker) in list(running.items()):
                error = future.exception() if future.status == "error" else None
                if future.status == "pending" and worker in there:
                    continue
                del running[future]
                if future.status == "finished":
                    done(run.id)
                elif error is not None and not isinstance(error, KilledWorker):
                    failed[run.id] = describe_error(run, error)
                elif begun[run.id] < ATTEMPTS:
                    waiting.insert(0, run)
                else:
                    failed[run.id] = f"the worker died in each of {ATTEMPTS} attempts (killed, or out of memory)"
                future.cancel()
    finally:
        client.cancel(list(running))


class WithdrawnError(Exception):
    """Nobody waits for this run any more: the command was interrupted."""


def work(asked: Asked, run_id: str) -> None:
    """Make a run in this worker; what it needs is done, and may be seen here a moment later."""
    study, worker = opened(asked), get_worker()
    run, key = study.plan.runs[run_id], worker.get_current_task()
    told, given, end = 0.0, time.monotonic(), time.monotonic() + SEEN_WITHIN
    while missing := [needed for needed in run.inputs if study.store.status(needed) != "done"]:
        if time.monotonic() > end:
            raise StoreError(f"{missing[0]} is done, but not seen from {worker.address}")
        time.sleep(EVERY)

    def tell(share: float, note: str) -> None:
        nonlocal told, given
        if worker.state.tasks[key].state == "cancelled":
            raise WithdrawnError(run_id)
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            worker.log_event(PROGRESS, [run_id, min(share, 0.99), note])
        if time.monotonic() - given >= GIVE_BACK:
            give_back_memory()
            given = time.monotonic()

    try:
        ensure(study, run, tell)
    finally:
        give_back_memory()
