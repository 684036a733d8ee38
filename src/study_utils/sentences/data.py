"""Sentences about data and training; those about results come from `study_utils.sentences.gains`."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.above_chance import compare_with_chance
from study_utils.analysis.results.tables import join_languages, require_columns
from study_utils.catalog import LANGUAGES, TASKS
from study_utils.catalog.titles import (
    at_most_five,
    beside_task,
    condition_title,
    metric_label,
    metric_title,
    rows_title,
    source_name,
    task_title,
)
from study_utils.sentences.gains import counted


def describe_dropped(facts: pd.DataFrame) -> list[str]:
    """Say how many rows had no gold label or a misplaced answer: columns `task`, `role`, `rows`, `dropped`, `moved`."""
    require_columns(facts, ("task", "role", "rows", "dropped", "moved"), table="table of data facts")
    kept = counted(int(facts["rows"].sum()), "row")
    dropped, moved = (
        ", ".join(f"{row.count} of {rows_title(row.task)} ({row.role})" for row in found.itertuples())
        for found in (facts.assign(count=facts[name])[facts[name] > 0] for name in ("dropped", "moved"))
    )
    if dropped:
        sentences = [f"{kept} in use. Rows left out because they had no gold label: {dropped}."]
    else:
        sentences = [f"{kept} in use; none was without a gold label."]
    if moved:
        sentences.append(f"Rows whose answer stands elsewhere than its start says, moved there: {moved}.")
    return sentences


def describe_partial(partial: pd.DataFrame) -> list[str]:
    """Say which rows are read in part, one sentence a task and role, or that none are: columns as `Study.partial`."""
    require_columns(partial, ("task", "role", "language", "used", "absent"), table="table of sets read in part")
    if partial.empty:
        return ["Every set of rows is read from all its parts."]
    return [
        f"{task_title(task)}, {role} rows: {counted(len(rows), 'language')} with some of the declared parts only, "
        f"without {at_most_five([f'{row.absent} ({row.language})' for row in rows.itertuples()])}."
        for (task, role), rows in partial.groupby(["task", "role"], sort=False)
    ]


def describe_coverage(coverage: pd.DataFrame) -> list[str]:
    """Say how many languages and families each task covers: columns `task`, `language`."""
    require_columns(coverage, ("task", "language"), table="coverage table")
    table = join_languages(coverage[["task", "language"]].drop_duplicates())
    sizes = table.drop_duplicates("language").groupby("group").size()
    several = sizes[sizes > 1].sort_values(ascending=False)
    told = ", ".join(f"{group} {size}" for group, size in several.items())
    per_task = ", ".join(
        f"{rows_title(task)} {n}" for task, n in table.groupby("task", sort=False)["language"].nunique().items()
    )
    families = f"{counted(len(several), 'family')}".replace("familys", "families")
    return [
        f"{counted(table['language'].nunique(), 'language')} in all: {families} with two or more ({told or 'none'}) "
        f"and {counted(int((sizes == 1).sum()), 'single language')}.",
        f"Languages per task: {per_task}.",
    ]


def describe_overlap(overlaps: pd.DataFrame) -> list[str]:
    """Say whether test sentences occur in training rows: columns as `study_utils.data.leakage.overlap_table`."""
    require_columns(overlaps, ("train_task", "test_task", "rows", "overlapping", "share", "most_in"), table="overlaps")
    found = overlaps[overlaps["overlapping"] > 0].sort_values("share", ascending=False)
    if found.empty:
        return [f"No test row occurs in training rows ({counted(len(overlaps), 'pair')} of tasks compared)."]
    return [
        f"{row.overlapping:,} of {row.rows:,} test rows of {rows_title(row.test_task)} ({_percent(row.share)}) "
        f"occur{'s' * (row.overlapping == 1)} in training rows of {rows_title(row.train_task)}, "
        f"{'' if row.overlapping == 1 else 'most '}in {LANGUAGES[row.most_in].name}."
        for row in found.itertuples()
    ]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 else "less than 0.1%"


def describe_regimes(conditions: pd.DataFrame) -> list[str]:
    """Say which conditions of the open study fine-tune in other languages than the source: `condition`, `regime`."""
    require_columns(conditions, ("condition", "regime"), table="table of conditions")
    others = conditions.loc[~conditions["regime"].isin(["english", "source"]), "condition"]
    if others.empty:
        return [f"Every condition of this study is fine-tuned in {source_name(())} alone."]
    return [f"Fine-tuned in other languages: {at_most_five([condition_title(key) for key in others])}."]


def describe_learning(validation: pd.DataFrame) -> list[str]:
    """Say how far above chance each task was learnt in the language of its validation rows, by condition.

    Parameters
    ----------
    validation : pandas.DataFrame
        Columns `condition`, `task`, `selected_in`, `metric`, `value` (fraction), `primary`, `chosen`; and `held_out`,
        if validation rows may be among the training rows.
    """
    if validation.empty:
        return ["Nothing was trained in this stage."]
    needed = ("condition", "task", "selected_in", "metric", "value", "primary", "chosen")
    require_columns(validation, needed, table="validation table")
    chosen = validation[validation["chosen"].astype(bool)]
    kept, judged = chosen[chosen["primary"].astype(bool)], compare_with_chance(chosen)
    sentences = []
    for task, part in kept.groupby("task", sort=False):
        chance = TASKS[task].chance
        means = part.groupby("condition", sort=False)["value"].mean() * 100
        told = ", ".join(f"{beside_task(key, task)} {value:.1f}" for key, value in means.items())
        metric = metric_label(part["metric"].iloc[0])
        end = f" (chance {100 * chance:.1f})" if chance else ""
        codes = set(part["selected_in"])
        where = f"{LANGUAGES[codes.pop()].name} " if len(codes) == 1 and codes <= set(LANGUAGES) else ""
        sentences.append(f"{task_title(task)}, {where}validation {metric}{end}: {told}.")
        if len(low := judged[(judged["task"] == task) & ~judged["learnt"]]):
            names = ", ".join(condition_title(key) for key in low["condition"])
            by = f" ({metric_title(low['metric'].iloc[0])})" if low["metric"].iloc[0] != part["metric"].iloc[0] else ""
            above = " above chance" if chance else ""
            sentences.append(f"{task_title(task)} was not learnt{above}{by} under {names}.")
    if "held_out" in kept and not kept["held_out"].all():
        names = at_most_five([task_title(task) for task in kept.loc[~kept["held_out"].astype(bool), "task"].unique()])
        sentences.append(
            f"Validation rows of {names} also train: their scores chose no epoch and say nothing of new rows."
        )
    return sentences
