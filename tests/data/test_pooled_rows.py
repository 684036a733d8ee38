"""Rows of several languages together, as many as one would have alone."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from study_utils.data.caps import even_shares, pool

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=8)


def frame(**counts: int) -> pd.DataFrame:
    return pd.DataFrame(
        [(str(n), code) for code, count in counts.items() for n in range(count)], columns=["id", "language"]
    )


def test_shares_by_hand():
    assert even_shares([10, 10, 10], 9) == [3, 3, 3]
    assert even_shares([10, 10, 10], 11) == [4, 4, 3], "what is left over goes to the first ones"
    assert even_shares([10, 2, 10], 12) == [5, 2, 5], "what one lacks the others share"
    assert even_shares([3, 2], 100) == [3, 2]
    assert even_shares([5, 5], 0) == [0, 0]


@given(COUNTS, st.integers(0, 200))
def test_shares_are_even_and_never_more_than_there_is(counts, total):
    shares = even_shares(counts, total)
    assert sum(shares) == min(total, sum(counts))
    assert all(0 <= share <= count for share, count in zip(shares, counts))
    # whoever could have had more is at most one below the largest share
    open_shares = [share for share, count in zip(shares, counts) if share < count]
    assert all(max(shares) - share <= 1 for share in open_shares)


def test_without_a_leading_language_the_limit_alone_gives_the_number():
    rows = frame(en=2, de=20, fr=3)
    assert pool(rows, 9)["language"].value_counts().to_dict() == {"en": 2, "de": 4, "fr": 3}
    assert len(pool(rows, None)) == len(pool(rows, 99)) == 25
    assert len(pool(frame(de=4, fr=4), 6)) == 6, "no English is needed"


def test_the_pool_is_as_large_as_the_leading_language_alone():
    rows = frame(en=20, de=20, fr=3)
    assert pool(rows, 12, lead="en")["language"].value_counts().to_dict() == {"en": 5, "de": 4, "fr": 3}
    assert len(pool(rows, None, lead="en")) == 20
    assert len(pool(rows, 1000, lead="en")) == 20, "a limit above the data asks for no more than English has"
    assert len(pool(frame(en=30, de=2), None, lead="en")) == 30


def test_which_rows_are_taken_depends_on_language_and_id_alone():
    rows = frame(en=40, de=40)
    chosen = pool(rows, 20, lead="en")
    again = pool(rows.sample(frac=1, random_state=3), 20, lead="en")
    key = ["language", "id"]
    assert set(map(tuple, chosen[key].to_numpy())) == set(map(tuple, again[key].to_numpy()))
    english, german = (set(chosen.loc[chosen["language"] == code, "id"]) for code in ("en", "de"))
    assert english != german, "translations of the same sentences are not preferred"
    smaller = pool(rows, 10, lead="en")
    assert set(map(tuple, smaller[key].to_numpy())) <= set(map(tuple, chosen[key].to_numpy()))
