"""The RO-Crate of a report, read back by the library that reads them."""

from __future__ import annotations

import json

import pytest
from rocrate.rocrate import ROCrate

from study_utils.report.crate import CRATE, write_crate


@pytest.fixture
def report(tmp_path):
    for name in (
        "index.html",
        "results.csv",
        "05_a.ipynb",
        "figures/gains.png",
        "tables/gains.csv",
        "05_a.failed.ipynb",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    return tmp_path


def test_it_names_every_file_of_the_report_once_and_no_other(report):
    write_crate(report, title="A study", description="Small.")
    crate = ROCrate(report)
    names = [entity.id for entity in crate.data_entities]
    assert sorted(names) == ["05_a.ipynb", "figures/gains.png", "index.html", "results.csv", "tables/gains.csv"]
    assert crate.dereference("figures/gains.png")["encodingFormat"] == "image/png"
    assert crate.mainEntity.id == "index.html"
    assert (crate.name, crate.description) == ("A study", "Small.")
    assert crate.license.id.endswith("Apache-2.0")
    assert crate.dereference("#making")["instrument"]["name"] == "study-utils"


def test_the_root_has_what_the_specification_demands(report):
    content = json.loads(write_crate(report, title="A study", description="").read_text(encoding="utf-8"))
    root = next(entity for entity in content["@graph"] if entity["@id"] == "./")
    assert {"name", "description", "datePublished", "license"} <= set(root)
    assert root["description"] == "A study"


def date_in(report):
    content = json.loads((report / CRATE).read_text(encoding="utf-8"))
    return next(entity["datePublished"] for entity in content["@graph"] if entity["@id"] == "./")


def test_building_again_keeps_the_date_until_something_changes(report):
    path = write_crate(report, title="A study", description="Small.")
    path.write_text(path.read_text(encoding="utf-8").replace(date_in(report), "2001-02-03"), encoding="utf-8")
    before = path.read_bytes()
    write_crate(report, title="A study", description="Small.")
    assert path.read_bytes() == before
    (report / "figures" / "new.png").write_text("x", encoding="utf-8")
    write_crate(report, title="A study", description="Small.")
    assert date_in(report) != "2001-02-03"
