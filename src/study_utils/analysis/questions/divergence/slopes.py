"""Slopes of gains over divergence: the mixed models between intermediate tasks and between languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.models.reml import fit, make_design
from study_utils.errors import AnalysisError

FORMAT, TYPOLOGY, FAMILY = "format_distance", "typology", "family"
"""Controls: `study_utils.analysis.questions.divergence.labels`, the syntactic distance to English per 0.1, and the
language family as reports show it."""
CONTROLS = {FORMAT: "format distance", TYPOLOGY: "typological distance"}
"""Controls that have a slope of their own, and their titles."""
LEVELS = {"task": (FORMAT, "condition"), "language": (TYPOLOGY, "language")}
"""Parts of a slope: its control, and what its levels are."""
NUMBERS = ("estimate", "low", "high", "standard_error", "freedom", "p")
FLAT = 1e-9
"""Largest difference that counts as none."""
SAME, SAME_IN_FAMILIES = "it is the same everywhere here", "it is the same for all languages of a family here"


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """What one part's model sees: mean cells, what is held fixed (orthonormal columns), and columns with slopes."""

    means: pd.DataFrame
    held: np.ndarray
    columns: pd.DataFrame
    free: int


def _rows(cells: pd.DataFrame, part: str, names: list[str]) -> _Rows:
    _, unit = LEVELS[part]
    kept = cells.dropna(subset=[TYPOLOGY]) if part == "language" else cells
    grouped = kept.groupby([unit, "task"])
    means = grouped[["gain", *names]].mean().assign(**{FAMILY: grouped[FAMILY].first()}).reset_index()
    groups, cell = 1, means["task"]
    if part == "language":
        groups, cell = means[FAMILY].nunique(), means["task"] + "\n" + means[FAMILY]
    held = pd.get_dummies(cell).to_numpy(float)
    basis = held / np.sqrt(held.sum(axis=0))
    columns = means[names] - means.groupby("task")[names].transform("mean")
    rest = columns.to_numpy(float) - basis @ (basis.T @ columns.to_numpy(float))
    columns = columns.loc[:, rest.std(axis=0) > FLAT]
    return _Rows(means=means, held=basis, columns=columns, free=means[unit].nunique() - groups - columns.shape[1])


def fit_slopes(cells: pd.DataFrame, part: str, measures: list[str], *, level: float) -> dict[str, dict]:
    """Fit the model of one part.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `modelled_cells`, of one encoder; of one target, its own slopes.
    part : {"task", "language"}
        Between intermediate tasks (over means of the languages), or between languages (over means of the tasks). Held
        fixed are the targets, and between languages the families on each target: families differ in gains and in
        divergence for many reasons, so only what differs within them counts.
    measures : list of str
        Columns that have a slope beside the part's control.
    level : float
        Of the intervals.

    Returns
    -------
    dict
        Name to `NUMBERS` of the slope of each measure, for a standard deviation within targets, and of the control, for
        one unit; without those that what is held fixed determines. Empty where the model can't be fitted or no degree
        of freedom is left. Degrees of freedom are Satterthwaite's, but never more than tasks (languages within
        families) allow.
    """
    control, unit = LEVELS[part]
    rows = _rows(cells, part, [*measures, control])
    means, columns = rows.means, rows.columns
    if rows.free < 1 or columns.empty:
        return {}
    columns = columns / columns.std().where(columns.columns != control, 1.0)
    random = {unit: means[unit].to_numpy(str)} if means[unit].nunique() < len(means) else {}
    fixed = np.column_stack([rows.held, columns.to_numpy(float)])
    try:
        model = fit(means["gain"].to_numpy(float), make_design(fixed, random))
    except AnalysisError:
        return {}
    found = {}
    for name, weights in zip(columns, np.eye(fixed.shape[1])[rows.held.shape[1] :]):
        estimate, error = float(weights @ model.beta), model.error(weights)
        freedom = max(1.0, min(model.freedom(weights), rows.free))
        half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
        p = float(2 * stats.t.sf(abs(estimate) / error, freedom))
        found[name] = dict(zip(NUMBERS, (estimate, estimate - half, estimate + half, error, freedom, p)))
    return found


def without_slope(cells: pd.DataFrame, part: str, name: str) -> str:
    """Why a column has no slope in one part; empty if it may have one."""
    if cells[name].isna().any() and name != TYPOLOGY:
        return "it is not measured in every cell"
    rows = _rows(cells, part, [name])
    if len(rows.columns.columns):
        return ""
    within = rows.means[name] - rows.means.groupby("task")[name].transform("mean")
    return SAME_IN_FAMILIES if part == "language" and np.ptp(within) > FLAT else SAME


def between_tasks(cells: pd.DataFrame, name: str) -> np.ndarray:
    """Values of a column against their mean over the intermediate tasks, for each target and language."""
    values = cells[name]
    return (values - values.groupby([cells["task"], cells["language"]]).transform("mean")).to_numpy(float)


def inflation(between: dict[str, np.ndarray], measure: str, others: list[str]) -> float:
    """Variance inflation of the slope between tasks: 1 / (1 - R²) of the measure regressed on other columns."""
    y, x = between[measure], np.column_stack([between[name] for name in others])
    if np.isnan(y).any() or np.isnan(x).any() or np.ptp(y) < FLAT:
        return float("nan")
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float((y @ y) / max(rest @ rest, FLAT * (y @ y)))
