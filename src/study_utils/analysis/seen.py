"""Languages that a condition was trained in before the target: their scores are not zero-shot and are kept apart."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.bootstrap import Settings
from study_utils.analysis.contrasts import CONTRAST_COLUMNS, Contrast, contrast_gains
from study_utils.analysis.families import corrected
from study_utils.analysis.results import BASELINE, ENGLISH, SCORE_COLUMNS, require_columns
from study_utils.analysis.sentences import behind, counted, points, verdict
from study_utils.catalog import LANGUAGES
from study_utils.catalog.conditions import find_condition
from study_utils.catalog.titles import condition_title, encoder_title


def seen_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Average the gains in languages that the intermediate stages were trained in, which no other table holds.

    By text of many languages that was mixed in, or by an intermediate task in another language than English.
    Conditions that fine-tune on the target in other languages are not in it.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study.

    Returns
    -------
    pandas.DataFrame
        Columns of `study_utils.analysis.contrasts.contrast_gains`, one row a condition (`contrast`) and encoder; over
        its own seen languages, so rows are not comparable with each other. `p_holm` is corrected over all rows.
    """
    require_columns(scores, SCORE_COLUMNS, table="results table")
    tables = []
    for key, own in _seen(scores).groupby("condition", sort=False):
        cells = own[["encoder", "task", "language"]].drop_duplicates()
        kept = scores[scores["condition"].isin([key, BASELINE])].merge(cells)
        tables.append(
            contrast_gains(predictions, kept, [Contrast(key=key, arm=key)], settings=settings, seen="include")
        )
    if not tables:
        return pd.DataFrame(columns=CONTRAST_COLUMNS)
    return corrected(pd.concat(tables, ignore_index=True))[CONTRAST_COLUMNS]


def describe_seen(scores: pd.DataFrame) -> list[str]:
    """Say which scores are not zero-shot because an intermediate stage was trained in the language."""
    require_columns(scores, SCORE_COLUMNS, table="results table")
    found = _seen(scores)
    if found.empty:
        return ["No intermediate stage was trained in a scored language other than English."]
    sentences = []
    for key, own in found.groupby("condition", sort=False):
        scored = scores[(scores["condition"] == key) & (scores["language"] != ENGLISH)]["language"].nunique()
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
    interval = f"{row['level']:.0%} interval {points(row['low'])} to {points(row['high'])}"
    return f"{change} ({interval}; {', '.join(behind(row)[1:])}; not zero-shot): {verdict(row)}."


def _seen(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of languages that an intermediate stage was trained in, of conditions fine-tuned in English."""
    own = [key for key in scores["condition"].unique() if key != BASELINE and _is_english(key)]
    seen = ~scores["zero_shot"].astype(bool) & (scores["language"] != ENGLISH)
    return scores[seen & scores["condition"].isin(own)]


def _is_english(key: str) -> bool:
    found = find_condition(key)
    return found is None or found.regime == "english"
