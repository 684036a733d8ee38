"""How well divergence foretells the gains of an intermediate task, or a language family, that was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.models.one_thread import on_one_thread
from study_utils.analysis.questions.divergence.slopes import FAMILY, FLAT, FORMAT, TYPOLOGY

UNITS = {"task": ("condition", ("task", "language"), FORMAT), "language": (FAMILY, ("task", "condition"), TYPOLOGY)}
"""What is left out in each part, the cells whose mean it is foretold from, and the control that is always known."""


@dataclass(frozen=True, kw_only=True)
class _Places:
    """Cross products of the columns (the gain first) at places with the same numbers of rows of each unit.

    `counts` (units,), `own` (units, k, k): over a unit's rows, `between` (units, units, k, k): over its sums.
    """

    counts: np.ndarray
    own: np.ndarray
    between: np.ndarray


@on_one_thread
def foretell(cells: pd.DataFrame, part: str, measures: list[str], *, level: float) -> dict[str, float]:
    """Share of the squared error of foretelling gains from the control that `measures` take away.

    The gain of a unit (intermediate task or family) that was left out is foretold as the mean gain of the others in the
    same cell (target and language, or target and intermediate task), moved by slopes (least squares within these cells)
    of the control alone, or of the control and the measures.

    The interval is the jackknife's: each unit is taken away in turn and all predictions are made anew from what
    remains, slopes included; Student's t with one degree of freedom less than units.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `modelled_cells`, of one encoder.
    part : {"task", "language"}
        Key of `UNITS`.
    measures : list of str
        Columns.
    level : float
        Of the interval.

    Returns
    -------
    dict
        `share` (at most 1; below zero divergence adds to the error), `low`, `high` and `better`, the number of units
        whose error is less. Empty if gains do not differ.
    """
    plain, fuller = (_errors(cells, part, names) for names in ([], measures))
    shares = 1 - fuller.sum(axis=1) / np.maximum(plain.sum(axis=1), FLAT**2)
    if plain.sum(axis=1).min() < FLAT**2:
        return {}
    units = plain.shape[1]
    error = np.sqrt((units - 1) / units * ((shares[1:] - shares[1:].mean()) ** 2).sum())
    half = float(stats.t.ppf(0.5 + level / 2, units - 1) * error)
    better = int((fuller[0] < plain[0]).sum())
    return {"share": shares[0], "low": shares[0] - half, "high": min(1.0, shares[0] + half), "better": better}


def _errors(cells: pd.DataFrame, part: str, measures: list[str]) -> np.ndarray:
    """Squared errors of each unit; shape (1 + units, units): with all units, and without each in turn."""
    unit, _, control = UNITS[part]
    kept = cells.dropna(subset=[control])
    values = kept[["gain", control, *measures]].to_numpy(float)
    codes, names = pd.factorize(kept[unit], sort=True)
    places = _places(values, codes, len(names), kept.groupby(list(UNITS[part][1])).ngroup().to_numpy())
    others = 1 - np.eye(len(names))
    errors = [_of_each(places, others)]
    for gone in range(len(names)):
        errors.append(np.where(np.arange(len(names)) == gone, 0.0, _of_each(places, others * others[gone])))
    return np.array(errors)


def _places(values: np.ndarray, codes: np.ndarray, units: int, place: np.ndarray) -> list[_Places]:
    number, k = place.max() + 1, values.shape[1]
    spread = values.std(axis=0)
    values = values / np.where((spread > 0) & (np.arange(k) > 0), spread, 1.0)
    sizes = np.bincount(place, minlength=number)
    centres = np.stack([np.bincount(place, column, number) for column in values.T], axis=1) / sizes[:, None]
    values = values - centres[place]
    sums, counts = np.zeros((number, units, k)), np.zeros((number, units))
    np.add.at(sums, (place, codes), values)
    np.add.at(counts, (place, codes), 1)
    kinds, kind_of = np.unique(counts, axis=0, return_inverse=True)
    found = []
    for kind, count in enumerate(kinds):
        here, mine = sums[kind_of == kind], kind_of[place] == kind
        own = np.zeros((units, k, k))
        np.add.at(own, codes[mine], values[mine, :, None] * values[mine, None, :])
        between = np.einsum("puk,pvl->uvkl", here, here, optimize=True)
        found.append(_Places(counts=count, own=own, between=between))
    return found


def _of_each(places: list[_Places], used: np.ndarray) -> np.ndarray:
    """Squared error of each unit, foretold from the units that are one in its row of `used`; shape (units,)."""
    moments, errors = 0.0, 0.0
    for part in places:
        number = used @ part.counts
        share = np.divide(1.0, number, out=np.zeros(len(used)), where=number > 0)[:, None, None]
        both = np.einsum("ru,rv,uvkl->rkl", used, used, part.between, optimize=True)
        cross = np.einsum("rv,rvkl->rkl", used, part.between)
        moments = moments + np.einsum("ru,ukl->rkl", used, part.own) - share * both
        missed = part.own - share * (cross + cross.transpose(0, 2, 1)) + part.counts[:, None, None] * share**2 * both
        errors = errors + np.where(share > 0, missed, 0.0)
    slopes = np.linalg.pinv(moments[:, 1:, 1:], rcond=1e-10, hermitian=True) @ moments[:, 1:, :1]
    weights = np.concatenate([np.ones((len(used), 1, 1)), -slopes], axis=1)
    return np.maximum((weights.transpose(0, 2, 1) @ errors @ weights)[:, 0, 0], 0.0)
