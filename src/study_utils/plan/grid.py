"""Laying out the grid: every run of a study under its id, after those it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from study_utils.catalog import TASKS, Condition, Encoder, Task, condition, encoder
from study_utils.catalog.conditions import BASELINE
from study_utils.catalog.perturbations import CLEAN
from study_utils.catalog.schema import row_languages
from study_utils.data.sources import hub_digest, source_digest
from study_utils.encoders.identity import encoder_digest
from study_utils.errors import MissingRowsError
from study_utils.params import StudyParams, TrainingParams
from study_utils.plan.declared import declaration, shape_of
from study_utils.plan.runs import STAGES, Cell, Omission, Plan, Run

VERSIONS = {"data": 1, "train": 2, "predict": 1, "perturb": 1}
"""Raised when the code of a stage changes its results."""


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
                planner.add_condition(encoder(key), condition(name), seed)
    return Plan(
        runs=_in_stage_order(planner.runs),
        cells=tuple(planner.cells),
        omissions=tuple(planner.omissions),
        absent=tuple(planner.absent),
    )


def _in_stage_order(runs: Mapping[str, Run]) -> dict[str, Run]:
    return dict(sorted(runs.items(), key=lambda item: STAGES.index(item[1].stage)))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A place in the grid, and the run of its last intermediate stage, if it has one."""

    spec: Encoder
    item: Condition
    task: Task
    seed: int
    upstream: str | None

    @property
    def english(self) -> tuple[str, ...]:
        return (self.task.training_language,)

    @property
    def english_name(self) -> str:
        """Whose English fine-tuning this condition shares: that of the baseline, if no stage comes before it."""
        return self.item.key if self.item.regime == "english" or self.item.stages else BASELINE


class _Planner:
    """Collects runs; adding the same run twice keeps one."""

    def __init__(self, params: StudyParams, *, absent_ok: bool = False) -> None:
        self.params = params
        self.absent_ok = absent_ok
        self.absent: dict[str, None] = {}
        self.runs: dict[str, Run] = {}
        self.cells: list[Cell] = []
        self.omissions: dict[Omission, None] = {}
        self.mirror = Path(params.mirror).expanduser() if params.mirror else None

    def add(self, run: Run) -> str:
        self.runs.setdefault(run.id, run)
        return run.id

    def add_condition(self, spec: Encoder, item: Condition, seed: int) -> None:
        upstream, settings = None, self.params.intermediate
        for number, stage in enumerate(item.stages, start=1):
            suffix = f"-{number}" if len(item.stages) > 1 else ""
            name = f"intermediate-{item.key}{suffix}"
            data = {key: self.add(self.training_data(TASKS[key], settings)) for key in stage.tasks}
            own = _own(settings) | ({"cap": stage.cap} if stage.cap else {})
            upstream = self.add(self.training(name, STAGES[1], spec, data, own, seed, upstream))
        for key in self.params.targets:
            place = _Place(spec=spec, item=item, task=TASKS[key], seed=seed, upstream=upstream)
            if item.regime == "english":
                self.score(place, self.fine_tuned_in_english(place))
            elif trained := self.trained_in(place):
                (self.add_one_by_one if item.regime in ONE_BY_ONE else self.add_pooled)(place, trained)

    def add_one_by_one(self, place: _Place, trained: tuple[str, ...]) -> None:
        """Add a run for each language."""
        settings = self.params.target_settings(place.task.key)
        english = self.fine_tuned_in_english(place)
        if place.english[0] in self.params.task_languages(place.task.key):
            self.score(place, english, place.english, shared=True)
        for code in trained:
            data, name = self.add(self.other_data(place, (code,))), f"{place.item.key}-{code}"
            if place.item.regime == "few_shot":
                own = _own(settings) | {"epochs": settings.few_shot_epochs}
                start = self.fine_tuned(place, name, data, own, english, keep_heads=True, keep_last=True)
            else:
                start = self.fine_tuned(place, name, data, _own(settings), place.upstream)
            self.score(place, start, (code,))

    def add_pooled(self, place: _Place, trained: tuple[str, ...]) -> None:
        """Add a run, or two in order, for all languages together."""
        data, name = self.add(self.other_data(place, trained)), place.item.key
        own = _own(self.params.target_settings(place.task.key))
        if place.item.regime == "multilingual":
            start = self.fine_tuned(place, name, data, own, place.upstream)
        else:
            start = self.fine_tuned(place, f"{name}-1", data, own, place.upstream, only=place.english)
            start = self.fine_tuned(place, f"{name}-2", data, own, start, only=trained, keep_heads=True)
        self.score(place, start)

    def trained_in(self, place: _Place) -> tuple[str, ...]:
        """Languages besides English that a target can be trained in; notes what cannot be scored for want of rows."""
        task, found, left_out = place.task, [], {}
        languages = self.params.task_languages(task.key)
        for code in languages:
            if code == task.training_language:
                continue
            if not task.is_trained:
                reason = "the target has no training"
            elif code not in task.own_languages:
                reason = "no training rows are declared in the language"
            elif not self.is_there(_parts(place, (code,)), task):
                reason = "training or selection rows are declared in the language, but no source has them"
            else:
                found.append(code)
                continue
            left_out.setdefault(reason, []).append(code)
        if found and place.item.regime not in ONE_BY_ONE:  # a language that is not trained in is scored zero-shot
            return tuple(found)
        for reason, codes in left_out.items():
            also = place.english if not found and place.english[0] in languages else ()
            codes = (*also, *codes)
            self.omissions[Omission(condition=place.item.key, task=task.key, languages=codes, reason=reason)] = None
        return tuple(found)

    def is_there(self, parts: _Parts, task: Task) -> bool:
        """Whether the rows are in some source; without English ones the baseline is an error already."""
        try:
            for role, languages in (piece for part in parts.values() for piece in part):
                self.digest(task, role, languages)
        except MissingRowsError:
            return False
        return True

    def fine_tuned_in_english(self, place: _Place) -> str | None:
        if not place.task.is_trained:
            return place.upstream
        settings = self.params.target_settings(place.task.key)
        data = self.add(self.training_data(place.task, settings))
        return self.fine_tuned(place, place.english_name, data, _own(settings), place.upstream)

    def fine_tuned(self, place: _Place, name: str, data: str, own: dict, start: str | None, **more: object) -> str:
        key = place.task.key
        return self.add(
            self.training(f"target-{key}-{name}", STAGES[2], place.spec, {key: data}, own, place.seed, start, **more)
        )

    def score(self, place: _Place, start: str | None, languages: tuple[str, ...] = (), *, shared: bool = False) -> None:
        """Add the runs that score some languages (none named: all), one a variant of the test rows.

        A shared one scores all, and a cell takes some.
        """
        name = place.item.key if not languages else place.english_name if shared else f"{place.item.key}-{languages[0]}"
        everything = self.params.task_languages(place.task.key)
        for variant in (CLEAN, *self.params.evaluation.variants):
            there = everything if variant == CLEAN else self.params.variant_languages(variant, place.task.key)
            covered = tuple(code for code in languages or everything if code in there)
            if not covered:
                continue
            part = there if shared else covered
            part = () if part == everything else part
            self.cells.append(
                Cell(
                    encoder=place.spec.key,
                    condition=place.item.key,
                    task=place.task.key,
                    seed=place.seed,
                    variant=variant,
                    languages=covered,
                    run=self.add(self.prediction(place, name, start, part, variant)),
                )
            )

    def training(
        self,
        name: str,
        stage: str,
        spec: Encoder,
        data: dict[str, str],
        settings: dict,
        seed: int,
        start: str | None,
        **more: object,
    ) -> Run:
        """Lay out a training run.

        `more` is in its identity only where it is given: `only` (languages of the training rows that are used),
        `keep_heads` (go on with the heads of the run it starts from) and `keep_last` (no epoch is chosen).
        """
        own = {"start": start, "data": data, "settings": settings, "seed": seed, **more}
        return Run(
            kind="train",
            stage=stage,
            name=f"{name}-{_slug(spec)}-s{seed}",
            identity={"version": VERSIONS["train"], "encoder": self.encoder_identity(spec), **own},
            inputs=(*([start] if start else []), *data.values()),
            work={"encoder": spec.key, **own},
        )

    def training_data(self, task: Task, settings: TrainingParams) -> Run:
        roles = {"train": settings.examples, "validation": settings.validation_examples}
        return self.data(f"data-{task.key}-train", task, roles, (task.training_language,))

    def data(self, name: str, task: Task, roles: dict[str, int | None], languages: tuple[str, ...]) -> Run:
        declared = {role: declaration(getattr(task, role), languages) for role in roles}
        return Run(
            kind="data",
            stage=STAGES[0],
            name=name,
            identity={
                "version": VERSIONS["data"],
                "task": {**shape_of(task), "rows": declared},
                "sources": {role: self.source(task, role, languages) for role in roles},
                "caps": roles,
                "languages": languages,
            },
            work={
                "task": task.key,
                "roles": roles,
                "languages": languages,
                "regime": "english",
                "parts": {role: ((role, languages),) for role in roles},
            },
        )

    def source(self, task: Task, role: str, languages: tuple[str, ...]) -> dict:
        """Say what rows will be read; where they can't be reached and that is allowed, those of the hub."""
        try:
            return self.digest(task, role, languages)
        except MissingRowsError as error:
            if not self.absent_ok:
                raise
            self.absent[str(error)] = None
            return hub_digest(getattr(task, role))

    def other_data(self, place: _Place, languages: tuple[str, ...]) -> Run:
        """Lay out rows of a target that train in other languages than English."""
        task, regime = place.task, place.item.regime
        settings, alone = self.params.target_settings(task.key), regime in ONE_BY_ONE
        parts = _parts(place, languages)
        pieces = [(f"{role} {source}", source, codes) for role, part in parts.items() for source, codes in part]
        caps = {
            "train": settings.few_shot if regime == "few_shot" else settings.examples,
            "validation": settings.validation_examples,
        }
        what = {"parts": parts, "pooled": not alone}
        declared = {name: declaration(getattr(task, source), codes) for name, source, codes in pieces}
        return Run(
            kind="data",
            stage=STAGES[0],
            name=f"data-{task.key}-{regime}-{languages[0]}" if alone else f"data-{task.key}-multilingual",
            identity={
                "version": VERSIONS["data"],
                "task": {**shape_of(task), "rows": declared},
                "sources": {name: self.digest(task, source, codes) for name, source, codes in pieces},
                "caps": caps,
                **what,
            },
            work={
                "task": task.key,
                "roles": caps,
                "languages": tuple(code for _, codes in parts["train"] for code in codes),
                "regime": regime if alone else "multilingual",
                **what,
            },
        )

    def digest(self, task: Task, role: str, languages: tuple[str, ...]) -> dict:
        return source_digest(task, role, languages=languages, mirror=self.mirror, sources=self.params.sources)

    def prediction(self, place: _Place, name: str, start: str | None, part: tuple[str, ...], variant: str) -> Run:
        """Lay out a prediction of all languages of a target, or of a part of them, under a variant of the rows."""
        spec, task = place.spec, place.task
        languages = self.params.task_languages(task.key)
        caps = {"test": self.params.test_examples(task.key)}
        data = self.add(self.data(f"data-{task.key}-test", task, caps, languages))
        seeded = f"-s{place.seed}" if start else ""
        settings = {"variant": variant, "max_length": self.params.evaluation.max_length}
        own = {"start": start, "data": data, "settings": settings}
        own |= {"languages": part} if part else {}
        own |= {} if variant == CLEAN else {"perturb": VERSIONS["perturb"]}
        changed = "" if variant == CLEAN else f"-{variant}"
        return Run(
            kind="predict",
            stage=STAGES[3],
            name=f"predict-{task.key}-{name}-{_slug(spec)}{seeded}{changed}",
            identity={"version": VERSIONS["predict"], "encoder": self.encoder_identity(spec), **own},
            inputs=(*([start] if start else []), data),
            work={"encoder": spec.key, "task": task.key, **own},
        )

    def encoder_identity(self, spec: Encoder) -> dict:
        return {"weights": encoder_digest(spec), "pooling": spec.pooling}


ONE_BY_ONE = ("in_language", "few_shot")
"""Regimes with a training run for each language."""

_Parts = dict[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Role to the rows it is made of: (field of the task, languages)."""


def _parts(place: _Place, languages: tuple[str, ...]) -> _Parts:
    task, regime = place.task, place.item.regime
    selects = ("validation", place.english)
    if regime == "in_language" and task.validation_in and languages[0] in row_languages(task.validation_in):
        selects = ("validation_in", languages)
    first = () if regime in ONE_BY_ONE else (("train", place.english),)
    return {"train": (*first, ("train_in", languages)), "validation": (selects,)}


def _own(settings: TrainingParams) -> dict:
    """Settings that a training run works with; how many rows it has is in the identity of its data."""
    return settings.model_dump(exclude={"examples", "validation_examples", "few_shot", "few_shot_epochs"})


def _slug(spec: Encoder) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in spec.title) if "/" in spec.key else spec.key
