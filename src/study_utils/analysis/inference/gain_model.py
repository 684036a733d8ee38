"""The mixed model behind every interval of a gain.

gain(task, language, seed) = family + task + language + (language, task) + seed + (task, seed) + residual

Family is fixed, or left out for a mean over all languages. Language, (language, task), seed and the training run (task,
seed) are random, as the languages, runs and seeds of a study stand for others. *On these tasks* the task is fixed with
effects that sum to zero, so that a family's mean weighs every task the same and families are compared on equal terms,
whatever tasks have their languages. For *tasks like these* the task is random too, and so is (family, task) where there
are several families. Fitted by restricted maximum likelihood, with Satterthwaite's degrees of freedom
(`study_utils.analysis.models.reml`). One variance holds for the languages of all families; a family whose languages
differ more has one of its own (`study_utils.analysis.inference.unequal`). A single language is its best linear unbiased
prediction: the mean of its family (of all languages that stand alone, if it does) and what the language adds, on these
tasks in the mean over them, drawn towards zero as far as noise would explain it.

How much training runs differ is told by as many numbers as there are seeds and tasks. Of fewer than `CLAIM_TASKS` tasks
they are too few for a variance: by chance they are often alike, and with three seeds a tenth of simulated studies
without any gain would claim one. There, every interval is at least as wide as the t interval of the means by seed,
which is exact however much runs differ.

Noise of test examples lies in the residual and in (language, task); what is not seen there is added
(`study_utils.analysis.inference.example_noise`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csgraph

from study_utils.analysis.inference.clear import CLAIM_TASKS
from study_utils.analysis.inference.example_noise import Noise
from study_utils.analysis.inference.interval import Interval, make_interval, wider
from study_utils.analysis.inference.unequal import Spread, language_spread
from study_utils.analysis.models.one_thread import on_one_thread
from study_utils.analysis.models.reml import Design, Fit, fit, make_design
from study_utils.errors import AnalysisError

THESE, LIKE_THESE = "these", "like these"
LANGUAGE, CELL = "language", "language and task"


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """A group: its `label`, `weights` of the fixed effects and of random `levels`, and a language's own `tasks`.

    `averaged` are the fixed tasks over which it is a mean, each with the same weight. `by_seed`, shape (seeds, rows),
    takes gains to the difference of each seed's mean from the mean over seeds; None where the tasks are enough, or
    random.
    """

    label: str
    weights: np.ndarray
    rows: np.ndarray
    levels: Mapping[str, np.ndarray]
    tasks: tuple[str, ...]
    averaged: tuple[str, ...]
    by_seed: np.ndarray | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Rows whose families share tasks, so that task and family can be told apart.

    Attributes
    ----------
    rows : numpy.ndarray
        Places of its rows among all.
    fixed : numpy.ndarray
        Fixed effects, shape (rows, p).
    design : Design or None
        None where the rows are too few for a model.
    targets : tuple of Target
        The groups.
    tasks : tuple of str
        Fixed tasks; empty where they are random.
    languages, pools : numpy.ndarray
        Number of the language of each row, and of the pool of each language.
    """

    rows: np.ndarray
    fixed: np.ndarray
    design: Design | None
    targets: tuple[Target, ...]
    tasks: tuple[str, ...]
    languages: np.ndarray
    pools: np.ndarray


class GainModel:
    """The model laid out for the cells of one condition, for any gains that they may have.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row a cell and seed: `task`, `language`, `seed`, `unit`, `label`, `pool`, as
        `study_utils.analysis.inference.groups.prepare` gives them; with the unit ``task`` every fixed task is a group.
    tasks : {"these", "like these"}
        Whether the task is fixed or random.
    n_tasks : int, optional
        How many tasks the study has, where the cells are of some of them. By default, those that are there.

    Attributes
    ----------
    pieces : tuple of Piece
        Parts whose families share no task, each fitted by itself; mostly there is one.
    """

    @on_one_thread
    def __init__(self, cells: pd.DataFrame, *, tasks: str = THESE, n_tasks: int | None = None) -> None:
        codes = {name: pd.factorize(cells[name], sort=True)[0] for name in ("task", "language", "seed", "pool")}
        together = _connected(codes["task"], codes["pool"]) if tasks == THESE else np.zeros(len(cells), int)
        places = [np.flatnonzero(together == number) for number in range(together.max() + 1)]
        self.pieces = tuple(_piece(cells.iloc[rows], rows, fixed=tasks == THESE, n_tasks=n_tasks) for rows in places)

    @on_one_thread
    def estimate(
        self,
        gains: np.ndarray,
        *,
        noise: Mapping[str, Noise] | None = None,
        level: float = 0.95,
        limits: tuple[float, float] = (-1.0, 1.0),
    ) -> dict[str, Interval]:
        """Estimate every group.

        Parameters
        ----------
        gains : numpy.ndarray
            Shape (rows,), in the order of the cells.
        noise : mapping of str to Noise, optional
            Task to the noise of its test examples; counts on these tasks.
        level : float
            Of the intervals.
        limits : tuple of float
            Lowest and highest possible value; intervals end there.

        Returns
        -------
        dict of str to Interval
            Label to interval. All but the estimate are missing where cells are too few for a model, or where nothing
            varies although the estimate isn't zero.
        """
        found, noise = {}, noise or {}
        asked = {"level": level, "limits": limits}
        for piece in self.pieces:
            for target, told in zip(piece.targets, _predict(piece, gains[piece.rows])):
                count = max(1, len(target.averaged))
                shared = sum(noise[task].shared for task in target.averaged if task in noise) / count**2
                own = sum(noise[task].own for task in target.tasks if task in noise) / max(1, len(target.tasks)) ** 2
                interval = make_interval(*told, shared + own, **asked)
                if target.by_seed is not None:
                    seeds = (told[0], *seed_error(target.by_seed, gains[piece.rows]), told[3])
                    by_seeds = make_interval(*seeds, 0.0, **asked)
                    interval = wider(interval, replace(by_seeds, seed_error=by_seeds.standard_error))
                found[target.label] = interval
        return found


def _connected(tasks: np.ndarray, pools: np.ndarray) -> np.ndarray:
    """Number of each row's piece: families are compared through tasks that they share, directly or over others."""
    size = tasks.max() + pools.max() + 2
    links = coo_array((np.ones(len(tasks)), (tasks, tasks.max() + 1 + pools)), shape=(size, size))
    return np.unique(csgraph.connected_components(links, directed=False)[1][tasks], return_inverse=True)[1]


def _piece(cells: pd.DataFrame, rows: np.ndarray, *, fixed: bool, n_tasks: int | None) -> Piece:
    names: dict[str, np.ndarray] = {}
    codes = {}
    for name in ("task", "language", "seed", "pool"):
        codes[name], names[name] = pd.factorize(cells[name], sort=True)
    pools, tasks = len(names["pool"]), len(names["task"])
    columns = np.eye(pools)[codes["pool"]]
    if fixed:  # the last task's effect is minus the sum of the others
        contrasts = np.vstack([np.eye(tasks)[:, :-1][:-1], -np.ones((1, tasks - 1))])
        columns = np.column_stack([columns, contrasts[codes["task"]]])
    random = _random(codes, fixed=fixed)
    try:
        design = make_design(columns, random)
    except AnalysisError:
        design = None
    tasks_of = tuple(map(str, names["task"])) if fixed else ()
    few = fixed and (n_tasks or len(tasks_of)) < CLAIM_TASKS
    targets = tuple(_target(cells, label, columns, codes, random, tasks_of, few) for label in cells["label"].unique())
    pool_of = codes["pool"][np.unique(codes["language"], return_index=True)[1]]
    return Piece(
        rows=rows, fixed=columns, design=design, targets=targets, tasks=tasks_of,
        languages=codes["language"], pools=pool_of,
    )  # fmt: skip


def _target(
    cells: pd.DataFrame,
    label: str,
    columns: np.ndarray,
    codes: Mapping[str, np.ndarray],
    random: Mapping[str, np.ndarray],
    tasks: tuple[str, ...],
    few: bool,
) -> Target:
    own = (cells["label"] == label).to_numpy()
    unit = cells["unit"].to_numpy()[own][0]
    if unit == "task":
        mean = {"weights": columns[own][0], "averaged": (str(label),), "by_seed": None}
        return Target(label=label, rows=own, levels={}, tasks=(), **mean)
    weights = np.zeros(columns.shape[1])
    weights[codes["pool"][own][0]] = 1.0
    by_seed = _by_seed(codes, own) if few else None
    if unit != "language":
        return Target(label=label, weights=weights, rows=own, levels={}, tasks=(), averaged=tasks, by_seed=by_seed)
    levels = {}
    for name in (LANGUAGE, *[CELL] * bool(tasks)):
        if name in random:
            there = np.unique(random[name][own])
            levels[name] = np.isin(np.arange(random[name].max() + 1), there) / len(there)
    return Target(
        label=label,
        weights=weights,
        rows=own,
        levels=levels,
        tasks=tuple(tasks[i] for i in np.unique(codes["task"][own])) if tasks else (),
        averaged=tasks,
        by_seed=by_seed,
    )


def _by_seed(codes: Mapping[str, np.ndarray], own: np.ndarray) -> np.ndarray:
    """Each seed's mean over tasks of means over cells, as differences from the cells' means over seeds."""
    task, seed = codes["task"][own], codes["seed"][own]
    cell = _joined(task, codes["language"][own])
    mean = np.stack([_mean_of_means(np.where(seed == number, task, -1)) for number in np.unique(seed)])
    for number in range(cell.max() + 1):
        mean[:, cell == number] -= mean[:, cell == number].mean(axis=1, keepdims=True)
    found = np.zeros((len(mean), len(own)))
    found[:, own] = mean
    return found


def _mean_of_means(task: np.ndarray) -> np.ndarray:
    """Weights of rows in a mean over tasks that are not negative, each task weighing the same."""
    there, place, count = np.unique(task, return_inverse=True, return_counts=True)
    return np.where(there < 0, 0.0, 1 / (count * (there >= 0).sum()))[place]


def seed_error(by_seed: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, float]:
    """Standard error of a mean by how much its seeds differ, and degrees of freedom.

    Parameters
    ----------
    by_seed : numpy.ndarray
        Shape (seeds, rows), of a `Target`.
    gains : numpy.ndarray
        Shape (..., rows).

    Returns
    -------
    tuple of numpy.ndarray and float
        Shape (...,), zero for one seed; and the number of seeds less one.
    """
    seeds = len(by_seed)
    square = ((gains @ by_seed.T) ** 2).sum(axis=-1)
    return np.sqrt(square / max(1, seeds - 1) / seeds), float(seeds - 1)


def _random(codes: Mapping[str, np.ndarray], *, fixed: bool) -> dict[str, np.ndarray]:
    """Levels of the random effects that these cells can tell from each other and from the fixed ones."""
    task, language, seed, pool = (codes[name] for name in ("task", "language", "seed", "pool"))
    wanted = {} if fixed else {"task": (task,), "family and task": (pool, task)}
    wanted |= {LANGUAGE: (language,), CELL: (language, task), "seed": (seed,), "run": (task, seed)}
    known = [pool] + [task] * fixed
    found: dict[str, np.ndarray] = {}
    for name, parts in wanted.items():
        levels = _joined(*parts)
        many = levels.max() + 1
        told_by_fixed = any(_joined(levels, other).max() == other.max() for other in known)
        told_by_random = any(_joined(levels, other).max() + 1 == many == other.max() + 1 for other in found.values())
        if 1 < many < len(levels) and not told_by_fixed and not told_by_random:
            found[name] = levels
    return found


def _joined(*parts: np.ndarray) -> np.ndarray:
    """Number the combinations that occur."""
    key = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        key = key * (int(part.max()) + 1) + part
    return np.unique(key, return_inverse=True)[1]


def _predict(piece: Piece, gains: np.ndarray) -> list[tuple[float, float, float, bool]]:
    """Estimate, standard error and degrees of freedom of every group, and whether it has a variance of its own."""
    try:
        if piece.design is None:
            raise AnalysisError("too few cells")
        model = fit(gains, piece.design)
    except AnalysisError:  # or every gain is explained exactly
        return _without_model(piece, gains)
    spread, found = _spread(piece, model, gains), []
    for target in piece.targets:
        one = model.predict(target.weights, target.levels)
        square, freedom, own = one.error**2, max(1.0, one.freedom), False
        if not target.levels and (spread.ratio > 1).any():
            parts = _of_languages(piece, model, model.row_weights(piece.design, target.weights))
            by_pool = np.bincount(piece.pools, parts)
            square, freedom, own = spread.widen(np.array(square), np.array(freedom), by_pool)
        found.append((one.estimate, float(np.sqrt(square)), max(1.0, float(freedom)), bool(own)))
    return found


def _spread(piece: Piece, model: Fit, gains: np.ndarray) -> Spread:
    """How much languages differ from their families' means, beside what tasks, seeds and training runs add."""
    rest = gains - piece.fixed @ model.beta
    for name, code in piece.design.codes.items():
        if name not in (LANGUAGE, CELL):
            rest = rest - model.effects[name][code]
    share = 1 / np.bincount(piece.languages)[piece.languages]
    means = np.bincount(piece.languages, share * rest)
    return language_spread(means, _of_languages(piece, model, share), piece.pools)


def _of_languages(piece: Piece, model: Fit, weights: np.ndarray) -> np.ndarray:
    """Variance that a weighted sum of the rows has from each language: its own effect, its cells, the residual."""
    found = model.variances["residual"] * np.bincount(piece.languages, weights**2)
    for name in (LANGUAGE, CELL):
        if name in piece.design.codes:
            code = piece.design.codes[name]
            of_level = piece.languages[np.unique(code, return_index=True)[1]]
            found = found + model.variances[name] * np.bincount(of_level, np.bincount(code, weights) ** 2)
    return found


def _without_model(piece: Piece, gains: np.ndarray) -> list[tuple[float, float, float, bool]]:
    """Least squares: without an error, or with none where the fixed effects explain every gain exactly."""
    solution = np.linalg.lstsq(piece.fixed, gains, rcond=None)[0]
    rest = gains - piece.fixed @ solution
    error = np.nan if piece.design is None else 0.0
    return [
        (float(target.weights @ solution) + (rest[target.rows].mean() if target.levels else 0.0), error, np.inf, False)
        for target in piece.targets
    ]
