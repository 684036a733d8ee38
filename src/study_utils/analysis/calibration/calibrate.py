"""Do the intervals hold what they promise for a design like ours? Simulated studies with known truth, cell by cell.

`study_utils.analysis.calibration.simulate` makes studies example by example; here only the noise of examples in each
cell is drawn, so that thousands of studies take minutes. Every study goes through the interval and the correction of
`family_gains`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.bootstrap import (
    Borrowed,
    Settings,
    language_variance,
    pool_languages,
    unit_interval,
)
from study_utils.analysis.inference.families import is_clear
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.results.tables import ENGLISH, join_languages
from study_utils.catalog import LANGUAGES
from study_utils.errors import AnalysisError

COVERAGE = (0.93, 0.97)
"""Range in which coverage of a 95 % interval counts as right."""
FALSE_POSITIVES = 0.06
"""Largest share of studies with a false claim that counts as right."""


@dataclass(frozen=True, kw_only=True)
class StudyDesign:
    """A study to simulate: one condition against its baseline.

    Attributes
    ----------
    families : tuple of int
        Number of languages of each family; 1 is a language reported alone.
    tasks, seeds, examples : int
        Tasks, each in every language; seeds; test examples of a cell.
    language_sd, seed_sd, run_sd : float
        Standard deviations of the true gain between languages, between seeds, and between single cells and runs.
    accuracy, agreement : float
        Of the baseline; and the share of examples that condition and baseline cannot differ in. The noise of a cell's
        gain from its examples has variance ``2 accuracy (1 - accuracy) (1 - agreement) / examples``.
    parallel : float
        Share of that variance that the languages of a task have in common, as translations of one test set do.
    uneven : float
        By how much `language_sd` is larger in every second family and smaller in the others, as a share.
    """

    families: tuple[int, ...]
    tasks: int = 4
    seeds: int = 3
    examples: int = 500
    language_sd: float = 0.015
    seed_sd: float = 0.005
    run_sd: float = 0.01
    accuracy: float = 0.6
    agreement: float = 0.8
    parallel: float = 0.3
    uneven: float = 0.0

    def __post_init__(self) -> None:
        if not self.families or min(self.families) < 1 or min(self.tasks, self.seeds, self.examples) < 1:
            raise AnalysisError("a simulated study needs families, tasks, seeds and examples, one at least of each")
        if self.seeds < 2:
            raise AnalysisError("a study with one seed has no intervals: there is nothing to calibrate")

    @property
    def example_sd(self) -> float:
        """Standard deviation of a cell's gain from its examples."""
        return float(np.sqrt(2 * self.accuracy * (1 - self.accuracy) * (1 - self.agreement) / self.examples))


def balanced(families: int, languages: int) -> tuple[int, ...]:
    """As many languages in every family."""
    return (languages,) * families


def xtreme_r_families() -> tuple[int, ...]:
    """Languages per family of XTREME-R as reports group them, largest first; English is left out."""
    codes = [code for code, item in LANGUAGES.items() if item.in_xtreme_r and code != ENGLISH]
    table = join_languages(pd.DataFrame({"language": codes}))
    label = table["name"].where(table["is_isolate"], table["group"])
    return tuple(sorted(Counter(label).values(), reverse=True))


def simulate_studies(design: StudyDesign, n_studies: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the gains of many studies without an effect at once.

    Returns
    -------
    gains : numpy.ndarray
        Shape (studies, tasks, languages, seeds); languages in the order of the families.
    truth : numpy.ndarray
        Shape (studies, languages): true gain of each language.
    """
    count = sum(design.families)
    side = np.repeat(np.arange(len(design.families)) % 2 * 2 - 1, design.families)
    language = rng.normal(0, design.language_sd, (n_studies, 1, count, 1)) * (1 + design.uneven * side)[:, None]
    gains = language + rng.normal(0, design.seed_sd, (n_studies, 1, 1, design.seeds))
    gains = gains + rng.normal(0, design.run_sd, (n_studies, design.tasks, count, design.seeds))
    return gains + _examples(design, n_studies, rng)[..., None], language[:, 0, :, 0]


def calibrate(
    design: StudyDesign,
    *,
    effects: Sequence[float] = (0.0,),
    n_studies: int = 1000,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Simulate studies of a design, and count how often their intervals and claims are right.

    A true gain that all families share moves every estimate and interval by itself and nothing else, so studies are
    simulated once for all `effects`. About 4 ms a family and study: 1,000 studies of 6 families take half a minute.

    Parameters
    ----------
    design : StudyDesign
        What is simulated.
    effects : sequence of float
        True gains of every family (fractions). False positives are read off a gain of zero, power off the others.
    n_studies : int
        How many.
    settings : Settings, optional
        500 resamples if left out; the standard error then has a Monte Carlo error of 3 %.

    Returns
    -------
    pandas.DataFrame
        For each `effect` one row a size of family (`n_languages`) and one for all (`n_languages` 0): `n_families` in a
        study; `coverage`, share of intervals that hold the true gain; `claims`, share of families called clear with
        the right sign (the power); `false_positives`, share of studies with a family called clear although its true
        gain is zero or has the other sign (after Holm's correction over the study); each with its Monte Carlo error,
        between studies (`coverage_error`, ...); `median_width` of the intervals; and `verdict`: ``holds``, or what does
        not hold beyond two Monte Carlo errors. The truth of a family is the effect; that of a language alone is its
        own gain.
    """
    settings = Settings(resamples=500) if settings is None else settings
    rng = np.random.default_rng(settings.seed)
    gains, truth = simulate_studies(design, n_studies, rng)
    rows = []
    for number in range(n_studies):
        draws = _examples(design, settings.resamples, rng)
        found = _study(gains[number], truth[number], draws, design=design, settings=settings, root=number)
        rows += [{"study": number} | row for row in found]
    table = pd.DataFrame(rows)
    return pd.concat([_count(table, design, effect) for effect in effects], ignore_index=True)


def _count(table: pd.DataFrame, design: StudyDesign, effect: float) -> pd.DataFrame:
    """Count what simulated studies without an effect would have found with one."""
    columns = ["estimate", "low", "high", "truth"]
    table = table.assign(**{name: table[name] + effect for name in columns})
    size = table["estimate"].abs() / table["standard_error"]
    table["p_holm"] = 2 * stats.t.sf(size, table["freedom"])
    table["p_holm"] = table.groupby("study")["p_holm"].transform(holm)
    table["clear"] = is_clear(table)
    table["covered"] = (table["low"] <= table["truth"]) & (table["truth"] <= table["high"])
    right = np.sign(table["estimate"]) == np.sign(table["truth"])
    table["claim"] = table["clear"] & right
    table["false"] = table["clear"] & ~right
    found = [_summary(table, 0, len(design.families))]
    for languages, part in table.groupby("n_languages"):
        found.append(_summary(part, int(languages), design.families.count(languages)))
    return pd.DataFrame([{"effect": effect} | row for row in found])


def _examples(design: StudyDesign, size: int, rng: np.random.Generator) -> np.ndarray:
    """Noise from examples, shape (size, tasks, languages)."""
    own = rng.normal(0, np.sqrt(1 - design.parallel), (size, design.tasks, sum(design.families)))
    shared = rng.normal(0, np.sqrt(design.parallel), (size, design.tasks, 1))
    return design.example_sd * (own + shared)


def _study(
    gains: np.ndarray,
    truth: np.ndarray,
    draws: np.ndarray,
    *,
    design: StudyDesign,
    settings: Settings,
    root: int,
) -> list[dict]:
    by_seed = gains.mean(axis=(0, 1))
    ends = np.cumsum((0, *design.families))
    pool = pool_languages(language_variance(gains[:, a:b]) for a, b in zip(ends[:-1], ends[1:]))
    borrowed = Borrowed(seeds=by_seed - by_seed.mean(), language_variance=pool[0], language_freedom=pool[1])
    rows = []
    for first, last in zip(ends[:-1], ends[1:]):
        found = unit_interval(
            gains[:, first:last],
            examples=draws[:, :, first:last],
            languages=tuple(map(str, range(first, last))),
            settings=settings,
            root=root,
            borrowed=borrowed,
        )
        size = int(last - first)
        rows.append(
            {
                **{"estimate": found.estimate, "low": found.low, "high": found.high},
                **{"standard_error": found.standard_error, "freedom": found.freedom},
                **{"n_languages": size, "unit": "language" if size == 1 else "family", "n_seeds": design.seeds},
                "truth": 0.0 if size > 1 else truth[first],
            }
        )
    return rows


def _summary(table: pd.DataFrame, size: int, families: int) -> dict:
    by_study = table.groupby("study").agg(covered=("covered", "mean"), claim=("claim", "mean"), false=("false", "max"))
    means, errors = by_study.astype(float).mean(), by_study.astype(float).sem()
    found = {"n_languages": size, "n_families": families, "n_studies": len(by_study)}
    for name, column in (("coverage", "covered"), ("claims", "claim"), ("false_positives", "false")):
        found |= {name: means[column], f"{name}_error": errors[column]}
    found["median_width"] = float((table["high"] - table["low"]).median())
    return found | {"verdict": _verdict(found)}


def _verdict(found: Mapping[str, float]) -> str:
    told = []
    if found["coverage"] + 2 * found["coverage_error"] < COVERAGE[0]:
        told.append("intervals too narrow")
    if found["coverage"] - 2 * found["coverage_error"] > COVERAGE[1]:
        told.append("intervals wider than they need be")
    if found["false_positives"] - 2 * found["false_positives_error"] > FALSE_POSITIVES:
        told.append("too many false claims")
    return "; ".join(told) or "holds"
