"""Sentences about intermediate tasks of a domain, generated from tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.questions.domains import DOMAIN_COLUMNS, MEAN
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog.titles import at_most_five, condition_title, task_title
from study_utils.sentences.failed import describe_failed_runs
from study_utils.sentences.gains import counted, interval_text, points, verdict

_MOST = 5
"""Results that are told one by one; more are left to the table."""
_NONE = "The study has no domain's task beside a general one of the same kind, so nothing can be compared."


def describe_domains(table: pd.DataFrame) -> list[str]:
    """Say where a domain's tasks do other things than general ones:
    `study_utils.analysis.questions.domains.domain_gains`.

    Returns
    -------
    list of str
        A count over all rows, one sentence a mean of a domain and group of languages, one a clear single pair, and one
        on unequal budgets if there are some.
    """
    require_columns(table, DOMAIN_COLUMNS, table="table of domains")
    if table.empty:
        return [_NONE]
    up, down = (int((table["clear"] & (table["estimate"] * sign > 0)).sum()) for sign in (1, -1))
    sentences = [
        f"Of {counted(len(table), 'comparison')} of a domain's intermediate task with a general one of the same kind, "
        f"{up} are clearly better and {down} clearly worse after correction; {len(table) - up - down} are not decided "
        f"at this size."
    ]
    shown = table[(table["kind"] == MEAN) | table["clear"].astype(bool)]
    shown = (shown if len(shown) else table).sort_values("kind", key=lambda kind: kind != MEAN, kind="stable")
    sentences += [_one(row) for _, row in shown.head(_MOST).iterrows()]
    if len(shown) > _MOST:
        sentences.append(f"{len(shown) - _MOST} more are in the table.")
    unequal = table[(table["budget"] != "") & (table["kind"] != MEAN)].drop_duplicates("contrast")
    if len(unequal):
        told = at_most_five([f"{_pair(row)} ({row['budget']})" for _, row in unequal.iterrows()])
        sentences.append(f"Not at equal budgets, so not comparable as they stand: {told}.")
    return sentences


def describe_in_domain(table: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Say the same of targets of the domain itself, and which of them were not learnt at all.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.questions.domains.domain_gains` with ``in_domain=True``.
    scores : pandas.DataFrame
        Scores behind it.
    """
    require_columns(table, DOMAIN_COLUMNS, table="table of domains")
    if table.empty:
        return ["The study has no target of a domain that it trains an intermediate task of, so there is no check."]
    tasks = {key for keys in table["tasks"] for key in keys.split()}
    return [*describe_failed_runs(scores[scores["task"].isin(tasks)]), *(_one(row) for _, row in table.iterrows())]


def _pair(row: pd.Series) -> str:
    if row["kind"] == MEAN:
        return f"{row['domain'].capitalize()} against general tasks, mean over kinds"
    return f"{condition_title(row['arm'])} against {condition_title(row['against'])} ({row['kind']})"


def _one(row: pd.Series) -> str:
    tasks = ", ".join(map(task_title, row["tasks"].split()))
    behind = f"{tasks}; {counted(row['n_languages'], 'language')}, {counted(row['n_seeds'], 'seed')}"
    start = f"{_pair(row)}, {row['group'].lower()}: {points(row['estimate'])} points"
    if row["withheld"] or not np.isfinite(row["low"]):
        return f"{start} ({behind}); no interval: {row['withheld']}."
    end = f"; {row['budget']}" if row["budget"] else ""
    return f"{start} ({interval_text(row)}; {behind}): {verdict(row, 'clearly better', 'clearly worse')}{end}."
