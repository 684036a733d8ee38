"""Carry out runs: one after the other in this process, or side by side in workers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study_utils.errors import StudyError
from study_utils.estimate import expected_seconds
from study_utils.execute.failures import describe_error, describe_failures, leave_out
from study_utils.execute.keep import Done, Unneeded, depth_first
from study_utils.execute.progress import Meter
from study_utils.plan import Run
from study_utils.runs.make import ensure
from study_utils.study import Study


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
        If a run cannot be made, after all that don't need it; the message names those that failed.
    """
    todo = study.plan.to_make(study.store, {stage})
    expected = expected_seconds(study.plan, study.store, study.params.computing)
    meter = Meter({run.id: expected[run.id] for run in todo}, title=stage)
    try:
        failed = make_runs(study, todo, meter)
    finally:
        meter.close()
    if failed:
        raise StudyError("\n".join(describe_failures(failed)))
    made = {run.id for run in todo}
    return pd.DataFrame(
        {
            "run": run.id,
            "outcome": "made" if run.id in made else "reused",
            "seconds": study.store.manifest(run.id)["seconds"],
        }
        for run in study.plan.of_stage(stage)
    )


def make_runs(study: Study, todo: Sequence[Run], meter: Meter) -> dict[str, str]:
    """Make some runs, here or in workers (`jobs`, `executor`); one that fails stops only those that need it.

    Parameters
    ----------
    todo : sequence of Run
        In an order in which what a run needs is done or before it.
    meter : Meter
        Knows these runs.

    Returns
    -------
    dict of str to str
        Id of every run that wasn't made to the reason.

    Raises
    ------
    ParameterError
        If workers can't be had, or can't do this work.
    """
    failed: dict[str, str] = {}
    unneeded = Unneeded(study.plan, study.store) if study.params.keep == "scores" else None

    def done(run_id: str) -> None:
        meter.update(run_id, 1.0)
        if unneeded:
            unneeded.done(run_id)

    todo = depth_first(todo)
    prepared = [run for run in todo if run.kind == "data"]
    others = [run for run in todo if run.kind != "data"]
    if not others or not (study.params.executor or (study.params.jobs > 1 and len(others) > 1)):
        _one_by_one(study, todo, meter, done, failed)
        return failed
    from study_utils.execute.grid import hand_out
    from study_utils.runs.training import prepare_encoders
    from study_utils.workers import open_workers

    with open_workers(study, others, meter.write) as workers:
        _one_by_one(study, prepared, meter, done, failed)
        prepare_encoders(study, others)
        hand_out(study, others, meter, workers, done, failed)
    return failed


def _one_by_one(study: Study, todo: Sequence[Run], meter: Meter, done: Done, failed: dict[str, str]) -> None:
    for run in todo:
        if not leave_out([run], failed):
            continue
        try:
            ensure(study, run, lambda share, note, run=run: meter.update(run.id, min(share, 0.99), note))
        except (StudyError, RuntimeError, OSError, MemoryError) as error:  # our own, of torch, of a disk
            failed[run.id] = describe_error(run, error)
        else:
            done(run.id)
