"""Whose weights a study keeps, and how much of a disk it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from study_utils.estimate import size_of
from study_utils.plan import Plan, Run
from study_utils.store import Store

AT_WORK = 3
"""Copies of a model that a run at work holds besides its own: weights and AdamW's two moments, in its checkpoint."""

RUN_MEGABYTES = 2
"""Predictions, scores and curves of a run."""


Done = Callable[[str], None]
"""Called with the id of every run that is done."""


class Unneeded:
    """Drops the weights of finished models that no run of the plan has yet to start from (`keep: scores`)."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self.plan, self.store = plan, store
        readers = {run.id: set() for run in plan.runs.values() if run.kind == "train"}
        for run in plan.runs.values():
            for start in readers.keys() & run.inputs:
                readers[start].add(run.id)
        self.waiting = {run: found for run, found in readers.items() if found}
        for run in plan.runs:
            if store.status(run) == "done":
                self.done(run)

    def done(self, run_id: str) -> None:
        """Note that a run is done; weights that it was the last to read go."""
        for start in self.waiting.keys() & self.plan.runs[run_id].inputs:
            self.waiting[start].discard(run_id)
            if not self.waiting[start] and self.store.status(start) == "done":
                del self.waiting[start]
                self.store.drop(
                    start, [name for name in self.store.manifest(start)["files"] if name.endswith(".safetensors")]
                )


def depth_first(todo: Sequence[Run]) -> list[Run]:
    """Order runs such that those that read a model come soon after it, and its weights are needed only for a while."""
    after: dict[str, list[Run]] = {run.id: [] for run in todo}
    for run in todo:
        for needed in after.keys() & run.inputs:
            after[needed].append(run)
    waits = {run.id: len(after.keys() & run.inputs) for run in todo}
    ordered: list[Run] = []
    stack = [run for run in reversed(todo) if not waits[run.id]]
    while stack:
        run = stack.pop()
        ordered.append(run)
        for reader in after[run.id]:
            waits[reader.id] -= 1
        stack += [reader for reader in reversed(after[run.id]) if not waits[reader.id]]
    return ordered


def megabytes(plan: Plan, todo: Iterable[Run], *, keep: str, jobs: int) -> float:
    """Disk that some runs take at most while they are made, of which models that are kept stay.

    Parameters
    ----------
    todo : iterable of Run
        Runs of the plan that are to be made.
    keep : {"all", "scores"}
        Whose weights stay.
    jobs : int
        Runs at a time.
    """
    todo = list(todo)
    trained = [run for run in todo if run.kind == "train"]
    sizes = [model_megabytes(run) for run in trained]
    largest = max(sizes, default=0)
    held = sum(sizes)
    if keep == "scores":
        chains = [len(plan.trained(run.id)) + (run.kind == "train") for run in todo if "start" in run.work]
        held = min(held, max(chains, default=0) * jobs * largest)
    return held + AT_WORK * min(jobs, len(trained)) * largest + RUN_MEGABYTES * len(todo)


def model_megabytes(run: Run) -> float:
    """Disk that the models of a training run take: the one that is kept, and those of its epochs."""
    settings = run.work["settings"]
    size = size_of(str(run.work["encoder"])).checkpoint_mb
    return size * (1 + settings["epochs"] * settings.get("keep_epochs", 0))
