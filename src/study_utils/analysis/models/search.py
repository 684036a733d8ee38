"""The top of the restricted likelihood of a mixed model, by Fisher's scoring and Newton's steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from study_utils.analysis.models.solve import Response, Solved, solve
from study_utils.errors import AnalysisError

START = 0.5
"""Ratio of every variance to the residual's where a search starts."""
_EXACT = 1e-12
"""Share of the variance that fixed effects leave, below which the residual's is rounding and the search ends."""
_DONE = 1e-11
"""Rise of the log likelihood that a step foretells, below which it is not taken."""
_ROUNDING = 1e-10
"""Share of the deviance that is rounding."""
_STEPS, _HALVINGS = 200, 15
_SINGULAR = 1e-9
"""Smallest eigenvalue of an information matrix with a diagonal of ones that counts as above zero."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """Variances that were tried; the response is without its fixed effects and over `scale`, its standard deviation."""

    solved: Solved
    response: Response
    freedom: int
    scale: float

    @property
    def residual(self) -> float:
        """Best residual variance at these ratios."""
        return max(self.response.rest, 0.0) / self.freedom

    @property
    def deviance(self) -> float:
        """Minus twice the restricted log likelihood at the best residual variance, but for a constant."""
        return self.solved.logs + self.freedom * np.log(max(self.response.rest, np.finfo(float).tiny))

    def score(self) -> np.ndarray:
        """Derivative of the log likelihood by each variance and the residual's, times the residual variance."""
        ratios, squares = self.solved.ratios, self.response.squares
        last = self.response.rest - ratios @ squares
        total = self.freedom - ratios @ self.solved.traces
        return 0.5 * (np.append(squares, last) / self.residual - np.append(self.solved.traces, total))

    def information(self) -> tuple[np.ndarray, np.ndarray]:
        """Observed and expected information of the variances, times the square of the residual variance."""
        expected = _with_residual(self.solved.norms, self.solved.traces, self.freedom, self.solved.ratios)
        products = self.solved.products(self.response)
        seen = _with_residual(products, self.response.squares, self.response.rest, self.solved.ratios)
        return seen / self.residual - expected / 2, expected / 2


def _with_residual(between: np.ndarray, own: np.ndarray, total: float, ratios: np.ndarray) -> np.ndarray:
    """Add the residual to what effects have in common: V is a sum over all of them, and PVP = P."""
    column = own - between @ ratios
    last = total - ratios @ own - ratios @ column
    return np.block([[between, column[:, None]], [column[None, :], np.array([[last]])]])


def is_positive(matrix: np.ndarray) -> bool:
    """Whether a matrix is clearly positive definite, whatever the units of its rows."""
    diagonal = np.diag(matrix)
    if diagonal.min() <= 0:
        return False
    return bool(np.linalg.eigvalsh(matrix / np.sqrt(np.outer(diagonal, diagonal)))[0] > _SINGULAR)


def search(y: np.ndarray, start: Solved) -> Point:
    """Climb the restricted likelihood, first by Fisher's scoring, then by Newton's steps where it is concave.

    A step goes to the best point of the quadratic around the last one among variances that are not negative.

    Parameters
    ----------
    y : numpy.ndarray
        Response, shape (rows,).
    start : Solved
        The layout at ratios of `START`.

    Raises
    ------
    AnalysisError
        If the top is not found.
    """
    layout = start.layout
    rest = y - layout.basis @ (layout.basis.T @ y)
    freedom = len(y) - layout.basis.shape[1]
    scale = float(np.sqrt(rest @ rest / freedom)) or 1.0
    rest = rest / scale
    inner, outer = layout.sums(rest)
    square = float(rest @ rest)

    def at(ratios: np.ndarray, solved: Solved | None = None) -> Point:
        solved = solve(layout, ratios) if solved is None else solved
        return Point(solved=solved, response=solved.of_response(inner, outer, square), freedom=freedom, scale=scale)

    state = at(start.ratios, start)
    for number in range(_STEPS):
        if state.residual <= _EXACT or not len(state.solved.ratios):
            return state
        now, score = np.append(state.solved.ratios, 1.0), state.score()
        moving = (now > 0) | (score > 0)
        observed, expected = (part[np.ix_(moving, moving)] for part in state.information())
        use = observed if number and is_positive(observed) else expected
        step = np.zeros(len(now))
        step[moving] = _best(now[moving], score[moving], use) - now[moving]
        gain = float(score @ step)
        if gain < _DONE:
            return state
        for half in range(_HALVINGS):
            new = now + step / 2**half
            tried = at(new[:-1] / max(new[-1], 0.1))
            if tried.deviance < state.deviance:
                break
            if gain / 2**half < _ROUNDING * abs(state.deviance):
                return state
        else:
            return state
        state = tried
    raise AnalysisError(f"the likelihood of {len(layout.places)} variances has no top within {_STEPS} steps")


def _best(now: np.ndarray, score: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Maximum of a quadratic over points that are not negative."""
    diagonal = np.diag(information)
    unit = 1 / np.sqrt(np.maximum(diagonal, _SINGULAR**2 * diagonal.max()))
    values, vectors = np.linalg.eigh(information * np.outer(unit, unit))
    roots = np.sqrt(np.maximum(values, _SINGULAR))
    half = roots[:, None] * vectors.T
    return unit * nnls(half, half @ (now / unit) + (vectors.T @ (unit * score)) / roots)[0]
