"""What one language or one task decides: every gain again without each of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.inference.bootstrap import Borrowed, Settings
from study_utils.analysis.inference.families import corrected, gain_row, is_clear
from study_utils.analysis.inference.grids import Grid, grid_interval, prepare, unit_grids
from study_utils.analysis.inference.holm import holm
from study_utils.catalog import LANGUAGES
from study_utils.catalog.titles import task_title

SENSITIVITY_COLUMNS = [
    *("encoder", "variant", "condition", "unit", "group", "left_out", "n_left_out", "estimate", "clear"),
    *("lowest", "lowest_without", "highest", "highest_without", "sign_changes", "clear_changes"),
]


def sensitivity(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    rng: np.random.Generator | None = None,
    same_data: str = "exclude",
    cells: str = "own",
) -> pd.DataFrame:
    """Leave out one language, then one task, of every row of `family_gains`; same parameters, draws and errors.

    Returns
    -------
    pandas.DataFrame
        Two rows, `left_out` language and task, for each (encoder, variant, condition, group) that has two or more of
        them: `n_left_out` (how many were left out in turn), `estimate` and `clear` (with everything, as in
        `family_gains`), `lowest` and `highest` (fractions: range of the estimates) with what is missing then
        (`lowest_without`, `highest_without`), and what, left out, turns the sign (`sign_changes`) or changes whether
        the result is clear (`clear_changes`); both name the languages or tasks, or are empty. For `clear` the p-value
        is corrected together with those of the other rows as they are. A family left with too few languages for
        a claim is not clear.
    """
    prepared = prepare(
        predictions,
        scores,
        by=by,
        settings=settings,
        rng=rng,
        same_data=same_data,
        cells=cells,
        function="sensitivity",
    )
    units = list(unit_grids(prepared))

    def again(grid: Grid, *, unit: str, borrowed: Borrowed) -> dict:
        interval = grid_interval(grid, settings=settings, root=prepared.root, borrowed=borrowed)
        return gain_row(interval, grid, unit=unit)

    rows = [
        dict(zip(("encoder", "variant", "group", "condition"), key))
        | again(grid, unit=part["unit"].iloc[0], borrowed=borrowed)
        for key, part, grid, borrowed in units
    ]
    if not rows:
        return pd.DataFrame(columns=SENSITIVITY_COLUMNS)
    table = corrected(pd.DataFrame(rows))
    found = []
    for place, (_, part, grid, borrowed) in enumerate(units):
        row = table.iloc[place]
        unit = part["unit"].iloc[0]
        for kind, names in (("language", grid.languages), ("task", grid.tasks)):
            if len(names) < 2:
                continue
            kept = [again(grid.keep(**{kind: i}, drop=True), unit=unit, borrowed=borrowed) for i in range(len(names))]
            titles = [LANGUAGES[name].name if kind == "language" else task_title(name) for name in names]
            found.append(_summary(row, place, table["p"], kept, titles) | {"left_out": kind})
    return pd.DataFrame(found, columns=SENSITIVITY_COLUMNS)


def _summary(row: pd.Series, place: int, p: pd.Series, kept: list[dict], titles: list[str]) -> dict:
    estimates = np.array([one["estimate"] for one in kept])
    clear = _clear(kept, p, place)
    turned = np.sign(estimates) * np.sign(row["estimate"]) < 0
    changed = clear != row["clear"]
    low, high = int(estimates.argmin()), int(estimates.argmax())
    return {
        **{name: row[name] for name in ("encoder", "variant", "condition", "unit", "group", "estimate", "clear")},
        "n_left_out": len(kept),
        "lowest": estimates[low],
        "lowest_without": titles[low],
        "highest": estimates[high],
        "highest_without": titles[high],
        "sign_changes": ", ".join(np.array(titles, object)[turned]),
        "clear_changes": ", ".join(np.array(titles, object)[changed]),
    }


def _clear(kept: list[dict], p: pd.Series, place: int) -> np.ndarray:
    """Which of the rows made again are clear, each corrected together with the other rows as they are."""
    again = pd.DataFrame(kept)
    together = np.tile(p.to_numpy(float), (len(again), 1))
    together[:, place] = again["p"]
    return is_clear(again.assign(p_holm=[holm(row)[place] for row in together])).to_numpy()
