"""The page to explore: what it holds, from hand-made reports and from one of every kind that is committed."""

from __future__ import annotations

import json
import re
import shutil

import pandas as pd
import pytest

from study_utils.catalog import TASKS
from study_utils.errors import AnalysisError
from study_utils.paths import project_root
from study_utils.report.explore import write_explore
from study_utils.report.explore_data import cell_rows, coded, estimate_rows
from study_utils.report.finished import read_table
from study_utils.report.study_site import rebuild_site

LINKS = [("index.html", "Overview"), ("explore.html", "Explore")]
CELLS = [
    ("none", "sib200", "de", 0, 0.5, True),
    ("none", "sib200", "fi", 0, 0.25, True),
    ("none", "sib200", "en", 0, 0.75, False),
    ("mnli", "sib200", "de", 0, 0.625, True),
    ("mnli", "sib200", "fi", 0, 0.25, True),
    ("mnli", "sib200", "en", 0, 0.5, False),
]


def results():
    table = pd.DataFrame(CELLS, columns=["condition", "task", "language", "seed", "value", "zero_shot"])
    table = table.assign(encoder="e5_small", variant="clean", metric="accuracy", n=8, same_data=False, run="r")
    return pd.concat([table, table.assign(metric="macro_f1", value=0.1)], ignore_index=True)


def test_cells_are_the_primary_metric_in_hundredths_with_gains_in_points():
    rows = cell_rows(results()).set_index(["condition", "language"])
    assert len(rows) == 6
    assert rows.loc[("MNLI", "German"), ["score", "gain"]].tolist() == [62.5, 12.5]
    assert rows.loc[("MNLI", "Finnish"), "gain"] == 0
    assert rows.loc[("MNLI", "English"), ["gain", "kind"]].tolist() == [-25, "trained in this language"]
    assert rows.loc["No intermediate task", "gain"].isna().all()
    assert rows.loc[("MNLI", "Finnish"), ["family", "kind", "seed"]].tolist() == ["Finnish", "zero-shot", "0"]


def test_a_results_table_that_cannot_be_analysed_is_refused():
    with pytest.raises(AnalysisError, match="no baseline"):
        cell_rows(results().query("condition == 'mnli'"))


def test_estimates_come_from_the_tables_that_a_report_has(tmp_path):
    assert estimate_rows(tmp_path).empty
    (tmp_path / "tables").mkdir()
    table = {
        **{"encoder": "e5_small", "variant": "clean", "condition": "mnli", "task": ["sib200", "xnli"]},
        **{"estimate": [0.01, -0.02], "low": [-0.005, None], "high": [0.025, None], "clear": [True, False]},
        **{"withheld": [None, "one language"], "n_languages": [12, 1], "n_seeds": 3},
    }
    pd.DataFrame(table).to_csv(tmp_path / "tables" / "task_gains.csv", index=False)
    first, second = estimate_rows(tmp_path).to_dict("records")
    assert (first["of"], first["group"], first["gain"], first["low"], first["high"]) == (
        "Target",
        "SIB-200",
        1,
        -0.5,
        2.5,
    )
    assert first["clear"] == "yes"
    assert pd.isna(second["low"])
    assert second["clear"] == "no interval: one language"


def test_packed_columns_unpack_to_the_same():
    frame = pd.DataFrame({"a": ["x", "y", "x"], "b": [1.5, None, -2.0]})
    assert coded(frame) == {"a": {"values": ["x", "y"], "codes": [0, 1, 0]}, "b": [1.5, None, -2.0]}


def test_a_report_without_results_has_no_such_page(tmp_path):
    assert write_explore(tmp_path, title="A", links=LINKS) is None
    assert list(tmp_path.iterdir()) == []


def test_its_navigation_is_that_of_the_other_pages_of_its_report(tmp_path):
    report = project_root() / "reports" / "multilingual"
    for path in (*report.glob("*.ipynb"), report / "results.csv", report / "manifest.json"):
        shutil.copy(path, tmp_path / path.name)
    for folder in ("figures", "tables"):
        shutil.copytree(report / folder, tmp_path / folder)
    rebuild_site(tmp_path)
    found = {}
    for path in tmp_path.glob("*.html"):
        inside = re.search(r"<nav.*?</nav>", path.read_text(encoding="utf-8"), re.S)[0]
        assert f'href="{path.name}" aria-current=page' in inside
        found[path.name] = inside.replace(" aria-current=page", "")
    assert len(found) > 5
    assert len(set(found.values())) == 1


def test_a_title_cannot_end_the_script_of_the_page(tmp_path):
    results().to_csv(tmp_path / "results.csv", index=False)
    page = write_explore(tmp_path, title="</script><b>", banner="<i>", links=LINKS)
    text = page.read_text(encoding="utf-8")
    assert "</script><b>" not in text
    assert text.count("</script>") == 3


@pytest.mark.parametrize("name", ["quick", "adversarial", "domain"])
def test_pages_of_studies_hold_every_cell_in_less_than_three_megabytes(tmp_path, name):
    report = project_root() / "reports" / name
    read_table(report / "results.csv").to_csv(tmp_path / "results.csv", index=False)
    text = write_explore(tmp_path, title=name, links=LINKS).read_text(encoding="utf-8")
    assert len(text.encode()) < 3e6
    content = json.loads(re.search(r'id="data">(.+?)</script>', text)[1])
    table = read_table(report / "results.csv")
    cells = table[table["metric"] == table["task"].map({key: task.metric for key, task in TASKS.items()})]
    assert len(cells) > 200
    assert len(content["cells"]["score"]) == len(cells)
    assert "default-src 'none'" in text
    assert not re.search(r" (?:src|href)=\"(?!explore|index|0|#)", re.sub(r"<script.+?</script>", "", text, flags=re.S))
