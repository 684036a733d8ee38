"""Which cells belong to which family, branch or language, and their values with resampled examples as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.analysis.inference.bootstrap import (
    Borrowed,
    Interval,
    Settings,
    example_deviations,
    language_variance,
    pool_languages,
    unit_interval,
)
from study_utils.analysis.results.cells import example_blocks, paired_cells
from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import BASELINE, ENGLISH, check_results, join_languages
from study_utils.catalog import LANGUAGES
from study_utils.errors import AnalysisError, unknown

BY = ("family", "branch", "language", "resource", "all")
LOW_RESOURCE = 2
"""Highest resource class (Joshi et al. 2020, arXiv 2004.09095: 0 left behind to 5 winners) that counts as low."""
MIN_EXAMPLES = 30
"""Fewest examples, over languages and tasks, that an interval may rest on."""
MIN_SEEDS = 2
"""Fewest seeds: with one, nothing says how much another training run would differ."""

GRADIENTS: Mapping[str, Callable[..., tuple]] = {
    "gain": lambda s, s0, e, e0: (1, -1, 0, 0),
    "gap": lambda s, s0, e, e0: (-1, 0, 1, 0),
    "gap_change": lambda s, s0, e, e0: (-1, 1, 1, -1),
    "retention": lambda s, s0, e, e0: (1 / e, 0, -s / e**2, 0),
    "retention_change": lambda s, s0, e, e0: (1 / e, -1 / e0, -s / e**2, s0 / e0**2),
}
"""How each value of a cell changes with its score, the baseline's, English, and English under the baseline."""

_FROM = ("score", "baseline", "english", "english_baseline")


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Zero-shot cells of a study with the unit they belong to, and what resampling its examples changes.

    Attributes
    ----------
    table : pandas.DataFrame
        As `study_utils.analysis.results.cells.paired_cells`, with `gap`, `gap_change`, `retention`, `retention_change`,
        the language columns, `unit` (family, language or all) and `label`.
    draws : mapping
        (encoder, variant, task, language) to the index of its runs and deviations of shape (resamples, runs).
    shared : mapping
        (encoder, variant, condition) to the tasks that share data with it.
    root : int
        Root of the random streams.
    """

    table: pd.DataFrame
    draws: Mapping[tuple, tuple[dict, np.ndarray]]
    shared: Mapping[tuple, tuple[str, ...]]
    root: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Values of one unit under one condition.

    Attributes
    ----------
    value : numpy.ndarray
        Shape (tasks, languages, seeds); NaN where a task lacks a language.
    examples : numpy.ndarray or None
        Shape (resamples, tasks, languages): deviations from resampled examples. None if no task has any.
    counts : numpy.ndarray
        Shape (tasks, languages): number of examples.
    tasks, languages, seeds : tuple
        What the axes index.
    tasks_with_examples : int
        How many tasks have an example level.
    """

    value: np.ndarray
    examples: np.ndarray | None
    counts: np.ndarray
    tasks: tuple[str, ...]
    languages: tuple[str, ...]
    seeds: tuple[int, ...]
    tasks_with_examples: int

    @property
    def resampled(self) -> str:
        """What an interval over this grid speaks about."""
        names = ["language"] * (len(self.languages) > 1)
        if self.tasks_with_examples:
            some = self.tasks_with_examples < len(self.tasks)
            names.append(f"example ({self.tasks_with_examples} of {len(self.tasks)} tasks)" if some else "example")
        return ", ".join(names + ["seed"] * (len(self.seeds) > 1))

    def keep(self, *, task: int | None = None, language: int | None = None, drop: bool = False) -> Grid:
        """Grid of one task or language alone, or (`drop`) of all others; what becomes empty goes."""
        tasks, languages = np.ones(len(self.tasks), bool), np.ones(len(self.languages), bool)
        for mask, place in ((tasks, task), (languages, language)):
            if place is not None:
                mask[:] = (np.arange(len(mask)) == place) != drop
        scored = ~np.isnan(self.value).any(axis=2)
        tasks &= scored[:, languages].any(axis=1)
        languages &= scored[tasks].any(axis=0)
        pick = np.ix_(tasks, languages)
        return Grid(
            value=self.value[pick],
            examples=None if self.examples is None else self.examples[:, *pick],
            counts=self.counts[pick],
            tasks=tuple(np.array(self.tasks, object)[tasks]),
            languages=tuple(np.array(self.languages, object)[languages]),
            seeds=self.seeds,
            tasks_with_examples=int((self.counts[pick].sum(axis=1) > 0).sum()),
        )


def check_choice(function: str, **choices: tuple[str, tuple[str, ...]]) -> None:
    """Refuse a value that is not one of those known.

    Raises
    ------
    AnalysisError
        With the nearest values.
    """
    for name, (value, known) in choices.items():
        if value not in known:
            raise AnalysisError(unknown(f"value of {name}", value, known, where=function))


def prepare(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None,
    *,
    by: str,
    settings: Settings,
    rng: np.random.Generator | None = None,
    same_data: str = "exclude",
    cells: str = "own",
    english: str = "exclude",
    function: str = "family_gains",
) -> Prepared:
    """Check both tables, pair the cells, resample the examples; parameters as in `family_gains`.

    Raises
    ------
    AnalysisError
        If the tables are not valid, cells lack seeds or baselines, or a choice is unknown.
    """
    either = ("exclude", "include")
    choices = {"same_data": (same_data, either), "cells": (cells, ("own", "common")), "english": (english, either)}
    check_choice(function, by=(by, BY), **choices)
    if predictions is None and scores is None:
        raise AnalysisError(f"{function} needs predictions or scores, and got neither")
    if scores is not None:
        check_results(scores)
    blocks = {} if predictions is None else example_blocks(predictions)
    table = paired_cells(blocks, scores)
    table = table[table["zero_shot"].astype(bool) & ((table["language"] != ENGLISH) | (english == "include"))]
    same = table["same_data"].astype(bool)
    shared = table[same].groupby(["encoder", "variant", "condition"])["task"].unique()
    if same_data == "exclude":
        table = table[~same]
    table = join_languages(table)
    table["unit"], table["label"] = _units(table, by)
    if cells == "common":
        table = _common_cells(table)
    _check_grid(table)
    table["gap"] = table["english"] - table["score"]
    table["gap_change"] = table["gap"] - (table["english_baseline"] - table["baseline"])
    table["retention"] = table["score"] / table["english"].where(table["english"] > 0)
    before = table["baseline"] / table["english_baseline"].where(table["english_baseline"] > 0)
    table["retention_change"] = table["retention"] - before

    rng = np.random.default_rng(settings.seed) if rng is None else rng
    root = int(rng.integers(2**32))
    used = {*zip(table["task"], table["language"]), *((task, ENGLISH) for task in table["task"].unique())}
    blocks = {key: block for key, block in blocks.items() if key[2:] in used}
    deviations = example_deviations(blocks, resamples=settings.resamples, root=root)
    draws = {key: ({run: i for i, run in enumerate(blocks[key].runs)}, drawn) for key, drawn in deviations.items()}
    return Prepared(table=table, draws=draws, shared={k: tuple(v) for k, v in shared.items()}, root=root)


def unit_grids(
    prepared: Prepared, value: str = "gain"
) -> Iterator[tuple[tuple[str, str, str, str], pd.DataFrame, Grid, Borrowed]]:
    """Go through the units: (encoder, variant, label, condition), rows, grid, what it borrows from the condition.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    value : str
        A key of `GRADIENTS`. Languages of a task that lack it under some seed (retention where English scores nothing)
        are left out, and units without any.
    """
    cell = [prepared.table[name] for name in ("encoder", "variant", "condition", "task", "language")]
    table = prepared.table[~prepared.table[value].isna().groupby(cell).transform("any")]
    borrowed = {key: _borrowed(part, value) for key, part in table.groupby(["encoder", "variant", "condition"])}
    for key, part in table.groupby(["encoder", "variant", "label", "condition"], sort=True):
        encoder, variant, _, condition = key
        grid = _grid(part, prepared.draws, value=value, where=(encoder, variant), condition=condition)
        yield key, part, grid, borrowed[encoder, variant, condition]


_AXES = ("task", "language", "seed")


def _values(part: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    """Columns of a unit's rows as arrays of shape (tasks, languages, seeds), each sorted; missing where no row is."""
    places, shape = zip(*((np.unique(part[name], return_inverse=True)[1], part[name].nunique()) for name in _AXES))
    found = []
    for name in columns:
        found.append(np.full(shape, np.nan))
        found[-1][places] = part[name]
    return found


def _grid(part: pd.DataFrame, draws: Mapping, *, value: str, where: tuple[str, str], condition: str) -> Grid:
    tasks, languages, seeds = (tuple(sorted(part[name].unique())) for name in _AXES)
    values, counts, *sources = _values(part, value, "examples", *_FROM)
    counts = np.nan_to_num(counts).max(axis=2).astype(int)
    gradients = np.stack([np.broadcast_to(g, values.shape) for g in GRADIENTS[value](*sources)]) / len(seeds)
    resamples = next(iter(draws.values()))[1].shape[0] if draws else 0
    examples = np.zeros((resamples, *counts.shape), np.float32)
    for t, task in enumerate(tasks):
        for j in np.flatnonzero(counts[t]):
            at = gradients[:, t, j]
            for language, own, base in ((languages[j], at[0], at[1]), (ENGLISH, at[2], at[3])):
                if own.any() or base.any():
                    runs, drawn = draws[*where, task, language]
                    examples[:, t, j] += drawn[:, [runs[condition, s] for s in seeds]] @ own.astype(np.float32)
                    if base.any():
                        examples[:, t, j] += drawn[:, [runs[BASELINE, s] for s in seeds]] @ base.astype(np.float32)
    with_examples = int((counts.sum(axis=1) > 0).sum())
    return Grid(
        value=values,
        examples=examples if with_examples else None,
        counts=counts,
        tasks=tasks,
        languages=languages,
        seeds=seeds,
        tasks_with_examples=with_examples,
    )


def grid_interval(
    grid: Grid,
    *,
    settings: Settings,
    root: int,
    borrowed: Borrowed = Borrowed(),  # noqa: B008 - frozen
    limits: tuple[float, float] = (-1.0, 1.0),
) -> Interval:
    """Interval of a grid's macro average; see `study_utils.analysis.inference.bootstrap.unit_interval`."""
    return unit_interval(
        grid.value,
        examples=grid.examples,
        languages=grid.languages,
        settings=settings,
        root=root,
        borrowed=borrowed,
        limits=limits,
    )


def withheld_reason(grid: Grid, *, lonely: bool, flat: bool) -> str:
    """Why an interval is withheld; empty if it is not."""
    if len(grid.seeds) < MIN_SEEDS:
        return f"{len(grid.seeds)} seed, fewer than {MIN_SEEDS}: the spread between training runs is not known"
    if grid.tasks_with_examples and grid.counts.sum() < MIN_EXAMPLES:
        return f"{grid.counts.sum()} examples, fewer than {MIN_EXAMPLES}"
    if lonely:
        return "one language of the family under this condition"
    if flat:
        return "nothing varies in what is resampled"
    return ""


def _units(table: pd.DataFrame, by: str) -> tuple[pd.Series, pd.Series]:
    """Kind and label of the unit that each row belongs to."""
    if by == "all":
        return pd.Series("all", index=table.index), pd.Series("All languages", index=table.index)
    if by == "language":
        return pd.Series("language", index=table.index), table["name"]
    if by == "resource":
        return pd.Series("resource", index=table.index), table["language"].map(resource_label)
    grouped = table.assign(group=table["branch"]) if by == "branch" else table
    label = group_labels(grouped)
    return pd.Series(np.where(label == grouped["group"], "family", "language"), index=table.index).where(
        table.groupby(label)["language"].transform("nunique") > 1, "language"
    ), label


def resource_label(code: str) -> str:
    """Say whether a language is low-resource: of a class up to `LOW_RESOURCE`, or of none."""
    known = LANGUAGES[code].joshi_class
    return "Low-resource" if known is None or known <= LOW_RESOURCE else "Other"


def _common_cells(table: pd.DataFrame) -> pd.DataFrame:
    conditions = table.groupby(["encoder", "variant"])["condition"].transform("nunique")
    have = table.groupby(["encoder", "variant", "task", "language"])["condition"].transform("nunique")
    return table[have == conditions]


def _check_grid(table: pd.DataFrame) -> None:
    for (encoder, variant, condition), part in table.groupby(["encoder", "variant", "condition"]):
        seeds = set(part["seed"])
        per_cell = part.groupby(["task", "language"])["seed"].agg(set)
        if (bad := per_cell != seeds).any():
            (task, language), found = next(iter(per_cell[bad].items()))
            raise AnalysisError(
                f"({encoder}, {variant}, {condition}, {task}, {language}) has the seeds {sorted(found)} and not "
                f"{sorted(seeds)}: seeds are crossed with everything else, so run the missing ones or leave them out"
            )


def _borrowed(part: pd.DataFrame, value: str) -> Borrowed:
    """What the units of one condition have in common."""
    by_task = part.groupby(["seed", "task"])[value].mean()
    by_seed = by_task.groupby("seed").mean().sort_index().to_numpy()
    units = [language_variance(_values(unit, value)[0]) for _, unit in part.groupby("label")]
    variance, freedom = pool_languages(units)
    return Borrowed(seeds=by_seed - by_seed.mean(), language_variance=variance, language_freedom=freedom)
