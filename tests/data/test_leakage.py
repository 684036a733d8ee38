"""Overlap of test and training rows, by cases counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.data.leakage import normalise, overlap, overlap_table


def pairs(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["language", "text", "text_pair"])
    return frame.assign(id=[str(n) for n in range(len(frame))], label="x")


def tags(*rows: tuple[str, list[str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["language", "tokens"])
    return frame.assign(id=[str(n) for n in range(len(frame))], tags=frame["tokens"])


def translations(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["language", "text", "translation"])
    return frame.assign(id=[str(n) for n in range(len(frame))])


def shares(train: pd.DataFrame, test: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in overlap(train, test).itertuples(index=False)]


@pytest.mark.parametrize(
    ("a", "b"),
    [("The  Cat\n", "the cat"), ("ﬁne", "FINE"), ("Straße", "STRASSE"), ("e\u0301", "é"), ("Ａ", "a")],
)
def test_normalised_alike(a: str, b: str) -> None:
    assert normalise(a) == normalise(b)


@pytest.mark.parametrize(("a", "b"), [("cat", "cats"), ("the cat", "thecat"), ("e", "é")])
def test_normalised_apart(a: str, b: str) -> None:
    assert normalise(a) != normalise(b)


def test_pairs_need_both_texts_in_order() -> None:
    train = pairs(("en", "A cat.", "It sleeps."), ("en", "A dog.", "It runs."))
    test = pairs(
        ("en", "a CAT. ", "it  sleeps."),
        ("en", "A cat.", "It runs."),
        ("en", "It runs.", "A dog."),
        ("de", "Eine Katze.", "Sie schläft."),
    )
    assert shares(train, test) == [("en", 3, 1, pytest.approx(1 / 3)), ("de", 1, 0, 0.0)]


def test_pairs_against_single_sentences() -> None:
    train = pairs(("en", "A cat.", "It sleeps."))
    single = pairs(("en", "it sleeps.", ""), ("en", "a dog.", ""), ("en", "a cat.", ""), ("en", "cat", ""))
    assert shares(train, single) == [("en", 4, 2, 0.5)]
    assert shares(single, train) == [("en", 1, 1, 1.0)]


def test_an_empty_second_text_is_no_match() -> None:
    assert shares(pairs(("en", "a", "")), pairs(("en", "b", ""), ("en", "c", ""))) == [("en", 2, 0, 0.0)]


def test_tokens_are_joined() -> None:
    train = tags(("en", ["The", "cat"]), ("en", ["a", "b"]))
    test = tags(("de", ["the", "CAT"]), ("de", ["thecat"]), ("en", ["a", "b", "c"]))
    assert shares(train, test) == [("de", 2, 1, 0.5), ("en", 1, 0, 0.0)]


def test_either_side_of_a_translation() -> None:
    train = pairs(("en", "Hello!", "Bye!"))
    test = translations(("de", "Hallo!", "hello!"), ("de", "Bye!", "x"), ("de", "y", "z"), ("fr", "s", "t"))
    assert shares(train, test) == [("de", 3, 2, pytest.approx(2 / 3)), ("fr", 1, 0, 0.0)]


def test_table_of_all_pairs_of_tasks() -> None:
    frames = {
        ("a", "train"): pairs(("en", "x", "y")),
        ("a", "test"): pairs(("en", "x", "y"), ("de", "u", "v"), ("de", "x", "y"), ("de", "x", "v")),
        ("b", "train"): tags(("en", ["u"])),
        ("b", "validation"): tags(("en", ["x"])),
    }
    table = overlap_table(frames).set_index(["train_task", "test_task"])
    assert table.loc[("a", "a")].to_dict() == {
        "languages": 2,
        "rows": 4,
        "overlapping": 2,
        "share": 0.5,
        "most_in": "en",
        "most_share": 1.0,
    }
    assert table.loc[("b", "a"), ["overlapping", "most_in"]].tolist() == [1, "de"]
    assert len(table) == 2
    assert overlap_table({}).empty
