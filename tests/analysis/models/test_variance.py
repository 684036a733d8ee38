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
    sd = {"family": 0, "language": 0, "task": 0, "seed": 0, "residual": 0.001} | deviations
    family = dict(zip(set(groups), rng.normal(0, sd["family"], len(groups))))
    language, task = rng.normal(0, sd["language"], len(codes)), rng.normal(0, sd["task"], len(tasks))
    seed = rng.normal(0, sd["seed"], seeds)
    metrics = {"udpos": "token_accuracy", "tatoeba": "accuracy_to_english"}
    rows = []
    for j, code in enumerate(codes):
        for i, name in enumerate(tasks):
            for k in range(seeds):
                gain = family[groups[j]] + language[j] + task[i] + seed[k] + rng.normal(0, sd["residual"])
                key = {"encoder": "e5_small", "task": name, "language": code, "variant": "clean", "seed": k}
                rest = {"metric": metrics.get(name, "accuracy"), "n": 100, "zero_shot": True, "same_data": False}
                for condition, value in (("none", 0.5), ("snli", 0.5 + gain)):
                    rows.append(key | {"condition": condition, "value": value, "run": "r"} | rest)
    return pd.DataFrame(rows)


@pytest.mark.parametrize("source", ["family", "language", "task", "seed", "residual"])
def test_each_source_is_found_where_it_is(source):
    table = variance_shares(scores_of({source: 0.03}), settings=FAST).set_index("source")
    assert list(table.reset_index()[VARIANCE_COLUMNS]) == VARIANCE_COLUMNS
    assert table["share"].idxmax() == source
    near = ["family", "language"] if source == "language" else [source]
    assert table.loc[near, "share"].sum() > 0.8, "with few languages a family, some of their variance looks like its"
    assert table["share"].sum() == pytest.approx(1)
    assert ((table["low"] <= table["high"]) & (table["low"] >= 0) & (table["high"] <= 1)).all()


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
    assert (reasons["seed"], reasons["task"], reasons["language"]) == ("1 seed", "", "")
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
