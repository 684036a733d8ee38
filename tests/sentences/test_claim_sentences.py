"""Sentences and lines of the ledger, from verdicts made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis.claims.parts import make_part
from study_utils.analysis.claims.verdicts import LEDGER_COLUMNS, Finding, Verdict, verdicts
from study_utils.catalog.claims import CLAIMS
from study_utils.errors import AnalysisError
from study_utils.sentences.claims import describe_ledger, estimate_text, ledger_lines

CLAIM = CLAIMS["phang-best-single"]
MISSING = pd.DataFrame({"missing": ["encoder", "target"], "which": ["XLM-R large", "PAWS-X"], "claims": [3, 1]})


def part(estimate, *, label="MNLI", error=0.5, where=""):
    return make_part(label, estimate, error, 1000.0, threshold=1.0, above=True, n_seeds=3, where=where)


def table(*findings):
    rows = [vars(item) for item in verdicts(findings)] + [
        vars(Verdict(claim="phang-encoder", encoder=findings[0][1], verdict="not followed", here="E5"))
    ]
    claims = [CLAIMS[row["claim"]] for row in rows]
    own = {name: [getattr(item, name) for item in claims] for name in ("kind", "source", "says")}
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS).assign(**own, published="MNLI 7.5")


def test_verdicts_come_first_and_by_name():
    told = describe_ledger(table((CLAIM, "XLM-R", Finding(parts=(part(5.0),)), "")), MISSING)
    assert told == [
        "Of 1 testable claim, 1 could be tested: 1 supported, 0 contradicted, 0 not decided. "
        f"\N{LEFT DOUBLE QUOTATION MARK}{CLAIM.says.removesuffix('.')}\N{RIGHT DOUBLE QUOTATION MARK}: "
        "supported (+5.0 points, +4.0 to +6.0).",
        "Of 1 fact of published designs, these runs follow 0.",
    ]


def test_what_a_number_is_of_stands_behind_it():
    told = describe_ledger(table((CLAIM, "E5", Finding(parts=(part(5.0, where="XNLI in 3 languages"),)), "")), MISSING)
    assert told[0].endswith("supported (+5.0 points, +4.0 to +6.0; XNLI in 3 languages).")


def test_what_is_missing_is_said_once_and_results_apart():
    findings = [
        (CLAIMS[key], "E5", Finding(parts=(part(value),)), "encoder: XLM-R large")
        for key, value in (("phang-best-single", 5.0), ("phang-retrieval", -5.0), ("phang-most-targets", 1.2))
    ]
    told = describe_ledger(table(*findings, (CLAIMS["phang-answering"], "E5", Finding(note="none"), "x")), MISSING)
    assert told[0] == "None of 4 testable claims gets a verdict here."
    assert "encoder (3), target (1)" in told[1]
    assert told[2].endswith("nothing: 1 as claimed, 1 not as claimed, 1 not clear, 1 no such runs.")
    assert told[3].startswith("Clear in these runs, against the size that the claim names: ")
    assert "not as claimed (\N{MINUS SIGN}5.0 points, \N{MINUS SIGN}6.0 to \N{MINUS SIGN}4.0)" in told[3]
    assert len(told) == 5
    assert sum("XLM-R large" in text for text in told) == 0


def test_more_than_five_are_left_to_the_table():
    many = [(CLAIMS[key], "E5", Finding(parts=(part(9.0),)), "x") for key in list(CLAIMS)[:6]]
    assert (
        describe_ledger(table(*many), MISSING)[3]
        == "Clear in these runs, against the size that the claim names: 6 claims, marked in the table."
    )


def test_one_line_a_claim_without_the_reason_that_all_share():
    found = table((CLAIM, "E5", Finding(parts=(part(5.0),)), "encoder: XLM-R large"))
    lines = ledger_lines(found)
    assert list(lines) == ["claim", "source", "here", "estimate and interval", "published", "verdict"]
    assert lines.iloc[0].tolist() == [
        CLAIM.says, "phang2020", "as claimed", "+5.0 points, +4.0 to +6.0", "MNLI 7.5", "not tested here"
    ]  # fmt: skip
    assert lines.iloc[1][["here", "estimate and interval", "verdict"]].tolist() == ["E5", "", "not followed"]
    assert not lines.apply(lambda row: row.str.contains("XLM-R large")).iloc[0].any()
    several = table((CLAIM, "E5", Finding(), "x"), (CLAIM, "XLM-R", Finding(), "x"))
    assert next(iter(ledger_lines(several))) == "encoder"


def test_estimates_say_how_many_parts_hold_and_which_decides():
    finding = Finding(parts=(part(5.0), part(-4.0, label="SQuAD"), part(1.0, label="QQP")), of="tasks")
    row = table((CLAIM, "E5", finding, "x")).iloc[0]
    assert estimate_text(row) == (
        "SQuAD \N{MINUS SIGN}4.0 points, \N{MINUS SIGN}5.0 to \N{MINUS SIGN}3.0; of 3 tasks, 1 clearly as claimed and "
        "1 clearly not; 3 needed"
    )
    assert row["here"] == "not as claimed"
    most = table((CLAIM, "E5", Finding(parts=finding.parts, at_least=1, of="tasks"), "x")).iloc[0]
    assert estimate_text(most).startswith("MNLI +5.0 points")
    none = table((CLAIM, "E5", Finding(note="none was run"), "x")).iloc[0]
    assert estimate_text(none) == "none was run"


def test_other_units_and_missing_intervals():
    row = pd.Series({"estimate": 0.456, "low": 0.1, "high": 2.0, "unit": "times the spread", "n_parts": 1, "why": ""})
    assert estimate_text(row) == "0.46 times the spread, 0.10 to 2.00"
    assert estimate_text(row.replace("times the spread", "points of spread")).startswith("0.5 points of spread")
    assert estimate_text(pd.Series({**row, "unit": "points", "low": float("nan"), "why": "1 seed"})) == (
        "+0.5 points, no interval; 1 seed"
    )


def test_tables_that_lack_columns_are_refused():
    with pytest.raises(AnalysisError, match="ledger lacks"):
        describe_ledger(pd.DataFrame({"claim": ["x"]}), MISSING)
    with pytest.raises(AnalysisError, match="missing lacks"):
        describe_ledger(table((CLAIM, "E5", Finding(), "x")), pd.DataFrame({"x": [1]}))
