"""How many training rows a study asks for and how many there are: told before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from study_utils.catalog import task
from study_utils.catalog.conditions import regime_name
from study_utils.catalog.titles import at_most_five
from study_utils.data.sources import stated_rows
from study_utils.errors import DataError, ParameterError
from study_utils.params import StudyParams
from study_utils.plan import STAGES, Plan, Run
from study_utils.plan.declared import with_held_out
from study_utils.store import Store

COLUMNS = ("task", "regime", "languages", "asked", "there", "counted")


def shortfalls(plan: Plan, store: Store, params: StudyParams) -> pd.DataFrame:
    """List the training rows that are fewer than the study asks for.

    Returns
    -------
    pandas.DataFrame
        One row a set of training rows with a limit above what there is: `task`, `regime` (whose training rows they
        are), `languages`, `asked`, `there` (rows) and `counted` (True once the rows are prepared; before, what a copy
        or the catalogue states, and nothing is told where neither does).
    """
    found = []
    for run in plan.runs.values():
        if run.kind != "data" or run.work["roles"].get("train") is None:
            continue
        asked, done = run.work["roles"]["train"], store.status(run.id) == "done"
        there = store.manifest(run.id)["rows"]["train"] if done else _stated(run, params)
        if there is not None and there < asked:
            languages = " ".join(run.work["languages"])
            regime = regime_name(run.work["regime"], [run.work["task"]])
            found.append((run.work["task"], regime, languages, asked, there, done))
    return pd.DataFrame(found, columns=list(COLUMNS))


def training_sizes(plan: Plan, store: Store) -> pd.DataFrame:
    """Count the rows that trained each scored model, before its target and on it.

    Returns
    -------
    pandas.DataFrame
        One row a (condition, task, language): `intermediate_examples` (rows of all intermediate tasks) and
        `target_examples` (rows of the target, in all languages). Encoders and seeds share them.

    Raises
    ------
    StoreError
        If the rows have not been prepared.
    """
    found = {}
    for cell in plan.cells:
        rows = {STAGES[1]: 0, STAGES[2]: 0}
        for data, stage in _training_data(plan, cell.run).items():
            rows[stage] += store.manifest(data)["rows"]["train"]
        for code in cell.languages:
            found[cell.condition, cell.task, code] = tuple(rows.values())
    columns = ["condition", "task", "language", "intermediate_examples", "target_examples"]
    return pd.DataFrame([(*key, *rows) for key, rows in found.items()], columns=columns)


def _training_data(plan: Plan, run_id: str) -> dict[str, str]:
    """Data runs with training rows behind a run that scores, and the stage that they train."""
    found, start = {}, plan.runs[run_id].work["start"]
    while start is not None:
        run = plan.runs[start]
        found |= dict.fromkeys(run.work["data"].values(), run.stage)
        start = run.work["start"]
    return found


def describe_shortfalls(table: pd.DataFrame) -> list[str]:
    """Say which training sets are smaller than asked for, one sentence a task and regime; or that none is."""
    if table.empty:
        return ["No training set is known to be smaller than the study asks for."]
    sentences = []
    for (key, regime), part in table.groupby(["task", "regime"], sort=False):
        told = at_most_five([f"{at_most_five(row.languages.split())}: {row.there}" for row in part.itertuples()])
        sentences.append(
            f"{task(key).title}, trained under the regime {regime.replace('_', ' ')}: {part['asked'].iloc[0]} training "
            f"rows are asked for and there are fewer ({told}). Scores are compared only where the numbers are equal."
        )
    return sentences


def require_equal(plan: Plan, store: Store, params: StudyParams, *, runs: Iterable[str] | None = None) -> None:
    """Refuse training rows that are known to be fewer than a study with `equal_budgets` asks for.

    Parameters
    ----------
    runs : iterable of str, optional
        Data runs to look at; all, if left out.

    Raises
    ------
    ParameterError
        With the sets that are too small.
    """
    if not params.equal_budgets:
        return
    chosen = plan if runs is None else replace(plan, runs={key: plan.runs[key] for key in runs})
    if len(table := shortfalls(chosen, store, params)):
        told = "\n".join(f"  {sentence}" for sentence in describe_shortfalls(table))
        raise ParameterError(
            f"equal_budgets is set, but training rows are missing:\n{told}\n"
            f"Ask for {table['there'].min()} examples or fewer, or set equal_budgets to false"
        )


def _stated(run: Run, params: StudyParams) -> int | None:
    mirror = params.mirrors
    item = task(run.work["task"])
    item = with_held_out(item) if run.work.get("whole") else item
    where = {"mirror": mirror, "sources": params.sources, "partial": params.partial_sets}
    counts = []
    for source, languages in run.work["parts"]["train"]:
        for code in languages:
            try:
                counts.append(stated_rows(item, source, code, **where))
            except DataError:
                return None
    share, _ = run.work.get("shares", {}).get("train", (1.0, False))
    return None if None in counts else round(sum(counts) * share)
