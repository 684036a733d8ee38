from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prediction_rows import frame

from study_utils.errors import DataError
from study_utils.metrics import accuracy, legacy_chunk_f1, legacy_chunks, span_f1, spans
from study_utils.metrics.tags import span_counts


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-PER I-PER O B-LOC", {("PER", 0, 2), ("LOC", 3, 4)}),
        ("B-PER B-PER", {("PER", 0, 1), ("PER", 1, 2)}),
        ("O I-LOC I-LOC", {("LOC", 1, 3)}),  # an orphan I- opens a span, as in conlleval
        ("B-PER I-LOC", {("PER", 0, 1), ("LOC", 1, 2)}),
        ("I-PER B-PER I-PER O", {("PER", 0, 1), ("PER", 1, 3)}),
        ("O O", set()),
    ],
)
def test_spans_by_hand(tags, expected):
    assert spans(tags.split()) == expected


def brute_force_spans(tags):
    """Second derivation: position i starts a span or continues one; read off maximal runs."""
    starts = [
        t != "O" and (t[0] == "B" or i == 0 or tags[i - 1] == "O" or tags[i - 1][2:] != t[2:])
        for i, t in enumerate(tags)
    ]
    found = set()
    for i, begins in enumerate(starts):
        if begins:
            end = i + 1
            while end < len(tags) and tags[end] != "O" and not starts[end]:
                end += 1
            found.add((tags[i][2:], i, end))
    return found


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_spans_agree_with_a_second_derivation(tags):
    assert spans(tags) == brute_force_spans(tags)


SENTENCE = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=6)


@given(st.lists(st.tuples(SENTENCE, SENTENCE), max_size=5))
@settings(max_examples=200, deadline=None)
def test_spans_of_many_sentences_are_counted_one_by_one(pairs):
    """Sentences without tags and of unequal lengths too; no span reaches into the next sentence."""
    read = [(brute_force_spans(gold), brute_force_spans(found)) for gold, found in pairs]
    expected = [[len(gold & found), len(gold), len(found)] for gold, found in read]
    rows = frame(*([" ".join(pair[side]) for pair in pairs] for side in (0, 1)))
    assert span_counts(rows).tolist() == expected


def test_span_f1_by_hand():
    gold = ["B-PER I-PER O B-LOC", "O B-LOC"]
    found = ["B-PER I-PER O B-PER", "O B-LOC"]
    assert span_f1(frame(gold, found)) == pytest.approx(2 * 2 / (3 + 3))
    assert span_f1(frame(["O O"], ["B-PER O"])) == 0.0


POS_GOLD = "DET NOUN NOUN VERB CCONJ SCONJ INTJ SYM X PUNCT"
POS_FIRST = "DET NOUN PROPN VERB ADV SCONJ INTJ SYM NOUN PUNCT"
POS_SECOND = "PRON NOUN ADJ VERB CCONJ SCONJ ADV SYM X PUNCT"


@pytest.mark.parametrize(("found", "old", "new"), [(POS_FIRST, 12 / 19, 12 / 18), (POS_SECOND, 12 / 19, 10 / 17)])
def test_one_tagging_under_three_metrics(found, old, new):
    """Worked with both versions of seqeval: three of ten tags are wrong in both."""
    right = float(sum(g == f for g, f in zip(POS_GOLD.split(), found.split())))
    rows = frame([POS_GOLD], [found], correct=[right], total=[10.0])
    assert accuracy(rows) == pytest.approx(0.7)
    assert legacy_chunk_f1(rows) == pytest.approx(old)
    assert legacy_chunk_f1(rows, version="1.2.2") == pytest.approx(new)
    perturbed = frame([POS_GOLD], [found.replace("VERB", "AUX")])
    assert legacy_chunk_f1(perturbed) != pytest.approx(old)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("NOUN NOUN VERB", {("NOUN", 0, 2), ("VERB", 2, 3)}),
        ("SYM SYM NOUN", {("SYM", 0, 1), ("SYM", 1, 2), ("NOUN", 2, 3)}),
        ("CCONJ SCONJ", {("CCONJ", 0, 1), ("SCONJ", 1, 2)}),
        ("INTJ INTJ X", {("INTJ", 0, 2), ("X", 2, 3)}),
        ("O NOUN O O", {("NOUN", 1, 2)}),
        ("B-PER I-PER O I-LOC", {("PER", 0, 2), ("LOC", 3, 4)}),
    ],
)
def test_legacy_chunks_by_hand(tags, expected):
    assert legacy_chunks(tags.split()) == expected


def test_the_newer_rule_loses_chunks():
    assert legacy_chunks("CCONJ SCONJ".split(), version="1.2.2") == {("CONJ", 1, 2)}
    assert legacy_chunks("NOUN X".split(), version="1.2.2") == {("OUN", 0, 1)}
    with pytest.raises(DataError, match=r"unknown version of seqeval '1.2'. Did you mean '1.2.2'"):
        legacy_chunks(["X"], version="1.2")


def runs_of_equal_tags(tags):
    """Second derivation for bare tags: maximal runs, and single tokens of tags that begin with B, E or S."""
    starts = [i for i, tag in enumerate(tags) if i == 0 or tag != tags[i - 1] or tag[0] in "BES"]
    return {(tags[a], a, b) for a, b in zip(starts, [*starts[1:], len(tags)]) if tags[a] != "O"}


@given(st.lists(st.sampled_from("NOUN VERB CCONJ SCONJ SYM INTJ X PUNCT O".split()), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_legacy_chunks_of_bare_tags_agree_with_a_second_derivation(tags):
    assert legacy_chunks(tags) == runs_of_equal_tags(tags)


def test_chunks_never_cross_sentences():
    assert legacy_chunk_f1(frame(["NOUN", "NOUN"], ["NOUN", "NOUN"])) == 1.0
    assert legacy_chunk_f1(frame(["NOUN NOUN", "VERB"], ["NOUN ADJ", "VERB"])) == pytest.approx(2 * 1 / (2 + 3))


def test_blanks_at_the_edges_and_sentences_without_tags_move_no_span():
    """Split as Python splits: an empty piece before the first tag would move every span by one word."""
    texts = pd.DataFrame({"gold": ["", "O B-X", " B-X", "O"], "prediction": ["O", " O B-X", "B-X ", ""]})
    assert span_counts(texts).tolist() == [[0, 0, 0], [1, 1, 1], [1, 1, 1], [0, 0, 0]]
