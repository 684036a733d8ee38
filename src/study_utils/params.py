"""What a study asks for: a parameter file, read, completed with `--set` changes, and validated before any work.

A parameter file holds choices, never facts: languages, labels and sources belong to the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from study_utils.catalog import TASKS, condition, encoder, language, task
from study_utils.catalog.conditions import BASELINE, add_mixtures
from study_utils.catalog.leaks import leak
from study_utils.catalog.perturbations import PERTURBATIONS, perturbed_languages, variant, variant_fault
from study_utils.catalog.questions import QUESTIONS
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.errors import CatalogError, ParameterError, unknown
from study_utils.paths import study_file

Count = Annotated[int, Field(strict=True, ge=1)]
Fraction = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
Name = Annotated[str, Field(strict=True, min_length=1)]


MACHINE = ("mirror", "artifacts", "reports", "device", "jobs", "processes", "checkpoint_seconds")
"""Fields that say where and how a machine does the work: they change no result, and reports leave them out."""


class _Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingParams(_Params):
    """Settings of one training stage."""

    examples: Count | None = Field(None, description="at most this many training examples a task; null: all")
    validation_examples: Count | None = Field(
        None, description="at most this many English examples select the epoch; null: all"
    )
    epochs: Count = Field(2, description="passes over the training examples")
    learning_rate: Annotated[float, Field(strict=True, gt=0.0, le=0.1)] = Field(1e-4, description="peak, after warm-up")
    batch_size: Count = Field(32, description="examples a step")
    max_length: Annotated[int, Field(strict=True, ge=8)] = Field(128, description="tokens of an input")
    warmup: Fraction = Field(0.1, description="share of the steps over which the learning rate rises")
    weight_decay: Annotated[float, Field(strict=True, ge=0.0)] = Field(
        0.0, description="never applied to embeddings, biases and norms"
    )
    clip: Annotated[float, Field(strict=True, gt=0.0)] = Field(1.0, description="largest gradient norm")
    dropout: Fraction | None = Field(None, description="null: as the encoder was pretrained")
    patience: Count | None = Field(
        None, description="epochs in a row without a better selection score that end training; null: none do"
    )
    train_share: Annotated[float, Field(strict=True, gt=0.0, lt=1.0)] | None = Field(
        None, description="share of a task's training rows that trains; null: all"
    )
    rest: Literal["select", "unused"] = Field(
        "select", description="the other rows: choose the epoch instead of the published validation rows, or nothing"
    )


class IntermediateParams(TrainingParams):
    """Settings of the intermediate stages."""

    mlm_text: Name = Field("sib200_text", description="text task of conditions '<condition>+mlm'")
    mlm_examples: Count | None = Field(
        None, description="at most this many sentences of all languages; null: what the stage's largest task counts for"
    )

    @field_validator("mlm_text")
    @classmethod
    def _known_text(cls, value: str) -> str:
        if not (value in TASKS and TASKS[value].is_text):
            raise ValueError(unknown("text task", value, [key for key, item in TASKS.items() if item.is_text]))
        return value


class TargetParams(TrainingParams):
    """Settings of the target stage."""

    few_shot: Count = Field(16, description="rows of the scored language in the condition few_shot")
    few_shot_epochs: Count = Field(10, description="passes over them; the last one is kept")


class TaskParams(_Params):
    """Settings of one target task that differ from those of the study or the stage."""

    languages: tuple[Name, ...] = Field((), description="instead of the study's; empty: those of the study")
    conditions: tuple[Name, ...] = Field((), description="the study's that it is trained under; empty: all")
    examples: Count | None = None
    validation_examples: Count | None = None
    epochs: Count | None = None
    learning_rate: Annotated[float, Field(strict=True, gt=0.0, le=0.1)] | None = None
    batch_size: Count | None = None
    max_length: Annotated[int, Field(strict=True, ge=8)] | None = None
    patience: Count | None = None
    few_shot: Count | None = None
    few_shot_epochs: Count | None = None
    test_examples: Count | None = None


class EvaluationParams(_Params):
    """Settings of the zero-shot evaluation."""

    examples: Count | None = Field(None, description="at most this many test examples a language; null: all")
    max_length: Annotated[int, Field(strict=True, ge=8)] = Field(128, description="tokens of an input")
    variants: tuple[Name, ...] = Field(
        (), description="perturbed test rows besides the clean ones, such as typos@0.1: " + ", ".join(PERTURBATIONS)
    )
    variant_languages: dict[Name, tuple[Name, ...]] = Field(
        {}, description="kind of perturbation: the languages it is made in, if not in all"
    )

    @field_validator("variants")
    @classmethod
    def _known_variants(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        _known(variant, values)
        return _once(tuple(variant(value).key for value in values))

    @field_validator("variant_languages")
    @classmethod
    def _known_variant_languages(cls, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        _known(language, tuple(code for codes in values.values() for code in codes))
        return values


class AnalysisParams(_Params):
    """Settings of the statistics."""

    resamples: Annotated[int, Field(strict=True, ge=100)] = Field(2000, description="bootstrap resamples")
    level: Annotated[float, Field(strict=True, gt=0.5, lt=1.0)] = Field(0.95, description="of the intervals")
    margin: Annotated[float, Field(strict=True, gt=0.0)] = Field(
        1.0, description="smallest gain that matters, in points: chosen before looking at results"
    )
    seed: Annotated[int, Field(strict=True, ge=0)] = Field(0, description="of the bootstrap")
    divergence_examples: Annotated[int, Field(strict=True, ge=10)] = Field(
        200, description="at most this many rows a task and language are compared in the question divergence"
    )


class StudyParams(_Params):
    """Everything a study asks for."""

    title: Name = Field(description="heading of the report")
    banner: str = Field("", strict=True, description="warning shown on top of every page of the report")
    encoders: tuple[Name, ...] = Field(min_length=1, description="catalogue keys, hub ids @ revision, folders")
    mixtures: dict[Name, tuple[Name, ...]] = Field({}, description="conditions of your own: key to tasks, mixed")
    conditions: tuple[Name, ...] = Field(min_length=1, description="catalogue keys; the baseline is 'none'")
    targets: tuple[Name, ...] = Field(min_length=1, description="catalogue keys of the target tasks")
    tasks_from: tuple[Name, ...] = Field((), description="files of your own tasks, from this file's folder")
    languages: tuple[Name, ...] = Field((), description="language codes; empty: all that a target has")
    seeds: tuple[Annotated[int, Field(strict=True, ge=0)], ...] = Field(min_length=1)
    questions: tuple[Name, ...] = Field(
        ("families",), description="which notebooks read the results: " + ", ".join(QUESTIONS)
    )
    sources: tuple[Literal["mirror", "hub"], ...] = Field(("mirror", "hub"), description="tried in this order")
    intermediate: IntermediateParams = IntermediateParams()
    target: TargetParams = TargetParams()
    tasks: dict[Name, TaskParams] = Field({}, description="target task: settings that differ")
    equal_budgets: Annotated[bool, Field(strict=True)] = Field(
        False, description="whether fewer training rows than asked for are an error"
    )
    evaluation: EvaluationParams = EvaluationParams()
    analysis: AnalysisParams = AnalysisParams()
    # The fields of `MACHINE`: they enter no run id.
    mirror: str = Field("", strict=True, description="folder in hub layout; empty: none")
    artifacts: Name = Field("artifacts", description="folder of the store")
    reports: Name = Field("reports", description="folder of the reports")
    device: Name = Field("auto", description="auto, cpu, cuda, cuda:0, mps")
    jobs: Count = Field(1, description="runs side by side on this machine, each on a GPU of its own if there are some")
    processes: Count = Field(1, description="GPUs that train one run together, through accelerate")
    checkpoint_seconds: Annotated[float, Field(strict=True, gt=0.0)] = Field(
        60.0, description="longest training time that an interruption can lose"
    )

    @field_validator("encoders", "conditions", "targets", "tasks_from", "languages", "seeds", "questions", "sources")
    @classmethod
    def _unique(cls, values: tuple) -> tuple:
        return _once(values)

    @field_validator("encoders")
    @classmethod
    def _known_encoders(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _known(encoder, values)

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
        _known(condition, values)
        if BASELINE not in values:
            raise ValueError(f"the baseline {BASELINE!r} is missing: every gain is measured against it")
        return values

    @field_validator("targets")
    @classmethod
    def _known_targets(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        _known(task, values)
        for key in values:
            if not TASKS[key].languages:
                targets = ", ".join(sorted(k for k, t in TASKS.items() if t.languages))
                raise ValueError(f"{key!r} has no test rows: it can only be an intermediate task. Targets: {targets}")
        return values

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _known(language, values)

    @model_validator(mode="after")
    def _fits_together(self) -> StudyParams:
        if self.jobs > 1 and self.processes > 1:
            raise ValueError(
                f"jobs={self.jobs} and processes={self.processes}: several runs side by side, or one run on several "
                "GPUs, not both"
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
        for key in self.targets:
            for name in self.task_conditions(key):
                for trained in self.trained_tasks(name):
                    if reason := leak(TASKS[trained], TASKS[key]):
                        raise ValueError(
                            f"condition {name!r} trains or selects on rows of target {key!r}. {reason}. "
                            "Leave one of the two out"
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
        asked, targets = self.evaluation, {key: self.task_languages(key) for key in self.targets}
        if fault := variant_fault(asked.variants, asked.variant_languages, targets):
            raise ValueError(f"evaluation.{fault}")
        return self

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
        left_out = {"test_examples", "languages", "conditions"}
        own = self.tasks.get(key, TaskParams()).model_dump(exclude_none=True, exclude=left_out)
        return self.target.model_copy(update=own)

    def test_examples(self, key: str) -> int | None:
        """Largest number of test examples a language of a target."""
        return self.tasks.get(key, TaskParams()).test_examples or self.evaluation.examples

    def variant_languages(self, name: str, key: str) -> tuple[str, ...]:
        """Languages of a target that a variant perturbs; none if it doesn't suit the target."""
        return perturbed_languages(name, key, self.task_languages(key), self.evaluation.variant_languages)


def _once(values: tuple) -> tuple:
    if doubled := sorted({str(v) for v in values if values.count(v) > 1}):
        raise ValueError(f"named twice: {', '.join(doubled)}")
    return values


def _known(look_up: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            look_up(value)
        except CatalogError as error:
            raise ValueError(str(error)) from None
    return values


class _UniqueKeyLoader(yaml.SafeLoader):
    """`yaml.SafeLoader` that refuses a key given twice, where YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.YAMLError(f"key {key!r} is given twice (line {key_node.start_mark.line + 1})")
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_params(name: str, changes: Mapping[str, object] | None = None) -> StudyParams:
    """Read a parameter file, apply changes and validate the result.

    Parameters
    ----------
    name : str
        Name of a study in `params/` or path of a parameter file.
    changes : mapping of str to object, optional
        Dotted field to value, such as ``{"target.epochs": 3, "seeds": [0, 1, 2]}``. A change of `targets` drops the
        file's settings of the targets that it leaves out.

    Raises
    ------
    ParameterError
        For a file that is missing or no YAML, an unknown field (with the nearest ones), a wrong type, an unknown
        task, condition, encoder or language, choices that contradict one another, a condition that trains on rows of a
        target, or a fault in a file that `tasks_from` names. All faults are listed at once.
    """
    path = study_file(name)
    try:
        content = _UniqueKeyLoader(path.read_text(encoding="utf-8")).get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path} is not readable as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ParameterError(f"{path} must hold fields such as 'targets: [...]', not {type(content).__name__}")
    if isinstance(kept := (changes or {}).get("targets"), list | tuple) and isinstance(content.get("tasks"), dict):
        content["tasks"] = {key: own for key, own in content["tasks"].items() if key in kept}
    for dotted, value in (changes or {}).items():
        _set(content, dotted, value)
    for name in content.get("tasks_from") or ():
        if isinstance(name, str):  # else validation names the fault
            enter_tasks(path.parent / name)
    try:
        return StudyParams.model_validate(content)
    except ValidationError as error:
        raise ParameterError(_explain(error, path, changes or {})) from None


def parse_changes(settings: Sequence[str]) -> dict[str, object]:
    """Read ``key=value`` texts of the command line; values are YAML, so ``seeds=[0,1]`` is a list.

    Raises
    ------
    ParameterError
        For a text without ``=`` or a value that is no YAML.
    """
    changes: dict[str, object] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise ParameterError(f"--set {setting!r}: write --set FIELD=VALUE, such as --set target.epochs=3")
        try:
            changes[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ParameterError(f"--set {setting!r}: the value is not readable as YAML: {error}") from error
    return changes


def _set(content: dict, dotted: str, value: object) -> None:
    *parents, last = dotted.split(".")
    for name in parents:
        inner = content.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ParameterError(f"field {dotted!r}: {name!r} holds {inner!r}, not further fields")
        content = inner
    content[last] = value


def _explain(error: ValidationError, path: Path, changes: Mapping[str, object]) -> str:
    lines = [f"{path.name} does not describe a study:"]
    for fault in error.errors():
        field = ".".join(str(part) for part in fault["loc"])
        value = fault["input"]
        where = " (from --set)" if any(field == c or field.startswith(f"{c}.") for c in changes) else ""
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = unknown("field", fault["loc"][-1], _fields_beside(fault["loc"]))
        elif fault["type"] == "missing":
            message = "is missing"
        elif isinstance(value, bool):
            message += f"; got {value} (in YAML, no/yes/on/off are booleans: put the word in quotes, as 'no')"
        elif (isinstance(value, str) and "number" in message) or "valid integer" in message:
            message += f"; got {value!r} (YAML reads 1e-5 as text: write 1.0e-5)"
        elif not isinstance(value, dict | StudyParams) and "Value error" not in fault["msg"]:
            message += f"; got {value!r}"
        lines.append(f"  {field or 'file'}{where}: {message}")
    return "\n".join(lines)


def _fields_beside(loc: tuple) -> list[str]:
    model: Any = StudyParams
    for name in loc[:-1]:
        if model is StudyParams and name == "tasks":
            return list(TaskParams.model_fields)
        model = model.model_fields[name].annotation
    return list(model.model_fields)


def describe_params(params: StudyParams) -> list[tuple[str, str]]:
    """List a study's choices as (field, value) texts, for tables; without the fields of `MACHINE`."""
    rows = []
    for field, value in params.model_dump(mode="json", exclude=set(MACHINE)).items():
        if isinstance(value, dict) and field != "tasks":
            rows += [(f"{field}.{inner}", str(v)) for inner, v in value.items()]
        elif isinstance(value, dict):
            rows += [
                (f"tasks.{key}.{inner}", str(v))
                for key, own in value.items()
                for inner, v in own.items()
                if v is not None
            ]
        else:
            rows.append((field, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return rows
