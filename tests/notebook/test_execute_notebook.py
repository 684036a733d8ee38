"""The runner's strictness, on small notebooks made here and executed by real kernels."""

from __future__ import annotations

import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from study_utils.errors import NotebookError
from study_utils.notebook.execute import check_parameters, execute_notebook

PARAMETERS = "name: str = 'quick'\nchanges: dict = {}\nseed: int = 0\nrate: float = 0.1\nlanguages: list[str] = []"


@pytest.fixture
def notebook(tmp_path):
    def write(*sources, tagged=(0,), parameters=PARAMETERS):
        cells = [new_code_cell(parameters), *(new_code_cell(s) for s in sources)]
        for index in tagged:
            cells[index].metadata["tags"] = ["parameters"]
        content = new_notebook(cells=[new_markdown_cell("# A title"), *cells])
        content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / "07_small.ipynb"
        nbformat.write(content, path)
        return path

    return write


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nmae": "x"}, "did you mean 'name'"),
        ({"colour": "x"}, "it has name, changes"),
        ({"seed": "3"}, "must be int, not '3'"),
        ({"seed": True}, "must be int, not True"),
        ({"seed": 1.5}, "must be int"),
        ({"rate": "1e-5"}, "must be float"),
        ({"name": 3}, "must be str"),
        ({"languages": ("en", "de")}, "must be list"),
        ({"changes": {"seeds": (0, 1)}}, "would be changed on the way in"),
        ({"changes": {1: "a"}}, "would be changed on the way in"),
        ({"changes": {"x": object()}}, "not JSON serializable"),
    ],
)
def test_parameters_that_papermill_would_let_pass_are_refused(notebook, parameters, message):
    with pytest.raises(NotebookError, match=message):
        check_parameters(notebook(), parameters)


def test_right_parameters_pass(notebook):
    check_parameters(notebook(), {"name": "a", "rate": 1, "languages": ["en"], "changes": {"seeds": [0]}})


@pytest.mark.parametrize("tagged", [(), (0, 1)])
def test_exactly_one_cell_is_tagged(notebook, tagged):
    with pytest.raises(NotebookError, match=f"has {len(tagged)} cells tagged"):
        check_parameters(notebook("x = 1", tagged=tagged), {})


def test_an_annotation_that_cannot_be_checked_is_refused(notebook):
    with pytest.raises(NotebookError, match="annotate it"):
        check_parameters(notebook(parameters="where: Path = 'x'"), {"where": "y"})


def test_an_executed_notebook_holds_its_parameters_and_no_trace_of_the_machine(notebook, tmp_path):
    source = notebook("import os, sys\nfor i in range(3):\n    print(name, seed + i, file=sys.stderr)", "os.getcwd()")
    output = tmp_path / "out" / "07_small.ipynb"
    execute_notebook(source, output, {"name": "mine", "seed": 4})
    content = nbformat.read(output, as_version=4)
    streams = [o for c in content.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream"]
    assert [s.text for s in streams] == ["mine 4\nmine 5\nmine 6\n"], "streams are joined"
    assert content.cells[-1].outputs[0]["data"]["text/plain"] == repr(str(source.parent))
    assert set(content.metadata["papermill"]) == {"parameters", "start_time", "end_time", "duration"}
    assert [p.name for p in output.parent.iterdir()] == ["07_small.ipynb"]


def test_the_kept_copy_can_show_other_parameters_than_it_ran_with(notebook, tmp_path):
    output = tmp_path / "07_small.ipynb"
    execute_notebook(notebook("print(seed)"), output, {"name": "mine", "seed": 4}, shown={"name": "mine"})
    content = nbformat.read(output, as_version=4)
    injected = [c for c in content.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert [c.source for c in injected] == ['# Parameters\nname = "mine"\n']
    assert content.metadata["papermill"]["parameters"] == {"name": "mine"}
    assert content.cells[-1].outputs[0]["text"] == "4\n"


def test_a_failing_notebook_is_kept_under_a_name_that_says_so_and_the_old_result_stays(notebook, tmp_path):
    output = tmp_path / "out" / "07_small.ipynb"
    execute_notebook(notebook("1 + 1"), output, {})
    before = output.read_bytes()
    with pytest.raises(NotebookError, match=r"07_small.ipynb failed in cell 3: ZeroDivisionError: division by zero"):
        execute_notebook(notebook("1 + 1", "1 / 0", "2"), output, {})
    assert output.read_bytes() == before
    failed = output.with_name("07_small.failed.ipynb")
    assert "ZeroDivisionError" in failed.read_text()
    execute_notebook(notebook("1 + 1"), output, {})
    assert not failed.exists(), "a success clears the failure of before"


def test_a_kernel_that_dies_is_an_error_with_advice(notebook, tmp_path):
    source = notebook("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(NotebookError, match=r"07_small\.ipynb died"):
        execute_notebook(source, tmp_path / "out" / "07_small.ipynb", {})
    assert not list((tmp_path / "out").iterdir())


def test_a_kernel_that_dies_before_it_has_begun_is_told_alike(notebook, tmp_path, monkeypatch):
    import ipykernel.kernelspec

    spec = {**ipykernel.kernelspec.get_kernel_dict(), "argv": [sys.executable, "-c", "import time; time.sleep(0.2)"]}
    monkeypatch.setattr(ipykernel.kernelspec, "get_kernel_dict", lambda: spec)
    with pytest.raises(NotebookError, match=r"07_small\.ipynb died .*: the same command continues"):
        execute_notebook(notebook("1"), tmp_path / "out" / "07_small.ipynb", {})
    assert not list((tmp_path / "out").iterdir())


def test_a_bar_is_drawn_in_a_notebook_though_it_is_no_terminal(notebook, tmp_path):
    source = notebook("from study_utils.execute.progress import is_watched\nis_watched()")
    execute_notebook(source, tmp_path / "out.ipynb", {})
    assert nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-1].outputs[0]["data"]["text/plain"] == "True"
