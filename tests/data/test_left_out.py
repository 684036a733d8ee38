"""What a file of tasks leaves out must be there, in some role and language: else a typing error keeps the rows."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.check import main
from study_utils.data.sources import load_rows, refuse_unmet
from study_utils.errors import DataError
from study_utils.runs.make import ensure
from study_utils.study import open_study

TASK = {
    **dict(title="T", format="classify", labels=["neg", "pos", "none"], metric="accuracy", licence="l", citation="c"),
    **dict(columns={"id": "i", "text": "t", "label": "y"}, folder="."),
    **{role: {"en": f"{role}.csv"} for role in ("train", "validation")},
    "test": {"en": "test.csv", "de": "test.de.csv"},
}
ROWS = {
    "train": "i,t,g,y\na,one,news,pos\nb,two,ads,neg\nc,three,news,none\nd,four,news,neg\n",
    "validation": "i,t,g,y\ne,five,news,pos\nf,six,news,neg\n",
    "test": "i,t,g,y\ng,seven,news,pos\nh,eight,news,neg\n",
    "test.de": "i,t,g,y\ni,acht,news,pos\nj,neun,Werbung,neg\n",
}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = [(now, dict(now)) for now in (TASKS, CONDITIONS)]
    yield
    for now, then in before:
        now.clear()
        now.update(then)


def declare(folder: Path, **fields: object) -> Path:
    for name, text in ROWS.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    path = folder / "tasks.yaml"
    path.write_text(yaml.safe_dump({"tasks": {"mine": TASK | fields}}), encoding="utf-8")
    return path


def prepare(folder: Path) -> None:
    """Make the test rows of a study that scores English alone."""
    study = {
        **dict(title="t", encoders=["e5_small"], conditions=["none"], targets=["mine"], seeds=[0], languages=["en"]),
        **dict(tasks_from=["tasks.yaml"], artifacts=str(folder / "artifacts"), device="cpu"),
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    opened = open_study(str(folder / "study.yaml"))
    run = next(run for run in opened.plan.runs.values() if run.id.startswith("data-mine-test"))
    ensure(opened, run, lambda *_: None)


MET = [
    {"without": ["b"]},  # in the training rows alone
    {"without": ["j"]},  # in a language that the study doesn't score
    {"leave_out": {"g": ["ads", "Werbung"]}},
    {"unlabelled": ["none", -1, None]},
]


@pytest.mark.parametrize("fields", MET)
def test_what_some_role_and_language_has_is_left_out(fields: dict, tmp_path: Path) -> None:
    assert main(["check", "--tasks-from", str(declare(tmp_path, **fields))]) == 0
    prepare(tmp_path)


UNMET = [
    ({"without": ["b", "B"]}, "without: 'B'"),
    ({"without": [2]}, "without: '2'"),
    ({"leave_out": {"g": ["ads", "Ads"]}}, "leave_out: 'Ads' in column 'g'"),
    ({"unlabelled": ["None"]}, "unlabelled: 'None'"),
    ({"test": {"files": TASK["test"], "without": ["b"]}}, "without: 'b'"),
]


@pytest.mark.parametrize(("fields", "said"), UNMET)
def test_what_no_row_has_is_refused(fields: dict, said: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["check", "--tasks-from", str(declare(tmp_path, **fields))]) == 1
    told = f"task 'mine': no row has what it leaves out ({said}): correct it, or take it out"
    assert told in capsys.readouterr().err
    with pytest.raises(DataError) as caught:
        prepare(tmp_path)
    assert str(caught.value) == told


def test_other_files_are_read_only_where_something_is_not_met(tmp_path: Path) -> None:
    enter_tasks(declare(tmp_path, without=["a"]))
    met = load_rows(TASKS["mine"], "train", languages=("en",), mirror=None).attrs["met"]
    (tmp_path / "test.csv").unlink()
    refuse_unmet(TASKS["mine"], met)
    refuse_unmet(TASKS["mine"], ())  # a file that is missing tells nothing of the rule
