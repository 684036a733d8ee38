"""Encoders side by side, and targets with and without an intermediate task: English and trained languages count."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.questions.encoders import (
    TARGET_GAIN_COLUMNS,
    encoder_contrasts,
    rank_encoders,
    size_rule,
    target_gains,
    without_stages,
)
from study_utils.errors import AnalysisError
from study_utils.sentences.encoders import describe_ranking, describe_target_gains

FAST = Settings(resamples=200, seed=3)
ENCODERS = {"roberta_base": 0.9, "bert_base": 0.7, "xlnet_base": 0.45}
"""Accuracy of each encoder without an intermediate task."""


def simulated(encoder="bert_base", *, accuracy=0.6, effects=None, seed=0, examples=400, seeds=(0, 1, 2)):
    """Two targets in English and German; conditions `in_language` and `sst2_in_language` have trained in German."""
    effects = effects or {"sst2": 0.25, "in_language": 0.05, "sst2_in_language": -0.25}
    predictions, scores = simulate_study(
        np.random.default_rng(seed),
        effects=effects,
        languages=["en", "de"],
        tasks={"airline_sentiment": "accuracy", "sib200": "accuracy"},
        accuracy=accuracy,
        examples=examples,
        seeds=seeds,
        encoder=encoder,
    )
    trained = scores["condition"].str.contains("in_language")
    return predictions, scores.assign(zero_shot=(scores["language"] != "en") & ~trained)


@pytest.fixture(scope="module")
def three():
    """Three encoders of known order."""
    tables = [
        simulated(key, accuracy=accuracy, seed=n, effects={"sst2": -0.05}, seeds=range(6))
        for n, (key, accuracy) in enumerate(ENCODERS.items())
    ]
    return tuple(pd.concat(frames, ignore_index=True) for frames in zip(*tables))


def mean(scores, condition, task, language):
    cell = (scores["condition"] == condition) & (scores["task"] == task) & (scores["language"] == language)
    return scores.loc[cell, "value"].mean()


def test_each_condition_is_compared_with_the_same_fine_tuning_without_its_stages():
    predictions, scores = simulated()
    found = target_gains(predictions, scores, settings=FAST)
    assert list(found) == TARGET_GAIN_COLUMNS
    assert set(zip(found["condition"], found["against"])) == {("sst2", "none"), ("sst2_in_language", "in_language")}
    assert len(found) == 2 * 2 * 2  # conditions, tasks, languages: English is among them
    for row in found.itertuples():
        by_hand = mean(scores, row.condition, row.task, row.language) - mean(
            scores, row.against, row.task, row.language
        )
        assert row.estimate == pytest.approx(by_hand)
        assert row.low < row.estimate < row.high
        assert row.generalises_over == "example, seed"
    zero_shot = set(found[found["zero_shot"]][["condition", "language"]].itertuples(index=False, name=None))
    assert zero_shot == {("sst2", "de")}


def test_known_gains_and_losses_are_found_with_their_signs():
    found = target_gains(*simulated(seeds=range(8)), settings=FAST)
    assert found["clear"].all()
    assert ((found["estimate"] > 0) == (found["condition"] == "sst2")).all()


def test_nothing_is_claimed_where_there_is_nothing():
    clear = [
        target_gains(*simulated(effects={"sst2": 0.0}, seed=seed, examples=200), settings=FAST)["clear"].any()
        for seed in range(12)
    ]
    assert sum(clear) <= 3  # 12 studies at 0.05 after correction: more than 3 in 0.2 %


def test_correction_is_over_all_targets():
    predictions, scores = simulated()
    found = target_gains(predictions, scores, settings=FAST)
    one = [frame[frame["task"] == "sib200"] for frame in (predictions, scores)]
    alone = target_gains(*one, settings=FAST)
    both = found[found["task"] == "sib200"].merge(alone, on=["condition", "language"], suffixes=("", "_alone"))
    assert (both["p_holm"] >= both["p_holm_alone"]).all()
    np.testing.assert_allclose(both["estimate"], both["estimate_alone"])


def test_a_study_without_pairs_has_no_rows_and_says_so():
    predictions, scores = simulated(effects={"in_language": 0.1})
    found = target_gains(predictions, scores, settings=FAST)
    assert found.empty
    assert list(found) == TARGET_GAIN_COLUMNS
    assert describe_target_gains(found) == [
        "No target of this study is fine-tuned both with and without an intermediate task."
    ]
    with pytest.raises(AnalysisError, match="lacks the columns"):
        target_gains(predictions, scores.drop(columns="zero_shot"), settings=FAST)


def test_without_predictions_intervals_generalise_over_seeds_alone():
    _, scores = simulated()
    found = target_gains(None, scores, settings=FAST)
    assert set(found["generalises_over"]) == {"seed"}
    assert (found["n_examples"] == 0).all()


def test_english_counts_in_contrasts_only_where_it_is_asked_for():
    tables = simulated()
    arms = [Contrast(key="a", arm="sst2")]
    assert contrast_gains(*tables, arms, settings=FAST)["languages"].item() == "de"
    with_english = contrast_gains(*tables, arms, settings=FAST, english="include", by="language")
    assert sorted(with_english["languages"]) == ["de", "en"]
    trained = [Contrast(key="a", arm="sst2_in_language", against="in_language")]
    assert contrast_gains(*tables, trained, settings=FAST).empty
    assert contrast_gains(*tables, trained, settings=FAST, english="include")["languages"].item() == "en"
    assert contrast_gains(*tables, trained, settings=FAST, seen="include")["languages"].item() == "de"
    assert "en" not in set(family_gains(*tables, by="language", settings=FAST)["languages"])
    with pytest.raises(AnalysisError, match="value of english"):
        family_gains(*tables, settings=FAST, english="yes")


def test_encoders_are_compared_on_the_same_examples(three):
    predictions, scores = three
    found = encoder_contrasts(predictions, scores, settings=FAST)
    assert len(found) == 3 * 2 * 2 * 2  # pairs, conditions, tasks, languages
    value = scores.groupby(["encoder", "condition", "task", "language"])["value"].mean()
    for row in found.itertuples():
        cell = (row.condition, row.task, row.language)
        assert row.estimate == pytest.approx(value[row.encoder, *cell] - value[row.against, *cell])
    assert found["clear"].all()
    assert encoder_contrasts(*simulated(), settings=FAST).empty


def test_ranks_by_hand_and_who_is_clearly_ahead(three):
    predictions, scores = three
    contrasts = encoder_contrasts(predictions, scores, settings=FAST)
    ranking = rank_encoders(predictions, scores, contrasts)
    assert len(ranking) == 3 * 2 * 2 * 2
    by_encoder = ranking.groupby("encoder")
    assert by_encoder["rank"].unique().map(list).to_dict() == {"roberta_base": [1], "bert_base": [2], "xlnet_base": [3]}
    assert by_encoder["clearly_above"].unique().map(list).to_dict() == {
        **{"roberta_base": [0], "bert_base": [1], "xlnet_base": [2]}
    }
    assert (ranking["clearly_above"] + ranking["clearly_below"] == 2).all()
    best = ranking[(ranking["encoder"] == "roberta_base") & (ranking["condition"] == "none")]
    assert best["score"].to_numpy() == pytest.approx(
        [
            mean(scores[scores["encoder"] == "roberta_base"], "none", t, c)
            for t, c in zip(best["task"], best["language"])
        ]
    )
    undecided = rank_encoders(predictions, scores, contrasts.assign(clear=False))
    assert (undecided["rank"] == ranking["rank"]).all()
    assert (undecided[["clearly_above", "clearly_below"]] == 0).all(axis=None)


def test_equal_scores_share_the_better_rank():
    one = simulated("bert_base")
    tables = [pd.concat([frame, frame.assign(encoder="roberta_base")], ignore_index=True) for frame in one]
    ranking = rank_encoders(*tables, encoder_contrasts(*tables, settings=FAST))
    assert (ranking["rank"] == 1).all()


def test_correlations_are_ranked_by_their_scores():
    _, scores = simulated()
    scores = scores.assign(task=scores["task"].replace("sib200", "sick_relatedness"))
    scores.loc[scores["task"] == "sick_relatedness", "metric"] = "spearman"
    scores = pd.concat([scores, scores.assign(encoder="roberta_base")], ignore_index=True)
    ranking = rank_encoders(None, scores, encoder_contrasts(None, scores, settings=FAST))
    assert dict(zip(ranking["task"], ranking["measure"])) == {
        "airline_sentiment": "accuracy",
        "sick_relatedness": "spearman",
    }


def test_sentences_count_targets_that_are_fine_tuned_on_themselves(three):
    gains = target_gains(*simulated(seeds=range(8)), settings=FAST)
    first, *rest = describe_target_gains(gains)
    # sst2 on English of both targets, and sst2_in_language on both languages; the zero-shot German of sst2 is left out
    assert first.startswith("Of 6 comparisons")
    assert "alone is ahead in 4 (4 clearly) and behind in 2 (2 clearly); 0 are not clear" in first
    assert len(rest) == 4
    assert rest[-1] == "These are the largest of the clear differences; the figure shows all 6."
    sizes = [abs(float(re.search(r"by ([+−][\d.]+)", text).group(1).replace("−", "-"))) for text in rest[:3]]
    assert sizes == sorted(sizes, reverse=True)
    assert any(
        "SIB-200 in German: SST-2 first changes the score by −" in text and "a clear loss" in text for text in rest
    )
    nothing = describe_target_gains(gains.assign(estimate=3e-17, clear=False))[0]
    assert "alone is ahead in 0 (0 clearly) and behind in 0 (0 clearly)" in nothing, "rounding is no gain"
    corrected = describe_target_gains(gains.assign(clear=False))
    assert all("not clear after correction for multiple comparisons" in text for text in corrected[1:])
    predictions, scores = three
    ranking = rank_encoders(predictions, scores, encoder_contrasts(predictions, scores, settings=FAST))
    told = describe_ranking(ranking)
    assert told[0] == "Fine-tuned alone, best of the encoders on 2 targets: RoBERTa base (English) in 2 (2 clearly)."
    assert (
        told[1] == "Fine-tuned alone, last of the encoders on 2 targets: XLNet base (cased, English) in 2 (2 clearly)."
    )
    assert told[2].startswith("After an intermediate task, best of the encoders on 2 targets: RoBERTa")


def test_sentences_of_small_studies_say_what_is_missing():
    tables = simulated(seeds=(0,))
    first, *rest = describe_target_gains(target_gains(*tables, settings=FAST))
    assert "(0 clearly)" in first
    assert all("no interval: 1 seed, fewer than 2" in text for text in rest)
    ranking = rank_encoders(*tables, encoder_contrasts(*tables, settings=FAST))
    assert ranking.empty
    assert describe_ranking(ranking) == ["The study has one encoder, so there is no ranking of encoders."]


def test_of_many_comparisons_those_without_an_interval_are_counted():
    one = target_gains(*simulated(seeds=(0,)), settings=FAST)
    many = pd.concat([one[one["condition"] == "sst2"]] * 10, ignore_index=True)
    first, *rest = describe_target_gains(many)
    assert first.startswith("Of 20 comparisons"), "English alone: German is zero-shot"
    assert "20 are not clear at this size, 20 of them without an interval (1 seed, fewer than 2" in first
    assert rest == []


def test_the_size_rule_by_hand():
    columns = ["condition", "task", "language", "intermediate_examples", "target_examples"]
    rows = [("none", "sib200", "en", 0, 490), ("imdb", "sib200", "en", 15750, 490), ("qqp", "tatoeba", "de", 900, 0)]
    sizes = pd.DataFrame([*rows, ("sst2", "airline_sentiment", "en", 11899, 1190)], columns=columns)
    rule = size_rule(sizes)
    assert rule["condition"].tolist() == ["imdb", "sst2"]
    assert rule["holds"].tolist() == [True, False]
    assert rule["times"].tolist() == pytest.approx([15750 / 490, 11899 / 1190])
    assert size_rule(sizes, times=5)["holds"].all()
    with pytest.raises(AnalysisError, match="lacks the columns"):
        size_rule(sizes.drop(columns="task"))


def test_the_size_rule_counts_fine_tunings_and_not_the_languages_scored():
    columns = ["condition", "task", "language", "intermediate_examples", "target_examples"]
    scored = [(key, "sib200", code, 900, 90) for key in ("sst2", "sst2_in_language") for code in ("en", "de", "sw")]
    rule = size_rule(pd.DataFrame(scored, columns=columns))
    assert rule["condition"].tolist() == ["sst2"] + ["sst2_in_language"] * 3
    assert rule["language"].tolist() == ["en", "en", "de", "sw"]
    german_first = pd.DataFrame(scored[1:3], columns=columns)
    assert size_rule(german_first)["language"].tolist() == ["en"], "fine-tuned in English, whatever is scored"


def test_what_stands_against_a_condition():
    assert without_stages("sst2") == "none"
    assert without_stages("qqp_in_language") == "in_language"
