"""One sentence a study, and what several say of the same comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.sentences.gains import counted, points


def describe_study(overall: pd.DataFrame, by_task: pd.DataFrame) -> str:
    """Say in one sentence what intermediate training does in a study.

    Parameters
    ----------
    overall, by_task : pandas.DataFrame
        From ``study_utils.analysis.family_gains(..., by="all")`` and `study_utils.analysis.task_gains`.
    """
    if overall.empty:
        return "No condition besides the baseline has a zero-shot language, so there is no gain to report."
    low, high = points(overall["estimate"].min()), points(overall["estimate"].max())
    span = f"{low} points" if low == high else f"estimates from {low} to {high} points"
    return (
        f"Over all zero-shot languages, {_clear(overall)} of {counted(len(overall), 'condition')} ({span}); "
        f"on single targets, {_clear(by_task)} of {counted(len(by_task), 'comparison')}."
    )


def _clear(table: pd.DataFrame) -> str:
    clear = table["clear"].astype(bool)
    up, down = int((clear & (table["estimate"] > 0)).sum()), int((clear & (table["estimate"] < 0)).sum())
    return f"a clear gain in {up} and a clear loss in {down}"


def describe_same(table: pd.DataFrame) -> list[str]:
    """Say how often studies agree: `study_utils.analysis.results.several.same_comparisons`.

    Returns
    -------
    list of str
        At most three sentences.
    """
    if table.empty:
        return ["No comparison has been made in two studies."]
    groups = [part for _, part in table.groupby(["condition", "task"], sort=False)]
    same = sum(len(set(np.sign(part["estimate"]))) == 1 for part in groups)
    chance = sum(0.5 ** (len(part) - 1) for part in groups)
    have = "has" if len(groups) == 1 else "have"
    told = [
        f"{counted(len(groups), 'comparison')} of a condition with the baseline on one target {have} been made in two "
        f"studies or more, with runs of their own; in {same} of them all agree on the sign, as in {chance:.0f} by "
        f"chance alone."
    ]
    clear = [part[part["clear"].astype(bool)] for part in groups]
    twice = sum(part["study"].nunique() > 1 and len(set(np.sign(part["estimate"]))) == 1 for part in clear)
    against = sum(len(set(np.sign(part["estimate"]))) > 1 for part in clear)
    once = sum(len(part) > 0 for part in clear)
    told.append(
        f"{once} of them {'is' if once == 1 else 'are'} clear in a study, {twice} in two or more with the same "
        f"sign, {against} in two with opposite signs."
    )
    if without := int(table["low"].isna().sum()):
        told.append(f"{without} of {len(table)} results have no interval: plain means, which decide nothing.")
    return told
