"""Runs that say nothing about a condition: those that collapsed, and arms that did no better than chance.

A run is one training of a task's model: encoder, condition, task, seed. Its score is the mean over the languages that
it was scored in, by the metric that `study_utils.analysis.results.above_chance` judges by.

- An *arm is at chance* in a task if its mean over runs is not above chance by `FLOOR`; a task with both arms at chance
  was *not learnt*.
- A run *collapsed* if it lies below the median of its arm's other seeds by more than half of what they have above
  chance, and by more than `FAR` robust standard deviations of the task's runs. An arm that is at chance as a whole has
  no collapsed runs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.results.above_chance import FLOOR, compare_with_chance, judging_rows
from study_utils.catalog import TASKS
from study_utils.catalog.perturbations import CLEAN

FAR = 3.5
"""Robust standard deviations beyond which a value counts as an outlier (Iglewicz and Hoaglin 1993)."""
LOST = 0.5
"""Share of what other seeds have above chance that a collapsed run has lost, at least."""
_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

_ARM = ["encoder", "variant", "condition", "task"]
RUN_COLUMNS = [*_ARM, "seed", "metric", "value", "at_chance", "collapsed"]


def judge_runs(scores: pd.DataFrame) -> pd.DataFrame:
    """Judge every run of a results table.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns `encoder`, `variant`, `condition`, `task`, `language`, `seed`, `metric`, `value` (fractions).

    Returns
    -------
    pandas.DataFrame
        One row a run and variant: `encoder`, `variant`, `condition`, `task`, `seed`, `metric` (that judges), `value`,
        `at_chance` (the whole arm), `collapsed`. On perturbed rows, where any run may fall to chance, none is said to
        have collapsed.
    """
    if scores.empty:
        return pd.DataFrame(columns=RUN_COLUMNS)
    runs = judging_rows(scores).groupby([*_ARM, "seed", "metric"], sort=False, observed=True)["value"]
    runs = runs.mean().reset_index()
    arms = [
        compare_with_chance(part).assign(encoder=key[0], variant=key[1])
        for key, part in scores.groupby(["encoder", "variant"], sort=False, observed=True)
    ]
    learnt = pd.concat(arms).set_index(_ARM)["learnt"]
    runs["at_chance"] = ~learnt.reindex(pd.MultiIndex.from_frame(runs[_ARM])).to_numpy(bool)
    runs["collapsed"] = False
    for (_, _, task), part in runs[runs["variant"] == CLEAN].groupby(["encoder", "variant", "task"], observed=True):
        wide = part.pivot_table(index="condition", columns="seed", values="value", observed=True)
        found = pd.DataFrame(collapsed(wide.to_numpy(), TASKS[task].chance), wide.index, wide.columns)
        runs.loc[part.index, "collapsed"] = [found.loc[pair] for pair in zip(part["condition"], part["seed"])]
    return runs[RUN_COLUMNS]


def collapsed(values: np.ndarray, chance: float) -> np.ndarray:
    """Find the collapsed runs of one task.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (arms, seeds): score of each run, a fraction; missing where an arm lacks a seed.
    chance : float
        Score of guessing.

    Returns
    -------
    numpy.ndarray of bool
        Shape (arms, seeds). None with one seed.
    """
    if values.shape[1] < 2:
        return np.zeros(values.shape, bool)
    others = np.stack([_median(np.delete(values, seed, axis=1)) for seed in range(values.shape[1])], axis=1)
    below = others - values
    # An arm's median lies at no distance from itself: one distance of each arm says nothing.
    distances = np.sort(np.abs(values - _median(values)[:, None]), axis=1)[:, 1:]
    spread = _NORMAL * np.nanmedian(distances) if np.isfinite(distances).any() else np.inf
    return (below > LOST * (others - chance)) & (below > FAR * spread) & (others > chance + FLOOR)


def _median(values: np.ndarray) -> np.ndarray:
    """Median over seeds, missing where an arm has none."""
    there = np.isfinite(values).any(axis=1)
    found = np.full(len(values), np.nan)
    found[there] = np.nanmedian(values[there], axis=1)
    return found
