"""Every task by its key.

A target and an intermediate task are the same kind of object. To add one of a known format, add one `Task` to a
module of `catalog/hub` or to `STARTER_TASKS`, or name it in a study's own `tasks_from` file: the grid, the checks, the
notebooks and the tests follow from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from study_utils.catalog.hub import HUB_TASKS
from study_utils.catalog.leaks import leak
from study_utils.catalog.schema import Task
from study_utils.catalog.starter_tasks import STARTER_TASKS
from study_utils.errors import CatalogError, unknown


def _by_key(tasks: Iterable[Task]) -> dict[str, Task]:
    found: dict[str, Task] = {}
    for item in tasks:
        if item.key in found:
            raise CatalogError(f"task {item.key!r} is declared twice")
        found[item.key] = item
    for item in found.values():
        if dangling := [key for key in item.same_data if key not in found]:
            raise CatalogError(f"task {item.key!r} names unknown tasks in same_data: {dangling}")
        if reason := leak(item, item):
            raise CatalogError(f"task {item.key!r} trains or selects on rows that it scores. {reason}")
    return found


TASKS = _by_key(HUB_TASKS + STARTER_TASKS)


def task(key: str) -> Task:
    """Look a task up by its key.

    Raises
    ------
    CatalogError
        If the key is unknown, with the nearest keys.
    """
    if key not in TASKS:
        raise CatalogError(unknown("task", key, TASKS))
    return TASKS[key]


def source_language(key: str) -> str:
    """Language that a target is trained in, and transfers from; English for a key that the catalogue doesn't have."""
    return TASKS[key].training_language if key in TASKS else "en"


def add_tasks(tasks: Iterable[Task]) -> None:
    """Enter a user's own tasks for the rest of this process. The same declaration again changes nothing.

    Raises
    ------
    CatalogError
        If a key is taken by another declaration, or a task scores rows that it trains on. Nothing is entered then.
    """
    new = [item for item in tasks if TASKS.get(item.key) != item]
    TASKS.update(_by_key([*TASKS.values(), *new]))
