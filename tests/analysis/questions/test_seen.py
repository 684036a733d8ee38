"""Scores in languages that an intermediate stage was trained in are never called zero-shot, and are told apart."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis import (
    Settings,
    equivalence,
    family_gains,
    gains,
    gap_gains,
    mixed_gains,
    robustness_intervals,
    seed_gains,
    seen_gains,
    sensitivity,
    variance_shares,
)
from study_utils.analysis.results.cells import example_blocks, paired_cells
from study_utils.figures import plot_family_gains, plot_family_tree, plot_seed_gains
from study_utils.sentences import describe_seen, describe_seen_gains
from study_utils.sentences.checks import describe_equivalence, describe_mixed, describe_sensitivity
from study_utils.sentences.gains import describe_families, describe_overall

FAST = Settings(resamples=100, seed=3)
NAMES = {"mnli": "xnli_pairs_es", "sst2": "mnli+mlm"}


@pytest.fixture(scope="module")
def arms(study):
    """Spanish was seen by one condition, every language by the other."""
    predictions, scores = (
        frame.assign(condition=frame["condition"].map(lambda key: NAMES.get(key, key))) for frame in study
    )
    seen = (scores["condition"] == "mnli+mlm") | (
        (scores["condition"] == "xnli_pairs_es") & (scores["language"] == "es")
    )
    return predictions, scores.assign(zero_shot=scores["zero_shot"] & ~seen)


def test_gains_in_seen_languages_are_means_of_exactly_these(arms):
    predictions, scores = arms
    found = seen_gains(predictions, scores, settings=FAST).set_index("contrast")
    single = gains(scores)
    for key, codes in (("xnli_pairs_es", {"es"}), ("mnli+mlm", set(scores["language"]) - {"en"})):
        own = single[(single["condition"] == key) & single["language"].isin(codes)]
        assert found.loc[key, "estimate"] == pytest.approx(own["gain"].mean())
        assert set(found.loc[key, "languages"].split()) == codes


def test_they_are_named_and_never_called_zero_shot(arms):
    predictions, scores = arms
    told = describe_seen(scores)
    assert told[0].endswith("Spanish: the scores there are not zero-shot and are left out of the figures of gains.")
    assert "MNLI + MLM was trained in every scored language (10), so none of its scores is zero-shot" in told[1]
    gain = describe_seen_gains(seen_gains(predictions, scores, settings=FAST))
    assert len(gain) == 2
    assert all("trained in before the target" in text for text in gain)
    assert all("zero-shot" not in text.replace("not zero-shot", "") for text in gain)


def test_nothing_seen_is_said_too(study):
    predictions, scores = study
    assert describe_seen(scores) == ["No intermediate stage was trained in a scored language other than English."]
    assert seen_gains(predictions, scores, settings=FAST).empty
    assert describe_seen_gains(seen_gains(predictions, scores, settings=FAST)) == []


def test_target_fine_tuning_in_the_language_is_not_an_intermediate_stage(arms):
    predictions, scores = (frame.replace({"condition": {"mnli+mlm": "in_language"}}) for frame in arms)
    assert set(seen_gains(predictions, scores, settings=FAST)["contrast"]) == {"xnli_pairs_es"}


def test_zero_shot_gains_and_figures_leave_them_out(arms):
    predictions, scores = arms
    overall = family_gains(predictions, scores, by="all", settings=FAST)
    assert set(overall["condition"]) == {"xnli_pairs_es"}
    assert "es" not in overall["languages"].item().split()
    assert not any("MLM" in text for text in describe_overall(overall))
    families = family_gains(predictions, scores, by="family", settings=FAST)
    figure = plot_family_tree(families, gains(scores))
    assert not any("MLM" in ax.get_title() for ax in figure.axes)


def test_without_a_results_table_the_catalogue_says_what_was_seen(arms):
    predictions, _ = arms
    cells = paired_cells(example_blocks(predictions), None)
    flags = cells.groupby(["condition", "language"])["zero_shot"].all()
    assert not flags["mnli+mlm"].any()
    assert not flags["xnli_pairs_es", "es"]
    assert flags["xnli_pairs_es", "fr"]
    assert not flags["xnli_pairs_es", "en"]


def test_a_study_of_seen_languages_alone_has_no_gain_and_says_so(arms):
    predictions, scores = (frame[frame["condition"].isin(["none", "mnli+mlm"])] for frame in arms)
    overall = family_gains(predictions, scores, by="all", settings=FAST)
    families = family_gains(predictions, scores, by="family", settings=FAST)
    assert overall.empty
    assert "no gain to report" in describe_overall(overall)[0]
    assert "no gain to report" in describe_families(families)[0]
    for figure in (
        plot_family_gains(families),
        plot_family_tree(families, gains(scores)),
        plot_seed_gains(seed_gains(scores)),
    ):
        assert figure is not None
    assert gap_gains(scores).empty
    assert isinstance(describe_sensitivity(sensitivity(predictions, scores, by="all", settings=FAST))[0], str)
    assert describe_equivalence(equivalence(families, margin=1.0))
    assert describe_mixed(mixed_gains(scores, settings=FAST))
    assert isinstance(variance_shares(scores), pd.DataFrame)
    assert robustness_intervals(predictions, scores, by="all", settings=FAST).empty
