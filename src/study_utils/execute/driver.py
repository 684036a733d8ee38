"""Carry out a whole study: its notebooks in order, skipping what is up to date, then the HTML report."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from filelock import Timeout

from study_utils.catalog import encoder, task
from study_utils.catalog.questions import QUESTIONS
from study_utils.data.choice import choose
from study_utils.data.hub import is_kept
from study_utils.encoders.check import check_files, unreachable
from study_utils.encoders.facts import hub_trouble
from study_utils.encoders.identity import is_folder
from study_utils.errors import EncoderError, MissingRowsError, NotebookError, ParameterError, unknown
from study_utils.execute.failures import describe_failures
from study_utils.execute.keep import megabytes
from study_utils.execute.progress import Meter, clock
from study_utils.execute.stage import make_runs
from study_utils.notebook.execute import execute_notebook
from study_utils.paths import project_root
from study_utils.plan import STAGES, Run, canonical_sha256
from study_utils.plan.declared import with_held_out
from study_utils.report.finished import TOUR, TOUR_STUDY, report_folder
from study_utils.report.places import hide_places, machine_places
from study_utils.report.record import Record
from study_utils.store import writable
from study_utils.study import Study

STAGE_SECONDS, QUESTION_SECONDS = 10.0, 30.0
"""What a notebook costs besides its runs, imports and figures among it: one that makes runs, and one that analyses."""


def notebook_sources() -> list[Path]:
    """Source notebooks of studies in order: all but the tour, which reads a finished report."""
    found = sorted((project_root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [path for path in found if path.stem != TOUR]


def has_tour(study: Study) -> bool:
    """Whether the tour reads the report that is made: that of its study, as the parameter file stands."""
    if study.source.stem != TOUR_STUDY or not _tour_source().is_file():
        return False
    return study.report.resolve() == report_folder(TOUR_STUDY).resolve()


def _tour_source() -> Path:
    return project_root() / "notebooks" / f"{TOUR}.ipynb"


def select_notebooks(questions: Sequence[str], only: Sequence[str], *, tour: bool = False) -> list[Path]:
    """Notebooks that make runs and those of some questions; of these, those that start with one of the given texts.

    With `tour`, the tour is among them, last: it reads what the others write.

    Raises
    ------
    ParameterError
        If a text fits no notebook.
    """
    wanted = {*STAGES, *(QUESTIONS[key].notebook for key in questions)}
    sources = [path for path in notebook_sources() if path.stem in wanted]
    sources += [_tour_source()] if tour else []
    for text in only:
        if not any(path.stem.startswith(text) for path in sources):
            raise ParameterError(unknown("notebook", text, [p.stem for p in sources], where="--only"))
    return [p for p in sources if not only or any(p.stem.startswith(text) for text in only)]


def run_study(study: Study, *, only: Sequence[str] = (), force: bool = False, replace: bool = False) -> list[str]:
    """Execute the notebooks of a study and build its report.

    Parameters
    ----------
    study : Study
        An opened study.
    only : sequence of str
        Beginnings of notebook names, such as ``"05"``; empty for all.
    force : bool
        Make the chosen notebooks, and the runs of their stages, anew even if they are done.
    replace : bool
        Whether a report of this study that was made with other parameters may be made anew, from runs that are done.

    Returns
    -------
    list of str
        One message for every run or notebook that failed; empty if all went well. What doesn't need them is made.

    Raises
    ------
    StudyError
        If the work cannot begin, or the report can't be written: disk full, unknown notebook, rows or an encoder that
        or a device can't be reached or used, a report that these parameters would mix with others' or that another
        process writes.
    """
    require_installed()
    chosen = select_notebooks(study.params.questions, only, tour=has_tour(study))
    record = Record(study)
    record.refuse_mixture(only, replace=replace)
    todo = study.plan.to_make(study.store, {path.stem for path in chosen}, force=force)
    for key in encoders_of(todo):
        if reason := unreachable(encoder(key)):
            raise EncoderError(reason)
        check_files(encoder(key))
    if reason := hub_rows_unreachable(study, todo):
        raise MissingRowsError(reason)
    if encoders_of(todo) and not study.params.executor and study.params.device not in ("auto", "cpu"):
        from study_utils.device import resolve_device

        resolve_device(study.params.device)
    needed = megabytes(study.plan, todo, keep=study.params.keep, jobs=study.params.jobs)
    study.store.check_room(int(1e6 * (needed + 50)))
    with _alone(study), writable(study.report):
        return _carry_out(study, chosen, todo, record, only=only, force=force)


@contextlib.contextmanager
def _alone(study: Study) -> Iterator[None]:
    """Hold the study's report while the block runs, so that no other process writes in it.

    Raises
    ------
    ParameterError
        If another process does.
    """
    lock = study.store.lock(f"report-{canonical_sha256(str(study.report.resolve()))[:12]}")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ParameterError(
            f"another process is making the report in {study.report}: wait for it, end it, or give another --name"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _carry_out(
    study: Study, chosen: Sequence[Path], todo: Sequence[Run], record: Record, *, only: Sequence[str], force: bool
) -> list[str]:
    """Make runs, execute notebooks, and write the pages if all went well."""
    for run in todo if force else ():
        if study.store.status(run.id) == "done":
            study.store.set_aside(run.id)
    reasons = {path: "asked for by --force" if force else record.why_anew(path) for path in chosen}
    expected = study.runs().set_index("run")["seconds"]
    weights = {run.id: float(expected[run.id]) for run in todo}
    weights |= {path.stem: notebook_seconds(record, path) for path, reason in reasons.items() if reason}
    with contextlib.closing(Meter(weights, title=f"study {study.name}")) as meter:
        failed = make_runs(study, todo, meter)
        failures = describe_failures(failed)
        unfinished = {study.plan.runs[run].stage for run in failed}
        for path, reason in reasons.items():
            if path.stem in unfinished or (failed and path.stem not in STAGES):
                meter.write(f"{path.stem}: left out, not all of its runs are made")
            elif path.stem == TOUR and failures:
                meter.write(f"{path.stem}: left out, a notebook that it reads failed")
            elif reason:
                meter.write(f"{path.stem}: {reason}")
                failures += _execute(study, record, path, meter)
            else:
                meter.write(f"{path.stem}: up to date")
    if failures:
        return failures
    if not only:
        record.drop_others(chosen)
    if reason := record.why_pages():
        from study_utils.report.study_site import build_study_site

        print(f"pages: {reason}: written anew")
        build_study_site(study, record.entries)
        record.keep_pages()
    return failures


def _execute(study: Study, record: Record, path: Path, meter: Meter) -> list[str]:
    """Execute a notebook and note what it wrote; why it failed, if it did."""
    started, before = time.monotonic(), record.stamps()
    given, shown = notebook_parameters(study), _shown(study)
    if path.stem == TOUR:  # it opens the report, not the study
        given = shown = {"name": TOUR_STUDY}
    try:
        execute_notebook(path, study.report / path.name, given, shown=shown)
    except NotebookError as error:
        meter.write(f"{path.stem}: FAILED\n{error}")
        return [str(error)]
    written, seconds = record.written(before), time.monotonic() - started
    hide_places(written, _places(study))
    record.keep(path, seconds, written)
    meter.update(path.stem, 1.0)
    meter.write(f"{path.stem}: done in {clock(seconds)}")
    return []


def require_installed() -> None:
    """Refuse to begin without the Python packages of the extra that makes runs (``study``, as the project declares it).

    Raises
    ------
    ModuleNotFoundError
        Naming all that are missing.
    """
    with contextlib.suppress(metadata.PackageNotFoundError):
        declared = [text for text in metadata.requires("study-utils") or () if re.search(r"extra == .study", text)]
        names = [re.match(r"[\w.-]+", text)[0] for text in declared]
        if missing := [name for name in names if not _is_installed(name)]:
            raise ModuleNotFoundError("packages that a study needs are not installed", name=", ".join(missing))


def _is_installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def notebook_parameters(study: Study) -> dict[str, object]:
    """What is injected into every notebook: the study's name (or file) and what was changed."""
    inside = study.source.parent == project_root() / "params"
    return {"name": study.source.stem if inside else str(study.source), "changes": dict(study.changes)}


def _shown(study: Study) -> dict[str, object]:
    """Parameters that an executed copy shows: without the folders of this machine."""
    return {**notebook_parameters(study), "changes": study.chosen}


def _places(study: Study) -> dict[str, str]:
    own = study.params
    folders = {own.artifacts: "artifacts", own.reports: "reports", **{str(path): "mirror" for path in own.mirrors}}
    folders |= {str(study.source.parent): "params", **{name: Path(name).name for name in own.tasks_from}}
    specs = [encoder(name) for name in (*own.encoders, *own.own_encoders)]
    folders |= {spec.hub_id: Path(spec.hub_id).name for spec in specs if is_folder(spec)}
    return machine_places(project_root(), folders)


def hub_rows_unreachable(study: Study, runs: Iterable[Run]) -> str:
    """Why rows that some runs have to fetch from the hub can't be had; empty if they can, or none are to be fetched."""
    own, waiting = study.params, []
    for run in runs:
        if run.kind != "data":
            continue
        item = task(run.work["task"])
        item = with_held_out(item) if run.work.get("whole") else item
        for role, languages in (part for parts in run.work["parts"].values() for part in parts):
            with contextlib.suppress(MissingRowsError):  # told already, by the plan
                found = choose(
                    item, role, languages=languages, mirror=own.mirrors, sources=own.sources, partial=own.partial_sets
                )
                if found.kind == "hub" and not all(is_kept(found.rows, *place) for place in found.splits):
                    waiting.append(item.key)
    if not waiting or not (trouble := hub_trouble()):
        return ""
    return (
        f"rows of {', '.join(dict.fromkeys(waiting))} come from the hub, which can't be reached ({trouble}): run this "
        "with internet, or name a folder with copies: --mirror DIR"
    )


def notebook_seconds(record: Record, notebook: Path) -> float:
    """Seconds that a notebook is expected to take besides its runs: of one without runs, as long as the last time."""
    if notebook.stem in STAGES:
        return STAGE_SECONDS
    return float(record.entries.get(notebook.stem, {}).get("seconds", QUESTION_SECONDS))


def encoders_of(runs: Iterable[Run]) -> list[str]:
    """Keys of the encoders that runs begin with."""
    return list(dict.fromkeys(str(run.work["encoder"]) for run in runs if "encoder" in run.work))
