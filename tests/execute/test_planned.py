"""`--plan` shows what would be made, and all that can't be reached."""

from __future__ import annotations

import json

import pytest

from study_utils.errors import DataError, MissingRowsError
from study_utils.execute import driver, planned
from study_utils.execute.planned import plan_text, summary_text
from study_utils.plan import STAGES
from study_utils.study import open_study

SMALL = {"conditions": ["none"], "targets": ["intent"], "seeds": [0]}


@pytest.fixture
def study(tmp_path):
    return open_study("quick", {**SMALL, "artifacts": str(tmp_path / "a"), "reports": str(tmp_path / "r")})


def finish(study, stage, seconds=100.0, **facts):
    for run in study.plan.of_stage(stage):
        with study.store.writing(run.id, {"rows": dict.fromkeys(run.work.get("roles", ()), 8), **facts}):
            pass
        path = study.store.folder(run.id) / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": seconds}))


def shown(text):
    """Run ids of a plan's text to their status."""
    lines = [line.split() for line in text.splitlines()]
    return {words[0]: words[1] for words in lines if len(words) == 3 and words[1] in ("done", "again", "missing")}


def test_only_some_notebooks_show_their_runs_and_what_these_need(study):
    everything = set(study.plan.runs)
    assert set(shown(plan_text(study))) == everything
    trained = {run.id for run in study.plan.of_stage(STAGES[2])}
    needed = {name for run in trained for name in study.plan.runs[run].inputs}
    assert set(shown(plan_text(study, only=["03"]))) == trained | needed
    finish(study, STAGES[0])
    assert set(shown(plan_text(study, only=["03"]))) == trained
    assert not shown(plan_text(study, only=["05"]))


def test_force_shows_what_is_made_again_with_the_time_it_took(study):
    finish(study, STAGES[0])
    text = plan_text(study, only=["01"], force=True)
    assert set(shown(text).values()) == {"again"}
    count = len(study.plan.of_stage(STAGES[0]))
    assert f"{count} runs: {count} done, 0 stale, 0 missing, all of them anew" in text
    left = 100.0 * count + driver.STAGE_SECONDS
    assert f"about {driver.clock(left)} of work left" in text
    assert [run.id for run in study.plan.to_make(study.store, {STAGES[0]})] == []


def test_a_mirror_that_is_not_there_is_found_though_no_task_needs_it(tmp_path):
    changes = {**SMALL, "artifacts": str(tmp_path), "mirror": str(tmp_path / "none")}
    with pytest.raises(DataError, match="mirror: there is no folder"):
        open_study("quick", changes)
    assert "this can't be reached:\nmirror: there is no folder" in plan_text(
        open_study("quick", changes, absent_ok=True)
    )


def test_rows_of_a_hub_that_does_not_answer_are_found_before_work_starts(study, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(driver, "hub_trouble", lambda: "no route")
    monkeypatch.setattr(driver, "is_kept", lambda *_: False)
    changes = {"conditions": ["none"], "targets": ["xnli"], "tasks": {}, "artifacts": str(tmp_path)}
    remote = open_study("quick", {**changes, "languages": ["en", "de"]})
    assert "rows of xnli come from the hub, which can't be reached (no route)" in plan_text(remote)
    with pytest.raises(MissingRowsError, match="rows of xnli come from the hub"):
        driver.run_study(remote)
    assert "can't be reached" not in plan_text(study), "the starter suite needs no hub"
    monkeypatch.setattr(driver, "is_kept", lambda *_: True)
    assert "can't be reached" not in plan_text(remote)


@pytest.mark.parametrize("told", [plan_text, summary_text])
def test_runs_of_another_processor_are_told_before_more_are_made_here(study, told, monkeypatch):
    monkeypatch.setattr(planned, "processor", lambda: "Model B")
    finish(study, STAGES[0])
    finish(study, STAGES[2], device="Model B, cpu, 1 thread, float32")
    assert "one model of processor" not in told(study)
    monkeypatch.setattr(planned, "processor", lambda: "Model C")
    assert "1 run on Model B; what is left is made here, on Model C." in told(study)


@pytest.mark.parametrize("told", [plan_text, summary_text])
def test_runs_in_bf16_on_a_processor_that_emulates_it_are_told(study, told, monkeypatch, tmp_path):
    monkeypatch.setattr(planned, "emulated_bf16", lambda: 59.6)
    assert "emulates" not in told(study), "it computes in float32"
    asked = open_study("quick", {**SMALL, "artifacts": str(tmp_path), "precision": "bf16", "device": "cpu"})
    assert "warning: this processor has no bf16 and emulates it: matrix products take 60 times as long" in told(asked)
    monkeypatch.setattr(planned, "emulated_bf16", lambda: 1.0)
    assert "emulates" not in told(asked)
