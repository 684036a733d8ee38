"""Arms that are means of several conditions, so that groups of conditions are compared as single ones are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.results import CELL, PREDICTION_COLUMNS, SCORE_COLUMNS, require_columns
from study_utils.errors import AnalysisError, unknown

_EXAMPLE = [name for name in (*CELL, "example_id", "measure") if name != "condition"]
_SCORE = [name for name in (*CELL, "metric") if name != "condition"]


def add_means(
    predictions: pd.DataFrame | None, scores: pd.DataFrame, arms: Mapping[str, Mapping[str, float]]
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Add conditions whose score in every cell is the weighted mean of other conditions' scores there.

    A cell counts if all conditions of the arm have it. The same weights for single examples make the mean of the
    scores, so the bootstrap sees the examples behind a mean as it sees those behind a score.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study; predictions may be missing.
    arms : mapping of str to mapping of str to float
        Name of an arm to condition to weight; weights are scaled to sum to one.

    Returns
    -------
    predictions, scores : pandas.DataFrame
        With the rows of the arms after their own. A cell of an arm is zero-shot if it is so in all its conditions, and
        shares data if it does in one of them.

    Raises
    ------
    AnalysisError
        If columns are missing, or an arm is empty, names a condition that the scores lack, or has a condition's name.
    """
    require_columns(scores, SCORE_COLUMNS, table="results table")
    known = set(scores["condition"])
    for name, weights in arms.items():
        if name in known or not weights or min(weights.values()) <= 0:
            raise AnalysisError(f"arm {name!r} needs a name of its own and conditions with weights above zero")
        for key in weights:
            if key not in known:
                raise AnalysisError(unknown("condition", key, known, where=f"arm {name}"))
    more = [_mean(scores, name, weights, _SCORE, "value") for name, weights in arms.items()]
    scores = pd.concat([scores, *more], ignore_index=True)
    if predictions is None:
        return None, scores
    require_columns(predictions, PREDICTION_COLUMNS, table="predictions table")
    more = [_mean(predictions, name, weights, _EXAMPLE, "correct") for name, weights in arms.items()]
    return pd.concat([predictions, *more], ignore_index=True), scores


def _mean(frame: pd.DataFrame, name: str, weights: Mapping[str, float], key: list[str], value: str) -> pd.DataFrame:
    rows = frame[frame["condition"].isin(list(weights))]
    weight = rows["condition"].astype(object).map(dict(weights)).astype(float) / sum(weights.values())
    rows = rows.assign(**{value: rows[value] * weight})
    groups = rows.groupby(key, sort=False, observed=True)
    found = rows.drop_duplicates(key).assign(condition=name, run=name).set_index(key)
    found[value] = groups[value].sum(min_count=1)
    if "zero_shot" in found:
        found["zero_shot"] = groups["zero_shot"].all()
        found["same_data"] = groups["same_data"].any()
    return found[groups.size() == len(weights)].reset_index()[list(frame.columns)]
