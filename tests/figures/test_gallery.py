"""Every figure of the first five notebooks on small and large studies: no text overlaps or leaves the picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains, gains, gap_gains, seed_gains, sensitivity, task_gains
from study_utils.catalog import CONDITIONS, ENCODERS, LANGUAGES
from study_utils.figures import (
    loss_curves,
    plot_coverage,
    plot_family_gains,
    plot_family_tree,
    plot_gap_gains,
    plot_layers,
    plot_left_out,
    plot_lengths,
    plot_loss,
    plot_scores,
    plot_seed_gains,
    plot_task_gains,
    plot_validation,
)

SIZES = {"small": (2, 3, 1), "large": (12, 50, 1), "encoders": (2, 3, 6)}
"""Conditions, languages, encoders."""
FEW = Settings(resamples=50)


def over(frame, conditions, encoders):
    """Give the rows of one condition and encoder to many, each a little apart."""
    numbers = [c for c in frame.select_dtypes("float") if c in ("gain", "estimate", "low", "high", "lowest", "highest")]
    base, one = frame[frame["condition"] == "none"], frame[frame["condition"] != "none"]
    parts = []
    for place, encoder in enumerate(encoders):
        parts.append(base.assign(encoder=encoder))
        for turn, key in enumerate(conditions):
            moved = {name: one[name] + 0.003 * turn - 0.01 * place for name in numbers}
            parts.append(one.assign(encoder=encoder, condition=key, **moved))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module", params=SIZES)
def study(request):
    n_conditions, n_languages, n_encoders = SIZES[request.param]
    conditions = [key for key in CONDITIONS if key != "none"][:n_conditions]
    encoders = list(ENCODERS)[:n_encoders]
    languages = ["en", "es", "fr", "eu", *[code for code in LANGUAGES if code not in ("en", "es", "fr", "eu")]]
    predictions, scores = simulate_study(
        np.random.default_rng(0), effects={conditions[0]: 0.03}, languages=languages[: n_languages + 1],
        tasks={"sib200": "accuracy", "xnli": "accuracy", "pawsx": "accuracy"}, examples=30, language_sd=0.03,
    )  # fmt: skip
    return predictions, scores, conditions, encoders


def history(conditions, encoders):
    rows = [
        {"encoder": e, "condition": c, "seed": s, "task": t, "step": i, "loss": 1 / (i + s + 1)}
        for e in encoders for c in conditions for t in ("xnli", "sib200") for s in range(2) for i in range(40)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def validation(conditions, encoders):
    conditions = ["none", *conditions, "utterance_similarity"]  # long titles, which leave panels little room
    rows = [
        {"encoder": e, "condition": c, "seed": s, "task": task, "metric": m, "value": 0.5 + 0.01 * s + 0.01 * n}
        for e in encoders for n, c in enumerate(conditions) for s in range(3)
        for task, m in (("sib200", "accuracy"), ("udpos", "token_accuracy"), ("xquad", "squad"))
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(primary=True, chosen=True)


def layers(conditions, encoders):
    rows = [
        {"encoder": e, "task": "tatoeba", "condition": c, "metric": "accuracy", "layer": i, "depth": 12, "used": i == 8}
        | {"score": 0.4 + 0.03 * i - 0.002 * i * n, "gain": 0.0, "low": 0.0, "high": 0.0, "clear": False}
        for e in encoders for n, c in enumerate(["none", *conditions]) for i in range(13)
    ]  # fmt: skip
    filled = {"published": 8, "n_languages": 3, "n_seeds": 2, "level": 0.95, "withheld": ""}
    return pd.DataFrame(rows).assign(**filled)


def tree(predictions, scores, spread):
    groups = [family_gains(predictions, scores, by=by, settings=FEW) for by in ("family", "branch")]
    return plot_family_tree(spread(pd.concat(groups).drop_duplicates("group")), spread(gains(scores)))


PICTURES = {
    "tasks": lambda p, s, spread: plot_task_gains(spread(task_gains(p, s, settings=FEW))),
    "families": lambda p, s, spread: plot_family_gains(spread(family_gains(p, s, settings=FEW))),
    "tree": tree,
    "left out": lambda p, s, spread: plot_left_out(spread(sensitivity(None, s, by="all", settings=FEW))),
    "gaps": lambda p, s, spread: plot_gap_gains(spread(gap_gains(s))),
    "seeds": lambda p, s, spread: plot_seed_gains(spread(seed_gains(s))),
    "scores": lambda p, s, spread: plot_scores(spread(s), condition="none"),
    "coverage": lambda p, s, spread: plot_coverage(coverage(s)),
    "lengths": lambda p, s, spread: plot_lengths(coverage(s).assign(median_characters=50.0, p90_characters=90.0)),
}
TRAINED = {
    "loss": lambda conditions, encoders: plot_loss(loss_curves(history(conditions, encoders))),
    "validation": lambda conditions, encoders: plot_validation(validation(conditions, encoders)),
    "layers": lambda conditions, encoders: plot_layers(layers(conditions, encoders)),
}


def coverage(scores):
    return scores[["task", "language"]].drop_duplicates().assign(examples=300, role="test")


def check(figure):
    """Draw once, and compare the boxes of all words that are seen."""
    figure.draw_without_rendering()
    page = figure.bbox.padded(2)
    unseen = {
        label
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label, shown in ((tick.label1, tick.label1.get_visible()), (tick.label2, tick.label2.get_visible()))
        if not shown or not ax.axison or not inside(axis, tick.get_loc())
    }
    hidden = {t for ax in figure.axes if not ax.axison for t in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    texts = [
        text for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in unseen | hidden
    ]  # fmt: skip
    boxes = {text: text.get_window_extent() for text in texts}
    for text, box in boxes.items():
        assert page.x0 <= box.x0, f"{text.get_text()!r} leaves the picture on the left"
        assert box.x1 <= page.x1, f"{text.get_text()!r} leaves the picture on the right"
        assert page.y0 <= box.y0, f"{text.get_text()!r} leaves the picture below"
        assert box.y1 <= page.y1, f"{text.get_text()!r} leaves the picture above"
    bounds = np.array([box.shrunk(0.94, 0.6).extents for box in boxes.values()])
    x0, y0, x1, y1 = bounds.T
    over = (x0[:, None] < x1) & (x0 < x1[:, None]) & (y0[:, None] < y1) & (y0 < y1[:, None])
    clashes = [(texts[i].get_text(), texts[j].get_text()) for i, j in np.argwhere(np.triu(over, 1))]
    assert not clashes, clashes[:5]


def inside(axis, place):
    low, high = sorted(axis.get_view_interval())
    return low - 1e-9 <= place <= high + 1e-9


@pytest.mark.parametrize("name", PICTURES)
def test_no_words_overlap_or_leave_the_picture(study, name):
    predictions, scores, conditions, encoders = study
    check(PICTURES[name](predictions, scores, lambda frame: over(frame, conditions, encoders)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", TRAINED)
def test_no_words_of_training_overlap_or_leave_the_picture(name, size):
    n_conditions, _, n_encoders = SIZES[size]
    conditions = [key for key in CONDITIONS if key != "none"][:n_conditions]
    check(TRAINED[name](conditions, list(ENCODERS)[:n_encoders]))


def test_words_that_overlap_are_found():
    from study_utils.figures.style import new_figure

    figure, (ax,) = new_figure(width=3, height=2)
    ax.text(0.5, 0.5, "one word")
    ax.text(0.52, 0.5, "another")
    with pytest.raises(AssertionError, match="one word"):
        check(figure)
