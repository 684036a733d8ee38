"""Paired cells from predictions or scores: what intervals rest on, laid out as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import (
    BASELINE,
    CELL,
    EXAMPLE_COLUMNS,
    primary_metric,
    require_columns,
)
from study_utils.catalog import LANGUAGES, TASKS, source_language
from study_utils.catalog.conditions import find_condition
from study_utils.errors import AnalysisError, unknown

AGREEMENT = 1e-4
"""Largest difference allowed between a score in the results table and the same ratio of the predictions."""

_BLOCK = ("encoder", "variant", "task", "language")
_RUN = ("condition", "seed")


@dataclass(frozen=True, kw_only=True)
class Block:
    """Examples of one (encoder, variant, task, language) under every run.

    Attributes
    ----------
    runs : tuple of (condition, seed)
        The rows of `correct`, in order of condition and seed.
    ids : numpy.ndarray
        Shape (examples,): a whole number for each example id, the same one in every block of a task.
    correct : numpy.ndarray
        Shape (runs, examples).
    total : numpy.ndarray
        Shape (examples,): what each example counts (1, or its tokens).
    measure : str
        Per-example measure that `correct` holds.
    """

    runs: tuple[tuple[str, int], ...]
    ids: np.ndarray
    correct: np.ndarray
    total: np.ndarray
    measure: str

    @cached_property
    def score(self) -> np.ndarray:
        """Score of every run, shape (runs,): sum of `correct` over sum of `total`."""
        return self.correct.sum(axis=1) / self.total.sum()


Blocks = Mapping[tuple[str, str, str, str], Block]
"""(encoder, variant, task, language) to its examples."""


def example_blocks(predictions: pd.DataFrame | Blocks) -> Blocks:
    """Lay predictions out as arrays, one block an (encoder, variant, task, language); blocks stay as they are.

    One measure a task is kept: its primary metric where predictions carry it, else their only one. Rows without
    `correct` or `total` have no example level and are left out.

    Parameters
    ----------
    predictions : pandas.DataFrame or mapping
        Columns of `study_utils.analysis.results.tables.EXAMPLE_COLUMNS`; categorical columns are read fastest.

    Raises
    ------
    AnalysisError
        If columns or names are missing, a language is unknown, a task has several measures and none is its primary
        metric, examples occur twice, count nothing, or differ between runs of a block.
    """
    if isinstance(predictions, Mapping):
        return predictions
    require_columns(predictions, EXAMPLE_COLUMNS, table="predictions table")
    names: dict[str, np.ndarray] = {}
    key = np.zeros(len(predictions), np.int64)
    task = np.zeros(0, np.int64)
    for name in (*_BLOCK, *_RUN, "example_id"):
        codes, names[name] = _codes(predictions[name])
        key *= max(1, len(names[name]))
        key += codes
        task = codes if name == "task" else task
    for language in names["language"]:
        if language not in LANGUAGES:
            raise AnalysisError(unknown("language", language, LANGUAGES, where="predictions table"))
    kept, measures = _chosen_rows(task, names["task"], predictions["measure"])
    correct, total = (predictions[name].to_numpy(float) for name in ("correct", "total"))
    kept = np.flatnonzero(kept & ~np.isnan(correct) & ~np.isnan(total))
    kept = kept[np.argsort(key[kept], kind="stable")]
    if not len(kept):
        return {}
    key, correct, total = key[kept], correct[kept], total[kept]
    shape = [len(names[name]) for name in (*_BLOCK, *_RUN)]
    run_key, ids = np.divmod(key, len(names["example_id"]))
    starts = np.flatnonzero(np.diff(run_key, prepend=-1))
    places = np.stack(np.unravel_index(run_key[starts], shape), axis=1)
    if len(twice := np.flatnonzero(key[1:] == key[:-1])):
        place = places[np.searchsorted(starts, twice[0], side="right") - 1]
        where = ", ".join(str(names[name][at]) for name, at in zip((*_BLOCK, *_RUN), place))
        differ = correct[twice] != correct[twice + 1]
        how = "with conflicting results" if differ.any() else "with the same result"
        raise AnalysisError(
            f"an example id occurs twice {how} in ({where}): ids must be unique within a language; keep one run a cell"
        )
    first = np.flatnonzero((np.diff(places[:, : len(_BLOCK)], axis=0, prepend=-1) != 0).any(axis=1))
    ends = np.append(starts, len(key))
    found = {}
    for a, b in zip(first, np.append(first[1:], len(starts))):
        block = tuple(names[name][at] for name, at in zip(_BLOCK, places[a]))
        rows = slice(ends[a], ends[b])
        runs = tuple((names["condition"][c], names["seed"][s]) for c, s in places[a:b, len(_BLOCK) :])
        found[block] = _block(block, runs, ids[rows], correct[rows], total[rows], np.diff(ends[a : b + 1]), measures)
    return found


def _block(
    where: tuple[str, ...],
    runs: tuple[tuple[str, int], ...],
    ids: np.ndarray,
    correct: np.ndarray,
    total: np.ndarray,
    sizes: np.ndarray,
    measures: Mapping[str, str],
) -> Block:
    told, count = ", ".join(map(str, where)), int(sizes[0])
    if (sizes != count).any() or (ids.reshape(-1, count) != ids[:count]).any():
        raise AnalysisError(
            f"the conditions or seeds of ({told}) were evaluated on different examples, so they cannot be paired: "
            f"evaluate them on the same rows"
        )
    if (total.reshape(-1, count) != total[:count]).any():
        raise AnalysisError(f"runs of ({told}) count the same examples differently (column total)")
    if total[:count].sum() <= 0:
        raise AnalysisError(f"predictions of ({told}) count nothing: score that run again")
    return Block(
        runs=runs,
        ids=ids[:count],
        correct=correct.reshape(-1, count),
        total=total[:count],
        measure=measures[where[2]],
    )


def _codes(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers for the values of a column, and the values, sorted, that they stand for."""
    codes, values = pd.factorize(column)
    if (bad := codes < 0).any():
        raise AnalysisError(f"{bad.sum()} prediction rows have no {column.name}: evaluate that run again")
    values = np.asarray(values, dtype=object)
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], values[order]


def _chosen_rows(task: np.ndarray, tasks: np.ndarray, column: pd.Series) -> tuple[np.ndarray, dict[str, str]]:
    """Which rows hold the measure of their task, and task to measure."""
    measure, measures = _codes(column)
    pair = task * max(1, len(measures)) + measure
    there = np.zeros((len(tasks), len(measures)), bool)
    there.ravel()[np.unique(pair)] = True
    chosen, wanted = {}, np.zeros_like(there)
    for row, key in enumerate(tasks):
        found, primary = list(measures[there[row]]), primary_metric(key)
        if primary not in found and len(found) > 1:
            raise AnalysisError(
                f"predictions of task {key!r} have the measures {found} and not its primary metric {primary!r}: keep "
                f"the rows of one of them"
            )
        chosen[key] = primary if primary in found else found[0]
        wanted[row] = measures == chosen[key]
    return wanted.ravel()[pair], chosen


def paired_cells(blocks: Mapping[tuple, Block] | None, scores: pd.DataFrame | None) -> pd.DataFrame:
    """Pair every cell with the baseline, and with the source language of its task under the same condition.

    Parameters
    ----------
    blocks : mapping or None
        From `example_blocks`. Tasks without blocks are taken from the scores.
    scores : pandas.DataFrame or None
        A valid results table. Without it the catalogue says which languages a condition can have been trained in (all
        others are zero-shot) and what shares data with a target.

    Returns
    -------
    pandas.DataFrame
        One row a cell of every condition but the baseline: the columns of `CELL`, `measure`, `score`, `baseline`,
        `gain`, `source`, `source_baseline` (missing where the task does not score its source language), `examples`
        (0: no example level), `zero_shot`, `same_data`.

    Raises
    ------
    AnalysisError
        If a cell has no baseline, or predictions and scores disagree.
    """
    columns = [*CELL, "measure", "value", "examples"]
    rows = [
        (encoder, condition, task, language, variant, seed, block.measure, value, len(block.total))
        for (encoder, variant, task, language), block in (blocks or {}).items()
        for (condition, seed), value in zip(block.runs, block.score)
    ]
    values = pd.DataFrame(rows, columns=columns)
    if scores is None:
        related = {key: set(item.same_data) for key, item in TASKS.items()}
        items = {key: find_condition(key) for key in values["condition"].unique()}
        same, unseen = [], []
        for task, key, code in zip(values["task"], values["condition"], values["language"]):
            same.append(items[key] is not None and not related[task].isdisjoint(items[key].tasks))
            trained = items[key] is not None and items[key].may_have_seen(code)
            unseen.append(code != source_language(task) and not trained)
        return _pair(values.assign(zero_shot=unseen, same_data=same))
    _check_agreement(values, scores)
    flags = scores[[*CELL, "zero_shot", "same_data"]].drop_duplicates()
    parts = []
    if rows:
        values = values.merge(flags, on=list(CELL), how="left", validate="many_to_one")
        if (bad := values["zero_shot"].isna()).any():
            raise AnalysisError(
                f"{bad.sum()} cells of the predictions are not in the results table: give both of one study"
            )
        parts.append(values)
    unmeasured = scores[~scores["task"].isin(values["task"].unique())]
    if len(unmeasured):
        other = of_metric(unmeasured).rename(columns={"metric": "measure"}).assign(examples=0)
        parts.append(other[[*columns, "zero_shot", "same_data"]])
    return _pair(pd.concat(parts, ignore_index=True))


def _pair(values: pd.DataFrame) -> pd.DataFrame:
    value = values.set_index(list(CELL))["value"]
    paired = values[values["condition"] != BASELINE].rename(columns={"value": "score"})
    source = paired["task"].map({task: source_language(task) for task in paired["task"].unique()})
    for name, fixed in (
        ("baseline", {"condition": BASELINE}),
        ("source", {"language": source}),
        ("source_baseline", {"condition": BASELINE, "language": source}),
    ):
        other = pd.MultiIndex.from_frame(paired.assign(**fixed)[list(CELL)])
        paired[name] = value.reindex(other).to_numpy()
    if (bad := paired["baseline"].isna()).any():
        where = ", ".join(f"{name} {paired[bad].iloc[0][name]}" for name in CELL)
        raise AnalysisError(f"predictions without a baseline {BASELINE!r}: {where}. Run it for the same cell")
    paired["gain"] = paired["score"] - paired["baseline"]
    last = ["examples", "zero_shot", "same_data"]
    return paired[[*CELL, "measure", "score", "baseline", "gain", "source", "source_baseline", *last]]


def _check_agreement(values: pd.DataFrame, scores: pd.DataFrame) -> None:
    other = scores.rename(columns={"metric": "measure", "value": "stored"})[[*CELL, "measure", "stored"]]
    both = values.merge(other, on=[*CELL, "measure"])
    bad = (both["value"] - both["stored"]).abs() > AGREEMENT
    if bad.any():
        row = both[bad].iloc[0]
        where = ", ".join(f"{name} {row[name]}" for name in (*CELL, "measure"))
        raise AnalysisError(
            f"predictions give {row['value']:.4f} and the results table {row['stored']:.4f} for {where}: "
            f"they are not from the same run"
        )
