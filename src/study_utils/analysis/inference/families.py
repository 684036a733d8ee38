"""Gains per language family with intervals: the answer to "in which families, and is the difference real?"."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.inference.bootstrap import Interval, Settings
from study_utils.analysis.inference.grids import Grid, grid_interval, prepare, unit_grids, withheld_reason
from study_utils.analysis.inference.holm import holm

CLEAR = 0.05
"""A result is called clear if its interval excludes zero and its corrected p-value is below this."""
CLAIM_LANGUAGES = 3
"""Fewest languages of a family for which a result can be called clear. Two show too little of how languages differ."""
CLAIM_SEEDS = 3
"""Fewest seeds for which a result can be called clear. Where seeds differ most, two gave false claims in one study of
ten (the calibration report)."""

FAMILY_GAIN_COLUMNS = [
    *(
        "encoder",
        "variant",
        "condition",
        "unit",
        "group",
        "estimate",
        "low",
        "high",
        "level",
        "p",
        "p_holm",
        "clear",
    ),
    *("resampled", "n_languages", "n_tasks", "n_seeds", "n_examples", "languages", "tasks", "measure"),
    *("standard_error", "freedom", "same_data", "comparable", "withheld"),
]

SUMMARY_COLUMNS = (
    *("condition", "group", "estimate", "low", "high", "p_holm", "clear"),
    *("n_languages", "n_tasks", "n_seeds", "resampled", "withheld"),
)
"""Columns that a reader needs first."""


def family_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    rng: np.random.Generator | None = None,
    same_data: str = "exclude",
    cells: str = "own",
    english: str = "exclude",
) -> pd.DataFrame:
    """Average zero-shot gains within families, with intervals from a nested paired bootstrap.

    The estimate is macro: over seeds within a cell, over languages within a task, over tasks. Gains are averaged, never
    raw scores, so no condition profits from easier tasks.

    Parameters
    ----------
    predictions : pandas.DataFrame or None
        Columns of `study_utils.analysis.results.tables.PREDICTION_COLUMNS`. None: languages and seeds are resampled
        only.
    scores : pandas.DataFrame, optional
        The results table. It says which cells are zero-shot and which share data. Without it the catalogue says which
        languages a condition can have been trained in and what shares data. Needed for tasks whose predictions have no
        per-example measure (correlations).
    by : {"family", "branch", "language", "resource", "all"}
        Unit of a row. A family with one language, and an isolate, is shown as that language.
    settings : Settings
        `resamples`, `level`, `seed`.
    rng : numpy.random.Generator, optional
        Source of randomness; made from the seed if left out.
    same_data : {"exclude", "include"}
        What to do with pairs of intermediate and target task made from the same data (MNLI and XNLI).
    cells : {"own", "common"}
        ``"own"``: each condition is averaged over the (task, language) cells it has, and `comparable` is False where
        conditions of a group have different ones. ``"common"``: only over cells that all conditions have.
    english : {"exclude", "include"}
        English, where the results table calls it zero-shot: for `study_utils.analysis.inference.contrasts` alone.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, group). `estimate`, `low`, `high`, `standard_error` are fractions;
        `p` is two-sided and `p_holm` corrected over all rows of the table that have one (Holm 1979); `clear` says
        whether the interval excludes zero, ``p_holm < 0.05`` and nothing bars a claim (`claim_barred`);
        `resampled` what the interval speaks about; `n_examples` counts each test example once; `languages` and `tasks`
        name what is averaged; `measure` is the per-example measure (see
        `study_utils.analysis.results.cells.example_blocks`); `same_data` names the tasks that share data with the
        condition (left out if excluded); `withheld` says why an interval is missing.

    Raises
    ------
    AnalysisError
        If the tables are not valid, cells lack seeds or baselines, or a choice is unknown.
    """
    choices = {"same_data": same_data, "cells": cells, "english": english}
    prepared = prepare(predictions, scores, by=by, settings=settings, rng=rng, **choices)
    groups = prepared.table.groupby(["encoder", "variant", "label"])
    covered = {key: set(zip(part["task"], part["language"])) for key, part in groups}
    rows = []
    for (encoder, variant, label, condition), part, grid, borrowed in unit_grids(prepared):
        keys = {"encoder": encoder, "variant": variant, "condition": condition, "group": label}
        interval = grid_interval(grid, settings=settings, root=prepared.root, borrowed=borrowed)
        own = set(zip(part["task"], part["language"]))
        rows.append(
            keys
            | gain_row(interval, grid, unit=part["unit"].iloc[0])
            | {
                "measure": ", ".join(sorted(part["measure"].unique())),
                "comparable": own == covered[encoder, variant, label],
                "same_data": ", ".join(sorted(prepared.shared.get((encoder, variant, condition), ()))),
                "level": settings.level,
            }
        )
    return corrected(pd.DataFrame(rows, columns=FAMILY_GAIN_COLUMNS))


def gain_row(interval: Interval, grid: Grid, *, unit: str) -> dict:
    """Numbers of one unit under one condition, with the interval withheld where there is a reason."""
    withheld = withheld_reason(
        grid, lonely=unit != "language" and len(grid.languages) == 1, flat=not np.isfinite(interval.p)
    )
    shown = {name: getattr(interval, name) for name in ("low", "high", "p", "standard_error", "freedom")}
    return {
        "unit": unit,
        "estimate": interval.estimate,
        **(dict.fromkeys(shown, float("nan")) if withheld else shown),
        **behind(grid),
        "withheld": withheld,
    }


def behind(grid: Grid) -> dict:
    """What stands behind the numbers of a grid."""
    return {
        "resampled": grid.resampled,
        "n_languages": len(grid.languages),
        "n_tasks": len(grid.tasks),
        "n_seeds": len(grid.seeds),
        "n_examples": int(grid.counts.sum()),
        "languages": " ".join(grid.languages),
        "tasks": " ".join(grid.tasks),
    }


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Add Holm's correction over the rows that have a p-value, and which rows are clear."""
    table["p_holm"] = holm(table["p"])
    table["clear"] = is_clear(table)
    return table


def is_clear(table: pd.DataFrame) -> pd.Series:
    """Which rows may be called clear: columns `low`, `high`, `p_holm`, `unit`, `n_languages`, `n_seeds`."""
    excludes = (table["low"] > 0) | (table["high"] < 0)
    return (excludes & (table["p_holm"] < CLEAR) & (claim_barred(table) == "")).astype(bool)


def claim_barred(table: pd.DataFrame) -> pd.Series:
    """Why no claim is made from a row, whatever its interval: too few seeds or languages; empty if nothing bars it."""
    few_languages = (table["unit"] == "family") & (table["n_languages"] < CLAIM_LANGUAGES)
    barred = np.where(few_languages, f"fewer than {CLAIM_LANGUAGES} languages of the family", "")
    return pd.Series(np.where(table["n_seeds"] < CLAIM_SEEDS, f"fewer than {CLAIM_SEEDS} seeds", barred), table.index)
