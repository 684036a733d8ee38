"""Which cells of a study belong to which family, branch or language, paired with the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from study_utils.analysis.results.cells import Block, example_blocks, paired_cells
from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import check_results, is_source, join_languages
from study_utils.catalog import LANGUAGES
from study_utils.errors import AnalysisError, unknown

BY = ("family", "branch", "language", "resource", "all")
LOW_RESOURCE = 2
"""Highest resource class (Joshi et al. 2020, arXiv 2004.09095: 0 left behind to 5 winners) that counts as low."""
ALONE = "languages alone in their family"
"""Whom a language is compared with that has no other of its family."""
MIN_POOL = 3
"""Fewest languages that are drawn towards their mean: two don't tell how much languages differ."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Zero-shot cells of a study with the group they belong to.

    Attributes
    ----------
    table : pandas.DataFrame
        As `study_utils.analysis.results.cells.paired_cells`, with `gap`, `gap_change`, `retention`, `retention_change`,
        the language columns, `unit` (family, language, resource or all), `label` (the group) and `pool` (whose mean the
        group's languages vary around: the group itself, or for a language alone its family or `ALONE`; its own where
        those are fewer than `MIN_POOL`).
    blocks : mapping
        Predictions as arrays, from `study_utils.analysis.results.cells.example_blocks`; empty without predictions.
    shared : mapping
        (encoder, variant, condition) to the tasks that share data with it.
    """

    table: pd.DataFrame
    blocks: Mapping[tuple, Block]
    shared: Mapping[tuple, tuple[str, ...]]


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
    same_data: str = "exclude",
    cells: str = "own",
    english: str = "exclude",
    function: str = "family_gains",
) -> Prepared:
    """Check both tables and pair the cells; parameters as in `study_utils.analysis.family_gains`.

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
    table = table[table["zero_shot"].astype(bool) & (~is_source(table) | (english == "include"))]
    same = table["same_data"].astype(bool)
    shared = table[same].groupby(["encoder", "variant", "condition"])["task"].unique()
    if same_data == "exclude":
        table = table[~same]
    table = join_languages(table)
    table["unit"], table["label"], table["pool"] = _groups(table, by)
    if cells == "common":
        table = _common_cells(table)
    _check_seeds(table)
    table["gap"] = table["source"] - table["score"]
    table["gap_change"] = table["gap"] - (table["source_baseline"] - table["baseline"])
    table["retention"] = table["score"] / table["source"].where(table["source"] > 0)
    before = table["baseline"] / table["source_baseline"].where(table["source_baseline"] > 0)
    table["retention_change"] = table["retention"] - before
    return Prepared(table=table, blocks=blocks, shared={key: tuple(tasks) for key, tasks in shared.items()})


def _groups(table: pd.DataFrame, by: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Kind and label of the group that each row belongs to, and the pool of its languages."""
    if by == "all":
        label = pd.Series("All languages", index=table.index)
        return pd.Series("all", index=table.index), label, label
    if by == "resource":
        label = table["language"].map(resource_label)
        return pd.Series("resource", index=table.index), label, label
    grouped = table.assign(group=table["branch"]) if by == "branch" else table
    label = group_labels(grouped)
    alone = (label != grouped["group"]) | (table.groupby(label)["language"].transform("nunique") == 1)
    pool = label.mask(alone, ALONE)
    few = table.groupby(pool)["language"].transform("nunique") < MIN_POOL
    pool = pool.mask(few & (alone | (by == "language")), table["name"])
    if by == "language":
        return pd.Series("language", index=table.index), table["name"], pool
    return pd.Series("family", index=table.index).mask(alone, "language"), label, pool


def resource_label(code: str) -> str:
    """Say whether a language is low-resource: of a class up to `LOW_RESOURCE`, or of none."""
    known = LANGUAGES[code].joshi_class
    return "Low-resource" if known is None or known <= LOW_RESOURCE else "Other"


def _common_cells(table: pd.DataFrame) -> pd.DataFrame:
    conditions = table.groupby(["encoder", "variant"])["condition"].transform("nunique")
    have = table.groupby(["encoder", "variant", "task", "language"])["condition"].transform("nunique")
    return table[have == conditions]


def _check_seeds(table: pd.DataFrame) -> None:
    for (encoder, variant, condition), part in table.groupby(["encoder", "variant", "condition"]):
        seeds = set(part["seed"])
        per_cell = part.groupby(["task", "language"])["seed"].agg(set)
        if (bad := per_cell != seeds).any():
            (task, language), found = next(iter(per_cell[bad].items()))
            raise AnalysisError(
                f"({encoder}, {variant}, {condition}, {task}, {language}) has the seeds {sorted(found)} and not "
                f"{sorted(seeds)}: seeds are crossed with everything else, so run the missing ones or leave them out"
            )
