"""Linear mixed model with crossed random intercepts, fitted by restricted maximum likelihood.

statsmodels fits the same models (a test compares both), but gives no small-sample degrees of freedom and takes several
times as long. Here the likelihood is written with matrices of the size of the random effects (Woodbury; Bates et al.
2015, section 3), so that hundreds of studies can be simulated. Degrees of freedom of fixed effects are Satterthwaite's,
from the expected information of the variances (Giesbrecht and Burns 1985).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

from study_utils.errors import AnalysisError

_SMALL = 1e-8
"""Ratio of a variance to the residual variance below which it counts as zero."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    beta, covariance : numpy.ndarray
        Fixed effects, shape (p,), and their covariance, shape (p, p).
    variances : dict of str to float
        Variance of each random effect, and ``"residual"``.
    spread : numpy.ndarray
        Asymptotic covariance of the variances that are above zero, in the order of `above`.
    slopes : numpy.ndarray
        Shape (len(above), p, p): how the covariance of the fixed effects changes with each of these variances.
    above : tuple of str
        Names of the variances above zero.
    """

    beta: np.ndarray
    covariance: np.ndarray
    variances: dict[str, float]
    spread: np.ndarray
    slopes: np.ndarray
    above: tuple[str, ...]

    def error(self, weights: np.ndarray) -> float:
        """Standard error of a weighted sum of the fixed effects."""
        return float(np.sqrt(weights @ self.covariance @ weights))

    def freedom(self, weights: np.ndarray) -> float:
        """Satterthwaite's degrees of freedom of a weighted sum of the fixed effects."""
        slope = np.einsum("i,kij,j->k", weights, self.slopes, weights)
        return float(2 * self.error(weights) ** 4 / (slope @ self.spread @ slope))


@dataclass(frozen=True, kw_only=True)
class Design:
    """What a model needs of its rows, computed once: cross products of fixed effects and indicators of levels.

    Attributes
    ----------
    fixed : numpy.ndarray
        Shape (rows, p), of full rank.
    indicators : numpy.ndarray
        Shape (rows, q): one column a level of a random effect.
    blocks : dict of str to slice
        Columns of each random effect.
    """

    fixed: np.ndarray
    indicators: np.ndarray
    blocks: dict[str, slice]


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
        If the fixed effects are not of full rank, or rows are too few.
    """
    rows, columns = fixed.shape
    if np.linalg.matrix_rank(fixed) < columns or rows <= columns:
        raise AnalysisError(
            f"{columns} fixed effects cannot be told apart with {rows} rows: leave a covariate out or add languages"
        )
    parts, blocks, start = [], {}, 0
    for name, levels in random.items():
        codes = np.unique(levels, return_inverse=True)[1]
        parts.append(np.eye(codes.max() + 1)[codes])
        blocks[name] = slice(start, start + codes.max() + 1)
        start = blocks[name].stop
    indicators = np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0))
    return Design(fixed=fixed, indicators=indicators, blocks=blocks)


_EXACT = 1e-12
"""Share of the variance of the response, and variance, below which a residual is rounding."""


def variances(y: np.ndarray, design: Design) -> dict[str, float]:
    """Estimate the variance of each random effect and of the residual by restricted maximum likelihood."""
    x, z = design.fixed, design.indicators
    freedom = len(y) - x.shape[1]
    zz, zx, zy = z.T @ z, z.T @ x, z.T @ y
    xx, xy, yy = x.T @ x, x.T @ y, y @ y
    sizes = [block.stop - block.start for block in design.blocks.values()]

    def criterion(ratios: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus twice the restricted log likelihood over the residual variance's optimum, and its gradient."""
        root = np.sqrt(np.repeat(ratios, sizes))
        inner = linalg.cho_factor(np.eye(len(root)) + root[:, None] * zz * root, lower=True)

        def solve(left: np.ndarray, right: np.ndarray, plain: np.ndarray) -> np.ndarray:
            return plain - (root[:, None] * left).T @ linalg.cho_solve(inner, root[:, None] * right)

        vzz, vzx, vxx = solve(zz, zz, zz), solve(zz, zx, zx), solve(zx, zx, xx)
        vzy, vxy = solve(zz, zy[:, None], zy[:, None]), solve(zx, zy[:, None], xy[:, None])
        vyy = float(solve(zy[:, None], zy[:, None], np.array([[yy]]))[0, 0])
        outer = linalg.cho_factor(vxx, lower=True)
        beta = linalg.cho_solve(outer, vxy)
        rest = max(vyy - float((vxy.T @ beta)[0, 0]), np.finfo(float).tiny)
        projected = np.diag(vzz) - np.einsum("ij,ji->i", vzx, linalg.cho_solve(outer, vzx.T))
        toward = (vzy - vzx @ beta)[:, 0] ** 2
        slopes = projected - freedom * toward / rest
        logs = 2 * np.log(np.diag(inner[0])).sum() + 2 * np.log(np.diag(outer[0])).sum()
        gradient = np.array([slopes[block].sum() for block in design.blocks.values()])
        criterion.residual = rest / freedom
        return logs + freedom * np.log(rest), gradient

    count = len(sizes)
    ratios = np.zeros(0)
    if count:
        found = optimize.minimize(
            criterion, np.full(count, 0.5), jac=True, method="L-BFGS-B", bounds=[(0, 1e6)] * count,
            options={"maxiter": 300, "ftol": 1e-12, "gtol": 1e-7},
        )  # fmt: skip
        ratios = np.where(found.x > _SMALL, found.x, 0.0)
    criterion(ratios)
    residual = criterion.residual
    return dict(zip(design.blocks, (ratios * residual).tolist())) | {"residual": residual}


def fit(y: np.ndarray, design: Design) -> Fit:
    """Fit the model and work out how certain its fixed effects are.

    Raises
    ------
    AnalysisError
        If the effects leave no variation of `y` unexplained, as where it is constant: no error can be estimated.
    """
    x, z = design.fixed, design.indicators
    found = variances(y, design)
    if found["residual"] <= max(_EXACT, _EXACT * float(np.var(y))):
        raise AnalysisError("the effects explain every value exactly, so no error can be estimated")
    above = tuple(name for name, value in found.items() if value > 0)
    parts = [z[:, design.blocks[name]] if name != "residual" else np.eye(len(y)) for name in above]
    total = sum(found[name] * part @ part.T for name, part in zip(above, parts))
    inverse = linalg.inv(total)
    covariance = linalg.inv(x.T @ inverse @ x)
    beta = covariance @ (x.T @ inverse @ y)
    weighted = [part.T @ inverse @ x for part in parts]
    slopes = np.stack([covariance @ w.T @ w @ covariance for w in weighted])
    projection = inverse - inverse @ x @ covariance @ x.T @ inverse
    # tr(P Va P Vb) is the squared norm of Za' P Zb.
    information = np.array([[0.5 * ((a.T @ projection @ b) ** 2).sum() for b in parts] for a in parts])
    return Fit(
        beta=beta,
        covariance=covariance,
        variances=found,
        spread=linalg.pinvh(information),
        slopes=slopes,
        above=above,
    )
