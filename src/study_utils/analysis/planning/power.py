"""The smallest true gain that a study finds with a given power, from variance components and its own cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy import linalg, special
from scipy.sparse import csr_array
from scipy.stats import qmc

from study_utils.analysis.inference.clear import CLAIM_LANGUAGES, CLAIM_SEEDS, CLAIM_TASKS, CLEAR
from study_utils.analysis.models.one_thread import on_one_thread
from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.drawn import drawn_precision
from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import join_languages, require_columns
from study_utils.errors import AnalysisError

POWER = 0.8
"""Share of studies that are to find the gain; the usual choice (Cohen 1988)."""
ABOUT = ("all languages, these tasks", "all languages, tasks like these", "a family of three languages", "one language")
"""What a gain may be about: rows of `detectable`."""
PRIMARY = "the primary comparison"
"""Another, where the primary comparison of a study is a group of languages."""
COLUMNS = ("about", "standard_error", "freedom", "comparisons", "gain", "gain_corrected", "withheld")

_UNTOLD = 1e-9
"""Share of the information on a variance below which it is rounding."""
_DRAWS = 10
"""Power of two: how many estimates are drawn (quasi-random) for each precision that studies may report."""
_CHANCES = 64
"""Precisions where no studies can be drawn: quantiles of the distribution of the standard error."""


@dataclass(frozen=True, kw_only=True)
class StudyCells:
    """The zero-shot cells of a condition, every seed in all of them.

    Attributes
    ----------
    tasks, languages, families : tuple of str
        Of each cell.
    rows : tuple of int
        Test rows of each cell.
    seeds : int
        How many.
    primary : tuple of str or None
        Languages of the study's primary comparison; None: it is of all.
    """

    tasks: tuple[str, ...]
    languages: tuple[str, ...]
    families: tuple[str, ...]
    rows: tuple[int, ...]
    seeds: int
    primary: tuple[str, ...] | None = None


def make_cells(cells: pd.DataFrame, *, seeds: int, group: str = "all") -> StudyCells:
    """Lay out the cells of a study.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row a cell: `task`, `language`, `rows`.
    seeds : int
        How many seeds each cell has.
    group : str
        Of the primary comparison: ``"all"``, or a family, branch or language by the name that reports show.

    Raises
    ------
    AnalysisError
        If there is no cell, one is there twice or has no row, or a language is unknown.
    """
    require_columns(cells, ("task", "language", "rows"), table="table of cells")
    if cells.empty:
        raise AnalysisError("no language is scored zero-shot under any condition but the baseline")
    if cells.duplicated(["task", "language"]).any() or not (cells["rows"] > 0).all() or seeds < 1:
        raise AnalysisError("every cell must be there once, with one test row and one seed or more")
    joined = join_languages(cells)
    of_group = joined[(joined[["name", "family", "branch"]] == group).any(axis=1)]
    return StudyCells(
        tasks=tuple(joined["task"].astype(str)),
        languages=tuple(joined["language"].astype(str)),
        families=tuple(group_labels(joined)),
        rows=tuple(int(n) for n in joined["rows"]),
        seeds=seeds,
        primary=None if group == "all" else tuple(sorted(of_group["language"].unique())),
    )


@on_one_thread
def detectable(
    components: Components,
    cells: StudyCells,
    *,
    comparisons: Mapping[str, int] | None = None,
    power: float = POWER,
    level: float = 0.95,
    about: Sequence[str] | None = None,
    like: StudyCells | None = None,
) -> pd.DataFrame:
    """Say the smallest true gain that a study calls clear, for what it may be about.

    The rule is the one by which results are called clear: a two-sided t-test of a fixed effect of the mixed model
    behind the components, with the standard error and Satterthwaite's degrees of freedom that studies report, which are
    drawn (`study_utils.analysis.planning.drawn`); on these tasks a gain has to hold without each of them too. Over all
    languages, families and languages are random, and tasks fixed ("these tasks", each weighing the same) or random
    ("tasks like these"). A family has an effect of its own, adjusted for task; a language too, on its own (nothing
    borrowed from others) and with language × task as its error. A study's own family may have other tasks: taken are
    those languages that stand in the middle when ordered by their number of tasks. Runs that fail are not planned for.

    Parameters
    ----------
    components : Components
        From `gain_components`.
    cells : StudyCells
        The study's cells.
    comparisons : mapping of str to int, optional
        Of `ABOUT` or `PRIMARY`: how many comparisons are corrected together; 1 for what is left out.
    power, level : float
        Share of studies that are to find the gain; level of the interval that has to exclude zero.
    about : sequence of str, optional
        Of `ABOUT` or `PRIMARY`: what is asked about. All of `ABOUT` unless given, and `PRIMARY` first where the primary
        comparison is of a group.
    like : StudyCells, optional
        Cells under as many seeds, whose studies report their precision as far from the true one as these do: drawing
        studies of larger ones takes long.

    Returns
    -------
    pandas.DataFrame
        One row each: `standard_error`, `gain` (uncorrected) and `gain_corrected` (at the first step of Holm's
        correction: what is found even if nothing else is), in fractions; `freedom`; `comparisons`; `withheld`, why
        there are no numbers.

    Raises
    ------
    AnalysisError
        If `power` or `level` lies outside 0.5 to 1.
    """
    if not (0.5 <= power < 1 and 0.5 < level < 1):
        raise AnalysisError(f"power {power!r} and level {level!r}: both lie between 0.5 and 1, such as 0.8 and 0.95")
    counts, rows = comparisons or {}, []
    for one in about or (ABOUT if cells.primary is None else (PRIMARY, *ABOUT)):
        found = dict.fromkeys(COLUMNS, float("nan"))
        found |= {"about": one, "comparisons": counts.get(one, 1), "withheld": _barred(one, cells)}
        if not found["withheld"]:
            try:
                covariance, freedoms = _expected(components, cells, one)
                told = _reported(components, cells, one) if like is None else _as_in(like, components, cells, one)
            except AnalysisError as fault:
                found["withheld"] = str(fault)
            else:
                found |= {"standard_error": float(np.sqrt(covariance[0, 0])), "freedom": float(freedoms[0])}
                for name, m in (("gain", 1), ("gain_corrected", found["comparisons"])):
                    alpha = min(1 - level, CLEAR / m)
                    found[name] = _held_gain(covariance, *told, alpha, power)
        rows.append(found)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def precision(components: Components, cells: StudyCells, about: str) -> tuple[float, float]:
    """Standard error (fraction) and degrees of freedom of what one of `ABOUT` estimates.

    Seeds are in all cells, so the covariance of the cells falls into that of their means over seeds and S − 1 equal
    ones of contrasts between seeds; everything is computed in matrices of the size of the cells. Degrees of freedom are
    Satterthwaite's, from the expected information of the variances (Giesbrecht and Burns 1985), and at least 1; also of
    those that are zero, since an analysis doesn't know that they are.

    Raises
    ------
    AnalysisError
        If tasks and languages fall into groups that share nothing, so that a family's effect can't be told from theirs.
    """
    (fixed, weights), (between, within) = _fixed(cells, about), _random(components, cells, about)
    seeds = cells.seeds
    per_seed, whole = _covariances(components, cells, between, within)
    inner, contrast = linalg.inv(whole), linalg.inv(per_seed)
    covariance = linalg.pinvh(fixed.T @ inner @ fixed)
    if not np.allclose(covariance @ (fixed.T @ inner @ fixed) @ weights, weights, atol=1e-6):
        raise AnalysisError("tasks and languages fall into groups that share nothing, so they can't be told apart")
    variance = float(weights @ covariance @ weights)  # of the mean over seeds, times seeds
    project = inner - inner @ fixed @ covariance @ fixed.T @ inner
    toward = inner @ fixed @ covariance @ weights
    parts = [(seeds, 0.0, levels) for _, levels in between] + [(1.0, seeds - 1.0, levels) for _, levels in within]
    slopes = np.array([times * ((levels.T @ toward) ** 2).sum() for times, _, levels in parts])
    information = np.zeros((len(parts), len(parts)))
    most = np.zeros(len(parts))
    for i, (times, alone, levels) in enumerate(parts):  # the trace of P Va P Vb is the squared norm of Za' P Zb
        sides = [levels.T @ matrix for matrix in (project, contrast, inner)]
        for j, (other, both, columns) in enumerate(parts[: i + 1]):
            mean = times * other * ((sides[0] @ columns) ** 2).sum()
            apart = ((sides[1] @ columns) ** 2).sum() * alone if both else 0.0
            information[i, j] = information[j, i] = 0.5 * (mean + apart)
        most[i] = 0.5 * (times**2 * ((sides[2] @ levels) ** 2).sum() + alone * ((sides[1] @ levels) ** 2).sum())
    told = np.diag(information) > _UNTOLD * most  # others are part of the fixed effects
    scale = np.diag(information)[told] ** -0.5  # variances differ by orders of magnitude
    slopes = slopes[told] * scale
    spread = linalg.pinvh(scale[:, None] * information[np.ix_(told, told)] * scale)
    freedom = 2 * variance**2 / float(slopes @ spread @ slopes)
    return float(np.sqrt(variance / seeds)), max(1.0, freedom)


def _covariances(components: Components, cells: StudyCells, between: list, within: list) -> tuple:
    """Covariance of the cells within a seed, and of their means over seeds (times seeds)."""
    seeds, rows = cells.seeds, np.array(cells.rows, float)
    of_rows = np.diag(components.own_row / rows), np.diag(components.shared_row / rows)
    per_seed = sum((value * _square(levels) for value, levels in within), of_rows[0])
    return per_seed, sum((seeds * value * _square(levels) for value, levels in between), per_seed + seeds * of_rows[1])


def _without_each_task(components: Components, cells: StudyCells, about: str) -> np.ndarray:
    """Covariance of the estimate and of those without each task, where leaving tasks out decides something.

    Raises
    ------
    AnalysisError
        If what is asked about has one task only, in a study of several: nothing is left without it.
    """
    tasks = sorted(set(cells.tasks))
    tasks = [] if about == ABOUT[1] or len(tasks) == 1 else tasks
    whole = _covariances(components, cells, *_random(components, cells, about))[1]
    rows = [_row_weights(whole, *_fixed(cells, about))]
    for task in tasks:
        kept = np.array(cells.tasks) != task
        alone = np.zeros(len(kept))
        alone[kept] = _row_weights(whole[np.ix_(kept, kept)], *_fixed(*_without(cells, task, about)))
        rows.append(alone)
    return np.array(rows) @ whole @ np.array(rows).T / cells.seeds


def _without(cells: StudyCells, lost: str, about: str) -> tuple[StudyCells, str]:
    """Cells without a task, and the same languages to ask about."""
    kept = [place for place, task in enumerate(cells.tasks) if task != lost]
    parts = {name: tuple(getattr(cells, name)[i] for i in kept) for name in ("tasks", "languages", "families", "rows")}
    if about in ABOUT[:2]:
        return replace(cells, **parts), about
    asked = tuple(code for code in _asked(cells, about) if code in parts["languages"])
    if not asked:
        raise AnalysisError("its languages have one task only, so no gain of theirs holds without it")
    return replace(cells, **parts, primary=asked), PRIMARY


def _row_weights(covariance: np.ndarray, fixed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights of the cells in a generalised least squares estimate."""
    solved = linalg.solve(covariance, fixed, assume_a="pos")
    return solved @ (linalg.pinvh(fixed.T @ solved) @ weights)


def _fewest_freedom(components: Components, cells: StudyCells, about: str, without: np.ndarray) -> float:
    """Degrees of freedom without the task whose loss makes the error largest."""
    lost = sorted(set(cells.tasks))[int(np.argmax(np.diag(without)[1:]))]
    return precision(components, *_without(cells, lost, about))[1]


@cache
def _expected(components: Components, cells: StudyCells, about: str) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the estimate and of those without each task, and their expected degrees of freedom."""
    freedom = precision(components, cells, about)[1]
    covariance = _without_each_task(components, cells, about)
    freedoms = np.full(len(covariance), freedom)
    if len(covariance) > 1:
        freedoms[1:] = _fewest_freedom(components, cells, about, covariance)
    return covariance, freedoms


@cache
def _reported(components: Components, cells: StudyCells, about: str) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors and degrees of freedom that studies will report, of all tasks and without each.

    Those of families without a task in common vary as the true ones would have them.
    """
    asked = None if about in ABOUT[:2] else _asked(cells, about)
    names = {"task": cells.tasks, "language": cells.languages, "family": cells.families, "rows": cells.rows}
    options = {"seeds": cells.seeds, "asked": asked, "like_these": about == ABOUT[1]}
    if told := drawn_precision(components, pd.DataFrame(names), **options):
        return told
    covariance, freedoms = _expected(components, cells, about)
    chances = (np.arange(_CHANCES) + 0.5) / _CHANCES
    varied = [np.sqrt(special.gammaincinv(freedom / 2, chances) / (freedom / 2)) for freedom in freedoms]
    errors = np.sqrt(np.diag(covariance)) * np.stack(varied, axis=1)
    return errors, np.broadcast_to(freedoms, errors.shape)


def _as_in(like: StudyCells, components: Components, cells: StudyCells, about: str) -> tuple[np.ndarray, np.ndarray]:
    """Take over from other cells by how much reported errors differ from true ones; further tasks as the first ones."""
    own, other = (np.sqrt(np.diag(_expected(components, one, about)[0])) for one in (cells, like))
    errors, freedoms = _reported(components, like, about)
    places = [0] + [1 + number % max(1, len(other) - 1) for number in range(len(own) - 1)]
    if len(other) == 1:
        places = [0] * len(own)
    return own * (errors / other)[:, places], freedoms[:, places]


def _held_gain(covariance: np.ndarray, errors: np.ndarray, freedoms: np.ndarray, alpha: float, power: float) -> float:
    """Gain with which a share of studies excludes zero at `alpha`, and at `CLEAR` without each task too.

    Estimates, of all tasks and without each, have the `covariance`; `errors` and `freedoms`, shape (studies,
    estimates), are what studies report.
    """
    values, vectors = linalg.eigh(covariance)
    moved = special.ndtri(_draws(len(covariance))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    levels = np.array([alpha] + [CLEAR] * (len(covariance) - 1))
    critical = special.stdtrit(freedoms, 1 - levels / 2) * errors
    needed = critical[:, None, 0] - moved[:, 0]
    for place in range(1, len(covariance)):
        needed = np.maximum(needed, critical[:, None, place] - moved[:, place])
    return float(np.quantile(needed, power))


@cache
def _draws(dimensions: int) -> np.ndarray:
    return qmc.Sobol(dimensions, seed=0).random_base2(_DRAWS)


def _square(levels: csr_array) -> np.ndarray:
    return (levels @ levels.T).toarray()


def _fixed(cells: StudyCells, about: str) -> tuple[np.ndarray, np.ndarray]:
    """Fixed effects, shape (cells, effects), and their weights in what is asked about."""
    task = _levels(cells.tasks)
    own = 0.5 * (task[:, 1:] - task[:, :1])  # sums to zero over tasks
    fixed = [np.ones((len(task), 1))]
    if about not in ABOUT[:2]:
        focal, families = np.isin(cells.languages, _asked(cells, about)), _levels(cells.families)
        others = families[:, families[~focal].any(axis=0)] * ~focal[:, None]
        fixed = [focal[:, None].astype(float), others]
    found = np.hstack(fixed if about == ABOUT[1] else [*fixed, own])
    return found, np.eye(found.shape[1])[0]


def _random(components: Components, cells: StudyCells, about: str) -> tuple[list, list]:
    """(Variance, levels of each cell) of what seeds share and of what each has."""
    task, language, alone = _levels(cells.tasks), _levels(cells.languages), np.eye(len(cells.tasks))
    between = [(components.language_task, alone)]
    if about in ABOUT[:2]:
        between.append((components.family, _levels(cells.families)))
        if about == ABOUT[1]:
            between.append((components.task, task))
    elif len(chosen := _asked(cells, about)) == 1:  # its own effect is what is asked about
        language = language * ~np.isin(cells.languages, chosen)[:, None]
    between.append((components.language, language))
    within = [(components.seed, np.ones((len(task), 1))), (components.run, task), (components.residual, alone)]
    return tuple([(value, csr_array(levels)) for value, levels in side] for side in (between, within))


def _levels(names: Sequence[str]) -> np.ndarray:
    """1 where a cell has a level, shape (cells, levels), levels sorted."""
    place = np.unique(names, return_inverse=True)[1]
    return np.eye(place.max() + 1)[place]


def _asked(cells: StudyCells, about: str) -> Sequence[str]:
    return cells.primary if about == PRIMARY else middle_languages(cells, 3 if about == ABOUT[2] else 1)


def middle_languages(cells: StudyCells, count: int) -> list[str]:
    """Languages in the middle when ordered by their number of tasks (and by name)."""
    order = sorted(set(cells.languages), key=lambda code: (cells.languages.count(code), code))
    start = (len(order) - count) // 2
    return order[start : start + count]


def _barred(about: str, cells: StudyCells) -> str:
    languages, tasks = len(set(cells.languages)), len(set(cells.tasks))
    if cells.seeds < CLAIM_SEEDS:
        return f"nothing is claimed from fewer than {CLAIM_SEEDS} seeds"
    if about == ABOUT[1] and tasks < CLAIM_TASKS:
        return f"fewer than {CLAIM_TASKS} tasks: how much tasks differ is not known"
    if about == PRIMARY and not cells.primary:
        return "none of its languages is scored zero-shot"
    if about == PRIMARY and 1 < len(cells.primary) < CLAIM_LANGUAGES:
        return f"nothing is claimed of fewer than {CLAIM_LANGUAGES} languages of a family"
    if about in ABOUT[:2] and 1 < languages < CLAIM_LANGUAGES:
        return f"nothing is claimed from fewer than {CLAIM_LANGUAGES} languages"
    if languages <= (CLAIM_LANGUAGES if about == ABOUT[2] else 1):
        return "one language is too few" if languages == 1 else f"{languages} languages are too few"
    return ""


def with_seeds(cells: StudyCells, count: int) -> StudyCells:
    """Lay the same cells out with another number of seeds."""
    return replace(cells, seeds=count)
