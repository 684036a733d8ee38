"""Noise of test examples that a mixed model of gains can't tell from effects; its variance is worked out from them.

A mean over many languages holds the noise of each through what languages vary. What the languages of a task share, as
translations of one test set do, looks like an effect of the task; and the noise of one language's cells looks like what
is special about that language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.analysis.models.one_thread import on_one_thread
from study_utils.analysis.results.cells import Block
from study_utils.analysis.results.tables import BASELINE
from study_utils.catalog import source_language

GRADIENTS: Mapping[str, Callable[..., tuple]] = {
    "gain": lambda s, s0, e, e0: (1, -1, 0, 0),
    "gap": lambda s, s0, e, e0: (-1, 0, 1, 0),
    "gap_change": lambda s, s0, e, e0: (-1, 1, 1, -1),
    "retention": lambda s, s0, e, e0: (1 / e, 0, -s / e**2, 0),
    "retention_change": lambda s, s0, e, e0: (1 / e, -1 / e0, -s / e**2, s0 / e0**2),
}
"""How each value of a cell changes with its score, the baseline's, the source's, and that under the baseline."""

_FROM = ("score", "baseline", "source", "source_baseline")


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Variance of a task's cells from their test examples: `shared` by its languages, and each language's `own`."""

    shared: float
    own: float


@on_one_thread
def example_noise(blocks: Mapping[tuple, Block], part: pd.DataFrame, *, value: str = "gain") -> dict[str, Noise]:
    """Work out the noise of examples in one condition.

    A cell is the mean over seeds; its deviation from resampling the examples is a sum over examples (linearised), so
    the covariance of two languages is a sum over the examples with the same id. Scores of the source count where the
    value holds them: they are the same in every language.

    Parameters
    ----------
    blocks : mapping
        From `study_utils.analysis.results.cells.example_blocks`.
    part : pandas.DataFrame
        Rows of one encoder, variant and condition of `study_utils.analysis.results.cells.paired_cells`.
    value : str
        A key of `GRADIENTS`.

    Returns
    -------
    dict of str to Noise
        Task to the mean covariance between two languages (none for a task with one language, or where languages
        disagree more than by chance), and what remains of the mean variance. Tasks without an example level are not in
        it.
    """
    first = part.iloc[0]
    encoder, variant, condition = first["encoder"], first["variant"], first["condition"]
    found = {}
    for task, rows in part[part["examples"] > 0].groupby("task"):
        rows = rows.sort_values(["language", "seed"])
        cells, seeds = rows["language"].unique(), rows["seed"].unique()
        values = {name: rows[name].to_numpy(float).reshape(len(cells), len(seeds)) for name in ("gain", *_FROM)}
        slopes = np.broadcast_arrays(values["gain"], *GRADIENTS[value](*(values[name] for name in _FROM)))[1:]
        source = source_language(task)
        needed = {(encoder, variant, task, code) for code in (*cells, source)} & blocks.keys()
        ids = np.unique(np.concatenate([blocks[key].ids for key in needed]))
        together, alone = np.zeros(len(ids)), 0.0
        for place, code in enumerate(cells):
            changes = []
            for arm, of_language, of_source in ((condition, *slopes[::2]), (BASELINE, *slopes[1::2])):
                for side, slope in ((code, of_language[place]), (source, of_source[place])):
                    if np.any(slope):
                        changes.append(_changes(blocks[encoder, variant, task, side], arm, seeds, slope))
            if not changes:
                continue
            here, row = _summed(changes)
            alone += float(row @ row)
            together[np.searchsorted(ids, here)] += row
        count, total = len(cells), float(together @ together)
        shared = max(0.0, (total - alone) / (count * (count - 1))) if count > 1 else 0.0
        found[task] = Noise(shared=shared, own=max(0.0, alone / count - shared))
    return found


def _changes(block: Block, arm: str, seeds: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Examples of a side, and by how much the cell changes with the weight of each in a resample."""
    at = [block.runs.index((arm, seed)) for seed in seeds]
    change = slope @ block.correct[at] - (slope @ block.score[at]) * block.total
    return block.ids, change / (len(seeds) * block.total.sum())


def _summed(changes: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Examples, and the sum of their changes over all sides that have them."""
    if all(ids is changes[0][0] for ids, _ in changes):
        return changes[0][0], np.sum([change for _, change in changes], axis=0)
    ids, place = np.unique(np.concatenate([ids for ids, _ in changes]), return_inverse=True)
    return ids, np.bincount(place, np.concatenate([change for _, change in changes]))
