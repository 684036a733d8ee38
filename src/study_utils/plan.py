"""The grid of runs that a study needs: their ids and what they depend on.

An id hashes what changes a run's result: the version of its stage, its settings, the encoder's weights, the data
and the ids upstream. Folders, device, number of workers and vocabulary trimming (which is lossless) do not enter.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from study_utils.catalog import TASKS, Encoder, Task, condition, encoder
from study_utils.catalog.schema import Rows
from study_utils.data.sources import hub_digest, source_digest
from study_utils.encoders.identity import encoder_digest
from study_utils.errors import MissingRowsError
from study_utils.params import StudyParams
from study_utils.store import Store

STAGES = ("01_data_prep", "02_intermediate_training", "03_target_finetuning", "04_zero_shot_eval")
"""Notebooks that make runs, in order; later notebooks only read."""

VERSIONS = {"data": 1, "train": 2, "predict": 1}
"""Raised when the code of a stage changes its results."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One step with everything fixed.

    Attributes
    ----------
    kind : {"data", "train", "predict"}
        What it does.
    stage : str
        The notebook that makes it, one of `STAGES`.
    name : str
        Readable part of its id.
    identity : mapping
        What its id hashes.
    inputs : tuple of str
        Ids of the runs it reads.
    work : mapping
        What the work needs besides the identity: catalogue keys and settings.
    """

    kind: str
    stage: str
    name: str
    identity: Mapping[str, object]
    inputs: tuple[str, ...] = ()
    work: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """Readable name and 12 hexadecimal digits of the identity's SHA-256."""
        return f"{self.name}-{canonical_sha256(self.identity)[:12]}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One (encoder, condition, target task, seed) of the study and the run that scores it.

    Several cells can share a run: without training, nothing depends on the seed.
    """

    encoder: str
    condition: str
    task: str
    seed: int
    run: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All runs of a study, each after those it depends on, and the cells of its results table.

    `absent` says which rows no source has from here; it is empty for a plan that can be carried out.
    """

    runs: Mapping[str, Run]
    cells: tuple[Cell, ...]
    absent: tuple[str, ...] = ()

    def of_stage(self, stage: str) -> list[Run]:
        """Runs that one notebook makes, in order."""
        return [run for run in self.runs.values() if run.stage == stage]

    def missing(self, store: Store, stage: str | None = None) -> list[Run]:
        """Runs that are not done, in order."""
        runs = self.runs.values() if stage is None else self.of_stage(stage)
        return [run for run in runs if store.status(run.id) != "done"]


def canonical_sha256(content: object) -> str:
    """SHA-256 of JSON-able content in one canonical form (sorted keys, no spaces)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def make_plan(params: StudyParams, *, absent_ok: bool = False) -> Plan:
    """Lay out the runs of a study. Reads no rows, loads no weights.

    Parameters
    ----------
    params : StudyParams
        What the study asks for.
    absent_ok : bool
        Whether rows that can't be reached from here are only noted (`Plan.absent`); their runs get the ids that they
        have where the hub is.

    Raises
    ------
    DataError, EncoderError
        If a source of rows or weights is not there.
    """
    planner = _Planner(params, absent_ok=absent_ok)
    for key in params.encoders:
        for seed in params.seeds:
            for name in params.conditions:
                planner.add_condition(encoder(key), name, seed)
    return Plan(runs=_in_stage_order(planner.runs), cells=tuple(planner.cells), absent=tuple(planner.absent))


def _in_stage_order(runs: Mapping[str, Run]) -> dict[str, Run]:
    return dict(sorted(runs.items(), key=lambda item: STAGES.index(item[1].stage)))


class _Planner:
    """Collects runs; adding the same run twice keeps one."""

    def __init__(self, params: StudyParams, *, absent_ok: bool = False) -> None:
        self.params = params
        self.absent_ok = absent_ok
        self.absent: dict[str, None] = {}
        self.runs: dict[str, Run] = {}
        self.cells: list[Cell] = []
        self.mirror = Path(params.mirror).expanduser() if params.mirror else None

    def add(self, run: Run) -> str:
        self.runs.setdefault(run.id, run)
        return run.id

    def add_condition(self, spec: Encoder, name: str, seed: int) -> None:
        upstream = None
        for number, stage in enumerate(condition(name).stages, start=1):
            suffix = f"-{number}" if len(condition(name).stages) > 1 else ""
            upstream = self.add(
                self.training(
                    f"intermediate-{name}{suffix}-{_slug(spec)}-s{seed}",
                    STAGES[1],
                    spec,
                    dict.fromkeys(stage.tasks, self.params.intermediate),
                    seed,
                    upstream,
                    cap=stage.cap,
                )
            )
        for key in self.params.targets:
            start = upstream
            if TASKS[key].is_trained:
                start = self.add(
                    self.training(
                        f"target-{key}-{name}-{_slug(spec)}-s{seed}",
                        STAGES[2],
                        spec,
                        {key: self.params.target_settings(key)},
                        seed,
                        upstream,
                    )
                )
            run = self.add(self.prediction(spec, name, TASKS[key], seed, start))
            self.cells.append(Cell(encoder=spec.key, condition=name, task=key, seed=seed, run=run))

    def training(
        self,
        name: str,
        stage: str,
        spec: Encoder,
        tasks: dict,
        seed: int,
        start: str | None,
        cap: int | None = None,
    ) -> Run:
        settings = next(iter(tasks.values()))
        data = {key: self.add(self.training_data(TASKS[key], own)) for key, own in tasks.items()}
        own = settings.model_dump(exclude={"examples", "validation_examples"}) | ({"cap": cap} if cap else {})
        return Run(
            kind="train",
            stage=stage,
            name=name,
            identity={
                "version": VERSIONS["train"],
                "encoder": self.encoder_identity(spec),
                "start": start,
                "data": data,
                "settings": own,
                "seed": seed,
            },
            inputs=(*([start] if start else []), *data.values()),
            work={"encoder": spec.key, "start": start, "data": data, "settings": own, "seed": seed},
        )

    def training_data(self, task: Task, settings: object) -> Run:
        roles = {"train": settings.examples, "validation": settings.validation_examples}
        return self.data(f"data-{task.key}-train", task, roles, (task.training_language,))

    def data(self, name: str, task: Task, roles: dict[str, int | None], languages: tuple[str, ...]) -> Run:
        sources = {role: self.source(task, role, languages) for role in roles}
        declared = {
            "format": task.format,
            "labels": task.labels,
            "value_range": task.value_range,
            "rows": {role: _declaration(getattr(task, role), languages) for role in roles},
        }
        return Run(
            kind="data",
            stage=STAGES[0],
            name=name,
            identity={
                "version": VERSIONS["data"],
                "task": declared,
                "sources": sources,
                "caps": roles,
                "languages": languages,
            },
            work={"task": task.key, "roles": roles, "languages": languages},
        )

    def source(self, task: Task, role: str, languages: tuple[str, ...]) -> dict:
        try:
            return source_digest(task, role, languages=languages, mirror=self.mirror, sources=self.params.sources)
        except MissingRowsError as error:
            if not self.absent_ok:
                raise
            self.absent[str(error)] = None
            return hub_digest(getattr(task, role))

    def prediction(self, spec: Encoder, name: str, task: Task, seed: int, start: str | None) -> Run:
        languages = self.params.task_languages(task.key)
        caps = {"test": self.params.test_examples(task.key)}
        data = self.add(self.data(f"data-{task.key}-test", task, caps, languages))
        seeded = f"-s{seed}" if start else ""
        own = {"max_length": self.params.evaluation.max_length, "variant": "clean"}
        return Run(
            kind="predict",
            stage=STAGES[3],
            name=f"predict-{task.key}-{name}-{_slug(spec)}{seeded}",
            identity={
                "version": VERSIONS["predict"],
                "encoder": self.encoder_identity(spec),
                "start": start,
                "data": data,
                "settings": own,
            },
            inputs=(*([start] if start else []), data),
            work={"encoder": spec.key, "start": start, "data": data, "task": task.key, "settings": own},
        )

    def encoder_identity(self, spec: Encoder) -> dict:
        return {"weights": encoder_digest(spec), "pooling": spec.pooling}


def _declaration(rows: Rows, languages: tuple[str, ...]) -> dict:
    """What a row source declares about these languages, without what it leaves at its default.

    Adding another language, or a field to the declaration, changes no id.
    """
    declared = {
        item.name: getattr(rows, item.name)
        for item in dataclasses.fields(rows)
        if item.name not in _NO_RESULT and (item.name == "unlabelled" or getattr(rows, item.name) != _default(item))
    }
    if "configs" in declared:
        declared["configs"] = {code: declared["configs"][code] for code in languages}
    if "select" in declared:
        select = dataclasses.asdict(declared["select"])
        declared["select"] = select | {"by_language": {code: select["by_language"][code] for code in languages}}
    if "held_out" in declared:
        declared["held_out"] = dataclasses.asdict(declared["held_out"])
    if "labels" in declared:
        declared["labels"] = [[str(value), label] for value, label in declared["labels"].items()]
    return declared


def _default(item: dataclasses.Field) -> object:
    return item.default if item.default_factory is dataclasses.MISSING else item.default_factory()


_NO_RESULT = ("languages", "expected", "not_on_hub", "folder", "files")
"""Fields of a row source that change no row; which languages and files it has is in the identity beside it."""


def _slug(spec: Encoder) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in spec.title) if "/" in spec.key else spec.key
