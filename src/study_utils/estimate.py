"""How long runs should take: as the finished runs most like them did, or by counting operations before there are."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

from study_utils.catalog import FORMATS, TASKS, encoder
from study_utils.encoders.facts import architecture
from study_utils.errors import EncoderError
from study_utils.plan import Plan, Run
from study_utils.store import Store

UNSTATED = 5000
"""Rows a language that a split is taken to have if its declaration states no number."""

ROW_SECONDS = 1e-3
"""Seconds to load and check one row."""

BASE_WEIGHTS = 86_000_000
"""Weights in the layers of an encoder of base size, 12 of them, 768 wide."""

OPERATIONS = {"train": 6.0, "predict": 2.0, "embed": 2.0}
"""Operations a weight and token, forwards and backwards, or forwards only (Kaplan et al. 2020, arXiv 2001.08361)."""

SPEED = {"cpu": 8e10, "cuda": 1e14}
"""Operations a second that training reaches: two CPU cores in float32; one data-centre GPU in bf16 at about a third of
its peak."""


def expected_seconds(plan: Plan, store: Store, *, device: str = "auto") -> dict[str, float]:
    """Expected seconds of every run that is not done.

    The rate is that of finished runs of the same kind, encoder and task; else what these counts give, corrected by how
    finished runs of the same kind and encoder compare with theirs: the encoder's weights, the tokens of typical
    rows (`Format.tokens`), `SPEED`.

    Parameters
    ----------
    plan : Plan
        All runs of a study.
    store : Store
        Says which are done and how long they took.
    device : str
        Where the study will run, as in its parameters; ``"auto"`` is a GPU if the machine shows one.

    Returns
    -------
    dict of str to float
        Run id to seconds.
    """
    speed = SPEED["cuda" if _is_gpu(device) else "cpu"]
    rates: dict[tuple, list[float]] = {}
    corrections: dict[tuple, list[float]] = {}
    open_runs = []
    for run in plan.runs.values():
        if store.status(run.id) != "done":
            open_runs.append(run)
            continue
        rate = store.manifest(run.id)["seconds"] / max(1, examples_of(run, plan, store))
        rates.setdefault(_likeness(run), []).append(rate)
        corrections.setdefault(_likeness(run)[:2], []).append(rate / _guess(run, speed))
    expected = {}
    for run in open_runs:
        correction = mean(corrections.get(_likeness(run)[:2], [1.0]))
        rate = mean(rates.get(_likeness(run), [correction * _guess(run, speed)]))
        expected[run.id] = examples_of(run, plan, store) * rate
    return expected


def examples_of(run: Run, plan: Plan, store: Store) -> int:
    """Estimate how many examples a run works through.

    Rows that are prepared are counted; others are taken to be as many as their declaration states, up to their cap.
    Training is taken to last all its epochs, also where `patience` may end it before.
    """
    if run.kind == "data":
        return sum(_prepared(run, role) for role in run.work["roles"])
    role = run.work.get("role", "test" if run.kind == "predict" else "train")
    rows = 0
    for data in run.work["data"].values() if run.kind == "train" else [run.work["data"]]:
        if store.status(data) == "done":
            count = store.manifest(data)["rows"][role]
        else:
            count = _prepared(plan.runs[data], role)
        used = run.work.get("only") or run.work.get("languages") or plan.runs[data].work["languages"]
        count = round(count * len(used) / len(plan.runs[data].work["languages"]))
        if run.kind == "embed":
            count = min(count, run.work["settings"]["examples"] * len(used))
        rows += min(count, run.work["settings"].get("cap") or count)
    return rows * (run.work["settings"]["epochs"] if run.kind == "train" else 1)


def _prepared(data: Run, role: str) -> int:
    """Rows that a data run will have: as many as are declared, up to the cap of a language, or of all together."""
    cap, task = data.work["roles"][role], TASKS[data.work["task"]]
    part, rest = data.work.get("shares", {}).get(role, (1.0, False))
    counts = [
        round(stated * (1 - part if rest else part)) if stated else UNSTATED if cap is None else cap
        for source, languages in data.work["parts"][role]
        for code in languages
        for stated in [getattr(getattr(task, source), "expected", {}).get(code)]
    ]
    if role == "train" and data.work.get("pooled"):
        return sum(counts) if cap is None else min(cap, sum(counts))
    return sum(count if cap is None else min(count, cap) for count in counts)


def _likeness(run: Run) -> tuple:
    return (run.kind, run.work.get("encoder"), _tasks(run))


def _tasks(run: Run) -> tuple[str, ...]:
    return (str(run.work["task"]),) if "task" in run.work else tuple(run.work["data"])


def _guess(run: Run, speed: float) -> float:
    """Seconds an example, before anything like it has been measured."""
    if run.kind == "data":
        return ROW_SECONDS
    tasks = _tasks(run)
    tokens = sum(FORMATS[TASKS[key].format].tokens for key in tasks) / len(tasks)
    return OPERATIONS[run.kind] * _weights(str(run.work["encoder"])) * tokens / speed


def _weights(key: str) -> int:
    """Weights of an encoder's layers; of one whose configuration can't be had, which the plan says, a base size's."""
    try:
        return architecture(encoder(key)).weights
    except EncoderError:
        return BASE_WEIGHTS


def _is_gpu(device: str) -> bool:
    return device.startswith("cuda") or (device == "auto" and Path("/dev/nvidia0").exists())
