"""Fine-tuning in other languages than the source, against zero-shot transfer: language by language, at equal budgets.

Budgets are numbers of training rows of the target (`train_examples`); those of intermediate tasks don't count.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study_utils.analysis.inference.contrasts import Contrast
from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import BASELINE, CELL, is_source, require_columns
from study_utils.catalog import condition
from study_utils.catalog.conditions import find_condition

IN_LANGUAGE = "in_language"
"""The condition that fine-tunes on each language's own training rows."""

REGIME_COLUMNS = (
    *("encoder", "variant", "condition", "task", "languages", "omitted", "zero_shot"),
    *("train_examples", "baseline_examples", "equal", "score", "baseline", "gain"),
)


def retention(
    scores: pd.DataFrame, *, metric: str = "primary", reference: str = IN_LANGUAGE, equal_budget: bool = True
) -> pd.DataFrame:
    """Compare zero-shot scores with training in the language itself, language by language.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table (`study_utils.analysis.results.tables.SCORE_COLUMNS`) with `train_examples`.
    metric : str
        As in `study_utils.analysis.gains`.
    reference : str
        The condition that trains in each language.
    equal_budget : bool
        Whether only cells count where both sides were trained on the same number of rows.

    Returns
    -------
    pandas.DataFrame
        One row a zero-shot cell that the reference has too: the columns of `CELL`, `metric`, `score`, `in_language`,
        `retention` (score divided by the reference's; missing where that is not above zero), `train_examples`,
        `in_language_examples`, `same_data`. Empty without the reference.

    Raises
    ------
    AnalysisError
        If the table is not valid, or doesn't say how many rows trained.
    """
    chosen = _with_budgets(scores, metric)
    other = _one_side(chosen, reference, value="in_language", examples="in_language_examples")
    rest = chosen[chosen["zero_shot"].astype(bool) & (chosen["condition"] != reference)]
    paired = rest.rename(columns={"value": "score"}).merge(other, on=_PAIR, validate="many_to_one")
    if equal_budget:
        paired = paired[paired["train_examples"] == paired["in_language_examples"]].reset_index(drop=True)
    paired["retention"] = paired["score"] / paired["in_language"].where(paired["in_language"] > 0)
    examples = ["train_examples", "in_language_examples"]
    return paired[[*CELL, "metric", "score", "in_language", "retention", *examples, "same_data"]]


def regime_scores(scores: pd.DataFrame, omissions: pd.DataFrame, *, metric: str = "primary") -> pd.DataFrame:
    """Set conditions that fine-tune in other languages than the source beside the baseline in the same languages.

    Parameters
    ----------
    scores : pandas.DataFrame
        As in `retention`.
    omissions : pandas.DataFrame
        Columns `condition`, `task`, `languages` (separated by blanks): what has no scores for want of training rows.
    metric : str
        As in `study_utils.analysis.gains`.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, task), without the source: `languages` (scored), `omitted` (languages),
        `zero_shot` (languages that no row was in), `train_examples` and `baseline_examples` (mean over languages),
        `equal` (languages with the budget that is due: the baseline's rows, and under `few_shot` the few besides); of
        these only, as fractions averaged over languages and seeds, `score`, `baseline` and `gain`. A target that is
        omitted in every language has no row.

    Raises
    ------
    AnalysisError
        As `retention`.
    """
    chosen = _with_budgets(scores, metric)
    chosen = chosen[~is_source(chosen)]
    regimes = [key for key in chosen["condition"].unique() if _regime(key) != "english"]
    baseline = _one_side(chosen, BASELINE, value="baseline", examples="baseline_examples")
    both = chosen[chosen["condition"].isin(regimes)].merge(baseline, on=_PAIR, validate="many_to_one")
    left_out = omissions.assign(language=omissions["languages"].str.split()).explode("language")
    left_out = left_out[~is_source(left_out)].groupby(["condition", "task"])["language"].nunique()
    rows = []
    for key, part in both.groupby(["encoder", "variant", "condition", "task"], sort=False):
        excess = part["train_examples"] - part["baseline_examples"]
        equal = part[excess == (excess.max() if _regime(key[2]) == "few_shot" else 0)]
        by_language = part.drop_duplicates("language")
        score, before = equal["value"].mean(), equal["baseline"].mean()
        rows.append(
            (
                *key,
                len(by_language),
                int(left_out.get(key[2:], 0)),
                int(by_language["zero_shot"].sum()),
                by_language["train_examples"].mean(),
                by_language["baseline_examples"].mean(),
                equal["language"].nunique(),
                score,
                before,
                score - before,
            )
        )
    return pd.DataFrame(rows, columns=list(REGIME_COLUMNS))


def regime_contrasts(conditions: Sequence[str]) -> list[Contrast]:
    """Pair the arms of a study that question 4 compares.

    Parameters
    ----------
    conditions : sequence of str
        Those of the study.

    Returns
    -------
    list of Contrast
        Every condition against the baseline, intermediate ones first; then every other regime against every
        intermediate task with fine-tuning in the source language.
    """
    english = [key for key in conditions if key != BASELINE and condition(key).regime == "english"]
    others = [key for key in conditions if condition(key).regime != "english"]
    alone = [Contrast(key=key, arm=key) for key in (*english, *others)]
    return alone + [Contrast(key=f"{a} - {b}", arm=a, against=b) for a in others for b in english]


def _regime(key: str) -> str:
    found = find_condition(key)
    return "english" if found is None else found.regime


_PAIR = [name for name in CELL if name != "condition"]


def _with_budgets(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    require_columns(scores, ("train_examples",), table="results table")
    return of_metric(scores, metric=metric).merge(scores[[*CELL, "metric", "train_examples"]], on=[*CELL, "metric"])


def _one_side(chosen: pd.DataFrame, condition: str, *, value: str, examples: str) -> pd.DataFrame:
    columns = {"value": value, "train_examples": examples}
    return chosen.loc[chosen["condition"] == condition, [*_PAIR, *columns]].rename(columns=columns)
