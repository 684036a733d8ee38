"""Which part of a row changes, format by format."""

from __future__ import annotations

import pandas as pd
import pytest
from rows import toy_task

from study_utils.catalog import TASKS
from study_utils.catalog.perturbations import variant
from study_utils.errors import DataError
from study_utils.perturb import perturb_rows
from study_utils.perturb.rows import COUNTS

LONG = "Several witnesses described the remarkable accident yesterday evening"
ENGLISH = "en"


def rows(**columns):
    count = max(len(v) for v in columns.values() if isinstance(v, list))
    return pd.DataFrame({"id": [str(i) for i in range(count)], "language": ENGLISH, **columns})


def differs(before, after, field):
    return [a != b for a, b in zip(before[field], after[field])]


@pytest.mark.parametrize("format", ["classify", "regress"])
def test_both_texts_of_a_pair(format):
    extra = {"labels": ("a",)} if format == "classify" else {"value_range": (0.0, 1.0)}
    metric = "accuracy" if format == "classify" else "spearman"
    frame = rows(text=[LONG] * 20, text_pair=["Other people noticed nothing unusual"] * 20, label=["a"] * 20)
    made = perturb_rows(frame, toy_task(format, metric, **extra), variant("typos@0.5"), [ENGLISH])
    assert any(differs(frame, made.rows, "text"))
    assert any(differs(frame, made.rows, "text_pair"))
    assert made.rows["label"].tolist() == frame["label"].tolist()


def test_one_text_may_be_empty():
    frame = rows(text=[LONG], text_pair=[""], label=["a"])
    made = perturb_rows(frame, toy_task("classify", "accuracy", labels=("a",)), variant("drops@0.5"), [ENGLISH])
    assert made.rows["text_pair"].tolist() == [""]
    assert made.counts["changed"].item() == 4


def test_tokens_and_tags_keep_their_number():
    frame = rows(tokens=[LONG.split(), ["12", ",", "ok"]], tags=[["X"] * 8, ["X"] * 3])
    task = toy_task("tag", "token_accuracy", labels=("X",))
    made = perturb_rows(frame, task, variant("swaps@0.5"), [ENGLISH])
    assert [len(tokens) for tokens in made.rows["tokens"]] == [8, 3]
    assert sum(a != b for a, b in zip(frame["tokens"][0], made.rows["tokens"][0])) == 4
    assert made.rows["tokens"][1] == ["12", ",", "ok"]
    assert made.counts.loc[0, ["examples", "untouched", "all", "asked", "changed"]].tolist() == [2, 1, 9, 4, 4]
    with pytest.raises(DataError, match="don't suit task 'toy'"):
        perturb_rows(frame, task, variant("shuffles@0.5"), [ENGLISH])


def test_answers_stay_in_their_passage():
    frame = rows(question=[LONG], text=[LONG], answers=[["witnesses"]], starts=[[8]])
    made = perturb_rows(frame, toy_task("answer", "squad"), variant("drops@0.5"), [ENGLISH])
    assert differs(frame, made.rows, "question") == [True]
    assert made.rows[["text", "answers", "starts"]].equals(frame[["text", "answers", "starts"]])


def test_choices_and_question_stay():
    frame = rows(text=[LONG], question=["What happened next?"], choices=[["one thing", "another"]], label=[0])
    made = perturb_rows(frame, toy_task("choose", "accuracy"), variant("drops@0.5"), [ENGLISH])
    assert differs(frame, made.rows, "text") == [True]
    assert made.rows[["question", "choices"]].equals(frame[["question", "choices"]])


def test_what_is_searched_stays():
    frame = rows(text=[LONG], translation=[LONG])
    made = perturb_rows(frame, toy_task("retrieve-neighbour", "accuracy_from_english"), variant("drops@0.5"), [ENGLISH])
    assert differs(frame, made.rows, "text") == [True]
    assert made.rows["translation"].tolist() == [LONG]
    frame = rows(text=[LONG, LONG], side=["query", "candidate"], context=["", LONG], targets=[["1"], []])
    task = toy_task("retrieve-rank", "map_at_20")
    made = perturb_rows(frame, task, variant("drops@0.5"), [ENGLISH])
    assert differs(frame, made.rows, "text") == [True, False]
    assert made.counts["examples"].item() == 1


def test_a_language_depends_on_its_own_rows_alone():
    task = toy_task("classify", "accuracy", labels=("a",))
    english = rows(text=[LONG] * 3, text_pair=[""] * 3, label=["a"] * 3)
    german = english.assign(language="de", text="Mehrere Zeugen beschrieben gestern den Unfall")
    both = perturb_rows(pd.concat([german, english]), task, variant("typos@0.3"), ["de", ENGLISH])
    alone = perturb_rows(english, task, variant("typos@0.3"), [ENGLISH])
    pd.testing.assert_frame_equal(both.rows[both.rows["language"] == ENGLISH].reset_index(drop=True), alone.rows)
    assert both.counts["language"].tolist() == ["de", "en"]
    assert tuple(both.counts) == COUNTS
    assert both.rows["language"].tolist() == ["de"] * 3 + ["en"] * 3


def test_examples_of_what_changed_are_kept():
    frame = rows(text=["Yes", LONG], text_pair=["", ""], label=["a", "a"])
    task = toy_task("classify", "accuracy", labels=("a",))
    found = perturb_rows(frame, task, variant("drops@0.2"), [ENGLISH]).counts.iloc[0]
    assert found["before"].startswith(LONG)
    assert len(found["after"]) == len(found["before"]) - 1
    assert found["untouched"] == 1


def test_code_switching_takes_the_second_text_from_english():
    english = rows(text=["A", "B"], text_pair=["one", "two"], label=["neutral"] * 2)
    german = english.assign(language="de", text_pair=["eins", "zwei"])
    made = perturb_rows(pd.concat([english, german]), TASKS["xnli"], variant("codeswitch@1"), ["de"])
    assert made.rows["text_pair"].tolist() == ["one", "two"]
    assert made.rows["text"].tolist() == ["A", "B"]
    assert made.counts[["before", "after", "unit"]].iloc[0].tolist() == ["eins", "one", "examples"]
    with pytest.raises(DataError, match="no English rows"):
        perturb_rows(german, TASKS["xnli"], variant("codeswitch@1"), ["de"])
    with pytest.raises(DataError, match="suit"):
        perturb_rows(german, TASKS["sib200"], variant("codeswitch@1"), ["de"])


def test_a_language_that_a_kind_does_not_know():
    frame = rows(text=[LONG], text_pair=[""], label=["a"]).assign(language="th")
    with pytest.raises(DataError, match="Thai has no keyboard layout"):
        perturb_rows(frame, toy_task("classify", "accuracy", labels=("a",)), variant("typos@0.3"), ["th"])
