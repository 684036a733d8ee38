"""Predictions for every example: all languages of a test set in one stream of batches sorted by length."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch

from study_utils.catalog import Task
from study_utils.device import autocast, resolve_device
from study_utils.encoders.segments import segments_of
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError
from study_utils.formats import format_of
from study_utils.formats.features import Features, collate
from study_utils.formats.heads import mean_vectors
from study_utils.model import TaskModel, TrainedModel, base_of, encoder_under

BATCH_TOKENS = 4096
"""Tokens of a batch, padding included."""


def predict(
    model: TrainedModel,
    task: Task,
    rows: pd.DataFrame,
    *,
    max_length: int,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Predict every row with a task's head; the order of rows, and which others are there, changes nothing.

    Retrieval has no head: `study_utils.evaluation.search.search`.

    Parameters
    ----------
    rows : pandas.DataFrame
        Test rows of one or many languages.
    progress : callable, optional
        Called as ``progress(inputs done, inputs in all)``.

    Returns
    -------
    pandas.DataFrame
        One row an example and measure, with the columns `language`, `example_id`, `measure`, `gold`, `prediction`,
        `correct`, `total`.

    Raises
    ------
    DataError
        If there are no rows, or the model has no head for the task.
    """
    if rows.empty:
        raise DataError(f"task {task.key}: no rows to predict")
    heads = model.heads if isinstance(model, TrainedModel) else torch.nn.ModuleDict()
    if task.key not in heads:
        raise DataError(f"the model has no head for task {task.key!r}, only {list(heads)}: train it first")
    base = base_of(model)
    features = format_of(task).encode(rows, task, base.tokenizer, min(max_length, base.max_length))
    vocabulary = Vocabulary.of(features.ids, tokenizer=base.tokenizer)
    place = resolve_device(device)
    whole = TaskModel(encoder_under(model, vocabulary), heads, segments_of(base, vocabulary)).to(place)
    outputs = predict_features(whole, task.key, features, vocabulary, base.tokenizer.pad_token_id, place, progress)
    heads.cpu()
    return format_of(task).decode(outputs, features, rows, task)


def predict_features(
    model: TaskModel,
    key: str | None,
    features: Features,
    vocabulary: Vocabulary,
    pad: int,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> list[np.ndarray]:
    """Outputs for every input; inputs of equal tokens are computed once.

    Parameters
    ----------
    model : TaskModel
        On `device`, under `vocabulary`.
    key : str or None
        Task whose head is used; None: the mean over the tokens of the text at the last layer.

    Returns
    -------
    list of numpy.ndarray
        float32, in the order of `features`: one value an output, or of shape (tokens, outputs) where the head reads
        every token.
    """

    def compute(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return mean_vectors(model.hidden(batch), batch) if key is None else model(key, batch)

    model.eval()
    first, kind = features.distinct()
    results: list[np.ndarray | None] = [None] * len(first)
    for places, outputs in in_batches(compute, features, (first, kind), vocabulary, pad, device, progress):
        for place, values in zip(places, outputs):
            results[place] = values[: features.lengths[first[place]]] if values.ndim == 2 else values
    return [results[i] for i in kind]


def in_batches(
    compute: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    features: Features,
    distinct: tuple[np.ndarray, np.ndarray],
    vocabulary: Vocabulary,
    pad: int,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Compute something for every distinct input, in batches of inputs of similar length.

    Parameters
    ----------
    compute : callable
        Batch on `device` to a tensor whose first axis is its inputs.
    distinct : tuple
        From `Features.distinct`.

    Yields
    ------
    places, outputs : numpy.ndarray
        Places of the batch among the distinct inputs, and float32 for each.
    """
    first, kind = distinct
    alike, done = np.bincount(kind), 0
    for places in token_batches(features.lengths[first], BATCH_TOKENS):
        batch = {name: value.to(device) for name, value in collate(features, first[places], vocabulary, pad).items()}
        with torch.inference_mode(), autocast(device):
            outputs = compute(batch)
        yield places, outputs.float().cpu().numpy()
        done += int(alike[places].sum())
        if progress is not None:
            progress(done, len(features))


def token_batches(lengths: np.ndarray, budget: int) -> list[np.ndarray]:
    """Batches of inputs of similar length, longest first, of at most `budget` tokens with padding."""
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        size = max(1, budget // max(1, int(lengths[order[start]])))
        batches.append(order[start : start + size])
        start += size
    return batches
