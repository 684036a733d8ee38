"""What is committed under reports/: complete, and without a trace of the machine it was made on."""

import hashlib
import io
import json
import re
import zipfile

import nbformat
import pandas as pd
import pytest

from study_utils.paths import project_root

REPORTS = sorted(path.parent for path in (project_root() / "reports").glob("*/index.html"))
FOLDER_OF_A_MACHINE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|work|Users|opt|mnt)/\w")


@pytest.mark.parametrize("report", REPORTS, ids=lambda p: p.name)
def test_no_text_names_a_folder_of_a_machine(report):
    for path in [p for p in report.rglob("*") if p.suffix in (".ipynb", ".html", ".csv", ".json")]:
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


@pytest.mark.parametrize("report", REPORTS, ids=lambda p: p.name)
def test_every_file_is_as_its_manifest_says(report):
    content = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    told = {f"{name}.ipynb": entry["sha256"] for name, entry in content["notebooks"].items()}
    for entry in content["notebooks"].values():
        told |= entry.get("files", {})
    told |= content.get("pages", {})
    assert {name: hashlib.sha256((report / name).read_bytes()).hexdigest() for name in told} == told


ARCHIVES = sorted((project_root() / "reports").glob("*/*.zip"))


@pytest.mark.parametrize("file", ARCHIVES, ids=lambda p: f"{p.parent.name} {p.name}")
def test_archives_of_runs_hold_what_their_report_says(file):
    results = pd.read_csv(file.parent / "results.csv")
    with zipfile.ZipFile(file) as archive:
        for run, own in results.groupby("run"):
            scores = pd.read_parquet(io.BytesIO(archive.read(f"runs/{run}/scores.parquet")))
            both = own.merge(scores, on=["language", "metric"], suffixes=("", "_kept"))
            assert len(both) == len(own)
            assert both["value"].to_numpy() == pytest.approx(both["value_kept"].to_numpy(), abs=1e-6)


def test_reports_are_small():
    files = [path for path in (project_root() / "reports").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 30e6, "compress pictures, leave out what nobody opens"
