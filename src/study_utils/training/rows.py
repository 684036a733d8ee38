"""The rows that a run trains and selects on, and what becomes of them before the first step."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.catalog import Task
from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError, ParameterError
from study_utils.formats import format_of
from study_utils.formats.features import Features
from study_utils.model import TrainedModel, base_of
from study_utils.training.settings import TrainingSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TaskRows:
    """Training rows of a task and the rows that select the epoch (None: the last epoch is kept).

    Selection rows are in the language `selects`; left out, it is the task's training language. Only a run
    that trains in a language is told to select in it.
    """

    task: Task
    train: pd.DataFrame
    validation: pd.DataFrame | None = None
    selects: str = ""

    def __post_init__(self) -> None:
        if self.train.empty or (self.validation is not None and self.validation.empty):
            raise DataError(f"task {self.task.key}: no training or no validation rows")
        allowed = self.selects or self.task.training_language
        if allowed != self.task.training_language and set(self.train["language"]) != {allowed}:
            raise DataError(
                f"task {self.task.key}: {allowed!r} may not choose an epoch: other languages are trained on"
            )
        if self.validation is not None and (other := set(self.validation["language"]) - {allowed}):
            raise DataError(
                f"task {self.task.key}: selection rows in {sorted(other)}: only the training language "
                f"{allowed!r} may choose an epoch"
            )


@dataclass(frozen=True, kw_only=True)
class EncodedRows:
    """Rows as the model reads them.

    Attributes
    ----------
    tasks : mapping of str to TaskRows
        Task key to its rows.
    training, selection : mapping of str to Features
        Task key to its encoded rows; a task without selection rows is not in `selection`.
    vocabulary : Vocabulary
        Token ids that occur in either, and those that an earlier stage has learnt.
    base : LoadedEncoder
        The pretrained encoder, whose tokenizer made the ids.
    """

    tasks: Mapping[str, TaskRows]
    training: Mapping[str, Features]
    selection: Mapping[str, Features]
    vocabulary: Vocabulary
    base: LoadedEncoder

    @property
    def pad(self) -> int:
        """Id of the padding token."""
        return self.base.tokenizer.pad_token_id


def encode_rows(
    start: LoadedEncoder | TrainedModel, tasks: Sequence[TaskRows], settings: TrainingSettings, *, seed: int
) -> EncodedRows:
    """Check and encode the rows of a run; the seed chooses hidden tokens and windows, where a format draws some.

    Raises
    ------
    DataError, ParameterError
        If there are no tasks, or inputs would be longer than the encoder allows.
    """
    base = base_of(start)
    if not tasks:
        raise DataError("training needs at least one task")
    if settings.max_length > base.max_length:
        raise ParameterError(
            f"max_length {settings.max_length} is more than the {base.max_length} tokens of {base.spec.key}: lower it"
        )
    training = {t.task.key: _encode(t.task, t.train, base, settings, seed, windows=settings.windows) for t in tasks}
    selected = [t for t in tasks if t.validation is not None]
    selection = {t.task.key: _encode(t.task, t.validation, base, settings, 0) for t in selected}
    used = [features.used_ids for features in (*training.values(), *selection.values())]
    vocabulary = Vocabulary.of(np.concatenate(used), tokenizer=base.tokenizer)
    if isinstance(start, TrainedModel):
        vocabulary = vocabulary.union(start.vocabulary)  # what the stage before has learnt stays
    return EncodedRows(
        tasks={t.task.key: t for t in tasks}, training=training, selection=selection, vocabulary=vocabulary, base=base
    )


def _encode(
    task: Task,
    rows: pd.DataFrame,
    base: LoadedEncoder,
    settings: TrainingSettings,
    seed: int,
    *,
    windows: int | None = None,
) -> Features:
    own = {"mask": {"seed": seed}, "answer": {"seed": seed, "windows": windows}}.get(task.format, {})
    features = format_of(task).encode(rows, task, base.tokenizer, settings.max_length, **own)
    if features.truncated:
        log.info("%s: %d rows are longer than %d tokens", task.key, features.truncated, settings.max_length)
    return features
