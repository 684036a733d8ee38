"""The same comparison in several studies: a condition with the baseline on one target task."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.results.gains import task_means
from study_utils.catalog.perturbations import CLEAN

_KEY = ["encoder", "condition", "task"]
COLUMNS = ("study", *_KEY, "estimate", "low", "high", "clear", "n_languages", "n_seeds", "runs")


def study_comparisons(study: str, scores: pd.DataFrame, by_task: pd.DataFrame | None = None) -> pd.DataFrame:
    """List what one study says of each condition on each target task, on clean test rows.

    Parameters
    ----------
    study : str
        Its name.
    scores : pandas.DataFrame
        Its results table.
    by_task : pandas.DataFrame, optional
        Its gains by task (`study_utils.analysis.task_gains`): where they have an interval, estimate and interval are
        theirs. Without it, or without an interval, the estimate is the plain mean.

    Returns
    -------
    pandas.DataFrame
        One row a comparison; columns `COLUMNS`: gains are fractions, ends missing where there is no interval; `runs`
        are the ids of the condition's scored runs.

    Raises
    ------
    AnalysisError
        If the results table is not valid.
    """
    means = task_means(scores).query("variant == @CLEAN").rename(columns={"gain": "estimate"})
    means = means.assign(study=study, low=float("nan"), high=float("nan"), clear=False)
    runs = scores[scores["variant"] == CLEAN].groupby(_KEY)["run"].agg(lambda ids: " ".join(sorted(set(ids))))
    table = means.merge(runs.rename("runs").reset_index(), on=_KEY).set_index(_KEY)
    if by_task is not None:
        told = by_task[(by_task["variant"] == CLEAN) & by_task["low"].notna()].set_index(_KEY)
        there = table.index.intersection(told.index)
        for name in ("estimate", "low", "high", "clear"):
            table.loc[there, name] = told.loc[there, name].astype(table[name].dtype)
    return table.reset_index()[list(COLUMNS)]


def same_comparisons(studies: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Keep the comparisons that two studies or more have made, each with all of its studies.

    Parameters
    ----------
    studies : mapping of str to pandas.DataFrame
        Study to its `study_comparisons`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS` and `also`, ordered by condition, task, encoder and study. Studies that share the very runs of
        a comparison have made it once: it is told of the first by name, and `also` names the others.
    """
    if not studies:
        return pd.DataFrame(columns=[*COLUMNS, "also"])
    table = pd.concat(studies.values(), ignore_index=True).sort_values([*_KEY, "study"], ignore_index=True)
    sharing = table.groupby([*_KEY, "runs"])["study"]
    table["also"] = sharing.transform(lambda names: ", ".join(names.iloc[1:]))
    table = table[sharing.cumcount() == 0]
    counts = table.groupby(["condition", "task"])["study"].transform("nunique")
    return table[counts > 1].sort_values(["condition", "task", "encoder", "study"], ignore_index=True)
