"""Caps are nested, parallel across languages, and keep the order."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study_utils.data.caps import cap
from study_utils.errors import ParameterError


def frame_of(counts: dict[str, int]) -> pd.DataFrame:
    rows = [(str(n), code, f"{code} {n}") for code, count in counts.items() for n in range(count)]
    frame = pd.DataFrame(rows, columns=["id", "language", "text"])
    frame.attrs = {"dropped": 3}
    return frame


@given(small=st.integers(1, 60), large=st.integers(1, 60), ids=st.lists(st.text(), unique=True, max_size=50))
def test_nested_and_in_order(small: int, large: int, ids: list[str]) -> None:
    small, large = sorted((small, large))
    frame = pd.DataFrame({"id": ids, "language": "en"})
    kept = {limit: cap(frame, limit)["id"].tolist() for limit in (small, large)}
    assert set(kept[small]) <= set(kept[large])
    for limit, chosen in kept.items():
        assert len(chosen) == min(limit, len(ids))
        assert chosen == [key for key in ids if key in set(chosen)]


@given(ids=st.lists(st.text(), unique=True, min_size=1, max_size=30), data=st.data())
def test_choice_does_not_depend_on_row_order(ids: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(ids))
    chosen = [set(cap(pd.DataFrame({"id": x, "language": "en"}), 7)["id"]) for x in (ids, shuffled)]
    assert chosen[0] == chosen[1]


def test_parallel_languages_keep_the_same_examples() -> None:
    kept = cap(frame_of({"en": 50, "de": 50}), 10)
    ids = kept.groupby("language")["id"].apply(list)
    assert ids["en"] == ids["de"]
    assert ids["en"] != [str(n) for n in range(10)]  # not simply the first ones
    assert kept["text"].tolist() == [f"{code} {key}" for code in ("en", "de") for key in ids["en"]]


def test_limit_beyond_the_data_is_recorded() -> None:
    kept = cap(frame_of({"en": 8, "de": 3}), 5)
    assert kept["language"].value_counts().to_dict() == {"en": 5, "de": 3}
    assert kept.attrs == {"dropped": 3, "short": {"de": 3}}


def test_no_limit_keeps_all() -> None:
    frame = frame_of({"en": 8, "de": 3})
    pd.testing.assert_frame_equal(cap(frame, None), frame)
    assert cap(frame, None).attrs == {"dropped": 3, "short": {}}


def test_other_column() -> None:
    frame = frame_of({"en": 8}).assign(label=["a", "b"] * 4)
    assert cap(frame, 2, by="label")["label"].value_counts().to_dict() == {"a": 2, "b": 2}


@pytest.mark.parametrize("limit", [0, -1, 2.5, "10"])
def test_impossible_limit(limit: object) -> None:
    with pytest.raises(ParameterError, match=r"limit of examples"):
        cap(frame_of({"en": 3}), limit)
