"""Caps are nested, parallel across languages, and keep the order."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study_utils.data.caps import cap, pool
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


def labelled(counts: dict[str, int], *, languages: tuple[str, ...] = ("en",)) -> pd.DataFrame:
    labels = [label for label, count in counts.items() for _ in range(count)]
    rows = [(str(n), code, f"{code} {n}", label) for code in languages for n, label in enumerate(labels)]
    return pd.DataFrame(rows, columns=["id", "language", "text", "label"])


@pytest.mark.parametrize(
    ("counts", "limit", "kept"),
    [
        ({"a": 500, "b": 500, "c": 500}, 63, {"a": 21, "b": 21, "c": 21}),
        ({"a": 700, "b": 200, "c": 100}, 10, {"a": 7, "b": 2, "c": 1}),
        ({"a": 90, "b": 10}, 5, {"a": 5}),  # b has half a row coming: its first turn is after 5 of 100
        ({"a": 90, "b": 10}, 30, {"a": 27, "b": 3}),
        ({"a": 2, "b": 1}, 9, {"a": 2, "b": 1}),
    ],
)
def test_labels_keep_their_shares(counts: dict[str, int], limit: int, kept: dict[str, int]) -> None:
    frame = labelled(counts, languages=("en", "de")).sample(frac=1, random_state=1)
    drawn = cap(frame, limit, by_label=True)
    for code in ("en", "de"):
        assert drawn[drawn["language"] == code]["label"].value_counts().to_dict() == kept
    assert drawn["text"].tolist() == [text for text in frame["text"] if text in set(drawn["text"])]
    ids = drawn.groupby("language")["id"].apply(set)
    assert ids["en"] == ids["de"]


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    limits=st.lists(st.integers(1, 130), min_size=2, max_size=2),
    draw=st.none() | st.integers(0, 5),
)
def test_shares_are_within_a_row_and_nested(sizes: list[int], limits: list[int], draw: int | None) -> None:
    frame, total = labelled(dict(zip("abc", sizes))), sum(sizes)
    small, large = (cap(frame, limit, by_label=True, draw=draw) for limit in sorted(limits))
    assert set(small["id"]) <= set(large["id"])
    for drawn in (small, large):
        counts = drawn["label"].value_counts()
        for label, size in zip("abc", sizes):
            # Webster's method stays within the quota of up to three parties (Balinski and Young 2001, chapter 10)
            assert abs(counts.get(label, 0) - len(drawn) * size / total) < 1


def test_another_draw_takes_other_rows_in_the_same_shares() -> None:
    frame = labelled({"a": 120, "b": 60})
    drawn = {draw: cap(frame, 30, by_label=True, draw=draw) for draw in (None, 0, 1)}
    assert len({tuple(rows["id"]) for rows in drawn.values()}) == 3
    assert all(rows["label"].value_counts().to_dict() == {"a": 20, "b": 10} for rows in drawn.values())
    assert cap(frame, 30, draw=1)["id"].tolist() == cap(frame.iloc[::-1], 30, draw=1)["id"].tolist()[::-1]


def test_pooled_rows_keep_the_shares_of_each_language() -> None:
    frame = labelled({"a": 60, "b": 30}, languages=("en", "de", "fi"))
    drawn = pool(frame, 54, lead="en", by_label=True)
    assert drawn.groupby("language")["label"].value_counts().to_dict() == {
        (code, label): count for code in ("en", "de", "fi") for label, count in (("a", 12), ("b", 6))
    }
    assert set(drawn["id"]) != set(pool(frame, 54, lead="en", by_label=True, draw=3)["id"])
