"""Losses and selection scores of runs at work, drawn by a tracker of accelerate while they train."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

    from study_utils.training.loop import Watch


@contextlib.contextmanager
def tracked(name: str, folder: Path, run: str) -> Iterator[Watch | None]:
    """Give what training calls with its numbers; None without a tracker.

    Parameters
    ----------
    name : {"", "tensorboard"}
        Which tracker.
    folder : pathlib.Path
        Where its files go, in a folder named by the run.
    run : str
        Id of the run.
    """
    if not name:
        yield None
        return
    trackers: list[GeneralTracker] = []

    def watch(values: dict[str, float], step: int) -> None:
        if not trackers:  # not before training has chosen its device: a tracker asks which process it is in
            trackers.append(_start(folder, run))
        trackers[0].log(values, step=step)

    try:
        yield watch
    finally:
        for tracker in trackers:
            tracker.finish()


def _start(folder: Path, run: str) -> GeneralTracker:
    from accelerate.tracking import TensorBoardTracker

    folder.mkdir(parents=True, exist_ok=True)
    tracker = TensorBoardTracker(run, logging_dir=folder)
    tracker.start()
    return tracker
