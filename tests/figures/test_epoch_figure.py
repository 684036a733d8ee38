"""The figure of epochs, by its artists."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.catalog.titles import task_title
from study_utils.figures.epochs import plot_epochs
from study_utils.figures.style import task_order


def curves():
    rows = []
    for task, metric in (("xnli", "accuracy"), ("udpos", "token_accuracy")):
        for condition in ("none", "mnli"):
            for seed in (0, 1):
                for epoch in (1, 2, 3):
                    selection, target = 0.5 + 0.1 * epoch, 0.6 - 0.1 * epoch + 0.01 * seed
                    rows.append(("e5_small", condition, task, seed, epoch, metric, selection, target, 4))
    names = ["encoder", "condition", "task", "seed", "epoch", "metric", "selection", "target", "languages"]
    return pd.DataFrame(rows, columns=names)


def test_one_panel_a_task_and_two_lines_a_run():
    figure = plot_epochs(curves())
    panels = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title(loc="left") for ax in panels] == [task_title(key) for key in task_order(["xnli", "udpos"])]
    for ax in panels:
        lines = [line for line in ax.get_lines() if len(line.get_xdata()) == 3]
        assert len(lines) == 2 * 4
        dashed = [line for line in lines if line.get_linestyle() == "--"]
        np.testing.assert_allclose(dashed[0].get_ydata(), [60, 70, 80])
        solid = [line for line in lines if line.get_linestyle() == "-"]
        np.testing.assert_allclose(solid[0].get_ydata(), [50, 40, 30])
        assert len({line.get_color() for line in solid}) == 2
        marks = [line for line in ax.get_lines() if line.get_marker() == "o"]
        assert [mark.get_xdata()[0] for mark in marks] == [3, 1] * 4, "the choice, then the oracle"


def test_the_mean_stands_beyond_the_last_epoch_where_it_was_kept():
    frame = curves()
    mean = frame[frame["epoch"] == 1].assign(epoch=0, target=0.7)
    ax = plot_epochs(pd.concat([frame, mean])).axes[0]
    marks = [line for line in ax.get_lines() if line.get_marker() == "D" and len(line.get_xdata())]
    assert len(marks) == 4
    assert (marks[0].get_xdata()[0], marks[0].get_ydata()[0]) == (3.5, 70.0)
    texts = [text.get_text() for text in plot_epochs(frame).legends[0].get_texts()]
    assert "oracle" in texts
    assert "mean of all epochs" not in texts
