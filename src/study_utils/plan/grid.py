"""Laying out the grid: every run of a study under its id, after those it depends on."""

from __future__ import annotations

from dataclasses import dataclass

from study_utils.catalog import CONDITIONS, TASKS, Condition, Encoder, Task, condition, encoder
from study_utils.catalog.conditions import ONE_BY_ONE
from study_utils.catalog.encoders import LONGEST
from study_utils.catalog.perturbations import CLEAN
from study_utils.encoders.check import check_configuration, unreachable
from study_utils.encoders.facts import has_mask_head
from study_utils.encoders.identity import encoder_digest
from study_utils.encoders.words import marks_blanks
from study_utils.errors import EncoderError
from study_utils.params import StudyParams, TargetParams, TrainingParams
from study_utils.plan.embedded import embedding
from study_utils.plan.retrieval import layers_read, reading
from study_utils.plan.rows import RowRuns
from study_utils.plan.runs import STAGES, VERSIONS, Cell, Omission, Plan, Run


def make_plan(params: StudyParams, *, absent_ok: bool = False) -> Plan:
    """Lay out the runs of a study. Reads no rows, loads no weights.

    Parameters
    ----------
    params : StudyParams
        What the study asks for.
    absent_ok : bool
        Whether rows and encoders that can't be reached from here are only noted (`Plan.absent`); their runs get the ids
        that they have where the hub is.

    Raises
    ------
    DataError, EncoderError
        If a source of rows or weights is not there, or an encoder lacks the layer that retrieval reads.
    """
    layers_read(params)
    planner = _Planner(params, absent_ok=absent_ok)
    for key in params.encoders:
        spec = encoder(key)
        check_configuration(spec)
        if absent_ok and (reason := unreachable(spec)):
            planner.rows.absent[reason] = None
        for seed in params.seeds:
            for name in params.conditions:
                planner.add_condition(spec, condition(name), seed)
    return Plan(
        runs=dict(sorted(planner.runs.items(), key=lambda item: STAGES.index(item[1].stage))),
        cells=tuple(planner.cells),
        epochs=tuple(planner.epochs),
        omissions=tuple(planner.omissions),
        absent=tuple(planner.rows.absent),
        partial=tuple(planner.rows.partial),
    )


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A place in the grid, and the run of its last intermediate stage, if it has one."""

    spec: Encoder
    item: Condition
    task: Task
    seed: int
    upstream: str | None

    @property
    def source(self) -> tuple[str, ...]:
        return (self.task.training_language,)

    @property
    def source_name(self) -> str:
        """Whose fine-tuning in the source language this condition shares."""
        return _source_name(self.item)


class _Planner:
    """Collects runs; adding the same run twice keeps one."""

    def __init__(self, params: StudyParams, *, absent_ok: bool = False) -> None:
        self.params = params
        self.rows = RowRuns(params, absent_ok=absent_ok)
        self.runs: dict[str, Run] = {}
        self.cells: list[Cell] = []
        self.epochs: list[Cell] = []
        self.omissions: dict[Omission, None] = {}
        self.weights: dict[str, dict] = {}

    def add(self, run: Run) -> str:
        self.runs.setdefault(run.id, run)
        return run.id

    def add_condition(self, spec: Encoder, item: Condition, seed: int) -> None:
        upstream, settings = None, self.params.intermediate
        for number, stage in enumerate(item.stages, start=1):
            suffix = f"-{number}" if len(item.stages) > 1 else ""
            name = f"intermediate-{_source_name(item)}{suffix}"
            data = {key: self.add(self.rows.training_data(TASKS[key], settings, seed)) for key in stage.tasks}
            if stage.text:
                self.require_mask_head(spec, item)
                data[settings.mlm_text] = self.add(self.rows.text_data(stage, seed))
            is_last = number == len(item.stages)
            own = _own(settings if is_last else _without_epochs(settings), *stage.tasks)
            own |= {"cap": stage.cap} if stage.cap else {}
            upstream = self.add(self.training(name, STAGES[1], spec, data, own, seed, upstream))
        if "divergence" in self.params.questions and item.regime == "english":
            self.embed(spec, item, seed, upstream)
        for key in self.params.targets:
            if item.key not in self.params.task_conditions(key):
                continue
            place = _Place(spec=spec, item=item, task=TASKS[key], seed=seed, upstream=upstream)
            if item.regime == "english":
                start = self.fine_tuned_in_source(place)
                self.score(place, start)
                self.score_epochs(place, start)
            elif trained := self.trained_in(place):
                (self.add_one_by_one if item.regime in ONE_BY_ONE else self.add_pooled)(place, trained)

    def add_one_by_one(self, place: _Place, trained: tuple[str, ...]) -> None:
        """Add a run for each language."""
        settings, few = self.params.target_settings(place.task.key), place.item.regime == "few_shot"
        is_scored = place.source[0] in self.params.task_languages(place.task.key)
        source = self.fine_tuned_in_source(place) if is_scored or few else None
        if is_scored:
            self.score(place, source, place.source, shared=True)
        for code in trained:
            data, name = (
                self.add(self.rows.other_data(place.task, place.item.regime, (code,), place.seed)),
                f"{place.item.key}-{code}",
            )
            if few:
                own = _own(_few_shot(settings), place.task.key)
                start = self.fine_tuned(place, name, data, own, source, keep_heads=True)
            else:
                own = _own(_without_epochs(settings), place.task.key)
                start = self.fine_tuned(place, name, data, own, place.upstream)
            self.score(place, start, (code,))

    def add_pooled(self, place: _Place, trained: tuple[str, ...]) -> None:
        """Add a run, or two in order, for all languages together."""
        data, name = self.add(self.rows.other_data(place.task, place.item.regime, trained, place.seed)), place.item.key
        own = _own(_without_epochs(self.params.target_settings(place.task.key)), place.task.key)
        if place.item.regime == "multilingual":
            start = self.fine_tuned(place, name, data, own, place.upstream)
        else:
            start = self.fine_tuned(place, f"{name}-1", data, own, place.upstream, only=place.source)
            start = self.fine_tuned(place, f"{name}-2", data, own, start, only=trained, keep_heads=True)
        self.score(place, start)

    def trained_in(self, place: _Place) -> tuple[str, ...]:
        """Languages besides the source that a target can be trained in; notes what is not scored for want of rows."""
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
            also = place.source if not found and place.source[0] in languages else ()
            codes = (*also, *codes)
            self.omissions[Omission(condition=place.item.key, task=task.key, languages=codes, reason=reason)] = None
        return tuple(found)

    def fine_tuned_in_source(self, place: _Place) -> str | None:
        if not place.task.is_trained:
            return place.upstream
        settings = self.params.target_settings(place.task.key)
        data = self.add(self.rows.training_data(place.task, settings, place.seed))
        return self.fine_tuned(place, place.source_name, data, _own(settings, place.task.key), place.upstream)

    def fine_tuned(self, place: _Place, name: str, data: str, own: dict, start: str | None, **more: object) -> str:
        key = place.task.key
        return self.add(
            self.training(f"target-{key}-{name}", STAGES[2], place.spec, {key: data}, own, place.seed, start, **more)
        )

    def score(self, place: _Place, start: str | None, languages: tuple[str, ...] = (), *, shared: bool = False) -> None:
        """Add the runs that score some languages (none named: all), one a variant of the test rows.

        A shared one scores all, and a cell takes some.
        """
        name = place.item.key if not languages else place.source_name if shared else f"{place.item.key}-{languages[0]}"
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

    def score_epochs(self, place: _Place, start: str | None) -> None:
        """Add the runs that score every epoch of the training before, where its epochs are kept."""
        settings = self.runs[start].work["settings"] if start else {}
        for epoch in range(1, settings["epochs"] + 1) if settings.get("keep_epochs") else ():
            self.epochs.append(
                Cell(
                    encoder=place.spec.key,
                    condition=place.item.key,
                    task=place.task.key,
                    seed=place.seed,
                    variant=CLEAN,
                    languages=self.params.task_languages(place.task.key),
                    run=self.add(self.prediction(place, place.item.key, start, (), CLEAN, epoch=epoch)),
                    epoch=epoch,
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

        `more` is in its identity only where it is given: `only` (languages of the training rows that are used) and
        `keep_heads` (go on with the heads of the run it starts from).
        """
        own = {"start": start, "data": data, "settings": settings, "seed": seed, **more}
        return Run(
            kind="train",
            stage=stage,
            name=f"{name}-{_slug(spec)}-s{seed}",
            identity={
                "version": VERSIONS["train"],
                "computing": self.params.computing.identity(trains=True),
                "encoder": self.encoder_identity(spec, *data),
                **own,
            },
            inputs=(*([start] if start else []), *data.values()),
            work={"encoder": spec.key, **own},
        )

    def prediction(
        self, place: _Place, name: str, start: str | None, part: tuple[str, ...], variant: str, *, epoch: int = 0
    ) -> Run:
        """Lay out a prediction of all languages of a target, or of a part of them, under a variant of the rows.

        With `epoch`, it is that of the model as it was after an epoch of the run it starts from.
        """
        spec, task = place.spec, place.task
        data = self.add(self.rows.test_data(task))
        seeded = f"-s{place.seed}" if start else ""
        own = {"start": start, "data": data, "settings": {"variant": variant, **reading(self.params, task, spec)}}
        own |= {"retrieve": VERSIONS["retrieve"]} if task.retrieval else {}
        own |= {"languages": part} if part else {}
        own |= {} if variant == CLEAN else {"perturb": VERSIONS["perturb"]}
        own |= {"epoch": epoch} if epoch else {}
        changed = "" if variant == CLEAN else f"-{variant}"
        changed += f"-epoch{epoch}" if epoch else ""
        return Run(
            kind="predict",
            stage=STAGES[3],
            name=f"predict-{task.key}-{name}-{_slug(spec)}{seeded}{changed}",
            identity={
                "version": VERSIONS["predict"],
                "computing": self.params.computing.identity(trains=False),
                "encoder": self.encoder_identity(spec, task.key),
                **own,
            },
            inputs=(*([start] if start else []), data),
            work={"encoder": spec.key, "task": task.key, **own},
        )

    def embed(self, spec: Encoder, item: Condition, seed: int, upstream: str | None) -> None:
        """Add sentence vectors: of training and test rows as pretrained, and of test rows after the condition."""
        common = {"spec": spec, "version": VERSIONS["embed"], "computing": self.params.computing.identity(trains=False)}
        common["examples"] = self.params.analysis.divergence_examples
        for key in item.tasks:
            data = self.add(self.rows.training_data(TASKS[key], self.params.intermediate, self.params.seeds[0]))
            length = self.params.intermediate.max_length
            name = f"embed-{key}-train-{_slug(spec)}"
            own = {"identity": self.encoder_identity(spec, key), **common}
            self.add(embedding(name, data=data, task=key, role="train", max_length=length, **own))
        for key in self.params.targets:
            data = self.add(self.rows.test_data(TASKS[key]))
            work = {"data": data, "task": key, "role": "test", "max_length": self.params.test_max_length(key)}
            work |= {"identity": self.encoder_identity(spec, key)}
            self.add(embedding(f"embed-{key}-test-{_slug(spec)}", **work, **common))
            if upstream is not None:
                name = f"embed-{key}-{item.key}-{_slug(spec)}-s{seed}"
                self.add(embedding(name, **work, **common, start=upstream, after={"condition": item.key, "seed": seed}))

    def require_mask_head(self, spec: Encoder, item: Condition) -> None:
        """Refuse to mix in text for an encoder that shows no masked-language head; training looks at its weights."""
        if not self.params.intermediate.new_mlm_head and has_mask_head(spec) is False:
            raise EncoderError(
                f"condition {item.key!r} goes on with masked-language modelling, but encoder {spec.key!r} has no head "
                "for it among its weights. Leave the condition out, or set intermediate.new_mlm_head=true: a new head, "
                "with random weights, is trained"
            )

    def encoder_identity(self, spec: Encoder, *tasks: str) -> dict:
        """What of an encoder changes the results of a run on some tasks.

        Words of tagging tasks were once all cut as the first one of a text: `words` is there where this changes them.
        `max_length` is there where it isn't that of an encoder without a declaration.
        """
        own = {"segments": True} if spec.segments else {}
        if spec.max_length != LONGEST:
            own["max_length"] = spec.max_length
        if any(TASKS[key].format == "tag" for key in tasks) and self.cuts_otherwise(spec):
            own["words"] = "as in running text"
        if spec.key not in self.weights:
            self.weights[spec.key] = encoder_digest(spec)
        return {"weights": self.weights[spec.key], "pooling": spec.pooling, **own}

    def cuts_otherwise(self, spec: Encoder) -> bool:
        try:
            return marks_blanks(spec)
        except EncoderError:
            if not (self.rows.absent_ok and unreachable(spec)):
                raise
            note = f"encoder {spec.key!r}: without its tokenizer, ids of runs on tagging tasks may not be those to come"
            self.rows.absent[note] = None
            return False


def _source_name(item: Condition) -> str:
    """Key of the condition that fine-tunes in the source language after the same stages: both share those runs."""
    same = [key for key, other in CONDITIONS.items() if other.regime == "english" and other.stages == item.stages]
    return item.key if item.regime == "english" or not same else same[0]


def _own(settings: TrainingParams, *tasks: str) -> dict:
    """Settings that a training run of these tasks works with; how many rows it has is in the identity of its data."""
    own = settings.model_dump(exclude=_OF_DATA)
    if all(TASKS[key].format != "answer" for key in tasks):
        own["windows"] = None
    if own["keep"] == "best" and _trains_on_held_out(settings, *tasks):
        own["keep"] = "last"  # no rows are left to choose an epoch
    return own


def _trains_on_held_out(settings: TrainingParams, *tasks: str) -> bool:
    """Whether rows that are held out of a task's training rows to select on train too."""
    cut = any(getattr(TASKS[key].train, "held_out", None) is not None for key in tasks)
    return cut and settings.held_out == "train"


def _few_shot(settings: TargetParams) -> TargetParams:
    """Settings of the passes over a few rows of a language, of which no rows are left to choose an epoch."""
    changed: dict = {"epochs": settings.few_shot_epochs, "patience": None}
    if settings.keep == "best":
        changed["keep"] = "last"
    if settings.few_shot_learning_rate:
        changed |= {"learning_rate": settings.few_shot_learning_rate, "head_learning_rate": None}
    return _without_epochs(settings.model_copy(update=changed))


def _without_epochs(settings: TrainingParams) -> TrainingParams:
    """The same settings where single epochs are not scored."""
    return settings.model_copy(update={"keep_epochs": False})


_OF_DATA = {
    *("examples", "validation_examples", "train_share", "rest", "held_out"),
    *("few_shot", "few_shot_epochs", "few_shot_learning_rate", "mlm_text", "mlm_examples"),
    "new_mlm_head",
}
"""Settings that choose rows, are of one regime, or only allow what would else be an error."""


def _slug(spec: Encoder) -> str:
    name = spec.title if "/" in spec.key else spec.key.partition("@")[0]
    return "".join(c if c.isalnum() or c in "._" else "_" for c in name)
