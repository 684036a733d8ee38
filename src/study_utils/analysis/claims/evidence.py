"""What a study brings to the test of claims: its tables, and which conditions, targets and rows are behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.condition_means import add_means
from study_utils.analysis.results.tables import BASELINE, SCORE_COLUMNS, check_results, require_columns
from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.claims import Claim
from study_utils.catalog.titles import condition_title, encoder_title, task_title

WHOLE = 0.9
"""Share of a task's published training rows from which it counts as trained on all of them: some are held out."""
MLM = "+mlm"
"""End of the name of a condition with masked-language modelling beside its tasks."""


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
        Training rows: `task`, `role`, `regime`, `rows`.
    settings : Settings
        Of the bootstrap.
    margin : float
        Smallest gain that matters, in points.
    """

    predictions: pd.DataFrame | None
    scores: pd.DataFrame
    validation: pd.DataFrame
    sizes: pd.DataFrame
    settings: Settings
    margin: float

    def __post_init__(self) -> None:
        require_columns(self.scores, SCORE_COLUMNS, table="results table")
        check_results(self.scores)
        needed = ("encoder", "condition", "target", "language", "value", "primary", "chosen")
        if len(self.validation):
            require_columns(self.validation, needed, table="validation table")
        require_columns(self.sizes, ("task", "role", "regime", "rows"), table="table of training rows")

    @property
    def encoders(self) -> tuple[str, ...]:
        """Encoders that were run."""
        return tuple(sorted(self.scores["encoder"].unique()))

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets that were scored, in the catalogue's order."""
        there = set(self.scores["task"])
        return tuple(key for key in TASKS if key in there)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions that were run, without the baseline."""
        return tuple(key for key in self.scores["condition"].unique() if key != BASELINE)

    @cached_property
    def singles(self) -> tuple[str, ...]:
        """Conditions with one English intermediate task and English fine-tuning."""
        return tuple(key for key in self.conditions if len(_english_tasks(key)) == 1)

    @cached_property
    def mixtures(self) -> tuple[str, ...]:
        """Conditions with several English intermediate tasks, those with most tasks first."""
        found = [key for key in self.conditions if len(_english_tasks(key)) > 1]
        return tuple(sorted(found, key=lambda key: -len(_english_tasks(key))))

    def compact(self) -> Evidence:
        """Make the same tables with the texts of predictions as categories: read several times as fast."""
        if self.predictions is None:
            return self
        texts = ("encoder", "task", "variant", "language", "example_id", "measure")
        return replace(self, predictions=self.predictions.astype(dict.fromkeys(texts, "category")))

    def of(self, encoder: str) -> Evidence:
        """Tables of one encoder."""
        frames = {name: getattr(self, name) for name in ("predictions", "scores", "validation")}
        own = {n: f[f["encoder"] == encoder] if f is not None and len(f) else f for n, f in frames.items()}
        return replace(self, **own)

    def on(self, targets: Sequence[str]) -> Evidence:
        """Tables of some targets."""
        predictions = self.predictions
        return replace(
            self,
            predictions=None if predictions is None else predictions[predictions["task"].isin(targets)],
            scores=self.scores[self.scores["task"].isin(targets)],
        )

    def compare(self, *pairs: tuple[str | tuple[str, ...], str | tuple[str, ...]]) -> pd.DataFrame:
        """Compare conditions, or means of several: one row a pair, as `contrast_gains`, same-data pairs included.

        As the published averages have them. Languages that an arm was trained in count too: the claims that bring such
        arms (translated data, masked-language modelling) are about them.
        """
        arms: dict[str, dict[str, float]] = {}
        contrasts = []
        for number, pair in enumerate(pairs):
            names = []
            for side in pair:
                if isinstance(side, str) or len(side) == 1:
                    names.append(side if isinstance(side, str) else side[0])
                    continue
                name = f"mean of {', '.join(side)}"
                arms[name] = dict.fromkeys(side, 1.0)
                names.append(name)
            contrasts.append(Contrast(key=str(number), arm=names[0], against=names[1]))
        used = {
            BASELINE,
            *(key for pair in pairs for side in pair for key in ([side] if isinstance(side, str) else side)),
        }
        frames = (None if f is None else f[f["condition"].isin(used)] for f in (self.predictions, self.scores))
        predictions, scores = add_means(*frames, arms)
        both = {"seen": "include", "same_data": "include"}
        return contrast_gains(predictions, scores, contrasts, settings=self.settings, **both)


def _english_tasks(key: str) -> tuple[str, ...]:
    """Tasks of a condition with one stage of English tasks and English fine-tuning; none for any other condition."""
    return english_tasks(key) if key in CONDITIONS and CONDITIONS[key].regime == "english" else ()


def english_tasks(key: str) -> tuple[str, ...]:
    """Tasks of a condition with one stage of English tasks, whatever it fine-tunes on; none for any other condition."""
    if key not in CONDITIONS or len(CONDITIONS[key].stages) != 1:
        return ()
    tasks = CONDITIONS[key].tasks
    return tasks if all(TASKS[task].training_language == "en" for task in tasks) else ()


def lacking(claim: Claim, evidence: Evidence) -> str:
    """Say what a test of the claim itself lacks in these runs; "" if nothing.

    Parameters
    ----------
    claim : Claim
        With the encoders, conditions and targets that it is about.
    evidence : Evidence
        Of all encoders of the study.
    """
    parts = []
    if not set(claim.encoders) <= set(evidence.encoders):
        other, own = (_listed(map(encoder_title, keys)) for keys in (evidence.encoders, claim.encoders))
        parts.append(f"another encoder ({other}, the claim is about {own})")
    if missing := [key for key in claim.targets if key not in evidence.targets]:
        parts.append(f"targets that were not run ({_listed(map(task_title, missing))})")
    have = set(evidence.conditions)
    if missing := [keys for keys in claim.conditions if not have & set(keys)]:
        parts.append(f"conditions that were not run ({_listed(_either(keys) for keys in missing)})")
    if cut := _cut(claim, evidence):
        parts.append(f"training data cut down ({cut})")
    return "; ".join(parts)


def _cut(claim: Claim, evidence: Evidence) -> str:
    """Name the task with the smallest share of its published training rows, if some lack many."""
    named = {key for keys in claim.conditions for key in keys} & set(evidence.conditions)
    tasks = {task for key in named if key in CONDITIONS for task in CONDITIONS[key].tasks} | set(claim.targets)
    rows = evidence.sizes[(evidence.sizes["role"] == "train") & evidence.sizes["task"].isin(tasks)]
    shares = {}
    for task, count in rows.groupby("task")["rows"].max().items():
        published = getattr(TASKS[task].train, "expected", {}).get(TASKS[task].training_language)
        if published and count < WHOLE * published:
            shares[task] = (count, published)
    if not shares:
        return ""
    task = min(shares, key=lambda key: np.divide(*shares[key]))
    count, published = shares[task]
    rest = f", and {len(shares) - 1} more" if len(shares) > 1 else ""
    return f"{task_title(task)}: {count:,} of {published:,} rows{rest}"


def _listed(names: object) -> str:
    return ", ".join(names)


def _either(keys: tuple[str, ...]) -> str:
    if len(keys) > 3:
        return f"{condition_title(keys[0])} or another of {len(keys)}"
    return " or ".join(condition_title(key) for key in keys)
