"""Reading a parameter file, completed with `--set` changes: all faults at once, with what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import ValidationError

from study_utils.catalog.schema import KEY, KEY_RULE
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.errors import ParameterError, unknown
from study_utils.faults import message, place
from study_utils.params.stages import DEVICE, DEVICE_RULE, REPORT_NAME, REPORT_NAME_RULE
from study_utils.params.study import MACHINE, StudyParams
from study_utils.paths import study_file
from study_utils.plain_yaml import read_yaml


def load_params(name: str, changes: Mapping[str, object] | None = None) -> StudyParams:
    """Read a parameter file, apply changes and validate the result.

    Parameters
    ----------
    name : str
        Name of a study in `params/` or path of a parameter file.
    changes : mapping of str to object, optional
        Dotted field to value, such as ``{"target.epochs": 3, "seeds": [0, 1, 2]}``. A change of `targets` drops the
        file's settings of the targets that it leaves out. A file that names a `base` inherits the fields of that study,
        and replaces those that it gives, inside fields too; lists are replaced whole.

    Raises
    ------
    ParameterError
        For a file that is missing or no YAML, an unknown field (with the nearest ones), a wrong type, an unknown base,
        task, condition, encoder or language, choices that contradict one another, a condition that trains on rows of a
        target, or a fault in a file that `tasks_from` names. All faults are listed at once.
    """
    path = study_file(name)
    content = _read(path, ())
    if isinstance(kept := (changes or {}).get("targets"), list | tuple):
        _keep_targets(content, kept)
    for dotted, value in (changes or {}).items():
        _set(content, dotted, value)
    named = content.get("tasks_from")
    for name in named if isinstance(named, list | tuple) else ():
        if isinstance(name, str):  # else validation names the fault
            enter_tasks(path.parent / name)
    try:
        return StudyParams.model_validate(content)
    except ValidationError as error:
        raise ParameterError(_explain(error, path, changes or {})) from None


def _read(path: Path, above: tuple[Path, ...]) -> dict:
    """Fields of a parameter file on top of those of its `base`; `above` are the files that name it as theirs."""
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path} is not readable as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ParameterError(f"{path} must hold fields such as 'targets: [...]', not {type(content).__name__}")
    base = content.pop("base", None)
    if base is None:
        return content
    if not isinstance(base, str):
        raise ParameterError(f"{path.name}, base: name one study, such as 'base: quick', not {base!r}")
    beside = path.parent / base
    try:
        source = beside.resolve() if beside.suffix in (".yaml", ".yml") and beside.is_file() else study_file(base)
    except ParameterError as error:
        raise ParameterError(f"{path.name}, base: {error}") from None
    if source in (chain := (*above, path)):
        loop = " → ".join(file.name for file in (*chain[chain.index(source) :], source))
        raise ParameterError(f"{path.name}, base: the files are bases of one another ({loop}): take one of them out")
    inherited = _read(source, chain)
    if isinstance(files := inherited.get("tasks_from"), list):
        inherited["tasks_from"] = [
            os.path.relpath(source.parent / file, path.parent) if isinstance(file, str) else file for file in files
        ]
    if isinstance(kept := content.get("targets"), list):
        _keep_targets(inherited, kept)
    return _merged(inherited, content)


def _merged(below: dict, above: dict) -> dict:
    """Fields of both, field by field also inside fields; where both have a value or a list, the upper one's."""
    inner = {
        name: _merged(below[name], value)
        for name, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(name), dict)
    }
    return {**below, **above, **inner}


def _keep_targets(content: dict, kept: Sequence[object]) -> None:
    """Drop the settings of targets that are left out."""
    if isinstance(own := content.get("tasks"), dict):
        content["tasks"] = {key: settings for key, settings in own.items() if key in kept}


def parse_changes(settings: Sequence[str]) -> dict[str, object]:
    """Read ``key=value`` texts of the command line; values are YAML, so ``seeds=[0,1]`` is a list.

    Raises
    ------
    ParameterError
        For a text without ``=``, a value that is no YAML, or a field given twice.
    """
    changes: dict[str, object] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise ParameterError(f"--set {setting!r}: write --set FIELD=VALUE, such as --set target.epochs=3")
        if key.strip() in changes:
            raise ParameterError(
                f"--set {key.strip()} is given twice ({changes[key.strip()]!r}, then {value}): give it once"
            )
        try:
            changes[key.strip()] = read_yaml(value)
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
        field = place(fault["loc"])
        where = " (from --set)" if any(field == c or field.startswith(f"{c}.") for c in changes) else ""
        said = message(fault, {KEY: KEY_RULE, REPORT_NAME: REPORT_NAME_RULE, DEVICE: DEVICE_RULE})
        if fault["type"] == "extra_forbidden":
            said = unknown("field", fault["loc"][-1], _fields_beside(fault["loc"]))
        lines.append(f"  {field}{where}: {said}")
    return "\n".join(lines)


def _fields_beside(loc: tuple) -> list[str]:
    model: Any = StudyParams
    for name in loc[:-1]:
        annotation = model.model_fields[name].annotation
        if get_origin(annotation) is dict:  # key to settings
            return list(get_args(annotation)[1].model_fields)
        model = annotation
    return list(model.model_fields)


def describe_params(params: StudyParams) -> list[tuple[str, str]]:
    """List a study's choices as (field, value) texts, for tables; without the fields of `MACHINE`."""
    rows = []
    for field, value in params.model_dump(mode="json", exclude=set(MACHINE)).items():
        rows += _described(field, value, unset=field not in ("tasks", "own_encoders"))
    return rows


def describe_defaults(params: StudyParams) -> dict[str, str]:
    """Texts of the defaults of the fields of `describe_params`; of fields that have none there is no text."""
    fields = {name: field for name, field in StudyParams.model_fields.items() if not field.is_required()}
    return {
        name: text
        for name, text in describe_params(params.model_copy(update={name: fields[name].default for name in fields}))
        if name.split(".")[0] in fields
    }


def _described(field: str, value: object, *, unset: bool) -> list[tuple[str, str]]:
    """Texts of a field, or of the fields in it; with those that are not set, or without."""
    if isinstance(value, dict):
        inner = [(f"{field}.{name}", one) for name, one in value.items() if unset or one is not None]
        return [row for name, one in inner for row in _described(name, one, unset=unset)]
    return [(field, ", ".join(map(str, value)) if isinstance(value, list) else str(value))]
