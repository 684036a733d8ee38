"""Without the packages that make runs, the command line says what is missing and how to install it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from study_utils.execute import driver
from study_utils.paths import project_root

STUDY_ONLY = ("torch", "transformers", "datasets", "nbformat", "papermill", "nbconvert", "ipykernel", "jupytext")
WITHOUT = f"""
import runpy, sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {STUDY_ONLY}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Without())
sys.argv[0] = "run_all.py"
runpy.run_path("run_all.py", run_name="__main__")
"""


def run_all(*arguments):
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, cwd=project_root(), capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [["quick"], ["quick", "--plan"]])
def test_what_is_missing_is_named_with_the_command_that_installs_it(arguments):
    result = run_all(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "error: not installed in this Python: nbformat. For a study, run python -m pip" in result.stderr
    assert '-e ".[study]"' in result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--list", "tasks"]])
def test_what_needs_no_runs_works_without(arguments):
    result = run_all(*arguments)
    assert result.returncode == 0, result.stderr


def test_a_package_that_notebooks_need_is_missed_before_work_starts(monkeypatch):
    monkeypatch.setattr(driver, "_is_installed", lambda name: name not in ("torch", "datasets"))
    with pytest.raises(ModuleNotFoundError) as caught:
        driver.require_installed()
    assert caught.value.name == "datasets, torch"
    monkeypatch.undo()
    driver.require_installed()
