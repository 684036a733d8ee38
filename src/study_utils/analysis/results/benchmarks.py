"""What a results table has of XTREME and XTREME-R, task by task, and the averages that they publish.

A language's score on a task is the metric that the benchmark averages (`study_utils.catalog.Benchmark.metrics`), else
the task's primary one: for answers the mean of exact match and F1. A task's score is the unweighted mean over its
languages, and an average is the unweighted mean over task scores. Published averages include English where the test set
has it; statements about zero-shot transfer need the mean without.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import ENGLISH
from study_utils.catalog import TASKS, Benchmark
from study_utils.catalog import benchmark as find_benchmark
from study_utils.errors import AnalysisError

AVERAGE = "average"
WITHOUT_ENGLISH = "average without English"
"""Names of the last two rows of a table."""

COLUMNS = ("encoder", "task", "metric", "languages", "of", "missing", "test_rows", "of_rows")
_COUNTS = ("languages", "of", "test_rows", "of_rows")


def benchmark_table(scores: pd.DataFrame, benchmark: str, *, variant: str = "clean") -> pd.DataFrame:
    """Lay out what a results table has of a benchmark.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table (columns `SCORE_COLUMNS`); every (encoder, condition) in it is shown. Tasks
        and languages that the benchmark doesn't score are left out.
    benchmark : str
        Key in `study_utils.catalog.BENCHMARKS`.
    variant : str
        Variant of the test sets.

    Returns
    -------
    pandas.DataFrame
        One row an encoder and task of the benchmark, and two for its averages (with English, as published, and
        without). Columns `COLUMNS`: `task` is a key, or the name of the average; `languages` counts those that all
        conditions have in all their seeds, `of` those of the benchmark (for an average: cells); `missing` names the
        others; `test_rows` is how many rows are scored in these languages, `of_rows` how many are published (missing
        where not declared). Then one column a condition: mean over languages, then over seeds, in percent; missing
        unless it has all of them in every seed. Empty if no cell of the benchmark is scored.

    Raises
    ------
    CatalogError
        If the benchmark is unknown.
    AnalysisError
        If the table is not valid, or has no such variant.
    """
    declared = find_benchmark(benchmark)
    cells = of_metric(scores, instead=declared.metrics)
    if variant not in set(cells["variant"]):
        raise AnalysisError(f"no score of variant {variant!r}; the table has: {sorted(cells['variant'].unique())}")
    wanted = pd.MultiIndex.from_frame(cells[["task", "language"]]).isin(declared.cells)
    cells = cells[(cells["variant"] == variant) & wanted]
    rows = []
    for encoder, own in cells.groupby("encoder", sort=False):
        tasks = [_task_row(declared, key, own) for key in declared.tasks]
        averages = [
            _average_row(AVERAGE, declared.cells, own),
            _average_row(WITHOUT_ENGLISH, [cell for cell in declared.cells if cell[1] != ENGLISH], own),
        ]
        rows += [{"encoder": encoder, **row} for row in (*tasks, *averages)]
    conditions = list(cells["condition"].unique())
    types = dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(conditions, "float")
    return pd.DataFrame(rows, columns=[*COLUMNS, *conditions]).astype(types)


def _task_row(declared: Benchmark, key: str, cells: pd.DataFrame) -> dict[str, object]:
    """What one encoder has of a task."""
    wanted = [(key, code) for code in declared.tasks[key]]
    there = [language for _, language in _common(wanted, cells)]
    published = getattr(TASKS[key].test, "expected", {})
    rows = cells[(cells["task"] == key) & cells["language"].isin(there)].drop_duplicates("language")["n"]
    return {
        "task": key,
        "metric": declared.metrics.get(key, TASKS[key].metric),
        "languages": len(there),
        "of": len(wanted),
        "missing": " ".join(code for _, code in wanted if code not in there),
        "test_rows": int(rows.sum()),
        "of_rows": sum(published[code] for code in there) if there and set(there) <= set(published) else None,
        **_means(wanted, cells),
    }


def _average_row(name: str, wanted: list[tuple[str, str]], cells: pd.DataFrame) -> dict[str, object]:
    return {
        "task": name,
        "metric": "",
        "languages": len(_common(wanted, cells)),
        "of": len(wanted),
        "missing": "",
        **_means(wanted, cells),
    }


def _common(wanted: Iterable[tuple[str, str]], cells: pd.DataFrame) -> list[tuple[str, str]]:
    """(task, language) cells that every condition has in all its seeds."""
    runs = len(cells[["condition", "seed"]].drop_duplicates())
    counts = cells.groupby(["task", "language"]).size().to_dict()
    return [cell for cell in wanted if counts.get(cell) == runs]


def _means(wanted: Iterable[tuple[str, str]], cells: pd.DataFrame) -> dict[str, float]:
    """Mean over tasks of means over languages, then over seeds, in percent, of every condition that lacks no cell."""
    wanted, found = list(wanted), {}
    for condition, own in cells.groupby("condition", sort=False):
        if len(_common(wanted, own)) == len(wanted):
            part = own[pd.MultiIndex.from_frame(own[["task", "language"]]).isin(wanted)]
            of_tasks = part.groupby(["seed", "task"])["value"].mean()
            found[condition] = 100 * of_tasks.groupby("seed").mean().mean()
    return found
