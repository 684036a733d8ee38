from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rows import classify_rows, tag_rows

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder
from study_utils.errors import DataError
from study_utils.evaluation.predict import predict, token_batches
from study_utils.formats.features import collate
from study_utils.training import TaskRows, TrainingSettings, train


@pytest.fixture(scope="module")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def model(base, tmp_path_factory):
    tasks = [
        TaskRows(task=task("sst2"), train=classify_rows(40)),
        TaskRows(task=task("udpos"), train=tag_rows(40)),
    ]
    settings = TrainingSettings(epochs=1, learning_rate=5e-3, batch_size=8, max_length=32)
    return train(base, tasks, settings, seed=0, folder=tmp_path_factory.mktemp("run"), device="cpu").model


def test_predictions_come_in_the_order_of_the_rows(model):
    rows = classify_rows(30)
    found = predict(model, task("sst2"), rows, max_length=32, device="cpu")
    assert list(found["example_id"]) == list(rows["id"])
    assert list(found.columns) == [
        "language",
        "example_id",
        "measure",
        "gold",
        "prediction",
        "correct",
        "total",
    ]


@pytest.mark.parametrize("key", ["sst2", "udpos"])
def test_neither_order_nor_company_nor_batch_size_changes_a_prediction(model, key, monkeypatch):
    make = classify_rows if key == "sst2" else tag_rows
    german, french = make(25, language="de", seed=2), make(25, language="fr", seed=3)
    together = predict(model, task(key), pd.concat([german, french]), max_length=32, device="cpu")
    alone = predict(model, task(key), french.iloc[::-1], max_length=32, device="cpu")
    merged = together.merge(alone, on=["language", "example_id", "measure"], suffixes=("", "_alone"))
    assert len(merged) == 25
    assert (merged["prediction"] == merged["prediction_alone"]).all()
    monkeypatch.setattr("study_utils.evaluation.predict.BATCH_TOKENS", 20)
    small = predict(model, task(key), french.iloc[::-1], max_length=32, device="cpu")
    pd.testing.assert_frame_equal(small, alone)


def test_what_cannot_be_predicted_is_refused(model):
    with pytest.raises(DataError, match="no head for task 'xnli'"):
        predict(model, task("xnli"), classify_rows(3), max_length=32, device="cpu")
    with pytest.raises(DataError, match="no rows"):
        predict(model, task("sst2"), classify_rows(0), max_length=32, device="cpu")


@pytest.mark.parametrize("key", ["sst2", "udpos"])
def test_inputs_of_equal_tokens_are_computed_once_and_answered_each(model, key, monkeypatch):
    rows = (classify_rows if key == "sst2" else tag_rows)(12)
    doubled = pd.concat([rows, rows.assign(language="de", id="again-" + rows["id"])], ignore_index=True)
    computed = []

    def counted(features, index, *rest):
        computed.extend(index)
        return collate(features, index, *rest)

    monkeypatch.setattr("study_utils.evaluation.predict.collate", counted)
    found = predict(model, task(key), doubled, max_length=32, device="cpu")
    for_both = sorted(computed)
    computed.clear()
    alone = predict(model, task(key), rows, max_length=32, device="cpu")
    assert sorted(computed) == for_both == sorted(set(for_both))
    halves = found["prediction"].to_numpy().reshape(2, -1)
    assert (halves[0] == halves[1]).all()
    assert (alone["prediction"].to_numpy() == halves[0]).all()


def test_progress_ends_at_the_number_of_inputs(model):
    seen = []
    predict(
        model,
        task("sst2"),
        classify_rows(9),
        max_length=32,
        device="cpu",
        progress=lambda d, n: seen.append((d, n)),
    )
    assert seen[-1] == (9, 9)


def test_batches_keep_to_their_budget_and_hold_every_input_once():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 60, 200)
    batches = token_batches(lengths, 128)
    assert sorted(np.concatenate(batches)) == list(range(200))
    assert all(len(b) == 1 or len(b) * lengths[b].max() <= 128 for b in batches)
