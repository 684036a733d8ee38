"""Scores of single epochs, on the rows that could select one and in every language of the test rows."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.questions.epochs import EPOCH_COLUMNS
from study_utils.catalog import TASKS
from study_utils.catalog.perturbations import CLEAN
from study_utils.errors import StoreError
from study_utils.plan import Cell, Plan
from study_utils.store import Store


def read_epochs(plan: Plan, store: Store) -> pd.DataFrame:
    """Read what `study_utils.study.Study.epochs` gives.

    Raises
    ------
    StoreError
        If a run is not done.
    """
    cells = [*plan.epochs, *_means(plan)]
    if missing := [cell.run for cell in cells if store.status(cell.run) != "done"]:
        raise StoreError(
            f"{len(missing)} of {len(cells)} runs that score an epoch are not done (first: {missing[0]}): run the "
            "notebooks 01 to 04"
        )
    selection: dict[str, pd.Series] = {}
    frames = [pd.DataFrame(columns=list(EPOCH_COLUMNS))]
    for cell in cells:
        start = plan.runs[cell.run].work["start"]
        if start not in selection:
            selection[start] = _selection(store, start)
        scores = pd.read_parquet(store.verified_file(cell.run, "scores.parquet"))
        kept = scores["language"].isin(cell.languages) & (scores["metric"] == TASKS[cell.task].metric)
        frames.append(
            scores.loc[kept, ["language", "metric", "value"]].assign(
                encoder=cell.encoder,
                condition=cell.condition,
                task=cell.task,
                seed=cell.seed,
                epoch=cell.epoch,
                selection=float(selection[start][cell.epoch]),
                zero_shot=~scores.loc[kept, "language"].isin(store.manifest(cell.run)["languages_seen"]),
            )
        )
    return pd.concat(frames[1:] or frames, ignore_index=True)[list(EPOCH_COLUMNS)]


def _means(plan: Plan) -> list[Cell]:
    """Cells of the mean of all epochs, where that is what training kept."""
    starts = {plan.runs[cell.run].work["start"] for cell in plan.epochs}
    averaged = {start for start in starts if plan.runs[start].work["settings"].get("keep") == "mean"}
    places = {_place(cell) for cell in plan.epochs if plan.runs[cell.run].work["start"] in averaged}
    return [cell for cell in plan.cells if cell.variant == CLEAN and _place(cell) in places]


def _place(cell: Cell) -> tuple:
    return cell.encoder, cell.condition, cell.task, cell.seed


def _selection(store: Store, run: str) -> pd.Series:
    """Mean of the primary metrics on the selection rows by epoch."""
    validation = pd.read_parquet(store.verified_file(run, "validation.parquet"))
    return validation[validation["primary"]].groupby("epoch")["value"].mean()
