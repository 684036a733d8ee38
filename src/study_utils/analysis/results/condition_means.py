"""Arms that are means of several conditions, so that groups of conditions are compared as single ones are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.results.tables import CELL, PREDICTION_COLUMNS, SCORE_COLUMNS, require_columns
from study_utils.errors import AnalysisError, unknown

_EXAMPLE = [name for name in (*CELL, "example_id", "measure") if name != "condition"]
_SCORE = [name for name in (*CELL, "metric") if name != "condition"]


def add_means(
    predictions: pd.DataFrame | None, scores: pd.DataFrame, arms: Mapping[str, Mapping[str, float]]
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Add conditions whose score in every cell is the weighted mean of other conditions' scores there.

    A cell counts if all conditions of the arm have it. The same weights for single examples make the mean of the
    scores, so intervals see the examples behind a mean as those behind a score.

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
    scores = pd.concat([scores, *(mean_rows(scores, name, arms[name]) for name in arms)], ignore_index=True)
    if predictions is None:
        return None, scores
    require_columns(predictions, PREDICTION_COLUMNS, table="predictions table")
    more = [mean_rows(predictions, name, weights) for name, weights in arms.items()]
    return pd.concat([predictions, *more], ignore_index=True), scores


def mean_rows(frame: pd.DataFrame, name: str, weights: Mapping[str, float], *, partial: bool = False) -> pd.DataFrame:
    """Average some conditions of a table, row by row.

    Parameters
    ----------
    frame : pandas.DataFrame
        Predictions or scores.
    name : str
        What the arm is called.
    weights : mapping of str to float
        Condition to weight.
    partial : bool
        Whether a cell that some of the conditions lack is averaged over those that it has; else it is left out.
    """
    key, value = (_EXAMPLE, "correct") if "example_id" in frame else (_SCORE, "value")
    rows = frame[frame["condition"].isin(list(weights))]
    weight = rows["condition"].astype(object).map(dict(weights)).astype(float)
    rows = rows.assign(**{value: rows[value] * weight, "weight": weight})
    groups = rows.groupby(key, sort=False, observed=True)
    found = rows.drop_duplicates(key).assign(condition=name, run=name).set_index(key)
    found[value] = groups[value].sum(min_count=1) / groups["weight"].sum()
    if "zero_shot" in found:
        found["zero_shot"] = groups["zero_shot"].all()
        found["same_data"] = groups["same_data"].any()
    kept = found if partial else found[groups.size() == len(weights)]
    return kept.reset_index()[list(frame.columns)]
