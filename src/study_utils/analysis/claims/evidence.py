"""What a study brings to the test of claims: its tables, and which conditions, targets and rows are behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.epochs import EPOCH_COLUMNS
from study_utils.analysis.results.above_chance import compare_with_chance
from study_utils.analysis.results.condition_means import add_means
from study_utils.analysis.results.tables import BASELINE, SCORE_COLUMNS, check_results, require_columns
from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.claims import Claim
from study_utils.catalog.perturbations import CLEAN

MLM = "+mlm"
"""End of the name of a condition with masked-language modelling beside its tasks."""

AS_ONE = ("anli_plus",)
"""Conditions of several data sets that count as one task, as in arXiv 2005.13013."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Tables of one study.

    Attributes
    ----------
    predictions : pandas.DataFrame or None
        Columns of `study_utils.analysis.results.tables.PREDICTION_COLUMNS`.
    scores : pandas.DataFrame
        The results table.
    validation : pandas.DataFrame
        English development scores of the target stage: `encoder`, `condition`, `target`, `task`, `language`,
        `selected_in`, `value`, `primary`, `chosen`.
    sizes : pandas.DataFrame
        Training rows of each task: `task`, `role`, `regime`, `rows`.
    training_sizes : pandas.DataFrame
        Training rows behind each scored model: from `study_utils.study.Study.training_sizes`.
    params : study_utils.params.StudyParams
        What the study asked for.
    settings : Settings
        Of the intervals.
    margin : float
        Smallest gain that matters, in points.
    epochs : pandas.DataFrame or None
        Test scores of every epoch's model, and of the mean of their weights (epoch 0) where that was kept: columns
        `EPOCH_COLUMNS`, `selection` being the English score that the epoch could be chosen by. None, or without rows:
        the study doesn't keep epochs.
    """

    predictions: pd.DataFrame | None
    scores: pd.DataFrame
    validation: pd.DataFrame
    sizes: pd.DataFrame
    training_sizes: pd.DataFrame
    params: Any
    settings: Settings
    margin: float
    epochs: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        require_columns(self.scores, SCORE_COLUMNS, table="results table")
        check_results(self.scores)
        needed = ("encoder", "condition", "target", "language", "value", "primary", "chosen")
        if len(self.validation):
            require_columns(self.validation, needed, table="validation table")
        require_columns(self.sizes, ("task", "role", "regime", "rows"), table="table of training rows")
        if self.epochs is not None:
            require_columns(self.epochs, EPOCH_COLUMNS, table="table of epochs")

    @property
    def encoders(self) -> tuple[str, ...]:
        """Encoders that were run."""
        return tuple(sorted(self.scores["encoder"].unique()))

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets that were scored, in the catalogue's order."""
        there = set(self.scores["task"])
        return tuple(key for key in TASKS if key in there)

    @cached_property
    def unlearnt(self) -> tuple[str, ...]:
        """Targets that no condition brought above chance: what they show speaks for or against nothing."""
        arms = compare_with_chance(self.scores[self.scores["variant"] == CLEAN])
        learnt = set(arms.loc[arms["learnt"], "task"])
        return tuple(key for key in self.targets if key not in learnt)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions that were run, without the baseline."""
        return tuple(key for key in self.scores["condition"].unique() if key != BASELINE)

    @cached_property
    def singles(self) -> tuple[str, ...]:
        """Conditions with one English intermediate task and English fine-tuning; `AS_ONE` among them."""
        return tuple(key for key in self.conditions if _is_single(key))

    @cached_property
    def mixtures(self) -> tuple[str, ...]:
        """Conditions with several English intermediate tasks, those with most tasks first."""
        found = [key for key in self.conditions if _before_english(key) and not _is_single(key)]
        return tuple(sorted(found, key=lambda key: -len(_before_english(key))))

    def compact(self) -> Evidence:
        """Make the same tables with the texts of predictions as categories: read several times as fast."""
        if self.predictions is None:
            return self
        texts = ("encoder", "task", "variant", "language", "example_id", "measure")
        return replace(self, predictions=self.predictions.astype(dict.fromkeys(texts, "category")))

    def of(self, encoder: str) -> Evidence:
        """Tables of one encoder."""
        frames = {name: getattr(self, name) for name in ("predictions", "scores", "validation", "epochs")}
        own = {n: f[f["encoder"] == encoder] if f is not None and len(f) else f for n, f in frames.items()}
        return replace(self, **own)

    def on(self, targets: Sequence[str]) -> Evidence:
        """Tables of some targets."""
        return self._where(lambda frame: frame["task"].isin(targets))

    def about(self, claim: Claim) -> Evidence:
        """Tables of the claim's own targets in its own languages; of all targets if none of them was run."""
        own = [key for key in claim.targets if key in self.targets]
        if not own:
            return self
        found = self.on(own)
        if not claim.benchmark:
            return found
        cells = [(task, code) for task, codes in BENCHMARKS[claim.benchmark].tasks.items() for code in codes]
        inside = found._where(lambda f: pd.MultiIndex.from_arrays([f["task"], f["language"]]).isin(cells))
        return inside if len(inside.scores) else found

    def _where(self, keep: Any) -> Evidence:
        frames = {name: getattr(self, name) for name in ("predictions", "scores", "epochs")}
        return replace(self, **{name: f if f is None else f[keep(f)] for name, f in frames.items()})

    def compare(
        self, arm: str | Sequence[str], against: str | Sequence[str] = BASELINE, *, targets: Sequence[str] = ()
    ) -> pd.Series | None:
        """Compare two conditions, or means of several: a row of `contrast_gains`; None if they share no cell.

        English counts, and so do pairs made from the same data and languages that an arm was trained in: the published
        averages have them all.
        """
        sides = [dict.fromkeys((side,) if isinstance(side, str) else side, 1.0) for side in (arm, against)]
        used = {BASELINE, *sides[0], *sides[1]}
        frames = []
        for frame in (self.predictions, self.scores):
            kept = None if frame is None else frame["condition"].isin(used)
            if targets and frame is not None:
                kept &= frame["task"].isin(list(targets))
            frames.append(None if frame is None else frame[kept])
        return compare_arms(*frames, *sides, settings=self.settings)


def compare_arms(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    arm: Mapping[str, float],
    against: Mapping[str, float],
    *,
    settings: Settings,
) -> pd.Series | None:
    """Compare two weighted means of conditions: a row of `contrast_gains`; None if they share no cell."""
    if not {*arm, *against} <= set(scores["condition"]):
        return None
    sides = (arm, against)
    names = [next(iter(side)) if len(side) == 1 else f"mean of {', '.join(side)}" for side in sides]
    means = {name: side for name, side in zip(names, sides) if len(side) > 1}
    predictions, scores = add_means(predictions, scores, means)
    if not set(names) <= set(scores["condition"]):
        return None
    everything = {"seen": "include", "same_data": "include", "english": "include", "checked": False}
    contrast = Contrast(key="claim", arm=names[0], against=names[1])
    by = "all" if scores["language"].nunique() > 1 else "language"
    table = contrast_gains(predictions, scores, [contrast], by=by, settings=settings, **everything)
    return table.iloc[0] if len(table) else None


def _is_single(key: str) -> bool:
    return len(_before_english(key)) == 1 or key in AS_ONE


def _before_english(key: str) -> tuple[str, ...]:
    """Tasks of a condition with one stage of English tasks and English fine-tuning; none for any other condition."""
    return english_tasks(key) if key in CONDITIONS and CONDITIONS[key].regime == "english" else ()


def english_tasks(key: str) -> tuple[str, ...]:
    """Tasks of a condition with one stage of English tasks, whatever it fine-tunes on; none for any other condition."""
    if key not in CONDITIONS or len(CONDITIONS[key].stages) != 1:
        return ()
    tasks = CONDITIONS[key].tasks
    return tasks if all(TASKS[task].training_language == "en" for task in tasks) else ()
