"""What the likelihood of a mixed model needs at given variances, by blocks (Woodbury; Bates et al. 2015, section 3).

All is relative to the residual variance: V = I + Z diag(ratios) Z' and P = V⁻¹ - V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹. No matrix has
rows on both sides, and levels of inner effects meet only within their block (`study_utils.analysis.models.layout`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study_utils.analysis.models.layout import Layout


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """A layout at given ratios of variances; none of it depends on the response.

    Attributes
    ----------
    layout : Layout
    ratios : numpy.ndarray
        Variance of each random effect over that of the residual, shape (effects,).
    inverse, bordered : numpy.ndarray
        Inverses of what Woodbury's identity has for the inner effects of each block, and for the outer columns.
    w, d, a : numpy.ndarray
        Z'V₁⁻¹Z of each block, Z'V₁⁻¹E and E'V₁⁻¹E, where V₁ has the inner effects alone and E are the outer columns.
    k : numpy.ndarray
        Shape (u, u): P = V₁⁻¹ - V₁⁻¹E k E'V₁⁻¹. Its part of the fixed effects is (X'V⁻¹X)⁻¹.
    logs : float
        Logarithm of det(V) det(X'V⁻¹X).
    traces, norms : numpy.ndarray
        tr(Z_i'PZ_i), shape (effects,), and the squared norms of Z_i'PZ_j, shape (effects, effects).
    """

    layout: Layout
    ratios: np.ndarray
    inverse: np.ndarray
    bordered: np.ndarray
    w: np.ndarray
    d: np.ndarray
    a: np.ndarray
    k: np.ndarray
    logs: float
    traces: np.ndarray
    norms: np.ndarray

    @property
    def fixed(self) -> np.ndarray:
        """Shape (u,), true for the columns of the fixed effects."""
        return self.layout.is_fixed > 0

    def of_response(self, inner: np.ndarray, outer: np.ndarray, square: float) -> Response:
        """What the likelihood needs of a response y: its sums over levels and columns, and its sum of squares."""
        weighted = (self.layout.inner @ self.ratios) * inner
        inner = _times(self.inverse, inner)
        outer = outer - np.einsum("tmu,tm->u", self.d, weighted)
        square = square - float((inner * weighted).sum())
        by_outer, made = (1 - self.layout.is_fixed) * (self.bordered @ outer), self.k @ outer
        rest = square - float(outer @ made)
        by_inner = inner - self.d @ made
        squares = np.array([part @ part for part in self.layout.gather(by_inner, by_outer)])
        return Response(fixed=made[self.fixed], inner=by_inner, outer=by_outer, rest=rest, squares=squares)

    def project(self, inner: np.ndarray, outer: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Z'PZa and (X'V⁻¹X)⁻¹X'V⁻¹Za, for a value a of each level, as of `Layout.split`."""
        made = self.k @ (np.einsum("tmu,tm->u", self.d, inner) + self.a @ outer)
        by_inner = _times(self.w, inner) + self.d @ (outer - made)
        by_outer = np.einsum("tmu,tm->u", self.d, inner) + self.a @ (outer - made)
        return by_inner, by_outer, made[self.fixed]

    def of_fixed(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Z'V⁻¹X(X'V⁻¹X)⁻¹w for weights w of the fixed effects of the layout's basis."""
        made = self.k[:, self.fixed] @ weights
        return self.d @ made, self.a @ made

    def products(self, response: Response) -> np.ndarray:
        """y'PZ_i Z_i'PZ_j Z_j'Py for all pairs of effects."""
        layout = self.layout
        inner, outer = response.inner[:, :, None] * layout.inner, response.outer[:, None] * layout.outer
        sums = np.einsum("tmu,tme->ue", self.d, inner) + self.a @ outer
        made = outer - self.k @ sums
        by_inner = self.w @ inner + self.d @ made
        by_outer = np.einsum("tmu,tme->ue", self.d, inner) + self.a @ made
        return np.einsum("tme,tmf->ef", inner, by_inner) + outer.T @ by_outer


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """A response at given ratios: fixed effects, Z'Py, the residual y'Py, and the squared norm of Z_i'Py."""

    fixed: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    rest: float
    squares: np.ndarray


def solve(layout: Layout, ratios: np.ndarray) -> Solved:
    """Solve a layout at given ratios of the variances, zero included."""
    inner, outer = layout.inner @ ratios, layout.outer @ ratios + layout.is_fixed
    m = len(inner)
    mixed = np.eye(m) + layout.within * inner
    inverse = np.linalg.inv(mixed)
    w, d = inverse @ layout.within, inverse @ layout.across
    a = layout.outside - np.einsum("tmu,tmv->uv", layout.across * inner[:, None], d, optimize=True)
    a = (a + a.T) / 2
    border = np.diag(1 - layout.is_fixed) + a * outer
    bordered = np.linalg.inv(border)
    k = outer[:, None] * bordered
    k = (k + k.T) / 2
    traces, norms = _information(layout, w, d, a, k)
    return Solved(
        layout=layout, ratios=ratios, inverse=inverse, bordered=bordered, w=w, d=d, a=a, k=k,
        traces=traces, norms=norms, logs=float(np.linalg.slogdet(mixed)[1].sum() + np.linalg.slogdet(border)[1]),
    )  # fmt: skip


def _information(
    layout: Layout, w: np.ndarray, d: np.ndarray, a: np.ndarray, k: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Traces and squared norms of Z_i'PZ_j: inner with inner, inner with outer, outer with outer."""
    blocks, m, u = d.shape
    flat = d.reshape(blocks * m, u)
    dk = (flat @ k).reshape(blocks, m, u)
    moved = dk @ d.transpose(0, 2, 1)
    own = w - moved
    squares = (own**2 - moved**2).sum(axis=0)  # within a block; what inner effects have in common across blocks follows
    at = layout.inner.T.astype(bool)
    across = [k @ (part.T @ part) for part in (d[:, mask].reshape(-1, u) for mask in at)]
    between = (d - (dk.reshape(blocks * m, u) @ a).reshape(blocks, m, u)) ** 2
    outside = a - a @ k @ a
    norms = layout.inner.T @ squares @ layout.inner + np.array([[(x * y.T).sum() for y in across] for x in across])
    mixed = layout.inner.T @ between.sum(axis=0) @ layout.outer
    norms = norms + mixed + mixed.T + layout.outer.T @ outside**2 @ layout.outer
    traces = layout.inner.T @ np.einsum("tmm->m", own) + layout.outer.T @ np.diag(outside)
    return traces, norms


def _times(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return (matrices @ vectors[:, :, None])[:, :, 0]
