"""What is known of a run while it works, and what it leaves besides the model in its folder."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch

from study_utils.errors import StudyError
from study_utils.model import TrainedModel


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What training leaves besides the model in its folder.

    Attributes
    ----------
    history : pandas.DataFrame
        One row a step: `step`, `epoch`, `task`, `loss`, `learning_rate`, `examples` (of the step).
    validation : pandas.DataFrame
        One row a scored epoch, task and metric: `epoch` (0: the mean of all epochs), `task`, `metric`, `value`, `n`,
        `primary`, `chosen` (whether the scored weights are those that were kept).
    kept_epoch : int
        Epoch whose weights were kept, counted from 1; 0 for the mean of all.
    seconds : float
        Time in the loop since this call began.
    is_first : bool
        Whether this process is the only one, or the first of several: the one whose result counts.
    """

    model: TrainedModel
    history: pd.DataFrame
    validation: pd.DataFrame
    kept_epoch: int
    seconds: float
    is_first: bool = True


@dataclass
class State:
    """Position and record of a run at work: what its checkpoints note beside the weights."""

    step: int = 0
    history: list[dict] = field(default_factory=list)
    validation: list[dict] = field(default_factory=list)
    best_epoch: int = 0
    best_value: float = -np.inf

    def record(self, waiting: list[tuple[dict, torch.Tensor]]) -> None:
        """Move steps with their losses into the history.

        Raises
        ------
        StudyError
            If a loss is no longer a number.
        """
        for row, loss in waiting:
            value = float(loss)
            if not np.isfinite(value):
                raise StudyError(
                    f"the loss of task {row['task']} is {value} at step {row['step']}: lower learning_rate "
                    f"(it is {row['learning_rate']:.1e} there), or raise warmup"
                )
            self.history.append({**row, "loss": value})
        waiting.clear()

    def note(self, epoch: int, scores: list[dict]) -> None:
        """Note the scores of an epoch on the selection rows."""
        self.validation += [{"epoch": epoch, **row} for row in scores]

    def is_exhausted(self, epoch: int, patience: int) -> bool:
        """Whether the epoch that has just ended is the last of so many without a better selection score."""
        return bool(self.validation) and epoch - self.best_epoch >= patience

    def result(self, model: TrainedModel, kept_epoch: int, seconds: float, *, is_first: bool) -> TrainingResult:
        """Put the record into tables."""
        validation = pd.DataFrame(self.validation, columns=["epoch", "task", "metric", "value", "n", "primary"])
        return TrainingResult(
            model=model,
            history=pd.DataFrame(self.history),
            validation=validation.assign(chosen=validation["epoch"] == kept_epoch),
            kept_epoch=kept_epoch,
            seconds=seconds,
            is_first=is_first,
        )
