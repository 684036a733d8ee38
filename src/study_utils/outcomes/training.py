"""Histories and validation scores of training runs."""

from __future__ import annotations

import pandas as pd

from study_utils.catalog import condition
from study_utils.catalog.conditions import ONE_BY_ONE
from study_utils.plan import Plan
from study_utils.store import Store


def training_frames(plan: Plan, store: Store, stage: str, file: str) -> pd.DataFrame:
    """Put the tables that the training runs of a stage wrote one under the other.

    Parameters
    ----------
    file : str
        ``"history.parquet"`` or ``"validation.parquet"``.

    Returns
    -------
    pandas.DataFrame
        `encoder`, `condition`, `target` (empty in the intermediate stage), `language` (of a run for one language; else
        empty), `selected_in` (language of the validation rows), `held_out` (False where the task's validation rows
        are among its training rows, and no epoch was chosen), `seed`, `run`, and what training wrote. No epoch is
        `chosen` of a fine-tuning that another run of the same condition and target goes on from: it is not scored.
    """
    frames, runs = [], _training_runs(plan, stage)
    for run, facts in runs.items():
        frame = pd.read_parquet(store.verified_file(run, file))
        whole = [key for key, data in plan.runs[run].work["data"].items() if plan.runs[data].work.get("whole")]
        frames.append(frame.assign(**facts, held_out=~frame["task"].isin(whole), run=run))
    first = ["encoder", "condition", "target", "language", "selected_in", "held_out", "seed", "run"]
    if not frames:
        return pd.DataFrame(columns=first).assign(chosen=pd.Series(dtype=bool))
    found = pd.concat(frames, ignore_index=True)
    if "chosen" in found:
        found["chosen"] &= ~found["run"].isin(_first_halves(plan, runs))
    return found[[*first, *(c for c in found if c not in first)]]


def _first_halves(plan: Plan, runs: dict[str, dict]) -> set[str]:
    starts = {run: plan.runs[run].work["start"] for run in runs}
    same = ("condition", "target")
    return {
        start
        for run, start in starts.items()
        if start in runs and runs[run]["target"] and all(runs[run][name] == runs[start][name] for name in same)
    }


def _training_runs(plan: Plan, stage: str) -> dict[str, dict]:
    facts: dict[str, dict] = {}
    for run in plan.of_stage(stage):
        kind, *rest = run.name.split("-")
        name = rest[1] if kind == "target" else rest[0]
        data = [plan.runs[key].work for key in run.work["data"].values()]
        languages = {work["languages"] for work in data if work["regime"] in ONE_BY_ONE}
        facts[run.id] = {
            "encoder": run.work["encoder"],
            "condition": condition(name).key,
            "target": rest[0] if kind == "target" else "",
            "language": " ".join(code for codes in languages for code in codes),
            "selected_in": " ".join(
                sorted({code for work in data for _, codes in work["parts"]["validation"] for code in codes})
            ),
            "seed": run.work["seed"],
        }
    return facts
