"""Sentences about languages that a condition was trained in before the target."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.inference.contrasts import CONTRAST_COLUMNS
from study_utils.analysis.questions.seen import seen_scores
from study_utils.analysis.results.tables import SCORE_COLUMNS, is_source, require_columns
from study_utils.catalog import LANGUAGES
from study_utils.catalog.titles import condition_title, encoder_title, source_name
from study_utils.sentences.gains import behind, counted, interval_text, points, verdict


def describe_seen(scores: pd.DataFrame) -> list[str]:
    """Say which scores are not zero-shot because an intermediate stage was trained in the language."""
    require_columns(scores, SCORE_COLUMNS, table="results table")
    found = seen_scores(scores)
    if found.empty:
        return [f"No intermediate stage was trained in a scored language other than {source_name(scores['task'])}."]
    sentences = []
    for key, own in found.groupby("condition", sort=False):
        scored = scores[(scores["condition"] == key) & ~is_source(scores)]["language"].nunique()
        codes = list(dict.fromkeys(own["language"]))
        if len(codes) == scored:
            told = f"every scored language ({scored}), so none of its scores is zero-shot and no figure of gains has it"
        else:
            names = ", ".join(LANGUAGES[code].name if code in LANGUAGES else code for code in codes)
            told = f"{names}: the scores there are not zero-shot and are left out of the figures of gains"
        sentences.append(f"The intermediate stage of {condition_title(key)} was trained in {told}.")
    return sentences


def describe_seen_gains(table: pd.DataFrame) -> list[str]:
    """Say what each condition does in the languages that it has seen: `seen_gains`."""
    require_columns(table, CONTRAST_COLUMNS, table="table of gains in seen languages")
    return [_told(row, several=table["encoder"].nunique() > 1) for _, row in table.iterrows()]


def _told(row: pd.Series, *, several: bool) -> str:
    start = f"{encoder_title(row['encoder'])}: " if several else ""
    change = (
        f"{start}In {counted(row['n_languages'], 'language')} that it was trained in before the target, "
        f"{condition_title(row['contrast'])} changes scores by {points(row['estimate'])} points"
    )
    if row["withheld"]:
        return f"{change} ({', '.join(behind(row)[1:])}); no interval: {row['withheld']}."
    return f"{change} ({interval_text(row)}; {', '.join(behind(row)[1:])}; not zero-shot): {verdict(row)}."
