"""Every declared task passes what is asked of a user's own."""

import pytest

from study_utils.catalog import TASKS
from study_utils.catalog.task_checks import FIELDS, check_task
from study_utils.data.rows import COLUMNS


@pytest.mark.parametrize("key", list(TASKS))
def test_declared_tasks_pass(key):
    check_task(TASKS[key])


@pytest.mark.parametrize("shape", list(FIELDS))
def test_the_fields_are_those_of_the_rows(shape):
    needed, optional = FIELDS[shape]
    assert {*needed, *optional} == set(COLUMNS[shape]) - {"language"}
