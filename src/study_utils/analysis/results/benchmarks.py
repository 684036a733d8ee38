"""Task scores, and the averages over tasks that XTREME and XTREME-R publish.

A language's score on a task is the task's primary metric: for answers the mean of exact match and F1. A task's score
is the unweighted mean over its languages, and an average is the unweighted mean over task scores. Both come with and
without English, which the published averages include where the test set has it: statements about zero-shot transfer
need the mean without.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import ENGLISH
from study_utils.catalog import benchmark as find_benchmark
from study_utils.errors import AnalysisError

_COMPARED = ["encoder", "condition", "variant", "seed"]
_NAMED = 8
"""Missing cells that a message names for each compared condition."""


def task_scores(scores: pd.DataFrame, *, variant: str = "clean") -> pd.DataFrame:
    """Average each task over its languages, those that the table has.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table (`study_utils.analysis.results.tables.SCORE_COLUMNS`).
    variant : str
        Variant of the test sets.

    Returns
    -------
    pandas.DataFrame
        Two rows an (encoder, condition, variant, seed, task), with and without English (one where a task scores
        English only): `encoder`, `condition`, `variant`, `seed`, `task`, `metric`, `english` (False: left out; True:
        in the mean where the task scores it), `score` (fraction), `n_languages`, `languages` (codes, alphabetical).

    Raises
    ------
    AnalysisError
        If the table is not valid (`check_results`), or has no primary metric or no such variant.
    """
    return _task_means(_cells(scores, variant))


def benchmark_average(
    scores: pd.DataFrame, benchmark: str = "xtreme_r", *, over: str = "all", variant: str = "clean"
) -> pd.DataFrame:
    """Average task scores over a benchmark, with what stands behind each average.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table; every (encoder, condition, seed) in it is compared. Tasks and languages that the benchmark
        doesn't score are left out.
    benchmark : str
        Key in `study_utils.catalog.BENCHMARKS`.
    over : {"all", "common"}
        ``"all"``: the published average, over every task and language of the benchmark. ``"common"``: over the
        (task, language) cells of the benchmark that everything compared has; never called by the benchmark's name.
    variant : str
        Variant of the test sets.

    Returns
    -------
    pandas.DataFrame
        Two rows an (encoder, condition, variant, seed), with and without English: `encoder`, `condition`, `variant`,
        `seed`, `name` ("XTREME-R average", or "average over common cells"), `english`, `average` (fraction),
        `n_tasks`, `tasks`, `n_languages`, `languages`, `n_cells` ((task, language) pairs).

    Raises
    ------
    CatalogError
        If the benchmark is unknown.
    AnalysisError
        If the table is not valid, `over` is neither of the two, cells are missing (all: any; common: no cell is
        shared); the message lists them.
    """
    declared = find_benchmark(benchmark)
    if over not in ("all", "common"):
        raise AnalysisError(f"an average over {over!r} is not known: use 'all' or 'common'")
    cells = _cells(scores, variant)
    at = pd.MultiIndex.from_frame(cells[["task", "language"]])
    there = {key: set(at[rows]) for key, rows in cells.groupby(_COMPARED, sort=True).indices.items()}
    wanted = set(declared.cells)
    if over == "all":
        if missing := {key: wanted - own for key, own in there.items() if wanted - own}:
            raise AnalysisError(_missing_cells(f"{declared.title} average", missing, len(there)))
        name = f"{declared.title} average"
    else:
        wanted = wanted.intersection(*there.values())
        if not wanted:
            raise AnalysisError(
                f"no (task, language) cell of {declared.title} is scored in all {len(there)} combinations of encoder, "
                f"condition and seed: leave out those that lack most, or evaluate more"
            )
        name = "average over common cells"
    means = _task_means(cells[at.isin(list(wanted))])
    rows = []
    for (*key, english), part in means.groupby([*_COMPARED, "english"], sort=False):
        languages = sorted({code for codes in part["languages"] for code in codes.split()})
        rows.append(
            {
                **dict(zip(_COMPARED, key)),
                "name": name,
                "english": english,
                "average": part["score"].mean(),
                "n_tasks": len(part),
                "tasks": " ".join(part["task"]),
                "n_languages": len(languages),
                "languages": " ".join(languages),
                "n_cells": part["n_languages"].sum(),
            }
        )
    return pd.DataFrame(rows)


def _cells(scores: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Rows of the primary metrics in one variant."""
    cells = of_metric(scores)
    kept = cells[cells["variant"] == variant]
    if kept.empty:
        raise AnalysisError(f"no score of variant {variant!r}; the table has: {sorted(cells['variant'].unique())}")
    return kept.reset_index(drop=True)


def _task_means(cells: pd.DataFrame) -> pd.DataFrame:
    both = [cells.assign(english=True), cells[cells["language"] != ENGLISH].assign(english=False)]
    grouped = (
        pd.concat(both)
        .sort_values("language", kind="stable")
        .groupby([*_COMPARED, "task", "metric", "english"], sort=True)
    )
    means = grouped.agg(
        score=("value", "mean"), n_languages=("language", "size"), languages=("language", " ".join)
    ).reset_index()
    return means.sort_values([*_COMPARED, "task", "english"], ascending=[True] * 5 + [False], ignore_index=True)


def _missing_cells(name: str, missing: dict[tuple, Iterable[tuple[str, str]]], compared: int) -> str:
    lines = []
    for key, cells in missing.items():
        named = [f"{task} {language}" for task, language in sorted(cells)]
        rest = f", and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        lines.append(f"{', '.join(map(str, key))}: {len(named)} ({', '.join(named[:_NAMED])}{rest})")
    return (
        f"the {name} lacks (task, language) cells in {len(missing)} of {compared} combinations of encoder, condition, "
        f"variant and seed:\n  " + "\n  ".join(lines) + "\nEvaluate them, or ask for over='common', the average over "
        "the cells that all have"
    )
