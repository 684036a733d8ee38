"""What a model does with a row: one module a format, each with `encode` and `decode`, and `make_head` and `loss` where
it is trained."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from study_utils.catalog import FORMATS, Task


def format_of(task: Task) -> ModuleType:
    """Module of a task's format."""
    return import_module(f"{__name__}.{FORMATS[task.format].module}")
