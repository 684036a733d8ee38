"""Pairing writes notebooks from their scripts and never loses a cell that only a notebook has."""

from __future__ import annotations

import subprocess

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell

from study_utils.errors import NotebookError
from study_utils.notebook.pair import pair

HEADER = "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: P\n#     name: python3\n# ---\n\n"


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "01_some.py"
    path.write_text(HEADER + "# %% [markdown]\n# # Title\n\n# %%\nx = 1\n")
    return path


def sources(script):
    return [cell.source for cell in nbformat.read(script.with_suffix(".ipynb"), as_version=4).cells]


def test_an_edit_of_the_script_replaces_what_was_paired(script):
    known = pair(script, set())
    assert sources(script) == ["# Title", "x = 1"]
    script.write_text(script.read_text().replace("x = 1", "x = 2"))
    known = pair(script, known)
    script.write_text(script.read_text().replace("\n# %%\nx = 2\n", ""))
    pair(script, known)
    assert sources(script) == ["# Title"]


def test_a_cell_of_the_notebook_alone_is_named_and_kept(script):
    known = pair(script, set())
    notebook = script.with_suffix(".ipynb")
    content = nbformat.read(notebook, as_version=4)
    content.cells.append(new_code_cell("only_here = 3\nmore"))
    nbformat.write(content, notebook)
    before = notebook.read_bytes()
    with pytest.raises(NotebookError, match=r"cell 3 \(code\): only_here = 3"):
        pair(script, known)
    assert notebook.read_bytes() == before
    script.write_text(script.read_text() + "\n# %%\nonly_here = 3\nmore\n")
    pair(script, known)
    assert [cell.source for cell in jupytext.read(script).cells] == sources(script)


def test_a_cell_of_the_last_commit_may_go(script):
    pair(script, set())
    git = ["git", "-C", str(script.parent), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    script.write_text(script.read_text().replace("x = 1", "x = 2"))
    pair(script, set())
    assert sources(script) == ["# Title", "x = 2"]
