"""The smallest true gain that a study finds with a given power, from variance components and its own cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import linalg, optimize, special
from scipy.sparse import csr_array

from study_utils.analysis.inference.clear import CLAIM_LANGUAGES, CLAIM_SEEDS, CLAIM_TASKS
from study_utils.analysis.planning.components import Components
from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import join_languages, require_columns
from study_utils.errors import AnalysisError

POWER = 0.8
"""Share of studies that are to find the gain; the usual choice (Cohen 1988)."""
ABOUT = ("all languages, these tasks", "all languages, tasks like these", "a family of three languages", "one language")
"""What a gain may be about: rows of `detectable`."""
COLUMNS = ("about", "standard_error", "freedom", "comparisons", "gain", "gain_corrected", "withheld")

_UNTOLD = 1e-9
"""Share of the information on a variance below which it is rounding."""


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
    """

    tasks: tuple[str, ...]
    languages: tuple[str, ...]
    families: tuple[str, ...]
    rows: tuple[int, ...]
    seeds: int


def make_cells(cells: pd.DataFrame, *, seeds: int) -> StudyCells:
    """Lay out the cells of a study.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row a cell: `task`, `language`, `rows`.
    seeds : int
        How many seeds each cell has.

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
    return StudyCells(
        tasks=tuple(joined["task"].astype(str)),
        languages=tuple(joined["language"].astype(str)),
        families=tuple(group_labels(joined)),
        rows=tuple(int(n) for n in joined["rows"]),
        seeds=seeds,
    )


def detectable(
    components: Components,
    cells: StudyCells,
    *,
    comparisons: Mapping[str, int] | None = None,
    power: float = POWER,
    level: float = 0.95,
    about: Sequence[str] = ABOUT,
) -> pd.DataFrame:
    """Say the smallest true gain that a study finds, for what it may be about.

    A two-sided t-test of a fixed effect of the mixed model behind the components, with Satterthwaite's degrees of
    freedom; its power is that of a noncentral t. Over all languages, families and languages are random, and tasks fixed
    ("these tasks", each weighing the same) or random ("tasks like these"). A family has an effect of its own, adjusted
    for task; a language too, on its own (nothing borrowed from others) and with language × task as its error. A study's
    own family may have other tasks: taken are those languages that stand in the middle when ordered by their number of
    tasks.

    Parameters
    ----------
    components : Components
        From `gain_components`.
    cells : StudyCells
        The study's cells.
    comparisons : mapping of str to int, optional
        Of `ABOUT`: how many comparisons are corrected together; 1 for what is left out.
    power, level : float
        Share of studies that are to find the gain; one minus the level of the uncorrected test.
    about : sequence of str
        Of `ABOUT`: what is asked about.

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
    for one in about:
        found = dict.fromkeys(COLUMNS, float("nan"))
        found |= {"about": one, "comparisons": counts.get(one, 1), "withheld": _barred(one, cells)}
        if not found["withheld"]:
            try:
                error, freedom = precision(components, cells, one)
            except AnalysisError as fault:
                found["withheld"] = str(fault)
            else:
                sizes = (smallest_gain(error, freedom, (1 - level) / m, power) for m in (1, found["comparisons"]))
                found |= {"standard_error": error, "freedom": freedom} | dict(zip(("gain", "gain_corrected"), sizes))
        rows.append(found)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def smallest_gain(error: float, freedom: float, alpha: float, power: float = POWER) -> float:
    """Gain that a two-sided t-test at `alpha` calls one (not a loss) with a power, from its error and freedom."""
    critical = special.stdtrit(freedom, 1 - alpha / 2)

    def missing(shift: float) -> float:
        return power - 1 + special.nctdtr(freedom, shift, critical)

    top = critical + 2.0
    while missing(top) > 0:
        top *= 2
    return error * float(optimize.brentq(missing, 0.0, top, xtol=1e-6))


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
    fixed, weights, between, within = _model(components, cells, about)
    seeds, rows = cells.seeds, np.array(cells.rows, float)
    of_rows = np.diag(components.own_row / rows), np.diag(components.shared_row / rows)
    per_seed = sum((value * _square(levels) for value, levels in within), of_rows[0])
    whole = sum((seeds * value * _square(levels) for value, levels in between), per_seed + seeds * of_rows[1])
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


def _square(levels: csr_array) -> np.ndarray:
    return (levels @ levels.T).toarray()


def _model(components: Components, cells: StudyCells, about: str) -> tuple:
    """Fixed effects, their weights, and (variance, levels of each cell) of what seeds share and of what each has."""
    tasks, languages = pd.get_dummies(list(cells.tasks)), pd.get_dummies(list(cells.languages))
    families, task = pd.get_dummies(list(cells.families)), tasks.to_numpy(float)
    language, count = languages.to_numpy(float), len(task)
    own = 0.5 * (task[:, 1:] - task[:, :1])  # sums to zero over tasks
    between = [(components.language_task, np.eye(count))]
    if about in ABOUT[:2]:
        fixed = np.ones((count, 1)) if about == ABOUT[1] else np.column_stack([np.ones(count), own])
        between.append((components.family, families.to_numpy(float)))
        if about == ABOUT[1]:
            between.append((components.task, task))
    else:
        chosen = middle_languages(cells, 3 if about == ABOUT[2] else 1)
        focal = np.isin(cells.languages, chosen)
        others = families.loc[:, families[~focal].any()].to_numpy(float) * ~focal[:, None]
        fixed = np.column_stack([focal, others, own]).astype(float)
        if about == ABOUT[3]:
            language = language * ~focal[:, None]  # its own effect is what is asked about
    between.append((components.language, language))
    within = [(components.seed, np.ones((count, 1))), (components.run, task), (components.residual, np.eye(count))]
    sparse = [[(value, csr_array(levels)) for value, levels in side] for side in (between, within)]
    return fixed, np.eye(fixed.shape[1])[0], *sparse


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
    if languages <= (CLAIM_LANGUAGES if about == ABOUT[2] else 1):
        return f"{languages} languages are too few"
    return ""


def with_seeds(cells: StudyCells, count: int) -> StudyCells:
    """Lay the same cells out with another number of seeds."""
    return replace(cells, seeds=count)
