from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import gains, gap_gains, seed_gains, transfer
from study_utils.errors import AnalysisError


def table(values):
    """Scores of sib200 from {(condition, language, seed): value}."""
    rows = [
        {
            **{"encoder": "e5_small", "condition": c, "task": "sib200", "language": lang, "variant": "clean"},
            **{"seed": s, "metric": "accuracy", "value": v, "n": 100, "zero_shot": lang != "en", "same_data": False},
            "run": "r",
        }
        for (c, lang, s), v in values.items()
    ]
    return pd.DataFrame(rows)


HAND = table(
    {
        **{("none", "en", 0): 0.8, ("none", "es", 0): 0.6, ("none", "fr", 0): 0.4},
        **{("none", "en", 1): 0.8, ("none", "es", 1): 0.5, ("none", "fr", 1): 0.5},
        **{("mnli", "en", 0): 0.9, ("mnli", "es", 0): 0.7, ("mnli", "fr", 0): 0.3},
        **{("mnli", "en", 1): 0.8, ("mnli", "es", 1): 0.7, ("mnli", "fr", 1): 0.4},
    }
)


def test_gains_by_hand():
    found = gains(HAND).set_index(["language", "seed"])["gain"]
    expected = {("en", 0): 0.1, ("en", 1): 0.0, ("es", 0): 0.1, ("es", 1): 0.2, ("fr", 0): -0.1, ("fr", 1): -0.1}
    assert found.to_dict() == pytest.approx(expected)


def test_row_order_changes_no_gain():
    mixed = HAND.sample(frac=1, random_state=np.random.RandomState(3))
    key = ["language", "seed"]
    pd.testing.assert_frame_equal(
        gains(mixed).sort_values(key).reset_index(drop=True), gains(HAND).sort_values(key).reset_index(drop=True)
    )


def test_only_the_primary_metric_is_taken():
    both = pd.concat([HAND, HAND.assign(metric="macro_f1", value=0.1)])
    assert len(gains(both)) == len(gains(HAND))
    assert (gains(both, metric="macro_f1")["gain"] == 0).all()
    with pytest.raises(AnalysisError, match="no score of metric 'f1'"):
        gains(both, metric="f1")


def test_gap_and_retention_by_hand():
    found = transfer(HAND).set_index(["condition", "language", "seed"])
    assert found.loc[("none", "es", 0), "gap"] == pytest.approx(0.2)
    assert found.loc[("none", "es", 0), "retention"] == pytest.approx(0.75)
    without = transfer(HAND[HAND["language"] != "en"])
    assert without["gap"].isna().all()
    assert without["retention"].isna().all()
    assert len(without) == 8


def test_seed_gains_by_hand():
    """Spanish gains 0.1 and 0.2, French loses 0.1 twice: means of 0 and 0.05."""
    found = seed_gains(HAND).set_index(["group", "seed"])
    assert found["gain"].to_dict() == pytest.approx({("Romance", 0): 0.0, ("Romance", 1): 0.05})
    assert (found["n_languages"].unique().item(), found["n_tasks"].unique().item()) == (2, 1)
    assert seed_gains(HAND.assign(same_data=HAND["condition"] == "mnli")).empty


def test_a_family_of_one_is_its_language(study):
    table = seed_gains(study[1])
    assert set(table["group"]) == {"Romance", "Slavic", "Semitic", "Basque", "Japanese"}
    assert table.groupby(["condition", "group"]).size().eq(3).all()


def test_gap_gains_by_hand():
    rows = [
        ("none", "en", 0, 0.8), ("none", "en", 1, 0.7), ("none", "fr", 0, 0.5), ("none", "fr", 1, 0.6),
        ("mnli", "en", 0, 0.9), ("mnli", "en", 1, 0.9), ("mnli", "fr", 0, 0.6), ("mnli", "fr", 1, 0.6),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["condition", "language", "seed", "value"])
    table = table.assign(encoder="e5_small", task="sib200", variant="clean", metric="accuracy", n=10, run="r")
    table = table.assign(zero_shot=table["language"] != "en", same_data=False)
    (row,) = gap_gains(table).to_dict("records")
    assert (row["gap"], row["gain"]) == pytest.approx(((0.3 + 0.1) / 2, 0.05))
    assert (row["n_tasks"], row["n_seeds"]) == (1, 2)
    assert gap_gains(table[table["language"] != "en"]).empty
