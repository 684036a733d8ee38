"""Without the packages that make runs, the command line says what is missing and how to install it."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest

from study_utils import installed
from study_utils.data.templates import template
from study_utils.execute import driver
from study_utils.installed import INSTALL
from study_utils.paths import project_root

STUDY_ONLY = ("torch", "transformers", "datasets", "nbformat", "papermill", "nbconvert", "ipykernel", "jupytext")
WITHOUT = f"""
import runpy, sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {STUDY_ONLY}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Without())
name = sys.argv.pop(1)
sys.argv[0] = name
runpy.run_path(name, run_name="__main__") if name.endswith(".py") else runpy.run_module(name, run_name="__main__")
"""


def run_all(*arguments):
    return command("run_all.py", *arguments)


def command(*arguments):
    """Carry out a script or module of the project where packages are missing."""
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, cwd=project_root(), capture_output=True, text=True)


def test_the_command_that_starts_without_the_package_gives_the_same_advice():
    assert runpy.run_path(str(project_root() / "run_all.py"))["INSTEAD"] == installed.INSTEAD


@pytest.mark.parametrize("arguments", [["quick"], ["quick", "--plan"]])
def test_what_is_missing_is_named_with_the_command_that_installs_it(arguments):
    result = run_all(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "error: not installed in this Python: nbformat. Use the one that 'make study' made" in result.stderr
    assert ".venv/bin/python, or run python -m pip" in result.stderr
    assert '-e ".[study]"' in result.stderr


@pytest.mark.parametrize(
    ("arguments", "package"),
    [
        (["study_utils.data", "check", "--tasks-from", "FOLDER/tasks.yaml"], "datasets"),
        (["study_utils.export", "target-x", "FOLDER"], ""),
        (["study_utils.execute.calibration", "--studies", "1"], "papermill"),
        (["study_utils.notebook.pair"], ""),
    ],
)
def test_other_commands_name_it_too(arguments, package, tmp_path):
    (tmp_path / "tasks.yaml").write_text(template("classify"), encoding="utf-8")
    (tmp_path / "train.en.jsonl").write_text("{}")
    result = command(*[name.replace("FOLDER", str(tmp_path)) for name in arguments])
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert f"error: not installed in this Python: {package}" in result.stderr
    assert result.stderr.rstrip().endswith(f".venv/bin/python, or run {INSTALL}")


def test_the_script_that_starts_without_the_package_says_the_same():
    assert f"INSTALL = {INSTALL!r}" in (project_root() / "run_all.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ["study_utils.data", "new", "tag"],
        ["study_utils.data", "check", "--help"],
        ["study_utils.export", "--help"],
        ["study_utils.execute.calibration", "--help"],
        ["study_utils.catalog"],
        ["study_utils.report", "--help"],
    ],
)
def test_what_needs_none_of_them_works_without(arguments):
    result = command(*arguments)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout) > 200


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
