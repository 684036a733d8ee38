"""Early stopping: it ends when it should, keeps the best epoch, and goes on after a kill as if nothing had been."""

from __future__ import annotations

import pytest
import torch
from rows import classify_rows

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training import loop as loop_module
from study_utils.training.distributed import agreed
from study_utils.training.record import State

SST2 = task("sst2")
STEPS = 2
"""Steps of an epoch: 16 rows in batches of 8."""


@pytest.fixture(scope="module")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def run(base, tmp_path, monkeypatch):
    def run(values, *, folder="run", patience=2, epochs=9, **options):
        """Train where the selection score of each epoch is one of `values`."""

        def score(self, epoch):
            value = values[epoch - 1]
            self.state.note(epoch, [{"task": "sst2", "metric": "accuracy", "value": value, "n": 8, "primary": True}])
            return value

        monkeypatch.setattr(loop_module._Training, "_score", score)
        rows = [TaskRows(task=SST2, train=classify_rows(16), validation=classify_rows(8, seed=9))]
        settings = TrainingSettings(epochs=epochs, learning_rate=1e-3, batch_size=8, max_length=32, patience=patience)
        return train(base, rows, settings, seed=0, folder=tmp_path / folder, device="cpu", **options)

    return run


def weights(result):
    return result.model.encoder.state_dict()


@pytest.mark.parametrize(
    ("values", "patience", "last", "best"),
    [
        ([0.5, 0.6, 0.4, 0.6, 0.9], 2, 4, 2),  # an equal score is no better one
        ([0.5, 0.6, 0.4, 0.7, 0.1, 0.1, 0.9], 2, 6, 4),  # one bad epoch is borne
        ([0.5, 0.4, 0.9], 1, 2, 1),
        ([0.1, 0.2, 0.3], 1, 3, 3),
        ([0.5, 0.4, 0.4], None, 3, 1),
    ],
)
def test_training_ends_when_patience_does_and_keeps_the_best_epoch(run, values, patience, last, best):
    result = run(values, patience=patience, epochs=len(values))
    assert result.history["epoch"].max() == last
    assert result.validation["epoch"].tolist() == list(range(1, last + 1))
    assert result.kept_epoch == best
    assert result.validation.query("chosen")["epoch"].tolist() == [best]


def test_what_it_ends_with_are_the_weights_of_the_best_epoch(run):
    found = run([0.5, 0.9, 0.4, 0.4], epochs=4, folder="a")
    whole = run([0.5, 0.9, 0.4, 0.4], epochs=4, folder="b", patience=None)
    assert found.kept_epoch == whole.kept_epoch == 2
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(found).items())
    assert len(found.history) == len(whole.history) == 4 * STEPS


class Killed(BaseException):
    """Stands for a killed process: nothing of ours catches it."""


@pytest.mark.parametrize("at", [1, 3, 4, 6, 8])
def test_continued_after_a_kill_it_ends_at_the_same_place_with_the_same_weights(run, at):
    values = [0.5, 0.6, 0.4, 0.4, 0.9]
    whole = run(values, folder="whole", epochs=5)

    def die(step, total, loss):
        if step == at:
            raise Killed

    with pytest.raises(Killed):
        run(values, folder="cut", epochs=5, checkpoint_seconds=0.0, progress=die)
    resumed = run(values, folder="cut", epochs=5)
    assert resumed.kept_epoch == whole.kept_epoch == 2
    assert resumed.history["loss"].tolist() == whole.history["loss"].tolist()
    assert len(whole.history) == 4 * STEPS
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(resumed).items())


def test_killed_after_its_last_epoch_it_trains_no_further(run, monkeypatch):
    """The checkpoint of the epoch that patience ended with: nothing is left but to save."""
    values = [0.5, 0.4, 0.4, 0.9]
    whole = run(values, folder="whole", epochs=4)
    saved = loop_module.save_trained

    def die(folder, model):
        raise Killed

    monkeypatch.setattr(loop_module, "save_trained", die)
    with pytest.raises(Killed):
        run(values, folder="cut", epochs=4, checkpoint_seconds=0.0)
    monkeypatch.setattr(loop_module, "save_trained", saved)
    steps = []
    resumed = run(values, folder="cut", epochs=4, progress=lambda step, total, loss: steps.append(step))
    assert not steps
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(resumed).items())


def test_patience_needs_scores_and_counts_from_the_best_epoch():
    scored = [{"epoch": 1}]
    assert not State(validation=scored, best_epoch=2).is_exhausted(3, 2)
    assert State(validation=scored, best_epoch=2).is_exhausted(4, 2)
    assert not State().is_exhausted(9, 2), "without selection rows no epoch is better than another"


def test_the_first_process_decides_for_all(monkeypatch):
    class Two:
        num_processes = 2

    monkeypatch.setattr("study_utils.training.distributed.broadcast_object_list", lambda told: [True])
    assert agreed(Two(), False) is True
    Two.num_processes = 1
    assert agreed(Two(), False) is False
