"""What a study can detect: the numbers, whose variances they rest on, and whether the margin is within reach."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.power import ABOUT, PRIMARY, StudyCells, detectable, with_seeds

COLUMNS = ("varied", "seeds", "languages", "tasks", "test_rows", "hours", "hours_left")
POINTS = dict(zip(ABOUT, ("all_these_tasks", "all_tasks_like_these", "family_of_three", "one_language")))
POINTS[PRIMARY] = "primary"
"""What a gain is about to its column in points; the last is missing where the primary comparison is all languages."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The fewest seeds, then test rows, of those tried that bring the smallest gain that is found to the margin.

    `rows` are those of a typical cell and `gain` is in points; where `enough` is False, these are the largest numbers
    tried and the margin is not reached. `about` is the primary comparison: all languages on these tasks, unless the
    study says otherwise.
    """

    about: str
    seeds: int
    rows: int
    gain: float
    enough: bool


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a study can detect.

    Attributes
    ----------
    unknown : str
        Why nothing can be told; then the rest is empty.
    source : str
        Whose results the variances come from, in words.
    components : Components or None
        These variances.
    notes : tuple of str
        Results that were tried before, and why they didn't serve.
    planned : pandas.DataFrame
        From `detectable`, for the study as planned; fractions.
    seeds : int
        Of the study.
    margin : float
        Smallest gain that matters, in points.
    reach : Reach or None
        What it would take; None if the study as planned reaches the margin.
    table : pandas.DataFrame
        `COLUMNS` and those of `POINTS`: one row the study as planned, and each larger one, with its hours in all and
        those that are not done. Empty unless asked for.
    curves : pandas.DataFrame
        `line` (which cells), `seeds` and the columns of `POINTS`: what a figure shows. Empty unless asked for.
    """

    unknown: str = ""
    source: str = ""
    components: Components | None = None
    notes: tuple[str, ...] = ()
    planned: pd.DataFrame = field(default_factory=pd.DataFrame)
    seeds: int = 0
    margin: float = 0.0
    reach: Reach | None = None
    table: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*COLUMNS, *POINTS.values()]))
    curves: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["line", "seeds", *POINTS.values()]))


def in_points(found: pd.DataFrame) -> dict[str, float]:
    """Columns of `POINTS` from `detectable`: what is found even if nothing else is, at Holm's first step."""
    return {POINTS[row.about]: 100 * row.gain_corrected for row in found.itertuples()}


def typical_rows(cells: StudyCells) -> int:
    """Test rows of the cell in the middle when ordered by them."""
    return sorted(cells.rows)[len(cells.rows) // 2]


def reach_margin(
    components: Components,
    larger: Sequence[StudyCells],
    *,
    most: int,
    margin: float,
    level: float,
    comparisons: Mapping[str, int] | None = None,
) -> Reach | None:
    """Find the fewest seeds, then the fewest test rows, with which the primary comparison reaches a margin.

    Parameters
    ----------
    components : Components
        Of a finished study.
    larger : sequence of StudyCells
        The study's cells with ever more test rows, as many as planned first.
    most : int
        Largest number of seeds to try; the study's own is the smallest.
    margin : float
        In points.
    level : float
        As in `detectable`.
    comparisons : mapping of str to int, optional
        As in `detectable`.

    Returns
    -------
    Reach or None
        None if the study as planned reaches it.
    """
    planned = larger[0].seeds
    about = ABOUT[0] if larger[0].primary is None else PRIMARY

    def tried(seeds: int, cells: StudyCells) -> Reach:
        found = detectable(components, with_seeds(cells, seeds), comparisons=comparisons, level=level, about=[about])
        gain = 100 * float(found["gain_corrected"].iloc[0])
        return Reach(about=about, seeds=seeds, rows=typical_rows(cells), gain=gain, enough=gain <= margin)

    if tried(planned, larger[0]).enough:
        return None
    counts = range(planned, max(planned, most) + 1)
    if not (most_of_all := tried(counts[-1], larger[-1])).enough:
        return most_of_all
    fewest = bisect_left(counts, True, key=lambda seeds: tried(seeds, larger[-1]).enough)
    return next(found for cells in larger if (found := tried(counts[fewest], cells)).enough)
