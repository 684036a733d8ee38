"""Which weights a run ends with: best, last or the mean of all epochs; the models of single epochs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from rows import classify_rows, tag_rows

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder
from study_utils.evaluation.predict import predict
from study_utils.metrics import score
from study_utils.model import load_trained
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training import loop as loop_module
from study_utils.training.keep import MEAN_EPOCH, add_to_mean, epoch_folder

SST2, UDPOS = task("sst2"), task("udpos")
SETTINGS = TrainingSettings(epochs=3, learning_rate=5e-3, batch_size=8, max_length=32)
SELECTS = classify_rows(16, seed=9)


@pytest.fixture(scope="module")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def run(base, tmp_path):
    def run(keep="best", *, folder="run", tasks=None, start=None, options=(), **changes):
        tasks = tasks or [TaskRows(task=SST2, train=classify_rows(32), validation=SELECTS)]
        settings = dataclasses.replace(SETTINGS, keep=keep, **changes)
        return train(start or base, tasks, settings, seed=0, folder=tmp_path / folder, device="cpu", **dict(options))

    return run


def weights(model):
    return {**model.encoder.state_dict(), **{f"heads.{k}": v for k, v in model.heads.state_dict().items()}}


def same(a, b):
    a, b = weights(a), weights(b)
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def epochs_of(base, folder, count=3):
    return [load_trained(epoch_folder(folder, epoch), base) for epoch in range(1, count + 1)]


def test_a_running_mean_by_hand():
    model = torch.nn.Linear(2, 1)
    model.register_buffer("steps", torch.tensor(0))
    mean = None
    for count, (values, bias) in enumerate([([1.0, 8.0], 0.0), ([3.0, 2.0], 1.0), ([5.0, -1.0], 5.0)], start=1):
        with torch.no_grad():
            model.weight.copy_(torch.tensor([values]))
            model.bias.copy_(torch.tensor([bias]))
        model.steps += 4
        mean = add_to_mean(mean, model, count)
    assert mean["weight"].tolist() == [[3.0, 3.0]]
    assert mean["bias"].tolist() == [2.0]
    assert mean["steps"].item() == 12, "numbers that count are not averaged"
    assert model.weight.tolist() == [[5.0, -1.0]], "the model itself trains on"


def test_the_mean_is_that_of_the_weights_after_every_epoch(run, base, tmp_path):
    tasks = [
        TaskRows(task=SST2, train=classify_rows(32), validation=SELECTS),
        TaskRows(task=UDPOS, train=tag_rows(16), validation=tag_rows(8, seed=2)),
    ]
    mean = run("mean", folder="mean", tasks=tasks)
    last = run("last", folder="each", tasks=tasks, keep_epochs=True)
    each = [weights(model) for model in epochs_of(base, tmp_path / "each")]
    assert all(torch.equal(value, weights(last.model)[name]) for name, value in each[-1].items())
    found = weights(mean.model)
    assert found.keys() == each[0].keys()
    for name, value in found.items():
        expected = np.mean([own[name].double().numpy() for own in each], axis=0)
        np.testing.assert_allclose(value.double().numpy(), expected, atol=1e-6)
    assert not same(mean.model, last.model)


def test_the_scores_of_the_mean_are_its_own(run, base, tmp_path):
    result = run("mean", keep_epochs=True)
    assert result.kept_epoch == MEAN_EPOCH
    assert result.validation["epoch"].unique().tolist() == [1, 2, 3, MEAN_EPOCH]
    assert result.validation.query("chosen")["epoch"].unique().tolist() == [MEAN_EPOCH]
    models = [*epochs_of(base, tmp_path / "run"), load_trained(tmp_path / "run", base)]
    for model, noted in zip(models, result.validation.query("primary")["value"], strict=True):
        scores = score(predict(model, SST2, SELECTS, max_length=32, device="cpu"), SST2)
        assert noted == scores.set_index("metric")["value"]["accuracy"]


def test_what_is_kept_without_a_choice_is_scored_once(run):
    last = run("last", folder="a")
    assert (last.kept_epoch, last.validation["epoch"].unique().tolist()) == (3, [3])
    assert last.validation["chosen"].all()
    mean = run("mean", folder="b")
    assert (mean.kept_epoch, mean.validation["epoch"].unique().tolist()) == (MEAN_EPOCH, [MEAN_EPOCH])
    assert mean.validation["chosen"].all()


def test_the_last_epoch_is_kept_though_an_earlier_one_is_as_good(run):
    still = {"learning_rate": 1e-12}  # all epochs score the same
    assert run(folder="a", **still).kept_epoch == 1
    assert run("last", folder="b", **still).kept_epoch == 3


@pytest.mark.parametrize("keep", ["last", "mean"])
def test_patience_ends_training_whatever_is_kept(run, base, tmp_path, keep):
    result = run(keep, folder="short", learning_rate=1e-12, patience=1)
    assert result.history["epoch"].max() == 2
    assert result.kept_epoch == {"last": 2, "mean": MEAN_EPOCH}[keep]
    assert result.validation.query("chosen")["epoch"].nunique() == 1


def test_without_selection_rows_the_mean_is_kept_too(run):
    rows = [TaskRows(task=SST2, train=classify_rows(32))]
    with_rows, without = run("mean", folder="a"), run("mean", folder="b", tasks=rows)
    assert without.validation.empty
    trimmed = set(without.model.vocabulary.kept)
    assert trimmed <= set(with_rows.model.vocabulary.kept)
    name = "encoder.layer.0.output.dense.weight"
    assert torch.allclose(weights(with_rows.model)[name], weights(without.model)[name], atol=1e-6)


def test_the_mean_starts_anew_in_every_stage(run, base, tmp_path):
    first = run("mean", folder="a").model
    again = run("mean", folder="b", start=first, keep_epochs=True).model
    each = [weights(model) for model in epochs_of(base, tmp_path / "b")]
    name = "encoder.layer.0.output.dense.weight"
    torch.testing.assert_close(weights(again)[name], torch.stack([own[name] for own in each]).mean(dim=0))


class Killed(BaseException):
    """Stands for a killed process: nothing of ours catches it."""


def cut(run, at, **options):
    def die(step, total, loss):
        if step == at:
            raise Killed

    with pytest.raises(Killed):
        run(options={"checkpoint_seconds": 0.0, "progress": die}, **options)


@pytest.mark.parametrize(("keep", "at"), [("best", 6), ("last", 6), *(("mean", at) for at in (1, 4, 5, 9, 12))])
def test_continued_after_a_kill_it_ends_bitwise_the_same(run, base, tmp_path, at, keep):
    whole = run(keep, folder="whole", keep_epochs=True)
    cut(run, at, keep=keep, folder="cut", keep_epochs=True)
    steps = []
    resumed = run(
        keep, folder="cut", keep_epochs=True, options={"progress": lambda step, total, loss: steps.append(step)}
    )
    assert steps[0] == at, "at most the step that was cut is done again"
    assert same(whole.model, resumed.model)
    assert whole.validation.equals(resumed.validation)
    for mine, theirs in zip(epochs_of(base, tmp_path / "cut"), epochs_of(base, tmp_path / "whole")):
        assert same(mine, theirs)


def test_killed_before_its_mean_is_written_it_comes_to_the_same(run, monkeypatch):
    whole, saved = run("mean", folder="whole"), loop_module.save_trained

    def die(folder, model):
        raise Killed

    monkeypatch.setattr(loop_module, "save_trained", die)
    with pytest.raises(Killed):
        run("mean", folder="cut", options={"checkpoint_seconds": 0.0})
    monkeypatch.setattr(loop_module, "save_trained", saved)
    assert same(run("mean", folder="cut").model, whole.model)


def test_a_run_that_keeps_other_weights_does_not_continue(run, caplog):
    cut(run, 6, keep="best", folder="cut")
    found = run("mean", folder="cut")
    assert "is not used" in caplog.text
    assert same(found.model, run("mean", folder="fresh").model)


def test_epochs_of_an_attempt_that_cannot_be_continued_go(run, tmp_path):
    epoch_folder(tmp_path / "run", 7).mkdir(parents=True)
    run(keep_epochs=True)
    assert sorted(path.name for path in (tmp_path / "run" / "epochs").iterdir()) == ["001", "002", "003"]
    run(folder="plain")
    assert not (tmp_path / "plain" / "epochs").exists()
