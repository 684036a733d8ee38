"""A share of the rows and the rest of them: disjoint, together everything, the same everywhere."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study_utils.data.caps import part
from study_utils.errors import DataError


def frame_of(texts: list[str], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": range(len(texts)), "language": "en", "text": texts} | columns)


TEXTS = [f"sentence {n}" for n in range(2000)]


def test_the_share_is_about_what_is_asked_for_and_the_rest_is_all_but_it():
    frame = frame_of(TEXTS)
    frame.attrs = {"dropped": 3}
    mine, other = (part(frame, 0.7, rest=rest) for rest in (False, True))
    assert len(mine) == pytest.approx(1400, abs=4 * (2000 * 0.7 * 0.3) ** 0.5)
    assert sorted([*mine["id"], *other["id"]]) == list(range(2000))
    assert mine["id"].is_monotonic_increasing
    assert mine.index.tolist() == list(range(len(mine)))
    assert mine.attrs == other.attrs == {"dropped": 3}


@given(small=st.floats(0.05, 0.95), large=st.floats(0.05, 0.95))
def test_a_smaller_share_lies_in_a_larger_one(small: float, large: float):
    small, large = sorted((small, large))
    frame = frame_of(TEXTS[:300])
    kept = [set(part(frame, share, rest=False)["id"]) for share in (small, large)]
    assert kept[0] <= kept[1]


def test_equal_texts_stay_together_whatever_their_order_language_or_second_text():
    twice = frame_of(TEXTS[:100] * 2, language=["en"] * 100 + ["de"] * 100, text_pair=["x"] * 100 + ["y"] * 100)
    kept = part(twice, 0.5, rest=False)
    assert kept["text"].value_counts().eq(2).all()
    turned = part(twice.iloc[::-1], 0.5, rest=False)
    assert set(turned["text"]) == set(kept["text"])


def test_tagged_sentences_are_told_apart_by_their_words():
    frame = pd.DataFrame({"id": range(60), "language": "en", "tokens": [["word", str(n % 30)] for n in range(60)]})
    mine, other = (part(frame, 0.5, rest=rest)["tokens"].map(tuple) for rest in (False, True))
    assert set(mine)
    assert not set(mine) & set(other)


def test_nothing_left_is_refused():
    with pytest.raises(DataError, match=r"none of 1 rows is in the .*another train_share"):
        [part(frame_of(["one"]), 0.5, rest=rest) for rest in (False, True)]
