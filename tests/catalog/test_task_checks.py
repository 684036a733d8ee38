"""Every declared task passes what is asked of a user's own."""

import pytest

from study_utils.catalog import TASKS
from study_utils.catalog.task_checks import check_task


@pytest.mark.parametrize("key", list(TASKS))
def test_declared_tasks_pass(key):
    check_task(TASKS[key])
