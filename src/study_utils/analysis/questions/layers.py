"""Retrieval by layer: the score before and after each intermediate task, and the gain, at every layer."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.inference.families import family_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.tables import CELL, SCORE_COLUMNS, is_source, primary_metric, require_columns

LAYER_COLUMNS = [
    *("encoder", "task", "condition", "metric", "layer", "depth", "used", "published", "score", "n_languages"),
    *("n_seeds", "gain", "low", "high", "level", "clear", "withheld"),
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
        `clear` and `withheld` as in `study_utils.analysis.family_gains`, corrected within a layer.

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
    table["clear"], table["withheld"] = table["clear"] == True, table["withheld"].fillna("")  # noqa: E712 - or missing
    return table.sort_values(["encoder", "task", "layer"], kind="stable", ignore_index=True)[LAYER_COLUMNS]


def _gains(part: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Gains of all conditions at one layer of one task."""
    scores = part[[*CELL, "metric", "value", "zero_shot", "same_data", "run"]].assign(n=1)
    found = family_gains(None, scores, by="all", settings=settings).rename(columns={"estimate": "gain"})
    named = found.assign(task=part["task"].iloc[0], layer=part["layer"].iloc[0])
    return named[["encoder", "task", "condition", "layer", "gain", "low", "high", "level", "clear", "withheld"]]
