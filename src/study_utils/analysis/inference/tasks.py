"""Gains target task by target task, before any mean over tasks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.families import family_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.tables import is_primary

TASK_GAIN_COLUMNS = [
    *("encoder", "variant", "condition", "task", "estimate", "low", "high", "level", "p", "p_holm", "clear"),
    *("generalises_over", "n_languages", "n_seeds", "n_examples", "languages", "measure", "standard_error", "freedom"),
    *("seed_error", "unit", "same_data", "withheld", "at_chance", "not_learnt", "collapsed"),
    *("sound_estimate", "sound_low", "sound_high", "sound_p", "failed_decide"),
]


def task_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
) -> pd.DataFrame:
    """Average zero-shot gains over the languages of each target task, with intervals; languages and seeds are random.

    Parameters
    ----------
    predictions, scores, settings, same_data
        As in `study_utils.analysis.family_gains`.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, `task`), columns as there. `p_holm` is corrected over all rows.

    Raises
    ------
    AnalysisError
        As there.
    """
    found = []
    for task in scores.loc[is_primary(scores), "task"].unique():
        own = scores[scores["task"] == task]
        examples = predictions
        if isinstance(predictions, Mapping):
            examples = {key: block for key, block in predictions.items() if key[2] == task}
        elif predictions is not None:
            examples = predictions[predictions["task"] == task]
        table = family_gains(examples, own, by="all", settings=settings, same_data=same_data)
        found.append(table.assign(task=task))
    if not found:  # an empty table is refused with what it lacks
        return family_gains(predictions, scores)
    table = corrected(pd.concat(found, ignore_index=True))
    order = ["encoder", "variant", "condition"]
    return table.sort_values(order, kind="stable", ignore_index=True)[TASK_GAIN_COLUMNS]
