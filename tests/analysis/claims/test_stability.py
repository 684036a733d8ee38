"""Spread between seeds and tasks with known truth, and choices of epochs by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from claim_studies import evidence, judge, scores

from study_utils.analysis.claims.needs import needs
from study_utils.catalog.claims import CLAIMS

TARGETS = ("xnli", "udpos", "tatoeba", "pawsx")


def noisy(after, alone, *, seeds=range(8), tasks=("sst2", "qqp", "mnli"), between=0.0):
    """Study whose scores differ between seeds by a standard deviation in points, with and without intermediate task."""
    rng = np.random.default_rng(5)
    table = scores(dict.fromkeys(tasks, 0.0), targets=TARGETS, languages=("de", "fr"), seeds=tuple(seeds), noise=0.0)
    runs = table.groupby(["condition", "task", "seed"]).ngroup()
    spread = np.where(table["condition"] == "none", alone, after)
    shift = rng.normal(0, 1, runs.max() + 1)[runs] * spread
    task = dict(zip(tasks, np.linspace(-1, 1, len(tasks)) * between))
    return evidence(table.assign(value=table["value"] + (shift + table["condition"].map(task).fillna(0.0)) / 100))


def test_steadier_after_an_intermediate_task():
    steady, level, shaky = (judge("stilts-steadier", noisy(after, 2.0)) for after in (0.2, 2.0, 12.0))
    assert (steady.verdict, shaky.verdict) == ("supported", "contradicted")
    assert level.verdict == "not decided"
    assert steady.estimate == pytest.approx(0.1, rel=0.5)
    assert steady.low < 0.1 < steady.high
    assert steady.unit == "times the spread"


@pytest.mark.parametrize(("spread", "verdict"), [(6.0, "supported"), (0.1, "contradicted")])
def test_gains_differ_between_seeds(spread, verdict):
    line = judge("lin-seeds", noisy(spread, 0.0))
    assert line.verdict == verdict
    assert line.low < spread < line.high


def test_gains_differ_between_intermediate_tasks():
    far = judge("lin-tasks", noisy(0.5, 0.5, tasks=("sst2", "qqp", "mnli", "imdb", "stsb", "snli"), between=20.0))
    assert far.verdict == "supported"
    assert far.low < np.std(np.linspace(-20, 20, 6), ddof=1) < far.high
    assert (
        judge("lin-tasks", noisy(0.1, 0.1, tasks=("sst2", "qqp", "mnli", "imdb", "stsb", "snli"))).verdict
        != "supported"
    )


def test_the_interval_of_a_spread_between_seeds_holds_the_truth():
    """Gains share the baseline of their target: the degrees of freedom must not count them as apart."""
    rng, inside = np.random.default_rng(11), 0
    for _ in range(50):
        table = scores(dict.fromkeys(("sst2", "qqp"), 0.0), targets=TARGETS, languages=("de",), noise=0.0)
        value = table["value"] + rng.normal(0, 2, len(table)) / 100
        line = judge("lin-seeds", evidence(table.assign(value=value)))
        inside += line.low < np.sqrt(8) < line.high
    assert inside >= 44  # of 50 at 95 %: fewer in 2 % of such tests


def epochs(curves, *, seeds=(0, 1, 2), noise=0.05):
    """Table of epochs: target to epoch to (English selection, mean of other languages), in points; 0: the mean."""
    rng = np.random.default_rng(2)
    rows = [
        (
            "e5_small",
            "none",
            task,
            seed,
            number,
            selection / 100,
            language,
            "accuracy",
            (value + rng.normal(0, noise)) / 100,
        )
        for task, curve in curves.items()
        for seed in seeds
        for number, (selection, value) in curve.items()
        for language in ("en", "de", "fr")
    ]
    columns = ["encoder", "condition", "task", "seed", "epoch", "selection", "language", "metric", "value"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(zero_shot=table["language"] != "en")


RISES = {1: (60, 40), 2: (65, 45), 3: (70, 50), 4: (72, 55)}
FALLS = {1: (60, 55), 2: (65, 50), 3: (70, 45), 4: (72, 40)}
FLAT = {1: (60, 50.0), 2: (65, 50.1), 3: (70, 50.0), 4: (72, 50.1)}


def test_english_selection_against_other_languages():
    table = scores({}, targets=("xnli", "udpos"))
    for curves, verdict, estimate in (((FALLS, FALLS), "supported", -1.0), ((RISES, RISES), "contradicted", 1.0)):
        own = evidence(table, epochs=epochs(dict(zip(("xnli", "udpos"), curves)), noise=0.9))
        line = judge("keung-english-selection", own)
        assert line.estimate == pytest.approx(estimate, abs=0.5)
        assert line.verdict in (verdict, "not decided")
        assert judge("keung-english-selection", evidence(table, epochs=epochs({"xnli": curves[0]}))).verdict == verdict


def test_scores_within_a_run():
    table = scores({}, targets=("xnli",))
    assert judge("keung-within-runs", evidence(table, epochs=epochs({"xnli": FALLS}))).verdict == "supported"
    line = judge("keung-within-runs", evidence(table, epochs=epochs({"xnli": FLAT})))
    assert line.verdict == "contradicted"
    assert line.estimate < 0.2


def test_the_mean_of_epochs_against_the_chosen_one():
    table = scores({}, targets=("xnli",))
    for mean, verdict in ((44.0, "supported"), (40.2, "contradicted")):  # English chooses the fourth, 40.0
        own = evidence(table, epochs=epochs({"xnli": FALLS | {0: (71, mean)}}))
        line = judge("schmidt-averaging", own)
        assert line.estimate == pytest.approx(mean - 40, abs=0.2)
        assert line.verdict == verdict


def test_without_epochs_there_is_no_test_and_it_says_why():
    table = scores({}, targets=("xnli",))
    for kept in (None, epochs({"xnli": RISES}).iloc[:0]):
        line = judge("keung-english-selection", evidence(table, epochs=kept))
        assert (line.verdict, line.here) == ("not tested here", "no such runs")
        assert "keep_epochs" in line.why
    settings = [("setting", "keep_epochs: true"), ("setting", "keep: mean")]
    found = needs(CLAIMS["schmidt-averaging"], evidence(table), {})
    assert [need for need in found if need[0] == "setting"] == settings
    found = needs(CLAIMS["schmidt-averaging"], evidence(table, epochs=epochs({"xnli": RISES})), {})
    assert [need for need in found if need[0] == "setting"] == settings[1:]
