"""How much gains vary, and by what: variance components of a finished study, from which another can be planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.analysis.models.reml import make_design, variances
from study_utils.analysis.results.cells import Block, example_blocks
from study_utils.analysis.results.gains import gains, group_labels
from study_utils.analysis.results.tables import BASELINE, CORRELATIONS, check_results, is_source, join_languages
from study_utils.catalog.perturbations import CLEAN
from study_utils.errors import AnalysisError

SOURCES = ("family", "task", "language", "language_task", "seed", "run", "residual")
"""Where gains vary: `run` is the training run, that is task and seed together."""
_CELL = ("encoder", "task", "language")


@dataclass(frozen=True, kw_only=True)
class Components:
    """Variances of a gain (squares of fractions), averaged over the conditions of a study.

    Attributes
    ----------
    family, task, language, language_task, seed, run, residual : float
        Between families, between tasks, between languages of a family, of language and task together, between seeds,
        between training runs (task and seed together), and of what is left; the last and `language_task` without the
        noise of test rows.
    shared_row, own_row : float
        Noise of one test row: what all seeds share, which is part of the variance of language and task together, and
        what each seed has of its own, which is part of the residual. A cell of n rows has 1/n of each.
    conditions, tasks, languages, seeds : int
        What they were estimated from: (encoder, condition) pairs, and the most that one of these has.
    from_predictions : bool
        Whether the noise of test rows was measured; else it is bounded (see `gain_components`).
    """

    family: float
    task: float
    language: float
    language_task: float
    seed: float
    run: float
    residual: float
    shared_row: float
    own_row: float
    conditions: int
    tasks: int
    languages: int
    seeds: int
    from_predictions: bool


def gain_components(scores: pd.DataFrame, predictions: pd.DataFrame | None = None) -> Components:
    """Estimate the variance components of zero-shot gains by restricted maximum likelihood.

    For each (encoder, condition), gain = mean + family + task + language + language × task + seed + task × seed +
    residual, all but the mean random. Each variance is averaged over the (encoder, condition) pairs, all alike. Pairs
    of tasks made from the same data and source languages are left out.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table; clean test rows count.
    predictions : pandas.DataFrame, optional
        From the same study. They say how far gains vary between the test rows of a cell: an analysis of variance of
        the paired differences, rows by seeds. Without them the residual is taken to be the noise of test rows, up to
        what a condition and its baseline would have on rows of their own, and language × task to hold none, so that
        what more rows bring is not overstated.

    Notes
    -----
    Translated test sets have noise in common over languages. It counts as task and training run, so more rows are not
    credited with making it less.

    Raises
    ------
    AnalysisError
        If the table is not valid, or no condition has two tasks, two languages and two seeds, without which the
        variances can't be told apart.
    """
    table = _zero_shot_gains(scores)
    row_noise = None if predictions is None else _measured_noise(example_blocks(predictions))
    found, told = [], []
    for key, part in table.groupby(["encoder", "condition"], sort=True):
        counts = {name: part[name].nunique() for name in ("task", "language", "seed")}
        if min(counts.values()) < 2:
            told.append(f"{key[1]} has " + ", ".join(f"{n} {name}{'s' * (n > 1)}" for name, n in counts.items()))
        elif np.ptp(part["gain"]) > 0:
            found.append(_one(part, row_noise) | {f"{name}s": n for name, n in counts.items()})
    if not found:
        why = f": {'; '.join(told[:3])}" if told else ": no gain differs from another"
        raise AnalysisError(
            "the variances of gains can't be told apart; that takes a condition with two tasks, two languages and two "
            f"seeds{why}"
        )
    means = pd.DataFrame(found)
    sizes = ("tasks", "languages", "seeds")
    return Components(
        **{name: float(means[name].mean()) for name in means if name not in sizes},
        **{name: int(means[name].max()) for name in sizes},
        conditions=len(means),
        from_predictions=row_noise is not None,
    )


def _zero_shot_gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Gains on clean rows that count, with family, language × task and training run as columns."""
    check_results(scores)
    clean = scores[scores["variant"] == CLEAN]
    key = [*_CELL, "seed", "metric"]
    table = gains(clean).merge(clean.loc[clean["condition"] == BASELINE, [*key, "n"]], on=key)
    if not pd.to_numeric(table["n"], errors="coerce").gt(0).all():
        raise AnalysisError("the results table has scores without a number of test rows (column n)")
    kept = table["zero_shot"].astype(bool) & ~table["same_data"].astype(bool) & ~is_source(table)
    table = join_languages(table[kept])
    return table.assign(
        family=group_labels(table),
        language_task=table["task"].astype(str) + " " + table["language"].astype(str),
        run=table["task"].astype(str) + " " + table["seed"].astype(str),
    )


def _one(part: pd.DataFrame, row_noise: Mapping[tuple, tuple[float, float]] | None) -> dict[str, float]:
    levels = {name: part[name].to_numpy() for name in SOURCES if name != "residual" and part[name].nunique() > 1}
    if part["family"].nunique() == part["language"].nunique():
        levels.pop("family", None)
    design = make_design(np.ones((len(part), 1)), levels)
    estimate = dict.fromkeys(SOURCES, 0.0) | variances(part["gain"].to_numpy(), design)
    cells = part.drop_duplicates(["task", "language"])
    per_row = float((1 / cells["n"]).mean())
    if row_noise is None:
        shared, own = 0.0, min(estimate["residual"], _largest_noise(part))
    else:
        known = [row_noise[key] for key in zip(*(cells[name] for name in (*_CELL, "condition"))) if key in row_noise]
        shared, own = (float(np.mean(side)) * per_row for side in zip(*known)) if known else (0.0, 0.0)
        shared, own = min(shared, estimate["language_task"]), min(own, estimate["residual"])
    estimate["language_task"] -= shared
    estimate["residual"] -= own
    return estimate | {"shared_row": shared / per_row, "own_row": own / per_row}


def _largest_noise(part: pd.DataFrame) -> float:
    """Mean variance of a gain if a condition and its baseline were scored on test rows of their own."""
    fraction = ~part["metric"].isin(CORRELATIONS).to_numpy()

    def noise(score: np.ndarray) -> np.ndarray:
        return np.where(fraction, score * (1 - score), (1 - score**2) ** 2)

    both = noise(part["score"].to_numpy(float)) + noise(part["baseline"].to_numpy(float))
    return float((both / part["n"].to_numpy(float)).mean())


def _measured_noise(blocks: Mapping[tuple, Block]) -> dict[tuple, tuple[float, float]]:
    """(encoder, task, language, condition) to the variance of a row's gain: what seeds share, and each seed's own.

    Mean squares of rows and of the rest in a table of rows by seeds give both (Searle et al. 1992, section 4.3).
    """
    found = {}
    for (encoder, variant, task, language), block in blocks.items():
        if variant != CLEAN:
            continue
        place = {run: i for i, run in enumerate(block.runs)}
        for condition in {condition for condition, _ in block.runs} - {BASELINE}:
            seeds = [s for c, s in block.runs if c == condition and (BASELINE, s) in place]
            count = len(block.total)
            if len(seeds) < 2 or count < 2:
                continue
            own, base = ([place[name, s] for s in seeds] for name in (condition, BASELINE))
            change = (block.correct[own] - block.correct[base]) / block.total.mean()
            change = change - change.mean(axis=1, keepdims=True) * block.total / block.total.mean()
            by_row = change.mean(axis=0)
            rest = ((change - by_row) ** 2).sum() / ((count - 1) * (len(seeds) - 1))
            between = len(seeds) * (by_row**2).sum() / (count - 1)
            found[encoder, task, language, condition] = (max(0.0, (between - rest) / len(seeds)), float(rest))
    return found
