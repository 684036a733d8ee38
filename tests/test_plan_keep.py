"""Which weights are kept, and scoring of every epoch: what they change in the plan, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_plan_regimes import REGIMES, STUDY, by_name

import study_utils.plan.grid as grid
import study_utils.plan.rows as plan_rows
from study_utils.catalog.conditions import CONDITIONS, Condition, Stage
from study_utils.errors import ParameterError
from study_utils.params import load_params
from study_utils.plan import STAGES, make_plan


@pytest.fixture
def plan(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "starter"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")
    path = tmp_path / "pinned.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return lambda **changes: make_plan(load_params(str(path), changes))


def test_the_defaults_said_aloud_change_no_id(plan):
    said = {"target.keep": "best", "intermediate.keep": "best", "target.keep_epochs": False}
    assert set(plan(**said).runs) == set(plan().runs)


@pytest.mark.parametrize("keep", ["last", "mean"])
def test_what_is_kept_changes_its_stage_and_what_follows(plan, keep):
    changed = {name.split("-")[0] for name in set(plan(**{"target.keep": keep}).runs) ^ set(plan().runs)}
    assert changed == {"target", "predict"}
    intermediate = plan(**{"intermediate.keep": keep})
    assert not [name for name in set(intermediate.runs) ^ set(plan().runs) if "-none-" in name]
    ((first, second),) = [
        [by_name(made)["target-slots-none-e5_small-s0"].id for made in (plan(), plan(**{"tasks.slots.keep": keep}))]
    ]
    assert first != second
    only_slots = set(plan(**{"tasks.slots.keep": keep}).runs) - set(plan().runs)
    assert all("-slots-" in name for name in only_slots)


def test_three_ways_have_three_ids(plan):
    runs = [plan(**{"target.keep": keep}) for keep in ("best", "last", "mean")]
    assert len({by_name(made)["target-intent-none-e5_small-s0"].id for made in runs}) == 3


def test_few_shots_choose_no_epoch_but_can_be_averaged(plan):
    def few(**changes):
        made = plan(conditions=["none", "few_shot"], targets=["slots"], seeds=[0], **changes)
        return by_name(made)["target-slots-few_shot-fr-e5_small-s0"]

    assert few().work["settings"]["keep"] == "last"
    assert few(**{"target.keep": "mean"}).work["settings"]["keep"] == "mean"
    kept = few(**{"target.keep_epochs": True})
    assert not kept.work["settings"]["keep_epochs"], "no epochs of these passes are scored"


def test_every_epoch_of_an_english_fine_tuning_is_scored(plan):
    made = plan(**{"target.keep_epochs": True})
    assert set(plan().runs) & set(made.runs) == {run.id for run in plan().runs.values() if run.kind == "data"} | {
        run.id for run in plan().of_stage(STAGES[1])
    } | {run.id for run in plan().runs.values() if "-messages-" in run.name}
    assert len(made.cells) == len(plan().cells)
    trained = 2 * 3 * 2  # seeds, conditions, targets that are fine-tuned
    assert len(made.epochs) == trained * 2
    assert sorted({cell.epoch for cell in made.epochs}) == [1, 2]
    ends = {(c.encoder, c.condition, c.task, c.seed): made.runs[c.run].work["start"] for c in made.cells}
    for cell in made.epochs:
        run = made.runs[cell.run]
        assert run.work["start"] == ends[cell.encoder, cell.condition, cell.task, cell.seed]
        assert run.work["epoch"] == run.identity["epoch"] == cell.epoch
        assert run.name.endswith(f"-epoch{cell.epoch}")
    assert len({cell.run for cell in made.epochs}) == len(made.epochs)


def test_epochs_of_an_intermediate_stage_are_scored_where_nothing_is_fine_tuned(plan):
    made = plan(**{"intermediate.keep_epochs": True, "intermediate.epochs": 3})
    assert {cell.task for cell in made.epochs} == {"messages"}
    assert {cell.condition for cell in made.epochs} == {"utterance_domain", "utterance_match"}
    assert len(made.epochs) == 2 * 2 * 3
    assert all(made.runs[made.runs[c.run].work["start"]].stage == STAGES[1] for c in made.epochs)


def test_only_the_last_of_several_stages_keeps_its_epochs(plan, monkeypatch):
    stages = (Stage(tasks=("utterance_domain",)), Stage(tasks=("utterance_match",)))
    monkeypatch.setitem(CONDITIONS, "both", Condition(key="both", title="Both", stages=stages, reason="r"))
    made = plan(conditions=["none", "both"], seeds=[0], **{"intermediate.keep_epochs": True})
    stages = made.of_stage(STAGES[1])
    assert [run.work["settings"].get("keep_epochs", False) for run in stages] == [False, True]


def test_other_regimes_keep_no_epochs(plan):
    made = plan(conditions=["none", *REGIMES], targets=["intent"], seeds=[0], **{"target.keep_epochs": True})
    keeping = [run.name for run in made.of_stage(STAGES[2]) if run.work["settings"].get("keep_epochs")]
    assert keeping == ["target-intent-none-e5_small-s0"]
    assert {cell.condition for cell in made.epochs} == {"none"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target.keep": "men"}, r"target.keep .*'best', 'last' or 'mean'; got 'men'"),
        ({"target.keep_epochs": 1}, "target.keep_epochs"),
        ({"target.keep_epochs": True, "target.patience": 2}, "target: keep_epochs with patience"),
        ({"tasks.slots.keep_epochs": True, "tasks.slots.patience": 2}, "tasks.slots: keep_epochs with patience"),
        ({"intermediate.keep_epochs": True, "targets": ["intent"]}, "every target is fine-tuned"),
        ({"target.keep_epochs": True, "targets": ["messages"]}, "no target of the study is fine-tuned"),
        ({"tasks.messages.keep_epochs": True}, "tasks.messages.keep_epochs: the target is not fine-tuned"),
    ],
)
def test_what_cannot_be_scored_is_refused(plan, changes, message):
    with pytest.raises(ParameterError, match=message):
        plan(**changes)
