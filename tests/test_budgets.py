"""What a study is told about training sets that are smaller than asked for, before it trains."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import study_utils.budgets as budgets
from study_utils.budgets import describe_shortfalls, require_equal, shortfalls
from study_utils.errors import MissingRowsError, ParameterError
from study_utils.plan import Plan, Run
from study_utils.store import Store

PARAMS = SimpleNamespace(mirrors=(), sources=("hub",), partial_sets=False)


def data_run(regime, asked, parts):
    languages = tuple(code for _, codes in parts for code in codes)
    work = {"task": "sib200", "roles": {"train": asked}, "languages": languages, "regime": regime}
    return Run(
        kind="data", stage="01_data_prep", name=f"data-{regime}", identity={"a": asked, "p": parts},
        work={**work, "parts": {"train": parts}},
    )  # fmt: skip


def told(tmp_path, *runs):
    plan = Plan(runs={run.id: run for run in runs}, cells=(), omissions=())
    return shortfalls(plan, Store(tmp_path), PARAMS)


@pytest.fixture(autouse=True)
def _no_source(monkeypatch):
    monkeypatch.setattr(budgets, "stated_rows", lambda task, role, language, **_: {"en": 701, "de": 90}.get(language))


def test_before_rows_are_there_what_is_stated_counts(tmp_path):
    english, german = (("train", ("en",)),), (("train_in", ("de",)),)
    found = told(tmp_path, data_run("english", 1000, english), data_run("in_language", 100, german),
                 data_run("few_shot", 16, german), data_run("multilingual", None, english))  # fmt: skip
    assert found[["regime", "asked", "there", "counted"]].to_numpy().tolist() == [
        ["english", 1000, 701, False],
        ["in_language", 100, 90, False],
    ]
    sentences = describe_shortfalls(found)
    assert sentences[0].startswith("SIB-200, trained under the regime english: 1000 training rows are asked for")
    assert "(de: 90)" in sentences[1]


def test_a_pool_counts_all_its_languages_and_what_nobody_states_is_not_told(tmp_path):
    pooled = data_run("multilingual", 800, (("train", ("en",)), ("train_in", ("de",))))
    assert told(tmp_path, pooled)["there"].tolist() == [791]
    assert told(tmp_path, data_run("in_language", 800, (("train_in", ("de", "fr")),))).empty


def test_rows_that_are_prepared_are_counted(tmp_path):
    run = data_run("in_language", 100, (("train_in", ("de",)),))
    with Store(tmp_path).writing(run.id, {"rows": {"train": 88}}):
        pass
    assert told(tmp_path, run)[["there", "counted"]].to_numpy().tolist() == [[88, True]]


def test_where_equal_budgets_are_asked_for_a_shortfall_is_an_error(tmp_path):
    run = data_run("in_language", 100, (("train_in", ("de",)),))
    fine = data_run("english", 700, (("train", ("en",)),))
    plan, store = Plan(runs={r.id: r for r in (run, fine)}, cells=()), Store(tmp_path)
    demanded = SimpleNamespace(**vars(PARAMS), equal_budgets=True)
    with pytest.raises(ParameterError, match=r"(?s)SIB-200.*100 training rows.*de: 90.*Ask for 90 examples"):
        require_equal(plan, store, demanded)
    require_equal(plan, store, demanded, runs=[fine.id])
    require_equal(plan, store, SimpleNamespace(**vars(PARAMS), equal_budgets=False))


def test_what_nobody_states_is_an_error_once_it_is_counted(tmp_path):
    run = data_run("in_language", 100, (("train_in", ("fr",)),))
    plan, store = Plan(runs={run.id: run}, cells=()), Store(tmp_path)
    demanded = SimpleNamespace(**vars(PARAMS), equal_budgets=True)
    require_equal(plan, store, demanded)
    with store.writing(run.id, {"rows": {"train": 88}}):
        pass
    with pytest.raises(ParameterError, match="Ask for 88"):
        require_equal(plan, store, demanded, runs=[run.id])


def test_rows_in_no_source_are_no_shortfall(tmp_path, monkeypatch):
    def missing(*_, **__):
        raise MissingRowsError("not there")

    monkeypatch.setattr(budgets, "stated_rows", missing)
    assert told(tmp_path, data_run("in_language", 100, (("train_in", ("de",)),))).empty
