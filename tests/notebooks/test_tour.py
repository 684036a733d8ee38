"""The tour: runs in seconds on results that come with the project, with both of its exercises."""

from __future__ import annotations

import ast
import re
import time

import jupytext
import nbformat
import pytest

from study_utils.errors import NotebookError, StoreError
from study_utils.execute.driver import has_tour, notebook_sources, select_notebooks
from study_utils.notebook.execute import execute_notebook
from study_utils.paths import project_root
from study_utils.report import finished, open_report
from study_utils.report.site import notebook_body, read_notebook
from study_utils.study import open_study

TOUR = project_root() / "notebooks" / "00_tour.ipynb"


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def pictures(path):
    outputs = [output for cell in cells(path, "code") for output in cell.outputs]
    return [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    def run(name, **parameters):
        path = tmp_path_factory.mktemp("tour") / f"{name}.ipynb"
        execute_notebook(TOUR, path, parameters)
        return path

    return run


def test_it_takes_seconds_and_each_exercise_changes_what_is_seen(executed):
    begun = time.monotonic()
    first = executed("first")
    assert time.monotonic() - begun < 60
    assert not [o for cell in cells(first, "code") for o in cell.outputs if o.output_type == "stream"], "a warning"
    other_seed = executed("seed", seeds=[12])
    other_condition = executed("condition", condition="utterance_similarity")
    assert len(pictures(first)) == len(pictures(other_seed)) == 3
    same = [a == b for a, b in zip(pictures(first), pictures(other_seed))]
    assert same == [True, False, True]
    same = [a == b for a, b in zip(pictures(first), pictures(other_condition))]
    assert same == [True, False, False]


def test_a_wrong_parameter_is_refused(executed):
    with pytest.raises(NotebookError, match="seed"):
        executed("wrong", seed=[12])


def test_script_and_notebook_agree_and_hold_no_outputs():
    pair = [jupytext.read(path).cells for path in (TOUR, TOUR.with_suffix(".py"))]
    texts = [[(c.cell_type, c.source, c.metadata.get("tags", [])) for c in one] for one in pair]
    assert texts[0] == texts[1], "they differ: run make pair"
    assert all(not cell.outputs for cell in cells(TOUR, "code"))


def test_it_is_for_reading():
    text = "\n".join(cell.source for cell in cells(TOUR, "markdown"))
    assert len(re.findall(r"^### Exercise \d", text, re.M)) == 2
    assert text.count("**Predict:**") + text.count("**predict**") == 2
    assert not re.findall(r"\d+\.\d+|\d+ ?%|\d+ points", text)
    for cell in cells(TOUR, "code"):
        assert len(cell.source.splitlines()) <= 8
        forbidden = ast.FunctionDef | ast.Lambda | ast.For | ast.While | ast.With | ast.Try
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, forbidden)]


def test_its_links_lead_somewhere():
    text = "\n".join(cell.source for cell in cells(TOUR, "markdown"))
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert len(targets) >= 2
    assert all((TOUR.parent / target).is_file() for target in targets)


def test_studies_leave_it_alone():
    assert TOUR not in notebook_sources()
    assert len(notebook_sources()) == len(list(TOUR.parent.glob("[0-9][0-9]_*.ipynb"))) - 1
    assert TOUR not in select_notebooks(("families",), ())


def test_its_study_makes_a_page_of_it_last_and_no_changed_study_does():
    assert TOUR.stem == finished.TOUR
    tagged = [cell for cell in cells(TOUR, "code") if "parameters" in cell.metadata.get("tags", [])]
    assert f'name: str = "{finished.TOUR_STUDY}"' in tagged[0].source
    assert select_notebooks(("families",), (), tour=True)[-1] == TOUR
    assert select_notebooks(("families",), ("00",), tour=True) == [TOUR]
    studies = [open_study("quick"), open_study("quick", {"seeds": [0]}), open_study("quick", {"limit": 4})]
    assert [has_tour(study) for study in studies] == [True, False, False]


def test_its_page_has_its_pictures_inside_and_stays_among_the_pages_of_its_report(executed):
    path = executed("page")
    body = notebook_body(path, pages=["05_family_robustness"])
    assert read_notebook(path).figures == (), "no file of the report has them"
    found = re.findall(r"<img[^>]*>", body)
    assert len(found) == 3
    assert all("data:image/png;base64," in one and re.search(r'alt="[^"]{20,}"', one) for one in found)
    assert 'href="05_family_robustness.html"' in body
    inside = path.parent.with_name("quick")
    path.parent.rename(inside)
    assert 'href="explore.html"' in notebook_body(inside / path.name, pages=[])


def test_a_report_that_is_not_there_and_a_table_that_it_lacks_are_named():
    with pytest.raises(StoreError, match=r"no results yet: run 'python run_all.py xtreme_r'"):
        open_report("xtreme_r")
    with pytest.raises(StoreError, match="no table 'nothing'; it has: "):
        open_report("quick").table("nothing")
