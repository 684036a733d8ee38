"""Carry out all runs of a stage, one after the other or several side by side."""

from __future__ import annotations

import concurrent.futures
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Mapping

import pandas as pd

from study_utils.errors import StudyError
from study_utils.estimate import expected_seconds
from study_utils.execute.progress import EVERY, Beacon, Meter, read_beacons
from study_utils.execute.runs import ensure
from study_utils.plan import Run
from study_utils.study import Study, open_study

log = logging.getLogger(__name__)


def complete(study: Study, stage: str) -> pd.DataFrame:
    """Make every run of a stage that is not done; what is done is reused.

    Parameters
    ----------
    study : Study
        An opened study.
    stage : str
        One of `study_utils.plan.STAGES`.

    Returns
    -------
    pandas.DataFrame
        One row a run of the stage: `run`, `outcome` (made, reused) and `seconds` (as measured when it was made).

    Raises
    ------
    StudyError
        If a run cannot be made; the message names it. Finished runs stay.
    """
    todo = study.plan.missing(study.store, stage)
    expected = expected_seconds(study.plan, study.store, study.params.computing)
    meter = Meter({run.id: expected[run.id] for run in todo}, title=stage)
    work = _side_by_side if study.params.jobs > 1 and len(todo) > 1 else _one_by_one
    try:
        work(study, todo, meter)
    finally:
        meter.close()
    made = {run.id for run in todo}
    return pd.DataFrame(
        {
            "run": run.id,
            "outcome": "made" if run.id in made else "reused",
            "seconds": study.store.manifest(run.id)["seconds"],
        }
        for run in study.plan.of_stage(stage)
    )


def _one_by_one(study: Study, todo: list[Run], meter: Meter) -> None:
    for run in todo:
        beacon = Beacon(study.store, run.id)

        def tell(share: float, note: str, run: Run = run, beacon: Beacon = beacon) -> None:
            beacon(share, note)
            meter.update(run.id, share, note)

        try:
            _named(study, run, tell)
        finally:
            beacon.remove()
        meter.update(run.id, 1.0)


def _side_by_side(study: Study, todo: list[Run], meter: Meter) -> None:
    """Hand runs to worker processes, each with its share of the cores (or its own GPU)."""
    jobs = min(study.params.jobs, len(todo))
    context = multiprocessing.get_context("spawn")
    slots = context.Queue()
    for slot in range(jobs):
        slots.put(slot)
    with concurrent.futures.ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_start_worker, initargs=(slots,)
    ) as pool:
        waiting, running = list(todo), {}
        done = {run.id for run in study.plan.runs.values()} - {run.id for run in todo}
        try:
            while waiting or running:
                for run in [r for r in waiting if done.issuperset(r.inputs)]:
                    waiting.remove(run)
                    running[pool.submit(_work, str(study.source), study.changes, run.id)] = run
                finished, _ = concurrent.futures.wait(
                    running, timeout=EVERY, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in finished:
                    run = running.pop(future)
                    future.result()
                    done.add(run.id)
                    meter.update(run.id, 1.0)
                for run_id, share, note in read_beacons(study.store, meter.weights):
                    meter.update(run_id, min(share, 0.99), note)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def end_with_parent() -> None:
    """Let this worker process end as soon as the one that started it is gone, however that ended.

    Killed notebooks would leave workers behind that go on training.
    """

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _start_worker(slots: multiprocessing.Queue) -> None:
    import torch

    end_with_parent()
    slot = slots.get()
    if torch.cuda.is_available():
        torch.cuda.set_device(slot % torch.cuda.device_count())


def _work(source: str, changes: Mapping[str, object], run_id: str) -> None:
    study = open_study(source, changes)
    beacon = Beacon(study.store, run_id)
    try:
        _named(study, study.plan.runs[run_id], beacon)
    finally:
        beacon.remove()


def _named(study: Study, run: Run, tell: object) -> None:
    started = time.monotonic()
    try:
        ensure(study, run, tell)
    except StudyError as error:
        raise type(error)(f"run {run.id}: {error}") from error
    log.info("run %s took %.1f s", run.id, time.monotonic() - started)
