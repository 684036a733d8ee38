"""What perturbed test rows cost, and for which arm they cost less: paired clean-to-perturbed drops."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study_utils.analysis.inference.contrasts import CONTRAST_COLUMNS, Contrast, contrast_gains
from study_utils.analysis.inference.families import FAMILY_GAIN_COLUMNS, family_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.condition_means import mean_rows
from study_utils.analysis.results.tables import (
    BASELINE,
    CELL,
    PREDICTION_COLUMNS,
    SCORE_COLUMNS,
    join_languages,
    require_columns,
)
from study_utils.catalog import CONDITIONS, TASKS, source_language
from study_utils.catalog.parallel import ADVERSARIAL, series_of
from study_utils.catalog.perturbations import CLEAN

DROP_COLUMNS = ["condition", *(name for name in CONTRAST_COLUMNS if name not in ("contrast", "arm", "against"))]
SERIES_COLUMNS = ["series", *CONTRAST_COLUMNS]
OTHERS = "other languages"
"""Name of the arm that is the mean over the conditions of a series in other languages."""

_EXAMPLE = [name for name in (*CELL, "example_id", "measure") if name != "variant"]
_SCORE = [name for name in (*CELL, "metric") if name != "variant"]
_MIRRORED = ("", "general_", "sound_")


def drops(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    by: str = "all",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
) -> pd.DataFrame:
    """Average the score on clean test rows minus that on perturbed ones, with intervals.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study with all variants; of every condition, the baseline too, only cells that it scores clean
        and perturbed count. A condition in another language than the target's counts outside its own family.
    by, settings, same_data
        As in `study_utils.analysis.inference.contrasts.contrast_gains`.

    Returns
    -------
    pandas.DataFrame
        Columns `DROP_COLUMNS`: one row a condition, variant and group, columns as in
        `study_utils.analysis.family_gains`; the estimate is a drop, above zero where the perturbed rows score lower.
    """
    predictions, scores = outside_own_family(predictions), outside_own_family(scores)
    arms = [
        Contrast(key=f"{name} {variant}", arm=name, against=name, variant=variant)
        for variant in variants_of(scores)
        for name in scores.loc[scores["variant"] == variant, "condition"].unique()
    ]
    found = contrast_gains(predictions, scores, arms, by=by, settings=settings, same_data=same_data)
    return _times(found, -1).rename(columns={"arm": "condition"})[DROP_COLUMNS]


def drop_differences(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    by: str = "all",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
) -> pd.DataFrame:
    """Average the drop of one condition minus that of another, with intervals.

    Of every example, (1 + perturbed - clean) / 2 is a score whose difference between two arms is half
    the difference of their drops, turned round. So the study's model holds, with clean and perturbed paired.

    Parameters
    ----------
    pairs : sequence of (str, str), optional
        Conditions to compare: the first one's drop minus the second's. Without them every condition with the baseline.

    Returns
    -------
    pandas.DataFrame
        Columns as `study_utils.analysis.inference.contrasts.contrast_gains`; the estimate is below zero where `arm`
        loses less.
    """
    predictions, scores = outside_own_family(predictions), outside_own_family(scores)
    if pairs is None:
        pairs = [(name, BASELINE) for name in scores["condition"].unique() if name != BASELINE]
    return _differences(predictions, scores, pairs, by=by, settings=settings, same_data=same_data)


def english_against_others(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    by: str = "all",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare an intermediate task in English with the same task in other languages.

    For a language that is scored, the other arm is the mean over the series' conditions in other languages, without
    those of the language's own family; languages of the family of English don't count.

    Returns
    -------
    of_scores, of_drops : pandas.DataFrame
        Columns `SERIES_COLUMNS`. Scores: English minus others, on clean rows and on every variant. Drops: that of
        English minus that of the others, below zero where English loses less. Both are empty for a study without a
        series that has English and another language.
    """
    predictions = outside_own_family(predictions, english=True)
    scores = outside_own_family(scores, english=True)
    tables: tuple[list, list] = ([], [])
    for item in series_of(scores["condition"].unique()):
        name = f"{item.title}, {OTHERS}"
        others = dict.fromkeys(item.others, 1.0)
        pooled = mean_rows(scores, name, others, partial=True)
        kept = pd.concat([scores[scores["condition"] == item.english], pooled], ignore_index=True)
        examples = None
        if predictions is not None:
            one = predictions[predictions["condition"] == item.english]
            examples = pd.concat([one, mean_rows(predictions, name, others, partial=True)], ignore_index=True)
        options = {"by": by, "settings": settings, "same_data": same_data}
        arms = [
            Contrast(key=f"{item.key} {variant}", arm=item.english, against=name, variant=variant,
                     against_variant=variant)
            for variant in (CLEAN, *variants_of(kept))
        ]  # fmt: skip
        tables[0].append(contrast_gains(examples, kept, arms, **options).assign(series=item.key))
        found = _differences(examples, kept, [(item.english, name)], **options)
        tables[1].append(found.assign(series=item.key))
    return tuple(
        pd.concat(parts, ignore_index=True)[SERIES_COLUMNS] if parts else pd.DataFrame(columns=SERIES_COLUMNS)
        for parts in tables
    )


def adversarial_gains(
    predictions: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Gains over the baseline on test sets that were written to mislead models, over all languages.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study, of its clean test rows.

    Returns
    -------
    pandas.DataFrame
        As `study_utils.analysis.family_gains`; no rows if the study has no such target or no condition.
    """
    part, examples = (frame[frame["task"].isin(ADVERSARIAL)] for frame in (scores, predictions))
    if not (part["condition"] != BASELINE).any():
        return pd.DataFrame(columns=FAMILY_GAIN_COLUMNS)
    return family_gains(examples, part, by="all", settings=settings)


def variants_of(frame: pd.DataFrame) -> list[str]:
    """Perturbed variants of a table, in order."""
    return [name for name in frame["variant"].unique() if name != CLEAN]


def outside_own_family(frame: pd.DataFrame | None, *, english: bool = False) -> pd.DataFrame | None:
    """Leave out what a condition scores in the family of the language it was first trained in.

    Parameters
    ----------
    frame : pandas.DataFrame or None
        With `condition`, `task` and `language`.
    english : bool
        Whether this holds for the source language of the target, and its family, too; the baseline keeps all.
    """
    if frame is None or frame.empty:
        return frame
    groups = join_languages(pd.DataFrame({"language": frame["language"].unique()}))
    groups = dict(zip(groups["language"], groups["group"]))
    drop = pd.Series(False, index=frame.index)
    task = frame["task"] if "task" in frame else pd.Series("", index=frame.index)
    source = task.astype(object).map({key: source_language(key) for key in task.unique()})
    for name in frame["condition"].unique():
        for code in source.unique():
            own = _languages(name) - (set() if english else {code})
            if own:
                families = set(join_languages(pd.DataFrame({"language": sorted(own)}))["group"])
                codes = [other for other, group in groups.items() if group in families]
                drop |= (frame["condition"] == name) & (source == code) & frame["language"].isin(codes)
    return frame[~drop].reset_index(drop=True)


def _languages(name: str) -> set[str]:
    return {TASKS[key].training_language for key in CONDITIONS[name].tasks} if name in CONDITIONS else set()


def _differences(
    predictions: pd.DataFrame | None, scores: pd.DataFrame, pairs: Sequence[tuple[str, str]], **options: object
) -> pd.DataFrame:
    require_columns(scores, SCORE_COLUMNS, table="results table")
    scores = _changes(scores, _SCORE, "value")
    if predictions is not None:
        require_columns(predictions, PREDICTION_COLUMNS, table="predictions table")
        predictions = _changes(predictions, _EXAMPLE, "correct", whole="total")
    arms = [
        Contrast(key=f"{arm} {against} {variant}", arm=arm, against=against, variant=variant, against_variant=variant)
        for variant in variants_of(scores)
        for arm, against in pairs
    ]
    return _times(contrast_gains(predictions, scores, arms, judged=False, **options), -2)


def _changes(frame: pd.DataFrame, keys: list[str], column: str, whole: str = "") -> pd.DataFrame:
    """Perturbed rows with (whole + perturbed - clean) / 2 in place of the score; `whole` is 1 if not named."""
    clean = frame[frame["variant"] == CLEAN].set_index(keys)[column]
    noisy = frame[frame["variant"] != CLEAN]
    paired = noisy.join(clean.rename("clean"), on=keys, how="inner")
    top = paired[whole] if whole else 1.0
    return paired.assign(**{column: (top + paired[column] - paired["clean"]) / 2}).drop(columns="clean")


def _times(table: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Multiply estimates and intervals by a number below zero."""
    found = table.copy()
    for prefix in _MIRRORED:
        for column, source in (("estimate", "estimate"), ("low", "high"), ("high", "low")):
            found[f"{prefix}{column}"] = factor * table[f"{prefix}{source}"]
    for column in ("standard_error", "seed_error"):
        found[column] = abs(factor) * table[column]
    return found
