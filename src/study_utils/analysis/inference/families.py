"""Gains per language family with intervals: the answer to "in which families, and is the difference real?"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from study_utils.analysis.inference.clear import CLAIM_TASKS, CLEAR, corrected
from study_utils.analysis.inference.example_noise import Noise, example_noise
from study_utils.analysis.inference.gain_model import LIKE_THESE
from study_utils.analysis.inference.groups import Prepared, prepare
from study_utils.analysis.inference.interval import Interval
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.inference.shared_models import SharedModels
from study_utils.analysis.results.failed_runs import judge_runs
from study_utils.analysis.results.tables import BASELINE, is_source
from study_utils.catalog import LANGUAGES
from study_utils.catalog.titles import task_title

MIN_EXAMPLES = 30
"""Fewest examples, over languages and tasks, that an interval may rest on."""
MIN_SEEDS = 2
"""Fewest seeds: with one, nothing says how much another training run would differ."""

FAMILY_GAIN_COLUMNS = [
    *("encoder", "variant", "condition", "unit", "group", "primary", "estimate", "low", "high", "level", "p", "p_holm"),
    *("clear", "decided_by", "general_estimate", "general_low", "general_high", "general_p", "general_p_holm"),
    *("general_clear", "general_withheld", "generalises_over", "own_spread", "n_languages", "n_tasks", "n_seeds"),
    *("n_examples", "languages", "tasks", "measure", "standard_error", "freedom", "seed_error"),
    *("same_data", "comparable", "withheld"),
    *("at_chance", "not_learnt", "collapsed", "sound_estimate", "sound_low", "sound_high", "sound_p", "failed_decide"),
]

FAILED_COLUMNS = ("at_chance", "not_learnt", "collapsed", "sound_estimate", "sound_low", "sound_high")
"""What failed behind a row, and its result without that; all empty where nothing did."""
SUMMARY_COLUMNS = (
    *("condition", "group", "estimate", "low", "high", "p_holm", "clear", "decided_by", "general_low", "general_high"),
    *("general_clear", "n_languages", "n_tasks"),
    *FAILED_COLUMNS,
    "withheld",
)
"""Columns that a reader needs first."""


def family_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
    cells: str = "own",
    english: str = "exclude",
    judged: bool = True,
    checked: bool = True,
    n_tasks: Mapping[tuple[str, str, str], int] | None = None,
) -> pd.DataFrame:
    """Average zero-shot gains within families, on these tasks and for tasks like these, with intervals.

    A mixed model (`study_utils.analysis.inference.gain_model`): every task weighs the same, and families are compared
    adjusted for the tasks that they have. On balanced data the estimate is the plain macro mean. Gains are averaged,
    never raw scores, so no condition profits from easier tasks.

    Parameters
    ----------
    predictions : pandas.DataFrame or None
        Columns of `study_utils.analysis.results.tables.PREDICTION_COLUMNS`. Without them, noise of test examples that
        translations share is not in the intervals.
    scores : pandas.DataFrame, optional
        The results table. It says which cells are zero-shot and which share data. Without it the catalogue says which
        languages a condition can have been trained in and what shares data. Needed for tasks whose predictions have no
        per-example measure (correlations).
    by : {"family", "branch", "language", "resource", "all"}
        Unit of a row. A family with one language, and an isolate, is shown as that language.
    settings : Settings
        `level` and `primary`.
    same_data : {"exclude", "include"}
        What to do with pairs of intermediate and target task made from the same data (MNLI and XNLI).
    cells : {"own", "common"}
        ``"own"``: each condition is averaged over the (task, language) cells it has, and `comparable` is False where
        conditions of a group have different ones. ``"common"``: only over cells that all conditions have.
    english : {"exclude", "include"}
        The source language (English, or what the target is trained in), where the results table calls it zero-shot: for
        `study_utils.analysis.inference.contrasts` alone.
    judged : bool
        Whether the values are scores that can be compared with chance, so that failed runs are looked for.
    checked : bool
        Whether estimates are tried without each task and without failed runs, and made for tasks like these; else
        `clear` says nothing of these, and most of the time is saved.
    n_tasks : mapping, optional
        (encoder, variant, condition) to how many tasks the study has, where the tables hold some of them.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, group). Estimates, ends of intervals and errors are fractions.

        `estimate`, `low`, `high`, `p`, `p_holm`, `standard_error`, `freedom`
            on these tasks; `p` is two-sided, `p_holm` corrected (`study_utils.analysis.inference.clear.corrected`).
        `seed_error`
            standard error by how much the means of seeds differ, with which every test is made too where fewer than
            three tasks stand behind; else zero.
        `clear`
            whether the interval excludes zero, ``p_holm < 0.05`` and nothing bars a claim (`claim_barred`).
        `decided_by`
            the task, or the language of a task in two, without which the sign turns, or the interval no longer excludes
            zero.
        `general_estimate`, `general_low`, ..., `general_clear`
            the same for tasks like these; `general_withheld` says why they are missing.
        `generalises_over`
            what the interval speaks about.
        `own_spread`
            whether the interval is wider than one variance for all families would have it, as the languages of this
            family differ more (`study_utils.analysis.inference.unequal`).
        `n_examples`, `languages`, `tasks`, `measure`
            test examples, each counted once; what is averaged; the per-example measure (see
            `study_utils.analysis.results.cells.example_blocks`).
        `same_data`
            tasks that share data with the condition (left out if excluded).
        `withheld`
            why an interval is missing.
        `at_chance`, `not_learnt`, `collapsed`
            tasks with one arm at chance, or both; runs that collapsed
            (`study_utils.analysis.results.failed_runs`).
        `sound_estimate`, `sound_low`, `sound_high`, `sound_p`
            on these tasks without all of those; missing if there are none.
        `failed_decide`
            whether the estimate's sign, or whether the interval excludes zero, is another without them.

    Raises
    ------
    AnalysisError
        If the tables are not valid, cells lack seeds or baselines, or a choice is unknown.
    """
    prepared = prepare(predictions, scores, by=by, same_data=same_data, cells=cells, english=english)
    covered = {
        key: set(zip(part["task"], part["language"]))
        for key, part in prepared.table.groupby(["encoder", "variant", "label"])
    }
    runs = judge_runs(_judged_scores(prepared, scores)) if judged and checked else None
    models, rows = SharedModels(), []
    for (encoder, variant, condition), part in prepared.table.groupby(["encoder", "variant", "condition"], sort=True):
        keys = {"encoder": encoder, "variant": variant, "condition": condition}
        noise = example_noise(prepared.blocks, part) if prepared.blocks else {}
        failed = _failed(runs, keys)
        count = (n_tasks or {}).get((encoder, variant, condition), part["task"].nunique())
        found = _headline(part, models, noise, settings.level, failed, checked=checked, n_tasks=count)
        for label, own in part.groupby("label", sort=True):
            cells_of = set(zip(own["task"], own["language"]))
            row = keys | {"group": label, **found[label], **behind(own), **_told(failed, own)}
            row["measure"] = ", ".join(sorted(own["measure"].unique()))
            row["comparable"] = cells_of == covered[encoder, variant, label]
            row["same_data"] = ", ".join(sorted(prepared.shared.get((encoder, variant, condition), ())))
            rows.append(row | {"level": settings.level} | withhold(row))
    table = pd.DataFrame(rows, columns=[name for name in FAMILY_GAIN_COLUMNS if name not in _ADDED])
    table = table.sort_values(["encoder", "variant", "group", "condition"], ignore_index=True)
    return corrected(table, settings.primary)[FAMILY_GAIN_COLUMNS]


_ADDED = ("primary", "p_holm", "clear", "general_p_holm", "general_clear")
_NUMBERS = ("estimate", "low", "high", "p", "standard_error", "freedom", "seed_error")


def _headline(
    part: pd.DataFrame,
    models: SharedModels,
    noise: Mapping[str, Noise],
    level: float,
    failed: pd.DataFrame,
    *,
    checked: bool,
    n_tasks: int,
) -> dict[str, dict[str, object]]:
    """Numbers of every group of one condition, on these tasks and on others, with and without what may decide them."""

    def on_these(cells: pd.DataFrame) -> dict[str, Interval]:
        if cells.empty:
            return {}
        model = models.of(cells, n_tasks=n_tasks)
        return model.estimate(cells["gain"].to_numpy(), noise=noise, level=level)

    whole = on_these(part)
    tasks = sorted(part["task"].unique())
    without: dict[str, dict[str, Interval]] = {}
    if checked and len(tasks) > 1 and any(own.p < CLEAR for own in whole.values()):
        without = {title: on_these(part[~lost]) for title, lost in _deciding_rows(part)}
    general: dict[str, Interval] = {}
    if checked and len(tasks) >= CLAIM_TASKS:
        general = models.of(part, tasks=LIKE_THESE).estimate(part["gain"].to_numpy(), level=level)
    sound = part[~_is_failed(part, failed)]
    again = {} if len(sound) == len(part) else on_these(sound)
    found, counts = {}, part.groupby("label")["task"].nunique().to_dict()
    for label, own in whole.items():
        row: dict[str, object] = {name: getattr(own, name) for name in (*_NUMBERS, "own_spread")}
        deciding = [title for title, other in without.items() if turns(own, other.get(label))]
        row |= {"decided_by": ", ".join(deciding), "failed_decide": len(sound) < len(part)}
        own_tasks, enough = counts[label], counts[label] >= CLAIM_TASKS
        row["general_withheld"] = "" if general and enough else "not asked for" if not checked else (
            f"{own_tasks} task{'s' * (own_tasks > 1)}, fewer than {CLAIM_TASKS}: how much tasks differ is not known"
        )  # fmt: skip
        for prefix, interval in (("general", general.get(label) if enough else None), ("sound", again.get(label))):
            for name in ("estimate", "low", "high", "p"):
                row[f"{prefix}_{name}"] = np.nan if interval is None else getattr(interval, name)
        if row["failed_decide"]:
            # Where one side is at chance in every task, that is the difference; where both are, there is none.
            row["failed_decide"] = differs(own, again[label]) if label in again else _unlearnt(part, failed, label)
        found[label] = row
    return found


def _deciding_rows(part: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Rows of each task, and of each language of a task in two: a cell that is half a task may decide a mean."""
    for task, own in part.groupby("task", sort=True):
        rows = part["task"] == task
        yield task_title(task), rows
        if own["language"].nunique() == 2:
            for language in sorted(own["language"].unique()):
                yield f"{task_title(task)} in {LANGUAGES[language].name}", rows & (part["language"] == language)


def turns(whole: Interval, without: Interval | None) -> bool:
    """Whether an interval that excludes zero no longer does, or has the other sign, without something."""
    return whole.p < CLEAR and (without is None or differs(whole, without))


def differs(one: Interval, other: Interval) -> bool:
    """Whether two intervals differ in sign, or in whether they exclude zero."""
    return (one.p < CLEAR) != (other.p < CLEAR) or (one.p < CLEAR and one.estimate * other.estimate < 0)


def _judged_scores(prepared: Prepared, scores: pd.DataFrame | None) -> pd.DataFrame:
    """Scores of the languages that count, of both arms; the cells' own values where there is no results table."""
    if scores is not None:
        others = scores[~is_source(scores)]
        return others if len(others) else scores
    table = prepared.table.rename(columns={"measure": "metric"})
    baseline = table.assign(condition=BASELINE, value=table["baseline"])
    key = ["encoder", "variant", "condition", "task", "language", "seed", "metric"]
    return pd.concat([table.assign(value=table["score"]), baseline.drop_duplicates(key)], ignore_index=True)


def _failed(runs: pd.DataFrame | None, keys: Mapping[str, str]) -> pd.DataFrame:
    """Failed runs of a condition and of its baseline: `condition`, `task`, `seed`, `at_chance`, `collapsed`."""
    columns = ["condition", "task", "seed", "at_chance", "collapsed"]
    if runs is None:
        return pd.DataFrame(columns=columns)
    here = (runs["encoder"] == keys["encoder"]) & (runs["variant"] == keys["variant"])
    here &= runs["condition"].isin([keys["condition"], BASELINE])
    return runs.loc[here & (runs["at_chance"] | runs["collapsed"]), columns]


def _is_failed(part: pd.DataFrame, failed: pd.DataFrame) -> np.ndarray:
    at_chance = part["task"].isin(failed.loc[failed["at_chance"].astype(bool), "task"])
    collapsed = set(map(tuple, failed.loc[failed["collapsed"].astype(bool), ["task", "seed"]].to_numpy()))
    return at_chance.to_numpy() | np.array([pair in collapsed for pair in zip(part["task"], part["seed"])], bool)


def _unlearnt(part: pd.DataFrame, failed: pd.DataFrame, label: str) -> bool:
    """Whether both arms are at chance in every task of a group."""
    arms = failed[failed["at_chance"].astype(bool)].groupby("task")["condition"].nunique()
    return part.loc[part["label"] == label, "task"].isin(arms.index[arms == 2]).all()


def _told(failed: pd.DataFrame, part: pd.DataFrame) -> dict[str, str]:
    """Name what failed among the tasks of a group."""
    failed = failed[failed["task"].isin(part["task"])]
    if failed.empty:
        return dict.fromkeys(("at_chance", "not_learnt", "collapsed"), "")
    arms = failed[failed["at_chance"].astype(bool)].groupby("task")["condition"].nunique()
    runs = failed[failed["collapsed"].astype(bool)]
    return {
        "at_chance": ", ".join(task_title(task) for task in arms.index[arms == 1]),
        "not_learnt": ", ".join(task_title(task) for task in arms.index[arms == 2]),
        "collapsed": ", ".join(
            f"{task_title(row.task)} seed {row.seed}{' of the baseline' * (row.condition == BASELINE)}"
            for row in runs.itertuples()
        ),
    }


def behind(part: pd.DataFrame) -> dict[str, object]:
    """What stands behind the numbers of a group's rows."""
    examples = dict(zip(zip(part["task"], part["language"]), part["examples"]))
    tasks, languages = (sorted(set(names)) for names in zip(*examples))
    with_examples, seeds = len({task for (task, _), count in examples.items() if count}), part["seed"].nunique()
    names = ["language"] * (len(languages) > 1)
    if with_examples:
        names.append("example" if with_examples == len(tasks) else f"example ({with_examples} of {len(tasks)} tasks)")
    return {
        "unit": part["unit"].iloc[0],
        "generalises_over": ", ".join(names + ["seed"] * (seeds > 1)),
        "n_languages": len(languages),
        "n_tasks": len(tasks),
        "n_seeds": seeds,
        "n_examples": sum(examples.values()),
        "languages": " ".join(languages),
        "tasks": " ".join(tasks),
    }


def withhold(row: Mapping[str, object]) -> dict[str, object]:
    """Say why an interval is withheld, and take away its numbers if it is."""
    reason = ""
    if row["n_seeds"] < MIN_SEEDS:
        reason = f"{row['n_seeds']} seed, fewer than {MIN_SEEDS}: the spread between training runs is not known"
    elif "example" in row["generalises_over"] and row["n_examples"] < MIN_EXAMPLES:
        reason = f"{row['n_examples']} examples, fewer than {MIN_EXAMPLES}"
    elif row["unit"] == "family" and row["n_languages"] == 1:
        reason = "one language of the family under this condition"
    elif not np.isfinite(row["p"]):
        reason = "nothing varies, or the cells are too few for a model"
    if not reason:
        return {"withheld": ""}
    numbers = [*_NUMBERS[1:], *(f"{prefix}_{name}" for prefix in ("general", "sound") for name in ("low", "high", "p"))]
    return {"withheld": reason} | {name: np.nan for name in numbers if name in row}
