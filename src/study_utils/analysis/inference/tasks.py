"""Gains target task by target task, before any mean over tasks.

How much the training runs of a task differ is told by as many numbers as there are seeds, and by chance they are often
alike: intervals from a task's own cells alone claim too much (with three seeds, in up to a fifth of simulated studies
without any gain). So each is at least as wide as the model of all tasks, in which they share their variances, has it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.example_noise import example_noise
from study_utils.analysis.inference.families import family_gains
from study_utils.analysis.inference.gain_model import GainModel
from study_utils.analysis.inference.groups import prepare
from study_utils.analysis.inference.interval import Interval, make_interval
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.tables import is_primary

TASK_GAIN_COLUMNS = [
    *("encoder", "variant", "condition", "task", "estimate", "low", "high", "level", "p", "p_holm", "clear"),
    *("generalises_over", "n_languages", "n_seeds", "n_examples", "languages", "measure", "standard_error", "freedom"),
    *("unit", "same_data", "withheld", "at_chance", "not_learnt", "collapsed"),
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
        One row an (encoder, variant, condition, `task`), columns as there. `p_holm` is corrected over all rows. The
        estimate is that of the task's own cells; interval and p-value are the more cautious of theirs and the model's
        of all tasks.

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
    table = pd.concat(found, ignore_index=True)
    together = _together(predictions, scores, settings=settings, same_data=same_data)
    rows = [_cautious(row, together[tuple(row[name] for name in _KEYS)]) for row in table.to_dict("records")]
    table = corrected(pd.DataFrame(rows, columns=table.columns))
    order = ["encoder", "variant", "condition"]
    return table.sort_values(order, kind="stable", ignore_index=True)[TASK_GAIN_COLUMNS]


_KEYS = ("encoder", "variant", "condition", "task")


def _together(
    predictions: pd.DataFrame | None, scores: pd.DataFrame, *, settings: Settings, same_data: str
) -> dict[tuple, Interval]:
    """Every task from the model of all of them: (encoder, variant, condition, task) to its interval."""
    prepared = prepare(predictions, scores, by="all", same_data=same_data, function="task_gains")
    found = {}
    for key, part in prepared.table.groupby(list(_KEYS[:3]), sort=True):
        noise = example_noise(prepared.blocks, part) if prepared.blocks else {}
        model = GainModel(part.assign(unit="task", label=part["task"]))
        told = model.estimate(part["gain"].to_numpy(), noise=noise, level=settings.level)
        found |= {(*key, task): interval for task, interval in told.items()}
    return found


def _cautious(row: dict, other: Interval) -> dict:
    """The wider interval and the larger p-value, where the model of all tasks has the larger standard error."""
    error, freedom = other.standard_error, other.freedom
    if not error > row["standard_error"]:
        return row
    other = make_interval(row["estimate"], error, freedom, False, 0.0, level=row["level"], limits=(-1.0, 1.0))
    numbers = {"low": min(row["low"], other.low), "high": max(row["high"], other.high), "p": max(row["p"], other.p)}
    return row | numbers | {"standard_error": error, "freedom": freedom}
