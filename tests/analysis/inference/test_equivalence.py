from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from study_utils.analysis import Settings, equivalence, family_gains
from study_utils.errors import AnalysisError

BEHIND = {"unit": "family", "n_languages": 5, "n_seeds": 3}


def row(estimate, error, freedom=10.0, withheld="", **behind):
    numbers = {"estimate": estimate, "standard_error": error, "freedom": freedom, "withheld": withheld}
    return numbers | BEHIND | behind


def test_agrees_with_statsmodels_on_paired_differences():
    differences = np.random.default_rng(0).normal(0.004, 0.02, 12)
    table = pd.DataFrame([row(differences.mean(), differences.std(ddof=1) / np.sqrt(12), 11)])
    found = equivalence(table, margin=1.5).iloc[0]
    expected = ttost_paired(differences, np.zeros(12), -0.015, 0.015)[0]
    assert found["p_equivalence"] == pytest.approx(expected)
    at_edge = ttost_paired(differences, np.zeros(12), -found["smallest_margin"], found["smallest_margin"])[0]
    assert at_edge == pytest.approx(0.05)


def test_verdicts_and_correction():
    rows = [row(0.0, 0.002), row(-0.009, 0.002), row(0.02, 0.002), row(0.0, np.nan, withheld="1 seed"), row(0, 0.0)]
    found = equivalence(pd.DataFrame(rows), margin=1)
    assert found["equivalence"].tolist() == [
        *("smaller than the margin", "not decided", "not decided", "", "smaller than the margin")
    ]
    tested = found[found["withheld"] == ""]
    assert (tested["p_equivalence_holm"] >= tested["p_equivalence"]).all()
    assert found.loc[0, "p_equivalence_holm"] == pytest.approx(found.loc[0, "p_equivalence"] * 3)
    assert found.loc[2, "p_equivalence"] > 0.5
    assert found.loc[[3], ["p_equivalence", "p_equivalence_holm", "smallest_margin"]].isna().all().all()


def test_a_wider_margin_is_easier(study):
    table = family_gains(*study, settings=Settings(resamples=200))
    narrow, wide = (equivalence(table, margin=points) for points in (0.5, 20))
    assert (narrow["p_equivalence"] >= wide["p_equivalence"]).all()
    assert (narrow["smallest_margin"] == wide["smallest_margin"]).all()
    assert narrow.columns[: table.shape[1]].tolist() == table.columns.tolist()


def test_the_error_rate_at_the_margin_is_five_percent():
    """With the true effect exactly at the margin, no more than 5 % of the tests call it smaller."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0.01, 0.01, (4000, 8))
    table = pd.DataFrame(
        {
            **{"estimate": samples.mean(axis=1), "standard_error": samples.std(axis=1, ddof=1) / np.sqrt(8)},
            **{"freedom": 7.0, "withheld": ""},
            **BEHIND,
        }
    )
    share = (equivalence(table, margin=1)["p_equivalence"] < 0.05).mean()
    assert share == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 4000))


@pytest.mark.parametrize("margin", [0, -1, float("nan")])
def test_a_margin_must_be_positive(margin):
    with pytest.raises(AnalysisError, match="above zero"):
        equivalence(pd.DataFrame([row(0.0, 0.1)]), margin=margin)


def test_missing_columns_are_named():
    with pytest.raises(AnalysisError, match=r"lacks the columns \['freedom'\]"):
        equivalence(pd.DataFrame([row(0.0, 0.1)]).drop(columns="freedom"), margin=1)


@pytest.mark.parametrize("few", [{"n_seeds": 2}, {"n_languages": 2}])
def test_too_few_languages_or_seeds_decide_nothing(few):
    table = pd.DataFrame([row(0.0, 0.001, **few), row(0.0, 0.001, unit="language", n_languages=1)])
    assert equivalence(table, margin=1)["equivalence"].tolist() == ["not decided", "smaller than the margin"]


def test_seeds_count_by_themselves_at_every_level():
    """At the corrected level two degrees of freedom ask for more than the interval at 95 % shows."""
    alone, of_seeds = row(0.0, 0.002, 1000.0), row(0.0, 0.002, 1000.0, seed_error=0.0008)
    assert stats.t.ppf(0.975, 2) * 0.0008 < stats.t.ppf(0.975, 1000) * 0.002
    with_seeds, without = (equivalence(pd.DataFrame([one] * 20), margin=1) for one in (of_seeds, alone))
    assert with_seeds["p_equivalence"][0] == pytest.approx(stats.t.sf(0.01 / 0.0008, 2))
    assert set(with_seeds["equivalence"]) == {"not decided"}
    assert set(without["equivalence"]) == {"smaller than the margin"}
    assert with_seeds["smallest_margin"][0] == without["smallest_margin"][0], "there the other interval is wider"
