from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import Settings, variance_shares
from study_utils.analysis.models.variance import VARIANCE_COLUMNS, _ends
from study_utils.analysis.results.tables import join_languages

CODES = "es fr it pt ro de nl af sv ru pl bg uk fi et hu ar he fa hi bn ur tr az kk".split()
FAST = Settings(resamples=40)


def scores_of(deviations, *, number=0, codes=CODES, tasks=("xnli", "sib200", "udpos", "tatoeba"), seeds=3):
    """Scores whose gains have the given standard deviations between families, languages, ..."""
    rng = np.random.default_rng(number)
    groups = join_languages(pd.DataFrame({"language": codes}))["group"].to_numpy()
    sd = {"family": 0, "language": 0, "task": 0, "cell": 0, "seed": 0, "run": 0, "residual": 0.001} | deviations
    family = dict(zip(set(groups), rng.normal(0, sd["family"], len(groups))))
    language, task = rng.normal(0, sd["language"], len(codes)), rng.normal(0, sd["task"], len(tasks))
    cell, run = (rng.normal(0, sd[name], (len(tasks), n)) for name, n in (("cell", len(codes)), ("run", seeds)))
    seed = rng.normal(0, sd["seed"], seeds)
    metrics = {"udpos": "token_accuracy", "tatoeba": "accuracy_to_english"}
    rows = []
    for j, code in enumerate(codes):
        for i, name in enumerate(tasks):
            for k in range(seeds):
                gain = family[groups[j]] + language[j] + task[i] + seed[k] + cell[i, j] + run[i, k]
                gain += rng.normal(0, sd["residual"])
                key = {"encoder": "e5_small", "task": name, "language": code, "variant": "clean", "seed": k}
                rest = {"metric": metrics.get(name, "accuracy"), "n": 100, "zero_shot": True, "same_data": False}
                for condition, value in (("none", 0.5), ("snli", 0.5 + gain)):
                    rows.append(key | {"condition": condition, "value": value, "run": "r"} | rest)
    return pd.DataFrame(rows)


@pytest.mark.parametrize("source", ["family", "language", "task", "cell", "seed", "run", "residual"])
def test_each_source_is_found_where_it_is(source):
    table = variance_shares(scores_of({source: 0.03}), settings=FAST).set_index("source")
    assert list(table.reset_index()[VARIANCE_COLUMNS]) == VARIANCE_COLUMNS
    assert table["share"].idxmax() == source
    near = {"language": ["family", "language"], "run": ["run", "seed", "task"]}.get(source, [source])
    assert table.loc[near, "share"].sum() > 0.8, (
        "of few levels, some of the variance looks like that of what holds them"
    )
    assert table["share"].sum() == pytest.approx(1)
    assert ((table["low"] <= table["high"]) & (table["low"] >= 0) & (table["high"] <= 1)).all()


def test_training_runs_are_told_from_seeds_and_from_what_is_left():
    """Half of the variance in training runs; without them in the model it would be the residual's."""
    deviations, found = {"run": 0.03, "residual": 0.03, "language": 0.01}, []
    for number in range(12):
        table = variance_shares(scores_of(deviations, number=number, seeds=5), settings=Settings(resamples=2))
        found.append(table.set_index("source")["deviation"] ** 2)
    mean = pd.concat(found, axis=1).mean(axis=1)
    assert mean["run"] == pytest.approx(0.03**2, rel=0.25)
    assert mean["residual"] == pytest.approx(0.03**2, rel=0.05)
    assert mean[["seed", "task"]].max() < 0.012**2


def test_intervals_cover_known_shares():
    truth, inside = {"language": 0.5, "residual": 0.5, "family": 0.0}, 0
    for number in range(5):
        scores = scores_of({"language": 0.02, "residual": 0.02}, number=number, seeds=1)
        table = variance_shares(scores, settings=FAST).set_index("source")
        inside += sum(table.loc[name, "low"] <= share <= table.loc[name, "high"] for name, share in truth.items())
    assert inside >= 13


def test_what_cannot_be_told_is_withheld():
    table = variance_shares(scores_of({"language": 0.02}, seeds=1), settings=FAST)
    reasons = table.set_index("source")["withheld"]
    assert reasons[["seed", "run", "cell", "task", "language"]].tolist() == ["1 seed", "1 seed", "1 seed", "", ""]
    single = variance_shares(scores_of({"language": 0.02}, seeds=1, tasks=("sib200",)), settings=FAST)
    assert set(single["withheld"]) == {"too few cells to tell sources apart"}
    lonely = variance_shares(scores_of({"language": 0.02}, codes=["es", "ru", "fi", "ar"]), settings=FAST)
    assert lonely.set_index("source").loc["family", "withheld"] == "every family has one language"
    same = scores_of({}).assign(value=0.5)
    assert set(variance_shares(same, settings=FAST)["withheld"]) == {"no gain differs from another"}


def test_ends_by_hand():
    """Odds of 1, drawn between 1/4 and 3/2: the truth may be as far above as the lowest draw is below."""
    drawn = np.linspace(0.2, 0.6, 3).repeat(1000)[:, None]
    low, high = _ends(np.array([0.5]), drawn, 0.95)
    assert (low[0], high[0]) == (pytest.approx(0.2), pytest.approx(4 / 5))
    nothing = _ends(np.array([0.0]), np.zeros((100, 1)), 0.95)
    assert (nothing[0][0], nothing[1][0]) == (0, 0)
