"""Retrieval by layer: the score before and after each intermediate task, and the gain, at every layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.inference.families import family_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.tables import (
    BASELINE,
    CELL,
    SCORE_COLUMNS,
    is_source,
    primary_metric,
    require_columns,
)
from study_utils.catalog.titles import condition_title, rows_title

LAYER_COLUMNS = [
    *("encoder", "task", "condition", "metric", "layer", "depth", "used", "published", "score", "n_languages"),
    *("n_seeds", "gain", "low", "high", "level", "withheld"),
]


def layer_gains(
    layers: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Average scores and gains of retrieval over zero-shot languages, layer by layer.

    Parameters
    ----------
    layers : pandas.DataFrame
        From `study_utils.study.Study.layers`.
    settings : Settings
        `level`.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, task, condition, layer): `score` and `gain`, means over seeds, then over the languages that
        are zero-shot under the condition (fractions, of the primary metric; the baseline has no gain); `n_languages`,
        `n_seeds`; `used` and `published` as in `layers`. `low` and `high` are those of the mixed
        model, without noise that examples share, for no predictions are kept of layers that aren't read: the layer that
        is read has its own interval elsewhere.
        `withheld` as in `study_utils.analysis.family_gains`. Nothing is called clear: one task's own runs tell too
        little of how runs differ (`study_utils.analysis.task_gains` says it of the layer that is read).

    Raises
    ------
    AnalysisError
        If the table lacks columns, or the scores of a layer are not valid.
    """
    needed = (*(name for name in SCORE_COLUMNS if name != "n"), "layer", "depth", "used", "published")
    require_columns(layers, needed, table="table of layers")
    if layers.empty:
        return pd.DataFrame(columns=LAYER_COLUMNS)
    primary = layers["metric"] == layers["task"].map({key: primary_metric(key) for key in layers["task"].unique()})
    kept = layers[primary & layers["zero_shot"].astype(bool) & ~is_source(layers)]
    keys = ["encoder", "task", "condition", "metric", "layer", "depth", "used", "published"]
    by_language = kept.groupby([*keys, "language"], sort=False)["value"].mean()
    table = by_language.groupby(keys, sort=False).agg(["mean", "size"]).set_axis(["score", "n_languages"], axis=1)
    table["n_seeds"] = kept.groupby(keys)["seed"].nunique()
    gains = pd.concat([_gains(part, settings) for _, part in kept.groupby(["task", "layer"], sort=False)])
    table = table.reset_index().merge(gains, on=["encoder", "task", "condition", "layer"], how="left")
    table["withheld"] = table["withheld"].fillna("")
    return table.sort_values(["encoder", "task", "layer"], kind="stable", ignore_index=True)[LAYER_COLUMNS]


def layer_table(found: pd.DataFrame) -> pd.DataFrame:
    """Lay out `layer_gains` for reading: one row a layer of a task, one column a condition.

    Parameters
    ----------
    found : pandas.DataFrame
        From `layer_gains`.

    Returns
    -------
    pandas.DataFrame
        `encoder`, `task` (its title), `layer` (the one that is read is marked) and texts under headings of their own
        (what they share, a bar, the condition): the score of the baseline in percent; of other conditions the gain in
        points with its interval.
    """
    keys = ["encoder", "task", "layer"]
    if found.empty:
        return pd.DataFrame(columns=keys)
    names = dict.fromkeys(found["condition"])
    columns = [f"{'score (%)' if key == BASELINE else 'gain (points)'}|{condition_title(key)}" for key in names]
    texts = found.assign(text=[_text(row) for row in found.itertuples()])
    wide = texts.pivot_table(index=[*keys, "used"], columns="condition", values="text", aggfunc="first", sort=False)
    table = wide[[*names]].set_axis(columns, axis=1).fillna("").reset_index()
    marked = [f"{layer}{' (read)' * bool(used)}" for layer, used in zip(table["layer"], table["used"])]
    return table.assign(task=table["task"].map(rows_title), layer=marked).drop(columns="used")


def _text(row: tuple) -> str:
    """Score of the baseline, gain of another condition."""
    if row.condition == BASELINE:
        return f"{100 * row.score:.1f}"
    if np.isnan(row.gain):
        return ""
    numbers = [f"{round(100 * value, 1) + 0.0:.1f}" for value in (row.gain, row.low, row.high)]
    told = numbers[0] if np.isnan(row.low) else f"{numbers[0]} [{numbers[1]},\N{NO-BREAK SPACE}{numbers[2]}]"
    return told.replace("-", "\N{MINUS SIGN}")


def _gains(part: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Gains of all conditions at one layer of one task."""
    scores = part[[*CELL, "metric", "value", "zero_shot", "same_data", "run"]].assign(n=1)
    found = family_gains(None, scores, by="all", settings=settings).rename(columns={"estimate": "gain"})
    named = found.assign(task=part["task"].iloc[0], layer=part["layer"].iloc[0])
    return named[["encoder", "task", "condition", "layer", "gain", "low", "high", "level", "withheld"]]
