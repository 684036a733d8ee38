"""Conditions that fine-tune in other languages than English: their runs, cells and omissions; and ids of before."""

from __future__ import annotations

from pathlib import Path

import pytest

import study_utils.plan.grid as grid
import study_utils.plan.rows as plan_rows
from study_utils.errors import MissingRowsError, ParameterError
from study_utils.params import load_params
from study_utils.plan import STAGES, canonical_sha256, make_plan

STUDY = """
title: Pinned
encoders: [e5_small]
conditions: [none, utterance_domain, utterance_match]
targets: [intent, slots, messages]
seeds: [0, 1]
languages: [en, de, fr]
intermediate: {examples: 40, validation_examples: 10, epochs: 1}
target: {examples: 40, validation_examples: 10, epochs: 2}
tasks: {slots: {batch_size: 8}}
evaluation: {examples: 20, max_length: 48}
"""
REGIMES = ["in_language", "few_shot", "multilingual", "multilingual_sequential"]


@pytest.fixture(autouse=True)
def _fixed_sources(monkeypatch):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "starter"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")


@pytest.fixture
def plan(tmp_path: Path):
    path = tmp_path / "pinned.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return lambda **changes: make_plan(load_params(str(path), changes))


def by_name(plan):
    return {run.name: run for run in plan.runs.values()}


def cells(plan, condition, task="intent", seed=0):
    found = [c for c in plan.cells if (c.condition, c.task, c.seed) == (condition, task, seed)]
    return {code: plan.runs[c.run].name for c in found for code in c.languages}


def test_ids_stay_what_they_are(plan):
    """Another value means that no finished run of any user counts any more.

    If results have changed, raise a number of `VERSIONS` and say so in the changelog.
    """
    settings = {"target.patience": 2, "intermediate.head_learning_rate": 1e-3}
    how = {"device": "cpu", "precision": "float32", "threads": 1}
    made = plan(conditions=["none", "utterance_domain", *REGIMES], **settings, **how)
    assert len(made.runs) == 89
    assert canonical_sha256(sorted(made.runs)) == "545ea5ed41ea950efa517a8aa8481a8423f71055b2c0f8c070cc8e7c3e560752"


def test_other_regimes_leave_the_runs_there_were_alone(plan):
    before, after = plan(), plan(conditions=["few_shot", *REGIMES[2:], "in_language", "none", "utterance_domain",
                                             "utterance_match"])  # fmt: skip
    assert set(before.runs) < set(after.runs)
    assert not before.omissions


def test_a_run_for_each_language_and_english_from_the_baseline(plan):
    made = plan(conditions=["none", "in_language"], targets=["intent"], seeds=[0])
    assert cells(made, "in_language") == {
        "en": "predict-intent-none-e5_small-s0",
        "de": "predict-intent-in_language-de-e5_small-s0",
        "fr": "predict-intent-in_language-fr-e5_small-s0",
    }
    runs = by_name(made)
    german = runs["target-intent-in_language-de-e5_small-s0"]
    (data,) = german.work["data"].values()
    assert made.runs[data].work["parts"] == {
        "train": (("train_in", ("de",)),),
        "validation": (("validation_in", ("de",)),),
    }
    assert german.work["start"] is None
    assert runs["predict-intent-in_language-de-e5_small-s0"].work["languages"] == ("de",)
    assert len(made.of_stage(STAGES[2])) == 3
    assert len(made.of_stage(STAGES[3])) == 3


def test_few_shots_go_on_from_english_with_its_head(plan):
    made = plan(conditions=["none", "few_shot"], targets=["slots"], seeds=[0], **{"target.few_shot": 7})
    run = by_name(made)["target-slots-few_shot-fr-e5_small-s0"]
    assert made.runs[run.work["start"]].name == "target-slots-none-e5_small-s0"
    assert run.work["keep_heads"] is True
    assert run.work["settings"]["keep"] == "last"
    assert (run.work["settings"]["epochs"], run.work["settings"]["batch_size"]) == (10, 8)
    data = made.runs[run.work["data"]["slots"]]
    assert data.work["roles"] == {"train": 7, "validation": 10}
    assert data.work["parts"]["validation"] == (("validation", ("en",)),)
    scored = by_name(made)["predict-slots-few_shot-fr-e5_small-s0"]
    assert [made.runs[key].name for key in made.target_data(scored.id)] == [
        "data-slots-few_shot-fr",
        "data-slots-train",
    ]


def test_few_shots_may_have_a_learning_rate_of_their_own(plan):
    def rates(**changes):
        runs = by_name(plan(conditions=["none", "few_shot"], targets=["slots"], seeds=[0], **changes))
        names = ("target-slots-none-e5_small-s0", "target-slots-few_shot-fr-e5_small-s0")
        return [runs[name].work["settings"]["learning_rate"] for name in names]

    english = rates()[0]
    assert rates() == [english, english]
    assert rates(**{"target.few_shot_learning_rate": 2e-5}) == [english, 2e-5]
    runs = by_name(
        plan(
            conditions=["none", "few_shot"],
            targets=["slots"],
            seeds=[0],
            **{"target.few_shot_learning_rate": 2e-5, "target.head_learning_rate": 1e-3},
        )
    )
    assert runs["target-slots-none-e5_small-s0"].work["settings"]["head_learning_rate"] == 1e-3
    few = runs["target-slots-few_shot-fr-e5_small-s0"].work["settings"]
    assert few["head_learning_rate"] is None, "the head goes on at the same low rate"
    both = {"target.few_shot_learning_rate": 2e-5, "tasks.slots.few_shot_learning_rate": 3e-5}
    assert rates(**both) == [english, 3e-5]


def test_pooled_rows_are_one_run_and_english_comes_first_where_it_is_asked(plan):
    made = plan(conditions=["none", "multilingual", "multilingual_sequential"], targets=["intent"], seeds=[0])
    runs = by_name(made)
    mixed = runs["target-intent-multilingual-e5_small-s0"]
    first, then = (runs[f"target-intent-multilingual_sequential-{n}-e5_small-s0"] for n in (1, 2))
    assert mixed.work["data"] == first.work["data"] == then.work["data"]
    pooled = made.runs[mixed.work["data"]["intent"]].work
    assert pooled["parts"]["train"] == (("train", ("en",)), ("train_in", ("de", "fr")))
    assert (pooled["pooled"], pooled["languages"]) == (True, ("en", "de", "fr"))
    assert (first.work["only"], then.work["only"]) == (("en",), ("de", "fr"))
    assert (then.work["start"], then.work["keep_heads"]) == (first.id, True)
    assert set(cells(made, "multilingual").values()) == {"predict-intent-multilingual-e5_small-s0"}
    scored = runs["predict-intent-multilingual_sequential-e5_small-s0"]
    assert made.target_data(scored.id) == list(mixed.work["data"].values())


@pytest.mark.parametrize("regime", REGIMES)
def test_a_target_without_training_is_omitted_and_not_filled(plan, regime):
    made = plan(conditions=["none", regime], targets=["messages", "intent"])
    (told,) = made.omissions
    assert (told.condition, told.task, told.languages) == (regime, "messages", ("de", "fr"))
    assert "no training" in told.reason
    assert not cells(made, regime, "messages")
    assert cells(made, regime)


def test_a_language_without_rows_is_omitted_where_it_needs_its_own_and_scored_zero_shot_in_a_pool(plan, monkeypatch):
    def digest(task, role, *, languages, **_):
        if role == "train_in" and "fr" in languages:
            raise MissingRowsError("not in the mirror")
        return {"kind": "mirror"}

    monkeypatch.setattr(plan_rows, "source_digest", digest)
    made = plan(conditions=["none", "in_language", "multilingual"], targets=["intent", "slots"], seeds=[0])
    assert {(o.condition, o.task, o.languages) for o in made.omissions} == {
        ("in_language", "intent", ("fr",)),
        ("in_language", "slots", ("fr",)),
    }
    assert "no source has them" in made.omissions[0].reason
    assert set(cells(made, "in_language")) == {"en", "de"}
    assert set(cells(made, "multilingual")) == {"en", "de", "fr"}
    assert by_name(made)["data-intent-multilingual"].work["languages"] == ("en", "de")


def test_missing_english_rows_are_an_error_and_no_omission(plan, monkeypatch):
    def digest(task, role, **_):
        if role == "train":
            raise MissingRowsError("not in the mirror")
        return {"kind": "mirror"}

    monkeypatch.setattr(plan_rows, "source_digest", digest)
    with pytest.raises(MissingRowsError):
        plan(conditions=["none", "in_language"])


def test_one_more_language_retrains_nothing_where_each_has_a_run(plan):
    few, more = (
        plan(conditions=["none", "in_language", "few_shot"], languages=codes)
        for codes in (["en", "de"], ["en", "de", "fi"])
    )
    trained = [{run.id for run in made.of_stage(STAGES[2])} for made in (few, more)]
    assert trained[0] < trained[1]


def test_what_a_few_shots_are_changes_only_the_runs_that_see_them(plan):
    one, other = (plan(conditions=["none", *REGIMES], **{"target.few_shot": k}) for k in (4, 8))
    changed = set(one.runs) ^ set(other.runs)
    assert changed
    assert all("few_shot" in name for name in changed)


def test_too_few_shots_are_refused(plan):
    with pytest.raises(ParameterError, match=r"target\.few_shot"):
        plan(**{"target.few_shot": 0})
