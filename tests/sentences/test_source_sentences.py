"""Sentences name the language that targets are really trained in."""

from __future__ import annotations

import pandas as pd
import pytest
from german_source import GERMAN, enter_german, mixed_scores

from study_utils.analysis import Settings
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.questions.epochs import EPOCH_COLUMNS, epoch_choices, epoch_curves
from study_utils.analysis.results.tables import is_source
from study_utils.sentences import describe_contrast, describe_scores
from study_utils.sentences.checks import describe_retention
from study_utils.sentences.epochs import describe_epochs
from study_utils.sentences.failed import describe_failed_runs
from study_utils.sentences.seen import describe_seen

TARGETS = {"English": ["sib200"], "German": [GERMAN], "the source language (English, German)": ["sib200", GERMAN]}
BEFORE_NOUNS = {**{name: name for name in TARGETS}, [*TARGETS][2]: "source-language (English, German)"}


@pytest.fixture(autouse=True)
def _german():
    enter_german()


@pytest.fixture(params=TARGETS)
def named(request):
    return request.param, TARGETS[request.param]


def test_scores_of_a_task_begin_with_its_own_source():
    told = describe_scores(mixed_scores("sib200", GERMAN, gains={}))
    assert "SIB-200 without intermediate training (accuracy in percent): English 81" in told[0]
    assert "SIB-200 (German) without intermediate training (accuracy in percent): German 81" in told[1]
    assert "mean of 5 zero-shot languages" in told[1]
    assert "best English" in told[1]


def test_what_stages_were_trained_in_besides_the_source(named):
    name, tasks = named
    scores = mixed_scores(*tasks, gains={"mnli": 0.1})
    told = describe_seen(scores.assign(zero_shot=~is_source(scores)))
    assert told == [f"No intermediate stage was trained in a scored language other than {name}."]


def test_english_stages_have_seen_english_of_a_german_target():
    (told,) = describe_seen(mixed_scores(GERMAN, gains={"mnli": 0.1}))
    assert "trained in English: the scores there are not zero-shot" in told


def test_fine_tuning_alone_is_in_the_source(named):
    name, tasks = named
    scores = mixed_scores(*tasks, gains={"mnli": 0.1})
    (row,) = contrast_gains(None, scores, [Contrast(key="a", arm="mnli")], settings=Settings()).to_dict("records")
    assert f"MNLI against {BEFORE_NOUNS[name]} fine-tuning alone" in describe_contrast(pd.Series(row))


def test_retention_is_of_fine_tuning_in_the_source(named):
    name, tasks = named
    rows = [("e5_small", "none", task, "fr", 0.5) for task in tasks]
    table = pd.DataFrame(rows, columns=["encoder", "condition", "task", "language", "retention"])
    assert describe_retention(table)[0].startswith(f"Fine-tuning in {name} alone reaches 50%")


def test_epochs_are_chosen_in_the_source(named):
    name, tasks = named
    rows = [
        ("e5_small", "none", task, 0, epoch, epoch / 10, "fr", "accuracy", epoch / 5, True)
        for task in tasks
        for epoch in (1, 2)
    ]
    table = pd.DataFrame(rows, columns=list(EPOCH_COLUMNS))
    told = describe_epochs(epoch_choices(epoch_curves(table)))[0]
    assert told.startswith(f"The epoch with the best {BEFORE_NOUNS[name]} selection score")


def test_a_target_not_learnt_is_judged_outside_its_source():
    scores = mixed_scores("sib200", GERMAN, gains={})
    low = scores.assign(value=scores["value"].where(is_source(scores), 1 / 7))
    told = " ".join(describe_failed_runs(low))
    assert "in the mean over other languages than English. Differences" in told
    assert "in the mean over other languages than German. Differences" in told
