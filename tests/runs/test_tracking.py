"""TensorBoard's files, written through accelerate's tracker and read back by TensorBoard itself."""

from __future__ import annotations

import pytest

from study_utils.errors import ParameterError
from study_utils.params import load_params
from study_utils.runs.tracking import tracked

pytest.importorskip("tensorboard")


def test_numbers_are_read_back_by_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with tracked("tensorboard", tmp_path / "curves", "run-1") as watch:
        watch({"loss/sst2": 0.5, "learning_rate": 0.25}, 1)
        watch({"loss/sst2": 0.25}, 2)
        watch({"validation/sst2/accuracy": 0.75}, 2)
    found = EventAccumulator(str(tmp_path / "curves" / "run-1"))
    found.Reload()
    assert [(event.step, event.value) for event in found.Scalars("loss/sst2")] == [(1, 0.5), (2, 0.25)]
    assert [(event.step, event.value) for event in found.Scalars("validation/sst2/accuracy")] == [(2, 0.75)]


def test_without_a_tracker_nothing_is_written(tmp_path):
    with tracked("", tmp_path / "curves", "run-1") as watch:
        assert watch is None
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_tells_nothing_or_fails_leaves_no_open_file(tmp_path):
    with tracked("tensorboard", tmp_path / "curves", "run-1"):
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), tracked("tensorboard", tmp_path / "curves", "run-2") as watch:
        watch({"loss": 1.0}, 1)
        raise ZeroDivisionError
    assert len(list((tmp_path / "curves" / "run-2").iterdir())) == 1


def test_a_tracker_that_is_not_installed_or_unknown_is_refused_before_any_work(monkeypatch):
    assert load_params("quick", {"tracker": "tensorboard"}).tracker == "tensorboard"
    monkeypatch.setattr("study_utils.params.study.find_spec", lambda name: None)
    with pytest.raises(ParameterError, match=r"tensorboard isn't installed: pip install"):
        load_params("quick", {"tracker": "tensorboard"})
    with pytest.raises(ParameterError, match="tracker"):
        load_params("quick", {"tracker": "wandb"})
