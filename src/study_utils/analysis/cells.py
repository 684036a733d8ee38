"""Paired gains per cell from predictions or scores: what the bootstrap resamples, laid out as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.analysis.gains import gains
from study_utils.analysis.results import (
    BASELINE,
    CELL,
    ENGLISH,
    PREDICTION_COLUMNS,
    primary_metric,
    require_columns,
)
from study_utils.catalog import CONDITIONS, TASKS
from study_utils.errors import AnalysisError

AGREEMENT = 1e-4
"""Largest difference allowed between a score in the results table and the same ratio of the predictions."""

_BLOCK = ["encoder", "variant", "task", "language"]


@dataclass(frozen=True, kw_only=True)
class ExampleDifferences:
    """Examples of one (encoder, variant, task, language) and what each condition changes in them.

    Attributes
    ----------
    conditions : tuple of str
        Without the baseline; the columns of `difference`.
    difference : numpy.ndarray
        Shape (examples, conditions): correct(condition) - correct(baseline), mean over seeds.
    total : numpy.ndarray
        Shape (examples,): what each example counts (1, or its tokens).
    """

    conditions: tuple[str, ...]
    difference: np.ndarray
    total: np.ndarray


def choose_measures(predictions: pd.DataFrame) -> pd.DataFrame:
    """Keep one per-example measure a task: its primary metric where predictions carry it, else their only one.

    Span F1 is no ratio of sums over examples, so a task whose primary metric it is appears with token accuracy.

    Raises
    ------
    AnalysisError
        If columns are missing, or a task has several measures and none is its primary metric.
    """
    require_columns(predictions, PREDICTION_COLUMNS, table="predictions table")
    wanted = {}
    for task, measures in predictions.groupby("task", observed=True)["measure"].unique().items():
        primary = primary_metric(task)
        if primary in measures:
            wanted[task] = primary
        elif len(measures) == 1:
            wanted[task] = measures[0]
        else:
            raise AnalysisError(
                f"predictions of task {task!r} have the measures {sorted(measures)} and not its primary metric "
                f"{primary!r}: keep the rows of one of them"
            )
    return predictions[predictions["measure"] == predictions["task"].map(wanted)]


def cells_from_predictions(predictions: pd.DataFrame, scores: pd.DataFrame | None) -> pd.DataFrame:
    """Paired gains of every cell, computed from the predictions.

    Returns
    -------
    pandas.DataFrame
        As `cells_from_scores`.

    Raises
    ------
    AnalysisError
        If a cell has no baseline, or its score in `scores` is another.
    """
    measured = predictions.dropna(subset=["correct", "total"])
    sums = measured.groupby([*CELL, "measure"], observed=True, sort=True)
    table = sums.agg(correct=("correct", "sum"), total=("total", "sum"), examples=("example_id", "size")).reset_index()
    if (table["total"] <= 0).any():
        first = table[table["total"] <= 0].iloc[0]
        raise AnalysisError(f"predictions of {first[list(CELL)].tolist()} count nothing: score that run again")
    table["value"] = table["correct"] / table["total"]
    if scores is not None:
        _check_agreement(table, scores)
    key = [name for name in CELL if name != "condition"]
    baseline = table.loc[table["condition"] == BASELINE, [*key, "value"]].rename(columns={"value": "baseline"})
    paired = table[table["condition"] != BASELINE].merge(baseline, on=key, how="left", validate="many_to_one")
    if (bad := paired["baseline"].isna()).any():
        where = ", ".join(f"{name} {paired[bad].iloc[0][name]}" for name in CELL)
        raise AnalysisError(f"predictions without a baseline {BASELINE!r}: {where}. Run it for the same cell")
    paired["gain"] = paired["value"] - paired["baseline"]
    paired = paired[[*CELL, "measure", "gain", "examples"]]
    if scores is None:
        related = {key: set(item.same_data) for key, item in TASKS.items()}
        trained = {key: set(item.tasks) for key, item in CONDITIONS.items()}
        same = [bool(related[t] & trained.get(c, set())) for t, c in zip(paired["task"], paired["condition"])]
        return paired.assign(zero_shot=paired["language"] != ENGLISH, same_data=same)
    flags = scores[[*CELL, "zero_shot", "same_data"]].drop_duplicates()
    paired = paired.merge(flags, on=list(CELL), how="left", validate="many_to_one")
    if (bad := paired["zero_shot"].isna()).any():
        raise AnalysisError(
            f"{bad.sum()} cells of the predictions are not in the results table: give both of one study"
        )
    unmeasured = ~scores["task"].isin(measured["task"].unique())
    if unmeasured.any():
        paired = pd.concat([paired, cells_from_scores(scores[unmeasured])], ignore_index=True)
    return paired


def cells_from_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Paired gains of every cell in the primary metric, computed from scores alone.

    Returns
    -------
    pandas.DataFrame
        The columns of `CELL`, `measure`, `gain` (fraction), `examples` (0: no example level), `zero_shot`,
        `same_data`.
    """
    table = gains(scores).rename(columns={"metric": "measure"})
    return table.assign(examples=0)[[*CELL, "measure", "gain", "examples", "zero_shot", "same_data"]]


def _check_agreement(table: pd.DataFrame, scores: pd.DataFrame) -> None:
    other = scores.rename(columns={"metric": "measure", "value": "stored"})[[*CELL, "measure", "stored"]]
    both = table.merge(other, on=[*CELL, "measure"])
    bad = (both["value"] - both["stored"]).abs() > AGREEMENT
    if bad.any():
        row = both[bad].iloc[0]
        where = ", ".join(f"{name} {row[name]}" for name in (*CELL, "measure"))
        raise AnalysisError(
            f"predictions give {row['value']:.4f} and the results table {row['stored']:.4f} for {where}: "
            f"they are not from the same run; score it again"
        )


def example_differences(predictions: pd.DataFrame) -> Mapping[tuple, ExampleDifferences]:
    """Lay out what each condition changes example by example, the same examples for condition and baseline.

    Returns
    -------
    dict
        (encoder, variant, task, language) to `ExampleDifferences`, examples sorted by id.

    Raises
    ------
    AnalysisError
        If conditions or seeds of one block were evaluated on different examples.
    """
    measured = predictions.dropna(subset=["correct", "total"])
    measured = measured.sort_values([*_BLOCK, "condition", "seed", "example_id"], kind="stable")
    found = {}
    for block, part in measured.groupby(_BLOCK, observed=True, sort=True):
        runs = part[["condition", "seed"]].drop_duplicates()
        examples, rest = divmod(len(part), len(runs))
        where = ", ".join(map(str, block))
        ids = part["example_id"].to_numpy()
        if rest or not (ids.reshape(len(runs), examples) == ids[:examples]).all():
            raise AnalysisError(
                f"the conditions or seeds of ({where}) were evaluated on different examples, so they cannot be paired: "
                f"evaluate them on the same rows"
            )
        if len(set(ids[:examples])) < examples:
            raise AnalysisError(f"an example id occurs twice in ({where}): ids must be unique within a language")
        total = part["total"].to_numpy(float).reshape(len(runs), examples)
        if not (total == total[0]).all():
            raise AnalysisError(f"runs of ({where}) count the same examples differently (column total)")
        correct = dict(zip(map(tuple, runs.to_numpy()), part["correct"].to_numpy(float).reshape(len(runs), examples)))
        conditions = tuple(sorted(set(runs["condition"]) - {BASELINE}))
        columns = [
            np.mean([correct[c, s] - correct[BASELINE, s] for c, s in correct if c == name], axis=0)
            for name in conditions
        ]
        difference = np.column_stack(columns) if columns else np.empty((examples, 0))
        found[block] = ExampleDifferences(conditions=conditions, difference=difference, total=total[0])
    return found
