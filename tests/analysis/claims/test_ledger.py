"""Claims on simulated studies with known truth: true effects are found, absent ones rarely, missing arms are named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import Settings
from study_utils.analysis.calibration.simulate import simulate_study
from study_utils.analysis.claims import Evidence, claim_ledger
from study_utils.analysis.claims.encoders import direct_better, roberta_best
from study_utils.analysis.claims.evidence import lacking
from study_utils.analysis.claims.intermediate import (
    best_single,
    choose_conditions,
    multitask_best,
    retrieval,
    translated,
    xnli_none,
)
from study_utils.analysis.claims.verdicts import verdicts
from study_utils.catalog.claims import CLAIMS
from study_utils.errors import AnalysisError

LANGUAGES = ["en", "es", "fr", "ru", "ar", "ja"]
TASKS = {"xnli": "accuracy", "udpos": "token_accuracy", "tatoeba": "accuracy_from_english", "tydiqa": "squad_f1"}
SIZES = pd.DataFrame(
    [("mnli", "train", "english", 1200), ("stsb", "train", "english", 5749), ("xnli", "train", "english", 500)],
    columns=["task", "role", "regime", "rows"],
)


def made(effects, *, rng=1, encoder="e5_small", seeds=(0, 1, 2), tasks=TASKS, examples=80, **more):
    """Tables of a study whose target-stage validation prefers `mnli`."""
    predictions, scores = simulate_study(
        np.random.default_rng(rng), effects=effects, languages=LANGUAGES, tasks=tasks, seeds=seeds, examples=examples,
        encoder=encoder, **more,
    )  # fmt: skip
    rows = [
        {"encoder": encoder, "condition": c, "target": t, "language": "", "value": 0.5 + 0.1 * (c == "mnli")}
        for c in effects
        for t in tasks
        if t != "tatoeba"
    ]
    return Evidence(
        predictions=predictions,
        scores=scores,
        validation=pd.DataFrame(rows).assign(primary=True, chosen=True, selected_in="en"),
        sizes=SIZES,
        settings=Settings(resamples=100),
        margin=1.0,
    )


def here(evidence):
    table = claim_ledger(evidence)
    return table.set_index("claim")


TRUE = {"mnli": 0.22, "squad1": 0.22, "mixture": 0.38, "stsb": 0.2, "stsb_de": 0.0, "mnli+mlm": 0.1}


@pytest.fixture(scope="module")
def true():
    return here(made(TRUE))


def test_true_effects_are_as_claimed(true):
    for key in ("best-single", "multitask-best", "tydiqa-consistent", "benchmark", "mlm", "translated"):
        assert true.loc[f"phang-{key}", "here"] == "as claimed", key
    assert true.loc["phang-xnli-none", "here"] == "the opposite"
    assert true.loc["mohapatra-direct-better", "here"] == "the opposite"


def test_estimates_are_in_points(true):
    assert true.loc["phang-best-single", "estimate"] == pytest.approx(22, abs=3)
    assert true.loc["phang-multitask-best", "estimate"] == pytest.approx(16, abs=4)
    assert true.loc["phang-translated", "estimate"] == pytest.approx(-20, abs=3)
    row = true.loc["phang-benchmark"]
    assert row["low"] < 22 < row["high"]
    assert "XNLI: MNLI" in row["tested_on"]
    assert row["published"] == "average 5.4"


def test_the_opposite_is_found():
    table = here(made({"mnli": -0.15, "squad1": -0.15, "mixture": -0.3, "stsb": -0.15, "stsb_de": 0.1}))
    for key in ("best-single", "multitask-best", "tydiqa-consistent", "benchmark", "translated"):
        assert table.loc[f"phang-{key}", "here"] == "the opposite", key
    assert table.loc["phang-xnli-none", "here"] == "as claimed"
    assert table.loc["mohapatra-direct-better", "here"] == "as claimed"


def test_retrieval_is_against_the_other_targets():
    parts = [
        made({"mnli": effect, "sst2": effect}, tasks={task: measure}, examples=300)
        for effect, (task, measure) in zip((0.01, 0.1), (("udpos", "token_accuracy"), TASKS_RETRIEVAL))
    ]
    frames = {name: pd.concat([getattr(p, name) for p in parts], ignore_index=True) for name in NAMES}
    row = here(dataclasses.replace(parts[0], **frames)).loc["phang-retrieval"]
    assert row["here"] == "as claimed"
    assert row["low"] < 9 < row["high"]
    assert "Tatoeba against UD-POS" in row["tested_on"]


TASKS_RETRIEVAL = ("tatoeba", "accuracy_from_english")
NAMES = ("predictions", "scores", "validation")


def test_nothing_is_claimed_where_nothing_differs():
    """Known truth: no effect of anything. Claims of a difference may be wrong in 5 % of studies at most."""
    wrong = 0
    for seed in range(6):
        evidence = made(
            dict.fromkeys(("mnli", "squad1", "mixture", "stsb"), 0.0), rng=seed, language_sd=0.01, examples=40,
            tasks={"udpos": "token_accuracy", "tatoeba": "accuracy_from_english"},
        )  # fmt: skip
        found = [
            (CLAIMS["phang-xnli-none"], "", test(evidence), "") for test in (best_single, multitask_best, retrieval)
        ]
        wrong += any(item.here != "not clear" for item in verdicts(found))
    assert wrong <= 1  # 6 studies at 0.05: more than 1 in 3 %


def test_a_claim_about_another_encoder_is_never_tested(true):
    phang = true[true.index.str.startswith("phang")]
    assert set(phang["verdict"]) == {"not tested here"}
    assert phang["reason"].str.contains("another encoder").all()
    reason = true.loc["phang-best-single", "reason"]
    assert "PAWS-X" in reason
    assert "HellaSwag" in reason
    assert "XNLI: 500 of 392,702 rows, and 1 more" in reason


def test_the_verdict_is_given_where_everything_is_the_claims_own():
    claim = CLAIMS["phang-xnli-none"]
    conditions = [key for keys in claim.conditions for key in keys]
    full, lost = (
        dataclasses.replace(
            made(effects, encoder="xlmr_large", tasks={"xnli": "accuracy"}, examples=60), sizes=SIZES.assign(rows=10**6)
        )
        for effects in (dict.fromkeys(conditions, -0.1), dict.fromkeys(conditions, 0.3))
    )
    cut = "training data cut down (XNLI: 500 of 392,702 rows, and 1 more)"
    less = dataclasses.replace(full, sizes=SIZES)
    found = [(claim, "XLM-R large", xnli_none(item), lacking(claim, item)) for item in (full, lost, less)]
    assert [item.verdict for item in verdicts(found)] == ["supported", "contradicted", "not tested here"]
    assert [item.needs for item in verdicts(found)] == ["", "", cut]


def test_missing_arms_are_named():
    table = here(made({"sst2": 0.1}, tasks={"sib200": "accuracy"}))
    keys = "best-single multitask-best retrieval tydiqa-consistent xnli-none mlm translated".split()
    for key in (*(f"phang-{key}" for key in keys), "mohapatra-roberta-bert"):
        row = table.loc[key]
        assert (row["verdict"], row["here"]) == ("not tested here", "no such runs"), key
        assert np.isnan(row["estimate"])
        assert "were not run" in row["reason"] or "another encoder" in row["reason"]
    assert set(table.index) == set(CLAIMS)


def test_only_the_baseline_gives_a_ledger_of_nothing():
    table = here(made({}, tasks={"sib200": "accuracy"}))
    assert set(table["here"]) == {"no such runs"}


def test_two_seeds_decide_nothing():
    table = here(made(TRUE, seeds=(0, 1)))
    assert not table["here"].isin(["as claimed", "the opposite"]).any()
    assert table["p"].isna().all()


def test_people_translated_xnli_pairs():
    assert "people translated them" in translated(made({"xnli_pairs_en": 0.0, "xnli_pairs_de": 0.0}, examples=10)).note


def test_the_choice_is_made_on_english_development_rows():
    evidence = made({"mnli": 0.0, "sst2": 0.1})
    assert choose_conditions(evidence) == {"xnli": "mnli", "udpos": "mnli", "tydiqa": "mnli"}
    other = evidence.validation.assign(selected_in="de")
    assert choose_conditions(dataclasses.replace(evidence, validation=other)) == {}


def english_encoders(means, *, noise=0.002, seeds=(0, 1, 2), targets=("sib200", "stsb_multi", "xnli", "afrisenti")):
    rng, rows = np.random.default_rng(0), []
    metric = {"stsb_multi": "spearman", "afrisenti": "macro_f1"}
    for encoder, by_condition in means.items():
        for condition, value in by_condition.items():
            for task in targets:
                for seed in seeds:
                    keys = {"encoder": encoder, "condition": condition, "task": task, "language": "en"}
                    rows.append(keys | {"variant": "clean", "seed": seed, "metric": metric.get(task, "accuracy"),
                                        "value": value + rng.normal(0, noise), "n": 100, "zero_shot": False,
                                        "same_data": False, "run": "r"})  # fmt: skip
    return Evidence(predictions=None, scores=pd.DataFrame(rows), validation=pd.DataFrame(), sizes=SIZES,
                    settings=Settings(resamples=100), margin=1.0)  # fmt: skip


def test_rankings_of_english_encoders_and_direct_fine_tuning():
    means = {
        "bert_base": {"none": 0.7, "imdb": 0.6},
        "roberta_base": {"none": 0.8, "imdb": 0.7},
        "xlnet_base": {"none": 0.6, "imdb": 0.5},
    }
    table = here(english_encoders(means))
    rows = table.loc[["mohapatra-direct-better", "mohapatra-roberta-bert", "mohapatra-xlnet-worst"]]
    assert rows["verdict"].tolist() == ["supported"] * 3
    assert rows["estimate"].tolist() == [pytest.approx(-10, abs=0.5), 8, 8]
    means["xlnet_base"] = {"none": 0.9, "imdb": 0.95}
    turned = here(english_encoders(means))
    assert turned.loc["mohapatra-roberta-bert", "verdict"] == "contradicted"
    assert turned.loc["mohapatra-xlnet-worst", "verdict"] == "contradicted"
    assert turned.loc["mohapatra-roberta-bert", "estimate"] == 0
    means["xlnet_base"] = means["bert_base"]
    noisy = here(english_encoders(means, noise=0.02))
    assert noisy.loc["mohapatra-xlnet-worst", "verdict"] == "not decided"


def test_two_of_three_encoders_are_not_enough():
    means = {"bert_base": {"none": 0.6, "imdb": 0.5}, "roberta_base": {"none": 0.7, "imdb": 0.6}}
    row = here(english_encoders(means)).loc["mohapatra-roberta-bert"]
    assert row["verdict"] == "not tested here"
    assert row["here"] == "as claimed"


def test_only_fine_tunings_that_every_encoder_had_are_ranked():
    means = {
        "bert_base": {"none": 0.6},
        "roberta_base": {"none": 0.7, "imdb": 0.6},
        "xlnet_base": {"none": 0.5, "imdb": 0.4},
    }
    assert here(english_encoders(means)).loc["mohapatra-roberta-bert", "estimate"] == 4
    both = english_encoders({key: {"none": value["none"]} for key, value in means.items()})
    own = dict(zip(means, both.targets))
    apart = dataclasses.replace(both, scores=both.scores[both.scores["encoder"].map(own) == both.scores["task"]])
    row = roberta_best(apart)
    assert np.isnan(row.estimate)
    assert "with every encoder" in row.note


def test_the_design_is_checked_on_sizes():
    evidence = made({"mnli": 0.0, "stsb": 0.0}, tasks={"xnli": "accuracy"})
    row = here(evidence).loc["mohapatra-larger-intermediate"]
    assert row["verdict"] == "design not followed"
    assert row["estimate"] == pytest.approx(2.4)
    large = SIZES.assign(rows=[5000, 5749, 500])
    assert (
        here(dataclasses.replace(evidence, sizes=large)).loc["mohapatra-larger-intermediate", "verdict"]
        == "design followed"
    )


def test_tables_that_lack_columns_are_refused():
    evidence = made({"mnli": 0.0}, tasks={"xnli": "accuracy"})
    with pytest.raises(AnalysisError, match="rows"):
        dataclasses.replace(evidence, sizes=SIZES.drop(columns="rows"))
    with pytest.raises(AnalysisError, match="validation table"):
        dataclasses.replace(evidence, validation=evidence.validation.drop(columns="value"))


def test_a_stage_before_in_language_fine_tuning_is_compared_with_that_fine_tuning():
    """Zero-shot the task helps by 30 points, before fine-tuning in the language it costs 10: only that counts there."""
    score = {"none": 0.3, "imdb": 0.6, "in_language": 0.8, "imdb_in_language": 0.7}
    cell = {
        "encoder": "bert_base",
        "task": "tweet_sentiment",
        "language": "de",
        "variant": "clean",
        "metric": "macro_f1",
    }
    rows = [
        cell | {"condition": key, "seed": seed, "value": value + 0.001 * seed * (key == "imdb_in_language")}
        for key, value in score.items()
        for seed in (0, 1, 2)
    ]
    scores = pd.DataFrame(rows).assign(n=100, zero_shot=False, same_data=False, run="r")
    evidence = dataclasses.replace(
        made({"mnli": 0.0}, tasks={"udpos": "token_accuracy"}), predictions=None, scores=scores
    )
    found = direct_better(evidence)
    assert found.estimate == pytest.approx(-9.9)
    assert found.p_for < 0.05 < found.p_against
    alone = scores[scores["condition"].isin(["none", "imdb"])]
    assert direct_better(dataclasses.replace(evidence, scores=alone)).estimate == pytest.approx(30)
