"""The results and predictions tables: their columns, what makes them valid, and the languages joined to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.catalog import ENCODERS, FORMATS, LANGUAGES, TASKS, language_table, source_language
from study_utils.catalog.languages import SPLIT_FAMILIES
from study_utils.errors import AnalysisError, unknown

BASELINE = "none"
ENGLISH = "en"
CELL = ("encoder", "condition", "task", "language", "variant", "seed")
"""Columns that name one evaluated cell."""

SCORE_COLUMNS = (*CELL, "metric", "value", "n", "zero_shot", "same_data", "run")
PREDICTION_COLUMNS = (
    *("encoder", "condition", "task", "variant", "seed", "run"),
    *("language", "example_id", "measure", "gold", "prediction", "correct", "total"),
)
EXAMPLE_COLUMNS = tuple(name for name in PREDICTION_COLUMNS if name not in ("run", "gold", "prediction"))
"""What of predictions intervals rest on."""
LANGUAGE_COLUMNS = ("name", "family", "branch", "script", "is_isolate", "group", "seen")

CORRELATIONS = FORMATS["regress"].metrics
"""Metrics between -1 and 1; every other one lies between 0 and 1."""


def primary_metric(task: str) -> str:
    """Name the primary metric of a task.

    Raises
    ------
    AnalysisError
        If the task is unknown, with the nearest names.
    """
    if task not in TASKS:
        raise AnalysisError(unknown("task", task, TASKS, where="results table"))
    return TASKS[task].metric


def is_primary(scores: pd.DataFrame) -> pd.Series:
    """Tell which scores are of their task's primary metric, for a table with the columns `task` and `metric`."""
    return scores["metric"] == scores["task"].map({task: primary_metric(task) for task in scores["task"].unique()})


def is_source(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows are in the source language of their task, for a table with the columns `task` and `language`."""
    source = {task: source_language(task) for task in frame["task"].unique()}
    return frame["language"].astype(object) == frame["task"].astype(object).map(source)


def require_columns(frame: pd.DataFrame, columns: tuple[str, ...], *, table: str) -> None:
    """Refuse a table that lacks columns.

    Raises
    ------
    AnalysisError
        Naming every missing column.
    """
    if missing := [name for name in columns if name not in frame]:
        raise AnalysisError(
            f"the {table} lacks the columns {missing}; it has {list(frame.columns)}: build it from scored runs"
        )


def check_results(frame: pd.DataFrame) -> None:
    """Refuse a results table that cannot be analysed.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of `SCORE_COLUMNS`; one row a cell and metric; `value` a fraction (correlations: -1 to 1).

    Raises
    ------
    AnalysisError
        For missing columns, an empty table, unknown languages or tasks, missing values, truth values that are texts,
        scores out of range, rows that occur twice, and a condition without the baseline `none` in the same cell.
    """
    require_columns(frame, SCORE_COLUMNS, table="results table")
    if frame.empty:
        raise AnalysisError("the results table has no rows: evaluate something first")
    for language in frame["language"].unique():
        if language not in LANGUAGES:
            raise AnalysisError(unknown("language", language, LANGUAGES, where="results table"))
    for task in frame["task"].unique():
        primary_metric(task)
    needed = [*CELL, "metric", "value", "zero_shot", "same_data"]
    if (bad := frame[needed].isna().any(axis=1)).any():
        raise AnalysisError(
            f"{bad.sum()} rows of the results table have missing values; first: {_cell(frame, bad)}. "
            f"Score that run again"
        )
    for name in ("zero_shot", "same_data"):
        if not set(frame[name].unique()) <= {True, False}:
            raise AnalysisError(
                f"column {name} of the results table has {sorted(map(repr, frame[name].unique()))[:3]}: give True or "
                f"False, not texts"
            )
    if not pd.api.types.is_numeric_dtype(frame["value"]):
        raise AnalysisError(
            f"column value of the results table has {frame['value'].iloc[0]!r} and the like, of type "
            f"{frame['value'].dtype}: give numbers, not texts or categories"
        )
    low = np.where(frame["metric"].isin(CORRELATIONS), -1.0, 0.0)
    if (bad := ~frame["value"].between(low, 1.0)).any():
        value = float(frame.loc[bad, "value"].iloc[0])
        raise AnalysisError(f"score {value!r} is out of range in {_cell(frame, bad)}: scores are fractions")
    key = [*CELL, "metric"]
    if (bad := frame.duplicated(key, keep=False)).any():
        values = frame[bad].groupby(key, dropna=False)["value"].nunique()
        how = "conflicting values" if (values > 1).any() else "the same value"
        raise AnalysisError(f"rows occur twice with {how}: {_cell(frame, bad)}. Keep one run per cell")
    _check_baselines(frame)


def _check_baselines(frame: pd.DataFrame) -> None:
    key = [name for name in (*CELL, "metric") if name != "condition"]
    is_baseline = frame["condition"] == BASELINE
    there = pd.MultiIndex.from_frame(frame.loc[is_baseline, key])
    bad = ~is_baseline & ~pd.MultiIndex.from_frame(frame[key]).isin(there)
    if bad.any():
        raise AnalysisError(
            f"{bad.sum()} scores have no baseline {BASELINE!r} to compare with; first: {_cell(frame, bad)}. "
            f"Run the condition {BASELINE!r} for the same encoder, task, language and seed"
        )


def _cell(frame: pd.DataFrame, bad: pd.Series) -> str:
    row = frame[bad].iloc[0]
    return ", ".join(f"{name} {row[name]!s}" for name in (*CELL, "metric"))


def join_languages(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what the catalogue knows about each row's language.

    Parameters
    ----------
    frame : pandas.DataFrame
        With `language`, and `encoder` if `seen` is wanted.

    Returns
    -------
    pandas.DataFrame
        The same rows in the same order with `name`, `family`, `branch`, `script`, `is_isolate`, `group` (the family
        as reports show it: see `study_utils.catalog.languages.SPLIT_FAMILIES`) and `seen` (True or False where it is
        known whether the encoder's pretraining saw the language, else missing).

    Raises
    ------
    AnalysisError
        If a language is unknown, with the nearest codes.
    """
    require_columns(frame, ("language",), table="table")
    for code in frame["language"].unique():
        if code not in LANGUAGES:
            raise AnalysisError(unknown("language", code, LANGUAGES, where="column language"))
    facts = language_table()[["name", "family", "branch", "script", "is_isolate"]].copy()
    facts["is_isolate"] = facts["is_isolate"] == "True"
    facts["group"] = facts["branch"].where(facts["family"].isin(SPLIT_FAMILIES), facts["family"])
    kept = frame.drop(columns=[name for name in LANGUAGE_COLUMNS if name in frame])
    joined = kept.join(facts, on="language")
    joined["seen"] = pd.array([pd.NA] * len(joined), dtype="boolean")
    if "encoder" in joined:
        for key in joined["encoder"].unique():
            if key in ENCODERS and ENCODERS[key].seen:
                rows = joined["encoder"] == key
                seen = [ENCODERS[key].has_seen(code) for code in joined.loc[rows, "language"]]
                joined.loc[rows, "seen"] = pd.array(seen, dtype="boolean")
    return joined
