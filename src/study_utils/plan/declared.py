"""What of a declaration a run reads, and what of that enters its id."""

from __future__ import annotations

import dataclasses

from study_utils.catalog import LANGUAGES, Task
from study_utils.catalog.languages import is_own
from study_utils.catalog.schema import Rows


def shape_of(task: Task) -> dict:
    """What a task declares about its rows' fields."""
    return {"format": task.format, "labels": task.labels, "value_range": task.value_range}


def declaration(rows: Rows, languages: tuple[str, ...]) -> dict:
    """What a row source declares about these languages, without what it leaves at its default.

    Adding another language, or a field to the declaration, changes no id.
    """
    declared = {
        item.name: getattr(rows, item.name)
        for item in dataclasses.fields(rows)
        if item.name not in _NO_RESULT and (item.name == "unlabelled" or getattr(rows, item.name) != _default(item))
    }
    if "configs" in declared:
        declared["configs"] = {code: declared["configs"][code] for code in languages}
    if "select" in declared:
        select = dataclasses.asdict(declared["select"])
        declared["select"] = select | {"by_language": {code: select["by_language"][code] for code in languages}}
    if scripts := {code: LANGUAGES[code].script for code in languages if is_own(code)}:
        declared["scripts"] = scripts  # decides how words are cut in tagging
    if "held_out" in declared:
        declared["held_out"] = dataclasses.asdict(declared["held_out"])
    if "labels" in declared:
        declared["labels"] = [[str(value), label] for value, label in declared["labels"].items()]
    return declared


def with_held_out(task: Task) -> Task:
    """Give the task with all its training rows, those that are held out to select included."""
    whole = {
        role: dataclasses.replace(rows, held_out=None)
        for role in ("train", "train_in")
        if getattr(rows := getattr(task, role), "held_out", None) is not None
    }
    return dataclasses.replace(task, **whole)


def _default(item: dataclasses.Field) -> object:
    return item.default if item.default_factory is dataclasses.MISSING else item.default_factory()


_NO_RESULT = ("languages", "expected", "not_on_hub", "folder", "files")
"""Fields of a row source that change no row; which languages and files it has is in the identity beside it."""
