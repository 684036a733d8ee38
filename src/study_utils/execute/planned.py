"""What a study would do, as text for `--plan` and before it begins."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from study_utils.budgets import describe_shortfalls
from study_utils.catalog import encoder
from study_utils.catalog.titles import at_most_five
from study_utils.computing import processor
from study_utils.encoders.check import check_files
from study_utils.errors import StoreError
from study_utils.estimate import memory_bytes
from study_utils.execute.driver import (
    encoders_of,
    has_tour,
    hub_rows_unreachable,
    notebook_seconds,
    select_notebooks,
)
from study_utils.execute.keep import megabytes, model_megabytes
from study_utils.execute.progress import clock
from study_utils.machine_speed import emulated_bf16
from study_utils.params.study import KEEPS
from study_utils.plan import Run
from study_utils.report.record import Record
from study_utils.sentences import describe_partial, describe_processors
from study_utils.sentences.gains import counted
from study_utils.sentences.planning import describe_margin, describe_outlook
from study_utils.study import Study


def plan_text(study: Study, *, only: Sequence[str] = (), force: bool = False, replace: bool = False) -> str:
    """Plan of a study to print: every run, its status and time; totals; omissions; too few rows; detectable gains.

    Parameters
    ----------
    study : Study
        An opened study.
    only : sequence of str
        Beginnings of notebook names; empty for all. Runs of other notebooks are left out, unless these need them.
    force : bool
        Whether what is done is made anew.
    replace : bool
        Whether a report that was made with other parameters may be made anew.

    Raises
    ------
    EncoderError
        If the files of an encoder that is needed are on this machine and can't be used.
    ParameterError
        If a notebook is unknown, or the report can't take what would be made.
    """
    chosen = select_notebooks(study.params.questions, only, tour=has_tour(study))
    Record(study).refuse_mixture(only, replace=replace)
    runs = study.plan.to_make(study.store, {path.stem for path in chosen}, force=force)
    todo = {run.id for run in runs}
    for key in encoders_of(runs):
        check_files(encoder(key))
    everything = table = study.runs()
    table = table[table["run"].isin(todo) | table["stage"].isin([path.stem for path in chosen])]
    lines = []
    if len(table):
        width = max(len(run) for run in table["run"])
        lines.append(f"{'run':<{width}}  {'status':<8} {'time':>9}")
    for stage, rows in table.groupby("stage", sort=False):
        lines.append(f"-- {stage}")
        for row in rows.itertuples():
            status = "again" if row.status == "done" and row.run in todo else row.status
            mark = "" if row.status == "done" else "~"
            lines.append(f"{row.run:<{width}}  {status:<8} {mark + clock(row.seconds):>9}")
    counts = table["status"].value_counts()
    parts = [f"{counts.get(status, 0)} {status}" for status in ("done", "stale", "missing")]
    if force:
        parts.append("all of them anew")
    told = ", ".join(parts)
    left = clock(_left(study, everything, runs, chosen, force))
    lines += ["", f"{len(table)} runs: {told}; about {left} of work left at --jobs 1"]
    lines += [f"computing: {study.params.computing}"]
    if needed := max((memory_bytes(run, study.params.computing.device) for run in runs), default=0.0):
        lines += [f"memory: a run takes about {needed / 1e9:.1f} GB, so many times as there are jobs"]
    if trained := sum(run.kind == "train" for run in runs):
        sizes = {keep: megabytes(study.plan, runs, keep=keep, jobs=study.params.jobs) / 1000 for keep in KEEPS}
        told = ", ".join(f"{size:.1f} GB with --keep {keep}" for keep, size in sizes.items())
        lines += [f"disk: {trained} models take up to {told}; this study keeps {study.params.keep}"]
    lines += [f"report: {study.report / 'index.html'}"]
    if counts.get("stale"):
        lines += ["stale: the store has this run from other settings, rows or code; that one stays"]
    lines += [f"processors: {told}" for told in _processors(study, runs)]
    lines += [f"warning: {told}" for told in _emulated(study, runs)]
    lines += _computed_otherwise(study, table.loc[table["status"] == "stale", "run"])
    if kept := [run for run in study.plan.runs.values() if run.work.get("settings", {}).get("keep_epochs")]:
        gigabytes = sum(model_megabytes(run) for run in kept) / 1000
        lines += [f"keep_epochs: every epoch's weights of {len(kept)} training runs stay, about {gigabytes:.1f} GB"]
    reason = hub_rows_unreachable(study, runs)
    executor = study.params.executor
    gone = f"executor: there is no file {executor}" if executor and not _is_there(executor) else ""
    if absent := [*study.plan.absent, *filter(None, (reason, gone))]:
        lines += ["", "The study can't begin here; this can't be reached:", *absent]
    lines += _omitted(study.omissions())
    if len(partial := study.partial()):
        lines += [f"partial: {told}" for told in describe_partial(partial)]
    if len(short := study.shortfalls()):
        lines += [f"short: {told}" for told in describe_shortfalls(short)]
    outlook = study.outlook()
    lines += [f"detectable: {told}" for told in describe_outlook(outlook)]
    lines += [f"warning: {told}" for told in describe_margin(outlook)]
    return "\n".join(lines)


def _is_there(executor: str) -> bool:
    return "://" in executor or Path(executor).is_file()


def _omitted(table: pd.DataFrame) -> list[str]:
    """Say what results leave out, one line a target, its languages and a reason; the report's table has all names."""
    lines = []
    for (task, languages, reason), part in table.groupby(["task", "languages", "reason"], sort=False):
        conditions, codes = part["condition"].unique(), languages.split()
        noun = "condition" if len(conditions) == 1 else "conditions"
        lines.append(
            f"omitted: target {task}, {noun} {at_most_five(conditions)}, "
            f"{counted(len(codes), 'language')} ({at_most_five(codes)}): {reason}"
        )
    return lines


def _computed_otherwise(study: Study, stale: Iterable[str]) -> list[str]:
    """Say which runs that are to be made are there as computed on another device, in another precision or threads."""
    found: Counter[str] = Counter()
    for run_id in stale:
        own = study.plan.runs[run_id].identity.get("computing")
        for other in study.store.versions(run_id):
            with contextlib.suppress(StoreError):
                how = study.store.manifest(other).get("identity", {}).get("computing", own)
                if how != own:
                    found[" ".join(f"--set {name}={value}" for name, value in sorted(how.items()))] += 1
    return [f"{count} of the stale runs are there as computed with {how}" for how, count in found.most_common()]


def summary_text(study: Study, *, only: Sequence[str] = (), force: bool = False) -> str:
    """Tell how much of a study is done and how long the rest takes."""
    table = study.runs()
    done = int((table["status"] == "done").sum())
    chosen = select_notebooks(study.params.questions, only, tour=has_tour(study))
    runs = study.plan.to_make(study.store, {path.stem for path in chosen}, force=force)
    left = clock(_left(study, table, runs, chosen, force))
    begun = f"study {study.name}: {done} of {len(table)} runs done, about {left} of work left"
    return "\n".join([begun, *(f"warning: {told}" for told in _processors(study, runs) + _emulated(study, runs))])


def _processors(study: Study, runs: Sequence[Run]) -> list[str]:
    """Say where runs were made on other processors than this one, which makes the rest, or are of several already."""
    is_here = runs and study.params.computing.device == "cpu" and not study.params.executor
    return describe_processors(study.devices(), processor() if is_here else "")


def _emulated(study: Study, runs: Sequence[Run]) -> list[str]:
    """Say that runs would be made in bf16 on a processor that only emulates it."""
    asked = study.params.computing
    computes = asked.device == "cpu" and asked.precision == "bf16" and not study.params.executor
    if not (computes and any(run.kind != "data" for run in runs)) or (times := emulated_bf16()) <= 1:
        return []
    return [
        f"this processor has no bf16 and emulates it: matrix products take {times:.0f} times as long as in float32. "
        "Go on where the processor has it (AVX-512 with bf16, AMX), or make all runs anew with --set precision=float32"
    ]


def _left(study: Study, table: pd.DataFrame, runs: Sequence[Run], chosen: Sequence[Path], force: bool) -> float:
    """Expected seconds of the runs to be made and of the notebooks to be executed."""
    record = Record(study)
    notebooks = [path for path in chosen if force or record.why_anew(path)]
    seconds = table.set_index("run")["seconds"]
    return float(seconds[[run.id for run in runs]].sum()) + sum(notebook_seconds(record, path) for path in notebooks)
