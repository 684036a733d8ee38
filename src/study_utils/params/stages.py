"""Settings of the parts of a study: its training stages, single targets, evaluation and statistics."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from study_utils.catalog import TASKS, language_table
from study_utils.catalog.encoders import POOLINGS
from study_utils.catalog.languages import language_code
from study_utils.catalog.perturbations import PERTURBATIONS, variant
from study_utils.catalog.retrieval import LAST, PUBLISHED
from study_utils.catalog.schema import KEY
from study_utils.errors import CatalogError, unknown
from study_utils.faults import NOT_BLANK

REPORT_NAME = r"^([A-Za-z0-9][A-Za-z0-9_-]{0,79})?$"
REPORT_NAME_RULE = "a name is at most 80 letters without accents, digits, - and _, and begins with a letter or digit"
DEVICE = r"^(auto|cpu|mps|cuda(:[0-9]+)?)$"
DEVICE_RULE = "a device is auto, cpu, cuda, cuda:0 or mps"

Count = Annotated[int, Field(strict=True, ge=1, le=10**9)]
Fraction = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
Rate = Annotated[float, Field(strict=True, gt=0.0, le=0.1)]
Name = Annotated[str, Field(strict=True, min_length=1, pattern=NOT_BLANK)]
Key = Annotated[str, Field(strict=True, pattern=KEY)]
ReportName = Annotated[str, Field(strict=True, pattern=REPORT_NAME)]
Device = Annotated[str, Field(strict=True, pattern=DEVICE)]
Keep = Literal["best", "last", "mean"]
Flag = Annotated[bool, Field(strict=True)]


def once(values: tuple) -> tuple:
    """Refuse values that are named twice."""
    if doubled := sorted({str(v) for v in values if values.count(v) > 1}):
        raise ValueError(f"named twice: {', '.join(doubled)}")
    return values


def known(look_up: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse values that the catalogue doesn't know."""
    for value in values:
        try:
            look_up(value)
        except CatalogError as error:
            raise ValueError(str(error)) from None
    return values


def known_languages(values: tuple[str, ...]) -> tuple[str, ...]:
    """Give the catalogue's codes of languages; refuse those that it doesn't know or that are named twice."""
    known(language_code, values)
    return once(tuple(map(language_code, values)))


def _test_length(value: object) -> object:
    if value == PUBLISHED or (type(value) is int and value >= 8):
        return value
    raise ValueError(f"{value!r}: write how many tokens, 8 or more, or {PUBLISHED}")


TestLength = Annotated[int | str, BeforeValidator(_test_length)]


def _scheduler(value: str) -> str:
    address = r"(tcp|tls|ucx|ws|wss)://([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}/?"
    if value and (not value.strip() or ("://" in value and not re.fullmatch(address, value))):
        raise ValueError(f"{value!r}: write the file of a dask scheduler, or its address, such as tcp://host:8786")
    return value


Executor = Annotated[str, Field(strict=True), AfterValidator(_scheduler)]


class Params(BaseModel):
    """Fields by these names only, never changed once they are there."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingParams(Params):
    """Settings of one training stage."""

    examples: Count | None = Field(None, description="at most this many training examples a task; null: all")
    validation_examples: Count | None = Field(
        None, description="at most this many examples of the source language select the epoch; null: all"
    )
    epochs: Count = Field(2, description="passes over the training examples")
    learning_rate: Rate = Field(1e-4, description="peak, after warm-up")
    head_learning_rate: Rate | None = Field(None, description="peak of the tasks' heads; null: learning_rate")
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
    windows: Count | None = Field(
        None, description="at most this many windows of a long passage train, those with the answer first; null: all"
    )
    rest: Literal["select", "unused"] = Field(
        "select", description="the other rows: choose the epoch instead of the published validation rows, or nothing"
    )
    keep: Keep = Field(
        "best", description="weights of the epoch with the best selection score, of the last one, or the mean of all"
    )
    keep_epochs: Flag = Field(
        False,
        description="whether every epoch's model stays and is scored on test rows: (epochs + 1) times the disk",
    )
    held_out: Literal["select", "train"] = Field(
        "select",
        description="rows held out of the training rows where no published ones select: choose the epoch, or train too "
        "(then the last epoch is kept)",
    )

    @model_validator(mode="after")
    def _one_cut(self) -> TrainingParams:
        if self.train_share is not None and self.held_out == "train":
            raise ValueError("train_share cuts the training rows and held_out: train leaves none out: give one of them")
        return self


class SamplingParams(Params):
    """How rows are drawn where fewer are asked for than there are."""

    by_label: Flag = Field(
        True, description="whether each label keeps its share of the rows (formats classify and choose)"
    )
    per_seed: Flag = Field(
        False, description="whether each seed draws its own rows to train and select; test rows are the same for all"
    )


class IntermediateParams(TrainingParams):
    """Settings of the intermediate stages."""

    mlm_text: Name = Field("sib200_text", description="text task of conditions '<condition>+mlm'")
    mlm_examples: Count | None = Field(
        None, description="at most this many sentences of all languages; null: what the stage's largest task counts for"
    )

    new_mlm_head: Annotated[bool, Field(strict=True)] = Field(
        False, description="whether an encoder without a masked-language head of its own gets a new one; else an error"
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
    few_shot_epochs: Count = Field(10, description="passes over them; none is chosen: the last one, or the mean")
    few_shot_learning_rate: Rate | None = Field(None, description="peak in these passes, heads too; null: as before")


class TaskParams(Params):
    """Settings of one target task that differ from those of the study or the stage."""

    languages: tuple[Name, ...] = Field((), description="instead of the study's; empty: those of the study")
    conditions: tuple[Name, ...] = Field((), description="the study's that it is trained under; empty: all")
    examples: Count | None = None
    validation_examples: Count | None = None
    epochs: Count | None = None
    learning_rate: Rate | None = None
    head_learning_rate: Rate | None = None
    batch_size: Count | None = None
    max_length: Annotated[int, Field(strict=True, ge=8)] | None = None
    patience: Count | None = None
    keep: Keep | None = None
    keep_epochs: Flag | None = None
    few_shot: Count | None = None
    few_shot_epochs: Count | None = None
    few_shot_learning_rate: Rate | None = None
    test_examples: Count | None = None
    test_max_length: TestLength | None = None

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return known_languages(values)

    @field_validator("conditions")
    @classmethod
    def _unique(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return once(values)


class RetrievalParams(Params):
    """What differs from the declarations of retrieval targets; what is not set is as they say."""

    layer: int | str | None = Field(
        None, description="published, last, or how many transformer layers are passed (0: the embeddings)"
    )
    pooling: str | None = Field(None, description="tokens that make a vector: " + ", ".join(POOLINGS))
    special_tokens: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="whether special tokens count in a mean"
    )
    max_length: Annotated[int, Field(strict=True, ge=8)] | None = Field(
        None, description="tokens of a query and of a candidate"
    )
    scored: Literal["all", "used"] = Field(
        "all", description="layers that are scored; vectors of all take much room on the disk while they are"
    )

    @field_validator("layer", mode="before")
    @classmethod
    def _known_layer(cls, value: object) -> object:
        is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not (value in (None, PUBLISHED, LAST) or is_number):
            raise ValueError(
                f"got {value!r}: write {PUBLISHED}, {LAST} or how many layers are passed (0: the embeddings)"
            )
        return value

    @field_validator("pooling", mode="before")
    @classmethod
    def _known_pooling(cls, value: object) -> object:
        if value is not None and value not in POOLINGS:
            raise ValueError(unknown("pooling", str(value), POOLINGS))
        return value


class EvaluationParams(Params):
    """Settings of the zero-shot evaluation."""

    examples: Count | None = Field(None, description="at most this many test examples a language; null: all")
    max_length: TestLength = Field(
        128,
        description="tokens of an input; published: as its benchmark has it; retrieval targets have their own",
    )
    retrieval: RetrievalParams = RetrievalParams()
    variants: tuple[Name, ...] = Field(
        (), description="perturbed test rows besides the clean ones, such as typos@0.1: " + ", ".join(PERTURBATIONS)
    )
    variant_languages: dict[Name, tuple[Name, ...]] = Field(
        {}, description="kind of perturbation: the languages it is made in, if not in all"
    )

    @field_validator("variants")
    @classmethod
    def _known_variants(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        known(variant, values)
        return once(tuple(variant(value).key for value in values))

    @field_validator("variant_languages")
    @classmethod
    def _known_variant_languages(cls, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {kind: known_languages(codes) for kind, codes in values.items()}


class PrimaryParams(Params):
    """The comparison that the study is made for: not corrected for the others."""

    group: Name = Field("all", description="all, or a family, branch or language as reports name it")
    condition: Name | None = Field(None, description="null: every condition, corrected among themselves")

    @field_validator("group")
    @classmethod
    def _known_group(cls, value: str) -> str:
        table = language_table()
        names = {"all", *table["name"], *table["family"], *table["branch"]} - {""}
        if value not in names:
            raise ValueError(unknown("group of languages", value, names))
        return value


class AnalysisParams(Params):
    """Settings of the statistics."""

    resamples: Annotated[int, Field(strict=True, ge=100)] = Field(2000, description="where something is resampled")
    level: Annotated[float, Field(strict=True, gt=0.5, lt=1.0)] = Field(0.95, description="of the intervals")
    margin: Annotated[float, Field(strict=True, gt=0.0)] = Field(
        1.0, description="smallest gain that matters, in points: chosen before looking at results"
    )
    seed: Annotated[int, Field(strict=True, ge=0)] = Field(0, description="of what is drawn at random")
    primary: PrimaryParams = PrimaryParams()
    components: str = Field(
        "",
        strict=True,
        description="study whose results say what this one can detect until it has its own; empty: evidence",
    )
    divergence_examples: Annotated[int, Field(strict=True, ge=10)] = Field(
        200, description="at most this many rows a task and language are compared in the question divergence"
    )
