"""A finished training run in a store: its model, and what its manifest and those around it say."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from safetensors import SafetensorError, safe_open

from study_utils.catalog import Encoder, encoder, task
from study_utils.catalog.perturbations import CLEAN
from study_utils.encoders.identity import encoder_digest
from study_utils.encoders.load import load_encoder
from study_utils.errors import EncoderError, StoreError, unknown
from study_utils.model import TrainedModel, load_trained
from study_utils.store import MANIFEST, Store

_USED = ("pooling", "segments", "max_length")
"""What a run's identity may say of how its encoder was used."""


@dataclass(frozen=True, kw_only=True)
class TrainedRun:
    """A finished training run.

    Attributes
    ----------
    id : str
        Of the run.
    manifest : mapping
        Its own.
    spec : Encoder
        The encoder as the run used it.
    model : TrainedModel
        Encoder and heads.
    stages : tuple of mapping
        Manifests of all training runs behind the model, the first one first, its own last.
    """

    id: str
    manifest: Mapping
    spec: Encoder
    model: TrainedModel
    stages: tuple[Mapping, ...]


def find_run(store: Store, run_id: str) -> TrainedRun:
    """Load a training run.

    Raises
    ------
    StoreError
        If the store has no such run (with the nearest ones), it isn't finished, doesn't train, or is damaged.
    EncoderError
        If its encoder cannot be loaded, or is another one by now.
    CatalogError
        If its task isn't known here.
    """
    manifest = _manifest(store, run_id)
    folder = store.verified(run_id)
    known = manifest["identity"]["encoder"]
    changes = {"segments": False, **{name: value for name, value in known.items() if name in _USED}}
    spec = dataclasses.replace(encoder(_encoder_key(store, run_id)), **changes)
    if json.loads(json.dumps(encoder_digest(spec))) != known["weights"]:
        raise EncoderError(
            f"encoder {spec.key!r} is not the one that run {run_id} was trained from: its files have changed since. "
            "Put the earlier ones back, or train again"
        )
    for key in manifest["identity"]["data"]:
        task(key)
    model = load_trained(folder, load_encoder(spec, cache=store.cache))
    return TrainedRun(id=run_id, manifest=manifest, spec=spec, model=model, stages=tuple(_stages(store, manifest)))


def _manifest(store: Store, run_id: str) -> dict:
    if store.partial(run_id).is_dir() and not store.folder(run_id).is_dir():
        raise StoreError(f"run {run_id} is not finished: carry out its study again, it continues")
    if not (store.folder(run_id) / MANIFEST).is_file():
        there = sorted(path.parent.name for path in store.runs.glob(f"*/{MANIFEST}") if not path.parent.suffix)
        trained = [name for name in there if name.startswith(("intermediate-", "target-"))]
        if not trained:
            raise StoreError(f"no finished training run in {store.runs}: name the store with --artifacts DIR")
        near = difflib.get_close_matches(run_id, trained, n=3, cutoff=0.0)
        raise StoreError(unknown("run", run_id, near, where=str(store.runs)))
    manifest = store.manifest(run_id)
    if manifest["kind"] != "train":
        start = manifest["identity"].get("start")
        told = f"; the model that it used is {start}" if start else ""
        raise StoreError(f"run {run_id} has no model: it is of kind {manifest['kind']!r}, not 'train'{told}")
    return manifest


def _encoder_key(store: Store, run_id: str) -> str:
    path = store.folder(run_id) / "model.safetensors"
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata()["encoder"]
    except (OSError, KeyError, TypeError, SafetensorError) as error:
        raise StoreError(f"{path} doesn't say which encoder it was trained from ({error}): train again") from error


def _stages(store: Store, manifest: Mapping) -> list[Mapping]:
    start = manifest["identity"]["start"]
    return [*(_stages(store, store.manifest(start)) if start else []), manifest]


def read_scores(store: Store, run_id: str) -> pd.DataFrame:
    """Read what the runs of a store that evaluated a model found on clean test rows.

    Returns
    -------
    pandas.DataFrame
        One row a task, language and metric: `task`, `language`, `metric`, `value` (a fraction), `n` (examples) and
        `zero_shot`. Empty if none evaluated it.
    """
    frames = [pd.DataFrame(columns=["task", "language", "metric", "value", "n", "zero_shot"])]
    for name, manifest in _evaluations(store, run_id):
        scores = pd.read_parquet(store.verified_file(name, "scores.parquet"))
        seen = manifest["languages_seen"]
        frames.append(scores.assign(task=name.split("-")[1], zero_shot=~scores["language"].isin(seen)))
    found = pd.concat(frames[1:] or frames, ignore_index=True)[list(frames[0])]
    return found.drop_duplicates(["task", "language", "metric"], ignore_index=True)


def _evaluations(store: Store, run_id: str) -> Iterator[tuple[str, dict]]:
    for path in sorted(store.runs.glob(f"predict-*/{MANIFEST}")):
        if path.parent.suffix:
            continue
        manifest = store.manifest(path.parent.name)
        own = manifest["identity"]
        if own["start"] == run_id and own["settings"]["variant"] == CLEAN and "epoch" not in own:
            yield path.parent.name, manifest
