"""Verdicts follow magnitudes and count every part: inputs once judged wrongly, each with the right verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from claim_studies import LANGUAGES, XTREME, evidence, judge, scores
from scipy import stats

from study_utils.analysis.claims.intermediate import _minus
from study_utils.analysis.claims.needs import needs
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.claims import CLAIMS

THREE = ("squad1", "mnli", "hellaswag")
SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "not decided"


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        (dict.fromkeys(THREE, 8.0), SUPPORTED),
        (dict.fromkeys(THREE, 0.3), CONTRADICTED),
        ({"squad1": 9.0, "mnli": -2.0, "hellaswag": -2.0}, CONTRADICTED),
        ({key: {task: 30.0 if task in ("bucc", "tatoeba") else -2.0 for task in XTREME} for key in THREE}, OPEN),
        ({key: {task: 30.0 if task in ("bucc", "tatoeba") else 0.5 for task in XTREME} for key in THREE}, SUPPORTED),
        ({"squad1": 8.0, "squad2": -6.0, "mnli": 8.0, "hellaswag": 8.0}, CONTRADICTED),
    ],
)
def test_raise_by_much(gains, verdict):
    """Half of 8.2, 7.5 and 7.0 points for each task; not at the cost of most targets; the two SQuADs count once."""
    line = judge("phang-best-single", evidence(scores(gains)))
    assert line.verdict == verdict
    assert line.n_parts == 3


def test_an_average_against_most_targets_says_so():
    gains = {key: {task: 30.0 if task in ("bucc", "tatoeba") else -2.0 for task in XTREME} for key in THREE}
    line = judge("phang-best-single", evidence(scores(gains)))
    assert "MNLI costs 7 of 9 targets more than the margin" in line.why
    assert line.estimate == pytest.approx((2 * 30 - 7 * 2) / 9, abs=0.2)


FIVE = ("sib200", "xnli", "udpos", "tatoeba", "pawsx")


@pytest.mark.parametrize(
    ("gains", "margin", "verdict"),
    [
        ((-1.0, -1.0, -1.0, -1.0, 20.0), 0.5, SUPPORTED),
        ((-1.0, -1.0, -1.0, -1.0, 20.0), 1.0, OPEN),  # just at the margin
        ((-30.0, -0.02, -0.02, 3.0, 3.0), 1.0, CONTRADICTED),
        ((-3.0, -3.0, -3.0, 9.0, 9.0), 1.0, SUPPORTED),
        ((-3.0, -3.0, 0.0, 9.0, 9.0), 1.0, CONTRADICTED),
    ],
)
def test_on_most_targets_counts_targets(gains, margin, verdict):
    table = scores({"sst2": dict(zip(FIVE, gains))}, targets=FIVE, noise=0.02)
    assert judge("mohapatra-direct-better", evidence(table, margin=margin)).verdict == verdict


SEVEN = ("squad1", "anli_plus", "mnli", "qqp", "hellaswag", "cosmosqa", "commonsenseqa")


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ((3.0, 3.0, 3.0, 3.0, -9.0, -9.0, -9.0), SUPPORTED),
        ((3.0, 3.0, 3.0, 0.2, -9.0, -9.0, -9.0), CONTRADICTED),
        ((30.0, 30.0, 30.0, 0.0, 0.0, 0.0, 0.0), CONTRADICTED),
    ],
)
def test_many_intermediate_tasks_are_more_than_half_of_them(gains, verdict):
    table = scores({key: {"tydiqa": gain} for key, gain in zip(SEVEN, gains)}, targets=("tydiqa",))
    assert judge("phang-tydiqa-consistent", evidence(table)).verdict == verdict


def test_the_two_versions_of_squad_are_one_of_the_different_tasks():
    gains = {"squad1": 5.0, "squad2": 5.0, "mnli": -5.0, "qqp": -5.0}
    table = scores({key: {"tydiqa": gain} for key, gain in gains.items()}, targets=("tydiqa",))
    line = judge("phang-tydiqa-consistent", evidence(table))
    assert (line.n_parts, line.n_hold, line.verdict) == (3, 1, CONTRADICTED)


def six(lead):
    """RoBERTa's lead over BERT on each of six targets; XLNet is last."""
    targets = ("sib200", "xnli", "udpos", "tweet_sentiment", "pawsx", "afrisenti")
    leads = {"roberta_base": lead, "bert_base": [0.0] * 6, "xlnet_base": [-9.0] * 6}
    tables = [
        scores({}, targets=[task], languages=["en"], encoder=encoder, base=60.0 + ahead[place])
        for encoder, ahead in leads.items()
        for place, task in enumerate(targets)
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize(
    ("lead", "verdict"),
    [([4.0] * 6, CONTRADICTED), ([4.0, 4.0, 4.0, -4.0, -4.0, -4.0], SUPPORTED)],
)
def test_three_of_six_are_three(lead, verdict):
    assert judge("mohapatra-roberta-best", evidence(six(lead))).verdict == verdict


def test_the_other_encoders_places():
    own = evidence(six([4.0, 4.0, -4.0, -4.0, -4.0, -4.0]))
    assert judge("mohapatra-bert-best", own).verdict == CONTRADICTED, "four of six are more than three"
    assert judge("mohapatra-xlnet-worst", own.on(["sib200", "xnli"])).verdict == SUPPORTED


def test_similar_is_within_the_margin_both_ways():
    level, apart = evidence(six([0.0] * 6)), evidence(six([4.0] * 6))
    assert judge("mohapatra-similar", level).verdict == SUPPORTED
    assert judge("mohapatra-similar", apart).verdict == CONTRADICTED


def test_the_best_model_is_one_of_two_after_an_intermediate_task():
    def study(roberta, xlnet):
        each = {"roberta_base": roberta, "bert_base": {"sib200": 0.0, "xnli": 9.0}, "xlnet_base": xlnet}
        targets = ("sib200", "xnli")
        tables = [
            scores({"imdb": gains}, targets=targets, languages=["en"], encoder=encoder)
            for encoder, gains in each.items()
        ]
        return evidence(pd.concat(tables, ignore_index=True))

    key, weak = "mohapatra-intermediate-best", {"sib200": -3.0, "xnli": -3.0}
    assert judge(key, study({"sib200": 9.0, "xnli": -2.0}, weak)).verdict == SUPPORTED
    behind = study({"sib200": 9.0, "xnli": -2.0}, {"sib200": 20.0, "xnli": -3.0})
    assert judge(key, behind.on(["sib200"])).verdict == CONTRADICTED


def test_general_tasks_may_need_one_where_one_gains():
    targets = ("sib200", "xnli", "udpos")
    gains = {"sst2": dict(zip(targets, (5.0, -5.0, -5.0)))}
    assert judge("mohapatra-general-tasks", evidence(scores(gains, targets=targets))).verdict == SUPPORTED
    none = {"sst2": dict.fromkeys(targets, -5.0)}
    assert judge("mohapatra-general-tasks", evidence(scores(none, targets=targets))).verdict == CONTRADICTED


@pytest.mark.parametrize(("gain", "verdict"), [(0.0, SUPPORTED), (-5.0, SUPPORTED), (4.0, CONTRADICTED)])
def test_xnli_gains_from_none(gain, verdict):
    gains = {key: {"xnli": 0.0} for key in SEVEN} | {"qqp": {"xnli": gain}}
    assert judge("phang-xnli-none", evidence(scores(gains, targets=("xnli",)))).verdict == verdict


def test_of_two_sources_that_disagree_one_is_right():
    """English is better than with masked-language modelling, or it isn't: the margin decides both claims."""
    for gain, better, worse in (
        (-4.0, SUPPORTED, SUPPORTED),
        (0.0, SUPPORTED, CONTRADICTED),
        (4.0, CONTRADICTED, CONTRADICTED),
    ):
        own = evidence(scores({"mnli": 0.0, "qqp": 0.0, "mnli+mlm": gain, "qqp+mlm": gain}))
        assert judge("phang-mlm-no-better", own).verdict == better, gain
        assert judge("phang-mlm-worse", own).verdict == worse, gain
    own = evidence(scores({"stsb": 0.0, "stsb_de": -4.0, "stsb_fr": -4.0, "stsb_zh": 9.0}))
    assert judge("phang-translated-no-better", own).verdict == SUPPORTED
    assert judge("phang-translated-worse", own).verdict == SUPPORTED


def test_all_together_against_each_single_task():
    for gain, best, no_better in (
        (6.0, SUPPORTED, CONTRADICTED),
        (5.0, CONTRADICTED, SUPPORTED),
        (2.0, CONTRADICTED, SUPPORTED),
    ):
        own = evidence(scores({"mnli": 3.0, "qqp": 5.0, "all_nine": gain}, noise=0.02), margin=0.5)
        assert judge("phang-multitask-best", own).verdict == best, gain
        assert judge("phang-multitask-no-better", own).verdict == no_better, gain


def test_retrieval_and_answering_against_the_other_targets():
    def own(retrieval, answers):
        gain = {task: answers if task in ("xquad", "mlqa", "tydiqa") else 0.0 for task in XTREME}
        return evidence(scores({"mnli": gain | dict(zip(("bucc", "tatoeba"), retrieval))}))

    assert judge("phang-retrieval", own((15.0, 12.0), 4.0)).verdict == SUPPORTED
    assert judge("phang-retrieval", own((15.0, 0.0), 4.0)).verdict == CONTRADICTED
    assert judge("phang-answering", own((15.0, 12.0), 4.0)).verdict == SUPPORTED
    assert judge("phang-answering", own((3.0, 3.0), 4.0)).verdict == CONTRADICTED


def test_seeds_count_in_a_difference_of_gains_too():
    sure = {"estimate": 0.10, "standard_error": 0.01, "freedom": 200.0, "seed_error": 0.0, "n_seeds": 3}
    sure |= {"tasks": "bucc", "withheld": ""}
    other = pd.Series(sure | {"estimate": 0.0})
    assert _minus("a", pd.Series(sure), "b", other, 1.0).p < 1e-6
    alone = _minus("a", pd.Series(sure | {"seed_error": 0.03}), "b", other, 1.0)  # 9 points by two degrees of freedom
    assert alone.p == pytest.approx(stats.t.sf(9 / np.hypot(3, 1), 2))


def test_most_targets_gain():
    def own(*gains):
        return evidence(scores({"mnli": dict(zip(XTREME, gains))}))

    assert judge("phang-most-targets", own(*[3.0] * 6, -9.0, -9.0, -9.0)).verdict == SUPPORTED
    assert judge("phang-most-targets", own(*[30.0] * 3, *[-3.0] * 6)).verdict == CONTRADICTED


def test_two_seeds_decide_nothing():
    line = judge("phang-best-single", evidence(scores(dict.fromkeys(THREE, 8.0), seeds=(0, 1))))
    assert (line.verdict, line.n_hold) == (OPEN, 0)
    assert "fewer than 3 seeds" in line.why


def lacks(key, table, **more):
    return {kind for kind, _ in needs(CLAIMS[key], evidence(table, **more), {})}


def test_a_claim_needs_its_own_languages():
    public = [key for (key,) in CLAIMS["phang-xnli-none"].conditions]
    table = scores(
        {key: {"xnli": 0.0} for key in public}, targets=("xnli",), languages=("en", "de", "fr"), encoder="xlmr_large"
    )
    large = pd.DataFrame(
        [(key, "train", "english", 10**7) for key in (*public, "snli", "anli", "xnli")],
        columns=["task", "role", "regime", "rows"],
    )
    assert judge("phang-xnli-none", evidence(table)).verdict == SUPPORTED, "what the rule says of two languages"
    assert needs(CLAIMS["phang-xnli-none"], evidence(table, sizes=large), {}) == [("language", "XNLI in 12 of 15")]
    every = scores(
        {key: {"xnli": 0.0} for key in public},
        targets=("xnli",),
        languages=BENCHMARKS["xtreme"].tasks["xnli"],
        encoder="xlmr_large",
    )
    assert lacks("phang-xnli-none", every, sizes=large) == set()
    assert lacks("phang-xnli-none", every) == {"training rows"}
    assert lacks("phang-xnli-none", every.assign(n=80), sizes=large) == {"test rows"}
    assert lacks("phang-xnli-none", every.assign(encoder="e5_small"), sizes=large) == {"encoder"}
    assert lacks("phang-xnli-none", every[every["condition"] != "qqp"], sizes=large) == {"condition"}


def test_what_the_benchmark_scores_can_not_be_left_out():
    """The published average has BUCC, Tatoeba and English; nothing can choose a condition for the first two."""
    table = scores({"mnli": 6.0})
    assert "out of reach" in lacks("phang-benchmark", table)
    no_english = scores({"mnli": 6.0}, languages=LANGUAGES[1:])
    told = dict(needs(CLAIMS["phang-best-single"], evidence(no_english), {}))
    assert "language" in told
    assert ("test rows", "BUCC (development): development pairs; the benchmark scores its test pairs") in needs(
        CLAIMS["phang-best-single"], evidence(table), {}
    )


def test_one_pair_or_another_task_is_not_the_claims_own():
    table = scores({"mnli": 0.0, "mnli+mlm": 0.0, "stsb": 0.0, "stsb_de": 0.0}, encoder="xlmr_large")
    found = needs(CLAIMS["phang-mlm-no-better"], evidence(table), {})
    assert sum(kind == "condition" for kind, _ in found) == 7
    assert ("out of reach", "translations of its nine tasks: STS-B is none of them") in needs(
        CLAIMS["phang-translated-no-better"], evidence(table), {}
    )


def test_english_counts_as_in_the_published_averages():
    table = scores(dict.fromkeys(THREE, 0.0), noise=0.01)
    table.loc[(table["language"] == "en") & (table["condition"] != "none"), "value"] += 0.05
    line = judge("phang-best-single", evidence(table))
    assert line.estimate == pytest.approx(5 / len(LANGUAGES), abs=0.15), "nothing, if English were left out"
