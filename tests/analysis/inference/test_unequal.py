"""Families whose languages differ more than others': by hand, against scipy, and where truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study_utils.analysis.calibration.batch import Batch
from study_utils.analysis.inference import unequal as module
from study_utils.analysis.inference.example_noise import Noise
from study_utils.analysis.inference.gain_model import GainModel
from study_utils.analysis.inference.unequal import LIBERAL, language_spread

POOLS = np.repeat([0, 1, 2], [4, 5, 3])


def test_the_test_is_bartlett_s():
    rng = np.random.default_rng(0)
    for scale in (0.01, 1.0):
        values = rng.normal(0, np.array([1.0, 3.0, 0.5])[POOLS] * scale)
        parts = [values[pool == POOLS] for pool in range(3)]
        freedom = np.array([3, 4, 2])
        common = sum(part.var(ddof=1) * free for part, free in zip(parts, freedom)) / freedom.sum()
        relative = np.array([part.var(ddof=1) / common for part in parts])
        assert module._bartlett(relative, freedom) == pytest.approx(stats.bartlett(*parts).pvalue)
        found = language_spread(values, np.full(len(POOLS), 7.0), POOLS)
        assert stats.bartlett(*parts).pvalue < LIBERAL
        assert found.ratio == pytest.approx(np.maximum(relative, 1)), "whatever the model expects of all alike"
        assert found.freedom.tolist() == [3, 4, 2]


def test_families_that_differ_alike_keep_one_variance():
    values = np.array([1.0, -1, 1, -1, 1.1, -1.1, 1, -1, 0, 1, -1, 0.1])
    assert (language_spread(values, np.ones(12), POOLS).ratio == 1).all()


def test_one_family_or_languages_alone_are_compared_with_nothing():
    values = np.array([3.0, -3.0, 0.1, 5.0])
    assert (language_spread(values, np.ones(4), np.array([0, 0, 0, 1])).ratio == 1).all()
    assert (language_spread(values, np.ones(4), np.arange(4)).ratio == 1).all()


def test_languages_of_which_more_noise_is_expected_count_less():
    values = np.array([1.0, -1, 1, -1, 4.0, -4.0, 4, -4])
    pools, noisy = np.repeat([0, 1], 4), np.array([1.0] * 4 + [16.0] * 4)
    assert (language_spread(values, noisy, pools).ratio == 1).all()
    assert language_spread(values, np.ones(8), pools).ratio[1] > 1.5


def test_many_studies_are_compared_as_one_by_one():
    values = np.random.default_rng(1).normal(0, 1, (5, len(POOLS))) * np.array([1.0, 3.0, 0.5])[POOLS]
    expected = np.random.default_rng(2).uniform(0.5, 2, (5, len(POOLS)))
    found = language_spread(values, expected, POOLS).ratio
    one = [language_spread(row, own, POOLS).ratio for row, own in zip(values, expected)]
    np.testing.assert_allclose(found, one)


def cells(families, tasks=2, seeds=3):
    rows = [
        (f"t{task}", f"{family}{number}", seed, "family", family, family)
        for task in range(tasks) for family, count in families.items() for number in range(count)
        for seed in range(seeds)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["task", "language", "seed", "unit", "label", "pool"])


def gains_of(table, deviations, rng):
    languages = table.groupby("language").ngroup().to_numpy()
    own = deviations[table["pool"].to_numpy()] if isinstance(deviations, pd.Series) else deviations
    by_language = rng.normal(0, 1, languages.max() + 1)[languages]
    return by_language * np.asarray(own) + rng.normal(0, 0.003, len(table))


def test_the_own_variance_of_a_family_is_that_of_its_language_means():
    """Balanced cells in which nothing but languages differs: t of the language means, by hand."""
    table = cells({"A": 4, "B": 4, "C": 4})
    gains = gains_of(table, pd.Series({"A": 0.002, "B": 0.05, "C": 0.002}), np.random.default_rng(3))
    found = GainModel(table).estimate(gains)
    means = table.assign(gain=gains).groupby(["label", "language"])["gain"].mean()
    assert [found[label].own_spread for label in "ABC"] == [False, True, False]
    assert found["B"].standard_error == pytest.approx(means["B"].std(ddof=1) / 2, rel=0.02)
    assert found["B"].freedom == pytest.approx(3, rel=0.1)
    low = means["B"].mean() - stats.t.ppf(0.975, 3) * means["B"].std(ddof=1) / 2
    assert found["B"].low == pytest.approx(low, rel=0.1)


def test_intervals_of_a_family_that_differs_more_hold_the_truth(monkeypatch):
    table = cells({"A": 4, "B": 4, "C": 4, "D": 4}, seeds=2)
    deviations, rng = pd.Series({"A": 0.03, "B": 0.01, "C": 0.01, "D": 0.01}), np.random.default_rng(4)
    gains = np.stack([gains_of(table, deviations, rng) for _ in range(200)])

    def held():
        found = Batch(GainModel(table), 2).estimate(gains, Noise(shared=0.0, own=0.0))
        return (np.abs(found.estimate) <= found.half()).mean(axis=0)[0]

    assert held() > 0.87
    monkeypatch.setattr(module, "LIBERAL", 0.0)
    assert held() < 0.8, "with one variance for all"


def test_no_interval_becomes_narrower(monkeypatch):
    table = cells({"A": 4, "B": 3, "C": 2})
    gains = gains_of(table, pd.Series({"A": 0.03, "B": 0.01, "C": 0.001}), np.random.default_rng(5))
    found = GainModel(table).estimate(gains)
    monkeypatch.setattr(module, "LIBERAL", 0.0)
    plain = GainModel(table).estimate(gains)
    assert any(one.own_spread for one in found.values())
    for label, one in found.items():
        assert one.estimate == plain[label].estimate
        assert one.high - one.low >= (plain[label].high - plain[label].low) * (1 - 1e-9)
