"""Laying out the grid: every run of a study under its id, after those it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from study_utils.catalog import CONDITIONS, TASKS, Condition, Encoder, Task, condition, encoder
from study_utils.catalog.conditions import ONE_BY_ONE
from study_utils.catalog.perturbations import CLEAN
from study_utils.encoders.identity import encoder_digest
from study_utils.params import StudyParams, TargetParams, TrainingParams
from study_utils.plan.embedded import embedding
from study_utils.plan.rows import RowRuns
from study_utils.plan.runs import STAGES, VERSIONS, Cell, Omission, Plan, Run


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
        absent=tuple(planner.rows.absent),
        partial=tuple(planner.rows.partial),
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
        self.rows = RowRuns(params, absent_ok=absent_ok)
        self.runs: dict[str, Run] = {}
        self.cells: list[Cell] = []
        self.omissions: dict[Omission, None] = {}

    def add(self, run: Run) -> str:
        self.runs.setdefault(run.id, run)
        return run.id

    def add_condition(self, spec: Encoder, item: Condition, seed: int) -> None:
        upstream, settings = None, self.params.intermediate
        for number, stage in enumerate(item.stages, start=1):
            suffix = f"-{number}" if len(item.stages) > 1 else ""
            name = f"intermediate-{_english_name(item)}{suffix}"
            data = {key: self.add(self.rows.training_data(TASKS[key], settings)) for key in stage.tasks}
            if stage.text:
                data[settings.mlm_text] = self.add(self.rows.text_data(stage))
            own = _own(settings, *stage.tasks) | ({"cap": stage.cap} if stage.cap else {})
            last = _keep_last(settings, *stage.tasks)
            upstream = self.add(self.training(name, STAGES[1], spec, data, own, seed, upstream, **last))
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
            data, name = (
                self.add(self.rows.other_data(place.task, place.item.regime, (code,))),
                f"{place.item.key}-{code}",
            )
            if few:
                own = _own(_few_shot(settings), place.task.key)
                start = self.fine_tuned(place, name, data, own, english, keep_heads=True, keep_last=True)
            else:
                start = self.fine_tuned(place, name, data, _own(settings, place.task.key), place.upstream)
            self.score(place, start, (code,))

    def add_pooled(self, place: _Place, trained: tuple[str, ...]) -> None:
        """Add a run, or two in order, for all languages together."""
        data, name = self.add(self.rows.other_data(place.task, place.item.regime, trained)), place.item.key
        own = _own(self.params.target_settings(place.task.key), place.task.key)
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
            elif not self.rows.is_there(self.rows.parts(task, place.item.regime, (code,)), task):
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

    def fine_tuned_in_english(self, place: _Place) -> str | None:
        if not place.task.is_trained:
            return place.upstream
        settings = self.params.target_settings(place.task.key)
        data = self.add(self.rows.training_data(place.task, settings))
        return self.fine_tuned(place, place.english_name, data, _own(settings, place.task.key), place.upstream)

    def fine_tuned(self, place: _Place, name: str, data: str, own: dict, start: str | None, **more: object) -> str:
        key = place.task.key
        more |= _keep_last(self.params.target_settings(key), key)
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

    def prediction(self, place: _Place, name: str, start: str | None, part: tuple[str, ...], variant: str) -> Run:
        """Lay out a prediction of all languages of a target, or of a part of them, under a variant of the rows."""
        spec, task = place.spec, place.task
        data = self.add(self.rows.test_data(task))
        seeded = f"-s{place.seed}" if start else ""
        settings = {"variant": variant, "max_length": self.params.test_max_length(task.key)}
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
            data = self.add(self.rows.training_data(TASKS[key], self.params.intermediate))
            length = self.params.intermediate.max_length
            name = f"embed-{key}-train-{_slug(spec)}"
            self.add(embedding(name, data=data, task=key, role="train", max_length=length, **common))
        for key in self.params.targets:
            data = self.add(self.rows.test_data(TASKS[key]))
            work = {"data": data, "task": key, "role": "test", "max_length": self.params.test_max_length(key)}
            self.add(embedding(f"embed-{key}-test-{_slug(spec)}", **work, **common))
            if upstream is not None:
                name = f"embed-{key}-{item.key}-{_slug(spec)}-s{seed}"
                self.add(embedding(name, **work, **common, start=upstream, after={"condition": item.key, "seed": seed}))

    def encoder_identity(self, spec: Encoder) -> dict:
        segments = {"segments": True} if spec.segments else {}
        return {"weights": encoder_digest(spec), "pooling": spec.pooling, **segments}


def _english_name(item: Condition) -> str:
    """Key of the condition that fine-tunes in English after the same stages, so that both share those runs."""
    same = [key for key, other in CONDITIONS.items() if other.regime == "english" and other.stages == item.stages]
    return item.key if item.regime == "english" or not same else same[0]


def _own(settings: TrainingParams, *tasks: str) -> dict:
    """Settings that a training run of these tasks works with; how many rows it has is in the identity of its data."""
    own = settings.model_dump(exclude=_OF_DATA)
    if all(TASKS[key].format != "answer" for key in tasks):
        own["windows"] = None
    return {name: value for name, value in own.items() if name not in _LATER or value is not None}


def _keep_last(settings: TrainingParams, *tasks: str) -> dict:
    """Without rows to select on, as all that is held out trains too, the last epoch is kept."""
    cut = any(getattr(TASKS[key].train, "held_out", None) is not None for key in tasks)
    return {"keep_last": True} if cut and settings.held_out == "train" else {}


def _few_shot(settings: TargetParams) -> TargetParams:
    """Settings of the passes over a few rows of a language."""
    changed: dict = {"epochs": settings.few_shot_epochs, "patience": None}
    if settings.few_shot_learning_rate:
        changed |= {"learning_rate": settings.few_shot_learning_rate, "head_learning_rate": None}
    return settings.model_copy(update=changed)


_LATER = ("patience", "windows", "head_learning_rate")
"""Settings that are in no identity where they are not set, so that runs made before they existed keep theirs."""


_OF_DATA = {
    *("examples", "validation_examples", "train_share", "rest", "held_out"),
    *("few_shot", "few_shot_epochs", "few_shot_learning_rate", "mlm_text", "mlm_examples"),
}
"""Settings that choose rows, or are of one regime."""


def _slug(spec: Encoder) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in spec.title) if "/" in spec.key else spec.key
