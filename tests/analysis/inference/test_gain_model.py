"""The model of gains: by hand where the cells are balanced, and where truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study_utils.analysis.inference.example_noise import Noise
from study_utils.analysis.inference.gain_model import LIKE_THESE, GainModel
from study_utils.analysis.inference.groups import ALONE


def cells(languages, tasks=2, seeds=3):
    """Rows of {language: family}; a family with one language stands alone."""
    sizes = pd.Series(languages).value_counts()
    rows = [
        (f"t{task}", code, seed, "family" if sizes[family] > 1 else "language", family,
         family if sizes[family] > 1 else ALONE)
        for task in range(tasks) for code, family in languages.items() for seed in range(seeds)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["task", "language", "seed", "unit", "label", "pool"])


def everything(table):
    return table.assign(unit="all", label="All", pool="All")


TWO = {"es": "A", "fr": "A", "it": "A", "ru": "B", "pl": "B"}


def noisy(table, rng, task=None, family=None, scale=1.0):
    gains = rng.normal(0, 0.01 * scale, len(table)) + table["task"].map(task or {}).fillna(0.0)
    gains = gains + table["label"].map(family or {}).fillna(0.0)
    for names in (["language"], ["seed"], ["task", "seed"], ["task", "language"]):
        codes = table.groupby(names).ngroup()
        gains = gains + rng.normal(0, 0.01 * scale, codes.max() + 1)[codes]
    return gains.to_numpy()


def test_on_balanced_cells_the_estimate_is_the_plain_macro_mean():
    table = cells(TWO, tasks=3)
    gains = noisy(table, np.random.default_rng(0))
    by_family = table.assign(gain=gains).groupby("label")["gain"].mean()
    found = GainModel(table).estimate(gains)
    assert {label: found[label].estimate for label in "AB"} == pytest.approx(by_family.to_dict())
    for kind in ("these", LIKE_THESE):
        assert GainModel(everything(table), tasks=kind).estimate(gains)["All"].estimate == pytest.approx(gains.mean())


def test_one_task_by_hand():
    """Languages and seeds crossed: the mean squares of a two-way table give error and degrees of freedom."""
    table = everything(cells(dict.fromkeys("abcdef", "A"), tasks=1, seeds=4))
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.03, (6, 1)) + rng.normal(0, 0.02, (1, 4)) + rng.normal(0, 0.01, (6, 4))
    found = GainModel(table).estimate(values.ravel(), level=0.9)["All"]
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns + values.mean()
    squares = np.array([4 * rows.var(ddof=1), 6 * columns.var(ddof=1), (rest**2).sum() / 15])
    total = squares @ [1, 1, -1]
    freedom = total**2 / (squares**2 / [5, 3, 15]).sum()
    assert found.standard_error == pytest.approx(np.sqrt(total / 24), rel=1e-4)
    assert found.freedom == pytest.approx(freedom, rel=1e-3)
    assert found.high - found.estimate == pytest.approx(stats.t.ppf(0.95, freedom) * np.sqrt(total / 24), rel=1e-3)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(values.mean()) / np.sqrt(total / 24), freedom), rel=1e-3)


def test_families_are_compared_adjusted_for_the_tasks_that_they_have():
    """Family B lacks the task on which everyone loses: its own mean is better, the family is not."""
    table = cells(TWO, tasks=3)
    table = table[(table["label"] == "A") | (table["task"] != "t2")].reset_index(drop=True)
    gains = noisy(table, np.random.default_rng(2), task={"t2": -0.3}, scale=0.1)
    found = GainModel(table).estimate(gains)
    plain = table.assign(gain=gains).groupby("label")["gain"].mean()
    assert plain["B"] - plain["A"] > 0.09
    assert found["B"].estimate == pytest.approx(found["A"].estimate, abs=0.005)
    assert found["B"].estimate == pytest.approx(-0.1, abs=0.005)


def test_families_without_a_common_task_are_fitted_apart():
    table = cells(TWO, tasks=2)
    table = table[(table["label"] == "A") == (table["task"] == "t0")].reset_index(drop=True)
    gains = noisy(table, np.random.default_rng(3), task={"t0": 0.2})
    model = GainModel(table)
    assert len(model.pieces) == 2
    assert model.estimate(gains)["A"].estimate == pytest.approx(gains[table["label"] == "A"].mean())


def test_tasks_that_disagree_widen_only_what_is_said_of_tasks_like_these():
    table = everything(cells(TWO, tasks=4))
    gains = noisy(table, np.random.default_rng(4), task={"t0": 0.25, "t1": -0.02, "t2": -0.02, "t3": -0.02})
    these, like = (GainModel(table, tasks=kind).estimate(gains)["All"] for kind in ("these", LIKE_THESE))
    assert these.low > 0
    assert like.low < -0.05
    assert like.freedom < 4


def test_a_language_is_drawn_towards_those_that_stand_alone_like_it():
    table = cells({"eu": "Basque", "ja": "Japanese", "ko": "Korean", "th": "Thai", **TWO})
    gains = noisy(table, np.random.default_rng(5), scale=0.5)
    own = table.assign(gain=gains).groupby("label")["gain"].mean()
    alone = ["Basque", "Japanese", "Korean", "Thai"]
    found = GainModel(table).estimate(gains)
    spread = own[alone] - own[alone].mean()
    drawn = np.array([found[label].estimate for label in alone]) - own[alone].mean()
    assert (np.sign(drawn) == np.sign(spread)).all()
    assert (np.abs(drawn) < np.abs(spread)).all()


def test_noise_that_languages_share_is_added_in_full():
    table = everything(cells(TWO, tasks=3))
    gains = noisy(table, np.random.default_rng(6))
    noise = {"t0": Noise(shared=0.02**2, own=9.0), "t1": Noise(shared=0.04**2, own=9.0)}
    plain, wide = (GainModel(table).estimate(gains, noise=n)["All"] for n in ({}, noise))
    extra = (0.02**2 + 0.04**2) / 9
    assert wide.standard_error**2 == pytest.approx(plain.standard_error**2 + extra)
    assert wide.freedom == pytest.approx(plain.freedom * (wide.standard_error / plain.standard_error) ** 4)
    general = GainModel(table, tasks=LIKE_THESE)
    assert general.estimate(gains, noise=noise) == general.estimate(gains), "there it shows between the tasks"


def test_a_language_alone_also_holds_the_noise_of_its_own_cells():
    table = cells({"eu": "Basque", "ja": "Japanese", **TWO}, tasks=3)
    gains = noisy(table, np.random.default_rng(7))
    noise = {task: Noise(shared=0.0, own=0.02**2) for task in ("t0", "t1", "t2")}
    plain, wide = (GainModel(table).estimate(gains, noise=n) for n in ({}, noise))
    assert wide["Basque"].standard_error ** 2 == pytest.approx(plain["Basque"].standard_error ** 2 + 0.02**2 / 3)
    assert wide["A"] == plain["A"], "a family shows it between its languages"


def test_without_any_difference_there_is_no_error_and_with_too_few_cells_no_interval():
    table = everything(cells(TWO))
    zero = GainModel(table).estimate(np.zeros(len(table)))["All"]
    assert (zero.estimate, zero.low, zero.high, zero.p) == (0, 0, 0, 1)
    same = GainModel(table).estimate(np.full(len(table), 0.1))["All"]
    assert same.estimate == pytest.approx(0.1)
    assert np.isnan(same.p)
    one = everything(cells({"es": "A"}, tasks=1, seeds=1))
    assert np.isnan(GainModel(one).estimate(np.array([0.1]))["All"].low)


def test_intervals_end_where_values_do():
    table = everything(cells(TWO, tasks=1, seeds=2))
    gains = np.where(table["seed"] == 0, 0.9, -0.7) + noisy(table, np.random.default_rng(8))
    found = GainModel(table).estimate(gains, limits=(-1.0, 1.0))["All"]
    assert (found.low, found.high) == (-1.0, 1.0)


@pytest.mark.parametrize("tasks", [1, 2])
def test_of_few_tasks_an_interval_is_as_wide_as_the_seeds_alone_have_it(tasks):
    """Means by seed of .01, .02 and .06 beside small differences of cells: their t interval, by hand."""
    table = everything(cells(TWO, tasks=tasks))
    by_seed, rng = np.array([0.01, 0.02, 0.06]), np.random.default_rng(8)
    gains = by_seed + rng.normal(0, 0.002, (tasks * len(TWO), 1)) + rng.normal(0, 1e-4, (tasks * len(TWO), 3))
    found = GainModel(table).estimate(gains.ravel())["All"]
    half = stats.t.ppf(0.975, 2) * gains.mean(axis=0).std(ddof=1) / np.sqrt(3)
    assert found.high - found.estimate >= half * (1 - 1e-9)
    assert found.high - found.estimate == pytest.approx(half, rel=0.01)


def test_a_seed_that_a_task_lacks_counts_as_what_it_adds_to_the_others():
    """Two tasks far apart, one without its last seed: the seeds still differ by no more than they do."""
    table = everything(cells(TWO, tasks=2))
    gains = np.where(table["task"] == "t0", 0.2, -0.2) + np.array([-0.01, 0.0, 0.01])[table["seed"]]
    gains += np.random.default_rng(9).normal(0, 1e-4, len(gains))
    kept = ((table["task"] == "t0") | (table["seed"] < 2)).to_numpy()
    found = GainModel(table[kept]).estimate(gains[kept])["All"]
    assert found.standard_error < 0.01


def test_three_seeds_of_one_task_claim_as_rarely_as_they_should_whatever_varies():
    """The model alone, whose variance of seeds is often zero by chance, would claim in a tenth."""
    table = everything(cells(dict.fromkeys("abcdefgh", "A"), tasks=1))
    model, rng = GainModel(table), np.random.default_rng(10)
    draws = rng.normal(0, 0.03, (600, 1, 3)) + rng.normal(0, 0.005, (600, 8, 1)) + rng.normal(0, 0.005, (600, 8, 3))
    claims = np.mean([model.estimate(gains)["All"].p < 0.05 for gains in draws.reshape(600, -1)])
    assert claims < 0.065
