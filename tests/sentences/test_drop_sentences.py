from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, drop_differences, drops, english_against_others
from study_utils.analysis.questions.drops import adversarial_gains
from study_utils.errors import AnalysisError
from study_utils.sentences.drops import (
    describe_adversarial,
    describe_drop_differences,
    describe_drop_families,
    describe_drops,
    describe_english,
    describe_perturbed,
    describe_sizes,
    describe_variants,
)

FAST = Settings(resamples=200, seed=3)
LANGUAGES = ["en", "de", "fr", "es", "ru", "bg", "ar", "he", "hi", "ur", "tr"]
LOST = {"none": 0.4, "stsb": 0.1, "stsb_fr": 0.4, "stsb_ru": 0.4}


def made(seeds=(0, 1, 2), task="sib200"):
    rng = np.random.default_rng(2)
    predictions, scores = simulate_study(
        rng, effects=dict.fromkeys(list(LOST)[1:], 0.0), languages=LANGUAGES, tasks={task: "accuracy"}, seeds=seeds
    )
    noisy = predictions.assign(variant="typos@0.3")
    noisy["correct"] *= rng.random(len(noisy)) >= noisy["condition"].map(LOST).to_numpy(float)
    cell = ["condition", "task", "language", "seed"]
    values = noisy.groupby(cell)["correct"].mean().rename("value")
    other = scores.drop(columns="value").assign(variant="typos@0.3").join(values, on=cell)
    return pd.concat([predictions, noisy], ignore_index=True), pd.concat([scores, other], ignore_index=True)


@pytest.fixture(scope="module")
def tables():
    return made()


def test_drops_are_told_with_size_interval_and_verdict(tables):
    found = drops(*tables, settings=FAST)
    (told,) = describe_drops(found)
    size = 100 * found.set_index("condition").loc["none", "estimate"]
    assert told.startswith("Typing errors, 30% of words: without intermediate training")
    assert f"drop by {size:.1f} points (95% interval +" in told
    assert told.endswith("10 languages, 1 task, 3 seeds): a clear drop on this task.")
    (family,) = describe_drop_families(drops(*tables, by="family", settings=FAST))
    assert "scores change most in" in family
    assert "(\N{MINUS SIGN}" in family, "a drop is a change below zero"


def test_differences_say_who_loses_less(tables):
    found = drop_differences(*tables, settings=FAST)
    told = describe_drop_differences(found)
    assert told[0].startswith(
        "Of 3 comparisons of a condition with the baseline under a perturbation, 1 show a clearly"
    )
    assert "with STS-B, all zero-shot languages lose" in told[1]
    assert "points less than without it" in told[1]
    assert told[1].endswith("a clearly smaller drop on this task.")


def test_english_against_others_is_told_for_scores_and_drops(tables):
    told = describe_english(*english_against_others(*tables, settings=FAST))
    assert "STS-B in English instead of another language changes zero-shot scores" in told[0]
    assert told[0].endswith("not clear at this size.")
    assert "with STS-B in English, all zero-shot languages lose" in told[1]
    assert "points less than with it in a language of another family" in told[1]
    assert told[1].endswith("a clearly smaller drop on this task.")


def test_one_seed_gives_no_interval_and_says_so():
    tables = made(seeds=(0,))
    told = [
        *describe_drops(drops(*tables, settings=FAST)),
        *describe_drop_differences(drop_differences(*tables, settings=FAST)),
        *describe_english(*english_against_others(*tables, settings=FAST)),
    ]
    assert sum("no interval" in text for text in told) == 4
    assert not any("interval +" in text or "clear drop" in text for text in told)


def test_nothing_to_tell_is_told(tables):
    clean = [frame[(frame["variant"] == "clean") & (frame["condition"] == "none")] for frame in tables]
    assert "no perturbed test rows" in describe_drops(drops(*clean, settings=FAST))[0]
    assert "no perturbed test rows" in describe_drop_families(drops(*clean, by="family", settings=FAST))[0]
    assert "no perturbed test rows" in describe_drop_differences(drop_differences(*clean, settings=FAST))[0]
    assert "can't be compared" in describe_english(*english_against_others(*clean, settings=FAST))[0]
    assert "no perturbed test rows" in describe_variants([])[0]
    assert "No target of the study" in describe_adversarial(adversarial_gains(*clean), ["sib200"])[0]
    with pytest.raises(AnalysisError, match="lacks the columns"):
        describe_drops(pd.DataFrame({"condition": []}))


def test_adversarial_test_sets_are_told_apart():
    clean = [frame[frame["variant"] == "clean"] for frame in made(task="pawsx_qqp")]
    told = describe_adversarial(adversarial_gains(*clean, settings=FAST), ["pawsx_qqp", "sib200"])
    assert len(told) == 3
    assert all(text.startswith("PAWS-X from QQP. Intermediate training on STS-B") for text in told)


def test_counts_and_sizes():
    counts = pd.DataFrame({"variant": ["drops@0.1"] * 2, "unit": "words", "examples": [10, 10], "untouched": [1, 2],
                           "all": [100, 100], "asked": [9, 10], "changed": [8, 8]})  # fmt: skip
    assert describe_perturbed(counts) == [
        "Dropped letters, 10% of words: 8.0% of the words were changed (3 of 19 asked for could not be), and 3 of 20 "
        "examples stayed as they were."
    ]
    facts = pd.DataFrame({"task": ["stsb", "stsb_fr", "stsb_ru"], "role": "train", "rows": [600, 600, 600]})
    (told,) = describe_sizes(facts, ["none", "stsb", "stsb_fr", "stsb_ru"])
    assert told == "STS-B: equally many rows in every language (en 600, fr 600, ru 600); the same examples."
    unequal = describe_sizes(facts.assign(rows=[600, 500, 600]), ["none", "stsb", "stsb_fr"])
    assert "not equally many rows (en 600, fr 500)" in unequal[0]
    assert "can't be compared" in describe_sizes(facts, ["none", "stsb"])[0]
    assert describe_variants(["shuffles@0.2"])[0].startswith("Word order, 20% of words (shuffles@0.2): Two neighb")
