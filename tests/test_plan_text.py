"""Text mixed into a stage: which rows, in which languages, and that no other run's id changes."""

from __future__ import annotations

import dataclasses

import pytest
import yaml

import study_utils.plan.grid as grid
import study_utils.plan.rows as plan_rows
from study_utils.catalog import CONDITIONS, TASKS
from study_utils.errors import EncoderError, ParameterError
from study_utils.params import load_params
from study_utils.plan import STAGES, make_plan

STUDY = {
    "title": "Text",
    "encoders": ["e5_small"],
    "conditions": ["none", "mnli", "mnli+mlm"],
    "targets": ["xnli", "tatoeba"],
    "languages": ["en", "de", "sw"],
    "seeds": [0],
    "intermediate": {"examples": 40, "validation_examples": 10, "new_mlm_head": True},
}


@pytest.fixture(autouse=True)
def _fixed_sources(monkeypatch):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "hub"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")
    before = dict(CONDITIONS)
    yield
    CONDITIONS.clear()
    CONDITIONS.update(before)


@pytest.fixture
def params(tmp_path):
    def params(changes=None, **fields):
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(STUDY | fields), encoding="utf-8")
        return load_params(str(path), changes)

    return params


def by_name(plan):
    return {run.name: run for run in plan.runs.values()}


def text_of(plan):
    (run,) = [run for run in plan.runs.values() if run.name.endswith("text-multilingual")]
    return run


def test_a_stage_trains_on_its_tasks_and_on_text_in_the_scored_languages(params):
    runs = by_name(make_plan(params()))
    plain, mixed = runs["intermediate-mnli-e5_small-s0"], runs["intermediate-mnli+mlm-e5_small-s0"]
    assert list(mixed.work["data"]) == ["mnli", "sib200_text"]
    assert mixed.work["data"]["mnli"] == plain.work["data"]["mnli"]
    assert mixed.work["settings"] == plain.work["settings"]
    text = runs["data-sib200_text-multilingual"]
    assert text.work["parts"] == {
        "train": (("train", ("en", "de", "sw")),),
        "validation": (("validation", ("en",)),),
    }
    assert text.work["pooled"]
    assert text.work["roles"] == {"train": 40, "validation": 10}


def test_no_other_run_changes(params):
    without = make_plan(params(conditions=["none", "mnli"]))
    assert set(without.runs) < set(make_plan(params()).runs)
    other = make_plan(params({"intermediate.mlm_text": "message_text", "intermediate.mlm_examples": 5},
                             conditions=["none", "mnli"]))  # fmt: skip
    assert set(other.runs) == set(without.runs)


def test_what_the_text_is_changes_only_the_runs_that_read_it(params):
    one, other = make_plan(params()), make_plan(params({"intermediate.mlm_examples": 7}))
    changed = [{**one.runs, **other.runs}[key].name for key in set(one.runs) ^ set(other.runs)]
    assert all("text" in name or "mnli+mlm" in name for name in changed)
    assert text_of(other).work["roles"]["train"] == 7
    starter = make_plan(params({"intermediate.mlm_text": "message_text"}))
    assert text_of(starter).work["task"] == "message_text"


@pytest.mark.parametrize(
    ("conditions", "intermediate", "expected"),
    [
        (["mnli+mlm"], {}, 392702),  # as many as are declared
        (["stsb+mlm"], {"examples": 9000}, 5749),
        (["stsb+mlm"], {"examples": 900}, 900),
        (["all_public+mlm"], {}, 131072),  # the cap of the mixture
        (["message_order+mlm"], {}, None),  # nothing states how many there are: all text
        (["none+mlm"], {"examples": 30}, 30),
        (["none+mlm"], {}, None),
        (["mnli+mlm"], {"mlm_examples": 12, "examples": 30}, 12),
    ],
)
def test_as_many_sentences_as_the_largest_task_counts_for(params, conditions, intermediate, expected):
    plan = make_plan(params(conditions=["none", *conditions], intermediate=intermediate | {"new_mlm_head": True}))
    assert text_of(plan).work["roles"]["train"] == expected


def test_text_alone_is_a_stage(params):
    runs = by_name(make_plan(params(conditions=["none", "none+mlm", "multilingual+mlm"], targets=["sib200"])))
    alone = runs["intermediate-none+mlm-e5_small-s0"]
    assert list(alone.work["data"]) == ["sib200_text"]
    assert runs["target-sib200-none+mlm-e5_small-s0"].work["start"] == alone.id
    assert runs["target-sib200-multilingual+mlm-e5_small-s0"].work["start"] in {
        run.id for run in runs.values() if run.stage == STAGES[1]
    }


def test_every_run_behind_a_score_is_known(params):
    plan = make_plan(params())
    (cell,) = [c for c in plan.cells if (c.condition, c.task) == ("mnli+mlm", "xnli")]
    assert [run.stage for run in plan.trained(cell.run)] == [STAGES[2], STAGES[1]]
    assert [plan.runs[key].work["task"] for key in plan.target_data(cell.run)] == ["xnli"]
    (raw,) = [c for c in plan.cells if (c.condition, c.task) == ("none", "tatoeba")]
    assert plan.trained(raw.run) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"conditions": ["none", "mnly+mlm"]}, r"Did you mean 'mnli\+mlm'"),
        ({"intermediate": {"mlm_text": "sib200_texts"}}, "Did you mean 'sib200_text'"),
        ({"intermediate": {"mlm_text": "mnli"}}, "unknown text task 'mnli'"),
        ({"targets": ["afrisenti"], "languages": ["pcm"]}, "has none of the study's languages; it has en af"),
        ({"mixtures": {"mine": ["mnli", "stbs"]}}, "mixtures: unknown task 'stbs'.*Did you mean 'stsb'"),
        ({"mixtures": {"mine": ["mnli", "squad1"]}, "conditions": ["none", "mnie"]}, "Did you mean 'mnli' or 'mine'"),
        ({"mixtures": {"mnli": ["qqp", "squad1"]}}, "needs another key"),
    ],
)
def test_bad_choices_are_refused_when_the_study_is_read(params, fields, said):
    with pytest.raises(ParameterError, match=said.replace("it has en af", "it has en, af")):
        params(**fields)


def test_a_mixture_of_the_studys_own_is_planned_and_guarded(params):
    mine = {"mixtures": {"mine": ["mnli", "squad1"]}, "conditions": ["none", "mine", "mine+mlm"]}
    runs = by_name(make_plan(params(**mine)))
    assert list(runs["intermediate-mine-e5_small-s0"].work["data"]) == ["mnli", "squad1"]
    assert list(runs["intermediate-mine+mlm-e5_small-s0"].work["data"]) == ["mnli", "squad1", "sib200_text"]


def test_a_mixture_that_trains_on_rows_of_a_target_is_refused(params, monkeypatch):
    rows = TASKS["xnli"].test
    leaky = dataclasses.replace(TASKS["sst2"], train=dataclasses.replace(rows, configs={"en": "en"}))
    monkeypatch.setitem(TASKS, "sst2", leaky)
    with pytest.raises(ParameterError, match="'mine' trains or selects on rows of target 'xnli'"):
        params(mixtures={"mine": ["mnli", "sst2"]}, conditions=["none", "mine"])


def test_text_made_of_a_targets_test_rows_is_refused(params, monkeypatch):
    text = TASKS["sib200_text"]
    leaky = dataclasses.replace(text, train=dataclasses.replace(text.train, split="test"))
    monkeypatch.setitem(TASKS, "sib200_text", leaky)
    with pytest.raises(ParameterError, match=r"'mnli\+mlm' trains or selects on rows of target 'sib200'"):
        params(targets=["sib200"])
    assert params(targets=["sib200"], conditions=["none", "mnli"])


def test_an_encoder_without_a_head_of_its_own_is_refused_unless_a_new_one_is_asked_for(params):
    with pytest.raises(EncoderError, match=r"'mnli\+mlm' goes on .* 'e5_small' has no head .*new_mlm_head=true"):
        make_plan(params({"intermediate.new_mlm_head": False}))
    plan = make_plan(params({"encoders": ["xlmr_base"], "intermediate.new_mlm_head": False}))
    assert set(plan.runs) == set(make_plan(params({"encoders": ["xlmr_base"]})).runs)
