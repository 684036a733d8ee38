"""Gains per language family with intervals: the answer to "in which families, and is the difference real?"."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from study_utils.analysis.bootstrap import Settings, example_deviations, unit_interval
from study_utils.analysis.cells import (
    cells_from_predictions,
    cells_from_scores,
    choose_measures,
    example_differences,
)
from study_utils.analysis.gains import group_labels
from study_utils.analysis.results import ENGLISH, check_results, join_languages
from study_utils.errors import AnalysisError, unknown

BY = ("family", "branch", "language", "all")
MIN_EXAMPLES = 30
"""Fewest examples, over languages and tasks, that an interval may rest on."""
MIN_SEEDS = 2
"""Fewest seeds: with one, nothing says how much another training run would differ."""
CLEAR = 0.05
"""A result is called clear if its interval excludes zero and its corrected p-value is below this."""

FAMILY_GAIN_COLUMNS = [
    *(
        "encoder",
        "variant",
        "condition",
        "unit",
        "group",
        "estimate",
        "low",
        "high",
        "level",
        "p",
        "p_holm",
        "clear",
    ),
    *("resampled", "n_languages", "n_tasks", "n_seeds", "n_examples", "languages", "tasks", "measure"),
    *("standard_error", "freedom", "same_data", "comparable", "withheld"),
]

SUMMARY_COLUMNS = (
    *("condition", "group", "estimate", "low", "high", "p_holm", "clear"),
    *("n_languages", "n_tasks", "n_seeds", "resampled", "withheld"),
)
"""Columns that a reader needs first."""


def family_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    rng: np.random.Generator | None = None,
    same_data: str = "exclude",
    cells: str = "own",
) -> pd.DataFrame:
    """Average zero-shot gains within families, with intervals from a nested paired bootstrap.

    The estimate is macro: over seeds within a cell, over languages within a task, over tasks. Gains are averaged, never
    raw scores, so no condition profits from easier tasks. English is never in it.

    Parameters
    ----------
    predictions : pandas.DataFrame or None
        Columns of `study_utils.analysis.results.PREDICTION_COLUMNS`. None: languages and seeds are resampled only.
    scores : pandas.DataFrame, optional
        The results table. It says which cells are zero-shot and which share data. Without it every language but
        English is taken as zero-shot, and shared data is looked up in the catalogue. Needed for tasks whose
        predictions have no per-example measure (correlations).
    by : {"family", "branch", "language", "all"}
        Unit of a row. A family with one language, and an isolate, is shown as that language.
    settings : Settings
        `resamples`, `level`, `seed`.
    rng : numpy.random.Generator, optional
        Source of randomness; made from the seed if left out.
    same_data : {"exclude", "include"}
        What to do with pairs of intermediate and target task made from the same data (MNLI and XNLI).
    cells : {"own", "common"}
        ``"own"``: each condition is averaged over the (task, language) cells it has, and `comparable` is False where
        conditions of a group have different ones. ``"common"``: only over cells that all conditions have.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, group). `estimate`, `low`, `high`, `standard_error` are fractions;
        `p` is two-sided and `p_holm` corrected over all rows of the table that have one (Holm 1979); `clear` says
        whether the interval excludes zero and ``p_holm < 0.05``; `resampled` what the interval speaks about;
        `n_examples` counts each test example once; `languages` and `tasks` name what is averaged; `measure` is the
        per-example measure (see `choose_measures`); `same_data` names the tasks that share data with the condition
        (left out if excluded); `withheld` says why an interval is missing.

    Raises
    ------
    AnalysisError
        If the tables are not valid, cells lack seeds or baselines, or a choice is unknown.
    """
    for name, value, known in (
        ("by", by, BY),
        ("same_data", same_data, ("exclude", "include")),
        ("cells", cells, ("own", "common")),
    ):
        if value not in known:
            raise AnalysisError(unknown(f"value of {name}", value, known, where="family_gains"))
    if scores is not None:
        check_results(scores)
    if predictions is not None:
        predictions = choose_measures(predictions)
        table = cells_from_predictions(predictions, scores)
    elif scores is not None:
        table = cells_from_scores(scores)
    else:
        raise AnalysisError("family_gains needs predictions or scores, and got neither")
    table = table[table["zero_shot"].astype(bool) & (table["language"] != ENGLISH)]
    shared = table[table["same_data"].astype(bool)].groupby(["encoder", "variant", "condition"])["task"].unique()
    if same_data == "exclude":
        table = table[~table["same_data"].astype(bool)]
    table = join_languages(table)
    table["unit"], table["label"] = _units(table, by)
    if cells == "common":
        table = _common_cells(table)
    _check_grid(table)

    rng = np.random.default_rng(settings.seed) if rng is None else rng
    root = int(rng.integers(2**32))
    deviations = {}
    if predictions is not None:
        used = pd.MultiIndex.from_frame(table[["task", "language"]].drop_duplicates())
        kept = predictions[pd.MultiIndex.from_frame(predictions[["task", "language"]]).isin(used)]
        deviations = example_deviations(example_differences(kept), resamples=settings.resamples, root=root)
    by_seed = {key: _seed_deviations(part) for key, part in table.groupby(["encoder", "variant", "condition"])}
    rows = []
    for (encoder, variant, label), group in table.groupby(["encoder", "variant", "label"], sort=True):
        for condition, part in group.groupby("condition", sort=True):
            seeds = by_seed[encoder, variant, condition]
            row = _row(part, deviations, group=group, settings=settings, root=root, seed_deviations=seeds)
            left_out = shared.get((encoder, variant, condition), np.array([]))
            keys = {"encoder": encoder, "variant": variant, "condition": condition, "group": label}
            rows.append(keys | row | {"same_data": ", ".join(sorted(left_out)), "level": settings.level})
    return _corrected(pd.DataFrame(rows, columns=FAMILY_GAIN_COLUMNS))


def _units(table: pd.DataFrame, by: str) -> tuple[pd.Series, pd.Series]:
    """Kind and label of the unit that each row belongs to."""
    if by == "all":
        return pd.Series("all", index=table.index), pd.Series("All languages", index=table.index)
    if by == "language":
        return pd.Series("language", index=table.index), table["name"]
    grouped = table.assign(group=table["branch"]) if by == "branch" else table
    label = group_labels(grouped)
    return pd.Series(np.where(label == grouped["group"], "family", "language"), index=table.index).where(
        table.groupby(label)["language"].transform("nunique") > 1, "language"
    ), label


def _common_cells(table: pd.DataFrame) -> pd.DataFrame:
    conditions = table.groupby(["encoder", "variant"])["condition"].transform("nunique")
    have = table.groupby(["encoder", "variant", "task", "language"])["condition"].transform("nunique")
    return table[have == conditions]


def _check_grid(table: pd.DataFrame) -> None:
    for (encoder, variant, condition), part in table.groupby(["encoder", "variant", "condition"]):
        seeds = set(part["seed"])
        per_cell = part.groupby(["task", "language"])["seed"].agg(set)
        if (bad := per_cell != seeds).any():
            (task, language), found = next(iter(per_cell[bad].items()))
            raise AnalysisError(
                f"({encoder}, {variant}, {condition}, {task}, {language}) has the seeds {sorted(found)} and not "
                f"{sorted(seeds)}: seeds are crossed with everything else, so run the missing ones or leave them out"
            )


def _seed_deviations(part: pd.DataFrame) -> np.ndarray:
    """Gain of each seed over all languages and tasks of one condition, less their mean; seeds in order."""
    by_task = part.groupby(["seed", "task"])["gain"].mean()
    by_seed = by_task.groupby("seed").mean().sort_index().to_numpy()
    return by_seed - by_seed.mean()


def _row(
    part: pd.DataFrame,
    deviations: dict,
    *,
    group: pd.DataFrame,
    settings: Settings,
    root: int,
    seed_deviations: np.ndarray,
) -> dict:
    tasks, languages, seeds = (sorted(part[name].unique()) for name in ("task", "language", "seed"))
    gain = np.full((len(tasks), len(languages), len(seeds)), np.nan)
    places = [pd.Index(keys).get_indexer(part[name]) for keys, name in ((tasks, "task"), (languages, "language"))]
    gain[*places, pd.Index(seeds).get_indexer(part["seed"])] = part["gain"]

    first = part.iloc[0]
    of_examples, with_examples = np.zeros(settings.resamples), 0
    for task in tasks:
        keys = [
            (first["encoder"], first["variant"], task, language, first["condition"])
            for language in part.loc[part["task"] == task, "language"].unique()
        ]
        if found := [deviations[key] for key in keys if key in deviations]:
            of_examples += np.mean(found, axis=0) / len(tasks)
            with_examples += 1
    result = unit_interval(
        gain,
        examples=of_examples if with_examples else None,
        languages=tuple(languages),
        settings=settings,
        root=root,
        seed_deviations=seed_deviations,
    )
    examples = int(part.drop_duplicates(["task", "language"])["examples"].sum())
    unit = first["unit"]
    withheld = _reason(
        seeds=len(seeds),
        examples=examples if with_examples else None,
        lonely=unit != "language" and len(languages) == 1,
        flat=not np.isfinite(result.p),
    )
    resampled = []
    if len(languages) > 1:
        resampled.append("language")
    if with_examples:
        resampled.append(
            "example" if with_examples == len(tasks) else f"example ({with_examples} of {len(tasks)} tasks)"
        )
    if len(seeds) > 1:
        resampled.append("seed")
    cells = set(zip(part["task"], part["language"]))
    nan = float("nan")
    return {
        "unit": unit,
        "estimate": result.estimate,
        "low": nan if withheld else result.low,
        "high": nan if withheld else result.high,
        "p": nan if withheld else result.p,
        "standard_error": nan if withheld else result.standard_error,
        "freedom": nan if withheld else result.freedom,
        "resampled": ", ".join(resampled),
        "n_languages": len(languages),
        "n_tasks": len(tasks),
        "n_seeds": len(seeds),
        "n_examples": examples,
        "languages": " ".join(languages),
        "tasks": " ".join(tasks),
        "measure": ", ".join(sorted(part["measure"].unique())),
        "comparable": cells == set(zip(group["task"], group["language"])),
        "withheld": withheld,
    }


def _reason(*, seeds: int, examples: int | None, lonely: bool, flat: bool) -> str:
    """Why an interval is withheld; empty if it is not."""
    if seeds < MIN_SEEDS:
        return f"{seeds} seed, fewer than {MIN_SEEDS}: the spread between training runs is not known"
    if examples is not None and examples < MIN_EXAMPLES:
        return f"{examples} examples, fewer than {MIN_EXAMPLES}"
    if lonely:
        return "one language of the family under this condition"
    if flat:
        return "nothing varies in what is resampled"
    return ""


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    tested = table["p"].notna()
    table["p_holm"] = np.nan
    if tested.any():
        table.loc[tested, "p_holm"] = multipletests(table.loc[tested, "p"], method="holm")[1]
    excludes = (table["low"] > 0) | (table["high"] < 0)
    table["clear"] = (excludes & (table["p_holm"] < CLEAR)).astype(bool)
    return table
