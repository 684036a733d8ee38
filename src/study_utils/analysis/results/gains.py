"""Gains over the baseline and transfer gaps, one row a cell, and their means."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.results.tables import (
    BASELINE,
    CELL,
    SCORE_COLUMNS,
    check_results,
    is_source,
    join_languages,
    primary_metric,
    require_columns,
)
from study_utils.errors import AnalysisError

NEGATIVE_TRANSFER = 0.0
"""A language shows negative transfer when its gain, averaged over seeds, is below this."""


def gains(scores: pd.DataFrame, *, metric: str = "primary") -> pd.DataFrame:
    """Pair each score with the baseline `none` of the same encoder, task, language, variant and seed.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table (`study_utils.analysis.results.tables.SCORE_COLUMNS`).
    metric : str
        ``"primary"`` for each task's primary metric, or a metric's name.

    Returns
    -------
    pandas.DataFrame
        One row a cell of every condition but the baseline: `encoder`, `condition`, `task`, `language`, `variant`,
        `seed`, `metric`, `score`, `baseline`, `gain` (fractions), `zero_shot`, `same_data`.

    Raises
    ------
    AnalysisError
        If the table is not valid (`check_results`) or has no row of the metric.
    """
    chosen = of_metric(scores, metric=metric)
    key = [name for name in CELL if name != "condition"]
    baseline = chosen.loc[chosen["condition"] == BASELINE, [*key, "value"]]
    rest = chosen[chosen["condition"] != BASELINE].rename(columns={"value": "score"})
    paired = rest.merge(baseline.rename(columns={"value": "baseline"}), on=key, how="left", validate="many_to_one")
    paired["gain"] = paired["score"] - paired["baseline"]
    return paired[[*CELL, "metric", "score", "baseline", "gain", "zero_shot", "same_data"]]


def of_metric(
    scores: pd.DataFrame, *, metric: str = "primary", instead: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Rows of one metric of a valid results table; with `instead`, of the metric that it names for a task.

    Raises
    ------
    AnalysisError
        If the table is not valid or has no such row.
    """
    check_results(scores)
    if metric == "primary":
        primary = {task: primary_metric(task) for task in scores["task"].unique()}
        wanted = scores["task"].map(primary | dict(instead or {}))
    else:
        wanted = metric
    chosen = scores.loc[scores["metric"] == wanted, list(SCORE_COLUMNS)]
    if chosen.empty:
        known = ", ".join(sorted(scores["metric"].unique()))
        raise AnalysisError(f"no score of metric {metric!r} in the results table; it has: {known}")
    return chosen.reset_index(drop=True)


def transfer(scores: pd.DataFrame, *, metric: str = "primary") -> pd.DataFrame:
    """Compare each language with the source language of its task under the same condition.

    Returns
    -------
    pandas.DataFrame
        One row a cell of a language other than the source: the columns of `CELL`, `metric`, `score`, `source`, `gap`
        (source minus language) and `retention` (language divided by source). Missing where the task does not score
        its source language, as in retrieval, or where that scores nothing.
    """
    chosen = of_metric(scores, metric=metric)
    key = [name for name in CELL if name != "language"]
    own = is_source(chosen)
    source = chosen.loc[own, [*key, "value"]].rename(columns={"value": "source"})
    rest = chosen[~own].rename(columns={"value": "score"})
    paired = rest.merge(source, on=key, how="left", validate="many_to_one")
    paired["gap"] = paired["source"] - paired["score"]
    paired["retention"] = paired["score"] / paired["source"].where(paired["source"] > 0)
    return paired[[*CELL, "metric", "score", "source", "gap", "retention", "zero_shot", "same_data"]]


def seed_gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Average zero-shot gains within families seed by seed; same-data pairs are left out.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, group, seed): `gain`, `n_languages`, `n_tasks`.
    """
    table = join_languages(_zero_shot(gains(scores)))
    table["group"] = group_labels(table)
    keys = ["encoder", "variant", "condition", "group", "seed"]
    by_task = table.groupby([*keys, "task"])["gain"].mean()
    counts = table.groupby(keys).agg(n_languages=("language", "nunique"), n_tasks=("task", "nunique"))
    return by_task.groupby(keys).mean().to_frame("gain").join(counts).reset_index()


def task_means(scores: pd.DataFrame) -> pd.DataFrame:
    """Average zero-shot gains within target tasks, over languages of means over seeds; same-data pairs are left out.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, task): `gain`, `n_languages`, `n_seeds`.
    """
    table = _zero_shot(gains(scores))
    keys = ["encoder", "variant", "condition", "task"]
    means = table.groupby([*keys, "language"])["gain"].mean().groupby(keys).mean().to_frame("gain")
    counts = table.groupby(keys).agg(n_languages=("language", "nunique"), n_seeds=("seed", "nunique"))
    return means.join(counts).reset_index()


def gap_gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Put each language's transfer gap under the baseline beside its gain, over tasks that score their source language.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, language): `gap` (of `none`) and `gain` (fractions; means over seeds,
        then over the same tasks), `n_tasks`, `n_seeds`. Both hold the baseline's score, one with a plus and one with a
        minus, so its noise alone makes them rise together.
    """
    table = _zero_shot(gains(scores))
    gap = transfer(scores).query("condition == @BASELINE")
    key = [name for name in CELL if name != "condition"]
    both = table.merge(gap[[*key, "gap"]], on=key, how="left").dropna(subset=["gap"])
    keys = ["encoder", "variant", "condition", "language"]
    means = both.groupby([*keys, "task"])[["gap", "gain"]].mean().groupby(keys).mean()
    counts = both.groupby(keys).agg(n_tasks=("task", "nunique"), n_seeds=("seed", "nunique"))
    return means.join(counts).reset_index()


def _zero_shot(table: pd.DataFrame, *, same_data: bool = False) -> pd.DataFrame:
    """Rows of languages that no run saw, without the source; pairs made from the same data only if asked for."""
    kept = table["zero_shot"].astype(bool) & ~is_source(table)
    return table[kept if same_data else kept & ~table["same_data"].astype(bool)]


def group_labels(table: pd.DataFrame) -> pd.Series:
    """Label of each row's family, or the language's name where the table has one language of the family.

    Parameters
    ----------
    table : pandas.DataFrame
        With `language` and what `join_languages` adds.
    """
    require_columns(table, ("language", "name", "group", "is_isolate"), table="table")
    alone = table.groupby("group")["language"].transform("nunique") == 1
    return table["name"].where(alone | table["is_isolate"], table["group"])
