"""Every task by its key.

A target and an intermediate task are the same kind of object. To add one of a known format, add one `Task` to
`HUB_TASKS` or `STARTER_TASKS`: the grid, the checks, the notebooks and the tests follow from it.
"""

from __future__ import annotations

from study_utils.catalog.hub_tasks import HUB_TASKS
from study_utils.catalog.schema import Task
from study_utils.catalog.starter_tasks import STARTER_TASKS
from study_utils.errors import CatalogError, unknown


def _by_key(tasks: tuple[Task, ...]) -> dict[str, Task]:
    found: dict[str, Task] = {}
    for item in tasks:
        if item.key in found:
            raise CatalogError(f"task {item.key!r} is declared twice")
        found[item.key] = item
    for item in tasks:
        if dangling := [key for key in item.same_data if key not in found]:
            raise CatalogError(f"task {item.key!r} names unknown tasks in same_data: {dangling}")
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
