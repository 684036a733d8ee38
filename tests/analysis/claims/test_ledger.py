"""The whole ledger on simulated studies with known truth: lines, verdicts, what is missing, errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from claim_studies import SIZES, TRAINING_SIZES, evidence, judge, scores
from simulated_studies import simulate_study

from study_utils.analysis import Settings
from study_utils.analysis.claims import LEDGER_COLUMNS, Evidence, claim_ledger, claim_needs, missing_parts
from study_utils.analysis.claims.intermediate import choose_conditions
from study_utils.catalog.claims import BACKGROUND, CLAIMS, DESIGN
from study_utils.errors import AnalysisError
from study_utils.params import load_params

TASKS = {"xnli": "accuracy", "tatoeba": "accuracy_from_english"}


def made(effects, *, rng=1, seeds=(0, 1, 2), tasks=TASKS, examples=80, **more):
    """Tables of a study, predictions among them, whose target-stage validation prefers `mnli`."""
    predictions, table = simulate_study(
        np.random.default_rng(rng), effects=effects, languages=["en", "de", "fr", "ru"], tasks=tasks, seeds=seeds,
        examples=examples, **more,
    )  # fmt: skip
    rows = [
        {"encoder": "e5_small", "condition": c, "target": t, "language": "", "value": 0.5 + 0.1 * (c == "mnli")}
        for c in effects
        for t in tasks
        if t != "tatoeba"
    ]
    return Evidence(
        predictions=predictions,
        scores=table,
        validation=pd.DataFrame(rows).assign(primary=True, chosen=True, selected_in="en"),
        sizes=SIZES,
        training_sizes=TRAINING_SIZES,
        params=load_params("quick"),
        settings=Settings(resamples=100),
        margin=1.0,
    )


@pytest.fixture(scope="module")
def true():
    own = made({"mnli": 0.22, "mixture": 0.38, "mnli+mlm": 0.1, "stsb": 0.2, "stsb_de": 0.0}, examples=150)
    return claim_ledger(own).set_index("claim")


def test_true_effects_are_as_claimed_and_their_opposites_are_not(true):
    here = true["here"]
    for key in ("most-targets", "benchmark", "mlm-no-better", "mlm-worse"):
        assert here[f"phang-{key}"] == "as claimed", key
    for key in ("translated-no-better", "translated-worse"):
        assert here[f"phang-{key}"] == "as claimed", key
    for key in ("phang-xnli-none", "mohapatra-direct-better"):
        assert here[key] == "not as claimed", key
    assert true.loc["phang-benchmark", "estimate"] == pytest.approx(22, abs=5)
    assert true.loc["phang-translated-worse", "estimate"] == pytest.approx(20, abs=5)


def test_every_claim_but_background_has_its_line(true):
    assert list(true.index) == [key for key, c in CLAIMS.items() if c.kind != DESIGN and c.kind != BACKGROUND] + [
        key for key, c in CLAIMS.items() if c.kind == DESIGN
    ]
    assert set(LEDGER_COLUMNS) <= {"claim", *true.columns}
    assert set(true.loc[true["kind"] == DESIGN, "verdict"]) == {"followed", "not followed"}


def test_a_claim_about_another_encoder_is_never_tested(true):
    results = true[true["kind"] != DESIGN]
    assert set(results["verdict"]) == {"not tested here"}
    assert (results["needs"] != "").all()
    needs = true.loc["phang-best-single", "needs"]
    assert needs.startswith("encoder: XLM-R large; targets: PAWS-X, UD-POS")
    assert "conditions: SQuAD 1.1 or SQuAD 2.0, HellaSwag" in needs
    assert "training rows: MNLI: 1,200 of 392,702, XNLI: 500 of 392,702" in needs


def test_published_numbers_stand_beside_points_only(true):
    assert true.loc["phang-benchmark", ["published", "published_low", "published_high"]].tolist() == [
        "average 5.4",
        5.4,
        5.4,
    ]
    row = true.loc["mohapatra-roberta-best"]
    assert row["published"] == "RoBERTa 3"
    assert np.isnan(row["published_low"])


def test_nothing_is_claimed_where_nothing_differs():
    """Known truth: no effect of anything. Wrong lines among these claims in 5 % of studies at most."""
    wrong = 0
    for seed in range(5):
        own = made(dict.fromkeys(("mnli", "stsb"), 0.0), rng=seed, language_sd=0.01, examples=40)
        wrong += any(judge(key, own).here == "as claimed" for key in ("phang-most-targets", "phang-retrieval"))
    assert wrong <= 1  # of 5 at 0.05: more than 1 in 2 %


def test_only_the_baseline_gives_a_ledger_without_estimates():
    table = claim_ledger(evidence(scores({}, targets=("sib200",))))
    results = table[table["kind"] != DESIGN]
    assert set(results["here"]) == {"no such runs"}
    assert (results["why"] != "").all()
    assert results["estimate"].isna().all()


def test_what_is_missing_is_said_once():
    own = evidence(scores({"mnli": 0.0}, targets=("xnli", "tatoeba"), languages=("en", "de")))
    table = missing_parts(claim_needs(own))
    assert table["missing"].is_unique
    row = table.set_index("missing").loc["encoder"]
    assert row["which"].split("; ")[0] == "XLM-R large"
    assert row["which"].count("XLM-R large") == 2, "once alone and once as one of two"
    assert row["claims"] == sum(bool(c.encoders) and c.kind == "testable" for c in CLAIMS.values())
    assert missing_parts({("a", ""): []}).empty


def test_two_encoders_have_a_line_each():
    tables = [scores({"sst2": 0.0}, targets=("sib200",), encoder=key) for key in ("e5_small", "xlmr_base")]
    both = pd.concat(tables)
    table = claim_ledger(evidence(both.reset_index(drop=True)))
    assert (table["claim"] == "phang-most-targets").sum() == 2
    assert (table["claim"] == "mohapatra-direct-better").sum() == 1


def test_people_translated_xnli_pairs():
    own = evidence(scores({"xnli_pairs_en": 0.0, "xnli_pairs_de": 0.0}, targets=("udpos",)))
    assert "people translated them" in judge("phang-translated-worse", own).why


def test_the_choice_is_made_on_english_development_rows():
    own = made({"mnli": 0.0, "sst2": 0.1}, examples=10)
    assert choose_conditions(own) == {"xnli": "mnli"}
    other = dataclasses.replace(own, validation=own.validation.assign(selected_in="de"))
    assert choose_conditions(other) == {}
    line = judge("phang-benchmark", own)
    assert line.part == "MNLI for XNLI"
    assert line.why.endswith("left out: Tatoeba")


def test_a_stage_before_in_language_fine_tuning_is_compared_with_that_fine_tuning():
    """Zero-shot the task helps by 30 points, before fine-tuning in the language it costs 10: only that counts there."""
    gains = {"imdb": 30.0, "in_language": 50.0, "imdb_in_language": 40.0}
    table = scores(gains, targets=("tweet_sentiment",), languages=("de",), encoder="bert_base", base=30.0)
    table["zero_shot"] = table["condition"].isin(["none", "imdb"])
    line = judge("mohapatra-direct-better", evidence(table))
    assert line.estimate == pytest.approx(-10, abs=0.1)
    assert line.verdict == "supported"
    alone = table[table["condition"].isin(["none", "imdb"])]
    assert judge("mohapatra-direct-better", evidence(alone)).estimate == pytest.approx(30, abs=0.1)


def test_only_fine_tunings_that_every_encoder_had_are_ranked():
    def study(conditions):
        tables = [
            scores(dict.fromkeys(own, 0.0), targets=("sib200", "xnli"), languages=("en",), encoder=key)
            for key, own in conditions.items()
        ]
        return evidence(pd.concat(tables, ignore_index=True))

    both = study({"bert_base": [], "roberta_base": ["imdb"], "xlnet_base": ["imdb"]})
    assert judge("mohapatra-xlnet-worst", both).n_parts == 2
    assert (
        judge("mohapatra-roberta-best", both.on(["sib200"])).why
        == "fewer than two targets were fine-tuned with every encoder"
    )
    assert "was not run" in judge("mohapatra-roberta-best", both.of("bert_base")).why


def test_tables_that_lack_columns_are_refused():
    own = made({"mnli": 0.0}, tasks={"xnli": "accuracy"}, examples=10)
    with pytest.raises(AnalysisError, match="rows"):
        dataclasses.replace(own, sizes=SIZES.drop(columns="rows"))
    with pytest.raises(AnalysisError, match="validation table"):
        dataclasses.replace(own, validation=own.validation.drop(columns="value"))
    with pytest.raises(AnalysisError, match="table of epochs"):
        dataclasses.replace(own, epochs=pd.DataFrame({"epoch": [1]}))


def test_targets_that_were_not_learnt_speak_for_and_against_nothing():
    own = evidence(scores({"mnli": 5.0}, targets=("xnli", "tatoeba")))
    low = own.scores["task"] == "xnli"
    half = dataclasses.replace(own, scores=own.scores.assign(value=own.scores["value"].mask(low, 0.333)))
    assert (own.unlearnt, half.unlearnt) == ((), ("xnli",))
    here = {name: claim_ledger(e).set_index("claim")["here"] for name, e in (("own", own), ("half", half))}
    assert here["own"]["phang-xnli-none"] == "not as claimed"
    assert here["half"]["phang-xnli-none"] == "no such runs"
    needed = claim_needs(half)["phang-xnli-none", "e5_small"]
    assert ("target", "XNLI above chance") in needed
    none = claim_ledger(dataclasses.replace(own, scores=own.scores.assign(value=0.001)))
    assert set(none.loc[none["kind"] == "testable", "here"]) == {"no such runs"}
