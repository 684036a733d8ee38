"""Carry out a training run in this process, and load what a run starts from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog import encoder, task
from study_utils.encoders.identity import is_folder
from study_utils.errors import EncoderError
from study_utils.plan import Run
from study_utils.runs.tracking import tracked
from study_utils.store import Store
from study_utils.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from study_utils.encoders.load import LoadedEncoder
    from study_utils.model import TrainedModel

ROLES = ("train", "validation")
TRACKED = "tracked"
"""Folder in the store in which a tracker's files lie."""

Progress = Callable[[float, str], None]
"""Called with the finished share of a run (0 to 1) and a short note."""


def train_run(study: Study, run: Run, folder: Path, progress: Progress) -> None:
    """Train what a run asks for; write the model, `history.parquet` and `validation.parquet`."""
    from study_utils.training import TaskRows, TrainingSettings, train

    _, start = started(study, run)
    tasks = [
        TaskRows(task=task(key), selects=_selecting(study.plan.runs[data]), **training_rows(study, run, data))
        for key, data in run.work["data"].items()
    ]
    with tracked(study.params.tracker, study.store.root / TRACKED, run.id) as watch:
        result = train(
            start,
            tasks,
            TrainingSettings(**run.work["settings"]),
            seed=run.work["seed"],
            keep_heads=run.work.get("keep_heads", False),
            new_mask_head=study.params.intermediate.new_mlm_head,
            folder=folder,
            device=study.params.device,
            checkpoint_seconds=study.params.checkpoint_seconds,
            progress=lambda step, total, loss: progress(step / max(1, total), f"loss {loss:.3f}"),
            watch=watch,
        )
    if result.is_first:
        result.history.to_parquet(folder / "history.parquet", index=False)
        result.validation.to_parquet(folder / "validation.parquet", index=False)


def training_rows(study: Study, run: Run, data: str) -> dict[str, pd.DataFrame]:
    """Rows of a data run that train and that select; of those that train, the languages that the run uses."""
    from study_utils.data.rows import read_rows

    rows = {role: read_rows(study.store.folder(data) / f"{role}.parquet") for role in ROLES}
    if only := run.work.get("only"):
        rows["train"] = rows["train"][rows["train"]["language"].isin(only)].reset_index(drop=True)
    return rows


def _selecting(data: Run) -> str:
    """Language of the rows that choose an epoch."""
    ((_, (language,)),) = data.work["parts"]["validation"]
    return language


def started(study: Study, run: Run) -> tuple[LoadedEncoder, LoadedEncoder | TrainedModel]:
    """The pretrained encoder of a run, and the model it starts from: a trained one, of one epoch if it says so."""
    from study_utils.model import load_trained
    from study_utils.training.keep import epoch_folder

    base = _pretrained(study, run)
    if not run.work["start"]:
        return base, base
    folder = study.store.folder(run.work["start"])
    return base, load_trained(epoch_folder(folder, run.work["epoch"]) if "epoch" in run.work else folder, base)


def _pretrained(study: Study, run: Run) -> LoadedEncoder:
    """Load the encoder of a run; whether retrieval can read it is checked before anything is trained."""
    from study_utils.encoders.ends import check_ends

    base = _loaded(str(run.work["encoder"]), study.store.cache)
    for key in study.params.targets:
        if asked := study.params.retrieval(key):
            check_ends(base.tokenizer, asked.pooling, encoder=base.spec.key)
    return base


@lru_cache(maxsize=1)
def _loaded(key: str, cache: Path) -> LoadedEncoder:
    """Load an encoder once a process; neither training nor prediction changes it."""
    from study_utils.encoders.load import load_encoder

    return load_encoder(encoder(key), cache=cache)


def prepare_encoders(study: Study, runs: Iterable[Run]) -> None:
    """Load the encoders of some runs once here, so that workers find them downloaded and decoded."""
    for key in dict.fromkeys(str(run.work["encoder"]) for run in runs):
        if not is_folder(encoder(key)):
            with contextlib.suppress(EncoderError):  # told by each run that needs it
                _loaded(key, study.store.cache)
    _loaded.cache_clear()


def languages_seen(store: Store, run: Run) -> set[str]:
    """Languages in the training and selection rows of the run this one starts from, and of all before it."""
    start = run.work["start"]
    return set(store.manifest(start)["languages_seen"]) if start else set()
