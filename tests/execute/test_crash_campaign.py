"""The crash campaign runs, and sees what it is there to see; dozens of kills are for a command (CONTRIBUTING)."""

from __future__ import annotations

import importlib

import pytest
from filelock import FileLock

from study_utils.paths import project_root


@pytest.fixture
def campaign(monkeypatch):
    monkeypatch.syspath_prepend(project_root() / "benchmarks")
    return importlib.import_module("crash_campaign")


def test_ended_by_a_signal_or_killed_it_continues_to_the_same_files(campaign, capsys):
    options = "--kills 2 --only 02 --kind terminate --kind main --seed 1".split()
    status, told = campaign.main(options), capsys.readouterr().out
    assert status == 0, told
    assert "2 kills in" in told
    assert "0 faults" in told
    assert "as the undisturbed study" in told


def test_a_changed_missing_or_new_file_is_a_difference(campaign, tmp_path):
    folder = tmp_path / "artifacts" / "runs" / "train-1"
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "history.parquet", "scores.parquet"):
        (folder / name).write_bytes((2).to_bytes(8, "little") + b"{}" + name.encode())
    undisturbed = campaign.files_of(tmp_path)
    assert list(campaign.differences(tmp_path, undisturbed)) == []
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}other")
    (folder / "history.parquet").unlink()
    (folder / "new.parquet").write_text("")
    told = [text.removeprefix("artifacts/runs/train-1/") for text in campaign.differences(tmp_path, undisturbed)]
    assert told == [
        "history.parquet is too much or missing",
        "model.safetensors differs",
        "new.parquet is too much or missing",
    ]


def test_hours_in_tables_make_no_difference_and_other_numbers_do(campaign, tmp_path):
    table = tmp_path / "reports" / "detectable.csv"
    table.parent.mkdir()
    table.write_text("seeds,hours,hours_left,gain\n3,0.1,0,20.16\n")
    undisturbed = campaign.files_of(tmp_path)
    table.write_text("seeds,hours,hours_left,gain\n3,0.2,0.1,20.16\n")
    assert list(campaign.differences(tmp_path, undisturbed)) == []
    table.write_text("seeds,hours,hours_left,gain\n3,0.1,0,20.17\n")
    assert list(campaign.differences(tmp_path, undisturbed)) == ["reports/detectable.csv differs"]


def test_half_done_folders_part_files_and_held_locks_are_leftovers(campaign, tmp_path):
    (tmp_path / "artifacts" / "runs" / "train-1.partial").mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / ".04.part.ipynb").write_text("")
    free, held = tmp_path / "free.lock", FileLock(tmp_path / "held.lock")
    free.touch()
    with held:
        told = set(campaign.leftovers(tmp_path))
    assert told == {
        "artifacts/runs/train-1.partial is left",
        "reports/.04.part.ipynb is left",
        "held.lock is held",
    }
