"""Claims about English sources count targets that are trained in English, and say which they leave out."""

from __future__ import annotations

import pytest
from claim_studies import evidence
from german_source import GERMAN, enter_german, mixed_scores

from study_utils.analysis.claims import claim_ledger

OF_ANY_TARGET = "lin-seeds"


@pytest.fixture(autouse=True)
def _german():
    enter_german()


def line(*tasks: str):
    scores = mixed_scores(*tasks, gains={"mnli": 0.1, "stsb": 0.05})
    return claim_ledger(evidence(scores)).set_index("claim").loc[OF_ANY_TARGET]


def test_a_german_target_is_left_out_and_the_rest_is_as_without_it():
    alone, beside = line("sib200"), line("sib200", GERMAN)
    assert "about targets trained in English, so left out: SIB-200 (German)" in beside["why"]
    assert "trained in English" not in alone["why"]
    assert (beside["estimate"], beside["where"]) == (alone["estimate"], alone["where"])


def test_with_german_targets_alone_there_are_no_such_runs():
    told = line(GERMAN)
    assert told["here"] == "no such runs"
    assert told["why"] == "about targets trained in English, so left out: SIB-200 (German)"
