"""Which metrics a task has, and their values per language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from study_utils.catalog import FORMATS, Task
from study_utils.catalog.formats import SHAPES
from study_utils.errors import DataError
from study_utils.metrics.basic import accuracy, macro_f1, pearson, spearman
from study_utils.metrics.mining import mining_f1
from study_utils.metrics.tags import legacy_chunk_f1, span_f1

METRICS: Mapping[str, tuple[str, Callable[[pd.DataFrame], float]]] = {
    "accuracy": ("accuracy", accuracy),
    "macro_f1": ("accuracy", macro_f1),
    "spearman": ("spearman", spearman),
    "pearson": ("spearman", pearson),
    "token_accuracy": ("token_accuracy", accuracy),
    "span_f1": ("token_accuracy", span_f1),
    "legacy_chunk_f1": ("token_accuracy", legacy_chunk_f1),
    **{name: (name, accuracy) for name in FORMATS["answer"].metrics},
    "accuracy_from_english": ("accuracy_from_english", accuracy),
    "accuracy_to_english": ("accuracy_to_english", accuracy),
    "mining_f1": ("mining_f1", mining_f1),
    "mining_f1_oracle": ("mining_f1_oracle", mining_f1),
    "map_at_20": ("map_at_20", accuracy),
    "masked_accuracy": ("masked_accuracy", accuracy),
}
"""Metric name: the measure of the prediction rows it is computed from, and the function."""


def task_metrics(task: Task) -> tuple[str, ...]:
    """Metrics that are computed for a task, its primary one first."""
    if task.format == "tag":
        own = ("token_accuracy", "span_f1" if "O" in task.labels else "legacy_chunk_f1")
    else:
        own = SHAPES[task.shape].metrics
    return (task.metric, *(name for name in own if name != task.metric))


def score(predictions: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Score predictions in every language.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Columns `language`, `measure`, `gold`, `prediction`, `correct`, `total`.
    task : Task
        Whose metrics are computed.

    Returns
    -------
    pandas.DataFrame
        One row a language and metric: `language`, `metric`, `value`, `n` (prediction rows behind it). No row where a
        language has no prediction of the metric's measure, as MLQA's measures outside its languages.

    Raises
    ------
    DataError
        If a row has no gold answer, or no language has the measure of the primary metric.
    """
    if predictions["gold"].isna().any() or (predictions["gold"] == "").any():
        raise DataError(f"task {task.key}: predictions without gold answers cannot be scored")
    wanted, there = METRICS[task.metric][0], predictions["measure"].unique()
    if wanted not in there:
        raise DataError(
            f"task {task.key}: its primary metric {task.metric!r} needs predictions of the measure {wanted!r}; "
            f"there are {sorted(there)}. Declare another metric, or predict again"
        )
    rows = []
    for language, own in predictions.groupby("language", sort=False):
        for name in task_metrics(task):
            measure, function = METRICS[name]
            part = own[own["measure"] == measure]
            if len(part):
                rows.append({"language": language, "metric": name, "value": function(part), "n": len(part)})
    return pd.DataFrame(rows, columns=["language", "metric", "value", "n"])
