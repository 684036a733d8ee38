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


def test_queries_are_counted_and_every_candidate_stays() -> None:
    queries = [(f"q{n}", code, "query", ["c0"]) for code in ("en", "de") for n in range(20)]
    candidates = [(f"c{n}", "en", "candidate", []) for n in range(30)]
    frame = pd.DataFrame(queries + candidates, columns=["id", "language", "side", "targets"])
    kept = cap(frame, 7)
    assert kept["side"].value_counts().to_dict() == {"candidate": 30, "query": 14}
    by_language = kept[kept["side"] == "query"].groupby("language")["id"].apply(list)
    assert by_language["en"] == by_language["de"]
    assert cap(frame, 25).attrs["short"] == {"en": 20, "de": 20}


def test_each_pool_is_capped_and_a_pair_is_kept_or_left_out_whole() -> None:
    rows = [(f"e{n}", code, "english", f"f{n}" if n < 20 else "") for code in ("de", "fr") for n in range(50)]
    rows += [(f"f{n}", code, "foreign", f"e{n}" if n < 20 else "") for code in ("de", "fr") for n in range(40)]
    frame = pd.DataFrame(rows, columns=["id", "language", "side", "match"])
    kept = {limit: cap(frame, limit) for limit in (10, 25)}
    for limit, chosen in kept.items():
        for _, own in chosen.groupby("language"):
            pairs = own[own["match"] != ""]
            assert set(pairs["match"]) == set(pairs["id"])
            assert own["side"].value_counts().max() == limit
            assert 0 < len(pairs) < len(own), "sentences without a translation are left in, so mining stays as hard"
    assert set(kept[10]["id"]) < set(kept[25]["id"])
    assert kept[25].attrs["short"] == {}
    assert cap(frame, 50).attrs["short"] == {}
    assert cap(frame, 51).attrs["short"] == {"de": 50, "fr": 50}
    assert len(cap(frame, 50)) == len(frame)


@pytest.mark.parametrize("limit", [0, -1, 2.5, "10"])
def test_impossible_limit(limit: object) -> None:
    with pytest.raises(ParameterError, match=r"limit of examples"):
        cap(frame_of({"en": 3}), limit)
