"""Sentences about encoders side by side: with and without an intermediate task, which is best."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.questions.encoders import (
    RANKING_COLUMNS,
    TARGET_GAIN_COLUMNS,
    trained_cells,
)
from study_utils.analysis.results.tables import require_columns
from study_utils.catalog import CONDITIONS, LANGUAGES, source_language
from study_utils.catalog.titles import encoder_title, task_title
from study_utils.sentences.gains import counted, interval_text, points, verdict

MOST = 3
"""Comparisons that are told one by one."""


def describe_target_gains(gains: pd.DataFrame) -> list[str]:
    """Say for how many targets fine-tuning does better without an intermediate task, and what each comparison shows.

    Languages that the target was not fine-tuned in are left out where there are others (see `trained_cells`). Of more
    than `MOST` comparisons, only the largest clear ones get a sentence.

    Parameters
    ----------
    gains : pandas.DataFrame
        From `study_utils.analysis.questions.encoders.target_gains`.
    """
    require_columns(gains, tuple(TARGET_GAIN_COLUMNS), table="table of gains on targets")
    table = trained_cells(gains)
    if table.empty:
        return ["No target of this study is fine-tuned both with and without an intermediate task."]
    estimate = table["estimate"].round(9)  # sums of fractions that cancel out are no difference
    worse, better = (estimate < 0), (estimate > 0)
    clear = table["clear"].astype(bool)
    undecided = len(table) - int(clear.sum())
    held = table.loc[table["withheld"] != "", "withheld"]
    without = f", {len(held)} of them without an interval ({held.iloc[0]})" if len(table) > MOST and len(held) else ""
    sentences = [
        f"Of {counted(len(table), 'comparison')} of fine-tuning with and without an intermediate task (encoder, target "
        f"and language), fine-tuning alone is ahead in {worse.sum()} ({(worse & clear).sum()} clearly) and behind in "
        f"{better.sum()} ({(better & clear).sum()} clearly); {undecided} are not clear at this size{without}."
    ]
    told = table if len(table) <= MOST else table[clear]
    largest = told.loc[told["estimate"].abs().sort_values(ascending=False, kind="stable").index[:MOST]]
    sentences += [_told(row, several=table["encoder"].nunique() > 1) for _, row in largest.iterrows()]
    if len(told) > MOST:
        sentences.append(f"These are the largest of the clear differences; the figure shows all {len(told)}.")
    return sentences


def describe_ranking(ranking: pd.DataFrame) -> list[str]:
    """Say how often each encoder is best and last, fine-tuned alone and after an intermediate task.

    Parameters
    ----------
    ranking : pandas.DataFrame
        From `study_utils.analysis.questions.encoders.rank_encoders`.
    """
    require_columns(ranking, tuple(RANKING_COLUMNS), table="ranking of encoders")
    table = trained_cells(ranking)
    if table.empty:
        return ["The study has one encoder, so there is no ranking of encoders."]
    alone = table["condition"].map(lambda key: not (key in CONDITIONS and CONDITIONS[key].stages))
    sentences = []
    for name, part in (("Fine-tuned alone", table[alone]), ("After an intermediate task", table[~alone])):
        if part.empty:
            continue
        targets = part.groupby(["variant", "condition", "task", "language"]).ngroups
        last = part["rank"] == part["n_encoders"]
        for end, chosen, over in (
            ("best", part["rank"] == 1, "clearly_below"),
            ("last", last, "clearly_above"),
        ):
            decided = chosen & (part[over] == part["n_encoders"] - 1)
            told = ", ".join(
                f"{encoder_title(key)} in {rows.sum()} ({decided[rows.index][rows].sum()} clearly)"
                for key, rows in chosen.groupby(part["encoder"], sort=False)
                if rows.any()
            )
            sentences.append(f"{name}, {end} of the encoders on {counted(targets, 'target')}: {told or 'none alone'}.")
    return sentences


def _told(row: pd.Series, *, several: bool) -> str:
    start = f"{encoder_title(row['encoder'])}, " if several else ""
    after = " and ".join(task_title(key) for key in CONDITIONS[row["condition"]].tasks)
    change = (
        f"{start}{_target(row['task'], row['language'])}: {after} first changes the score by {points(row['estimate'])}"
    )
    behind = f"{counted(row['n_seeds'], 'seed')}, generalises over: {row['generalises_over'] or 'nothing'}"
    if row["withheld"]:
        return f"{change} points ({behind}); no interval: {row['withheld']}."
    shows = verdict(pd.Series({**row, "unit": "language", "n_languages": 1, "n_tasks": 1}))
    return f"{change} points ({interval_text(row)}; {behind}): {shows}."


def _target(task: str, language: str) -> str:
    where = "" if language == source_language(task) else f" in {LANGUAGES[language].name}"
    return f"{task_title(task)}{where}"
