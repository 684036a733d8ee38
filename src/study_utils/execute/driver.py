"""Carry out a whole study: its notebooks in order, skipping what is up to date, then the HTML report."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from tqdm import tqdm

from study_utils.budgets import describe_shortfalls
from study_utils.catalog import encoder
from study_utils.catalog.questions import QUESTIONS
from study_utils.encoders.check import check_files, unreachable
from study_utils.encoders.facts import architecture
from study_utils.errors import EncoderError, NotebookError, ParameterError, unknown
from study_utils.estimate import expected_seconds
from study_utils.execute.notebooks import execute_notebook
from study_utils.execute.progress import BAR, STEPS, advance, clear_beacons, clock, read_beacons
from study_utils.params import MACHINE
from study_utils.paths import project_root
from study_utils.plan import STAGES, Run, canonical_sha256
from study_utils.sentences.planning import describe_margin, describe_outlook
from study_utils.store import file_sha256, write_atomically
from study_utils.study import Study

RECORD = "manifest.json"
NOTEBOOK_SECONDS = 12.0
"""What a notebook costs besides its runs: starting a kernel, imports, figures."""


def notebook_sources() -> list[Path]:
    """Source notebooks of studies in order: all but the tour (00), which reads a finished report."""
    found = sorted((project_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [path for path in found if not path.stem.startswith("00_")]


def select_notebooks(questions: Sequence[str], only: Sequence[str]) -> list[Path]:
    """Notebooks that make runs and those of some questions; of these, those that start with one of the given texts.

    Raises
    ------
    ParameterError
        If a text fits no notebook.
    """
    wanted = {*STAGES, *(QUESTIONS[key].notebook for key in questions)}
    sources = [path for path in notebook_sources() if path.stem in wanted]
    for text in only:
        if not any(path.stem.startswith(text) for path in sources):
            raise ParameterError(unknown("notebook", text, [p.stem for p in sources], where="--only"))
    return [p for p in sources if not only or any(p.stem.startswith(text) for text in only)]


def plan_text(study: Study) -> str:
    """Plan of a study to print: every run, its status and time; totals; omissions; too few rows; detectable gains.

    Raises
    ------
    EncoderError
        If the files of an encoder that is needed are on this machine and can't be used.
    """
    for key in _encoders_needed(study):
        check_files(encoder(key))
    table = study.runs()
    width = max(len(run) for run in table["run"])
    lines = [f"{'run':<{width}}  {'status':<8} {'time':>9}"]
    for stage, rows in table.groupby("stage", sort=False):
        lines.append(f"-- {stage}")
        for row in rows.itertuples():
            mark = "" if row.status == "done" else "~"
            lines.append(f"{row.run:<{width}}  {row.status:<8} {mark + clock(row.seconds):>9}")
    counts = table["status"].value_counts()
    left = table.loc[table["status"] != "done", "seconds"].sum()
    parts = [f"{counts.get(status, 0)} {status}" for status in ("done", "stale", "missing")]
    total = f"{len(table)} runs: {', '.join(parts)}; about {clock(left)} of work left at --jobs 1"
    lines += ["", total, "stale: only an earlier version is in the store; it will be made anew"]
    if kept := [run for run in study.plan.runs.values() if run.work.get("settings", {}).get("keep_epochs")]:
        gigabytes = sum(_megabytes(run) for run in kept) / 1000
        lines += [f"keep_epochs: every epoch's weights of {len(kept)} training runs stay, about {gigabytes:.1f} GB"]
    if absent := study.plan.absent:
        lines += ["", "The study can't begin here; this can't be reached:", *absent]
    lines += [
        f"omitted: condition {row.condition}, target {row.task}, languages {row.languages}: {row.reason}"
        for row in study.omissions().itertuples()
    ]
    if len(partial := study.partial()):
        from study_utils.sentences import describe_partial

        lines += [f"partial: {told}" for told in describe_partial(partial)]
    if len(short := study.shortfalls()):
        lines += [f"short: {told}" for told in describe_shortfalls(short)]
    outlook = study.outlook()
    lines += [f"detectable: {told}" for told in describe_outlook(outlook)]
    lines += [f"warning: {told}" for told in describe_margin(outlook)]
    return "\n".join(lines)


def run_study(study: Study, *, only: Sequence[str] = (), force: bool = False) -> list[str]:
    """Execute the notebooks of a study and build its report.

    Parameters
    ----------
    study : Study
        An opened study.
    only : sequence of str
        Beginnings of notebook names, such as ``"05"``; empty for all.
    force : bool
        Make the chosen notebooks, and the runs of their stages, anew even if they are done.

    Returns
    -------
    list of str
        One message for every notebook that failed; empty if all went well.

    Raises
    ------
    StudyError
        If the work cannot begin: disk full, unknown notebook, an encoder that can't be reached or used.
    """
    chosen = select_notebooks(study.params.questions, only)
    clear_beacons(study.store)
    if force:
        for run in study.plan.runs.values():
            stages = {path.stem for path in chosen}
            if run.stage in stages and study.store.status(run.id) == "done":
                study.store.set_aside(run.id)
    for key in _encoders_needed(study):
        if reason := unreachable(encoder(key)):
            raise EncoderError(reason)
        check_files(encoder(key))
    study.store.check_room(_room_needed(study))
    record = Record(study)
    failures: list[str] = []
    open_work = [path for path in chosen if force or not record.is_current(path)]
    with _overall_progress(study, len(open_work)) as say:
        for path in chosen:
            if path not in open_work:
                say(f"{path.stem}: up to date")
                continue
            started = time.monotonic()
            try:
                parameters = notebook_parameters(study)
                shown = {**parameters, "changes": study.chosen}
                execute_notebook(path, study.report / path.name, parameters, shown=shown)
            except NotebookError as error:
                failures.append(str(error))
                say(f"{path.stem}: FAILED\n{error}")
                if path.stem in STAGES:
                    break
                continue
            seconds = time.monotonic() - started
            record.keep(path, seconds)
            say(f"{path.stem}: done in {clock(seconds)}")
    if not failures and (open_work or not (study.report / "index.html").is_file()):
        from study_utils.report.study_site import build_study_site

        build_study_site(study, record.entries)
    return failures


def notebook_parameters(study: Study) -> dict[str, object]:
    """What is injected into every notebook: the study's name (or file) and what was changed."""
    inside = study.source.parent == project_root() / "params"
    return {"name": study.name if inside else str(study.source), "changes": dict(study.changes)}


class Record:
    """Which notebook was executed for which parameters and code (`reports/<study>/manifest.json`)."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.path = study.report / RECORD
        self.entries: dict[str, dict] = {}
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            self.entries = json.loads(self.path.read_text(encoding="utf-8"))["notebooks"]
        package = Path(__file__).resolve().parents[1]
        code = {p.relative_to(package).as_posix(): file_sha256(p) for p in sorted(package.rglob("*.py"))}
        params = study.params.model_dump(mode="json", exclude=set(MACHINE))
        self.common = {"code": code, "params": params, "runs": sorted(study.plan.runs)}

    def identity(self, notebook: Path) -> str:
        """Hash of what an executed notebook depends on."""
        cells = [(c.cell_type, c.source) for c in nbformat.read(notebook, as_version=4).cells]
        return canonical_sha256({**self.common, "cells": cells})

    def is_current(self, notebook: Path) -> bool:
        """Whether the executed copy belongs to these parameters and this code, and its runs are done."""
        entry = self.entries.get(notebook.stem, {})
        output = self.study.report / notebook.name
        if notebook.stem in STAGES and self.study.plan.missing(self.study.store, notebook.stem):
            return False
        return (
            entry.get("identity") == self.identity(notebook)
            and output.is_file()
            and file_sha256(output) == entry.get("sha256")
        )

    def keep(self, notebook: Path, seconds: float) -> None:
        """Note that a notebook has been executed."""
        self.entries[notebook.stem] = {
            "identity": self.identity(notebook),
            "sha256": file_sha256(self.study.report / notebook.name),
            "seconds": round(seconds, 1),
        }
        content = {"study": self.study.name, "notebooks": dict(sorted(self.entries.items()))}
        write_atomically(self.path, json.dumps(content, indent=1))


def _encoders_needed(study: Study) -> list[str]:
    """Keys of the encoders that runs still to be made begin with."""
    return list(dict.fromkeys(str(r.work["encoder"]) for r in study.plan.missing(study.store) if "encoder" in r.work))


def _room_needed(study: Study) -> int:
    missing = study.plan.missing(study.store)
    trained = sum(_megabytes(run) for run in missing if run.kind == "train")
    return int(1e6 * (trained + 2 * len(missing) + 50))


def _megabytes(run: Run) -> int:
    """Disk that the models of a training run take: the one that is kept, and those of its epochs."""
    settings = run.work["settings"]
    size = architecture(encoder(str(run.work["encoder"]))).checkpoint_mb
    return size * (1 + settings["epochs"] * settings.get("keep_epochs", 0))


@contextlib.contextmanager
def _overall_progress(study: Study, notebooks: int) -> Iterator:
    """Show one bar for the whole study while notebooks run in kernels of their own."""
    expected = expected_seconds(study.plan, study.store, device=study.params.device)
    overhead = NOTEBOOK_SECONDS * notebooks
    bar = tqdm(
        total=STEPS,
        desc=f"study {study.name}",
        bar_format=BAR,
        disable=notebooks == 0,
        leave=False,
    )
    done: set[str] = set()
    finished_notebooks, begun = 0, time.monotonic()
    stop = threading.Event()

    def look() -> None:
        note = f"{finished_notebooks}/{notebooks} notebooks"
        work = NOTEBOOK_SECONDS * finished_notebooks + min(NOTEBOOK_SECONDS, time.monotonic() - begun)
        for run_id, seconds in expected.items():
            if run_id in done or (study.store.folder(run_id) / "manifest.json").is_file():
                done.add(run_id)
                work += seconds
        for run_id, share, text in read_beacons(study.store, expected):
            if run_id not in done:
                work += expected[run_id] * share
                note = f"{len(done)}/{len(expected)} runs, {run_id.rsplit('-', 1)[0]} {text}"
        advance(bar, work, sum(expected.values()) + overhead, note)
        bar.refresh()

    def watch() -> None:
        while not stop.wait(1.0):
            look()

    def say(message: str) -> None:
        nonlocal finished_notebooks, begun
        finished_notebooks, begun = finished_notebooks + 1, time.monotonic()
        bar.write(message)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield say
    finally:
        stop.set()
        thread.join()
        bar.close()
