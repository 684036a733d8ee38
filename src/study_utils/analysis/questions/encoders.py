"""Encoders side by side, and what an intermediate task does to each target: the tables that arXiv 2210.01091 reports.

Unlike the figures about families, these count the source language and others that the target was trained in: a
monolingual encoder is fine-tuned on the rows of the scored language itself.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.cells import example_blocks
from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import BASELINE, CELL, SCORE_COLUMNS, is_source, require_columns
from study_utils.catalog import CONDITIONS, condition, source_language
from study_utils.catalog.conditions import ONE_BY_ONE, find_condition
from study_utils.errors import AnalysisError

TIMES = 10
"""How many times larger than the target's the intermediate data is in every task of arXiv 2210.01091, at least."""

_NUMBERS = [
    *("estimate", "low", "high", "level", "p", "p_holm", "clear", "measure", "generalises_over"),
    *("n_seeds", "n_examples", "same_data", "withheld"),
]
TARGET_GAIN_COLUMNS = ["encoder", "variant", "condition", "against", "task", "language", "zero_shot", *_NUMBERS]
ENCODER_CONTRAST_COLUMNS = ["variant", "condition", "task", "language", "zero_shot", "encoder", "against", *_NUMBERS]
RANKING_COLUMNS = [
    *("variant", "condition", "task", "language", "zero_shot", "encoder", "measure", "score", "rank"),
    *("clearly_above", "clearly_below", "n_encoders", "n_seeds"),
]
SIZE_COLUMNS = ["condition", "task", "language", "intermediate_examples", "target_examples", "times", "holds"]


def without_stages(condition: str) -> str:
    """Key of the condition that fine-tunes as this one does, without its intermediate stages."""
    regime = CONDITIONS[condition].regime
    return BASELINE if regime == "english" else regime


def target_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
) -> pd.DataFrame:
    """Compare every condition with intermediate stages with the same fine-tuning without them, target by target.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study, with one or several encoders.
    settings : Settings
        `resamples`, `level`, `seed`.
    same_data : {"exclude", "include"}
        Pairs of intermediate and target task made from the same data.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, task, language), the source included: `against` (the condition without
        stages), `zero_shot` (whether neither arm was trained in the language), and the numbers of
        `study_utils.analysis.family_gains`; `p_holm` is corrected over all rows. With one language a row, an interval
        speaks about examples and seeds; about seeds alone where a task has no per-example measure.

    Raises
    ------
    AnalysisError
        If the tables are not valid.
    """
    require_columns(scores, SCORE_COLUMNS, table="results table")
    own = [key for key in scores["condition"].unique() if key in CONDITIONS and CONDITIONS[key].stages]
    pairs = [(key, without_stages(key)) for key in own]
    found = _by_target(predictions, scores, pairs, settings=settings, same_data=same_data)
    return found.rename(columns={"arm": "condition"})[TARGET_GAIN_COLUMNS]


def encoder_contrasts(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    *,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Compare every two encoders under the same condition, target by target.

    As conditions are compared, with encoders in their place: both saw the same examples.

    Returns
    -------
    pandas.DataFrame
        One row a (variant, condition, task, language) and pair: `estimate` is the score of `encoder` minus that of
        `against`; other columns as in `target_gains`. Empty with one encoder.

    Raises
    ------
    AnalysisError
        If the tables are not valid.
    """
    require_columns(scores, SCORE_COLUMNS, table="results table")
    turned = [None if f is None else _turned(f) for f in (predictions, scores)]
    pairs = list(combinations(scores["encoder"].unique(), 2))
    found = _by_target(*turned, pairs, settings=settings, same_data="include")
    return found.rename(columns={"encoder": "condition", "arm": "encoder"})[ENCODER_CONTRAST_COLUMNS]


def rank_encoders(predictions: pd.DataFrame | None, scores: pd.DataFrame, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Rank encoders on every target, and count for each how many others are clearly above and below it.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study.
    contrasts : pandas.DataFrame
        From `encoder_contrasts` of the same tables.

    Returns
    -------
    pandas.DataFrame
        One row a (variant, condition, task, language, encoder), where there are several encoders: `measure`, `score`
        (fraction, mean over seeds; the per-example measure where predictions carry one, else the primary metric),
        `rank` (1 is the best; equal scores share the better one), `clearly_above`, `clearly_below` (encoders),
        `n_encoders`, `n_seeds`, `zero_shot`.
    """
    values = _measured(predictions, scores)
    where = ["variant", "condition", "task", "language"]
    table = values.groupby([*where, "encoder"], as_index=False, sort=False).agg(
        measure=("measure", "first"), score=("value", "mean"), n_seeds=("seed", "nunique")
    )
    table["rank"] = table.groupby(where)["score"].rank(method="min", ascending=False).astype(int)
    table["n_encoders"] = table.groupby(where)["encoder"].transform("size")
    table = table[table["n_encoders"] > 1]
    clear = contrasts[contrasts["clear"].astype(bool)]
    wins = np.where(clear["estimate"] > 0, clear["encoder"], clear["against"])
    losses = np.where(clear["estimate"] > 0, clear["against"], clear["encoder"])
    for name, winner in (("clearly_below", wins), ("clearly_above", losses)):
        counts = clear.assign(encoder=winner).groupby([*where, "encoder"]).size().rename(name)
        table = table.merge(counts, on=[*where, "encoder"], how="left").fillna({name: 0}).astype({name: int})
    flags = scores.groupby(where)["zero_shot"].all()
    return table.join(flags, on=where)[RANKING_COLUMNS].sort_values([*where, "rank"], ignore_index=True)


def trained_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the languages that a target was fine-tuned in; all cells if there are none.

    The source language under fine-tuning in it, whatever an intermediate stage was trained in; under other regimes,
    which a monolingual encoder has, the cells with `zero_shot` false.
    """
    found = table["condition"].map(find_condition)
    others = found.map(lambda item: item is not None and item.regime != "english").astype(bool)
    own = is_source(table) | (others & ~table["zero_shot"].astype(bool))
    return table[own] if own.any() else table


def size_rule(sizes: pd.DataFrame, *, times: float = TIMES) -> pd.DataFrame:
    """Check that intermediate tasks have many times the training rows of their targets.

    Parameters
    ----------
    sizes : pandas.DataFrame
        From `study_utils.budgets.training_sizes`.
    times : float
        Smallest ratio that is due.

    Returns
    -------
    pandas.DataFrame
        Columns `SIZE_COLUMNS`, one row a fine-tuning after intermediate stages: a condition and task, and under regimes
        that fine-tune for each language anew, a language (the source for all others). `times` is the ratio, `holds`
        whether it is large enough.

    Raises
    ------
    AnalysisError
        If columns are missing.
    """
    require_columns(sizes, tuple(SIZE_COLUMNS[:5]), table="table of training sizes")
    table = sizes[(sizes["intermediate_examples"] > 0) & (sizes["target_examples"] > 0)]
    each = table["condition"].map(lambda key: condition(key).regime in ONE_BY_ONE)
    table = table.assign(language=table["language"].where(each, table["task"].map(source_language)))
    table = table.drop_duplicates(["condition", "task", "language"], ignore_index=True)
    table["times"] = table["intermediate_examples"] / table["target_examples"]
    return table.assign(holds=table["times"] >= times)[SIZE_COLUMNS]


def _by_target(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    pairs: list[tuple[str, str]],
    *,
    settings: Settings,
    same_data: str,
) -> pd.DataFrame:
    """Contrasts of arms, one row a task and language."""
    tables = []
    for task, own in scores.groupby("task", sort=False):
        there = set(own["condition"])
        arms = [Contrast(key=f"{a} {b}", arm=a, against=b) for a, b in pairs if {a, b} <= there]
        if not arms:
            continue
        examples = None if predictions is None else predictions[predictions["task"] == task]
        counted = {"by": "language", "seen": "include", "english": "include", "same_data": same_data}
        found = contrast_gains(examples, own, arms, settings=settings, **counted)
        if found.empty:
            continue
        found = found.drop(columns="group").rename(columns={"tasks": "task", "languages": "language"})
        key = ["encoder", "variant", "task", "language"]
        flags = own.groupby(["condition", *key])["zero_shot"].all()
        sides = [
            flags.reindex(pd.MultiIndex.from_frame(found[[side, *key]])).to_numpy(bool) for side in ("arm", "against")
        ]
        tables.append(found.assign(zero_shot=sides[0] & sides[1]))
    if not tables:
        return pd.DataFrame(
            columns=["encoder", "variant", "arm", "against", "task", "language", "zero_shot", *_NUMBERS]
        )
    return corrected(pd.concat(tables, ignore_index=True))


def _turned(frame: pd.DataFrame) -> pd.DataFrame:
    """Encoders in the place of conditions, and the reverse."""
    return frame.rename(columns={"encoder": "condition", "condition": "encoder"})


def _measured(predictions: pd.DataFrame | None, scores: pd.DataFrame) -> pd.DataFrame:
    """One row a run and language: its per-example measure, or the primary metric of a task that has none."""
    rows = [
        (encoder, condition, task, language, variant, seed, block.measure, value)
        for (encoder, variant, task, language), block in example_blocks(predictions).items()
        for (condition, seed), value in zip(block.runs, block.score)
    ] if predictions is not None else []  # fmt: skip
    values = pd.DataFrame(rows, columns=[*CELL, "measure", "value"])
    others = of_metric(scores).rename(columns={"metric": "measure"})
    others = others.loc[~others["task"].isin(values["task"].unique()), values.columns]
    if values.empty and others.empty:
        raise AnalysisError("no scores to rank encoders by: evaluate something first")
    return others if values.empty else pd.concat([values, others], ignore_index=True)
