"""Nested paired bootstrap of a macro-averaged gain: languages in a family, examples in a language, seeds crossed.

Plain resampling of few units is too narrow by (n - 1)/n, and resampling examples on top of languages counts the noise
of examples twice, because it is already in the differences between languages. So deviations of languages and seeds are
scaled by sqrt(n/(n - 1)) (Rao and Wu 1988), and those of languages are shrunk by what examples explain (Carpenter,
Goldstein and Rasbash 2003). The interval is the estimate plus and minus the bootstrap's standard error times a t
quantile whose degrees of freedom are Satterthwaite's: two seeds or three languages are few, and it shows. Where three
or more languages differ no more than their examples explain, they cost no degrees of freedom. Seeds count with what
they vary in the unit or in the whole condition, whichever is more, so that seeds agreeing by luck narrow nothing.

In simulations with Gaussian effects, 95 % intervals cover the truth in 94 to 97 % of studies with three seeds and four
languages; in 89 % with two seeds where nearly all variation is between seeds; in over 99 % with two languages.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from study_utils.analysis.cells import ExampleDifferences

_CHUNK = 4_000_000
"""Random numbers drawn at a time (32 MB)."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the bootstrap: number of `resamples`, `level` of the intervals, `seed` of the generator."""

    resamples: int = 2000
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with its interval and what it rests on; `p` is two-sided, against a gain of zero."""

    estimate: float
    low: float
    high: float
    standard_error: float
    freedom: float
    p: float


def stream(root: int, *names: Hashable) -> np.random.Generator:
    """Random generator of one named unit, so that adding or reordering other units changes none of its draws."""
    return np.random.default_rng([root, *(zlib.crc32(str(name).encode()) for name in names)])


def example_deviations(
    blocks: Mapping[tuple, ExampleDifferences], *, resamples: int, root: int
) -> dict[tuple, np.ndarray]:
    """Resample the examples of every block.

    Parameters
    ----------
    blocks : mapping
        From `study_utils.analysis.cells.example_differences`.
    resamples : int
        Number of resamples.
    root : int
        Root of the random streams. Blocks of one (task, language) share their draws over encoders and conditions.

    Returns
    -------
    dict
        (encoder, variant, task, language, condition) to an array of shape (resamples,): gain of the resampled
        examples minus gain of the examples themselves.
    """
    found = {}
    for (encoder, variant, task, language), block in blocks.items():
        rng = stream(root, "example", task, language)
        sums = np.column_stack([block.difference, block.total])
        drawn = _resampled_sums(sums, resamples=resamples, rng=rng)
        observed = block.difference.sum(axis=0) / block.total.sum()
        weight = np.where(drawn[:, -1:] > 0, drawn[:, -1:], 1.0)
        deviations = drawn[:, :-1] / weight - observed
        for column, condition in enumerate(block.conditions):
            found[encoder, variant, task, language, condition] = deviations[:, column]
    return found


def _resampled_sums(values: np.ndarray, *, resamples: int, rng: np.random.Generator) -> np.ndarray:
    count = len(values)
    step = max(1, _CHUNK // count)
    parts = []
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        picked = rng.integers(0, count, size=(rows, count)) + count * np.arange(rows)[:, None]
        weights = np.bincount(picked.ravel(), minlength=rows * count).reshape(rows, count)
        parts.append(weights @ values)
    return np.concatenate(parts)


def unit_interval(
    gain: np.ndarray,
    *,
    examples: np.ndarray | None,
    languages: tuple[str, ...],
    settings: Settings,
    root: int,
    seed_deviations: np.ndarray | None = None,
) -> Interval:
    """Estimate one unit (a family, a language, or all languages) under one condition.

    Parameters
    ----------
    gain : numpy.ndarray
        Shape (tasks, languages, seeds): gain of each cell; NaN in all seeds where a task lacks a language.
    examples : numpy.ndarray or None
        Shape (resamples,): deviations from resampled examples, averaged over tasks and languages as the estimate is.
        None without predictions.
    languages : tuple of str
        Codes, in the order of the second axis.
    settings : Settings
        Resamples and level.
    root : int
        Root of the random streams.
    seed_deviations : numpy.ndarray, optional
        Shape (seeds,): by how much each seed deviates from the condition's mean over all languages. Used where it
        varies more than the unit's own seeds do: few seeds agree by luck in some unit or other, and an interval must
        not be narrow for that.
    """
    scored = ~np.isnan(gain).any(axis=2)
    by_seed = np.nanmean(np.nanmean(gain, axis=1), axis=0)
    estimate = float(by_seed.mean())
    by_language = _language_deviations(gain.mean(axis=2), scored)
    count, seeds = gain.shape[1:]
    of_examples = np.zeros(settings.resamples) if examples is None else examples
    example_variance = float(of_examples.var(ddof=1))
    language_variance = float((by_language**2).sum())
    by_seed = by_seed - estimate
    if seed_deviations is not None and (seed_deviations**2).sum() > (by_seed**2).sum():
        by_seed = seed_deviations
    by_seed = by_seed / seeds * np.sqrt(seeds / (seeds - 1)) if seeds > 1 else np.zeros(seeds)

    deviations = of_examples.copy()
    if count > 1:
        explained = min(1.0, example_variance / language_variance) if language_variance else 1.0
        picks = stream(root, "language", *languages).multinomial(count, [1 / count] * count, settings.resamples)
        deviations += np.sqrt(1 - explained) * ((picks - 1) @ by_language)
    if seeds > 1:
        picks = stream(root, "seed").multinomial(seeds, [1 / seeds] * seeds, settings.resamples)
        deviations += (picks - 1) @ by_seed

    parts = [(float((by_seed**2).sum()), seeds - 1)]
    if count > 1:
        only_noise = count > 2 and language_variance <= example_variance
        parts.append((max(language_variance, example_variance), np.inf if only_noise else count - 1))
    else:
        parts.append((example_variance, np.inf))
    freedom = _satterthwaite(parts)
    error = float(deviations.std(ddof=1))
    quantile = float(stats.t.ppf(0.5 + settings.level / 2, freedom))
    if error > 0:
        p = float(2 * stats.t.sf(abs(estimate) / error, freedom))
    else:
        p = 1.0 if estimate == 0 else float("nan")
    half = quantile * error
    return Interval(
        estimate=estimate,
        low=max(-1.0, estimate - half),
        high=min(1.0, estimate + half),
        standard_error=error,
        freedom=freedom,
        p=p,
    )


def _language_deviations(gain: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Share of each language in the estimate's deviation, shape (languages,), summed over tasks.

    Within a task a language deviates from the task's mean. A task with one language of several has no such
    deviation; there it is taken from the mean over all tasks, which also holds differences between tasks and so errs
    towards wider intervals.
    """
    tasks = len(gain)
    per_task = scored.sum(axis=1)
    means = np.nanmean(gain, axis=1)
    shares = np.zeros(gain.shape)
    for row, count in enumerate(per_task):
        if count > 1:
            shares[row] = (gain[row] - means[row]) / count * np.sqrt(count / (count - 1))
        elif gain.shape[1] > 1 and tasks > 1:
            shares[row] = (gain[row] - means.mean()) * np.sqrt(tasks / (tasks - 1))
    return np.nansum(shares, axis=0) / tasks


def _satterthwaite(parts: list[tuple[float, float]]) -> float:
    total = sum(variance for variance, _ in parts)
    spread = sum(variance**2 / freedom for variance, freedom in parts if freedom > 0 and variance > 0)
    return total**2 / spread if spread else np.inf
