"""Tables of lengths and labels, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.data.describe import label_table, length_table, repeated_rows

CLASSIFY = pd.DataFrame(
    [("en", "abcd", "xy", "yes"), ("en", "ab", "", "no"), ("en", "", "a", "yes"), ("de", "äöü", "", "no")],
    columns=["language", "text", "text_pair", "label"],
)
TAG = pd.DataFrame(
    [("en", ["the", "cat"], ["DET", "NOUN"]), ("en", ["cats"], ["NOUN"]), ("fr", ["chat"], ["NOUN"])],
    columns=["language", "tokens", "tags"],
)
FRAMES = {("a", "train"): CLASSIFY, ("b", "test"): TAG}


def test_lengths() -> None:
    pairs = pd.DataFrame({"language": ["sw"], "text": ["abc"], "translation": ["x"]})
    table = length_table({**FRAMES, ("c", "test"): pairs})
    assert [tuple(row) for row in table.itertuples(index=False)] == [
        ("a", "train", "en", 3, 2.0, pytest.approx(5.2)),  # 6, 2, 1
        ("a", "train", "de", 1, 3.0, 3.0),
        ("b", "test", "en", 2, 5.5, pytest.approx(6.7)),  # 7, 4
        ("b", "test", "fr", 1, 4.0, 4.0),
        ("c", "test", "sw", 1, 3.0, 3.0),
    ]


def test_all_texts_of_a_row_count() -> None:
    choose = pd.DataFrame({"language": ["en"], "text": ["abc"], "question": ["de"], "choices": [["f", "gh"]]})
    answer = pd.DataFrame({"language": ["en"], "text": ["abcdef"], "question": ["why"]})
    rank = pd.DataFrame({"language": ["en"], "text": ["abc"], "context": ["abcdefg"], "side": ["candidate"]})
    table = length_table({("a", "test"): choose, ("b", "test"): answer, ("c", "test"): rank})
    assert table["median_characters"].tolist() == [8.0, 9.0, 10.0]


def test_labels() -> None:
    values = pd.DataFrame({"language": ["en"], "text": ["x"], "label": [2.5]})
    table = label_table({**FRAMES, ("c", "train"): values})
    assert [tuple(row)[:5] for row in table.itertuples(index=False)] == [
        ("a", "train", "en", "no", 1),
        ("a", "train", "en", "yes", 2),
        ("a", "train", "de", "no", 1),
        ("a", "train", "de", "yes", 0),
        ("b", "test", "en", "DET", 1),
        ("b", "test", "en", "NOUN", 2),
        ("b", "test", "fr", "DET", 0),
        ("b", "test", "fr", "NOUN", 1),
    ]
    assert table["share"].tolist() == pytest.approx([1 / 3, 2 / 3, 1, 0, 1 / 3, 2 / 3, 0, 1])


def test_repeated_rows() -> None:
    assert repeated_rows(pd.concat([CLASSIFY, CLASSIFY.assign(label="other").iloc[:2]])) == 2
    assert repeated_rows(CLASSIFY.assign(text="x", text_pair="")) == 2  # English only
    assert repeated_rows(pd.concat([TAG, TAG.iloc[:1]])) == 1


def test_a_question_asked_of_two_passages_is_not_repeated() -> None:
    answer = pd.DataFrame({"language": "en", "text": ["x", "y", "x", "x"], "question": ["a", "a", "b", "a"]})
    assert repeated_rows(answer) == 1
    choose = pd.DataFrame({"language": "en", "text": "x", "question": "", "choices": [["a", "b"], ["ab"], ["a", "b"]]})
    assert repeated_rows(choose) == 1
    sides = pd.DataFrame({"language": "en", "text": "x", "side": ["query", "candidate"]})
    assert repeated_rows(sides) == 0
