"""Every figure of the first five notebooks on small and large studies: nothing overlaps or leaves the picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import check
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains, gains, gap_gains, seed_gains, sensitivity, task_gains
from study_utils.catalog import CONDITIONS, ENCODERS, LANGUAGES
from study_utils.figures import (
    loss_curves,
    plot_coverage,
    plot_family_gains,
    plot_family_tree,
    plot_gap_gains,
    plot_labels,
    plot_layers,
    plot_left_out,
    plot_lengths,
    plot_loss,
    plot_scores,
    plot_seed_gains,
    plot_task_gains,
    plot_validation,
)
from study_utils.figures.style import new_figure

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
    "labels": lambda p, s, spread: plot_labels(labels(s)),
}
TRAINED = {
    "loss": lambda conditions, encoders: plot_loss(loss_curves(history(conditions, encoders))),
    "validation": lambda conditions, encoders: plot_validation(validation(conditions, encoders)),
    "layers": lambda conditions, encoders: plot_layers(layers(conditions, encoders)),
}


def coverage(scores):
    return scores[["task", "language"]].drop_duplicates().assign(examples=300, role="test")


def labels(scores):
    shares = [coverage(scores).assign(label=f"label {i}", share=1 / n) for n in (3, 12) for i in range(n)]
    return pd.concat([shares[0].iloc[:0], *(part[part["task"] == "xnli"] for part in shares[:3]),
                      *(part[part["task"] != "xnli"] for part in shares[3:])])  # fmt: skip


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


BROKEN = {
    "words over words": lambda figure, ax: (ax.text(0.5, 0.5, "one word"), ax.text(0.52, 0.5, "another")),
    "leaves the picture above": lambda figure, ax: figure.suptitle("a title", y=1.2),
    "leaves the picture on the right": lambda figure, ax: ax.legend(loc="center left", bbox_to_anchor=(1.2, 0.5)),
    "titles over axes": lambda figure, ax: figure.suptitle("a title", y=0.6),
    "titles over axes: .*'another title'": lambda figure, ax: ax.set_title("another title", y=0.7),
    "legends over axes": lambda figure, ax: figure.legend(loc="center"),
    "legends over axes, words": lambda figure, ax: ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.05)),
}


@pytest.mark.parametrize("told", BROKEN)
def test_what_overlaps_or_leaves_the_picture_is_found(told):
    figure, (ax,) = new_figure(width=3, height=2)
    ax.plot([0, 1], [0, 1], label="a line")
    ax.set_xlabel("steps")
    check(figure)
    figure.set_layout_engine("none")
    BROKEN[told](figure, ax)
    with pytest.raises(AssertionError, match=told):
        check(figure)
