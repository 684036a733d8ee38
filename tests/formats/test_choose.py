"""Choosing: pairs of text and choice, a softmax over each row, batches that keep rows whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rows import choose_rows, toy_task
from torch.nn import functional

from study_utils.encoders.vocabulary import Vocabulary
from study_utils.evaluation.predict import predict
from study_utils.formats import choose
from study_utils.formats.features import collate
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training.batches import mixed_batches

TASK = toy_task("choose", "accuracy")


def words_of(tokenizer, ids):
    return "".join(tokenizer.convert_ids_to_tokens(ids)).replace("▁", " ")


def test_every_choice_is_a_pair_with_text_and_question(tokenizer):
    rows = choose_rows(20)
    features = choose.encode(rows, TASK, tokenizer, 64)
    pairs = [(row, choice) for row, choices in enumerate(rows["choices"]) for choice in choices]
    assert len(features) == len(pairs)
    assert features.source.tolist() == [row for row, _ in pairs]
    for number, (row, choice) in enumerate(pairs):
        found = words_of(tokenizer, features.ids[features.offsets[number] : features.offsets[number + 1]])
        assert found == f"<s> {rows['text'][row]} what is it?</s></s> {choice}</s>"
        assert features.labels[number].tolist() == [row, int(choice == rows["choices"][row][rows["label"][row]])]


def test_a_row_without_question_is_its_text(tokenizer):
    rows = choose_rows(1).assign(question="")
    features = choose.encode(rows, TASK, tokenizer, 64)
    assert words_of(tokenizer, features.ids[: features.offsets[1]]).startswith(f"<s> {rows['text'][0]}</s></s> ")


def test_loss_is_the_cross_entropy_of_each_row_by_itself():
    """Rows of 2, 3 and 4 choices in one batch, their inputs shuffled."""
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(9, 1, generator=generator, requires_grad=True)
    labels = torch.tensor([[7, 0], [7, 1], [3, 1], [3, 0], [3, 0], [5, 0], [5, 0], [5, 0], [5, 1]])
    order = torch.randperm(9, generator=generator)
    expected = [(outputs[0:2], 1), (outputs[2:5], 0), (outputs[5:9], 3)]
    plain = torch.stack([functional.cross_entropy(v.T, torch.tensor([label])) for v, label in expected]).mean()
    found = choose.loss(outputs[order], labels[order])
    torch.testing.assert_close(found, plain)
    gradients = [torch.autograd.grad(value, outputs, retain_graph=True)[0] for value in (found, plain)]
    torch.testing.assert_close(*gradients)


def test_decode_takes_the_best_choice_of_each_row(tokenizer):
    rows = choose_rows(12)
    features = choose.encode(rows, TASK, tokenizer, 64)
    outputs = [np.array([float(right)], dtype=np.float32) for _, right in features.labels]
    found = choose.decode(outputs, features, rows, TASK)
    assert found["correct"].all()
    assert list(found["gold"]) == [str(label) for label in rows["label"]] == list(found["prediction"])
    for number in np.flatnonzero(features.source == 5):
        outputs[number] = -outputs[number]
    worse = choose.decode(outputs, features, rows, TASK)
    assert worse["correct"].tolist() == [1.0] * 5 + [0.0] + [1.0] * 6
    ties = choose.decode([np.zeros(1)] * len(features), features, rows, TASK)
    assert set(ties["prediction"]) == {"0"}, "the first of equals"


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_no_batch_splits_a_row(tokenizer, batch_size):
    features = choose.encode(choose_rows(30), TASK, tokenizer, 64)
    seen = []
    for _, units in mixed_batches({"toy": features.unit_lengths}, batch_size, seed=0, epoch=1):
        inputs = features.inputs_of(units)
        rows = features.source[inputs]
        assert sorted(set(rows)) == sorted(units)
        assert len(units) <= batch_size
        assert all((rows == row).sum() == (features.source == row).sum() for row in units)
        seen += inputs.tolist()
    assert sorted(seen) == list(range(len(features)))
    longest = [features.lengths[features.source == row].max() for row in range(30)]
    assert features.unit_lengths.tolist() == longest


def test_the_batch_has_the_labels_of_its_inputs(tokenizer):
    features = choose.encode(choose_rows(6), TASK, tokenizer, 64)
    inputs = features.inputs_of(np.array([4, 1]))
    batch = collate(features, inputs, Vocabulary.of(features.ids, tokenizer=tokenizer), tokenizer.pad_token_id)
    assert batch["labels"].tolist() == features.labels[inputs].tolist()


def test_choosing_can_be_learnt_and_predicted(base, tmp_path):
    settings = TrainingSettings(epochs=6, learning_rate=1e-2, batch_size=16, max_length=64, dropout=0.0)
    tasks = [TaskRows(task=TASK, train=choose_rows(120))]
    result = train(base, tasks, settings, seed=0, folder=tmp_path, device="cpu")
    assert set(result.history["examples"]) == {16, 8}
    test = choose_rows(60, seed=5, language="de")
    found = predict(result.model, TASK, test, max_length=64, device="cpu")
    assert found["correct"].mean() > 0.9
    shuffled = predict(result.model, TASK, test.iloc[::-1], max_length=64, device="cpu")
    merged = found.merge(shuffled, on="example_id", suffixes=("", "_other"))
    assert (merged["prediction"] == merged["prediction_other"]).all()
