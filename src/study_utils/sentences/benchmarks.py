"""Sentences about what a study has of a published benchmark."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.benchmarks import AVERAGE, COLUMNS, WITHOUT_ENGLISH
from study_utils.catalog import benchmark as find_benchmark
from study_utils.catalog.titles import at_most_five, condition_title, encoder_title, task_title

CUT = 0.99
"""A test set with less than this share of its published rows counts as smaller."""


def describe_benchmark(table: pd.DataFrame, benchmark: str) -> list[str]:
    """Say which tasks of a benchmark are whole, and its average or what it lacks.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.results.benchmarks.benchmark_table`.
    benchmark : str
        Key of the benchmark.
    """
    title = find_benchmark(benchmark).title
    if table.empty:
        return [f"This study scores no task of {title}."]
    several = table["encoder"].nunique() > 1
    sentences = []
    for encoder, own in table.groupby("encoder", sort=False):
        begin = f"{encoder_title(encoder)}: " if several else ""
        sentences += [begin + sentence for sentence in _of_encoder(own, title)]
    return sentences


def _of_encoder(table: pd.DataFrame, title: str) -> list[str]:
    averages, tasks = table[table["task"].isin([AVERAGE, WITHOUT_ENGLISH])], table[table["metric"] != ""]
    lacking = tasks[tasks["languages"] < tasks["of"]]
    whole = len(tasks) - len(lacking)
    told = f"{whole} of {len(tasks)} tasks of {title} {'has all its' if whole == 1 else 'have all their'} languages"
    conditions = [name for name in table.columns if name not in COLUMNS]
    complete = [name for name in conditions if averages[name].notna().all()]
    sentences = []
    if not complete:
        names = [f"{task_title(row.task)} ({_lost(row)})" for row in lacking.itertuples()]
        sentences.append(f"{told}; no average, for want of {at_most_five(names)}.")
    for row in averages.to_dict("records") if complete else ():
        values = ", ".join(f"{condition_title(name)} {row[name]:.1f}" for name in complete)
        what = "English included where a test set has it" if row["task"] == AVERAGE else "English left out"
        sentences.append(f"{title} average over {len(tasks)} tasks, {row['of']} cells, {what}, in percent: {values}.")
    if complete and len(complete) < len(conditions):
        others = [condition_title(name) for name in conditions if name not in complete]
        sentences.append(f"No average, for want of cells: {at_most_five(others)}.")
    cut = tasks[(tasks["test_rows"] < CUT * tasks["of_rows"]).fillna(False)]
    if len(cut):
        names = [f"{task_title(row.task)} ({row.test_rows:,} of {row.of_rows:,} rows)" for row in cut.itertuples()]
        sentences.append(
            f"Test sets are smaller than published ones, so scores are not comparable: {at_most_five(names)}."
        )
    return sentences


def _lost(row: object) -> str:
    if not row.languages:
        return "all languages"
    codes = row.missing.split()
    return f"{len(codes)} languages" if len(codes) > 3 else " ".join(codes)
