"""Macro averages over zero-shot languages: one row a target, one column a condition."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study_utils.catalog import TASKS
from study_utils.catalog.titles import metric_title


def macro_average(scores: pd.DataFrame, *, conditions: Sequence[str], targets: Sequence[str]) -> pd.DataFrame:
    """Average scores over zero-shot languages.

    It is of the primary metric, and of those that a task shows beside it (UD-POS: the benchmark's F1). Only languages
    that are zero-shot under all conditions that have some: all are averaged over the same ones.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table.
    conditions, targets : sequence of str
        Keys of those that are shown, in order.

    Returns
    -------
    pandas.DataFrame
        One row a target, encoder and metric, one column a condition: ``mean (spread over seeds)`` in percent, the mean
        alone from one seed, "not zero-shot", or "not run" without any score; `languages`, how many are averaged; and
        of retrieval the `layer` that is read. A target without zero-shot scores has no row.
    """
    shown = {(key, name) for key in targets for name in (TASKS[key].metric, *TASKS[key].beside)}
    is_shown = pd.MultiIndex.from_frame(scores[["task", "metric"]]).isin(shown)
    kept = scores[scores["zero_shot"] & scores["condition"].isin(conditions) & is_shown]
    groups = ["encoder", "task", "metric"]
    if kept.empty:
        return pd.DataFrame(columns=[*groups, "languages"])
    order = kept.set_index(groups).index.unique()
    compared = kept.groupby(groups)["condition"].transform("nunique")
    kept = kept[kept.groupby([*groups, "language"])["condition"].transform("nunique") == compared]
    by_seed = kept.groupby([*groups, "condition", "seed"], sort=False)["value"].mean()
    summary = by_seed.groupby(level=[*groups, "condition"], sort=False).agg(["mean", "std"]).mul(100)
    text = summary.apply(_mean_and_spread, axis=1).unstack()
    text = text.reindex(index=order[order.isin(text.index)], columns=conditions)
    there = scores[is_shown].groupby([*groups, "condition"]).size().unstack()
    there = there.reindex(index=text.index, columns=conditions).notna()
    text = text.where(text.notna() | ~there, "not zero-shot").where(text.notna() | there, "not run")
    if "layer" in kept and kept["layer"].notna().any():
        text.insert(0, "layer", kept.groupby(groups)["layer"].first())
    text.insert(0, "languages", kept.groupby(groups)["language"].nunique())
    return text.reset_index().assign(metric=lambda table: table["metric"].map(metric_title))


def _mean_and_spread(row: pd.Series) -> str:
    return f"{row['mean']:.1f}" + (f" ({row['std']:.1f})" if pd.notna(row["std"]) else "")
