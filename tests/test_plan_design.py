"""What a design can ask of the grid: a share of the rows, patience, conditions of single targets, shared stages."""

from __future__ import annotations

from pathlib import Path

import pytest

import study_utils.plan.rows as plan_rows
from study_utils.catalog import condition, encoder
from study_utils.errors import ParameterError
from study_utils.estimate import examples_of
from study_utils.params import load_params
from study_utils.plan import STAGES, make_plan

STUDY = """
title: Design
encoders: [bert_base]
conditions: [none, in_language, sst2, sst2_in_language]
targets: [tweet_sentiment, airline_sentiment]
seeds: [0]
languages: [en, de]
target: {examples: 40, validation_examples: 10, epochs: 2}
"""


@pytest.fixture(autouse=True)
def _fixed_sources(monkeypatch):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "hub"})


@pytest.fixture
def load(tmp_path: Path):
    path = tmp_path / "design.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return lambda **changes: load_params(str(path), changes)


@pytest.fixture
def plan(load):
    return lambda **changes: make_plan(load(**changes))


def by_name(plan):
    return {run.name: run for run in plan.runs.values()}


def test_stages_and_english_fine_tuning_are_shared_by_conditions_that_begin_alike(plan):
    both, alone = plan(), plan(conditions=["none", "in_language", "sst2_in_language"])
    assert [run.name for run in both.of_stage(STAGES[1])] == ["intermediate-sst2-bert_base-s0"]
    runs = by_name(both)
    german = runs["target-tweet_sentiment-sst2_in_language-de-bert_base-s0"]
    assert both.runs[german.work["start"]].name == "intermediate-sst2-bert_base-s0"
    assert "target-tweet_sentiment-sst2_in_language-bert_base-s0" not in runs, "that of sst2 serves"
    assert set(alone.runs) < set(both.runs), "the runs are the same whether or not the other condition is asked for"
    scored = {code: c.run for c in both.cells if c.condition == "sst2_in_language" for code in c.languages}
    assert both.runs[scored["en"]].name == "predict-tweet_sentiment-sst2-bert_base-s0"


def test_english_is_not_fine_tuned_where_it_is_not_scored(plan):
    made = plan(languages=["de"], targets=["tweet_sentiment"], conditions=["none", "in_language", "sst2_in_language"])
    assert [run.name.removesuffix("-bert_base-s0") for run in made.of_stage(STAGES[2])] == [
        "target-tweet_sentiment-none",
        "target-tweet_sentiment-in_language-de",
        "target-tweet_sentiment-sst2_in_language-de",
    ]


def test_a_target_can_have_conditions_of_its_own(plan, load):
    changes = {"tasks.airline_sentiment.conditions": ["none", "sst2"], "tasks.tweet_sentiment.conditions": ["none"]}
    made = plan(**changes)
    assert {(c.condition, c.task) for c in made.cells} == {
        *(("none", key) for key in ("tweet_sentiment", "airline_sentiment")),
        ("sst2", "airline_sentiment"),
    }
    assert set(made.runs) < set(plan().runs)
    assert load().task_conditions("tweet_sentiment") == load().conditions
    with pytest.raises(ParameterError, match=r"Did you mean 'sst2'.*\(tasks\.airline|\(tasks\.airline"):
        load(**{"tasks.airline_sentiment.conditions": ["none", "sst"]})
    with pytest.raises(ParameterError, match="the baseline 'none' is missing"):
        load(**{"tasks.airline_sentiment.conditions": ["sst2"]})


def test_patience_is_a_setting_of_the_stage_or_the_target(plan):
    before, after = plan(), plan(**{"target.patience": 3})
    settings = [by_name(p)["target-airline_sentiment-none-bert_base-s0"].work["settings"] for p in (before, after)]
    assert settings[1] == settings[0] | {"patience": 3}
    own = plan(**{"target.patience": 3, "tasks.airline_sentiment.patience": 5})
    assert by_name(own)["target-airline_sentiment-none-bert_base-s0"].work["settings"]["patience"] == 5


def test_a_learning_rate_of_heads_is_a_setting_of_the_stage_or_the_target(plan):
    before, after = plan(), plan(**{"target.head_learning_rate": 1e-3})
    settings = [by_name(p)["target-airline_sentiment-none-bert_base-s0"].work["settings"] for p in (before, after)]
    assert settings[1] == settings[0] | {"head_learning_rate": 1e-3}
    own = plan(**{"target.head_learning_rate": 1e-3, "tasks.airline_sentiment.head_learning_rate": 2e-3})
    run = by_name(own)["target-airline_sentiment-none-bert_base-s0"]
    assert run.work["settings"]["head_learning_rate"] == 2e-3


def test_a_limit_of_windows_is_in_the_identity_of_runs_with_passages_alone(plan):
    more = {"conditions": ["none", "sst2", "squad1"], "targets": ["airline_sentiment", "xquad"], "languages": ["en"]}
    before, after = plan(**more), plan(**more, **{"intermediate.windows": 4, "target.windows": 6})
    changed = {
        name: (run.work["settings"], by_name(before)[name].work["settings"])
        for name, run in by_name(after).items()
        if "settings" in run.work and run.work["settings"] != by_name(before)[name].work["settings"]
    }
    assert {name.rsplit("-bert", 1)[0]: new["windows"] for name, (new, _) in changed.items()} == {
        "intermediate-squad1": 4,
        **{f"target-xquad-{key}": 6 for key in ("none", "sst2", "squad1")},
    }
    assert all(old["windows"] is None for _, old in changed.values())


def test_few_shots_have_no_patience(plan):
    made = plan(conditions=["none", "few_shot"], **{"target.patience": 3})
    run = by_name(made)["target-tweet_sentiment-few_shot-de-bert_base-s0"]
    assert run.work["settings"]["patience"] is None
    assert made.runs[run.work["start"]].work["settings"]["patience"] == 3


def test_the_rest_of_the_rows_selects_in_place_of_the_published_ones(plan):
    made = by_name(plan(**{"target.train_share": 0.7}))
    english, german = made["data-tweet_sentiment-train"], made["data-tweet_sentiment-in_language-de"]
    shares = {"train": (0.7, False), "validation": (0.7, True)}
    assert english.work["shares"] == german.work["shares"] == english.identity["shares"] == shares
    assert english.work["parts"] == {"train": (("train", ("en",)),), "validation": (("train", ("en",)),)}
    assert german.work["parts"] == {"train": (("train_in", ("de",)),), "validation": (("train_in", ("de",)),)}
    assert "shares" not in made["data-sst2-train"].work, "the intermediate stage has a share of its own"
    assert "shares" not in made["data-tweet_sentiment-test"].work


def test_the_rest_may_be_unused(plan):
    made = by_name(plan(**{"target.train_share": 0.7, "target.rest": "unused"}))
    english, german = made["data-tweet_sentiment-train"], made["data-tweet_sentiment-in_language-de"]
    assert english.work["shares"] == german.work["shares"] == {"train": (0.7, False)}
    assert english.work["parts"]["validation"] == (("validation", ("en",)),)
    assert german.work["parts"]["validation"] == (("validation_in", ("de",)),)


def test_pooled_rows_still_select_in_english(plan):
    made = by_name(plan(conditions=["none", "multilingual"], **{"target.train_share": 0.7}))
    assert made["data-tweet_sentiment-multilingual"].work["parts"]["validation"] == (("train", ("en",)),)


def test_without_a_share_what_the_rest_is_for_changes_no_id(plan):
    assert set(plan().runs) == set(plan(**{"target.rest": "unused"}).runs)
    assert not {r for r in plan().runs if r.startswith("target")} & set(plan(**{"target.train_share": 0.7}).runs)


@pytest.mark.parametrize("share", [0.0, 1.0, 70, "most"])
def test_a_share_is_between_none_and_all(load, share):
    with pytest.raises(ParameterError, match="train_share"):
        load(**{"target.train_share": share})


def test_expected_examples_follow_the_share(plan, tmp_path):
    made = plan(**{"target.train_share": 0.7, "target.examples": None, "target.validation_examples": None})
    data = by_name(made)["data-airline_sentiment-train"]
    assert examples_of(data, made, {}) == 1190 + 510


def test_token_types_are_in_an_identity_only_where_they_are_used(plan):
    pairs = {key: by_name(plan(encoders=[key])) for key in ("bert_base", "roberta_base")}
    found = [runs[f"target-airline_sentiment-none-{key}-s0"].identity["encoder"] for key, runs in pairs.items()]
    assert found[0]["segments"] is True
    assert "segments" not in found[1]


def test_what_an_encoder_has_seen():
    assert [encoder(key).has_seen("en") for key in ("bert_base", "xlmr_base", "a/b@c")] == [True, True, None]
    assert [encoder(key).has_seen("de") for key in ("bert_base", "xlmr_base", "a/b@c")] == [False, True, None]
    assert [encoder(key).has_seen("wo") for key in ("mbert", "xlmr_base")] == [False, False]


def test_conditions_of_the_design_differ_in_their_stages_alone():
    for key in ("imdb", "sst2", "qqp", "qqp_sample"):
        assert condition(f"{key}_in_language").stages == condition(key).stages
        assert condition(f"{key}_in_language").regime == "in_language"
