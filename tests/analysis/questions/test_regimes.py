"""Zero-shot against training in the language: pairs and budgets by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis import regime_contrasts, regime_scores, retention
from study_utils.errors import AnalysisError
from study_utils.sentences.checks import describe_retention

NOTHING_OMITTED = pd.DataFrame(columns=["condition", "task", "languages", "reason"], dtype=str)


def table(cells: list[tuple], *, seed: int = 0) -> pd.DataFrame:
    """Rows of (condition, language, score, rows that trained, zero-shot)."""
    return pd.DataFrame(
        {
            **{"encoder": "e", "condition": condition, "task": "sib200", "language": code, "variant": "clean"},
            **{"seed": seed, "metric": "accuracy", "value": value, "n": 100, "zero_shot": zero_shot},
            **{"same_data": False, "run": "r", "train_examples": examples},
        }
        for condition, code, value, examples, zero_shot in cells
    )


SCORES = table(
    [
        ("none", "en", 0.9, 100, False),
        ("none", "de", 0.6, 100, True),
        ("none", "sw", 0.3, 100, True),
        ("none", "fr", 0.5, 100, True),
        ("in_language", "en", 0.9, 100, False),
        ("in_language", "de", 0.8, 100, False),
        ("in_language", "sw", 0.6, 40, False),
        ("multilingual", "en", 0.8, 100, False),
        ("multilingual", "de", 0.7, 100, False),
        ("multilingual", "sw", 0.5, 100, False),
        ("multilingual", "fr", 0.7, 100, True),
        ("few_shot", "de", 0.65, 116, False),
        ("few_shot", "sw", 0.40, 116, False),
        ("few_shot", "fr", 0.55, 105, False),
    ]
)
OMITTED = pd.DataFrame([("in_language", "sib200", "en fr", "r")], columns=NOTHING_OMITTED.columns)


def test_the_sentence_says_what_is_kept_and_over_what():
    assert describe_retention(retention(SCORES, equal_budget=False)) == [
        "Fine-tuning in English alone reaches 62% of the score of fine-tuning in the language itself, the mean over 2 "
        "languages and 1 task (from 50% to 75%)."
    ]
    assert "Nothing here was fine-tuned" in describe_retention(retention(SCORES.query("condition == 'none'")))[0]


def test_retention_pairs_language_by_language_at_equal_budgets():
    found = retention(SCORES)
    assert found[["condition", "language"]].to_numpy().tolist() == [["none", "de"]]
    assert found["retention"].iloc[0] == pytest.approx(0.6 / 0.8)
    anyway = retention(SCORES, equal_budget=False).set_index("language")["retention"]
    assert anyway.to_dict() == pytest.approx({"de": 0.75, "sw": 0.5})


def test_retention_is_of_zero_shot_scores_only():
    seen = SCORES.assign(zero_shot=SCORES["zero_shot"] & (SCORES["language"] != "de"))
    assert retention(seen).empty
    assert retention(SCORES[SCORES["condition"] != "in_language"]).empty


def test_retention_is_missing_where_the_reference_scores_nothing():
    scores = SCORES.assign(value=SCORES["value"].where(SCORES["condition"] != "in_language", 0.0))
    assert retention(scores)["retention"].isna().all()


def test_each_regime_is_set_beside_the_baseline_in_its_own_languages():
    found = regime_scores(SCORES, OMITTED).set_index("condition")
    assert found.loc["in_language", ["languages", "omitted", "zero_shot", "equal"]].tolist() == [2, 1, 0, 1]
    assert found.loc["in_language", "train_examples"] == pytest.approx(70)
    assert found.loc["in_language", ["score", "baseline", "gain"]].tolist() == pytest.approx([0.8, 0.6, 0.2])
    assert found.loc["multilingual", ["languages", "omitted", "zero_shot", "equal"]].tolist() == [3, 0, 1, 3]
    assert found.loc["multilingual", "gain"] == pytest.approx((1.9 - 1.4) / 3)
    assert found.loc["few_shot", "equal"] == 2, "French had fewer shots than the others"
    assert found.loc["few_shot", "gain"] == pytest.approx((0.05 + 0.10) / 2)


def test_without_other_regimes_the_table_is_empty_and_a_table_without_budgets_is_refused():
    assert regime_scores(SCORES[SCORES["condition"] == "none"], NOTHING_OMITTED).empty
    with pytest.raises(AnalysisError, match="lacks the columns \\['train_examples'\\]"):
        retention(SCORES.drop(columns="train_examples"))


def test_arms_are_paired_with_the_baseline_and_regimes_with_intermediate_tasks():
    found = regime_contrasts(["none", "multilingual", "mnli", "few_shot", "sst2"])
    assert [(item.arm, item.against) for item in found] == [
        ("mnli", "none"),
        ("sst2", "none"),
        ("multilingual", "none"),
        ("few_shot", "none"),
        ("multilingual", "mnli"),
        ("multilingual", "sst2"),
        ("few_shot", "mnli"),
        ("few_shot", "sst2"),
    ]
    assert len({item.key for item in found}) == len(found)
    assert regime_contrasts(["none"]) == []
