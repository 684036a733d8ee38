"""Predictions and scores of every cell, and what variants changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from study_utils.analysis.results.cells import Blocks, example_blocks
from study_utils.analysis.results.tables import PREDICTION_COLUMNS, SCORE_COLUMNS
from study_utils.catalog import TASKS, Task
from study_utils.catalog.perturbations import CLEAN
from study_utils.errors import StoreError
from study_utils.metrics import CONTRIBUTIONS, contributions
from study_utils.params import StudyParams
from study_utils.perturb.rows import COUNTS
from study_utils.plan import Plan
from study_utils.store import Store

_TEXTS = ("language", "example_id", "measure")
_COUNTED = (*_TEXTS, "correct", "total")


def read_predictions(plan: Plan, store: Store, *, variants: bool) -> pd.DataFrame:
    """Read what `study_utils.study.Study.predictions` gives.

    Raises
    ------
    StoreError
        If a run is not done.
    """
    return _collect(plan, store, "predictions.parquet", PREDICTION_COLUMNS, variants=variants, change=contributions)


def read_examples(plan: Plan, store: Store) -> Blocks:
    """Read what `study_utils.study.Study.example_blocks` gives: task by task, of each the measure that is analysed.

    Raises
    ------
    StoreError
        If a run is not done.
    """
    found = {}
    for key in dict.fromkeys(cell.task for cell in plan.cells):
        own = replace(plan, cells=tuple(cell for cell in plan.cells if cell.task == key))
        found |= example_blocks(_task_examples(own, store, TASKS[key]))
    return dict(sorted(found.items()))


def _task_examples(plan: Plan, store: Store, item: Task) -> pd.DataFrame:
    """Predictions of a task without texts; what is told more than once is told by categories."""
    cells = _done_cells(plan, store, variants=False)
    wanted = [*_COUNTED, *(("gold", "prediction") if item.metric in CONTRIBUTIONS else ())]
    by_run = {}
    for run in cells["run"].unique():
        path = store.verified_file(run, "predictions.parquet")
        frame = contributions(pd.read_parquet(path, columns=wanted, read_dictionary=_TEXTS), item)[list(_COUNTED)]
        is_primary = frame["measure"] == item.metric
        by_run[run] = frame[is_primary] if is_primary.any() else frame
    frames = []
    for cell in cells.to_dict("records"):
        frame = by_run[cell["run"]]
        frames.append(frame[frame["language"].isin(cell["languages"])])
    sizes = [len(frame) for frame in frames]
    table = {name: union_categoricals([frame[name].astype("category") for frame in frames]) for name in _TEXTS}
    table |= {name: np.concatenate([frame[name].to_numpy() for frame in frames]) for name in ("correct", "total")}
    for name in ("encoder", "condition", "task", "seed", "variant"):
        codes, values = pd.factorize(cells[name])
        table[name] = pd.Categorical.from_codes(np.repeat(codes, sizes), values)
    return pd.DataFrame(table, copy=False)


def read_scores(plan: Plan, store: Store, params: StudyParams, *, variants: bool) -> pd.DataFrame:
    """Read what `study_utils.study.Study.scores` gives.

    Raises
    ------
    StoreError
        If a run is not done.
    """
    scores = _collect(plan, store, "scores.parquet", SCORE_COLUMNS, variants=variants, seen=True)
    examples = {run: _train_examples(plan, store, run) for run in scores["run"].unique()}
    scores["train_examples"] = scores["run"].map(examples)
    scores["total_examples"] = scores["run"].map({run: _total_examples(plan, store, run) for run in examples})
    read = {run: store.manifest(run) for run in examples}
    for name in ("layer", "depth"):
        scores[name] = scores["run"].map({run: facts.get(name) for run, facts in read.items()}).astype("Int64")
    related = {key: set(TASKS[key].same_data) for key in params.targets}
    before = {name: params.trained_tasks(name) for name in params.conditions}
    scores["same_data"] = [
        not related[task].isdisjoint(before[name]) for task, name in zip(scores["task"], scores["condition"])
    ]
    return scores[[*SCORE_COLUMNS, "layer", "depth", "train_examples", "total_examples"]]


def read_perturbed(plan: Plan, store: Store) -> pd.DataFrame:
    """Read what `study_utils.study.Study.perturbed` gives."""
    cells = _cells(plan)
    cells = cells[cells["variant"] != CLEAN]
    frames = [pd.DataFrame(columns=["task", "variant", *COUNTS])]
    for cell in cells.drop_duplicates("run").to_dict("records"):
        counts = pd.read_parquet(store.verified_file(cell["run"], "perturbed.parquet"))
        frames.append(counts.assign(task=cell["task"], variant=cell["variant"]))
    found = pd.concat(frames[1:] or frames, ignore_index=True)[["task", "variant", *COUNTS]]
    return found.drop_duplicates(["task", "variant", "language"], ignore_index=True)


def _cells(plan: Plan) -> pd.DataFrame:
    rows = [
        {
            "encoder": c.encoder,
            "condition": c.condition,
            "task": c.task,
            "seed": c.seed,
            "variant": c.variant,
            "run": c.run,
            "languages": c.languages,
        }
        for c in plan.cells
    ]
    return pd.DataFrame(rows)


def _train_examples(plan: Plan, store: Store, run: str) -> int:
    return sum(store.manifest(data)["rows"]["train"] for data in plan.target_data(run))


def _total_examples(plan: Plan, store: Store, run: str) -> int:
    rows = {}
    for trained in plan.trained(run):
        settings = trained.work["settings"]
        for data in trained.work["data"].values():
            count = store.manifest(data)["rows"]["train"]
            rows[data] = min(count, settings.get("cap", count) * settings["epochs"])
    return sum(rows.values())


def _collect(
    plan: Plan, store: Store, file: str, columns: tuple[str, ...], *, variants: bool, seen: bool = False,
    change: Callable[[pd.DataFrame, Task], pd.DataFrame] = lambda frame, task: frame,
) -> pd.DataFrame:  # fmt: skip
    cells = _done_cells(plan, store, variants=variants)
    frames = []
    by_run = {}
    for cell in cells.to_dict("records"):
        run, codes = cell["run"], cell.pop("languages")
        if run not in by_run:
            by_run[run] = change(pd.read_parquet(store.verified_file(run, file)), TASKS[cell["task"]])
        frame = by_run[run]
        frame = frame[frame["language"].isin(codes)].assign(**cell)
        if seen:
            languages = set(store.manifest(run)["languages_seen"])
            frame["zero_shot"] = ~frame["language"].isin(languages)
        frames.append(frame)
    found = pd.concat(frames, ignore_index=True)
    return found[[c for c in columns if c in found]]


def _done_cells(plan: Plan, store: Store, *, variants: bool) -> pd.DataFrame:
    cells = _cells(plan)
    if not variants:
        cells = cells[cells["variant"] == CLEAN]
    missing = [run for run in cells["run"].unique() if store.status(run) != "done"]
    if missing:
        raise StoreError(
            f"{len(missing)} of {cells['run'].nunique()} evaluation runs are not done (first: "
            f"{missing[0]}): run 'python run_all.py' with the study's name, or the notebooks 01 to 04"
        )
    return cells
