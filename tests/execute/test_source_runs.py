"""A tiny study of two targets, one trained in German and one in English, after an English stage and in each regime."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from study_utils.execute.stage import complete
from study_utils.plan import STAGES
from study_utils.study import open_study

WORDS = {"en": "film", "de": "Film", "fr": "le film"}
SIZES = {"train": 12, "validation": 4, "test": 4}
TARGET = """
  films_{code}:
    title: Films
    format: classify
    metric: accuracy
    labels: [bad, good]
    columns: {{id: id, text: text, label: label}}
    folder: .
    licence: l
    citation: c
    training_language: {code}
    train: {{{code}: train.{code}.jsonl}}
    validation: {{{code}: validation.{code}.jsonl}}
    test: {{en: test.en.jsonl, de: test.de.jsonl, fr: test.fr.jsonl}}
    train_in: {{{other}: train.{other}.jsonl}}
    validation_in: {{{other}: validation.{other}.jsonl}}
"""
CONDITIONS = ["none", "reviews", "in_language", "few_shot", "multilingual", "multilingual_sequential"]


@pytest.fixture(scope="module")
def study(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    for part, count in SIZES.items():
        for code, words in WORDS.items():
            labels = ["good" if n % 2 else "bad" for n in range(count)]
            texts = [f"{label} {words} {part} {n}" for n, label in enumerate(labels)]
            rows = pd.DataFrame({"id": range(count), "text": texts, "label": labels})
            rows.to_json(folder / f"{part}.{code}.jsonl", orient="records", lines=True)
    (folder / "reviews.jsonl").write_text(
        '{"id": 1, "text": "bad", "label": "bad"}\n{"id": 2, "text": "good", "label": "good"}\n'
    )
    reviews = (
        "  reviews: {title: Reviews, format: classify, metric: accuracy, labels: [bad, good], licence: l, citation: c, "
        "folder: ., columns: {id: id, text: text, label: label}, train: {en: reviews.jsonl}, "
        "validation: {en: reviews.jsonl}}"
    )
    own = TARGET.format(code="en", other="de") + TARGET.format(code="de", other="en")
    (folder / "tasks.yaml").write_text(f"tasks:\n{reviews}\n{own}", encoding="utf-8")
    stage = {"epochs": 1, "batch_size": 4, "max_length": 16}
    content = {
        **{"title": "Films", "tasks_from": ["tasks.yaml"], "encoders": [str(tiny_encoder)], "conditions": CONDITIONS},
        **{"targets": ["films_en", "films_de"], "seeds": [0], "intermediate": stage, "evaluation": {"max_length": 16}},
        **{"target": {**stage, "few_shot": 2, "few_shot_epochs": 1}, "device": "cpu"},
        **{"artifacts": str(folder / "artifacts"), "reports": str(folder / "reports")},
    }
    (folder / "films.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    opened = open_study(str(folder / "films.yaml"))
    for name in STAGES:
        complete(opened, name)
    return opened


def test_training_and_selection_are_in_the_source(study):
    for code in ("en", "de"):
        (run,) = [run for run in study.plan.runs.values() if run.name == f"data-films_{code}-train"]
        assert run.work["languages"] == (code,)
    validation = study.validation(STAGES[2]).query("condition in ['none', 'reviews', 'few_shot', 'multilingual']")
    assert set(zip(validation["task"], validation["selected_in"])) >= {("films_de", "de"), ("films_en", "en")}
    shared = validation[validation["language"] == ""]
    assert (shared["selected_in"] == shared["task"].str.removeprefix("films_")).all()


def test_zero_shot_is_what_no_run_was_trained_in(study):
    scores = study.scores()
    found = (
        scores[scores["zero_shot"]]
        .groupby(["condition", "task"])["language"]
        .agg(lambda codes: "".join(sorted(set(codes))))
    )
    assert found.to_dict() == {
        ("none", "films_en"): "defr",
        ("none", "films_de"): "enfr",
        ("reviews", "films_en"): "defr",
        ("reviews", "films_de"): "fr",
        ("multilingual", "films_en"): "fr",
        ("multilingual", "films_de"): "fr",
        ("multilingual_sequential", "films_en"): "fr",
        ("multilingual_sequential", "films_de"): "fr",
    }


def test_the_source_is_shared_with_the_baseline_and_the_other_is_trained_in(study):
    runs = {
        (cell.condition, cell.task, code): study.plan.runs[cell.run].name
        for cell in study.plan.cells
        for code in cell.languages
    }
    for condition in ("in_language", "few_shot"):
        assert runs[condition, "films_de", "de"] == runs["none", "films_de", "de"]
        assert f"-{condition}-en-" in runs[condition, "films_de", "en"]
        assert (condition, "films_de", "fr") not in runs


def test_order_begins_with_the_source(study):
    first = {
        run.name.split("-")[1]: run.work["only"] for run in study.plan.runs.values() if "sequential-1-" in run.name
    }
    assert first == {"films_de": ("de",), "films_en": ("en",)}


def test_tables_name_the_source(study):
    facts = study.data_facts().set_index(["task", "role"])["regime"]
    assert (facts["films_de", "test"], facts["films_en", "test"]) == ("source", "english")
    assert set(study.conditions()["regime"]) == {"source", *CONDITIONS[2:]}
