"""A user's own tasks: a YAML file that declares tasks of known formats, without a line of code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from study_utils.catalog.conditions import add_conditions
from study_utils.catalog.languages import language_code
from study_utils.catalog.schema import DOMAINS, FORMATS, KEY, KEY_RULE, ROLES, FolderRows, HubRows, Rows, Task
from study_utils.catalog.task_checks import check_task
from study_utils.catalog.tasks import add_tasks
from study_utils.errors import CatalogError, ParameterError, unknown
from study_utils.plain_yaml import read_yaml

Text = Annotated[str, Field(strict=True, min_length=1)]
Key = Annotated[str, Field(strict=True, pattern=KEY)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HubSplit(_Strict):
    """Rows in a hub data set, or a mirror of it."""

    split: Text = Field(description="split as the hub names it; several joined by +")
    configs: dict[Text, Text | Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(
        min_length=1, description="language code: config, or a list of configs that are joined"
    )


class UserTask(_Strict):
    """One task of a user's file; fields mean what they mean in `study_utils.catalog.Task`."""

    title: Text
    format: Literal[FORMATS]
    metric: Text
    labels: tuple[Text, ...] = ()
    columns: dict[Text, Text | tuple[Text, ...]] = Field(min_length=1, description="field: column")
    label_names: dict[Text | int, Text | int] = Field({}, description="value in the data: label")
    unlabelled: tuple[str | int | None, ...] = Field(
        (), description="labels whose rows are dropped: those that mean no gold label, such as null or -1, or others"
    )
    without: tuple[str | int, ...] = Field((), description="ids of rows to leave out")
    leave_out: dict[Text, Annotated[tuple[str | int | None, ...], Field(min_length=1)]] = Field(
        {}, description="column: values whose rows are left out"
    )
    separator: Annotated[str, Field(strict=True, max_length=1)] = Field("", description="between the cells of a file")
    quoting: Literal["", "none", "minimal"] = Field("", description="whether quotation marks hold a cell together")
    folder: Text | None = Field(None, description="folder of the files, from this file's folder")
    hub_id: Text | None = Field(None, description="namespace/name of a hub or mirror data set")
    revision: Text | None = Field(None, description="commit of the hub data set")
    train: dict[Text, Text] | HubSplit | None = None
    validation: dict[Text, Text] | HubSplit | None = None
    test: dict[Text, Text] | HubSplit | None = None
    train_in: dict[Text, Text] | HubSplit | None = None
    validation_in: dict[Text, Text] | HubSplit | None = None
    training_language: Text = "en"
    domain: Literal[DOMAINS] = "general"
    chance: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    value_range: tuple[float, float] | None = None
    unanswerable: bool = False
    same_data: tuple[Text, ...] = ()
    licence: Text
    citation: Text
    note: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> UserTask:
        if (self.folder is None) == (self.hub_id is None):
            raise ValueError("name either a folder of files or a hub_id")
        if (self.hub_id is None) != (self.revision is None):
            raise ValueError("a hub_id needs a revision (a commit), and only a hub_id has one")
        for role in ROLES:
            rows = getattr(self, role)
            if rows is not None and isinstance(rows, HubSplit) != (self.hub_id is not None):
                wanted = "split and configs" if self.hub_id else "one file a language, such as {en: train.jsonl}"
                raise ValueError(f"{role}: write {wanted}")
        return self


class UserTasks(_Strict):
    """A file of tasks: key to task."""

    tasks: dict[Key, UserTask] = Field(min_length=1)


def enter_tasks(path: Path) -> tuple[str, ...]:
    """Read a file of a user's own tasks and enter them, and a condition for each that can train, for this process.

    Parameters
    ----------
    path : pathlib.Path
        YAML with the one field `tasks`; the fields of a task are those of `UserTask`.

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
        declared = UserTasks.model_validate(content).tasks
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
        roles = {role: _rows(spec, getattr(spec, role), base) for role in ROLES}
    except CatalogError as error:
        raise CatalogError(f"task {key}: {error}") from None
    return Task(key=key, **same, **roles)


def _rows(spec: UserTask, rows: Mapping[str, str] | HubSplit | None, base: Path) -> Rows | None:
    if rows is None:
        return None
    table = {"columns": spec.columns, "labels": spec.label_names, "unlabelled": spec.unlabelled}
    table |= {"without": tuple(map(str, spec.without)), "leave_out": spec.leave_out}
    table |= {"separator": spec.separator, "quoting": spec.quoting}
    if isinstance(rows, HubSplit):
        configs = _by_code(rows.configs)
        return HubRows(hub_id=spec.hub_id, revision=spec.revision, split=rows.split, configs=configs, **table)
    return FolderRows(folder=str(base / spec.folder), files=_by_code(rows), **table)


def _by_code(named: Mapping[str, Any]) -> dict[str, Any]:
    """What is declared by language, under the catalogue's codes."""
    found, names = {}, {}
    for name, value in named.items():
        code = language_code(name)
        if code in found:
            raise CatalogError(f"{names[code]!r} and {name!r} are one language, {code!r}: name it once")
        found[code], names[code] = value, name
    return found


def _explain(fault: Mapping[str, Any]) -> str:
    place = [str(part) for part in fault["loc"]]
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        known = UserTask.model_fields if len(place) > 1 else UserTasks.model_fields
        message = unknown("field", place[-1], known)
    elif fault["type"] == "string_pattern_mismatch":
        message = KEY_RULE
    elif isinstance(fault["input"], bool):
        message += f"; got {fault['input']} (in YAML, no/yes/on/off are booleans: put the word in quotes, as 'no')"
    elif not isinstance(fault["input"], dict | list | UserTask):
        message += f"; got {fault['input']!r}"
    return f"  {'.'.join(place) or 'file'}: {message}"
