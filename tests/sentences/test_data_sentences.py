from __future__ import annotations

import pandas as pd

from study_utils.sentences.data import (
    describe_coverage,
    describe_dropped,
    describe_learning,
    describe_overlap,
    describe_regimes,
)


def test_dropped():
    facts = pd.DataFrame({"task": ["snli", "xnli"], "role": "train", "rows": [900, 100], "dropped": [12, 0]})
    facts["moved"] = 0
    assert describe_dropped(facts) == [
        "1,000 rows in use. Rows left out because they had no gold label: 12 of SNLI (train)."
    ]
    assert "none was without" in describe_dropped(facts.assign(dropped=0))[0]
    assert describe_dropped(facts.assign(moved=[0, 2]))[1] == (
        "Rows whose answer stands elsewhere than its start says, moved there: 2 of XNLI (train)."
    )


def test_coverage():
    table = pd.DataFrame({"task": ["xnli"] * 4 + ["sib200"], "language": ["en", "de", "es", "eu", "eu"]})
    told = describe_coverage(table)
    assert told[0] == "4 languages in all: 1 family with two or more (Germanic 2) and 2 single languages."
    assert told[1] == "Languages per task: XNLI 4, SIB-200 1."


def test_overlap():
    row = {"train_task": "mnli", "test_task": "xnli", "rows": 200, "overlapping": 3, "share": 0.015, "most_in": "en"}
    assert describe_overlap(pd.DataFrame([row])) == [
        "3 of 200 test rows of XNLI (1.5%) occur in training rows of MNLI, most in English."
    ]
    one = row | {"rows": 8200, "overlapping": 1, "share": 1 / 8200}
    assert describe_overlap(pd.DataFrame([one])) == [
        "1 of 8,200 test rows of XNLI (less than 0.1%) occurs in training rows of MNLI, in English."
    ]
    assert describe_overlap(pd.DataFrame([row | {"overlapping": 0}]))[0].startswith("No test row")


def test_learning():
    rows = [
        {
            "condition": c,
            "task": "xnli",
            "metric": "accuracy",
            "value": v,
            "primary": True,
            "chosen": True,
            "selected_in": "en",
        }
        for c, v in (("none", 0.3), ("mnli", 0.6), ("mnli", 0.7))
    ]
    told = describe_learning(pd.DataFrame([*rows, rows[0] | {"chosen": False, "value": 0.9}]))
    assert told[0] == (
        "XNLI, English validation accuracy in percent (chance 33.3): No intermediate task 30.0, MNLI 65.0."
    )
    assert told[1] == "XNLI was not learnt above chance under No intermediate task."
    tagged = describe_learning(pd.DataFrame([rows[0] | {"task": "e3c", "metric": "span_f1", "value": 0.0}]))
    assert "validation span F1 in percent" in tagged[0]
    assert tagged[1] == "E3C clinical entities was not learnt under No intermediate task."
    assert len(describe_learning(pd.DataFrame([rows[0] | {"value": 0.35}]))) == 1, "a point above chance is learnt"
    one_answer = [rows[0] | {"task": "pawsx", "value": 0.575}]
    one_answer += [one_answer[0] | {"metric": "macro_f1", "value": 0.365, "primary": False}]
    assert describe_learning(pd.DataFrame(one_answer))[1] == (
        "PAWS-X was not learnt above chance (macro F1) under No intermediate task."
    )
    german = [row | {"selected_in": "de"} for row in rows]
    assert describe_learning(pd.DataFrame(german))[0].startswith("XNLI, German validation accuracy")
    assert describe_learning(pd.DataFrame([*rows, *german]))[0].startswith("XNLI, validation accuracy")
    assert describe_learning(pd.DataFrame()) == ["Nothing was trained in this stage."]


def test_a_condition_of_the_name_of_its_task_is_called_alone():
    row = {"task": "mnli", "selected_in": "en", "metric": "accuracy", "value": 0.656, "primary": True, "chosen": True}
    told = describe_learning(pd.DataFrame([row | {"condition": "mnli"}]))
    assert told[0] == "MNLI, English validation accuracy in percent (chance 33.3): alone 65.6."


def test_other_languages_of_fine_tuning_are_named_or_it_is_said_that_there_are_none():
    table = pd.DataFrame({"condition": ["none", "mnli"], "regime": "english"})
    assert describe_regimes(table) == ["Every condition of this study is fine-tuned in English alone."]
    other = pd.DataFrame({"condition": ["in_language"], "regime": ["in_language"]})
    (told,) = describe_regimes(pd.concat([table, other]))
    assert told.startswith("Fine-tuned in other languages: ")


def test_scores_of_rows_that_also_trained_are_called_that():
    row = {"condition": "none", "task": "xquad", "selected_in": "en", "metric": "squad", "value": 0.5, "primary": True}
    frame = pd.DataFrame([{**row, "chosen": True, "held_out": False}])
    assert describe_learning(frame)[-1] == (
        "Validation rows of XQuAD also train: their scores chose no epoch and say nothing of new rows."
    )
    assert len(describe_learning(frame.assign(held_out=True))) == len(describe_learning(frame)) - 1
