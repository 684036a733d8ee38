"""What a run of the evaluation writes: predictions, their scores and, of retrieval, the scores of every layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from study_utils.catalog import Task
from study_utils.encoders.facts import architecture
from study_utils.encoders.load import LoadedEncoder
from study_utils.evaluation.predict import predict
from study_utils.evaluation.search import search
from study_utils.metrics import score
from study_utils.model import TrainedModel, base_of

PREDICTIONS, SCORES, LAYERS = "predictions.parquet", "scores.parquet", "layers.parquet"

Model = TrainedModel | LoadedEncoder


def write_predictions(folder: Path, model: Model, task: Task, rows: pd.DataFrame, **options: object) -> dict:
    """Predict with the task's head and score; `options` as of `predict`.

    Returns
    -------
    dict
        Facts for the manifest: `rows`.
    """
    found = predict(model, task, rows, **options)
    found.to_parquet(folder / PREDICTIONS, index=False)
    score(found, task).to_parquet(folder / SCORES, index=False)
    return {"rows": len(found)}


def write_search(
    folder: Path,
    model: Model,
    task: Task,
    rows: pd.DataFrame,
    *,
    all_layers: bool,
    device: str,
    progress: Callable[[int, int], None],
) -> dict:
    """Retrieve and score, with the layer that the task reads and with all others.

    `layers.parquet` has one row a language, metric and layer: `language`, `metric`, `layer` (transformer layers
    passed), `value`.

    Returns
    -------
    dict
        Facts for the manifest: `rows`, and `layer` and `depth` of what was read.
    """
    facts: dict[str, int] = {"depth": architecture(base_of(model).spec).layers}
    scored = []
    for layer, found in search(
        model, task, rows, all_layers=all_layers, folder=folder, device=device, progress=progress
    ):
        scores = score(found, task)
        scored.append(scores.assign(layer=layer))
        if len(scored) == 1:
            facts |= {"rows": len(found), "layer": layer}
            found.to_parquet(folder / PREDICTIONS, index=False)
            scores.to_parquet(folder / SCORES, index=False)
    table = pd.concat(scored, ignore_index=True).sort_values("layer", kind="stable")
    table[["language", "metric", "layer", "value"]].to_parquet(folder / LAYERS, index=False)
    return facts
