"""Settings of a training run that change its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a run is trained; what each field means is in `study_utils.params.TrainingParams`.

    `cap` is that of `study_utils.catalog.Stage`: examples of a task in an epoch, at most.
    """

    epochs: int
    learning_rate: float
    batch_size: int = 32
    max_length: int = 128
    warmup: float = 0.1
    weight_decay: float = 0.0
    clip: float = 1.0
    dropout: float | None = None
    patience: int | None = None
    windows: int | None = None
    head_learning_rate: float | None = None
    cap: int | None = None
    keep: Literal["best", "last", "mean"] = "best"
    keep_epochs: bool = False
