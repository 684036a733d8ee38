from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from prediction_rows import frame

from study_utils.catalog import FORMATS, TASKS, Task
from study_utils.catalog.retrieval import Retrieval
from study_utils.errors import DataError
from study_utils.metrics import METRICS, answer_scores, score, task_metrics


def test_scores_are_per_language_with_the_primary_metric_first():
    rows = pd.concat([frame("ab", "ab"), frame("ab", "ba", language="de")])
    rows["gold"] = rows["gold"].map({"a": "negative", "b": "positive"})
    rows["prediction"] = rows["prediction"].map({"a": "negative", "b": "positive"})
    table = score(rows, TASKS["sst2"])
    assert list(table["metric"]) == ["accuracy", "macro_f1"] * 2
    assert dict(zip(table["language"], table["value"])) == {"en": 1.0, "de": 0.0}
    assert (table["n"] == 2).all()


def test_scores_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(1)
    rows = frame(rng.choice(["negative", "positive"], 50), rng.choice(["negative", "positive"], 50))
    mixed = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(score(rows, TASKS["sst2"]), score(mixed, TASKS["sst2"]))


@pytest.mark.parametrize("gold", [None, ""])
def test_unlabelled_rows_are_refused(gold):
    with pytest.raises(DataError, match="without gold"):
        score(frame([gold], ["a"]), TASKS["sst2"])


@pytest.mark.parametrize("item", TASKS.values(), ids=lambda t: t.key)
def test_every_declared_metric_can_be_computed(item):
    assert task_metrics(item)[0] == item.metric
    assert set(task_metrics(item)) <= set(METRICS)
    assert set(task_metrics(item)) <= set(FORMATS[item.format].metrics)


def test_every_metric_of_the_catalogue_has_its_function():
    assert {name for item in FORMATS.values() for name in item.metrics} == set(METRICS)


MINE = dict(format="retrieve", retrieval=Retrieval(search="mine"), metric="mining_f1")
RANK = dict(format="retrieve", retrieval=Retrieval(search="rank"), metric="map_at_20")

SHAPES = {
    "tag": (
        dict(format="tag", labels=("NOUN", "VERB"), metric="token_accuracy"),
        ("token_accuracy", "legacy_chunk_f1"),
    ),
    "spans": (dict(format="tag", labels=("O", "B-A", "I-A"), metric="span_f1"), ("span_f1", "token_accuracy")),
    "choose": (dict(format="choose", metric="accuracy"), ("accuracy",)),
    "mine": (MINE, ("mining_f1", "mining_f1_oracle")),
    "rank": (RANK, ("map_at_20",)),
}


def declare(**facts):
    return Task(key="made", title="Made", licence="none", citation="none", test=TASKS["xnli"].test, **facts)


@pytest.mark.parametrize(("facts", "expected"), SHAPES.values(), ids=SHAPES)
def test_metrics_of_every_shape(facts, expected):
    assert task_metrics(declare(**facts)) == expected


def answer_rows(language, pairs):
    parts = []
    for number, (prediction, gold) in enumerate(pairs):
        for measure, value in answer_scores(prediction, [gold], language).items():
            rows = frame([json.dumps([gold])], [prediction], correct=value, measure=measure, language=language)
            parts.append(rows.assign(example_id=str(number)))
    return pd.concat(parts, ignore_index=True)


def test_a_language_without_a_measure_has_no_score_of_it():
    item = declare(format="answer", metric="mlqa")
    rows = pd.concat([answer_rows("de", [("„Berlin“", "Berlin"), ("x", "y")]), answer_rows("ru", [("а", "а")])])
    table = score(rows, item).set_index(["language", "metric"])
    assert len(table.loc["de"]) == 9
    assert sorted(table.loc["ru"].index) == sorted(n for n in FORMATS["answer"].metrics if not n.startswith("mlqa"))
    assert table.loc[("de", "mlqa"), "value"] == 0.5
    assert table.loc[("de", "squad"), "value"] == 0.0
    for name in ("squad", "mlqa", "multilingual"):
        both = table.loc[("de", f"{name}_em"), "value"], table.loc[("de", f"{name}_f1"), "value"]
        assert table.loc[("de", name), "value"] == pytest.approx(np.mean(both))
    assert (table.loc["de", "n"] == 2).all()


def test_predictions_without_the_primary_measure_are_refused():
    with pytest.raises(DataError, match="'mlqa' needs predictions of the measure 'mlqa'; there are"):
        score(answer_rows("ru", [("а", "а")]), declare(format="answer", metric="mlqa"))


def test_pairs_that_were_mined_are_scored_from_counts():
    item = declare(**MINE)
    decisions = frame(
        ["pair", "pair", "none"], ["pair", "none", "pair"], measure="mining_f1", correct=np.nan, total=np.nan
    )
    table = score(decisions, item)
    assert table[["metric", "value", "n"]].to_dict("records") == [{"metric": "mining_f1", "value": 0.5, "n": 3}]


def test_rankings_are_averaged_over_queries():
    rows = frame(["1", "2"], ["1", "3"], measure="map_at_20", correct=[1.0, 0.25])
    (row,) = score(rows, declare(**RANK)).to_dict("records")
    assert row["value"] == pytest.approx(0.625)
