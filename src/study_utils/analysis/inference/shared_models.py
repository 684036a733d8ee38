"""Models of gains that several conditions share: laying one out takes as long as fitting it."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.inference.gain_model import THESE, GainModel

_LAID_OUT = ("task", "language", "seed", "unit", "label", "pool")
"""Columns of cells on which a model's layout depends."""


class SharedModels:
    """Models by the cells that they are laid out for; a function makes one for as long as it works."""

    def __init__(self) -> None:
        self._made: dict[tuple, GainModel] = {}

    def of(self, cells: pd.DataFrame, *, tasks: str = THESE, of: int | None = None) -> GainModel:
        """Give the model of these cells, laid out once; parameters as of `GainModel`."""
        key = (tasks, of, *(tuple(cells[name].to_numpy()) for name in _LAID_OUT))
        if key not in self._made:
            self._made[key] = GainModel(cells, tasks=tasks, of=of)
        return self._made[key]
