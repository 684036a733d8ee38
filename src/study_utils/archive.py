"""Results of a study's runs in one small file, and back into a store: scores and what each example counts, no weights.

From it, notebooks that analyse results run again without training, on any machine, and a study that grows (a seed more,
a condition more) makes only what is new. Texts, gold labels and predictions stay behind: rows are prepared again from
their source.

`python -m study_utils.archive --help` explains the command.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from study_utils.catalog import task
from study_utils.errors import StoreError, StudyError
from study_utils.installed import status_of
from study_utils.metrics import contributions
from study_utils.params import parse_changes
from study_utils.paths import project_root
from study_utils.plan import Plan, Run
from study_utils.store import MANIFEST, Store
from study_utils.study import open_study

PREDICTIONS = "predictions.parquet"
KEY = ["language", "example_id", "measure", "total"]
"""Columns that all runs on the same rows share; what sets them apart is `correct`."""

_ID = re.compile(r"[^/\\]+-[0-9a-f]{12}")
DATE = (1980, 1, 1, 0, 0, 0)
"""Time of every entry, so that the same results are the same bytes."""


def pack(plan: Plan, store: Store, file: Path) -> list[str]:
    """Write the results of all finished runs of a plan into one file; what lay there is replaced.

    Parameters
    ----------
    file : pathlib.Path
        A zip file. `runs/ID/` holds a run's manifest and tables; `predictions/DATA.parquet` has a row an example and
        measure (`language`, `example_id`, `measure`, `total`) and a column a run on these rows: what it has right.

    Returns
    -------
    list of str
        Ids of the runs in it; rows and weights are no part of it.

    Raises
    ------
    StoreError
        If no run is finished, one is damaged, or the file can't be written.
    """
    runs = [run for run in plan.runs.values() if run.kind != "data" and store.status(run.id) == "done"]
    if not runs:
        raise StoreError(f"no run of the study is finished in {store.runs}: there is nothing to pack")
    if file.is_dir():
        raise StoreError(f"{file} can't be written, it is a folder: name a file in it, such as {file / 'results.zip'}")
    part = file.with_name(f".{file.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            _write(archive, runs, store)
        part.replace(file)
    except OSError as error:
        raise StoreError(f"{file} can't be written ({error.strerror}): name one in a folder that is there") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return [run.id for run in runs]


def _write(archive: zipfile.ZipFile, runs: Sequence[Run], store: Store) -> None:
    correct: dict[str, list[pd.Series]] = {}
    for run in runs:
        manifest = store.manifest(run.id)
        names = sorted(name for name in manifest["files"] if not _stays(run, name))
        for name in names:
            _add(archive, f"runs/{run.id}/{name}", store.verified_file(run.id, name).read_bytes())
        left = {*manifest.get("not_kept", ()), *manifest["files"]}.difference(names, [PREDICTIONS])
        facts = {**manifest, "files": names, "not_kept": sorted(left)}
        _add(archive, f"runs/{run.id}/{MANIFEST}", json.dumps(facts, indent=1, sort_keys=True).encode())
        if run.kind == "predict":
            correct.setdefault(_rows(run), []).append(_correct(store, run))
    for rows, columns in sorted(correct.items()):
        _add(archive, f"predictions/{rows}.parquet", _parquet(_side_by_side(columns)))


def _side_by_side(columns: Sequence[pd.Series]) -> pd.DataFrame:
    """Runs as columns of one frame, in one piece: of hundreds, pandas warns of as many pieces."""
    return pd.concat(columns, axis=1).copy().reset_index()


def unpack(file: Path, store: Store) -> list[str]:
    """Put results back into a store as finished runs; those that it has already stay as they are.

    Returns
    -------
    list of str
        Ids of the runs that were added.

    Raises
    ------
    StoreError
        If the file isn't an archive of `pack`, or is damaged.
    """
    added = []
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            frames = {name.split("/")[1].removesuffix(".parquet"): name for name in names if "predictions/" in name}
            correct = {rows: pd.read_parquet(io.BytesIO(archive.read(name))) for rows, name in frames.items()}
            columns = {run: rows for rows, frame in correct.items() for run in frame.columns.drop(KEY)}
            for run_id in dict.fromkeys(name.split("/")[1] for name in names if name.startswith("runs/")):
                facts = json.loads(archive.read(f"runs/{run_id}/{MANIFEST}"))
                if facts["run"] != run_id or not _ID.fullmatch(run_id):
                    raise ValueError(f"{run_id!r} is no id of a run")
                if store.status(run_id) == "done":
                    continue
                if facts["kind"] == "predict" and run_id not in columns:
                    raise ValueError(f"what {run_id} has right is missing")
                inside = facts.pop("files")
                with store.writing(run_id, facts) as folder:
                    if folder is None:  # another process has just made it
                        continue
                    _empty(folder)
                    for name in inside:
                        _inside(folder, name).write_bytes(archive.read(f"runs/{run_id}/{name}"))
                    if run_id in columns:
                        _predictions(correct[columns[run_id]], run_id).to_parquet(folder / PREDICTIONS, index=False)
                added.append(run_id)
    except StoreError:
        raise
    except Exception as error:  # damaged bytes raise what zip, zlib, JSON and parquet readers, or a wrong type, raise
        raise StoreError(f"{file} isn't an archive of results, or is damaged ({error}): pack it again") from error
    return added


def _stays(run: Run, name: str) -> bool:
    """Whether a file is no part of the archive: weights, and predictions with their texts; vectors of rows are."""
    return name == PREDICTIONS or (run.kind == "train" and name.endswith(".safetensors"))


def _rows(run: Run) -> str:
    """Name the rows that a run scores: those of a data run, as they are or under a variant."""
    return f"{run.work['data']}.{run.work['settings']['variant']}"


def _correct(store: Store, run: Run) -> pd.Series:
    """What a run has right, by `KEY`; of an F1 or a correlation, what each example contributes to it."""
    frame = contributions(pd.read_parquet(store.verified_file(run.id, PREDICTIONS)), task(str(run.work["task"])))
    found = frame.set_index(KEY)["correct"].rename(run.id)
    if not found.index.is_unique:
        raise StoreError(f"run {run.id} has two predictions of one example in one measure: make it again")
    return found


def _predictions(frame: pd.DataFrame, run_id: str) -> pd.DataFrame:
    own = frame.loc[frame[run_id].notna(), [*KEY, run_id]].rename(columns={run_id: "correct"})
    return own.assign(gold="", prediction="")[
        ["language", "example_id", "measure", "gold", "prediction", "correct", "total"]
    ]


def _parquet(frame: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.to_parquet(written, index=False, compression="zstd", compression_level=15)
    return written.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED, 9)


def _empty(folder: Path) -> None:
    """Remove what an interrupted attempt to make a run has left."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} leads out of its folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


DESCRIPTION = """\
Pack the results of a study into one small file, or unpack such a file into a store.

It holds scores, training curves and, an example, how much each run has right: all that the notebooks analyse. It holds
no weights, texts, gold labels or predictions. After unpacking, 'run_all.py STUDY' with the same parameters prepares the
rows, makes only runs that are new, and executes the notebooks."""

EPILOG = """\
examples:
  python -m study_utils.archive pack pilot pilot.zip --mirror DIR
  python -m study_utils.archive unpack pilot.zip
  python -m study_utils.archive unpack pilot.zip --artifacts elsewhere

exit status: 0 done, 2 nothing done, with the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.archive",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="pack|unpack")
    packs = commands.add_parser("pack", help="write the results of a study's finished runs into a file")
    packs.add_argument("study", metavar="STUDY", help="name or path of a parameter file")
    packs.add_argument("file", metavar="FILE", type=Path, help="where they go, such as pilot.zip")
    packs.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="as of run_all.py")
    packs.add_argument("--mirror", action="append", metavar="DIR", help="as of run_all.py")
    unpacks = commands.add_parser("unpack", help="put the results of a file into a store")
    unpacks.add_argument("file", metavar="FILE", type=Path, help="what 'pack' wrote")
    unpacks.add_argument("--artifacts", metavar="DIR", help="folder of the store (default: artifacts of the project)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "pack":
            changes = parse_changes(options.set) | ({"mirror": options.mirror} if options.mirror else {})
            study = open_study(options.study, changes)
            runs = pack(study.plan, study.store, options.file)
            print(f"written: {options.file}, {len(runs)} runs, {options.file.stat().st_size / 1e6:.1f} MB")
        else:
            store = Store(Path(options.artifacts) if options.artifacts else project_root() / "artifacts")
            print(f"added: {len(unpack(options.file, store))} runs to {store.root}")
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(status_of(main))
