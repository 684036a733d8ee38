"""Languages that a condition was trained in before the target: their scores are not zero-shot and are kept apart."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.contrasts import CONTRAST_COLUMNS, Contrast, contrast_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.tables import BASELINE, SCORE_COLUMNS, is_source, require_columns
from study_utils.catalog.conditions import find_condition


def seen_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Average the gains in languages that the intermediate stages were trained in, which no other table holds.

    By text of many languages that was mixed in, or by an intermediate task in another language than the target's.
    Conditions that fine-tune on the target in other languages are not in it.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study.

    Returns
    -------
    pandas.DataFrame
        Columns of `study_utils.analysis.inference.contrasts.contrast_gains`, one row a condition (`contrast`) and
        encoder; over its own seen languages, so rows are not comparable with each other. `p_holm` is corrected over all
        rows.
    """
    require_columns(scores, SCORE_COLUMNS, table="results table")
    tables = []
    for key, own in seen_scores(scores).groupby("condition", sort=False):
        cells = own[["encoder", "task", "language"]].drop_duplicates()
        kept = scores[scores["condition"].isin([key, BASELINE])].merge(cells)
        tables.append(
            contrast_gains(predictions, kept, [Contrast(key=key, arm=key)], settings=settings, seen="include")
        )
    if not tables:
        return pd.DataFrame(columns=CONTRAST_COLUMNS)
    return corrected(pd.concat(tables, ignore_index=True))[CONTRAST_COLUMNS]


def seen_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of languages that an intermediate stage was trained in, of conditions fine-tuned in the source language."""
    own = [key for key in scores["condition"].unique() if key != BASELINE and _is_english(key)]
    seen = ~scores["zero_shot"].astype(bool) & ~is_source(scores)
    return scores[seen & scores["condition"].isin(own)]


def _is_english(key: str) -> bool:
    found = find_condition(key)
    return found is None or found.regime == "english"
