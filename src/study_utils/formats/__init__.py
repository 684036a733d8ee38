"""What a model does with a row: one module a format, each with `encode` and `decode`, and `make_head` and `loss` where
it is trained."""

from __future__ import annotations

from types import ModuleType

from study_utils.catalog import Task
from study_utils.formats import answer, choose, classify, mask, regress, retrieve, tag

FORMATS: dict[str, ModuleType] = {
    "classify": classify,
    "regress": regress,
    "choose": choose,
    "tag": tag,
    "answer": answer,
    "retrieve": retrieve,
    "mask": mask,
}


def format_of(task: Task) -> ModuleType:
    """Module of a task's format."""
    return FORMATS[task.format]
