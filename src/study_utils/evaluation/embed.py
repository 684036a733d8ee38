"""Sentence vectors of rows at the last layer: the mean over the tokens of the text, as the encoder sees the rows in
their format. Distances between tasks are measured with them; how retrieval reads sentences is a task's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from study_utils.catalog import Task
from study_utils.device import resolve_device
from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError
from study_utils.evaluation.predict import predict_features
from study_utils.formats import format_of
from study_utils.formats.features import Features, encode_texts
from study_utils.model import TaskModel, TrainedModel, base_of, encoder_under


def asked(rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Rows that are in the language they are filed under: of retrieval, foreign sentences and queries."""
    if "side" not in rows:
        return rows
    side = "foreign" if task.shape == "retrieve-mine" else "query"
    return rows[rows["side"] == side].drop(columns=[name for name in ("match", "targets") if name in rows])


def embed(
    model: TrainedModel | LoadedEncoder,
    task: Task,
    rows: pd.DataFrame,
    *,
    max_length: int,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Sentence vectors of rows.

    Parameters
    ----------
    model : TrainedModel or LoadedEncoder
        Its heads are not used.
    task, rows : Task, pandas.DataFrame
        Rows as `asked` gives them. Of a translation pair the text in the row's language is read.
    max_length : int
        Tokens of an input.
    progress : callable, optional
        Called as ``progress(inputs done, inputs in all)``.

    Returns
    -------
    numpy.ndarray
        float32, shape (rows, width): the mean over the tokens of an input; of a row with several inputs (choices,
        windows of a passage), the mean over these.

    Raises
    ------
    DataError
        If there are no rows.
    """
    if rows.empty:
        raise DataError(f"task {task.key}: no rows to embed")
    base = base_of(model)
    features = _encode(base, task, rows, max_length)
    vocabulary = Vocabulary.of(features.ids, tokenizer=base.tokenizer)
    place = resolve_device(device)
    whole = TaskModel(encoder_under(model, vocabulary), torch.nn.ModuleDict()).to(place)
    outputs = predict_features(whole, None, features, vocabulary, base.tokenizer.pad_token_id, place, progress)
    vectors = np.zeros((len(rows), len(outputs[0])), dtype=np.float32)
    np.add.at(vectors, features.source, np.stack(outputs))
    return vectors / np.bincount(features.source, minlength=len(rows))[:, None].astype(np.float32)


def count_subwords(base: LoadedEncoder, task: Task, rows: pd.DataFrame, *, max_length: int) -> pd.DataFrame:
    """Count the tokens that the encoder sees, without special ones.

    Returns
    -------
    pandas.DataFrame
        One row a language and token: `language`, `type` (the token), `count`.
    """
    features = _encode(base, task, rows, max_length)
    language, names = pd.factorize(rows["language"])
    of_token = language[np.repeat(features.source, features.lengths)][features.content]
    pairs, counts = np.unique(np.stack([of_token, features.ids[features.content]]), axis=1, return_counts=True)
    tokens = base.tokenizer.convert_ids_to_tokens(pairs[1].tolist())
    return pd.DataFrame({"language": names[pairs[0]].astype(str), "type": tokens, "count": counts})


def _encode(base: LoadedEncoder, task: Task, rows: pd.DataFrame, max_length: int) -> Features:
    length = min(max_length, base.max_length)
    if task.format == "retrieve":
        return encode_texts(base.tokenizer, rows["text"].tolist(), None, length)
    return format_of(task).encode(rows, task, base.tokenizer, length)
