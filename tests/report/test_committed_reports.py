"""What is committed under reports/: complete, and without a trace of the machine it was made on."""

import json
import re

import nbformat
import pytest

from study_utils.paths import project_root

REPORTS = sorted(path.parent for path in (project_root() / "reports").glob("*/index.html"))
FOLDER_OF_A_MACHINE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|work|Users|opt|mnt)/\w")


@pytest.mark.parametrize("report", REPORTS, ids=lambda p: p.name)
def test_no_text_names_a_folder_of_a_machine(report):
    for path in [p for p in report.rglob("*") if p.suffix in (".ipynb", ".html", ".csv", ".json", ".svg")]:
        found = FOLDER_OF_A_MACHINE.search(path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"


@pytest.mark.parametrize("report", REPORTS, ids=lambda p: p.name)
def test_every_notebook_ran_to_its_end_and_has_its_page(report):
    notebooks = json.loads((report / "manifest.json").read_text(encoding="utf-8"))["notebooks"]
    assert list(notebooks) == [path.stem for path in sorted(report.glob("*.ipynb"))]
    for name in notebooks:
        assert (report / f"{name}.html").is_file()
        code = [c for c in nbformat.read(report / f"{name}.ipynb", as_version=4).cells if c.cell_type == "code"]
        assert not [o for c in code for o in c.outputs if o.output_type == "error"]
        assert all(c.execution_count for c in code), "a cell was not executed"
