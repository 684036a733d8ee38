"""Carry out one run of any kind. Everything heavy is imported here and not before."""

from __future__ import annotations

import contextlib
import functools
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.budgets import require_equal
from study_utils.catalog import task
from study_utils.catalog.perturbations import CLEAN, variant
from study_utils.catalog.retrieval import Retrieval
from study_utils.errors import StoreError
from study_utils.plan import Run
from study_utils.plan.declared import with_held_out
from study_utils.runs.distributed import train_distributed
from study_utils.runs.training import Progress, languages_seen, started, train_run, training_rows
from study_utils.study import Study

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


def ensure(study: Study, run: Run, progress: Progress, *, whole: bool = False) -> bool:
    """Make a run, and before it whatever it needs that is missing or damaged, or was not kept.

    Parameters
    ----------
    whole : bool
        Whether a finished run whose weights were not kept is made again.

    Returns
    -------
    bool
        Whether there was anything to do; nothing is where another process has made the run meanwhile.
    """
    if study.store.status(run.id) == "done" and not (whole and study.store.dropped(run.id)):
        return False
    for run_id in run.inputs:
        ensure(study, study.plan.runs[run_id], progress, whole=True)
        try:
            study.store.verified(run_id)
        except StoreError as error:
            log.warning("%s", error)
            ensure(study, study.plan.runs[run_id], progress)
    facts = {"kind": run.kind, "stage": run.stage, "identity": run.identity, "inputs": list(run.inputs)}
    settled = contextlib.nullcontext() if run.kind == "data" else study.params.computing.applied()
    told = functools.partial(progress, 0.0, "waits: another process makes it")
    with study.store.writing(run.id, facts, whole=whole, waits=told) as folder, settled:
        if folder is not None:
            _KINDS[run.kind](study, run, folder, facts, progress)
    return folder is not None


def _make_data(study: Study, run: Run, folder: Path, facts: dict, progress: Progress) -> None:
    import pandas as pd

    from study_utils.data.caps import cap, part, pool
    from study_utils.data.rows import check_rows, fingerprint, write_rows
    from study_utils.data.sources import load_rows, refuse_unmet

    item, params = task(run.work["task"]), study.params
    item = with_held_out(item) if run.work.get("whole") else item
    facts |= {"rows": {}, "dropped": {}, "moved": {}, "fingerprints": {}, "sources": {}, "absent": {}}
    mirror = params.mirrors
    drawn = {name: run.work[name] for name in ("by_label", "draw") if name in run.work}
    met: set[str] = set()
    for number, (role, limit) in enumerate(run.work["roles"].items()):
        progress(number / len(run.work["roles"]), f"{item.key} {role}")
        frames = [
            load_rows(
                item,
                source,
                languages=languages,
                mirror=mirror,
                sources=params.sources,
                partial=params.partial_sets,
            )
            for source, languages in run.work["parts"][role]
        ]
        met |= {rule for frame in frames for rule in frame.attrs["met"]}
        rows = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        dropped = sum(int(frame.attrs.get("dropped", 0)) for frame in frames)
        facts["moved"][role] = sum(int(frame.attrs.get("moved", 0)) for frame in frames)
        kinds = dict.fromkeys(frame.attrs["source"] for frame in frames)
        if role in (shares := run.work.get("shares", {})):
            share, rest = shares[role]
            rows = part(rows, share, rest=rest)
        if role == "train" and run.work.get("pooled"):
            rows = pool(rows, limit, lead="" if item.is_text else item.training_language, **drawn)
        else:
            rows = cap(rows, limit, **drawn)
        check_rows(rows, item, where=f"task {item.key}, {role}")
        write_rows(folder / f"{role}.parquet", rows)
        facts["rows"][role] = len(rows)
        facts["dropped"][role] = dropped
        facts["fingerprints"][role] = fingerprint(rows)
        facts["sources"][role] = " and ".join(kinds)
        if absent := {code: list(names) for frame in frames for code, names in frame.attrs["absent"].items()}:
            facts["absent"][role] = absent
    refuse_unmet(item, met)


def _make_training(study: Study, run: Run, folder: Path, facts: dict, progress: Progress) -> None:
    import pandas as pd

    from study_utils.device import describe_device

    require_equal(study.plan, study.store, study.params, runs=run.work["data"].values())
    if study.params.processes > 1:
        train_distributed(study, run, folder, progress)
    else:
        train_run(study, run, folder, progress)
    rows = [frame for data in run.work["data"].values() for frame in training_rows(study, run, data).values()]
    seen = {code for frame in rows for code in frame["language"].unique()}
    facts["languages_seen"] = sorted(seen | languages_seen(study.store, run))
    facts["kept_epoch"] = int(pd.read_parquet(folder / "validation.parquet").query("chosen")["epoch"].iloc[0])
    facts["device"] = describe_device(study.params.device)


def _make_predictions(study: Study, run: Run, folder: Path, facts: dict, progress: Progress) -> None:
    from study_utils.data.rows import read_rows
    from study_utils.device import describe_device
    from study_utils.runs.scoring import write_predictions, write_search

    store, item, settings = study.store, task(run.work["task"]), run.work["settings"]
    _, model = started(study, run)
    rows = read_rows(store.folder(run.work["data"]) / "test.parquet")
    if (name := settings["variant"]) != CLEAN:
        rows = _perturbed(study, run, rows, name, folder, facts)
    elif languages := run.work.get("languages"):
        rows = rows[rows["language"].isin(languages)].reset_index(drop=True)
    options = {
        "device": study.params.device,
        "progress": lambda done, total: progress(done / max(1, total), item.title),
    }
    if item.retrieval:
        every = name == CLEAN and settings.get("scored", "all") == "all"
        item = replace(item, retrieval=Retrieval(**settings["retrieval"]))
        facts |= write_search(folder, model, item, rows, all_layers=every, **options)
    else:
        facts |= write_predictions(folder, model, item, rows, max_length=settings["max_length"], **options)
    facts["languages_seen"] = sorted(languages_seen(store, run))
    facts["device"] = describe_device(study.params.device)


def _make_embeddings(study: Study, run: Run, folder: Path, facts: dict, progress: Progress) -> None:
    import pandas as pd
    from safetensors.numpy import save_file

    from study_utils.data.caps import cap
    from study_utils.data.counts import count_labels, count_words
    from study_utils.data.rows import read_rows
    from study_utils.device import describe_device
    from study_utils.evaluation.embed import asked, count_subwords, embed

    store, item, settings = study.store, task(run.work["task"]), run.work["settings"]
    base, model = started(study, run)
    rows = cap(
        asked(read_rows(store.folder(run.work["data"]) / f"{run.work['role']}.parquet"), item), settings["examples"]
    )
    vectors = embed(
        model,
        item,
        rows,
        max_length=settings["max_length"],
        device=study.params.device,
        progress=lambda done, total: progress(done / max(1, total), item.title),
    )
    save_file({"vectors": vectors}, folder / "vectors.safetensors")
    rows[["language", "id"]].to_parquet(folder / "examples.parquet", index=False)
    if not run.work["start"]:
        counted = {
            "word": count_words(rows),
            "subword": count_subwords(base, item, rows, max_length=settings["max_length"]),
            "label": count_labels(rows),
        }
        frames = [frame.assign(kind=kind) for kind, frame in counted.items()]
        pd.concat(frames, ignore_index=True).to_parquet(folder / "counts.parquet", index=False)
    facts["rows"] = len(rows)
    facts["pairs"] = bool((rows["text_pair"] != "").any()) if "text_pair" in rows else False
    facts["device"] = describe_device(study.params.device)


def _perturbed(study: Study, run: Run, rows: pd.DataFrame, name: str, folder: Path, facts: dict) -> pd.DataFrame:
    """Test rows under a variant; what was changed is written beside the predictions and summed up in the facts."""
    from study_utils.data.rows import check_rows
    from study_utils.perturb import perturb_rows

    item = task(run.work["task"])
    languages = run.work.get("languages") or study.plan.runs[run.work["data"]].work["languages"]
    made = perturb_rows(rows, item, variant(name), languages)
    check_rows(made.rows, item, where=f"task {item.key}, variant {name}")
    made.counts.to_parquet(folder / "perturbed.parquet", index=False)
    facts["perturbed"] = {column: int(made.counts[column].sum()) for column in ("all", "asked", "changed")}
    return made.rows


_KINDS = {"data": _make_data, "train": _make_training, "predict": _make_predictions, "embed": _make_embeddings}
