"""Every declaration, checked the same way; nothing to register when one is added."""

from __future__ import annotations

import dataclasses
import re

import pytest
import yaml

from study_utils.catalog import (
    CONDITIONS,
    ENCODERS,
    LANGUAGES,
    TASKS,
    HubRows,
    Stage,
    Task,
    condition,
    encoder,
    language,
    language_table,
    task,
)
from study_utils.catalog.conditions import BASELINE, REGIMES
from study_utils.errors import CatalogError
from study_utils.paths import project_root

tasks = pytest.mark.parametrize("item", TASKS.values(), ids=lambda t: t.key)


@tasks
def test_a_task_is_complete(item):
    assert item.title
    assert item.licence
    assert item.citation
    assert item.languages or item.is_trained
    assert len(set(item.labels)) == len(item.labels)
    assert 0 <= item.chance < 1
    assert all(item.key in TASKS[other].same_data for other in item.same_data), "same_data must be mutual"


@tasks
def test_hub_rows_are_pinned_and_named_with_their_namespace(item):
    for rows in (item.train, item.validation, item.test):
        if isinstance(rows, HubRows):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+", rows.hub_id)
            pinned = re.fullmatch(r"[0-9a-f]{40}|\d+\.\d+", rows.revision)
            if rows.revision == "local":
                assert rows.not_on_hub, f"{rows.hub_id}: say how to lay a copy out"
            elif not pinned:
                assert rows.revision in ("main", "refs/convert/parquet")
                said = rows.not_on_hub or "Not confirmed: a commit" in item.note
                assert said, f"{rows.hub_id}: pin a commit or a release, or say so"
            assert rows.select or len(set(rows.configs.values())) == len(rows.configs)
            assert set(rows.expected) <= set(rows.configs)
            assert all(count > 0 for count in rows.expected.values())


@tasks
def test_a_tagging_task_in_bio_has_an_inside_for_every_begin(item):
    if item.format == "tag" and "O" in item.labels:
        types = {label[2:] for label in item.labels if label.startswith("B-")}
        assert {f"I-{name}" for name in types} | {f"B-{name}" for name in types} | {"O"} == set(item.labels)


def test_every_language_has_a_family_and_a_source():
    table = language_table()
    assert len(table) == len(LANGUAGES) > 100
    assert table.index.is_unique
    for column in ("name", "family", "branch", "script", "source"):
        assert (table[column] != "").all(), column
    assert {code for code, item in LANGUAGES.items() if item.is_isolate} == {"eu", "ko"}


def test_macrolanguages_isolates_and_norwegian_are_there():
    assert language("zh").iso639_3 == "cmn"
    assert language("ar").branch == "Semitic"
    assert language("eu").family == "Basque"
    assert language("no").name.startswith("Norwegian")


@pytest.mark.parametrize(
    ("look_up", "name", "message"),
    [
        (language, "dee", "unknown language 'dee'"),
        (language, "german", "use its code 'de'"),
        (task, "xlni", "Did you mean 'xnli'"),
        (condition, "nne", "Did you mean 'none'"),
        (encoder, "xlmr_larg", "Did you mean 'xlmr_large'"),
        (encoder, "a/b", "hub id without a revision"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(look_up, name, message):
    with pytest.raises(CatalogError, match=message):
        look_up(name)


def test_hub_ids_and_folders_are_encoders_without_a_declaration():
    assert encoder("org/model@abc").revision == "abc"
    assert encoder("./models/mine").title == "mine"


def test_only_the_baseline_has_no_stage_and_every_intermediate_task_is_trained():
    without = {key: item.regime for key, item in CONDITIONS.items() if not item.stages}
    assert without == {BASELINE: "english"} | {regime: regime for regime in REGIMES if regime != "english"}
    for item in CONDITIONS.values():
        assert all(TASKS[key].is_trained for key in item.tasks)
        assert item.reason


def test_encoders_from_the_hub_are_pinned_or_their_users_pin_them():
    for item in [item for item in ENCODERS.values() if item.hub_id]:
        if item.revision:
            assert re.fullmatch(r"[0-9a-f]{40}", item.revision)
            assert encoder(item.key) is item
            continue
        with pytest.raises(CatalogError, match=f"write {item.key}@COMMIT"):
            encoder(item.key)
        named = encoder(f"{item.key}@{'a' * 40}")
        assert (named.hub_id, named.title, named.revision) == (item.hub_id, item.title, "a" * 40)
        assert "ommit" in item.note or "not confirmed" in item.note.lower()


def test_what_a_package_ships_has_no_commit():
    with pytest.raises(CatalogError, match="isn't read from the hub"):
        encoder("e5_small@abc")


def test_languages_seen_by_column_by_code_or_not_known():
    said = {code: ENCODERS["glot500_base"].has_seen(code) for code in ("de", "qu", "arq")}
    assert said == {"de": True, "qu": True, "arq": None}
    assert (ENCODERS["xlmr_base"].has_seen("qu"), ENCODERS["xlmr_base"].has_seen("de")) == (False, True)
    assert ENCODERS["mmbert_base"].has_seen("de") is None
    own = dataclasses.replace(ENCODERS["xlmr_base"], seen=("de", "sw"))
    assert [own.has_seen(code) for code in ("de", "sw", "en")] == [True, True, False]
    assert [ENCODERS["bert_base"].has_seen(code) for code in ("en", "de")] == [True, False]


GOOD = {"key": "k", "title": "K", "format": "classify", "labels": ("a", "b"), "metric": "accuracy",
        "licence": "l", "citation": "c", "test": TASKS["xnli"].test}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "clasify"}, "Did you mean 'classify'"),
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"labels": ()}, "must name its labels"),
        ({"value_range": (0.0, 1.0)}, "regress"),
        ({"train": TASKS["mnli"].train}, "validation"),
        ({"test": None}, "neither"),
        ({"train": TASKS["xnli"].test, "validation": TASKS["mnli"].validation}, "training_language"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(change, message):
    Task(**GOOD)
    with pytest.raises(CatalogError, match=message):
        Task(**{**GOOD, **change})


def test_a_stage_refuses_tasks_without_training_rows():
    with pytest.raises(CatalogError, match="no training rows"):
        Stage(tasks=("tatoeba",))
    with pytest.raises(CatalogError, match="unknown task"):
        Stage(tasks=("mnly",))


def test_parameter_files_hold_no_facts():
    for path in (project_root() / "params").glob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        assert not {"labels", "hub_id", "revision"} & set(str(content).split("'"))
