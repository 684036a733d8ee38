"""Every score the study reports, from predictions; definitions as the published benchmarks give them. No torch.

Scores are fractions. Each function takes what `predict` wrote for one language and says in its docstring where the
definition comes from.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.catalog import Task
from study_utils.errors import DataError

log = logging.getLogger(__name__)


def accuracy(predictions: pd.DataFrame) -> float:
    """Share of right answers: sum of `correct` over sum of `total` (micro average over examples)."""
    return float(predictions["correct"].sum() / predictions["total"].sum())


def macro_f1(predictions: pd.DataFrame) -> float:
    """Unweighted mean of the F1 of every label that occurs in gold or predictions (scikit-learn's default)."""
    gold, found = predictions["gold"].to_numpy(), predictions["prediction"].to_numpy()
    scores = []
    for label in np.union1d(gold, found):
        both = np.sum((gold == label) & (found == label))
        scores.append(2 * both / (np.sum(gold == label) + np.sum(found == label)))
    return float(np.mean(scores))


def spearman(predictions: pd.DataFrame) -> float:
    """Spearman's rank correlation of predicted and gold value; 0 with a warning if either is constant."""
    return _correlation(predictions, stats.spearmanr, "Spearman")


def pearson(predictions: pd.DataFrame) -> float:
    """Pearson's correlation of predicted and gold value; 0 with a warning if either is constant."""
    return _correlation(predictions, stats.pearsonr, "Pearson")


def _correlation(predictions: pd.DataFrame, function: Callable, name: str) -> float:
    gold, found = predictions["gold"].astype(float), predictions["prediction"].astype(float)
    if len(gold) < 2 or gold.nunique() == 1 or found.nunique() == 1:
        log.warning("%s correlation of a constant is not defined: 0 is reported", name)
        return 0.0
    return float(function(gold, found).statistic)


def spans(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """Spans of a tag sequence in IOB2, read leniently as `conlleval` does.

    An ``I-`` tag after ``O`` or after another type opens a span.

    Returns
    -------
    set of (type, first index, index after the last)

    Examples
    --------
    >>> sorted(spans(["B-PER", "I-PER", "O", "I-LOC", "I-PER"]))
    [('LOC', 3, 4), ('PER', 0, 2), ('PER', 4, 5)]
    """
    found, start, kind = set(), 0, ""
    for index, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if kind and (prefix != "I" or name != kind):
            found.add((kind, start, index))
            kind = ""
        if prefix in ("B", "I") and not kind:
            start, kind = index, name
    return found


def span_f1(predictions: pd.DataFrame) -> float:
    """Micro F1 over sentences of spans with equal type and both ends equal; 0 without a right span."""
    right = gold_spans = found_spans = 0
    for gold, found in zip(predictions["gold"], predictions["prediction"]):
        gold_set, found_set = spans(gold.split()), spans(found.split())
        right += len(gold_set & found_set)
        gold_spans += len(gold_set)
        found_spans += len(found_set)
    return 2 * right / (gold_spans + found_spans) if right else 0.0


METRICS: Mapping[str, tuple[str, Callable[[pd.DataFrame], float]]] = {
    "accuracy": ("accuracy", accuracy),
    "macro_f1": ("accuracy", macro_f1),
    "spearman": ("spearman", spearman),
    "pearson": ("spearman", pearson),
    "token_accuracy": ("token_accuracy", accuracy),
    "span_f1": ("token_accuracy", span_f1),
    "accuracy_from_english": ("accuracy_from_english", accuracy),
    "accuracy_to_english": ("accuracy_to_english", accuracy),
}
"""Metric name: the measure of the prediction rows it is computed from, and the function."""


def task_metrics(task: Task) -> tuple[str, ...]:
    """Metrics that are computed for a task, its primary one first."""
    own = {
        "classify": ("accuracy", "macro_f1"),
        "regress": ("spearman", "pearson"),
        "tag": ("token_accuracy", "span_f1") if "O" in task.labels else ("token_accuracy",),
        "retrieve": ("accuracy_from_english", "accuracy_to_english"),
    }[task.format]
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
        One row a language and metric: `language`, `metric`, `value`, `n` (prediction rows behind it).

    Raises
    ------
    DataError
        If a row has no gold answer.
    """
    if predictions["gold"].isna().any() or (predictions["gold"] == "").any():
        raise DataError(f"task {task.key}: predictions without gold answers cannot be scored")
    rows = []
    for language, own in predictions.groupby("language", sort=False):
        for name in task_metrics(task):
            measure, function = METRICS[name]
            part = own[own["measure"] == measure]
            rows.append({"language": language, "metric": name, "value": function(part), "n": len(part)})
    return pd.DataFrame(rows, columns=["language", "metric", "value", "n"])
