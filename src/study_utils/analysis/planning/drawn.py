"""What an analysis will think of its own precision: standard errors and degrees of freedom of studies that are drawn.

A finished study knows its variances by estimate alone. After a correction for many comparisons that costs more than
their expectation says, because critical values of few degrees of freedom are large.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study_utils.analysis.calibration.batch import Batch
from study_utils.analysis.inference.example_noise import Noise
from study_utils.analysis.inference.gain_model import LIKE_THESE, THESE, GainModel
from study_utils.analysis.inference.groups import ALONE, MIN_POOL
from study_utils.analysis.planning.components import Components

CELLS, MOST = 20_000, 256
"""Cells that are drawn in all, and the most studies: enough for some percent of the smallest gain."""
LEFT_OUT = 4
"""Tasks that are left out of the drawn studies; of more the others are taken to be like these, which saves time."""
_ASKED = "asked about"


def drawn_precision(
    components: Components,
    cells: pd.DataFrame,
    *,
    seeds: int,
    asked: Sequence[str] | None,
    like_these: bool = False,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Standard errors and degrees of freedom that the model of gains reports in studies of these variances.

    Parameters
    ----------
    components : Components
        What gains vary by.
    cells : pandas.DataFrame
        One row a cell: `task`, `language`, `family`, `rows`.
    seeds : int
        In every cell.
    asked : sequence of str or None
        Languages that make up a family of their own, or one that stands alone; None: the mean over all.
    like_these : bool
        Whether tasks are random.

    Returns
    -------
    tuple of numpy.ndarray or None
        Each of shape (studies, 1 + tasks): of all tasks, and without each in the order of their names, unless tasks
        are random. None where families fall into groups without a common task.
    """
    table = cells.merge(pd.DataFrame({"seed": range(seeds)}), how="cross").assign(unit="all", label=_ASKED, pool=_ASKED)
    if asked is not None:
        table["unit"] = "language" if len(asked) == 1 else "family"
        table["label"] = table["family"].mask(table["language"].isin(asked), _ASKED)
        alone = (table.groupby("label")["language"].transform("nunique") == 1) & (table["label"] != _ASKED)
        enough = table.loc[alone, "language"].nunique() >= MIN_POOL
        table["pool"] = table["label"].mask(alone & enough, ALONE)
    gains = _gains(components, table, like_these=like_these)
    tasks = [] if like_these else sorted(set(table["task"]))
    tasks = tasks if len(tasks) > 1 else []
    found = []
    for lost in (None, *tasks[:LEFT_OUT]):
        kept = (table["task"] != lost).to_numpy()
        model = GainModel(table[kept], tasks=LIKE_THESE if like_these else THESE, n_tasks=table["task"].nunique())
        if len(model.pieces) > 1 or model.pieces[0].design is None:
            return None
        batch = Batch(model, seeds)
        told = batch.estimate(gains[:, kept], Noise(shared=0.0, own=0.0), of=(_ASKED,))
        found.append(told.of_the_wider()[:, :, 0])
    errors, freedoms = (np.stack(side, axis=1) for side in zip(*found))
    places = [0, *(1 + number % LEFT_OUT for number in range(len(tasks)))]
    return errors[:, places], freedoms[:, places]


def _gains(components: Components, table: pd.DataFrame, *, like_these: bool) -> np.ndarray:
    """Gains without a mean effect, shape (studies, rows)."""
    studies = min(MOST, 1 + CELLS // table[["task", "language"]].drop_duplicates().shape[0])
    rng, rows = np.random.default_rng(0), table["rows"].to_numpy(float)
    gains = rng.normal(size=(studies, len(table))) * np.sqrt(components.residual + components.own_row / rows)
    effects = {
        "family": ["family"],
        "task": ["task"] * like_these,
        "language": ["language"],
        "language_task": ["task", "language"],
        "seed": ["seed"],
        "run": ["task", "seed"],
    }
    for name, keys in effects.items():
        if not keys:
            continue
        level = table.groupby(keys).ngroup().to_numpy()
        size = np.full(len(table), getattr(components, name))
        if name == "language_task":
            size = size + components.shared_row / rows
        gains += rng.normal(size=(studies, level.max() + 1))[:, level] * np.sqrt(size)
    return gains
