"""Do the intervals hold what they promise for a design like ours? Simulated studies with known truth.

Every study goes through the model, the correction and the rules of `study_utils.analysis.family_gains`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from study_utils.analysis.calibration.batch import Batch, Estimates
from study_utils.analysis.calibration.studies import CHANCE, Study, StudyDesign, simulate, study_cells
from study_utils.analysis.inference.clear import CLAIM_LANGUAGES, CLAIM_SEEDS, CLAIM_TASKS, CLEAR
from study_utils.analysis.inference.gain_model import LIKE_THESE, THESE, GainModel
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.results.failed_runs import collapsed

COVERAGE = (0.93, 0.97)
"""Range in which coverage of a 95 % interval counts as right."""
FALSE_CLAIMS = 0.06
"""Largest share of studies with a false claim that counts as right."""
HEADLINES = {
    "all": "all languages, on these tasks",
    "general": "all languages, tasks like these",
    "task": "single tasks",
    "family": "families, on these tasks",
    "language": "single languages, on these tasks",
}
"""What reports claim, and what it is called."""

_ALL = "All languages"


class _Table:
    """One table of a study's report, for many studies at once: the model, and those without one task."""

    def __init__(self, name: str, cells: pd.DataFrame) -> None:
        self.general = "general" in name
        self.cells = cells if name == "family" else cells.assign(unit="all", label=_ALL, pool=_ALL)
        self.by_task = name == "task"
        if self.by_task:
            self.cells = self.cells.assign(label=cells["task"], pool=cells["task"])
        self.seeds = cells["seed"].nunique()
        self.models = self._lay_out(np.ones(len(cells), bool))
        first = self.cells.drop_duplicates("label").set_index("label")
        languages = self.cells.groupby("label")["language"].nunique()
        self.labels = _labels(self.models)
        unit = first.loc[self.labels, "unit"].to_numpy()
        self.alone = unit == "language"
        self.language = pd.factorize(cells["language"], sort=True)[1].get_indexer(first.loc[self.labels, "language"])
        few = (unit == "family") & (languages[self.labels].to_numpy() < CLAIM_LANGUAGES)
        self.barred = few | (self.seeds < CLAIM_SEEDS)

    def _lay_out(self, kept: np.ndarray) -> list[tuple[np.ndarray, GainModel]]:
        """Rows and model of every part that is fitted by itself: each task, or all cells."""
        tasks = self.cells["task"].to_numpy()
        parts = [kept & (tasks == task) for task in np.unique(tasks[kept])] if self.by_task else [kept]
        kind, count = LIKE_THESE if self.general else THESE, len(np.unique(tasks))
        return [(rows, GainModel(self.cells[rows], tasks=kind, n_tasks=count)) for rows in parts]

    def estimate(self, gains: np.ndarray, design: StudyDesign) -> Estimates:
        """Estimate every study; `gains` has the shape (studies, rows)."""
        found = self._fit(self.models, gains, design)
        if not self.by_task or len(self.labels) < CLAIM_TASKS:
            return found
        model = GainModel(self.cells.assign(unit="task", pool=_ALL))
        joint = Batch(model, self.seeds).estimate(gains, design.noise)
        return replace(found, other_error=joint.standard_error, other_freedom=joint.freedom)

    def _fit(self, models: list[tuple[np.ndarray, GainModel]], gains: np.ndarray, design: StudyDesign) -> Estimates:
        found = [Batch(model, self.seeds).estimate(gains[:, rows], design.noise) for rows, model in models]
        return Estimates(**{name: np.concatenate([getattr(part, name) for part in found], axis=1)
                            for name in vars(found[0])})  # fmt: skip

    def without_task(self, task: str, gains: np.ndarray, design: StudyDesign) -> Estimates:
        """The same without a task; missing for a group that has no other."""
        models = self._lay_out((self.cells["task"] != task).to_numpy())
        found, labels = self._fit(models, gains, design), _labels(models)
        at = [labels.index(label) if label in labels else len(labels) for label in self.labels]
        return Estimates(**{name: np.pad(part, ((0, 0), (0, 1)), constant_values=np.nan)[:, at]
                            for name, part in vars(found).items()})  # fmt: skip

    def without_rows(self, gains: np.ndarray, kept: np.ndarray, design: StudyDesign) -> list[tuple]:
        """Numbers of every group of one study without some rows."""
        noise, found = dict.fromkeys(self.cells["task"].unique(), design.noise), {}
        for rows, model in self._lay_out(kept):
            found |= model.estimate(gains[rows], noise=noise)
        told = [found.get(label) for label in self.labels]
        return [(np.nan,) * 3 if i is None else (i.estimate, i.standard_error, i.freedom) for i in told]


def _labels(models: list[tuple[np.ndarray, GainModel]]) -> list[str]:
    return [target.label for _, model in models for piece in model.pieces for target in piece.targets]


def calibrate(
    design: StudyDesign, *, effects: Sequence[float] = (0.0,), n_studies: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Simulate studies of a design, and count how often their intervals and claims are right.

    A true gain that all cells share moves every estimate and interval by itself and nothing else, so studies are
    simulated once for all `effects`. 1,000 studies of 24 languages and 4 tasks take some seconds, of XTREME-R half a
    minute, and more where effects are found, as every claim is tried without each task.

    Parameters
    ----------
    design : StudyDesign
        What is simulated.
    effects : sequence of float
        True gains (fractions). False claims are read off a gain of zero, power off the others.
    n_studies : int
        How many.
    seed : int
        Of the generator.

    Returns
    -------
    pandas.DataFrame
        For each `effect` one row a `headline` (a key of `HEADLINES`): `n_groups` in a study; `n_studies`; `coverage`,
        share of intervals that hold the true gain (without the runs that collapsed, where some did); `claims`, share
        called clear with the right sign (the power); `false_claims`, share of studies with a group called clear
        although its true gain is zero or has the other sign (after correction, as in reports); each with its Monte
        Carlo error, between studies (`coverage_error`, ...); `median_width` of the intervals; and `verdict`: ``holds``,
        or what does not hold beyond two Monte Carlo errors. The truth of a family, and of all languages, is the
        effect, on these tasks with the mean of their own effects; that of a single language is its own gain.
    """
    rng = np.random.default_rng(seed)
    cells = study_cells(design)
    studies = [simulate(design, cells, rng) for _ in range(n_studies)]
    fell = [_collapsed_runs(study) for study in studies]
    names = ["all", "task", "family"] if cells["task"].nunique() > 1 else ["all", "family"]
    if cells["task"].nunique() >= CLAIM_TASKS:
        names += ["general"]
    rows = []
    for name in names:
        table = _Table(name, cells)
        trial = _Trial(table, design, studies, fell, effects)
        for headline, groups in ((name, ~table.alone), ("language", table.alone)):
            if groups.any() and not (table.general and headline == "language"):
                for effect in effects:
                    facts = {"effect": effect, "headline": headline, "n_groups": int(groups.sum())}
                    rows.append(facts | _summary(*(part[:, :, groups] for part in trial.count(effect))))
    return pd.DataFrame(rows)


class _Trial:
    """What one table says in every study; arrays have the shape (studies, conditions, groups)."""

    def __init__(
        self,
        table: _Table,
        design: StudyDesign,
        studies: Sequence[Study],
        fell: Sequence[np.ndarray],
        effects: Sequence[float],
    ) -> None:
        self.table = table
        gains = np.concatenate([study.gains for study in studies])
        self.shape = (len(studies), design.conditions, len(table.labels))
        self.whole = table.estimate(gains, design)
        self.sound = self._sound(design, studies, fell)
        on_tasks = np.concatenate([study.tasks.mean(axis=1) for study in studies])
        own = np.concatenate([study.languages[:, table.language] for study in studies])
        self.truth = np.where(table.alone, own, 0.0) + (0.0 if table.general else on_tasks[:, None])
        if table.by_task:
            tasks = pd.factorize(table.cells["task"], sort=True)[1]
            self.truth = np.concatenate([study.tasks for study in studies])[:, tasks.get_indexer(table.labels)]
        self.without: list[Estimates] = []
        self.tried = np.zeros(len(gains), bool)
        if table.cells["task"].nunique() > 1 and not (table.general or table.by_task):
            for effect in effects:
                self.tried |= self._significant(effect).any(axis=1)
            if self.tried.any():
                tasks = sorted(table.cells["task"].unique())
                self.without = [table.without_task(task, gains[self.tried], design) for task in tasks]

    def _sound(self, design: StudyDesign, studies: Sequence[Study], fell: Sequence[np.ndarray]) -> Estimates:
        """Numbers without the runs that collapsed; missing where none did."""
        task, seed = pd.factorize(self.table.cells["task"], sort=True)[0], self.table.cells["seed"].to_numpy()
        found = np.full((len(self.whole.estimate), len(self.table.labels), 3), np.nan)
        for number, (study, runs) in enumerate(zip(studies, fell)):
            for condition, gains in enumerate(study.gains):
                failed = runs[0] | runs[condition + 1]
                if failed.any():
                    place = number * design.conditions + condition
                    found[place] = self.table.without_rows(gains, ~failed[task, seed], design)
        numbers = dict(zip(("estimate", "standard_error", "freedom"), np.moveaxis(found, 2, 0)))
        return Estimates(**numbers, other_error=np.zeros(found.shape[:2]), other_freedom=np.ones(found.shape[:2]))

    def _significant(self, effect: float) -> np.ndarray:
        """Which groups exclude zero after correction, nothing barring a claim; shape (studies x conditions, groups)."""
        p = self.whole.p(effect).reshape(self.shape[0], -1)
        found = np.stack([holm(row) for row in p]) < CLEAR
        return found.reshape(self.whole.estimate.shape) & ~self.table.barred

    def count(self, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Whether the truth is covered, a claim is right or wrong, and the width of the interval."""
        estimate, clear = self.whole.estimate + effect, self._significant(effect)
        places = np.flatnonzero(self.tried)
        for other in self.without:
            clear[places] &= ~_differs(estimate[places], other.p(effect), other.estimate + effect)
        there = np.isfinite(self.sound.estimate)
        clear &= ~(there & _differs(estimate, self.sound.p(effect), self.sound.estimate + effect))
        half = np.where(there, self.sound.half(), self.whole.half())
        covered = np.abs(np.where(there, self.sound.estimate, self.whole.estimate) - self.truth) <= half
        right = np.sign(estimate) == np.sign(self.truth + effect)
        return tuple(part.reshape(self.shape) for part in (covered, clear & right, clear & ~right, 2 * half))


def _collapsed_runs(study: Study) -> np.ndarray:
    """Which runs collapsed, shape (1 + conditions, tasks, seeds)."""
    return np.stack([collapsed(study.scores[:, task], CHANCE) for task in range(study.scores.shape[1])], axis=1)


def _differs(estimate: np.ndarray, p: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether an estimate that excludes zero no longer does without something, or has the other sign then."""
    return ~(p < CLEAR) | (np.sign(other) != np.sign(estimate))


def _summary(covered: np.ndarray, claims: np.ndarray, wrong: np.ndarray, width: np.ndarray) -> dict:
    """Means over studies, with their Monte Carlo errors."""
    by_study = {
        "coverage": covered.mean(axis=(1, 2)),
        "claims": claims.mean(axis=(1, 2)),
        "false_claims": wrong.any(axis=(1, 2)).astype(float),
    }
    row: dict = {"n_studies": len(covered)}
    for name, values in by_study.items():
        row |= {name: float(values.mean()), f"{name}_error": float(values.std(ddof=1) / np.sqrt(len(values)))}
    row["median_width"] = float(np.median(width))
    return row | {"verdict": _verdict(row)}


def _verdict(found: Mapping[str, float]) -> str:
    told = []
    if found["coverage"] + 2 * found["coverage_error"] < COVERAGE[0]:
        told.append("intervals too narrow")
    if found["coverage"] - 2 * found["coverage_error"] > COVERAGE[1]:
        told.append("intervals wider than they need be")
    if found["false_claims"] - 2 * found["false_claims_error"] > FALSE_CLAIMS:
        told.append("too many false claims")
    return "; ".join(told) or "holds"
