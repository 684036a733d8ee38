"""Every task's own source language is what is no transfer: German of one, English of the other, in one table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from german_source import GERMAN, LANGUAGES, enter_german, mixed_scores

from study_utils.analysis import Settings, family_gains, gap_gains, robustness_intervals, transfer
from study_utils.analysis.claims.designs import DESIGNS
from study_utils.analysis.models.covariates import without_distance
from study_utils.analysis.planning.components import gain_components
from study_utils.analysis.questions.divergence.explain import explain_cells, modelled_cells
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.drops import outside_own_family
from study_utils.analysis.questions.encoders import size_rule, trained_cells
from study_utils.analysis.questions.regimes import regime_scores
from study_utils.analysis.questions.seen import seen_scores
from study_utils.analysis.results.cells import example_blocks, paired_cells
from study_utils.analysis.results.tables import is_source
from study_utils.catalog import source_language

FAST = Settings(resamples=50)


@pytest.fixture(autouse=True)
def _german():
    enter_german()


@pytest.fixture
def scores():
    return mixed_scores("sib200", GERMAN, gains={"mnli": 0.1})


def languages(table: pd.DataFrame) -> dict[str, set[str]]:
    return table.groupby("task")["language"].agg(set).to_dict()


def test_a_row_is_of_the_source_of_its_own_task(scores):
    assert languages(scores[is_source(scores)]) == {"sib200": {"en"}, GERMAN: {"de"}}
    told = is_source(scores.astype({"task": "category", "language": "category"}))
    pd.testing.assert_series_equal(told, is_source(scores))
    assert (source_language("sib200"), source_language(GERMAN), source_language("odd")) == ("en", "de", "en")
    assert is_source(scores.head(0)).empty


def test_gaps_are_to_the_source(scores):
    found = transfer(scores)
    assert languages(found) == {"sib200": {*LANGUAGES} - {"en"}, GERMAN: {*LANGUAGES} - {"de"}}
    first = found.query("condition == 'none' and seed == 0").set_index(["task", "language"])
    assert first.loc[(GERMAN, "en"), "gap"] == pytest.approx(0.2)
    assert first.loc[("sib200", "de"), "gap"] == pytest.approx(0.22)
    assert first.loc[(GERMAN, "en"), "retention"] == pytest.approx(0.75)


def test_each_task_has_its_own_zero_shot_languages_in_intervals(scores):
    """English is zero-shot for the German target but that the condition was trained in it; German for the other."""
    found = family_gains(None, scores, by="language", settings=FAST).set_index("languages")
    assert found["tasks"].to_dict() == {
        **{"nl": f"sib200 {GERMAN}", "es": f"sib200 {GERMAN}", "fr": f"sib200 {GERMAN}", "ru": f"sib200 {GERMAN}"},
        "de": "sib200",
    }
    unseen = scores.assign(zero_shot=~is_source(scores))  # a condition trained in neither
    found = family_gains(None, unseen, by="language", settings=FAST).set_index("languages")
    assert found.loc["en", "tasks"] == GERMAN
    assert set(gap_gains(unseen)["language"]) == set(LANGUAGES)
    told = robustness_intervals(None, unseen, by="language", settings=FAST)
    told = told[told["quantity"] == "gap"].set_index("group")["estimate"]
    assert told["English"] == pytest.approx(0.2, abs=0.02)


def test_without_a_results_table_the_catalogue_says_what_is_zero_shot(scores):
    rows = scores.assign(example_id="0", measure="accuracy", correct=scores["value"], total=1.0)
    found = paired_cells(example_blocks(rows), None).query("seed == 0").set_index(["task", "language"])
    assert found["zero_shot"].loc[[("sib200", "de"), (GERMAN, "de"), (GERMAN, "en"), (GERMAN, "fr")]].tolist() == [
        *(True, False, False, True),
    ]
    assert found.loc[(GERMAN, "fr"), "source"] == pytest.approx(0.9)
    assert found.loc[(GERMAN, "fr"), "source_baseline"] == pytest.approx(0.8)


def test_an_english_stage_before_a_german_target_has_seen_english(scores):
    assert languages(seen_scores(scores)) == {GERMAN: {"en"}}


def test_cells_of_the_source_are_those_that_were_trained_in(scores):
    assert languages(trained_cells(scores)) == {"sib200": {"en"}, GERMAN: {"de"}}
    sizes = pd.DataFrame(
        [("mnli", task, code, 1000, 10) for task in ("sib200", GERMAN) for code in LANGUAGES],
        columns=["condition", "task", "language", "intermediate_examples", "target_examples"],
    )
    assert dict(zip(*(size_rule(sizes)[name] for name in ("task", "language")))) == {"sib200": "en", GERMAN: "de"}


def test_regimes_are_counted_without_the_source():
    table = mixed_scores(GERMAN, gains={"multilingual": 0.1}).assign(train_examples=10)
    omissions = pd.DataFrame({"condition": ["multilingual"], "task": [GERMAN], "languages": ["de en fr"]})
    (row,) = regime_scores(table, omissions).itertuples()
    assert (row.languages, row.omitted) == (5, 2)


def test_planning_counts_english_of_a_german_target(scores):
    unseen = scores.assign(zero_shot=~is_source(scores))
    noise = np.random.default_rng(1).normal(0, 0.01, len(unseen))
    assert gain_components(unseen.assign(value=unseen["value"] + noise)).languages == len(LANGUAGES)


def test_own_families_are_those_besides_the_source(scores):
    kept = outside_own_family(scores[scores["condition"] == "mnli"])
    assert languages(kept) == {"sib200": set(LANGUAGES), GERMAN: {"es", "fr", "ru"}}


def test_the_distance_to_english_is_none_to_german():
    wanted, notes = without_distance(["sib200", GERMAN], ["seen", "distance"])
    assert wanted == ["seen"]
    assert notes == [
        "distance is known to English alone, and not every target is trained in it (SIB-200 (German) in German): left "
        "out."
    ]
    assert without_distance(["sib200"], ["seen", "distance"]) == (["seen", "distance"], [])


def test_typology_is_missing_for_a_german_target(scores):
    key = ["encoder", "condition", "task", "language"]
    divergence = (
        scores[key].drop_duplicates().assign(format_distance=0.5, same_format=False, **dict.fromkeys(MEASURES, 0.1))
    )
    cells = modelled_cells(scores, divergence)
    known = cells["typology"].notna().groupby(cells["task"]).any()
    assert known.to_dict() == {"sib200": True, GERMAN: False}
    reasons = explain_cells(cells).slopes.query("part == 'language'")["withheld"]
    assert reasons.str.startswith("5 languages of English-trained targets, at least").all()


def test_the_three_phases_end_in_english_and_two_kinds_know_german(scores):
    class Runs:
        singles = ("mnli",)

    own = Runs()
    own.scores = scores[scores["task"] == GERMAN]
    assert not DESIGNS["phang-three-phases"](None, own)[0]
    own.scores = scores
    assert DESIGNS["phang-three-phases"](None, own)[0]
    assert DESIGNS["mohapatra-two-kinds"](None, own) == (True, "1 in English, 1 in another language")
