"""Gains target task by target task, before any mean over tasks.

The few training runs of a task are often alike by chance. So its interval is at least as wide as the model of all
tasks, in which they share their variances, has it; in a study of one or two tasks, as its own seeds have it
(`study_utils.analysis.inference.gain_model`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields

import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.example_noise import example_noise
from study_utils.analysis.inference.families import family_gains
from study_utils.analysis.inference.gain_model import GainModel
from study_utils.analysis.inference.groups import prepare
from study_utils.analysis.inference.interval import Interval, make_interval, wider
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
        One row an (encoder, variant, condition, `task`), columns as there. `p_holm` is corrected over all rows. The
        estimate is that of the task's own cells; interval and p-value are the more cautious of theirs and the model's
        of all tasks.

    Raises
    ------
    AnalysisError
        As there.
    """
    tasks = scores.loc[is_primary(scores), "task"].unique()
    if not len(tasks):  # an empty table is refused with what it lacks
        return family_gains(predictions, scores)
    together = _together(predictions, scores, settings=settings, same_data=same_data)
    counts, rows = Counter(key[:3] for key in together), []
    for task in tasks:
        own = scores[scores["task"] == task]
        examples = predictions
        if isinstance(predictions, Mapping):
            examples = {key: block for key, block in predictions.items() if key[2] == task}
        elif predictions is not None:
            examples = predictions[predictions["task"] == task]
        table = family_gains(examples, own, by="all", settings=settings, same_data=same_data, n_tasks=counts)
        for row in table.assign(task=task).to_dict("records"):
            rows.append(_cautious(row, together[tuple(row[name] for name in _KEYS)]))
    table = corrected(pd.DataFrame(rows, columns=[*table, "task"]))
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


def _cautious(row: dict, together: Interval) -> dict:
    """Numbers of the wider interval about the row's estimate."""
    names = [field.name for field in fields(Interval)]
    own = Interval(**{name: row[name] for name in names})
    told = (row["estimate"], together.standard_error, together.freedom, own.own_spread, 0.0)
    chosen = wider(own, make_interval(*told, level=row["level"], limits=(-1.0, 1.0)))
    return row | {name: getattr(chosen, name) for name in names}
