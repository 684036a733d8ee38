"""The notebooks' form: what makes them run strictly, pair with their scripts and read as a report."""

from __future__ import annotations

import ast
import inspect
import re

import jupytext
import nbformat
import papermill
import pytest

from study_utils.catalog.questions import QUESTIONS
from study_utils.execute.driver import notebook_sources
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.plan import STAGES
from study_utils.report.site import ANSWER
from study_utils.study import open_study

NOTEBOOKS = notebook_sources()
SHOWING = ("complete", "keep_benchmark", "show_epochs")
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def test_every_stage_and_every_question_has_its_notebook():
    stems = [path.stem for path in NOTEBOOKS]
    assert stems == [*STAGES, *(item.notebook for item in QUESTIONS.values())]
    assert [stem[:2] for stem in stems] == [f"{n:02d}" for n in range(1, len(stems) + 1)]


@each
def test_script_and_notebook_agree(path):
    script = path.with_suffix(".py")
    assert script.is_file(), f"{path.name} has no paired script: run make pair"
    texts = [
        [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in jupytext.read(p).cells] for p in (path, script)
    ]
    assert texts[0] == texts[1], "they differ: edit the .py and run 'make pair'"
    header = script.read_text(encoding="utf-8").split("# ---")[1]
    assert "name: python3" in header, "no kernel named in the script's header"


@each
def test_source_notebooks_hold_no_outputs(path):
    assert all(not c.outputs and c.execution_count is None for c in cells(path, "code"))


@each
def test_the_parameters_cell_is_one_of_literals_that_open_the_quick_study(path):
    tagged = [c for c in cells(path, "code") if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    body = ast.parse(tagged[0].source).body
    assert all(isinstance(node, ast.AnnAssign) for node in body)
    defaults = {node.target.id: ast.literal_eval(node.value) for node in body}
    assert set(papermill.inspect_notebook(str(path))) == set(defaults)
    assert list(defaults) == list(inspect.signature(open_study).parameters)[:2]
    assert defaults == {"name": "quick", "changes": {}}
    assert load_params(defaults["name"])


@each
def test_no_machinery_in_a_notebook(path):
    for cell in cells(path, "code"):
        assert not re.search(r"^\s*[!%]", cell.source, re.M), "shell or magic line"
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            assert not isinstance(
                node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.For | ast.While | ast.Try | ast.With
            ), f"{type(node).__name__} in a cell of {path.name}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "/" not in node.value, f"a path in {path.name}: {node.value!r}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
                assert all(n.split(".")[0] in ("study_utils", "pandas") for n in names)


@each
def test_cells_are_short_and_text_leads(path):
    code = cells(path, "code")
    lengths = [len(c.source.splitlines()) for c in code if "import" not in c.source]
    assert max(lengths) <= 8
    assert len(cells(path, "markdown")) * 2 >= len(code)
    headings = [line for c in cells(path, "markdown") for line in c.source.splitlines() if line.startswith("# ")]
    assert len(headings) == 1


@each
def test_the_answer_comes_first_and_how_it_was_made_last(path):
    order = nbformat.read(path, as_version=4).cells
    headings = [line[3:] for c in order for line in c.source.splitlines() if line.startswith("## ")]
    assert headings[:2] == [ANSWER, "Why it may be wrong"]
    last = headings[headings.index("Method") :]
    assert [name for name in last if name != "Checks"] == ["Method", "Limits", "Parameters", "Provenance"]
    place = {heading: n for n, c in enumerate(order) for heading in headings if c.source.startswith(f"## {heading}")}
    before = order[: place[ANSWER]]
    assert [c.cell_type for c in before] == ["markdown", *["code"] * (len(before) - 1)], "a title, then code alone"
    assert len(before[0].source.split()) <= 80
    imports = [c for c in order if c.cell_type == "code" and "import" in c.source]
    assert len(imports) == 1
    assert len(imports[0].source.splitlines()) <= 10
    answer = "\n".join(c.source for c in order[place[ANSWER] : place["Why it may be wrong"]])
    assert answer.count("report.say(") == 1
    assert 1 <= answer.count("report.keep_figure(") <= 2
    assert "keep_table" not in answer


@each
def test_every_table_and_figure_is_shown_by_the_report(path):
    """A frame that ends a cell would be shown as pandas does: uncut, with fractions and without units."""
    for cell in cells(path, "code"):
        last = ast.parse(cell.source).body[-1] if cell.source else None
        if isinstance(last, ast.Expr):
            called = ast.unparse(last.value.func)
            assert called.startswith("report.") or called in SHOWING, called


@each
def test_no_result_is_typed_into_the_text(path):
    text = "\n".join(c.source for c in cells(path, "markdown"))
    assert not re.findall(r"\d+\.\d+|\d+ ?%|\d+ points", text)


@each
def test_links_between_notebooks_lead_somewhere(path):
    text = "\n".join(c.source for c in cells(path, "markdown"))
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (path.parent / target).is_file() or (project_root() / target).is_file(), target
