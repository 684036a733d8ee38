"""Linear mixed model with crossed random intercepts, fitted by restricted maximum likelihood.

It gives what R's lmerTest gives (a test compares both): estimates and Satterthwaite's degrees of freedom, from the
observed information of the variances; and predictions of single levels, and the likelihood-ratio test of a variance.
statsmodels fits the same models without degrees of freedom, in many times the time
(`benchmarks/mixed_model_speed.py`). Time and memory grow linearly with the rows
(`study_utils.analysis.models.layout`), and cross products of a design are computed once for any number of responses, so
that thousands of studies can be simulated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from study_utils.analysis.models.layout import Layout, lay_out
from study_utils.analysis.models.one_thread import on_one_thread
from study_utils.analysis.models.search import START, Point, is_positive, search
from study_utils.analysis.models.solve import Solved, solve
from study_utils.errors import AnalysisError, unknown

_EXACT = 1e-12
"""Share of the response's mean square below which a residual variance is rounding."""
_ROUNDING = 1e-24
"""Residual variance that is rounding whatever the response: scores lie between 0 and 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """What a model needs of its rows, laid out once for any number of responses.

    Attributes
    ----------
    levels : dict of str to numpy.ndarray
        Sorted levels of each random effect.
    codes : dict of str to numpy.ndarray
        Shape (rows,): where in `levels` each row's level is.
    layout : Layout
        Cross products of random and fixed effects.
    """

    levels: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    layout: Layout

    @property
    def fixed(self) -> np.ndarray:
        """Fixed effects, shape (rows, p)."""
        return self.layout.basis @ self.layout.triangle

    def simulate(self, found: Mapping[str, float], *, size: int, rng: np.random.Generator) -> np.ndarray:
        """Draw responses, shape (size, rows), with the given variances and without fixed effects."""
        rows = len(self.layout.basis)
        drawn = rng.normal(0, np.sqrt(found["residual"]), (size, rows))
        for name, code in self.codes.items():
            drawn += rng.normal(0, np.sqrt(found[name]), (size, len(self.levels[name])))[:, code]
        return drawn

    @cached_property
    def start(self) -> Solved:
        """Where every search starts, solved once for all responses."""
        return solve(self.layout, np.full(len(self.codes), START))


@on_one_thread
def make_design(fixed: np.ndarray, random: Mapping[str, np.ndarray]) -> Design:
    """Lay out a model.

    Parameters
    ----------
    fixed : numpy.ndarray
        Shape (rows, p), intercept included.
    random : mapping of str to numpy.ndarray
        Name of a random effect to the level of each row.

    Raises
    ------
    AnalysisError
        If the fixed effects are not of full rank, rows are too few, or an effect can't be told from the residual, the
        fixed effects or another effect.
    """
    levels, codes = {}, {}
    for name, column in random.items():
        levels[name], codes[name] = np.unique(column, return_inverse=True)
    return Design(levels=levels, codes=codes, layout=lay_out(np.asarray(fixed, float), codes))


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """A sum of fixed effects and single levels: `estimate`, `error` of prediction and Satterthwaite's `freedom`."""

    estimate: float
    error: float
    freedom: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    beta, covariance : numpy.ndarray
        Fixed effects, shape (p,), and their covariance, shape (p, p).
    variances : dict of str to float
        Variance of each random effect, and ``"residual"``.
    effects : dict of str to numpy.ndarray
        Best linear unbiased prediction of each level, in the order of `Design.levels`.
    spread : numpy.ndarray
        Asymptotic covariance of the variances that are above zero, in the order of `above`.
    above : tuple of str
        Names of the variances above zero.
    log_likelihood : float
        Logarithm of the restricted likelihood, as lme4 counts it.
    """

    beta: np.ndarray
    covariance: np.ndarray
    variances: dict[str, float]
    effects: dict[str, np.ndarray]
    spread: np.ndarray
    above: tuple[str, ...]
    log_likelihood: float
    solved: Solved

    def error(self, weights: np.ndarray) -> float:
        """Standard error of a weighted sum of the fixed effects."""
        return float(np.sqrt(weights @ self.covariance @ weights))

    def freedom(self, weights: np.ndarray) -> float:
        """Satterthwaite's degrees of freedom of a weighted sum of the fixed effects."""
        return self.predict(weights).freedom

    @on_one_thread
    def predict(self, weights: np.ndarray, levels: Mapping[str, np.ndarray] | None = None) -> Predicted:
        """Predict a weighted sum of fixed effects and of levels of random effects (partial pooling).

        The mean of a language, say, is its fixed part, its own effect and the mean of its effects within the tasks. The
        error is that of the prediction, with the uncertainty of the fixed effects and taking the variances as known;
        the degrees of freedom account for their estimation. Where a variance is zero its levels are predicted as zero
        without error.

        Parameters
        ----------
        weights : numpy.ndarray
            Shape (p,): weights of the fixed effects.
        levels : mapping of str to numpy.ndarray, optional
            Name of a random effect to the weights of its levels, in the order of `Design.levels`.

        Raises
        ------
        AnalysisError
            If an effect is not in the model.
        """
        names = list(self.effects)
        given = dict(levels or {})
        for name in given:
            _check_effect(name, names, "Fit.predict")
        solved, residual = self.solved, self.variances["residual"]
        wanted = [
            np.asarray(given[name], float) if name in given else np.zeros(len(self.effects[name])) for name in names
        ]
        scaled = [ratio * part for ratio, part in zip(solved.ratios, wanted)]
        rotated = np.linalg.solve(solved.layout.triangle.T, weights)
        split = solved.layout.split(scaled)
        *from_levels, on_fixed = solved.project(*split)
        through = solved.layout.gather(*from_levels)
        fixed = solved.layout.gather(*solved.of_fixed(rotated))
        # What remains of each level's weight is the derivative of the error by the level's own effect.
        left = [want - one - other for want, one, other in zip(wanted, through, fixed)]
        unit = float(rotated @ (solved.k[np.ix_(solved.fixed, solved.fixed)] @ rotated)) - 2 * float(on_fixed @ rotated)
        unit += sum(float(part @ (want - one)) for part, want, one in zip(scaled, wanted, through))
        slopes = np.array([part @ part for part in left])
        slopes = np.append(slopes, unit - slopes @ solved.ratios)
        slope = slopes[[(*names, "residual").index(name) for name in self.above]]
        estimate = float(weights @ self.beta) + sum(float(w @ self.effects[n]) for n, w in zip(names, wanted))
        square = residual * max(unit, 0.0)
        spread = float(slope @ self.spread @ slope)
        return Predicted(
            estimate=estimate, error=float(np.sqrt(square)), freedom=2 * square**2 / spread if spread > 0 else np.inf
        )

    @on_one_thread
    def row_weights(self, design: Design, weights: np.ndarray) -> np.ndarray:
        """Weights of the rows, shape (rows,), in a weighted sum of the estimated fixed effects."""
        rotated = np.linalg.solve(self.solved.layout.triangle.T, weights)
        made = self.solved.k[np.ix_(self.solved.fixed, self.solved.fixed)] @ rotated
        through = self.solved.layout.gather(*self.solved.of_fixed(rotated))
        rows = self.solved.layout.basis @ made
        return rows - sum(r * part[code] for r, part, code in zip(self.solved.ratios, through, design.codes.values()))


@on_one_thread
def variances(y: np.ndarray, design: Design) -> dict[str, float]:
    """Estimate the variance of each random effect and of the residual by restricted maximum likelihood."""
    return _variances(search(np.asarray(y, float), design.start), design)


@on_one_thread
def fit(y: np.ndarray, design: Design) -> Fit:
    """Fit the model and work out how certain its fixed effects are.

    Parameters
    ----------
    y : numpy.ndarray
        Response, shape (rows,).
    design : Design

    Raises
    ------
    AnalysisError
        If the effects leave no variation of `y` unexplained, as where it is constant: no error can be estimated.
    """
    found = search(np.asarray(y, float), design.start)
    layout, solved, response = design.layout, found.solved, found.response
    variance = _variances(found, design)
    residual = variance["residual"]
    if residual <= max(_ROUNDING, _EXACT * float(np.mean(np.square(y)))):
        raise AnalysisError("the effects explain every value exactly, so no error can be estimated")
    above = tuple(name for name, value in variance.items() if value > 0)
    at = [list(variance).index(name) for name in above]
    observed, expected = found.information()
    information = observed if is_positive(observed[np.ix_(at, at)]) else expected
    inverse = np.linalg.inv(layout.triangle)
    fixed = solved.fixed
    levels = layout.gather(response.inner, response.outer)
    rest = len(y) - fixed.sum()
    determinants = solved.logs + 2 * np.log(np.abs(np.diag(layout.triangle))).sum()
    return Fit(
        beta=inverse @ (layout.basis.T @ y + found.scale * response.fixed),
        covariance=residual * inverse @ solved.k[np.ix_(fixed, fixed)] @ inverse.T,
        variances=variance,
        effects={n: found.scale * r * part for n, r, part in zip(design.codes, solved.ratios, levels)},
        spread=residual**2 * np.linalg.pinv(information[np.ix_(at, at)], hermitian=True),
        above=above,
        log_likelihood=float(-0.5 * (rest * (np.log(2 * np.pi * residual) + 1) + determinants)),
        solved=solved,
    )


def _variances(found: Point, design: Design) -> dict[str, float]:
    residual = found.residual * found.scale**2
    return dict(zip(design.codes, (found.solved.ratios * residual).tolist())) | {"residual": residual}


def _check_effect(name: str, known: Collection[str], where: str) -> None:
    if name not in known:
        raise AnalysisError(unknown("random effect", name, list(known), where=where))
