"""How long runs should take: as the finished runs most like them did, or by counting operations before there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median

from study_utils.catalog import FORMATS, TASKS, StarterRows, encoder
from study_utils.computing import Computing, processor
from study_utils.encoders.facts import Architecture, architecture
from study_utils.errors import EncoderError
from study_utils.machine_speed import cpu_speed
from study_utils.plan import Plan, Run
from study_utils.store import Store

UNSTATED = 5000
"""Rows a language that a split is taken to have if its declaration states no number."""

ROW_SECONDS = 1e-3
"""Seconds to load and check one row."""

STARTER_TOKENS = {"classify": 16, "regress": 24, "choose": 80, "tag": 14, "answer": 30, "retrieve": 14, "mask": 14}
"""The same of the starter suite, whose sentences are short."""

BASE = Architecture(kind="", layers=12, width=768, weights=86_000_000, checkpoint_mb=440)
"""An encoder of base size, which one is taken to have whose configuration can't be had; the plan says so."""

OPERATIONS = {"train": 6.0, "predict": 2.0, "embed": 2.0}
"""Operations a weight and token, forwards and backwards, or forwards only (Kaplan et al. 2020, arXiv 2001.08361)."""

GPU_SPEED = 1e14
"""Operations a second that training reaches on one data-centre GPU in bf16, at about a third of its peak."""

START_SECONDS = 1.0
"""Seconds of a run with a model before its first batch and after its last: loading and writing weights."""

STEP_SECONDS = {"cpu": 2e-9, "cuda": 3e-10}
"""Seconds a step and number that is trained (embeddings too): the optimizer passes over all of them."""


BASE_BYTES = 6e8
"""Memory of a process with torch, before it has loaded anything."""

VOCABULARY = 250_000
"""Embedding rows of a loaded encoder, as XLM-R has them; trained models are trimmed."""

ACTIVATION = 68
"""Bytes a token, layer and dimension that training keeps in float32 (Korthikanti et al. 2022, arXiv 2205.05198)."""

LONG = 4
"""Length of a batch of long examples, in typical lengths."""

PIECES = 2
"""How many times what a batch leaves the memory of a processor holds, in pieces that were freed and don't fit the next
batch. multilingual-e5-small on MNLI pairs, 32 a batch, was measured at peaks of 3.4 GB in one process and of 3.6 and
4.5 in two workers, and comes out at 4.1; the quick study at 2.1 in its workers, and at 1.9."""


def expected_seconds(
    plan: Plan,
    store: Store,
    computing: Computing,
    *,
    finished: Mapping[str, dict] | None = None,
    anywhere: bool = False,
) -> dict[str, float]:
    """Expected seconds of every run that is not done.

    Operations are counted (the encoder's weights, tokens of a typical example) and divided by the speed of this
    machine, which is measured; steps and the beginning of a run come on top. That is corrected by what finished runs of
    the same kind, encoder and tasks took, else of the same kind and encoder: the median of measured to counted time.

    Parameters
    ----------
    plan : Plan
        All runs of a study.
    store : Store
        Says which are done and how long they took.
    computing : Computing
        How runs compute; on which processor is taken to be this one.
    finished : mapping of str to dict, optional
        Run id to manifest of those that are done, where they have been read: `Store.finished`.
    anywhere : bool
        Whether finished runs count wherever they were made, and new ones are taken to be made there. Else, on a
        processor, only those count that were made on one like this, and bf16 takes as long as this one takes for it.

    Returns
    -------
    dict of str to float
        Run id to seconds.
    """
    ratios: dict[tuple, list[float]] = {}
    counted, here = {}, processor()
    done = store.finished(plan.runs) if finished is None else finished
    counting = replace(computing, precision="float32") if anywhere else computing
    for run in plan.runs.values():
        guess = _guess(run, examples_of(run, plan, done), store, counting)
        if run.id not in done:
            counted[run.id] = guess
            continue
        if not anywhere and computing.device == "cpu" and not str(done[run.id].get("device", here)).startswith(here):
            continue
        ratio = done[run.id]["seconds"] / max(guess, 1e-6)
        for likeness in (_likeness(run), _likeness(run)[:2]):
            ratios.setdefault(likeness, []).append(ratio)
    expected = {}
    for run_id, guess in counted.items():
        likeness = _likeness(plan.runs[run_id])
        found = ratios.get(likeness) or ratios.get(likeness[:2]) or [1.0]
        expected[run_id] = guess * median(found)
    return expected


def memory_bytes(run: Run, device: str) -> float:
    """Estimate the memory that a run takes at its peak, in bytes: on its GPU, or of the machine.

    The loaded encoder; for training also weights, gradients and two moments of AdamW, and what a batch of long examples
    leaves for the way back: `ACTIVATION` bytes a token, layer and dimension. Not better than by a third.

    Parameters
    ----------
    device : {"cpu", "cuda", "mps"}
        Kind of device that the run computes on.
    """
    if run.kind == "data":
        return BASE_BYTES
    size = size_of(str(run.work["encoder"]))
    loaded = BASE_BYTES + 4 * (size.weights + VOCABULARY * size.width)
    if run.kind != "train":
        return loaded + size.checkpoint_mb * 1e6
    settings = run.work["settings"]
    tokens = settings["batch_size"] * min(settings["max_length"], LONG * max(map(_tokens, _tasks(run))))
    left = ACTIVATION * tokens * size.layers * size.width
    return loaded + 4 * size.checkpoint_mb * 1e6 + left * (PIECES if device == "cpu" else 1)


def examples_of(run: Run, plan: Plan, finished: Mapping[str, dict]) -> int:
    """Estimate how many examples a run works through; `finished` as in `expected_seconds`.

    Rows that are prepared are counted; others are taken to be as many as their declaration states, up to their cap.
    Training is taken to last all its epochs, also where `patience` may end it before.
    """
    if run.kind == "data":
        return sum(_prepared(run, role) for role in run.work["roles"])
    role = run.work.get("role", "test" if run.kind == "predict" else "train")
    rows = 0
    for data in run.work["data"].values() if run.kind == "train" else [run.work["data"]]:
        if data in finished:
            count = finished[data]["rows"][role]
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


def _guess(run: Run, examples: int, store: Store, computing: Computing) -> float:
    """Seconds of a run, before anything like it has been measured."""
    if run.kind == "data":
        return ROW_SECONDS * max(1, examples)
    size = size_of(str(run.work["encoder"]))
    is_cpu = computing.device == "cpu"
    speed = GPU_SPEED
    if is_cpu:
        speed = cpu_speed(size.width, computing.threads, keep=store.cache, precision=computing.precision)
    tokens = sum(map(_tokens, _tasks(run))) / len(_tasks(run))
    seconds = START_SECONDS + examples * OPERATIONS[run.kind] * size.weights * tokens / speed
    if run.kind == "train":
        steps = examples / run.work["settings"]["batch_size"]
        seconds += steps * size.checkpoint_mb * 1e6 / 4 * STEP_SECONDS["cpu" if is_cpu else "cuda"]
    return seconds


def _tokens(key: str) -> int:
    item = TASKS[key]
    if isinstance(item.train or item.test, StarterRows):
        return STARTER_TOKENS[item.format]
    return FORMATS[item.format].tokens


def size_of(key: str) -> Architecture:
    """Sizes of an encoder; `BASE` where its configuration can't be had from here."""
    try:
        return architecture(encoder(key))
    except EncoderError:
        return BASE
