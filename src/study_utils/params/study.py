"""What a study asks for, validated before any work: it holds choices, never facts."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from study_utils.catalog import TASKS, condition, encoder, source_language, task
from study_utils.catalog.conditions import BASELINE, add_mixtures
from study_utils.catalog.languages import LANGUAGES, group_names
from study_utils.catalog.leaks import leak
from study_utils.catalog.perturbations import perturbed_languages, variant_fault
from study_utils.catalog.questions import QUESTIONS
from study_utils.catalog.retrieval import PUBLISHED, Retrieval
from study_utils.computing import Computing, computing
from study_utils.errors import CatalogError, unknown
from study_utils.params.encoders import EncoderParams, enter_encoder, enter_source
from study_utils.params.limit import limited
from study_utils.params.stages import (
    AnalysisParams,
    Count,
    Device,
    EvaluationParams,
    Executor,
    IntermediateParams,
    Key,
    Name,
    Params,
    ReportName,
    SamplingParams,
    TargetParams,
    TaskParams,
    known,
    known_languages,
    once,
)
from study_utils.paths import project_root

MACHINE = (
    "mirror",
    "artifacts",
    "reports",
    "device",
    "jobs",
    "executor",
    "processes",
    "keep",
    "checkpoint_seconds",
    "tracker",
)
"""Fields that say where and how a machine does the work: they change no result, and reports leave them out."""


KEEPS = ("all", "scores")
"""What of finished models can stay in the store."""


class StudyParams(Params):
    """Everything a study asks for."""

    title: Name = Field(description="heading of the report")
    name: ReportName = Field("", description="folder of the report in `reports`; empty: named after the file")
    limit: Count | None = Field(None, description="for a smoke run: at most this many rows of everything; null: all")
    banner: str = Field("", strict=True, description="warning shown on top of every page of the report")
    own_encoders: dict[Name, EncoderParams] = Field({}, description="encoders of your own: key to source and use")
    encoders: tuple[Name, ...] = Field(
        min_length=1, description="catalogue keys, keys of own_encoders, hub ids @ commit, folders (from the project's)"
    )
    mixtures: dict[Key, tuple[Name, ...]] = Field({}, description="conditions of your own: key to tasks, mixed")
    conditions: tuple[Name, ...] = Field(min_length=1, description="catalogue keys; the baseline is 'none'")
    targets: tuple[Name, ...] = Field(min_length=1, description="catalogue keys of the target tasks")
    tasks_from: tuple[Name, ...] = Field((), description="files of your own tasks, from this file's folder")
    languages: tuple[Name, ...] = Field((), description="language codes; empty: all that a target has")
    seeds: tuple[Annotated[int, Field(strict=True, ge=0, lt=2**32)], ...] = Field(min_length=1)
    questions: tuple[Name, ...] = Field(
        ("families",), description="which notebooks read the results: " + ", ".join(QUESTIONS)
    )
    sources: tuple[Literal["mirror", "hub"], ...] = Field(
        ("mirror", "hub"), min_length=1, description="tried in this order"
    )
    intermediate: IntermediateParams = IntermediateParams()
    target: TargetParams = TargetParams()
    tasks: dict[Name, TaskParams] = Field({}, description="target task: settings that differ")
    sampling: SamplingParams = SamplingParams()
    equal_budgets: Annotated[bool, Field(strict=True)] = Field(
        False, description="whether fewer training rows than asked for are an error"
    )
    partial_sets: Annotated[bool, Field(strict=True)] = Field(
        False,
        description="whether a language may be read from some of its configs (treebanks), if a source lacks others",
    )
    evaluation: EvaluationParams = EvaluationParams()
    analysis: AnalysisParams = AnalysisParams()
    precision: Literal["auto", "bf16", "float32"] = Field(
        "auto", description="of matrix products; auto: bf16 where the device computes it fast"
    )
    threads: Annotated[int, Field(strict=True, ge=1, le=1024)] = Field(
        1, description="processor threads of a run; more runs at a time (jobs) are faster than more threads"
    )
    # The fields of `MACHINE`: they enter no run id, but that the kind of device and the processes change rounding.
    mirror: Annotated[str, Field(strict=True)] | tuple[Name, ...] = Field(
        "", description="folder in hub layout, from the project folder, or several in order; empty: none"
    )
    artifacts: Name = Field("artifacts", description="folder of the store")
    reports: Name = Field("reports", description="folder of the reports")
    device: Device = Field("auto", description="auto, cpu, cuda, cuda:0, mps")
    jobs: Count = Field(1, description="runs side by side on this machine, each on a GPU of its own if there are some")
    executor: Executor = Field(
        "", description="scheduler of dask whose workers make the runs: its file, or tcp://host:port; empty: none"
    )
    processes: Count = Field(1, description="GPUs that train one run together, through accelerate")
    keep: Literal[KEEPS] = Field(
        "all", description="of finished models: all, or once nothing needs their weights any more, their scores alone"
    )
    checkpoint_seconds: Annotated[float, Field(strict=True, gt=0.0)] = Field(
        60.0, description="longest training time that an interruption can lose"
    )
    tracker: Literal["", "tensorboard"] = Field(
        "", description="what draws losses and selection scores while runs train; empty: nothing"
    )

    @model_validator(mode="before")
    @classmethod
    def _limited(cls, content: Any) -> Any:
        return limited(content)

    @field_validator("encoders", "conditions", "targets", "tasks_from", "languages", "seeds", "questions", "sources")
    @classmethod
    def _unique(cls, values: tuple) -> tuple:
        return once(values)

    @field_validator("tracker")
    @classmethod
    def _installed(cls, value: str) -> str:
        if value and find_spec(value) is None:
            raise ValueError(f"{value} isn't installed: pip install -c constraints.txt -e '.[{value}]'")
        return value

    @field_validator("artifacts", "reports", "mirror")
    @classmethod
    def _no_file(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for name in (value,) if isinstance(value, str) else value:
            if (project_root() / Path(name).expanduser()).is_file():
                raise ValueError(f"{name} is a file: name a folder")
        return value

    @field_validator("own_encoders")
    @classmethod
    def _enter_encoders(cls, values: dict[str, EncoderParams]) -> dict[str, EncoderParams]:
        try:
            for key, own in values.items():
                enter_encoder(key, own)
        except CatalogError as error:
            raise ValueError(str(error)) from None
        return values

    @field_validator("encoders")
    @classmethod
    def _known_encoders(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return known(enter_source, values)

    @field_validator("questions")
    @classmethod
    def _known_questions(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if unasked := [value for value in values if value not in QUESTIONS]:
            raise ValueError(unknown("question", unasked[0], QUESTIONS))
        return values

    @field_validator("mixtures")
    @classmethod
    def _enter_mixtures(cls, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        try:
            add_mixtures(values)
        except CatalogError as error:
            raise ValueError(str(error)) from None
        return values

    @field_validator("conditions")
    @classmethod
    def _known_conditions(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        known(condition, values)
        if BASELINE not in values:
            raise ValueError(f"the baseline {BASELINE!r} is missing: every gain is measured against it")
        return values

    @field_validator("targets")
    @classmethod
    def _known_targets(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        known(task, values)
        for key in values:
            if not TASKS[key].languages:
                targets = ", ".join(sorted(k for k, t in TASKS.items() if t.languages))
                raise ValueError(f"{key!r} has no test rows: it can only be an intermediate task. Targets: {targets}")
        return values

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return known_languages(values)

    @model_validator(mode="after")
    def _fits_together(self) -> StudyParams:
        if self.jobs > 1 and self.processes > 1:
            raise ValueError(
                f"jobs={self.jobs} and processes={self.processes}: several runs side by side, or one run on several "
                "GPUs, not both"
            )
        if self.jobs > 1 and self.executor:
            raise ValueError(
                f"jobs={self.jobs} and executor={self.executor!r}: workers started on this machine, or those of a "
                "running scheduler, not both"
            )
        for key in self.tasks:
            if key not in self.targets:
                raise ValueError(f"tasks.{key}: not among the targets ({', '.join(self.targets)})")
            for code in self.tasks[key].languages:
                if code not in TASKS[key].languages:
                    raise ValueError(unknown("language", code, TASKS[key].languages, where=f"tasks.{key}"))
            for name in self.tasks[key].conditions:
                if name not in self.conditions:
                    raise ValueError(unknown("condition", name, self.conditions, where=f"tasks.{key}"))
            if self.tasks[key].conditions and BASELINE not in self.tasks[key].conditions:
                raise ValueError(f"tasks.{key}.conditions: the baseline {BASELINE!r} is missing")
        primary = self.analysis.primary.condition
        if primary is not None and primary not in self.conditions:
            raise ValueError(unknown("condition", primary, self.conditions, where="analysis.primary"))
        for key in self.targets:
            for name in self.task_conditions(key):
                for trained in self.trained_tasks(name):
                    if reason := leak(TASKS[trained], TASKS[key]):
                        raise ValueError(
                            f"condition {name!r} trains or selects on rows of target {key!r}. {reason}. "
                            "Leave one of the two out"
                        )
            if self.test_max_length(key) is None:
                raise ValueError(
                    f"target {key!r} declares no published length of test inputs: give a number in "
                    f"tasks.{key}.test_max_length, or in evaluation.max_length"
                )
            if not self.task_languages(key):
                raise ValueError(
                    f"target {key!r} has none of the languages {', '.join(self.languages)}; "
                    f"it has {', '.join(TASKS[key].languages)}"
                )
        if not self.text_languages() and (mixed := [name for name in self.conditions if condition(name).has_text]):
            raise ValueError(
                f"condition {mixed[0]!r}: the text {self.intermediate.mlm_text!r} has none of the study's languages; "
                f"it has {', '.join(TASKS[self.intermediate.mlm_text].training_languages)}"
            )
        self._check_primary_group()
        self._check_kept_epochs()
        self._check_lengths()
        asked, targets = self.evaluation, {key: self.task_languages(key) for key in self.targets}
        if fault := variant_fault(asked.variants, asked.variant_languages, targets):
            raise ValueError(f"evaluation.{fault}")
        return self

    def _check_lengths(self) -> None:
        """Refuse training inputs that are longer than an encoder takes."""
        trained = [key for key in self.targets if TASKS[key].is_trained]
        stages = {f"tasks.{key}" if key in self.tasks else "target": self.target_settings(key) for key in trained}
        if any(condition(name).stages for name in self.conditions):
            stages["intermediate"] = self.intermediate
        for name in self.encoders:
            most = encoder(name).max_length
            for where, settings in stages.items():
                if settings.max_length > most:
                    raise ValueError(
                        f"{where}.max_length: {settings.max_length} is more than the {most} tokens that encoder "
                        f"{name!r} takes: lower it"
                    )

    def _check_primary_group(self) -> None:
        """Refuse a primary comparison that no row of the reports would be."""
        group = self.analysis.primary.group
        shown = group_names({c for key in self.targets for c in self.task_languages(key) if c != source_language(key)})
        if group == "all" or any(group in names for names in shown.values()):
            return
        own = [code for code in shown if group in (LANGUAGES[code].family, LANGUAGES[code].branch)]
        told = "none of the study's zero-shot languages belongs to it"
        if own:
            told = f"its languages in this study are shown as {', '.join(sorted(set().union(*map(shown.get, own))))}"
        raise ValueError(f"analysis.primary.group: reports of this study have no row {group!r}: {told}")

    def _check_kept_epochs(self) -> None:
        """Refuse epochs that are kept in vain, or whose number isn't known when the study is planned."""
        trained = {key: self.target_settings(key) for key in self.targets if TASKS[key].is_trained}
        own = {f"tasks.{key}" if key in self.tasks else "target": settings for key, settings in trained.items()}
        for where, settings in {"intermediate": self.intermediate, **own}.items():
            if settings.keep_epochs and settings.patience:
                raise ValueError(
                    f"{where}: keep_epochs with patience: how many epochs there will be to score isn't known; "
                    "leave one of the two out"
                )
        if self.intermediate.keep_epochs and len(trained) == len(self.targets):
            raise ValueError(
                "intermediate.keep_epochs: every target is fine-tuned, so no intermediate epoch is scored; "
                "say target.keep_epochs, or add a target without training"
            )
        if self.target.keep_epochs and not any(own.keep_epochs for own in trained.values()):
            raise ValueError(
                "target.keep_epochs: no target of the study is fine-tuned, so there are no epochs to score"
            )
        for key, own in self.tasks.items():
            if own.keep_epochs and key not in trained:
                raise ValueError(f"tasks.{key}.keep_epochs: the target is not fine-tuned; say intermediate.keep_epochs")

    @cached_property
    def computing(self) -> Computing:
        """How runs compute here."""
        return computing(self.device, self.precision, self.threads, self.processes)

    @property
    def mirrors(self) -> tuple[Path, ...]:
        """Mirror folders in the order in which they are looked in.

        Relative ones begin at the project folder: commands, workers and notebooks start in folders of their own.
        """
        names = (self.mirror,) if isinstance(self.mirror, str) else self.mirror
        return tuple(Path(os.path.normpath(project_root() / Path(name).expanduser())) for name in names if name)

    def trained_tasks(self, name: str) -> tuple[str, ...]:
        """Keys of all tasks that a condition trains on before the target, the text that is mixed in included."""
        item = condition(name)
        return (*item.tasks, *([self.intermediate.mlm_text] if item.has_text else []))

    def text_languages(self) -> tuple[str, ...]:
        """Languages of the text that is mixed in: those that it has and the study scores."""
        scored = {code for key in self.targets for code in self.task_languages(key)}
        return tuple(code for code in TASKS[self.intermediate.mlm_text].training_languages if code in scored)

    def task_languages(self, key: str) -> tuple[str, ...]:
        """Languages in which a target is scored, in the order of its declaration."""
        asked = self.tasks.get(key, TaskParams()).languages or self.languages
        return tuple(c for c in TASKS[key].languages if not asked or c in asked)

    def task_conditions(self, key: str) -> tuple[str, ...]:
        """Conditions that a target is trained under, in the order of the study's."""
        asked = self.tasks.get(key, TaskParams()).conditions
        return tuple(name for name in self.conditions if not asked or name in asked)

    def target_settings(self, key: str) -> TargetParams:
        """Training settings of a target: those of the stage with the task's own on top."""
        left_out = {"test_examples", "test_max_length", "languages", "conditions"}
        own = self.tasks.get(key, TaskParams()).model_dump(exclude_none=True, exclude=left_out)
        return self.target.model_copy(update=own)

    def test_examples(self, key: str) -> int | None:
        """Largest number of test examples a language of a target."""
        return self.tasks.get(key, TaskParams()).test_examples or self.evaluation.examples

    def retrieval(self, key: str) -> Retrieval | None:
        """How a retrieval target is measured: as declared, with the study's changes; None for other targets."""
        declared, asked = TASKS[key].retrieval, self.evaluation.retrieval
        if declared is None:
            return None
        own = asked.model_dump(include={"layer", "pooling", "special_tokens"}, exclude_none=True)
        if asked.max_length is not None:
            own |= {"query_length": asked.max_length, "candidate_length": asked.max_length}
        return replace(declared, **own)

    def test_max_length(self, key: str) -> int | None:
        """Tokens of a test input of a target; None where it is to be the published one and none is."""
        asked = self.tasks.get(key, TaskParams()).test_max_length or self.evaluation.max_length
        if asked != PUBLISHED:
            return asked
        return self.retrieval(key).query_length if TASKS[key].retrieval else TASKS[key].test_length

    def variant_languages(self, name: str, key: str) -> tuple[str, ...]:
        """Languages of a target that a variant perturbs; none if it doesn't suit the target."""
        return perturbed_languages(name, key, self.task_languages(key), self.evaluation.variant_languages)
