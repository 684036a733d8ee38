"""Laying out the grid: every run of a study under its id, after those it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from study_utils.catalog import CONDITIONS, TASKS, Condition, Encoder, Stage, Task, condition, encoder
from study_utils.catalog.perturbations import CLEAN
from study_utils.catalog.schema import row_languages
from study_utils.data.sources import hub_digest, source_digest
from study_utils.encoders.identity import encoder_digest
from study_utils.errors import MissingRowsError
from study_utils.params import StudyParams, TrainingParams
from study_utils.plan.declared import declaration, shape_of
from study_utils.plan.embedded import embedding
from study_utils.plan.runs import STAGES, Cell, Omission, Plan, Run

VERSIONS = {"data": 1, "train": 2, "predict": 1, "perturb": 1, "embed": 1}
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
        """Whose English fine-tuning this condition shares."""
        return _english_name(self.item)


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
            name = f"intermediate-{_english_name(item)}{suffix}"
            data = {key: self.add(self.training_data(TASKS[key], settings)) for key in stage.tasks}
            if stage.text:
                data[settings.mlm_text] = self.add(self.text_data(stage))
            own = _own(settings) | ({"cap": stage.cap} if stage.cap else {})
            upstream = self.add(self.training(name, STAGES[1], spec, data, own, seed, upstream))
        if "divergence" in self.params.questions and item.regime == "english":
            self.embed(spec, item, seed, upstream)
        for key in self.params.targets:
            if item.key not in self.params.task_conditions(key):
                continue
            place = _Place(spec=spec, item=item, task=TASKS[key], seed=seed, upstream=upstream)
            if item.regime == "english":
                self.score(place, self.fine_tuned_in_english(place))
            elif trained := self.trained_in(place):
                (self.add_one_by_one if item.regime in ONE_BY_ONE else self.add_pooled)(place, trained)

    def add_one_by_one(self, place: _Place, trained: tuple[str, ...]) -> None:
        """Add a run for each language."""
        settings, few = self.params.target_settings(place.task.key), place.item.regime == "few_shot"
        is_scored = place.english[0] in self.params.task_languages(place.task.key)
        english = self.fine_tuned_in_english(place) if is_scored or few else None
        if is_scored:
            self.score(place, english, place.english, shared=True)
        for code in trained:
            data, name = self.add(self.other_data(place, (code,))), f"{place.item.key}-{code}"
            if few:
                own = _own(settings.model_copy(update={"epochs": settings.few_shot_epochs, "patience": None}))
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
            elif not self.is_there(self.parts(place, (code,)), task):
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
        return self.data(f"data-{task.key}-train", task, roles, (task.training_language,), _shares(settings))

    def test_data(self, task: Task) -> Run:
        caps = {"test": self.params.test_examples(task.key)}
        return self.data(f"data-{task.key}-test", task, caps, self.params.task_languages(task.key))

    def data(
        self,
        name: str,
        task: Task,
        roles: dict[str, int | None],
        languages: tuple[str, ...],
        shares: _Shares | None = None,
    ) -> Run:
        sources = {role: "train" if role in (shares or ()) else role for role in roles}
        declared = {role: declaration(getattr(task, source), languages) for role, source in sources.items()}
        what = {"shares": shares} if shares else {}
        return Run(
            kind="data",
            stage=STAGES[0],
            name=name,
            identity={
                "version": VERSIONS["data"],
                "task": {**shape_of(task), "rows": declared},
                "sources": {role: self.source(task, source, languages) for role, source in sources.items()},
                "caps": roles,
                "languages": languages,
                **what,
            },
            work={
                "task": task.key,
                "roles": roles,
                "languages": languages,
                "regime": "english",
                "parts": {role: ((source, languages),) for role, source in sources.items()},
                **what,
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
        name = f"data-{task.key}-{regime}-{languages[0]}" if alone else f"data-{task.key}-multilingual"
        most = settings.few_shot if regime == "few_shot" else settings.examples
        caps = {"train": most, "validation": settings.validation_examples}
        return self.data_of(
            name, task, self.parts(place, languages), caps, regime if alone else "multilingual", _shares(settings)
        )

    def text_data(self, stage: Stage) -> Run:
        """Lay out the text that is mixed into a stage; its English rows select."""
        settings = self.params.intermediate
        item, most = TASKS[settings.mlm_text], settings.mlm_examples or _counts_for(stage, settings.examples)
        parts = {
            "train": (("train", self.params.text_languages()),),
            "validation": (("validation", (item.training_language,)),),
        }
        caps = {"train": most, "validation": settings.validation_examples}
        return self.data_of(f"data-{item.key}-multilingual", item, parts, caps, "multilingual", _shares(settings))

    def data_of(
        self, name: str, task: Task, parts: _Parts, caps: dict[str, int | None], regime: str, shares: dict
    ) -> Run:
        """Lay out rows that are made of several parts."""
        pieces = [(f"{role} {source}", source, codes) for role, part in parts.items() for source, codes in part]
        what = {"parts": parts, "pooled": regime not in ONE_BY_ONE} | ({"shares": shares} if shares else {})
        declared = {name: declaration(getattr(task, source), codes) for name, source, codes in pieces}
        return Run(
            kind="data",
            stage=STAGES[0],
            name=name,
            identity={
                "version": VERSIONS["data"],
                "task": {**shape_of(task), "rows": declared},
                "sources": {name: self.source(task, source, codes) for name, source, codes in pieces},
                "caps": caps,
                **what,
            },
            work={
                "task": task.key,
                "roles": caps,
                "languages": tuple(code for _, codes in parts["train"] for code in codes),
                "regime": regime,
                **what,
            },
        )

    def parts(self, place: _Place, languages: tuple[str, ...]) -> _Parts:
        """Rows that train and that select under a condition that trains in other languages than English."""
        task, alone = place.task, place.item.regime in ONE_BY_ONE
        selects, own = ("validation", place.english), place.item.regime == "in_language"
        if "validation" in _shares(self.params.target_settings(task.key)):
            selects = ("train_in", languages) if own else ("train", place.english)
        elif own and task.validation_in and languages[0] in row_languages(task.validation_in):
            selects = ("validation_in", languages)
        first = () if alone else (("train", place.english),)
        return {"train": (*first, ("train_in", languages)), "validation": (selects,)}

    def digest(self, task: Task, role: str, languages: tuple[str, ...]) -> dict:
        return source_digest(task, role, languages=languages, mirror=self.mirror, sources=self.params.sources)

    def prediction(self, place: _Place, name: str, start: str | None, part: tuple[str, ...], variant: str) -> Run:
        """Lay out a prediction of all languages of a target, or of a part of them, under a variant of the rows."""
        spec, task = place.spec, place.task
        data = self.add(self.test_data(task))
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

    def embed(self, spec: Encoder, item: Condition, seed: int, upstream: str | None) -> None:
        """Add sentence vectors: of training and test rows as pretrained, and of test rows after the condition."""
        common = {"spec": spec, "identity": self.encoder_identity(spec), "version": VERSIONS["embed"]}
        common["examples"] = self.params.analysis.divergence_examples
        for key in item.tasks:
            data = self.add(self.training_data(TASKS[key], self.params.intermediate))
            length = self.params.intermediate.max_length
            name = f"embed-{key}-train-{_slug(spec)}"
            self.add(embedding(name, data=data, task=key, role="train", max_length=length, **common))
        for key in self.params.targets:
            data = self.add(self.test_data(TASKS[key]))
            work = {"data": data, "task": key, "role": "test", "max_length": self.params.evaluation.max_length}
            self.add(embedding(f"embed-{key}-test-{_slug(spec)}", **work, **common))
            if upstream is not None:
                name = f"embed-{key}-{item.key}-{_slug(spec)}-s{seed}"
                self.add(embedding(name, **work, **common, start=upstream, after={"condition": item.key, "seed": seed}))

    def encoder_identity(self, spec: Encoder) -> dict:
        segments = {"segments": True} if spec.segments else {}
        return {"weights": encoder_digest(spec), "pooling": spec.pooling, **segments}


ONE_BY_ONE = ("in_language", "few_shot")
"""Regimes with a training run for each language."""

_Parts = dict[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Role to the rows it is made of: (field of the task, languages)."""

_Shares = dict[str, tuple[float, bool]]
"""Role to a share of the training rows, and whether it is all but it."""


def _shares(settings: TrainingParams) -> _Shares:
    """Role to the share of the training rows and whether it takes the rest; empty where all of them train."""
    if settings.train_share is None:
        return {}
    shares = {"train": (settings.train_share, False)}
    return shares | ({"validation": (settings.train_share, True)} if settings.rest == "select" else {})


def _english_name(item: Condition) -> str:
    """Key of the condition that fine-tunes in English after the same stages, so that both share those runs."""
    same = [key for key, other in CONDITIONS.items() if other.regime == "english" and other.stages == item.stages]
    return item.key if item.regime == "english" or not same else same[0]


def _own(settings: TrainingParams) -> dict:
    """Settings that a training run works with; how many rows it has is in the identity of its data."""
    own = settings.model_dump(exclude=_OF_DATA)
    return {name: value for name, value in own.items() if name != "patience" or value is not None}


_OF_DATA = {
    *("examples", "validation_examples", "train_share", "rest"),
    *("few_shot", "few_shot_epochs", "mlm_text", "mlm_examples"),
}
"""Settings that choose rows, or are of one regime."""


def _counts_for(stage: Stage, examples: int | None) -> int | None:
    """Examples that the largest task of a stage counts for, as far as limits and declarations say; None: not known."""
    counts = []
    for key in stage.tasks:
        declared = getattr(TASKS[key].train, "expected", {}).get(TASKS[key].training_language)
        limits = [number for number in (declared, examples, stage.cap) if number is not None]
        counts.append(min(limits, default=None))
    return None if None in counts else max(counts, default=examples)


def _slug(spec: Encoder) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in spec.title) if "/" in spec.key else spec.key
