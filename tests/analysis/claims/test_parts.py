"""Parts and how many of them hold: by hand, against scipy, and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study_utils.analysis.claims.parts import beyond, either, every, how_many, make_part, most
from study_utils.analysis.claims.verdicts import Finding, verdicts
from study_utils.catalog.claims import CLAIMS

CLAIM = CLAIMS["phang-best-single"]


def sides(*p):
    return np.array([(value, 1 - value) for value in p])


def test_partial_conjunctions_by_hand():
    p = sides(0.01, 0.02, 0.3, 0.9)
    assert how_many(p, 4, 4) == (0.9, pytest.approx(4 * 0.1))  # all; one that fails is enough against it
    assert how_many(p, 1, 4) == (pytest.approx(4 * 0.01), pytest.approx(0.99))  # one at least: Bonferroni
    assert how_many(p, 2, 4)[0] == pytest.approx(3 * 0.02)
    for_three, against_three = how_many(sides(0.001, 0.001, 0.001, 0.999, 0.999, 0.999), 3, 3)
    assert for_three == pytest.approx(4 * 0.001)  # three of six hold, and three of six don't
    assert against_three == 1.0
    six_hold = how_many(sides(*[0.001] * 6), 3, 3)
    assert (six_hold[0], six_hold[1]) == (1.0, pytest.approx(2 * 3 * 0.001))  # the fourth, of "at least four"


def test_missing_parts_speak_for_nothing():
    with_missing = np.array([(0.001, 0.999), (np.nan, np.nan)])
    assert how_many(with_missing, 2, 2) == (1.0, 1.0)
    assert how_many(np.array([(0.999, 0.001), (np.nan, np.nan)]), 2, 2)[1] == pytest.approx(0.002)


def test_a_part_is_a_t_test_against_its_threshold():
    rng = np.random.default_rng(0)
    values = rng.normal(2, 1, 12)
    error = values.std(ddof=1) / np.sqrt(12)
    for above, side in ((True, "greater"), (False, "less")):
        part = make_part("x", values.mean(), error, 11, threshold=1.5, above=above, n_seeds=3)
        reference = stats.ttest_1samp(values, 1.5, alternative=side)
        assert part.p == pytest.approx(reference.pvalue)
        assert part.p_fail == pytest.approx(1 - reference.pvalue)
    assert (part.low, part.high) == pytest.approx(stats.ttest_1samp(values, 0).confidence_interval())


def test_the_interval_and_the_test_agree():
    """Without other claims, a part is decided exactly where its interval lies on one side of the threshold."""
    for estimate in np.linspace(-3, 3, 61):
        part = make_part("x", estimate, 0.5, 8, threshold=1.0, above=True, n_seeds=3)
        verdict = verdicts([(CLAIM, "", Finding(parts=(part,)), "")])[0].verdict
        expected = "supported" if part.low > 1 else "contradicted" if part.high < 1 else "not decided"
        assert verdict == expected


def test_no_spread_at_all_is_certain():
    assert make_part("x", 2.0, 0.0, 5, threshold=1.0, above=True).p == 0
    assert make_part("x", 0.0, 0.0, 5, threshold=1.0, above=True).p == 1
    assert np.isnan(make_part("x", 2.0, float("nan"), 5, threshold=1.0, above=True).p)


def test_every_and_either():
    parts = [make_part(str(e), e, 1.0, 20, threshold=0.0, above=True, n_seeds=3) for e in (3.0, 1.0)]
    both, one = every("both", parts), either("one", parts)
    assert (both.estimate, both.p) == (1.0, parts[1].p)
    assert (one.estimate, one.p) == (3.0, 2 * parts[0].p)
    assert both.label == "both"


def test_holm_counts_each_claim_once():
    """A claim has one p-value, that of its direction: two claims are corrected for two tests and not for four."""
    part = make_part("x", 2.0, 0.7, 1e6, threshold=0.0, above=True, n_seeds=3)
    finding = Finding(parts=(part,))
    alone = verdicts([(CLAIM, "", finding, "")])[0].p
    assert alone == pytest.approx(2 * stats.norm.sf(2 / 0.7), rel=1e-3)
    assert verdicts([(CLAIM, "", finding, "")] * 2)[0].p == pytest.approx(2 * alone)


def test_more_than_half():
    assert [most(count) for count in (1, 2, 3, 4, 9)] == [1, 2, 2, 3, 5]


def test_verdicts_are_rarely_wrong_at_the_threshold():
    """Truth on the threshold of half of the parts, the others far from holding: neither side may be claimed often."""
    rng, wrong = np.random.default_rng(3), 0
    for _ in range(400):
        means = np.r_[rng.normal(1.0, 0.3, 3), rng.normal(-3, 0.3, 2)]
        parts = tuple(make_part("x", mean, 0.3, 1e6, threshold=1.0, above=True, n_seeds=3) for mean in means)
        wrong += verdicts([(CLAIM, "", Finding(parts=parts, at_least=3), "")])[0].verdict == "supported"
    assert wrong <= 20  # of 400 at 0.05


def test_a_part_of_few_tasks_is_tested_by_its_seeds_too():
    """Seeds that differ by less than the interval at 95 % is wide, and by more after correction for many claims."""
    row = {"estimate": 0.02, "low": 0.01, "high": 0.03, "standard_error": 0.005, "freedom": 1e6, "seed_error": 0.002}
    row |= {"n_seeds": 3, "n_languages": 5, "tasks": "xnli", "withheld": ""}
    part, without = (beyond("x", pd.Series(row | {"seed_error": error}), 0.5) for error in (0.002, 0.0))
    assert part.p == pytest.approx(stats.t.sf(1.5 / 0.2, 2))
    assert part.p_fail == pytest.approx(stats.t.cdf(1.5 / 0.2, 2), abs=0.01)
    assert without.p == pytest.approx(stats.norm.sf(1.5 / 0.5), rel=1e-3)
