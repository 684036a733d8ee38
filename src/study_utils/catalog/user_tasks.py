"""A user's own tasks: a YAML file that declares tasks of known formats, and languages, without a line of code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from study_utils.catalog.conditions import add_conditions
from study_utils.catalog.encoders import HUB_ID
from study_utils.catalog.formats import FORMATS
from study_utils.catalog.languages import LANGUAGES, language_code
from study_utils.catalog.schema import (
    DOMAINS,
    KEY,
    KEY_RULE,
    ROLES,
    FolderRows,
    HubRows,
    Rows,
    Select,
    StarterRows,
    Task,
)
from study_utils.catalog.task_checks import check_task
from study_utils.catalog.tasks import TASKS, add_tasks
from study_utils.catalog.user_languages import CODE, CODE_RULE, SCRIPT, SCRIPT_RULE, Code, UserLanguage, enter_languages
from study_utils.errors import CatalogError, ParameterError, unknown
from study_utils.faults import NOT_BLANK, message, place
from study_utils.plain_yaml import read_yaml

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True, min_length=1, pattern=NOT_BLANK)]
Key = Annotated[str, Field(strict=True, pattern=KEY)]
HubId = Annotated[str, Field(strict=True, pattern=HUB_ID)]
Whole = Annotated[int, Field(strict=True)]
"""A whole number, and no `yes` or `no`, which YAML reads as true and false."""
LeftOut = dict[
    Text, Annotated[tuple[str | Whole | Annotated[bool, Field(strict=True)] | None, ...], Field(min_length=1)]
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleRows(_Strict):
    """Rows of one role, in files or in a hub data set or a mirror of it; what is left out is the task's."""

    folder: Text | None = Field(None, description="folder of the files, from this file's folder")
    files: dict[Text, Text] = Field({}, description="language code: file in the folder")
    hub_id: HubId | None = Field(None, description="namespace/name of a hub or mirror data set")
    revision: Text | None = Field(None, description="commit of the hub data set")
    split: Text | None = Field(None, description="split as the hub names it; several joined by +")
    configs: dict[Text, Text | Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(
        {}, description="language code: config, or a list of configs that are joined"
    )
    columns: dict[Text, Text | tuple[Text, ...]] | None = Field(None, description="field: column")
    label_names: dict[Text | Whole, Text | Whole] | None = Field(None, description="value in the data: label")
    unlabelled: tuple[str | Whole | None, ...] | None = Field(None, description="values that mean no gold label")
    without: tuple[str | Whole, ...] | None = Field(None, description="ids of rows to leave out")
    leave_out: LeftOut | None = Field(None, description="column: values whose rows are left out")
    language_column: str | None = Field(None, strict=True, description="column that names the language of a row")
    separator: Annotated[str, Field(strict=True, max_length=1)] | None = None
    quoting: Literal["", "none", "minimal"] | None = None


def _kind_of(value: object) -> str:
    """How the rows of a role are given: a task's key, fields of `RoleRows`, or one file a language."""
    if isinstance(value, str):
        return "task"
    named = isinstance(value, Mapping) and any(
        name in RoleRows.model_fields or isinstance(item, Mapping | list) for name, item in value.items()
    )
    return "rows" if named or isinstance(value, RoleRows) else "files"


RoleSource = Annotated[
    Annotated[dict[Text, Text], Tag("files")] | Annotated[RoleRows, Tag("rows")] | Annotated[Text, Tag("task")],
    Discriminator(_kind_of),
]


class UserTask(_Strict):
    """One task of a user's file; fields mean what they mean in `study_utils.catalog.Task`."""

    title: Text
    format: Literal[tuple(name for name in FORMATS if name != "retrieve")]
    metric: Text
    labels: tuple[Text, ...] = ()
    columns: dict[Text, Text | tuple[Text, ...]] = Field({}, description="field: column")
    label_names: dict[Text | Whole, Text | Whole] = Field({}, description="value in the data: label")
    unlabelled: tuple[str | Whole | None, ...] = Field(
        (), description="labels whose rows are dropped: those that mean no gold label, such as null or -1, or others"
    )
    without: tuple[str | Whole, ...] = Field((), description="ids of rows to leave out")
    leave_out: LeftOut = Field({}, description="column: values whose rows are left out")
    language_column: str = Field(
        "", strict=True, description="column that names the language of a row, as files or configs name it below"
    )
    separator: Annotated[str, Field(strict=True, max_length=1)] = Field("", description="between the cells of a file")
    quoting: Literal["", "none", "minimal"] = Field("", description="whether quotation marks hold a cell together")
    folder: Text | None = Field(None, description="folder of the files, from this file's folder")
    hub_id: HubId | None = Field(None, description="namespace/name of a hub or mirror data set")
    revision: Text | None = Field(None, description="commit of the hub data set")
    train: RoleSource | None = None
    validation: RoleSource | None = None
    test: RoleSource | None = None
    train_in: RoleSource | None = None
    validation_in: RoleSource | None = None
    training_language: Text = Field(
        "en", description="of train and validation: the source language of a target; in the title"
    )
    domain: Literal[DOMAINS] = "general"
    chance: Annotated[float, Field(strict=True, ge=0.0, lt=1.0)] = 0.0
    value_range: tuple[Number, Number] | None = None
    unanswerable: Annotated[bool, Field(strict=True)] = False
    same_data: tuple[Text, ...] = ()
    licence: Text
    citation: Text
    note: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> UserTask:
        for where, rows in (("", self), *((f"{role}: ", getattr(self, role)) for role in ROLES)):
            if isinstance(rows, UserTask | RoleRows):
                if rows.folder is not None and rows.hub_id is not None:
                    raise ValueError(f"{where}name either a folder of files or a hub_id")
                if (rows.hub_id is None) != (rows.revision is None):
                    raise ValueError(f"{where}a hub_id needs a revision (a commit), and only a hub_id has one")
        for role in ROLES:
            rows = getattr(self, role)
            if rows is None or isinstance(rows, str):
                continue
            rows = rows if isinstance(rows, RoleRows) else RoleRows(files=rows)
            source = self if rows.folder is None and rows.hub_id is None else rows
            if source.folder is None and source.hub_id is None:
                raise ValueError(f"{role}: name either a folder of files or a hub_id")
            on_hub, in_files = bool(rows.split and rows.configs), bool(rows.files)
            mixed = (rows.split or rows.configs) if source.folder is not None else rows.files
            if mixed or not (on_hub or in_files):
                wanted = "split and configs" if source.hub_id else "one file a language, such as {en: train.jsonl}"
                raise ValueError(f"{role}: write {wanted}")
        return self


class UserTasks(_Strict):
    """A file of tasks, or of languages: key to task, code to language."""

    languages: dict[Code, UserLanguage] = {}
    tasks: dict[Key, UserTask] = {}

    @model_validator(mode="after")
    def _not_empty(self) -> UserTasks:
        if not (self.languages or self.tasks):
            raise ValueError("there is no task in it: write tasks: {my_task: {title: ...}}")
        return self


def enter_tasks(path: Path) -> tuple[str, ...]:
    """Read a file of a user's own tasks and enter them, and a condition for each that can train, for this process.

    Parameters
    ----------
    path : pathlib.Path
        YAML with the fields `tasks` and `languages`, of which one may be left out; the fields of a task are those of
        `UserTask`, those of a language of `UserLanguage`.

    Returns
    -------
    tuple of str
        Keys of the tasks.

    Raises
    ------
    ParameterError
        If the file is missing, no YAML, or doesn't describe tasks. All faults are listed at once.
    """
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterError(
            f"{path} is missing: tasks_from names files of tasks, from the parameter file's folder"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ParameterError(f"{path} is not readable as YAML: {error}") from error
    try:
        found = UserTasks.model_validate(content)
        enter_languages(found.languages)
        declared = found.tasks
        tasks = [_task(key, spec, path.parent.resolve()) for key, spec in declared.items()]
        for item in tasks:
            check_task(item)
        add_tasks(tasks)
        add_conditions(tasks)
    except ValidationError as error:
        raise ParameterError("\n".join([f"{path} does not describe tasks:", *map(_explain, error.errors())])) from None
    except CatalogError as error:
        raise ParameterError(f"{path}: {error}") from None
    return tuple(declared)


def _task(key: str, spec: UserTask, base: Path) -> Task:
    same = {
        name: getattr(spec, name)
        for name in (
            *("title", "format", "metric", "labels", "training_language", "domain", "chance", "value_range"),
            *("unanswerable", "same_data", "licence", "citation", "note"),
        )
    }
    try:
        same["training_language"] = language_code(spec.training_language)
        trained_in = LANGUAGES[same["training_language"]].name
        if same["training_language"] != "en" and trained_in.split()[0] not in spec.title:
            same["title"] += f" ({trained_in})"
        roles = {role: _rows(key, role, spec, base) for role in ROLES}
    except CatalogError as error:
        told = str(error)
        raise CatalogError(told if told.startswith(f"task {key}") else f"task {key}: {told}") from None
    reused = tuple(rows for role in ROLES if isinstance(rows := getattr(spec, role), str) and role != "test")
    same["same_data"] = tuple(dict.fromkeys((*spec.same_data, *reused)))
    return Task(key=key, **same, **roles)


def _rows(key: str, role: str, spec: UserTask, base: Path) -> Rows | None:
    rows = getattr(spec, role)
    if rows is None:
        return None
    if isinstance(rows, str):
        return _reused(key, role, spec)
    rows = rows if isinstance(rows, RoleRows) else RoleRows(files=rows)
    said = {
        name: getattr(spec if getattr(rows, name) is None else rows, name)
        for name in RoleRows.model_fields
        if name in UserTask.model_fields and name not in ("folder", "hub_id", "revision")
    }
    said["labels"], said["without"] = said.pop("label_names"), tuple(map(str, said["without"]))
    places = _by_code(rows.files or rows.configs)
    if column := said.pop("language_column"):
        names = {language_code(name): name for name in rows.files or rows.configs}
        said["select"] = Select(column=column, by_language=names)
    elif shared := [name for name in places.values() if list(places.values()).count(name) > 1]:
        codes = [code for code, name in places.items() if name == shared[0]]
        raise CatalogError(
            f"{role}: {shared[0]} is named for {' and '.join(codes)}: name the column that tells their rows apart in "
            "language_column, whose values are the languages as you write them here"
        )
    source = spec if rows.folder is None and rows.hub_id is None else rows
    if source.hub_id is not None:
        return HubRows(hub_id=source.hub_id, revision=source.revision, split=rows.split, configs=places, **said)
    return FolderRows(folder=str(base / source.folder), files=places, **said)


def _reused(key: str, role: str, spec: UserTask) -> Rows:
    """Rows of a task of the catalogue in the same role, its labels named as this task names them."""
    name = getattr(spec, role)
    if name not in TASKS:
        raise CatalogError(unknown("task", name, TASKS, where=f"task {key}, {role}"))
    other = TASKS[name]
    rows = getattr(other, role)
    if rows is None:
        raise CatalogError(f"task {key}: {role}: {name}, but the task {name!r} has no {role} rows")
    if (other.format, other.value_range) != (spec.format, spec.value_range) or other.retrieval:
        raise CatalogError(
            f"task {key}: {role}: {name}, but rows of {name!r} are of format {other.format}, "
            f"values {other.value_range}; this task is of format {spec.format}, values {spec.value_range}"
        )
    renamed = {label: spec.label_names.get(label, label) for label in other.labels}
    for label, named in renamed.items():
        if named not in spec.labels:
            raise CatalogError(
                f"task {key}: {role}: {name} has the label {label!r}, which this task lacks: name it in label_names, "
                f"such as {{{label}: {spec.labels[0] if spec.labels else 'LABEL'}}}"
            )
    if all(label == named for label, named in renamed.items()):
        return rows
    if isinstance(rows, StarterRows):
        raise CatalogError(f"task {key}: {role}: labels of the starter suite ({name}) can't be renamed; use its names")
    changed = {value: renamed.get(label, label) for value, label in rows.labels.items()}
    return replace(
        rows,
        labels=changed | {label: named for label, named in renamed.items() if label not in changed},
        other=renamed.get(rows.other, rows.other),
    )


def _by_code(named: Mapping[str, Any]) -> dict[str, Any]:
    """What is declared by language, under the catalogue's codes."""
    found, names = {}, {}
    for name, value in named.items():
        code = language_code(name)
        if code in found:
            raise CatalogError(f"{names[code]!r} and {name!r} are one language, {code!r}: name it once")
        found[code], names[code] = value, name
    return found


_RULES = {KEY: KEY_RULE, HUB_ID: "a hub_id is namespace/name", CODE: CODE_RULE, SCRIPT: SCRIPT_RULE}


def _explain(fault: Mapping[str, Any]) -> str:
    loc = fault["loc"]
    said = message(fault, _RULES)
    if fault["type"] == "extra_forbidden":
        inner = UserLanguage if loc[0] == "languages" else RoleRows if "rows" in loc[2:] else UserTask
        said = unknown("field", loc[-1], (UserTasks if len(loc) == 1 else inner).model_fields)
    if len(loc) > 3 and loc[2] in ROLES:  # behind a role stands how it was read
        loc = (*loc[:3], *loc[4:])
    return f"  {place(loc)}: {said}"
