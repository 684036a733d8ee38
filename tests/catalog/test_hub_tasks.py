"""Every declaration on the hub: complete, unique, and none forgotten."""

from __future__ import annotations

import dataclasses

import pytest

from study_utils.catalog import CONDITIONS, TASKS, HubRows, condition
from study_utils.catalog.hub import HUB_TASKS
from study_utils.catalog.hub.matched import MATCHED
from study_utils.catalog.schema import ROLES
from study_utils.errors import CatalogError

hub = pytest.mark.parametrize("item", HUB_TASKS, ids=lambda task: task.key)


def sources(item):
    return [rows for role in ROLES if isinstance(rows := getattr(item, role), HubRows)]


@hub
def test_renamed_labels_are_labels(item) -> None:
    for rows in sources(item):
        if item.labels:
            assert set(rows.labels.values()) <= set(item.labels)
        elif item.format == "choose":
            places = list(rows.labels.values())
            assert places == list(range(len(places)))
        if rows.other:
            assert rows.other in item.labels


@hub
def test_a_target_is_trained_and_selected_in_english(item) -> None:
    if item.test is not None and item.train is not None:
        assert list(item.train.configs) == list(item.validation.configs) == ["en"]


def test_targets_whose_data_has_training_rows_in_other_languages() -> None:
    counts = {item.key: len(item.own_languages) for item in HUB_TASKS if item.own_languages}
    assert counts == {
        **{"xnli": 14, "pawsx": 6, "stsb_multi": 10, "tydiqa": 8, "sib200": 59, "afrisenti": 12, "tweet_sentiment": 7},
        **{"udpos": 34, "panx": 47, "panx_dev": 47, "masakhaner": 20, "e3c": 4, "head_qa": 1},
    }
    selecting = {key: set(TASKS[key].own_languages) - set(_selected(key)) for key in counts}
    assert {key: codes for key, codes in selecting.items() if codes} == {
        "udpos": {"kk"},
        "e3c": set(TASKS["e3c"].own_languages),
        "panx_dev": set(TASKS["panx_dev"].own_languages),
    }


def _selected(key: str) -> tuple[str, ...]:
    rows = TASKS[key].validation_in
    return tuple(rows.configs) if rows is not None else ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"train_in": TASKS["xnli"].train}, r"train_in has \['en'\]"),
        ({"train_in": None}, "belong to a target with training rows"),
        ({"test": None}, "belong to a target with training rows"),
        (
            {"train_in": dataclasses.replace(TASKS["sib200"].train_in, configs={"de": "deu_Latn"})},
            "validation_in has .* which train_in has not",
        ),
    ],
)
def test_a_wrong_declaration_of_other_languages_is_refused(fields, message) -> None:
    with pytest.raises(CatalogError, match=message):
        dataclasses.replace(TASKS["sib200"], **fields)


def test_no_two_tasks_declare_the_same() -> None:
    seen: dict[object, str] = {}
    for item in HUB_TASKS:
        same = (item.format, *(str(getattr(item, role)) for role in ("train", "validation", "test")))
        assert same not in seen, f"{item.key} repeats {seen.get(same)}"
        seen[same] = item.key
    titles = [item.title for item in TASKS.values()]
    assert len(set(titles)) == len(titles)


def test_what_the_papers_and_the_benchmark_ask_for_is_there() -> None:
    targets = (
        "xnli pawsx xcopa udpos panx xquad mlqa tydiqa tatoeba bucc lareqa mewslix sib200 masakhaner afrisenti "
        "stsb_multi"
    )
    assert all(TASKS[key].languages for key in targets.split())
    intermediate = (
        "mnli snli anli qqp squad1 squad2 hellaswag cosmosqa commonsenseqa ccg social_iqa sst2 stsb imdb ocnli indonli "
        "farstail jsick tydiqa_ko xnli_pairs_sw stsb_zh"
    )
    for key in intermediate.split():
        assert TASKS[key].is_trained
        assert condition(key).tasks == (key,)


def test_every_intermediate_task_has_a_condition_of_its_key() -> None:
    for key, item in TASKS.items():
        if item.is_text:
            assert key not in CONDITIONS
        elif item.is_trained and not item.languages:
            assert CONDITIONS[key].tasks == (key,)
            assert CONDITIONS[key].reason


def test_mixtures_of_the_first_paper() -> None:
    assert set(condition("anli_plus").tasks) == {"snli", "mnli", "anli"}
    nine = {"qqp", "squad2", "squad1", "hellaswag", "ccg", "cosmosqa", "commonsenseqa"}
    assert set(condition("all_nine").tasks) == nine | {"snli", "mnli", "anli"}
    assert set(condition("all_public").tasks) == set(condition("all_nine").tasks) - {"ccg"}
    assert condition("all_nine").stages[0].cap == condition("all_public").stages[0].cap == 131072


def test_matched_tasks_share_their_format_and_say_their_domain() -> None:
    for kind, by_domain in MATCHED.items():
        items = [TASKS[key] for keys in by_domain.values() for key in keys]
        assert len({item.format for item in items}) == 1, kind
        assert all(item.is_trained for item in items), kind
        for domain, keys in by_domain.items():
            assert {TASKS[key].domain for key in keys} == {domain}, kind
    named = {key for by_domain in MATCHED.values() for keys in by_domain.values() for key in keys}
    assert {item.key for item in HUB_TASKS if item.domain != "general" and not item.languages} <= named
