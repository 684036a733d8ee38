"""A report is what its manifest says: what is missing or changed is made again, and nothing else."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from study_utils.errors import EncoderError, ParameterError
from study_utils.execute.driver import run_study
from study_utils.plan import STAGES
from study_utils.runs.make import ensure
from study_utils.study import open_study

STUDY = """\
title: Small
encoders: [e5_small]
conditions: [none]
targets: [messages]
languages: [en, de]
seeds: [0]
"""
CELLS = (
    "import os, sys, tempfile\n"
    "import pandas as pd\n"
    "from study_utils.report.outputs import save_table\n"
    "from study_utils.study import open_study\n"
    "study = open_study(name, changes)",
    "table = pd.DataFrame({'x': [1, 2], 'where': [str(study.report.parent.parent), tempfile.gettempdir() + '/x']})\n"
    "save_table(table, study.report / 'tables', 'numbers').name",
    "row = {'encoder': 'e5_small', 'condition': 'none', 'task': 'messages', 'variant': 'clean', 'seed': 0, 'n': 10,\n"
    "       'metric': 'accuracy_from_english', 'value': 0.9, 'zero_shot': True, 'same_data': False, 'primary': True}\n"
    "results = pd.DataFrame([row | {'language': code} for code in ('de', 'fr')]).assign(run=table['where'])\n"
    "save_table(results, study.report, 'results').name",
    "print(os.getcwd(), study.report)\nprint(sys.executable)",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project folder with one study and one notebook, which needs no runs; and its report."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "params").mkdir()
    (folder / "params" / "small.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "params" / "other.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "notebooks").mkdir()
    parameters = new_code_cell('name: str = "small"\nchanges: dict = {}')
    parameters.metadata["tags"] = ["parameters"]
    cells = [new_markdown_cell("# Title"), parameters, *map(new_code_cell, CELLS)]
    content = new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    nbformat.write(content, folder / "notebooks" / "05_family_robustness.ipynb")
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture
def small(project, capsys):
    study = open_study("small")
    assert run_study(study) == []
    capsys.readouterr()
    return study


def files(study):
    return {p.relative_to(study.report).as_posix(): p for p in sorted(study.report.rglob("*")) if p.is_file()}


def stamps(study):
    return {name: (path.stat().st_mtime_ns, path.read_bytes()) for name, path in files(study).items()}


def test_a_second_run_touches_nothing(small, capsys):
    before = stamps(small)
    assert set(before) == {
        *("05_family_robustness.ipynb", "05_family_robustness.html", "index.html", "manifest.json"),
        *("explore.html", "ro-crate-metadata.json"),
        *("results.csv", "tables/numbers.csv"),
    }
    assert run_study(open_study("small")) == []
    assert stamps(small) == before
    assert capsys.readouterr().out == "05_family_robustness: up to date\n"


@pytest.mark.parametrize("name", ["index.html", "05_family_robustness.html"])
@pytest.mark.parametrize(
    ("damage", "told"), [(Path.unlink, "is missing"), (lambda path: path.write_text("edited"), "was changed")]
)
def test_pages_alone_are_written_again(small, capsys, name, damage, told):
    before = stamps(small)
    damage(small.report / name)
    assert run_study(open_study("small")) == []
    after = stamps(small)
    assert {k: v[1] for k, v in after.items()} == {k: v[1] for k, v in before.items()}
    assert after["05_family_robustness.ipynb"] == before["05_family_robustness.ipynb"], "not executed again"
    assert f"pages: {name} {told}: written anew" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["results.csv", "tables/numbers.csv", "05_family_robustness.ipynb"])
def test_a_changed_file_of_a_notebook_is_made_again(small, capsys, name):
    before = stamps(small)
    (small.report / name).write_text("edited")
    assert run_study(open_study("small")) == []
    assert f"05_family_robustness: {name} was changed" in capsys.readouterr().out
    after = stamps(small)
    assert set(after) == set(before)
    for table in ("results.csv", "tables/numbers.csv"):
        assert after[table][1] == before[table][1]
    assert nbformat.read(small.report / "05_family_robustness.ipynb", as_version=4)


def test_a_kill_between_notebook_and_page_leaves_no_old_page(small, monkeypatch):
    page = small.report / "05_family_robustness.html"
    (small.report / "results.csv").unlink()
    page_before = page.read_text()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("study_utils.report.study_site.build_study_site", killed)
    with pytest.raises(KeyboardInterrupt):
        run_study(open_study("small"))
    assert page.read_text() == page_before, "as it was before the notebook was executed"
    page.write_text("the page of an older notebook")
    monkeypatch.undo()
    assert run_study(open_study("small")) == []
    assert "numbers.csv" in page.read_text()


def test_no_file_of_a_report_names_a_folder_of_this_machine(small, project):
    texts = {name: path.read_text(encoding="utf-8") for name, path in files(small).items()}
    for name, text in texts.items():
        for place in (str(project), "/tmp/", sys.prefix, str(Path.home()) + "/"):
            assert place not in text, name
    assert "./notebooks reports/small" in texts["05_family_robustness.html"]
    assert [line.split(",")[-1] for line in texts["results.csv"].splitlines()[1:]] == [".", "…/x"]


def test_a_kernel_of_the_same_name_from_elsewhere_is_not_run(small, tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    (small.report / "results.csv").unlink()
    assert run_study(open_study("small")) == []


@pytest.mark.usefixtures("project")
def test_the_tour_reads_the_finished_report_of_its_study_and_is_one_of_its_pages(project, capsys):
    (project / "params" / "quick.yaml").write_text(STUDY, encoding="utf-8")
    parameters = new_code_cell('name: str = "quick"\nseeds: list = [0]')
    parameters.metadata["tags"] = ["parameters"]
    read = new_code_cell("from study_utils.report import open_report\nlen(open_report(name).results())")
    source = nbformat.read(project / "notebooks" / "05_family_robustness.ipynb", as_version=4)
    tour = new_notebook(cells=[new_markdown_cell("# A tour"), parameters, read], metadata=source.metadata)
    nbformat.write(tour, project / "notebooks" / "00_tour.ipynb")
    assert run_study(open_study("quick")) == []
    told = capsys.readouterr().out
    assert told.index("05_family_robustness: done") < told.index("00_tour: done")
    report = project / "reports" / "quick"
    assert 'href="00_tour.html"' in (report / "index.html").read_text(encoding="utf-8")
    assert 'href="quick/00_tour.html"' in (project / "reports" / "index.html").read_text(encoding="utf-8")
    executed = nbformat.read(report / "00_tour.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0]["data"]["text/plain"] == "2"
    before = stamps(open_study("quick"))
    assert run_study(open_study("quick")) == []
    assert "00_tour: up to date" in capsys.readouterr().out
    assert stamps(open_study("quick")) == before
    changed = open_study("quick", {"seeds": [1]})
    assert run_study(changed) == []
    assert not (changed.report / "00_tour.html").exists()


def test_changes_have_a_report_of_their_own():
    plain, changed = open_study("small"), open_study("small", {"seeds": [0, 1]})
    assert plain.name == "small"
    assert changed.name.startswith("small-")
    assert open_study("small", {"seeds": [0, 1]}).name == changed.name
    assert open_study("small", {"seeds": [1, 0]}).name != changed.name
    assert open_study("small", {"device": "cpu"}).name == "small", "changes no result"
    assert open_study("small", {"seeds": [0, 1], "name": "mine"}).name == "mine"
    assert open_study("small", {"limit": 4}).name == "small-limit4"
    assert open_study("small", {"limit": 4, "name": "mine"}).name == "mine-limit4"
    with pytest.raises(ParameterError, match="'other' is that of another study"):
        open_study("small", {"name": "other"})
    with pytest.raises(ParameterError, match=r"name .from --set.: a name is at most 80 letters"):
        open_study("small", {"name": "../small"})


def test_a_report_of_other_parameters_is_not_mixed_with(small, project):
    manifest = small.report.parent / "mine" / "manifest.json"
    assert run_study(open_study("small", {"name": "mine"})) == []
    before = manifest.read_bytes()
    changed = open_study("small", {"name": "mine", "seeds": [1]})
    told = r"other parameters \(seeds\): give another --name, or make that report anew with these, .*: --replace"
    for force in (False, True):
        with pytest.raises(ParameterError, match=told):
            run_study(changed, force=force)
    with pytest.raises(ParameterError, match="--only would mix them"):
        run_study(changed, only=["05"], replace=True)
    with pytest.raises(ParameterError, match="is the report of study 'small'"):
        run_study(open_study("other", {"name": "mine"}), replace=True)
    assert manifest.read_bytes() == before
    content = json.loads(before)
    content["notebooks"]["06_gone"] = {"files": {"tables/old.csv": "0"}, "sha256": "0", "seconds": 1.0}
    manifest.write_text(json.dumps(content))
    (manifest.parent / "tables" / "old.csv").write_text("x")
    (manifest.parent / "notes.txt").write_text("of the reader's own")
    assert run_study(open_study("small", {"name": "mine"})) == []
    assert not (manifest.parent / "tables" / "old.csv").exists(), "of a notebook that the study no longer has"
    assert (manifest.parent / "notes.txt").exists()


def test_a_report_grows_by_a_seed_from_runs_that_are_done(tmp_path, tiny_encoder, monkeypatch, capsys):
    monkeypatch.chdir(Path(__file__).parents[2])
    changes = {
        **{"encoders": [str(tiny_encoder)], "conditions": ["none"], "targets": ["intent"], "name": "grown"},
        **{"languages": ["en", "de"], "seeds": [0], "target.examples": 20, "evaluation.examples": 5, "device": "cpu"},
        **{"artifacts": str(tmp_path / "artifacts"), "reports": str(tmp_path / "reports")},
    }
    executed, made = [], []

    def copy(source, output, *_, **__):
        executed.append(source.stem)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(source.read_bytes())

    def make(study, run, progress):
        made.append(run.id)
        return ensure(study, run, progress)

    monkeypatch.setattr("study_utils.execute.driver.execute_notebook", copy)
    monkeypatch.setattr("study_utils.execute.stage.ensure", make)
    monkeypatch.setattr("study_utils.report.study_site.build_study_site", lambda *_: None)
    monkeypatch.setattr("study_utils.report.study_site.page_hashes", lambda *_: {})
    assert run_study(open_study("quick", changes)) == []
    one, notebooks = set(made), set(executed)
    made.clear(), executed.clear()
    more = {**changes, "seeds": [0, 1]}
    with pytest.raises(ParameterError, match="--replace"):
        run_study(open_study("quick", more))
    assert run_study(open_study("quick", more), replace=True) == []
    assert made, "runs of the new seed"
    assert one.isdisjoint(made), "what was done is used again"
    assert set(executed) == notebooks, "of one set of parameters, all of them"
    capsys.readouterr()
    assert run_study(open_study("quick", more)) == []
    assert capsys.readouterr().out.count("up to date") == len(notebooks), "the report is now of these parameters"


def test_a_failing_run_stops_only_notebooks_that_need_it(tmp_path, tiny_encoder, monkeypatch, capsys):
    monkeypatch.chdir(Path(__file__).parents[2])
    changes = {
        **{"encoders": [str(tiny_encoder)], "conditions": ["none", "message_order"], "targets": ["intent"]},
        **{"languages": ["en", "de"], "seeds": [0], "intermediate.examples": 20},
        **{"target.examples": 20, "evaluation.examples": 5, "device": "cpu", "questions": ["families"]},
        **{"artifacts": str(tmp_path / "artifacts"), "reports": str(tmp_path / "reports")},
    }
    study, executed = open_study("quick", changes), []

    def copy(source, output, *_, **__):
        executed.append(source.stem)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(source.read_bytes())

    def make(study, run, progress):
        if run.stage == STAGES[2]:
            raise EncoderError("weights that are no numbers")
        return ensure(study, run, progress)

    monkeypatch.setattr("study_utils.execute.driver.execute_notebook", copy)
    monkeypatch.setattr("study_utils.execute.stage.ensure", make)
    failures = run_study(study)
    assert executed == [*STAGES[:2]]
    assert len(failures) == 3
    assert "weights that are no numbers" in failures[0]
    assert failures[-1] == "2 runs that need these were left out"
    assert "05_family_robustness: left out, not all of its runs are made" in capsys.readouterr().out
    assert not (study.report / "index.html").exists(), "no page says that the study is whole"
