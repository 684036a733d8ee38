"""Where answers stand: starts in other units, near starts, invisible edges."""

from __future__ import annotations

import pytest

from study_utils.data.answer_places import NEAR, place_answers


def placed(text, answers, starts):
    columns = {"text": [text], "answers": [list(answers)], "starts": [list(starts)]}
    (moved,) = place_answers(columns)
    return columns["answers"][0], columns["starts"][0], bool(moved)


EMOJI = "\U0001f600\U0001f600\U0001f600 won 2 of 2 games"


@pytest.mark.parametrize(
    ("text", "answer", "start", "right", "moved"),
    [
        ("won 2 of 2", "2", 4, 4, False),
        (EMOJI, "2", 8, 8, False),
        (EMOJI, "2", 11, 8, True),  # UTF-16 units: the other 2 is nearer
        (
            "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9" * 3 + " won gold",
            "gold",
            65,
            35,
            True,
        ),  # bytes
        ("won gold", "gold", 3, 4, True),
        ("gold, no, gold", "gold", 8, 10, True),
        ("won gold", "silver", 3, 3, False),
        ("gold" + " " * 2 * NEAR, "gold", 2 * NEAR, 2 * NEAR, False),  # too far: the check refuses it
    ],
)
def test_where_an_answer_stands(text, answer, start, right, moved):
    assert placed(text, [answer], [start]) == ([answer], [right], moved)


def test_invisible_edges_belong_to_no_answer():
    text = "el \u200bPapa\u200f gan\u00f3"
    answers, starts, moved = placed(text, ["\u200bPapa\u200f"], [3])
    assert (answers, starts, moved) == (["Papa"], [4], False)
    assert text[4:8] == "Papa"
    inside = "a\u200cb"
    assert placed(inside, [inside], [0])[0] == [inside], "inside a word it stays"
    assert placed("\u200b", ["\u200b"], [0]) == (["\u200b"], [0], False)


def test_what_is_no_answer_is_left_to_the_check():
    columns = {"text": [None, "a", "a"], "answers": [["x"], [None], ["a"]], "starts": [[0], [0], ["0"]]}
    assert not place_answers(columns).any()
