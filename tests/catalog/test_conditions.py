"""Conditions made from others: text mixed in, mixtures of a study's own; and what a recipe can have trained in."""

from __future__ import annotations

import re

import pytest

from study_utils.catalog import CONDITIONS, TASKS, Stage, Task, condition
from study_utils.catalog.conditions import MLM, add_mixtures, find_condition
from study_utils.catalog.titles import condition_title
from study_utils.errors import CatalogError
from study_utils.figures.style import condition_order


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = dict(CONDITIONS)
    yield
    CONDITIONS.clear()
    CONDITIONS.update(before)


@pytest.mark.parametrize("key", [*CONDITIONS])
def test_text_can_be_mixed_into_every_condition(key):
    plain, mixed = CONDITIONS[key], condition(f"{key}{MLM}")
    assert mixed.key == f"{key}+mlm"
    assert (mixed.tasks, mixed.regime) == (plain.tasks, plain.regime)
    assert [stage.text for stage in mixed.stages] == [False] * (len(plain.stages) - 1) * bool(plain.stages) + [True]
    assert mixed.has_text
    assert not plain.has_text
    assert mixed.may_have_seen("sw")
    assert f"{key}{MLM}" not in CONDITIONS


def test_titles():
    assert condition_title("mnli+mlm") == "MNLI + MLM"
    assert condition_title("none+mlm") == "MLM alone"
    assert condition_title("starter_mixture+mlm") == "Mixture of three + MLM"
    assert condition_title("an arm of one's own") == "an arm of one's own"
    assert condition_order(["mnli+mlm", "x", "sst2", "mnli", "none"]) == ["none", "mnli", "mnli+mlm", "sst2", "x"]


@pytest.mark.parametrize(
    ("key", "near"),
    [("mnly+mlm", "mnli+mlm"), ("mnli+mln", "mnli+mlm"), ("mnli+mlm+mlm", "mnli+mlm"), ("mnly", "mnli")],
)
def test_misspelt_keys_are_answered_with_the_nearest(key, near):
    with pytest.raises(CatalogError, match=f"unknown condition.*{re.escape(repr(near))}"):
        condition(key)
    assert find_condition(key) is None


def test_text_alone_is_no_task_of_a_stage():
    with pytest.raises(CatalogError, match=r"plain text: name it as intermediate\.mlm_text"):
        Stage(tasks=("mnli", "sib200_text"))
    with pytest.raises(CatalogError, match="at least one task"):
        Stage(tasks=())


def test_text_has_many_languages_selects_in_one_and_is_never_scored():
    text = TASKS["sib200_text"]
    assert len(text.training_languages) > 50
    assert not text.languages
    given = {**vars(text), "key": "mine"}
    with pytest.raises(CatalogError, match="only trained on"):
        Task(**{**given, "test": TASKS["sib200"].test})
    with pytest.raises(CatalogError, match="must be in its training_language"):
        Task(**{**given, "validation": text.train})


def test_what_a_recipe_can_have_been_trained_in():
    assert condition("xnli_pairs_de").may_have_seen("de")
    assert not condition("xnli_pairs_de").may_have_seen("fr")
    assert not condition("mnli").may_have_seen("de")
    assert condition("multilingual").may_have_seen("de")


def test_a_mixture_of_ones_own_is_a_condition_and_can_be_mixed_with_text():
    add_mixtures({"my_mix": ("mnli", "stsb")})
    add_mixtures({"my_mix": ("mnli", "stsb")})
    assert condition("my_mix").tasks == ("mnli", "stsb")
    assert condition_title("my_mix+mlm") == "MNLI + STS-B + MLM"
    add_mixtures({"large_mix": ("mnli", "stsb", "sst2", "squad1")})
    assert condition_title("large_mix") == "Large mix (4 tasks)"


@pytest.mark.parametrize(
    ("mixture", "said"),
    [
        ({"mix": ("mnli", "stsbb")}, "Did you mean 'stsb'"),
        ({"mix": ("mnli", "tatoeba")}, "no training rows"),
        ({"mix": ("mnli", "sib200_text")}, "plain text"),
        ({"mix": ("mnli",)}, "two tasks or more"),
        ({"mix": ("mnli", "mnli")}, "named once"),
        ({"my-mix": ("mnli", "stsb")}, "letters, digits and underscores"),
        ({"mnli": ("qqp", "stsb")}, "needs another key"),
        ({"xnli": ("qqp", "stsb")}, "needs another key"),
        ({"fine": ("qqp", "stsb"), "mix": ("mnli", "none_such")}, "unknown task"),
    ],
)
def test_faults_of_mixtures_are_named_and_nothing_is_entered(mixture, said):
    before = dict(CONDITIONS)
    with pytest.raises(CatalogError, match=said):
        add_mixtures(mixture)
    assert before == CONDITIONS
