from __future__ import annotations

import pandas as pd
import pytest

from study_utils.data.counts import count_labels, count_types, count_words, words_of


def counted(frame):
    return {(row.language, row.type): row.count for row in frame.itertuples(index=False)}


def test_words_are_split_at_blanks_and_punctuation_and_keep_their_marks():
    assert words_of("The cat, the\u00a0CAT's 3.5\u20ac") == ["the", "cat", "the", "cat", "s", "3", "5"]
    assert words_of("\u0939\u093f\u0928\u094d\u0926\u0940 \u0939\u0948\u0964") == [
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u0939\u0948",
    ]
    assert words_of("Stra\u00dfe STRASSE") == ["strasse", "strasse"]
    assert words_of(" ... ") == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": ["a b", "b"], "text_pair": ["", "c"]}, {"a": 1, "b": 2, "c": 1}),
        ({"tokens": [["A", "b"], ["b"]]}, {"a": 1, "b": 2}),
        ({"question": ["a?", "b?"], "text": ["b", "c"]}, {"a": 1, "b": 2, "c": 1}),
        ({"text": ["a", ""], "question": ["", ""], "choices": [["b", "c"], ["b"]]}, {"a": 1, "b": 2, "c": 1}),
        ({"text": ["a", "b"], "translation": ["x", "y"]}, {"a": 1, "b": 1}),
    ],
)
def test_words_of_rows_of_every_shape(fields, expected):
    rows = pd.DataFrame({"id": ["0", "1"], "language": "de", **fields})
    assert counted(count_words(rows)) == {("de", word): n for word, n in expected.items()}


def test_languages_are_counted_apart():
    rows = pd.DataFrame({"id": ["0", "0"], "language": ["de", "fr"], "text": ["a b", "b b"]})
    assert counted(count_words(rows)) == {("de", "a"): 1, ("de", "b"): 1, ("fr", "b"): 2}


def test_labels_are_counted_where_they_have_names():
    base = {"id": ["0", "1"], "language": "de"}
    assert counted(count_labels(pd.DataFrame({**base, "label": ["yes", "yes"]}))) == {("de", "yes"): 2}
    assert counted(count_labels(pd.DataFrame({**base, "tags": [["X", "O"], ["O"]]}))) == {
        ("de", "O"): 2,
        ("de", "X"): 1,
    }
    assert count_labels(pd.DataFrame({**base, "label": [1, 0]})).empty
    assert count_labels(pd.DataFrame({**base, "text": ["a", "b"]})).empty


def test_each_language_needs_its_types():
    with pytest.raises(ValueError, match="zip"):
        count_types(["de"], [])
