"""Sentences about results that say little: test sets without a score, targets not learnt, runs that collapsed."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.failed_runs import judge_runs
from study_utils.analysis.results.tables import BASELINE, is_primary, is_source
from study_utils.catalog import LANGUAGES, TASKS
from study_utils.catalog.perturbations import CLEAN
from study_utils.catalog.titles import at_most_five, condition_title, metric_title, source_name, task_title
from study_utils.sentences.gains import counted, titled

_MOST = 5
"""Test sets that are told; more are left out."""


def describe_unscored(scores: pd.DataFrame) -> list[str]:
    """Name test sets without a score of their task's primary metric, which are in no table of it; empty if none is."""
    keys = ["task", "language"]
    known = scores.loc[is_primary(scores), keys].drop_duplicates()
    others = scores[~pd.MultiIndex.from_frame(scores[keys]).isin(pd.MultiIndex.from_frame(known))]
    if others.empty:
        return []
    told = [
        f"{task_title(task)} in {at_most_five([LANGUAGES[code].name for code in part['language'].unique()])} has "
        f"{' and '.join(metric_title(name) for name in part['metric'].unique()[:2])} alone, not its primary metric "
        f"({metric_title(TASKS[task].metric)})"
        for task, part in others.groupby("task", sort=False)
    ]
    count = counted(len(others[keys].drop_duplicates()), "test set")
    return [f"{count} in no mean, figure or gain: {'; '.join(told[:_MOST])}."]


def describe_failed_runs(scores: pd.DataFrame) -> list[str]:
    """Name targets that were not learnt, arms at chance and runs that collapsed; empty if there are none.

    Judged as in `study_utils.analysis.results.failed_runs`, on clean rows in languages other than the source.
    """
    runs = judge_runs(scores[~is_source(scores) & (scores["variant"] == CLEAN)])
    sentences = []
    for (encoder, task), part in runs.groupby(["encoder", "task"], sort=False):
        chance = TASKS[task].chance
        end = f" (chance {100 * chance:.1f})" if chance else ""
        arms = part.groupby("condition", sort=False)["at_chance"].first()
        if arms.all():
            most = part.groupby("condition")["value"].mean().max()
            told = (
                f"{task_title(task)} was not learnt under any condition: {metric_title(part['metric'].iloc[0])} of at "
                f"most {100 * most:.1f}{end} in the mean over other languages than {source_name([task])}. Differences "
                f"there say nothing."
            )
            sentences.append(titled(encoder, told, runs))
        elif arms.any():
            names = at_most_five(
                ["the baseline" if key == BASELINE else condition_title(key) for key in arms.index[arms]]
            )
            told = f"{task_title(task)} is at chance{end} under {names}: a difference from it says little."
            sentences.append(titled(encoder, told, runs))
    fell = runs[runs["collapsed"]]
    if len(fell):
        titles = {key: "the baseline" if key == BASELINE else condition_title(key) for key in fell["condition"]}
        told = [
            f"{task_title(row.task)} under {titles[row.condition]}, seed {row.seed} ({100 * row.value:.1f})"
            for row in fell.itertuples()
        ]
        names = at_most_five(told)
        verb = "run has" if len(fell) == 1 else "runs have"
        sentences.append(f"{len(fell)} {verb} collapsed, far below the other seeds: {names}.")
    return sentences
