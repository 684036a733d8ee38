"""What one language or one task decides: every gain again without each of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from study_utils.analysis.inference.clear import CLAIM_SEEDS, CLEAR, is_primary, too_few_languages
from study_utils.analysis.inference.example_noise import Noise, example_noise
from study_utils.analysis.inference.families import behind
from study_utils.analysis.inference.groups import prepare
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.interval import Interval
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.inference.shared_models import SharedModels
from study_utils.catalog import LANGUAGES
from study_utils.catalog.titles import task_title

SENSITIVITY_COLUMNS = [
    *("encoder", "variant", "condition", "unit", "group", "left_out", "n_left_out", "estimate", "excludes_zero"),
    *("lowest", "lowest_without", "highest", "highest_without", "sign_changes", "zero_changes"),
]


def sensitivity(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
    cells: str = "own",
) -> pd.DataFrame:
    """Leave out one language, then one task, of every row of `family_gains`, and fit again; same parameters and errors.

    Returns
    -------
    pandas.DataFrame
        Two rows, `left_out` language and task, for each (encoder, variant, condition, group) that has two or more of
        them: `n_left_out` (how many were left out in turn), `estimate` (as in `family_gains`), `excludes_zero`
        (corrected p-value below 0.05, with languages and seeds enough for a claim), `lowest` and `highest` (fractions:
        range of the estimates) with what is missing then (`lowest_without`, `highest_without`), and what, left out,
        turns the sign (`sign_changes`) or changes whether the result excludes zero (`zero_changes`); both name the
        languages or tasks, or are empty. The p-value is corrected as in `family_gains`, with other rows as they are.
    """
    args = {"by": by, "same_data": same_data, "cells": cells, "function": "sensitivity"}
    prepared = prepare(predictions, scores, **args)
    keys = ["encoder", "variant", "condition"]
    models, kept, rows = SharedModels(), [], []
    for key, part in prepared.table.groupby(keys, sort=True):
        noise = example_noise(prepared.blocks, part) if prepared.blocks else {}
        whole, names = _estimates(part, models, noise), sorted(part["task"].unique())
        tasks = {task: _estimates(part[part["task"] != task], models, noise, of=len(names)) for task in names}
        for label, own in part.groupby("label", sort=True):
            languages = sorted(own["language"].unique())
            again = {
                "language": {
                    code: _estimates(part[part["language"] != code], models, noise, label) for code in languages
                },
                "task": {task: tasks[task] for task in sorted(own["task"].unique())},
            }
            rows.append(dict(zip(keys, key)) | {"group": label} | behind(own) | vars(whole[label]))
            kept.append({kind: {name: one.get(label) for name, one in found.items()} for kind, found in again.items()})
    table = pd.DataFrame(rows)
    if len(table):
        table["primary"] = is_primary(table, settings.primary)
    found = []
    for place, leaving in enumerate(kept):
        for kind, again in leaving.items():
            there = {name: one for name, one in again.items() if one is not None}
            if len(again) > 1 and there:
                row = _summary(
                    table, place, there, task_title if kind == "task" else _language_name, kind == "language"
                )
                found.append(row | {"left_out": kind, "n_left_out": len(there)})
    return pd.DataFrame(found, columns=SENSITIVITY_COLUMNS)


def _estimates(
    part: pd.DataFrame,
    models: SharedModels,
    noise: dict[str, Noise],
    label: str | None = None,
    *,
    of: int | None = None,
) -> dict[str, Interval]:
    if part.empty or (label is not None and not (part["label"] == label).any()):
        return {}
    return models.of(part, of=of).estimate(part["gain"].to_numpy(), noise=noise)


def _language_name(code: str) -> str:
    return LANGUAGES[code].name


def _summary(
    table: pd.DataFrame, place: int, again: dict[str, Interval], title: Callable[[str], str], fewer: bool
) -> dict:
    row = table.iloc[place]
    titles = [title(key) for key in again]
    estimates = np.array([one.estimate for one in again.values()])
    significant = _significant(table, place, row["p"], row["n_languages"])
    changed = [_significant(table, place, one.p, row["n_languages"] - fewer) != significant for one in again.values()]
    turned = np.sign(estimates) * np.sign(row["estimate"]) < 0
    low, high = int(estimates.argmin()), int(estimates.argmax())
    return {
        **{name: row[name] for name in ("encoder", "variant", "condition", "unit", "group", "estimate")},
        "excludes_zero": significant,
        "lowest": estimates[low],
        "lowest_without": titles[low],
        "highest": estimates[high],
        "highest_without": titles[high],
        "sign_changes": ", ".join(np.array(titles, object)[turned]),
        "zero_changes": ", ".join(np.array(titles, object)[changed]),
    }


def _significant(table: pd.DataFrame, place: int, p: float, languages: int) -> bool:
    """Whether a row is significant with another p-value, the others as they are."""
    row = table.iloc[place]
    if row["n_seeds"] < CLAIM_SEEDS or too_few_languages(row["unit"], languages):
        return False
    values = table["p"].where(table.index != place, p)[table["primary"] == row["primary"]]
    return bool(pd.Series(holm(values.to_numpy(float)), values.index)[place] < CLEAR)
