"""Simulated studies with known truth, cell by cell: thousands of them take minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.analysis.inference.example_noise import Noise
from study_utils.analysis.inference.groups import ALONE
from study_utils.analysis.results.tables import is_source, join_languages
from study_utils.catalog import benchmark
from study_utils.errors import AnalysisError

CHANCE = 1 / 3
"""Score of a collapsed run."""


@dataclass(frozen=True, kw_only=True)
class StudyDesign:
    """A study to simulate: conditions against one baseline.

    Attributes
    ----------
    families : tuple of int
        Number of languages of each family, all in every task; 1 is a language reported alone. Empty: XTREME-R, with the
        (task, language) cells that it scores.
    tasks, seeds, conditions, examples : int
        Tasks (those of XTREME-R if families are empty), seeds, conditions beside the baseline, test examples of a cell.
    task_sd : float
        Standard deviation of the true gain between tasks.
    language_sd, cell_sd : float
        Of the true gain between languages, and of single languages within tasks.
    seed_sd, training_sd, run_sd : float
        Between seeds, between training runs (a task and seed, in every language), and of single cells of a run.
    baseline_sd : float
        Of the training runs of the baseline, which every condition's gain has in common.
    collapse : float
        Share of training runs, the baseline's too, that end at chance.
    accuracy, agreement : float
        Of the baseline; and the share of examples that condition and baseline cannot differ in. The noise of a cell's
        gain from its examples has variance ``2 accuracy (1 - accuracy) (1 - agreement) / examples``.
    parallel : float
        Share of that variance that the languages of a task have in common, as translations of one test set do.
    uneven : float
        By how much `language_sd` is larger in every second family and smaller in the others, as a share.
    """

    families: tuple[int, ...] = ()
    tasks: int = 4
    seeds: int = 3
    conditions: int = 1
    examples: int = 500
    task_sd: float = 0.0
    language_sd: float = 0.015
    cell_sd: float = 0.0
    seed_sd: float = 0.005
    training_sd: float = 0.0
    run_sd: float = 0.01
    baseline_sd: float = 0.0
    collapse: float = 0.0
    accuracy: float = 0.6
    agreement: float = 0.8
    parallel: float = 0.3
    uneven: float = 0.0

    def __post_init__(self) -> None:
        counts = (*self.families, self.tasks, self.seeds, self.conditions, self.examples)
        if min(counts) < 1:
            raise AnalysisError("a simulated study needs languages, tasks, seeds and examples, one at least of each")
        if self.seeds < 2:
            raise AnalysisError("a study with one seed has no intervals: there is nothing to calibrate")

    @property
    def noise(self) -> Noise:
        """Variance of a cell's gain from its examples."""
        total = 2 * self.accuracy * (1 - self.accuracy) * (1 - self.agreement) / self.examples
        return Noise(shared=self.parallel * total, own=(1 - self.parallel) * total)


def study_cells(design: StudyDesign) -> pd.DataFrame:
    """Lay out the rows of a study.

    Returns
    -------
    pandas.DataFrame
        One row a cell and seed: `task`, `language`, `seed`, `family`, `unit`, `label`, `pool`, as
        `study_utils.analysis.inference.groups.prepare` gives them by family.
    """
    if design.families:
        families = np.repeat(np.arange(len(design.families)), design.families)
        languages = [(f"l{number:02d}", f"family {family}") for number, family in enumerate(families)]
        rows = [(f"t{task}", *item) for task in range(design.tasks) for item in languages]
        cells = pd.DataFrame(rows, columns=["task", "language", "family"])
    else:
        cells = pd.DataFrame(benchmark("xtreme_r").cells, columns=["task", "language"])
        cells = join_languages(cells[~is_source(cells)].reset_index(drop=True))
        cells["family"] = cells["name"].where(cells["is_isolate"], cells["group"])
    alone = cells.groupby("family")["language"].transform("nunique") == 1
    cells["unit"] = np.where(alone, "language", "family")
    cells["label"], cells["pool"] = cells["family"], cells["family"].mask(alone, ALONE)
    cells = cells[["task", "language", "family", "unit", "label", "pool"]]
    return cells.merge(pd.DataFrame({"seed": range(design.seeds)}), how="cross")


@dataclass(frozen=True, kw_only=True)
class Study:
    """One simulated study without a mean effect.

    Attributes
    ----------
    gains : numpy.ndarray
        Shape (conditions, rows).
    tasks, languages : numpy.ndarray
        True gains: shape (conditions, tasks), and (conditions, languages) of each language in the mean over its tasks.
    scores : numpy.ndarray
        Shape (1 + conditions, tasks, seeds): mean score of each training run, the baseline's first.
    """

    gains: np.ndarray
    tasks: np.ndarray
    languages: np.ndarray
    scores: np.ndarray


def simulate(design: StudyDesign, cells: pd.DataFrame, rng: np.random.Generator) -> Study:
    """Draw a study; `cells` from `study_cells`."""
    task, language, family = (pd.factorize(cells[name], sort=True)[0] for name in ("task", "language", "family"))
    seed, many = cells["seed"].to_numpy(), design.conditions
    tasks, languages = task.max() + 1, language.max() + 1

    def draw(deviation: float, *shape: int) -> np.ndarray:
        return rng.normal(0, deviation, (many, *shape))

    side = np.zeros(languages)
    side[language] = family % 2 * 2 - 1
    of_task, of_language = draw(design.task_sd, tasks), draw(design.language_sd, languages) * (1 + design.uneven * side)
    of_cell = draw(design.cell_sd, tasks, languages)
    noise = draw(design.noise.own**0.5, tasks, languages) + draw(design.noise.shared**0.5, tasks, 1)
    training = draw(design.training_sd, tasks, design.seeds) + draw(design.seed_sd, 1, design.seeds)
    baseline = rng.normal(0, design.baseline_sd, (tasks, design.seeds))
    arms = design.accuracy + np.concatenate([baseline[None], training])
    arms = np.where(rng.random(arms.shape) < design.collapse, CHANCE, arms)
    truth = (of_task[:, :, None] + of_language[:, None, :] + of_cell)[:, task, language]
    gains = truth + noise[:, task, language] + (arms[1:] - arms[0])[:, task, seed]
    gains = gains + draw(design.run_sd, len(cells))
    own = of_cell[:, task, language]
    counts = np.bincount(language)
    mean = np.stack([np.bincount(language, row) / counts for row in own])
    return Study(gains=gains, tasks=of_task, languages=of_language + mean, scores=arms)
