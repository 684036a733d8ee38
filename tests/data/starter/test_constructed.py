"""Gold that follows from how rows are put together, derived anew from intents and tags."""

from __future__ import annotations

import pytest

from study_utils.catalog import task
from study_utils.data.row_checks import check_answer
from study_utils.data.rows import fingerprint
from study_utils.data.starter import RECIPES
from study_utils.data.starter.constructed import BETWEEN, CHOICES, COMMANDS, question_for, similarity, slot_values
from study_utils.data.starter.utterances import Utterance, utterances
from study_utils.metrics import spans

SOME = ("en", "de", "ru", "ar", "fi", "hi", "zh")
places = pytest.mark.parametrize("place", [("train", "en"), *(("test", code) for code in SOME)], ids="-".join)


def intents(place):
    return dict(RECIPES["intent"](*place)[["text", "label"]].itertuples(index=False))


@places
def test_exactly_one_choice_has_the_intent_of_the_text(place):
    known = intents(place)
    frame = RECIPES["command_choice"](*place)
    assert len(frame) >= 100
    for text, choices, label in frame[["text", "choices", "label"]].itertuples(index=False):
        found = [known[choice] for choice in choices]
        assert len(set(found)) == CHOICES, "different intents"
        assert found.index(known[text]) == label
        assert text not in choices
    shares = frame["label"].value_counts(normalize=True)
    assert shares.between(0.25, 0.42).all(), "the right one stands anywhere"


def test_the_choice_that_shares_most_words_is_often_wrong():
    frame = RECIPES["command_choice"]("test", "en")

    def shared(text, choice):
        return len(set(text.lower().split()) & set(choice.lower().split()))

    most = [max(range(CHOICES), key=lambda n: shared(row.text, row.choices[n])) for row in frame.itertuples()]
    assert (frame["label"] == most).mean() < 0.65


@places
def test_the_answer_is_the_value_of_the_slot_in_the_only_command_with_the_intent(place):
    known = intents(place)
    slots = RECIPES["slots"](*place).set_index("id")
    frame = RECIPES["slot_answer"](*place)
    assert len(frame) >= 50
    check_answer(frame, task("slot_answer"), "slot_answer")
    ids = dict(RECIPES["intent"](*place)[["text", "id"]].itertuples(index=False))
    for question, text, (answer,), (start,) in frame[["question", "text", "answers", "starts"]].itertuples(index=False):
        commands = text.split(BETWEEN)
        labels = [known[command] for command in commands]
        assert len(set(labels)) == COMMANDS
        number = next(n for n in range(COMMANDS) if start < sum(map(len, commands[: n + 1])) + n * len(BETWEEN))
        row = slots.loc[ids[commands[number]]]
        held = {kind: "".join(row["tokens"][a:b]) for kind, a, b in spans(row["tags"])}
        asked = [kind for kind in held if question == question_for(kind, labels[number])]
        assert len(asked) == 1, question
        assert answer.replace(" ", "") in held[asked[0]]
        assert text.casefold().count(answer.casefold()) == 1, "found by its text alone"


def utterance(label, text, *found, domain="light"):
    marked = tuple((text.index(value), text.index(value) + len(value), slot) for slot, value in found)
    return Utterance(
        id=text, text=text, label=label, domain=domain, split="test", template=text, tokens=(), tags=(), spans=marked
    )


@pytest.mark.parametrize(
    ("other", "grade"),
    [
        (utterance("turn_off", "kitchen lamp off", ("area", "kitchen")), 0),
        (utterance("turn_on", "all lamps"), 1),
        (utterance("turn_on", "fan in the kitchen", ("area", "kitchen"), domain="fan"), 1),
        (utterance("turn_on", "lamp in the office", ("area", "office")), 2),
        (utterance("turn_on", "lights in the Kitchen", ("area", "Kitchen")), 3),
    ],
)
def test_grades_by_hand(other, grade):
    anchor = utterance("turn_on", "lamp in the kitchen", ("area", "kitchen"))
    assert similarity(anchor, other) == similarity(other, anchor) == grade


@places
def test_pairs_have_the_grade_that_intents_and_values_give(place):
    known = {row.text: row for row in utterances(place[1], task("intent").labels) if row.split == place[0]}
    frame = RECIPES["utterance_similarity"](*place)
    assert len(frame) >= 100
    counts = frame["label"].value_counts(normalize=True)
    assert set(counts.index) == {0.0, 1.0, 2.0, 3.0}
    assert counts.max() < 0.6
    for text, pair, grade in frame[["text", "text_pair", "label"]].itertuples(index=False):
        one, other = known[text], known[pair]
        assert text != pair
        assert (one.label == other.label) == (grade > 0)
        assert (grade == 3) == (
            one.label == other.label and one.domain == other.domain and slot_values(one) == slot_values(other)
        )
        names = [sorted({tag[2:] for tag in row.tags if tag != "O"}) for row in (one, other)]
        if grade >= 2:
            assert names[0] == names[1]


def test_spans_of_an_utterance_are_its_tags():
    for row in utterances("de", task("intent").labels):
        assert sorted(slot for _, _, slot in row.spans) == sorted(tag[2:] for tag in row.tags if tag.startswith("B-"))
        assert all(row.text[start:end].strip() == row.text[start:end] != "" for start, end, _ in row.spans)


@pytest.mark.parametrize("recipe", ["command_choice", "slot_answer", "utterance_similarity"])
def test_rows_depend_on_nothing_but_split_and_language(recipe):
    first = fingerprint(RECIPES[recipe]("test", "fi"))
    utterances.cache_clear()
    assert fingerprint(RECIPES[recipe]("test", "fi")) == first
