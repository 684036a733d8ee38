"""Titles for readers."""

import pytest
from german_source import GERMAN, enter_german

from study_utils.catalog import FORMATS, condition
from study_utils.catalog.conditions import regime_name
from study_utils.catalog.titles import (
    condition_reason,
    condition_title,
    encoder_title,
    metric_label,
    metric_title,
    name_layers,
    name_sources,
    rows_title,
    source_name,
    task_title,
)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        *[("span_f1", "span F1"), ("accuracy", "accuracy"), ("map_at_20", "MAP at 20")],
        *[("squad_f1", "SQuAD F1"), ("mlqa_em", "MLQA EM"), ("squad", "SQuAD (mean of F1 and EM)")],
    ],
)
def test_metrics_are_written_as_people_write_them(name, written):
    assert metric_title(name) == written


def test_correlations_are_not_shown_in_percent():
    assert metric_label("spearman") == "Spearman \N{MULTIPLICATION SIGN} 100"
    assert metric_label("span_f1") == "span F1 in percent"


def test_no_metric_of_a_task_keeps_a_lower_case_f1():
    names = {metric_title(name) for item in FORMATS.values() for name in item.metrics}
    assert names
    assert not any("f1" in name or "_" in name for name in names)


def test_a_key_that_the_catalogue_does_not_have_is_its_own_title():
    assert (condition_title("odd"), task_title("odd")) == ("odd", "odd")
    assert encoder_title("some/where/odd") == "odd"


def test_results_of_retrieval_say_their_layer_and_its_rows_do_not():
    try:
        name_layers({"tatoeba": "layer 8 of 12"})
        assert task_title("tatoeba") == "Tatoeba (layer 8 of 12)"
        assert rows_title("tatoeba") == "Tatoeba"
        assert task_title("xnli") == rows_title("xnli") == "XNLI"
        name_layers({"bucc": "layer 3 of 6"})
        assert task_title("tatoeba") == "Tatoeba", "what an earlier study read is forgotten"
    finally:
        name_layers({})
    assert task_title("bucc") == "BUCC (development)"


def test_the_source_language_is_named():
    enter_german()
    both = ["sib200", GERMAN]
    assert (source_name(["sib200"]), source_name([GERMAN])) == ("English", "German")
    assert source_name(both) == "the source language (English, German)"
    assert source_name(both, adjective=True) == "source-language (English, German)"
    assert source_name(["tatoeba", GERMAN]) == "German", "retrieval is not trained"
    assert source_name(["tatoeba"]) == source_name([]) == "English"


def test_conditions_that_fine_tune_name_the_source_of_the_open_study():
    enter_german()
    title, reason = "Multilingual, English first", "English target fine-tuning only."
    assert (condition_title("multilingual_sequential"), condition_reason(condition("none"))) == (title, reason)
    name_sources([GERMAN])
    assert condition_title("multilingual_sequential") == "Multilingual, German first"
    assert condition_reason(condition("none")) == "German target fine-tuning only."
    assert "An English task before" in condition_reason(condition("qqp_in_language"))
    assert regime_name("english", [GERMAN]) == "source"
    name_sources(["sib200", GERMAN])
    assert condition_title("multilingual_sequential") == "Multilingual, source-language first"
    assert condition_reason(condition("none")) == "Source-language target fine-tuning only."
    name_sources(["sib200"])
    assert (condition_title("multilingual_sequential"), condition_reason(condition("none"))) == (title, reason)
    assert regime_name("english", ["sib200"]) == "english"
