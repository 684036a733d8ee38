"""Losses and validation scores."""

from __future__ import annotations

import pandas as pd
import pytest
from figure_layout import drawn

from study_utils.catalog import CONDITIONS
from study_utils.figures import (
    loss_curves,
    plot_loss,
    plot_validation,
)


def history(conditions, tasks=("xnli", "sib200"), seeds=2):
    return pd.DataFrame(
        {"encoder": "e5_small", "condition": c, "target": t, "seed": s, "task": t, "step": i, "loss": 1 / (i + s + 1)}
        for c in conditions for t in tasks for s in range(seeds) for i in range(30)
    )  # fmt: skip


def test_loss_has_a_panel_for_each_task_and_condition():
    figure = plot_loss(loss_curves(history(["none", "mnli", "sst2"])))
    axes = drawn(figure)
    titles = [f"{task}\n{key}" for task in ("XNLI", "SIB-200") for key in ("No intermediate task", "MNLI", "SST-2")]
    assert [ax.get_title(loc="left") for ax in axes] == titles
    assert all(len(ax.lines) == 2 for ax in axes)
    assert len({ax.get_ylim() for ax in axes[:3]}) == 1, "one scale a task"
    (own,) = drawn(plot_loss(loss_curves(history(["mnli"], tasks=["mnli"]))))
    assert own.get_title(loc="left") == "MNLI\nalone", "no title twice"


def test_conditions_share_panels_where_they_are_too_many():
    keys = list(CONDITIONS)[:35]
    figure = plot_loss(loss_curves(history(keys, seeds=1)))
    assert [len(ax.lines) for ax in drawn(figure)] == [35, 35]
    assert len(figure.legends[0].get_texts()) == 35


def test_a_study_of_the_baseline_alone_has_no_curves():
    nothing = pd.DataFrame(columns=["encoder", "condition", "seed"])
    assert loss_curves(nothing).empty
    assert plot_loss(loss_curves(nothing)).axes, "it says that nothing was trained"


def test_loss_curves_are_smooth_and_end_at_the_last_step():
    steps = pd.DataFrame({"step": range(200), "loss": [1.0, 0.0] * 100})
    curves = loss_curves(steps.assign(encoder="e5_small", condition="mnli", seed=0, task="xnli"))
    assert 45 <= len(curves) <= 60
    assert curves["step"].iloc[-1] == 199
    assert curves["loss"].iloc[10:].between(0.4, 0.6).all(), "means of ten steps"


def test_validation_shows_the_chosen_epoch_and_chance():
    rows = [
        {"encoder": "e5_small", "condition": c, "seed": s, "task": "xnli", "metric": "accuracy", "value": v}
        | {"primary": True, "chosen": v > 0.5}
        for c in ("none", "mnli") for s in (0, 1) for v in (0.4, 0.6 + s / 10)
    ]  # fmt: skip
    (ax,) = drawn(plot_validation(pd.DataFrame(rows)))
    assert sorted(x for line in ax.lines[:2] for x in line.get_xdata()) == pytest.approx([60, 65, 70])
    assert ax.lines[-1].get_xdata()[0] == pytest.approx(100 / 3)
    assert ax.get_xlabel() == "accuracy in percent"
