"""Rows of a mixed model as sums over the levels of its random effects, in an order in which the effects come apart.

Without the *outer* effects (say language and seed) the levels of the *inner* ones (language within task, training run)
fall into blocks that share no row (one a task), so that each block is solved by itself and the outer effects are left
to a small matrix. Which effects are outer is chosen by what the arithmetic then costs.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from study_utils.errors import AnalysisError


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Cross products of a design; `u` outer columns are the levels of outer effects and then the fixed effects.

    Attributes
    ----------
    within, across, outside : numpy.ndarray
        Inner levels with themselves, shape (blocks, m, m); inner levels with outer columns, (blocks, m, u); outer
        columns with themselves, (u, u). Blocks with fewer than m levels are filled with zeros.
    inner, outer : numpy.ndarray
        Shapes (m, effects) and (u, effects): 1 where a place or column belongs to a random effect.
    is_fixed : numpy.ndarray
        Shape (u,): 1 for the fixed effects.
    places : tuple of numpy.ndarray
        For each random effect, where its levels are in ``blocks * m`` inner places followed by the outer columns.
    levels : scipy.sparse.csr_array
        Shape (blocks * m + outer levels, rows): 1 where a row has a level.
    basis, triangle : numpy.ndarray
        Orthonormal fixed effects, shape (rows, p), and what makes the given ones of them: ``basis @ triangle``.
    """

    within: np.ndarray
    across: np.ndarray
    outside: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    is_fixed: np.ndarray
    places: tuple[np.ndarray, ...]
    levels: sparse.csr_array
    basis: np.ndarray
    triangle: np.ndarray

    def sums(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum a column of the rows over inner levels, shape (blocks, m), and outer columns, shape (u,)."""
        blocks, m, _ = self.within.shape
        by_level = self.levels @ y
        return by_level[: blocks * m].reshape(blocks, m), np.concatenate([by_level[blocks * m :], self.basis.T @ y])

    def split(self, parts: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray]:
        """Put a value for each level of each effect (None: zeros) at its place; the inverse of `gather`."""
        blocks, m, u = self.across.shape
        flat = np.zeros(blocks * m + u)
        for place, part in zip(self.places, parts):
            if part is not None:
                flat[place] = part
        return flat[: blocks * m].reshape(blocks, m), flat[blocks * m :]

    def gather(self, inner: np.ndarray, outer: np.ndarray) -> list[np.ndarray]:
        """Take the values of each effect's levels."""
        flat = np.concatenate([inner.ravel(), outer])
        return [flat[place] for place in self.places]


def lay_out(fixed: np.ndarray, codes: Mapping[str, np.ndarray]) -> Layout:
    """Choose the outer effects and sum the rows.

    Parameters
    ----------
    fixed : numpy.ndarray
        Shape (rows, p).
    codes : mapping of str to numpy.ndarray
        Name of a random effect to the number of each row's level, from 0 and without gaps.

    Raises
    ------
    AnalysisError
        If the fixed effects are not of full rank, rows are too few, or an effect can't be told from the residual, the
        fixed effects or another effect.
    """
    rows, p = fixed.shape
    columns = list(codes.values())
    counts = [int(code.max()) + 1 for code in columns]
    basis, triangle = np.linalg.qr(fixed)
    if rows <= p or np.linalg.matrix_rank(triangle) < p:
        raise AnalysisError(
            f"{p} fixed effects cannot be told apart with {rows} rows: leave a covariate out or add languages"
        )
    _check_effects(codes, counts, basis)
    chosen = min(_choices(columns, counts, p), key=lambda choice: choice.cost)
    places, m, start = _places(chosen, columns, counts)
    inner, outer = np.zeros((m, len(codes))), np.zeros((start + p, len(codes)))
    for effect, place in enumerate(places):
        if effect in chosen.inner:
            inner[place % m, effect] = 1
            places[effect] = place
        else:
            outer[place, effect] = 1
            places[effect] = place + chosen.blocks * m
    size = chosen.blocks * m
    index = np.stack([place[code] for place, code in zip(places, columns)], axis=1) if columns else np.zeros((rows, 0))
    pointers = np.arange(rows + 1) * len(codes)
    marks = sparse.csr_array((np.ones(index.size), index.ravel().astype(int), pointers), shape=(rows, size + start))
    levels = marks.T.tocsr()
    within, across = np.zeros((chosen.blocks, m, m)), np.zeros((chosen.blocks, m, start + p))
    outside = np.eye(start + p)
    products = (levels @ marks).tocoo()
    i, j, value = products.row, products.col, products.data
    both, one, none = (i < size) & (j < size), (i < size) & (j >= size), (i >= size) & (j >= size)
    if m:
        within[i[both] // m, i[both] % m, j[both] % m] = value[both]
        across[i[one] // m, i[one] % m, j[one] - size] = value[one]
    outside[i[none] - size, j[none] - size] = value[none]
    sums = levels @ basis
    across[:, :, start:] = sums[:size].reshape(chosen.blocks, m, p)
    outside[:start, start:] = sums[size:]
    outside[start:, :start] = sums[size:].T
    return Layout(
        within=within, across=across, outside=outside, inner=inner, outer=outer, places=tuple(places), levels=levels,
        is_fixed=(np.arange(start + p) >= start).astype(float), basis=basis, triangle=triangle,
    )  # fmt: skip


def _check_effects(codes: Mapping[str, np.ndarray], counts: list[int], basis: np.ndarray) -> None:
    rows = len(basis)
    for (name, code), count in zip(codes.items(), counts):
        if count == rows:
            raise AnalysisError(f"{name} has a level for each of {rows} rows, so it is the residual: leave it out")
        sums = sparse.csr_array((np.ones(rows), (code, np.arange(rows)))) @ basis
        if rows - (sums**2).sum() < _NOTHING * rows:
            raise AnalysisError(f"the fixed effects already tell all levels of {name} apart: leave it out")
    for (one, a), (other, b) in itertools.combinations(codes.items(), 2):
        if a.max() == b.max() and len(np.unique(a * (b.max() + 1) + b)) == a.max() + 1:
            raise AnalysisError(f"{one} and {other} have the same levels in all rows: leave one of them out")


_NOTHING = 1e-10
"""Share of an effect's rows below which what the fixed effects leave of it is rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Choice:
    """Inner effects, their blocks, the block of each row, and the multiplications that one solution takes."""

    inner: tuple[int, ...]
    blocks: int
    of_row: np.ndarray
    cost: float


def _choices(columns: list[np.ndarray], counts: list[int], p: int) -> list[_Choice]:
    rows = len(columns[0]) if columns else 0
    found = []
    for take in range(len(columns) + 1):
        for inner in itertools.combinations(range(len(columns)), take):
            blocks, of_row = _blocks([columns[e] for e in inner], [counts[e] for e in inner], rows)
            u = p + sum(counts) - sum(counts[e] for e in inner)
            m = sum(_most(columns[e], of_row, blocks) for e in inner)
            cost = blocks * (m**3 + 2 * m * m * u + 2 * m * u * u) + u**3
            found.append(_Choice(inner=inner, blocks=blocks, of_row=of_row, cost=cost))
    return found


def _blocks(columns: list[np.ndarray], counts: list[int], rows: int) -> tuple[int, np.ndarray]:
    """Connect levels that share a row; return the number of connected blocks and the block of each row."""
    if not columns:
        return 1, np.zeros(rows, int)
    starts = np.concatenate([[0], np.cumsum(counts)])
    nodes = [column + start for column, start in zip(columns, starts)]
    left, right = (np.concatenate([np.zeros(0, int), *side]) for side in (nodes[:-1], nodes[1:]))
    graph = sparse.coo_array((np.ones(len(left)), (left, right)), shape=(starts[-1], starts[-1]))
    number, label = sparse.csgraph.connected_components(graph, directed=False)
    return int(number), label[nodes[0]]


def _block_of_level(column: np.ndarray, of_row: np.ndarray) -> np.ndarray:
    return of_row[np.unique(column, return_index=True)[1]]


def _most(column: np.ndarray, of_row: np.ndarray, blocks: int) -> int:
    """Most levels of an effect in one block."""
    return int(np.bincount(_block_of_level(column, of_row), minlength=blocks).max())


def _places(chosen: _Choice, columns: list[np.ndarray], counts: list[int]) -> tuple[list[np.ndarray], int, int]:
    """Place of each level: for inner effects block * m + place in the block, for outer ones the column."""
    widths = {e: _most(columns[e], chosen.of_row, chosen.blocks) for e in chosen.inner}
    m, before, start = sum(widths.values()), 0, 0
    places = []
    for effect, (column, count) in enumerate(zip(columns, counts)):
        if effect not in widths:
            places.append(np.arange(start, start + count))
            start += count
            continue
        block = _block_of_level(column, chosen.of_row)
        order = np.argsort(block, kind="stable")
        first = np.searchsorted(block[order], np.arange(chosen.blocks))
        place = np.empty(count, int)
        place[order] = np.arange(count) - first[block[order]]
        places.append(block * m + before + place)
        before += widths[effect]
    return places, m, start
