"""Sentences about the ledger, from a table made by hand."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.claims.verdicts import Finding, ledger_table, no_better, verdicts
from study_utils.catalog.claims import CLAIMS
from study_utils.sentences.claims import describe_ledger, estimate_text

CLAIM, DESIGN = CLAIMS["phang-best-single"], CLAIMS["mohapatra-larger-intermediate"]
GAIN = Finding(estimate=2.0, low=1.0, high=3.0, p_for=0.001, p_against=1.0, n_seeds=3)


def table(*findings):
    found = ledger_table(verdicts(findings))
    return found.assign(source="s", says=[CLAIMS[key].says for key in found["claim"]], published="MNLI 7.5")


def test_tested_and_untested_claims_are_told_apart():
    lack = "another encoder (E5, the claim is about XLM-R large)"
    told = describe_ledger(table((CLAIM, "XLM-R large", GAIN, ""), (CLAIM, "E5", GAIN, f"{lack}; targets")))
    assert told[0].endswith("(1 supported, 0 contradicted, 0 not decided); 1 are not tested here.")
    assert "+2.0 points (+1.0 to +3.0); published: MNLI 7.5; as claimed in these runs. Supported" in told[1]
    assert told[2].endswith("nothing: 1 as claimed, 0 the opposite way, 0 not clearly either way at this size.")
    assert told[3].endswith(f"as claimed in these runs. Not tested here: {lack} and more.")
    assert " (XLM-R large): +2.0" in told[1]
    assert " (E5): +2.0" in told[3]
    alone = describe_ledger(table((CLAIM, "E5", GAIN, lack)))
    assert ": +2.0" in alone[-1]
    assert "(E5):" not in alone[-1], "one encoder is named by the study"


def test_an_interval_beside_zero_says_why_it_decides_nothing():
    mixed = Finding(
        estimate=-2.0, low=-3.0, high=-1.0, p_for=1.0, p_against=1.0, n_seeds=3, note="below zero on 2 of 4"
    )
    told = describe_ledger(table((CLAIM, "E5", mixed, "another encoder")))
    assert "(\N{MINUS SIGN}3.0 to \N{MINUS SIGN}1.0)" in told[-1]
    why = "the corrected test decides for neither side; below zero on 2 of 4"
    assert told[-1].endswith(f"not clear in these runs: {why}. Not tested here: another encoder.")
    assert describe_ledger(table((CLAIM, "XLM-R large", mixed, "")))[-1].endswith(f"in these runs. Not decided: {why}.")
    wide = Finding(estimate=-2.0, low=-5.0, high=1.0, p_for=1.0, p_against=1.0, n_seeds=3)
    assert describe_ledger(table((CLAIM, "E5", wide, "x")))[-1].endswith("not clear in these runs. Not tested here: x.")


def test_absent_runs_and_designs():
    found = table((CLAIM, "E5", Finding(note="none was run"), "x"), (DESIGN, "E5", Finding(design=False, note="2"), ""))
    told = describe_ledger(found)
    assert told[1] == "Without any run to look at: phang-best-single."
    assert told[2].endswith("These runs: design not followed; 2.")


def test_estimates_carry_their_unit():
    row = pd.Series({"estimate": 2.0, "low": float("nan"), "high": float("nan"), "unit": "targets of 6"})
    assert estimate_text(row) == "2 targets of 6"
    assert estimate_text(row.replace("targets of 6", "points")) == "+2.0 points, no interval"


def test_holm_is_over_all_claims_and_both_directions():
    findings = [(CLAIM, "E5", Finding(estimate=1.0, p_for=0.02, p_against=1.0, n_seeds=3), "")] * 2
    assert [item.verdict for item in verdicts(findings[:1])] == ["supported"]
    assert [item.verdict for item in verdicts(findings)] == ["not decided"] * 2
    assert verdicts(findings)[0].p == 0.08


def test_no_gain_needs_the_margin_ruled_out():
    row = {
        "p": 0.5,
        "standard_error": 0.002,
        "freedom": 20.0,
        "low": -0.003,
        "high": 0.005,
        "withheld": "",
        "n_seeds": 3,
    }
    row |= {"arm": "a", "against": "b", "tasks": "xnli", "n_languages": 4}
    small, unsure, large = (
        no_better(pd.Series(row | changes), margin=1.0)
        for changes in (
            {"estimate": 0.001},
            {"estimate": 0.009, "standard_error": 0.01},
            {"estimate": 0.05, "low": 0.03, "high": 0.07, "p": 0.001},
        )
    )
    assert small.p_for < 0.001
    assert (unsure.p_for > 0.4, unsure.p_against) == (True, 1.0)
    assert (large.p_for > 0.9, large.p_against) == (True, 0.001)
