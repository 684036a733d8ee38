"""The model of gains fitted to many studies of one design at once.

`study_utils.analysis.inference.gain_model.GainModel` fits one study by `study_utils.analysis.models.reml`, whatever
rows it has. Here all studies have the same cells under the same seeds. Then the mean over seeds and the differences
between them are independent, random effects of cells are in the mean alone, and the matrices of a thousand studies are
small enough to be solved together. Both say the same (a test compares them).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from scipy import special
from scipy.optimize import nnls

from study_utils.analysis.inference.example_noise import Noise
from study_utils.analysis.inference.gain_model import CELL, LANGUAGE, GainModel, Target, seed_error
from study_utils.analysis.inference.unequal import Spread, language_spread
from study_utils.analysis.models.one_thread import on_one_thread

_STEPS = 60
_DONE = 1e-9
"""Rise of the log likelihood that a step foretells from which on it is the last."""
_LEAST = 1e-9
"""Smallest residual variance, of responses with a mean square of one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimates:
    """Numbers of every study and group, shape (studies, groups).

    `other_error` and `other_freedom` are of a second interval, of which the wider one counts: by seeds alone
    (`study_utils.analysis.inference.gain_model.seed_error`), of a single task by the model of all. The error is zero
    where there is none.
    """

    estimate: np.ndarray
    standard_error: np.ndarray
    freedom: np.ndarray
    other_error: np.ndarray
    other_freedom: np.ndarray

    def half(self, level: float = 0.95) -> np.ndarray:
        """Half the width of the intervals."""
        upper = 0.5 + level / 2
        own = special.stdtrit(self.freedom, upper) * self.standard_error
        return np.maximum(own, special.stdtrit(self.other_freedom, upper) * self.other_error)

    def of_the_wider(self) -> np.ndarray:
        """Standard errors and degrees of freedom behind `half`, shape (2, studies, groups)."""
        wider = self.half() > replace(self, other_error=np.zeros_like(self.other_error)).half()
        return np.where(wider, [self.other_error, self.other_freedom], [self.standard_error, self.freedom])

    def p(self, effect: float) -> np.ndarray:
        """Two-sided p-values where all gains are larger by an effect."""
        size = -np.abs(self.estimate + effect)
        own = 2 * special.stdtr(self.freedom, size / self.standard_error)
        with np.errstate(divide="ignore"):
            return np.maximum(own, 2 * special.stdtr(self.other_freedom, size / self.other_error))


class Batch:
    """A model laid out for many studies.

    Parameters
    ----------
    model : GainModel
        Of cells that are sorted with the seed last, each under every seed, in one piece.
    seeds : int
        Number of seeds.
    """

    def __init__(self, model: GainModel, seeds: int) -> None:
        (piece,) = model.pieces
        self.seeds, self.targets = seeds, piece.targets
        self.languages, self.pools = np.eye(len(piece.pools))[piece.languages[::seeds]], piece.pools
        codes = {name: code[::seeds] for name, code in piece.design.codes.items() if name not in ("seed", "run")}
        fixed = piece.fixed[::seeds]
        self.cells, self.p = len(fixed), fixed.shape[1]
        many = {name for name, code in codes.items() if code.max() + 1 < self.cells}
        self.names = [*sorted(many), *sorted(set(codes) - many)]
        self.names += [name for name in ("seed", "run") if name in piece.design.codes] + ["residual"]
        shown = {name: np.eye(codes[name].max() + 1)[codes[name]] for name in many}
        if "seed" in self.names:
            shown["seed"] = np.ones((self.cells, 1))
        if "run" in self.names:
            run = piece.design.codes["run"][::seeds]
            shown["run"] = np.eye(len(np.unique(run)))[np.unique(run, return_inverse=True)[1]]
        self.shown = shown
        self.codes = {name: codes[name] for name in set(codes) - many}
        factor = {name: 1.0 if name in ("seed", "run", "residual") else float(seeds) for name in self.names}
        self.factor = np.array([factor[name] for name in self.names])
        self.mean = _Half(self, self.names, fixed)
        self.apart = _Half(self, [name for name in self.names if factor[name] == 1.0], np.zeros((self.cells, 0)))
        turn = np.linalg.qr(np.column_stack([np.ones(seeds), np.eye(seeds)[:, 1:]]))[0]
        self.turn = turn * np.sign(turn[0, 0])

    @on_one_thread
    def estimate(self, gains: np.ndarray, noise: Noise, *, of: Collection[str] | None = None) -> Estimates:
        """Fit every study; `gains` has the shape (studies, rows), `noise` is that of every task, `of` whose labels."""
        turned = gains.reshape(len(gains), self.cells, self.seeds) @ self.turn
        mean, apart = turned[:, None, :, 0], np.moveaxis(turned[:, :, 1:], 2, 1)
        scale = np.sqrt(((gains - gains.mean(axis=1, keepdims=True)) ** 2).mean(axis=1))
        first, second = self.mean.sums(mean / scale[:, None, None]), self.apart.sums(apart / scale[:, None, None])
        theta = self._search(first, second)
        state = self._states(theta, np.arange(len(theta)), first, second)
        _, observed, expected = self._derivatives(state)
        spread = self._spread(state[0], theta, mean[:, 0])
        estimate, error, freedom, by_seed = [], [], [], []
        for target in (target for target in self.targets if of is None or target.label in of):
            weights, parts = self.mean.weights(state[0], theta, target)
            square = (parts * theta).sum(axis=1)
            doubt = np.array([_doubt(*args) for args in zip(observed, expected, theta, parts)])
            estimate.append((weights * mean[:, 0]).sum(axis=1))
            own = noise.own / max(1, len(target.tasks)) if target.tasks else 0.0
            extra = own + (noise.shared / len(target.averaged) if target.averaged else 0.0)
            free = np.maximum(1.0, 2 * square**2 / doubt)
            if not target.levels:
                by_pool = self._of_languages(theta, weights) @ np.eye(self.pools.max() + 1)[self.pools]
                square, free, _ = spread.widen(square, free, by_pool)
                free = np.maximum(1.0, free)
            total = square * scale**2 + extra
            freedom.append(free * (total / (square * scale**2)) ** 2)
            error.append(np.sqrt(total))
            alone = target.by_seed is None
            by_seed.append(np.zeros(len(gains)) if alone else seed_error(target.by_seed, gains)[0])
        numbers = [np.stack(part, axis=1) for part in (estimate, error, freedom, by_seed)]
        freedom_of_seeds = np.full_like(numbers[0], self.seeds - 1)
        return Estimates(**dict(zip(Estimates.__dataclass_fields__, [*numbers, freedom_of_seeds])))

    def _spread(self, state: dict, theta: np.ndarray, mean: np.ndarray) -> Spread:
        """How much languages differ from their families' means in every study."""
        told = state["nu"][:, 0].copy()
        if LANGUAGE in self.mean.blocks:
            told[:, self.mean.blocks[LANGUAGE]] = 0.0
        share = self.languages / self.languages.sum(axis=0)
        means = (mean - told @ self.mean.basis.T) @ share
        weights = np.broadcast_to(share.sum(axis=1), (len(theta), self.cells))
        return language_spread(means, self._of_languages(theta, weights), self.pools)

    def _of_languages(self, theta: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Variance that a weighted sum of a study's cells has from each language, shape (studies, languages)."""
        at = dict(zip(self.names, (theta * self.factor).T))
        alone = at["residual"] + at.get(CELL, 0.0)
        found = alone[:, None] * (weights**2 @ self.languages)
        return found + np.reshape(at.get(LANGUAGE, 0.0), (-1, 1)) * (weights @ self.languages) ** 2

    def _search(self, first: tuple, second: tuple) -> np.ndarray:
        studies = len(first[0])
        theta = np.full((studies, len(self.names)), 1 / len(self.names))
        left = np.arange(studies)
        state = self._states(theta, left, first, second)
        for number in range(_STEPS):
            score, observed, expected = self._derivatives(state)
            step, rise = np.zeros_like(score), np.zeros(len(left))
            for i in range(len(left)):
                step[i] = _step(theta[left[i]], score[i], observed[i] if number > 2 else None, expected[i])
                rise[i] = score[i] @ step[i]
            moving = rise > _DONE
            left, step, before = left[moving], step[moving], _log(state)[moving]
            if not len(left):
                return theta
            length = np.ones(len(left))
            for _ in range(30):
                new = theta[left] + length[:, None] * step
                state = self._states(new, left, first, second)
                worse = _log(state) < before - 1e-10
                if not worse.any():
                    break
                length[worse] /= 2
            theta[left] = new
        return theta

    def _states(self, theta: np.ndarray, studies: np.ndarray, first: tuple, second: tuple) -> list[dict]:
        """Both halves of some studies at some variances."""
        halves = ((self.mean, first), (self.apart, second))
        return [half.state(theta, *(part[studies] for part in sums)) for half, sums in halves]

    def _derivatives(self, state: list[dict]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Score, observed and expected information of the variances."""
        halves = [half.derivatives(part) for half, part in zip((self.mean, self.apart), state)]
        score, seen, expected = (one + other for one, other in zip(*halves))
        return score, seen - expected, expected


def _log(state: list[dict]) -> np.ndarray:
    """Restricted log likelihood of every study, but for a constant."""
    return sum(half["log"] for half in state)


class _Half:
    """The mean over seeds (times the root of their number), or the differences between seeds.

    Its covariance is ``d I + W D W'``; everything is written in cross products of ``[W, X]``.
    """

    def __init__(self, batch: Batch, names: list[str], fixed: np.ndarray) -> None:
        self.all, self.own, self.codes = batch.names, names, batch.codes
        self.factor = dict(zip(batch.names, batch.factor))
        blocks, start = {}, 0
        for name in names:
            if name in batch.shown:
                blocks[name] = slice(start, start + batch.shown[name].shape[1])
                start = blocks[name].stop
        self.blocks, self.random = blocks, start
        self.basis = np.column_stack([*(batch.shown[name] for name in blocks), fixed])
        self.cross = self.basis.T @ self.basis
        self.count, self.p, self.seeds = len(self.basis), fixed.shape[1], batch.seeds
        self.plain = [name for name in names if name not in blocks]

    def sums(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cross products with the responses, shape (studies, responses, columns), and their squares."""
        return y @ self.basis, (y**2).sum(axis=2)

    def state(self, theta: np.ndarray, u: np.ndarray, yy: np.ndarray) -> dict:
        at = {name: theta[:, place] * self.factor[name] for place, name in enumerate(self.all)}
        d = np.maximum(sum(at[name] for name in self.plain), _LEAST)
        root = np.ones((len(theta), self.basis.shape[1]))
        for name, block in self.blocks.items():
            root[:, block] = np.sqrt(at[name] / d)[:, None]
        inner = root[:, :, None] * self.cross * root[:, None, :]
        diagonal = np.arange(self.random)
        inner[:, diagonal, diagonal] += 1
        n = root[:, :, None] * np.linalg.inv(inner) * root[:, None, :]
        nu = u @ n
        quad = (yy - (nu * u).sum(axis=2)) / d[:, None]
        many = u.shape[1]
        logs = (self.count - self.p) * np.log(d) + np.linalg.slogdet(inner)[1]
        return {"d": d, "n": n, "nu": nu, "u": u, "quad": quad, "log": -0.5 * (many * logs + quad.sum(axis=1))}

    def derivatives(self, state: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        d, n, nu, u, quad = (state[name] for name in ("d", "n", "nu", "u", "quad"))
        each, many = d[:, None, None], u.shape[1]
        hn = self.cross @ n
        g = (self.cross - hn @ self.cross) / each
        g2 = (g - g @ n @ self.cross) / each
        trace = (self.count - np.trace(hn, axis1=1, axis2=2)) / d
        trace2 = (trace - (n * g).sum(axis=(1, 2))) / d
        r = (u - nu @ self.cross) / each
        r2 = (r - r @ n @ self.cross) / each
        y2 = (quad - (r * nu).sum(axis=2)) / d[:, None]
        y3 = (y2 - ((r @ n) * r).sum(axis=2)) / d[:, None]
        size = len(self.all)
        score = np.zeros((len(d), size))
        seen, expected = np.zeros((len(d), size, size)), np.zeros((len(d), size, size))
        where = {name: self.all.index(name) for name in self.own}
        for a, i in where.items():
            f, block = self.factor[a], self.blocks.get(a)
            if block is None:
                score[:, i] = 0.5 * f * (y2.sum(axis=1) - many * trace)
            else:
                traced = np.trace(g[:, block, block], axis1=1, axis2=2)
                score[:, i] = 0.5 * f * ((r[:, :, block] ** 2).sum(axis=(1, 2)) - many * traced)
            for b, j in where.items():
                if j < i:
                    continue
                ff, other = f * self.factor[b], self.blocks.get(b)
                if block is None and other is None:
                    value, of_y = trace2, y3.sum(axis=1)
                elif block is not None and other is not None:
                    between = g[:, block, other]
                    value = (between**2).sum(axis=(1, 2))
                    of_y = ((r[:, :, block] @ between) * r[:, :, other]).sum(axis=(1, 2))
                else:
                    only = block if other is None else other
                    value = np.trace(g2[:, only, only], axis1=1, axis2=2)
                    of_y = (r2[:, :, only] * r[:, :, only]).sum(axis=(1, 2))
                expected[:, i, j] = expected[:, j, i] = 0.5 * many * ff * value
                seen[:, i, j] = seen[:, j, i] = ff * of_y
        return score, seen, expected

    def weights(self, state: dict, theta: np.ndarray, target: Target) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the cells in a prediction, and by how much its variance changes with each variance."""
        n, d, root = state["n"], state["d"], np.sqrt(self.seeds)
        found = (n[:, :, self.random :] @ (target.weights / root)) @ self.basis.T
        wanted = {name: target.levels.get(name) for name in self.own}
        wanted |= {name: wanted[name][code] for name, code in self.codes.items() if wanted[name] is not None}
        joint = np.zeros((len(theta), self.count))
        for place, name in enumerate(self.all):
            if wanted.get(name) is not None:
                block = self.blocks.get(name)
                along = wanted[name] if block is None else self.basis[:, block] @ wanted[name]
                joint += root * theta[:, place, None] * along
        found = found + (joint - ((joint @ self.basis)[:, None, :] @ n)[:, 0] @ self.basis.T) / d[:, None]
        parts = np.zeros_like(theta)
        for place, name in enumerate(self.all):
            block, factor = self.blocks.get(name), np.sqrt(self.factor[name])
            own = factor * (found if block is None else found @ self.basis[:, block])
            parts[:, place] = ((own - (0.0 if wanted[name] is None else wanted[name])) ** 2).sum(axis=1)
        return found, parts


def _step(theta: np.ndarray, score: np.ndarray, observed: np.ndarray | None, expected: np.ndarray) -> np.ndarray:
    """To the maximum of a quadratic over variances that are not negative."""
    moving = (theta > 0) | (score > 0)
    use = expected[np.ix_(moving, moving)]
    if observed is not None and _positive(observed[np.ix_(moving, moving)]):
        use = observed[np.ix_(moving, moving)]
    values, vectors = np.linalg.eigh(use)
    roots = np.sqrt(np.maximum(values, 1e-10 * values[-1]))
    half = roots[:, None] * vectors.T
    step = np.zeros(len(theta))
    found = nnls(half, half @ theta[moving] + (vectors.T @ score[moving]) / roots)[0]
    step[moving] = found - theta[moving]
    step[-1] = max(step[-1], _LEAST - theta[-1])
    return step


def _doubt(observed: np.ndarray, expected: np.ndarray, theta: np.ndarray, parts: np.ndarray) -> float:
    above = np.flatnonzero(theta > 0)
    pick = np.ix_(above, above)
    use = observed[pick] if _positive(observed[pick]) else expected[pick]
    return float(parts[above] @ np.linalg.pinv(use, hermitian=True) @ parts[above])


def _positive(matrix: np.ndarray) -> bool:
    values = np.linalg.eigvalsh(matrix)
    return bool(values[0] > 1e-10 * values[-1])
