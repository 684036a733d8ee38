"""Two arms of a study against one another: other pairs than a condition and the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.families import FAMILY_GAIN_COLUMNS, family_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.cells import Blocks
from study_utils.analysis.results.tables import (
    BASELINE,
    CELL,
    PREDICTION_COLUMNS,
    SCORE_COLUMNS,
    is_source,
    require_columns,
)
from study_utils.errors import AnalysisError, unknown

CONTRAST_COLUMNS = ["contrast", "arm", "against", *(c for c in FAMILY_GAIN_COLUMNS if c != "condition")]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Which scores are compared with which.

    Attributes
    ----------
    key : str
        Its name in tables and figures.
    arm, against : str
        Conditions; the estimate is the score under `arm` minus that under `against`.
    variant, against_variant : str
        Of the test set, on each side.
    """

    key: str
    arm: str
    against: str = BASELINE
    variant: str = "clean"
    against_variant: str = "clean"

    def __post_init__(self) -> None:
        if (self.arm, self.variant) == (self.against, self.against_variant):
            raise AnalysisError(f"contrast {self.key!r} compares {self.arm!r} with itself")


def contrast_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    contrasts: Sequence[Contrast],
    *,
    by: str = "all",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    seen: str = "exclude",
    same_data: str = "exclude",
    english: str = "exclude",
    judged: bool = True,
    checked: bool = True,
) -> pd.DataFrame:
    """Average the difference between two arms over the cells that both have, with intervals.

    The same model and rules as in `study_utils.analysis.family_gains`, with the second arm as the baseline.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study.
    contrasts : sequence of Contrast
        One or more.
    by : {"family", "branch", "language", "resource", "all"}
        What to average over.
    seen : {"exclude", "include"}
        Languages other than the source that one of the arms was trained in: left out, or counted.
    same_data : {"exclude", "include"}
        Pairs of intermediate and target task made from the same data, in either arm.
    english : {"exclude", "include"}
        Cells of the source language: English, or what the target is trained in.
    judged, checked : bool
        As in `family_gains`.

    Returns
    -------
    pandas.DataFrame
        Columns of `family_gains`, with `contrast` (its key), `arm` and `against` in place of `condition`; `p_holm` is
        corrected over all rows of the table, none of which is primary. A contrast whose arms share no cell has no row.

    Raises
    ------
    AnalysisError
        If the tables are not valid, or a contrast names an arm that the results table does not have.
    """
    require_columns(scores, SCORE_COLUMNS, table="results table")
    if isinstance(predictions, pd.DataFrame):
        require_columns(predictions, PREDICTION_COLUMNS, table="predictions table")
    if len({item.key for item in contrasts}) < len(contrasts):
        raise AnalysisError("two contrasts have the same key")
    tables = []
    for item in contrasts:
        mine, cells = _two_arms(scores, item)
        if mine.empty:
            continue
        counts = ~is_source(mine)
        counts = counts & (mine["zero_shot"].astype(bool) | (seen == "include")) | (~counts & (english == "include"))
        mine["zero_shot"] = counts
        if not (counts & ((same_data == "include") | ~mine["same_data"].astype(bool))).any():
            continue
        examples = predictions
        if isinstance(predictions, Mapping):
            examples = _blocks_of_arms(predictions, item, cells)
        elif predictions is not None:
            examples = _two_arms(predictions, item, cells)[0]
        options = {"by": by, "settings": settings, "same_data": same_data, "english": english}
        found = family_gains(examples, mine, judged=judged, checked=checked, **options)
        tables.append(found.rename(columns={"condition": "contrast"}).assign(arm=item.arm, against=item.against))
    if not tables:
        return pd.DataFrame(columns=CONTRAST_COLUMNS)
    return corrected(pd.concat(tables, ignore_index=True))[CONTRAST_COLUMNS]


def _blocks_of_arms(blocks: Blocks, item: Contrast, cells: pd.MultiIndex) -> Blocks:
    """Examples of both arms, on the same variant, in the cells that both have; as `_two_arms`."""
    if item.variant != item.against_variant:
        raise AnalysisError(f"contrast {item.key!r} is over two variants: give the predictions table")
    names, found, there = {item.arm: item.key, item.against: BASELINE}, {}, set(cells)
    for key, block in blocks.items():
        encoder, variant, task, language = key
        runs = sorted(
            ((names[condition], seed), place)
            for place, (condition, seed) in enumerate(block.runs)
            if condition in names and (encoder, task, language, seed) in there
        )
        if variant == item.variant and runs:
            own = block.correct[[place for _, place in runs]]
            found[key] = replace(block, runs=tuple(run for run, _ in runs), correct=own)
    return found


_SHARED = [name for name in CELL if name not in ("condition", "variant")]


def _two_arms(
    frame: pd.DataFrame, item: Contrast, cells: pd.MultiIndex | None = None
) -> tuple[pd.DataFrame, pd.MultiIndex]:
    """Rows of both arms in the cells that both have; the second one is called the baseline.

    What either arm was trained in, or shares with a target, holds for both.
    """
    sides = []
    for name, variant, label in ((item.arm, item.variant, item.key), (item.against, item.against_variant, BASELINE)):
        if name not in (known := set(frame["condition"])):
            raise AnalysisError(unknown("condition", name, known, where=f"contrast {item.key}"))
        side = frame[(frame["condition"] == name) & (frame["variant"] == variant)]
        sides.append(side.assign(condition=label, variant=item.variant))
    if cells is None:
        left, right = (pd.MultiIndex.from_frame(side[_SHARED]).unique() for side in sides)
        cells = left.intersection(right)
    both = pd.concat(sides, ignore_index=True)
    both = both[pd.MultiIndex.from_frame(both[_SHARED]).isin(cells)].reset_index(drop=True)
    if "zero_shot" in both and len(both):
        groups = both.groupby(_SHARED)
        both["zero_shot"] = groups["zero_shot"].transform("all")
        both["same_data"] = groups["same_data"].transform("any")
    return both, cells
