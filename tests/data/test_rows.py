"""Checks, fingerprint and files of rows."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirrors import make_task

from study_utils.catalog.formats import SHAPES
from study_utils.data.rows import check_rows, fingerprint, read_rows, write_rows
from study_utils.errors import DataError

GOOD = {
    "classify": [
        ("a", "en", "x", "y", "neutral"),
        ("b", "en", "z", "w", "entailment"),
        ("a", "de", "q", "r", "neutral"),
    ],
    "regress": [("a", "en", "x", "y", 0.0), ("b", "en", "z", "w", 5.0), ("a", "de", "q", "r", 2.5)],
    "tag": [
        ("a", "en", ["the", "cat"], ["DET", "NOUN"]),
        ("b", "en", ["runs"], ["VERB"]),
        ("a", "de", ["Katze"], ["NOUN"]),
    ],
    "choose": [
        ("a", "en", "x", "why?", ["y", "z"], 1),
        ("b", "en", "x", "why?", ["y", "z", "y"], 2),
        ("a", "de", "x", "", ["q", "r"], 0),
    ],
    "answer": [
        ("a", "en", "who?", "Ann met Bob", ["Bob", "Ann"], [8, 0]),
        ("b", "en", "where?", "at home", ["home"], [3]),
        ("a", "hi", "कहाँ?", "दिल्ली में", ["दिल्ली"], [0]),
    ],
    "retrieve-neighbour": [
        ("a", "de", "x", "y"),
        ("b", "de", "z", "w"),
        ("a", "fr", "q", "r"),
        ("b", "fr", "s", "t"),
    ],
    "retrieve-mine": [
        ("e1", "de", "english", "x", "f2"),
        ("e2", "de", "english", "y", ""),
        ("f1", "de", "foreign", "z", ""),
        ("f2", "de", "foreign", "w", "e1"),
        ("e1", "fr", "english", "x", "f1"),
        ("f1", "fr", "foreign", "q", "e1"),
        *(("e3", "de", "english", "u", "f3"), ("f3", "de", "foreign", "v", "e3")),
        *(("e2", "fr", "english", "y", "f2"), ("f2", "fr", "foreign", "p", "e2")),
    ],
    "retrieve-rank": [
        ("q1", "en", "query", "who?", "", ["en-1", "de-1"]),
        ("q1", "de", "query", "wer?", "", ["en-1", "de-1"]),
        ("en-1", "en", "candidate", "Ann.", "Ann. Bob.", []),
        ("de-1", "de", "candidate", "Anna.", "", []),
    ],
}


def frame_of(shape: str) -> pd.DataFrame:
    return pd.DataFrame(GOOD[shape], columns=SHAPES[shape].all_columns)


def test_every_shape_has_columns_checks_and_an_example() -> None:
    assert {*GOOD, "mask"} == set(SHAPES), "text (mask) is never scored: tests/formats/test_mask.py"


def with_cell(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    values = list(frame[column])
    values[row] = value
    return frame.assign(**{column: pd.Series(values, dtype=object)})


@pytest.mark.parametrize("shape", sorted(GOOD))
def test_good_rows_pass(shape: str) -> None:
    check_rows(frame_of(shape), make_task(shape), where="f")


@pytest.mark.parametrize("shape", sorted(GOOD))
def test_no_rows(shape: str) -> None:
    with pytest.raises(DataError, match=r"data/x\.parquet: no rows"):
        check_rows(frame_of(shape).iloc[:0], make_task(shape), where="data/x.parquet")


@pytest.mark.parametrize("shape", sorted(GOOD))
def test_missing_column_says_which_are_there(shape: str) -> None:
    frame = frame_of(shape).rename(columns={SHAPES[shape].all_columns[-1]: "wrong"})
    with pytest.raises(DataError, match=rf"lack the columns \['{SHAPES[shape].all_columns[-1]}'\].*'wrong'"):
        check_rows(frame, make_task(shape), where="f")


BAD = [
    ("classify", 1, "id", "a", "more than once"),
    ("classify", 1, "id", "", "empty id"),
    ("classify", 1, "id", 7, "id is no text: 7"),
    ("classify", 1, "language", None, "empty language"),
    ("classify", 1, "text", " \t", "empty text"),
    ("classify", 1, "text", None, "empty text"),
    ("classify", 1, "text_pair", "", "empty text_pair"),
    ("classify", 1, "label", "entailement", "Did you mean 'entailment'"),
    ("classify", 1, "label", "", "missing label"),
    ("classify", 1, "label", None, "missing label"),
    ("classify", 1, "label", np.nan, "missing label"),
    ("classify", 1, "label", -1, "missing label"),
    ("classify", 1, "label", 1, "unknown label"),
    ("regress", 1, "label", 5.01, "outside 0 to 5"),
    ("regress", 1, "label", -0.5, "outside 0 to 5"),
    ("regress", 1, "label", np.inf, "outside 0 to 5"),
    ("regress", 1, "label", np.nan, "no number"),
    ("regress", 1, "label", "3", "no number"),
    ("tag", 1, "tokens", ["run", "s"], "2 tokens but 1 tags"),
    ("tag", 1, "tokens", [" "], "empty token at position 0"),
    ("tag", 1, "tokens", [], "empty sentence"),
    ("tag", 1, "tokens", "runs", "must be lists"),
    ("tag", 1, "tags", ["VERBE"], "Did you mean 'VERB'"),
    ("tag", 1, "tags", [None], "missing tag"),
    ("tag", 1, "tags", [-1], "missing tag"),
    ("choose", 1, "text", "", "empty text"),
    ("choose", 1, "question", None, "empty question"),
    ("choose", 1, "choices", ["y"], "1 choices, but at least 2"),
    ("choose", 1, "choices", "yz", "no list: 'yz'"),
    ("choose", 1, "choices", ["y", " "], "empty choice at position 1"),
    ("choose", 1, "choices", ["y", None], "empty choice at position 1"),
    ("choose", 1, "label", 3, "label 3 is no position of its 3 choices"),
    ("choose", 1, "label", -1, "label -1 is no position"),
    ("choose", 1, "label", None, "label None is no position"),
    ("choose", 1, "label", 1.0, "label 1.0 is no position"),
    ("choose", 1, "label", True, "label True is no position"),
    ("answer", 1, "question", "", "empty question"),
    ("answer", 1, "text", " ", "empty text"),
    ("answer", 1, "answers", "home", "must be lists, not str and list"),
    ("answer", 1, "answers", ["home", "at"], "2 answers but 1 starts"),
    ("answer", 1, "answers", [""], "empty answer ''"),
    ("answer", 1, "answers", ["hame"], "'hame' does not begin at character 3; there is 'home'"),
    ("answer", 1, "starts", [4], "'home' at 4 ends beyond the 7 characters"),
    ("answer", 1, "starts", [2], "does not begin at character 2; there is ' hom'"),
    ("answer", 1, "starts", [-1], "start -1 of answer 'home' is no offset"),
    ("answer", 1, "starts", ["3"], "start '3' of answer 'home' is no offset"),
    ("retrieve-neighbour", 1, "text", "", "empty text"),
    ("retrieve-neighbour", 1, "translation", "  ", "empty translation"),
    ("retrieve-mine", 1, "text", "", "empty text"),
    ("retrieve-mine", 1, "side", "englisch", "Did you mean 'english'"),
    ("retrieve-mine", 1, "match", None, "empty match"),
    ("retrieve-mine", 1, "match", "f9", "its match 'f9' on the foreign side isn't there"),
    ("retrieve-mine", 1, "match", "e1", "its match 'e1' on the foreign side isn't there"),
    ("retrieve-mine", 1, "match", "f2", "its match 'f2' on the foreign side is matched with 'e1'"),
    ("retrieve-mine", 1, "match", "f1", "its match 'f1' on the foreign side is matched with ''"),
    ("retrieve-rank", 1, "text", "", "empty text"),
    ("retrieve-rank", 1, "context", None, "empty context"),
    ("retrieve-rank", 1, "side", "question", "unknown side"),
    ("retrieve-rank", 1, "targets", [], "a query without target"),
    ("retrieve-rank", 1, "targets", "en-1", "targets are no list"),
    ("retrieve-rank", 1, "targets", ["en-1", "fr-1"], "target 'fr-1' is not among the 2 candidates"),
    ("retrieve-rank", 1, "targets", ["en-1", "en-1"], "named twice"),
    ("retrieve-rank", 3, "targets", ["en-1"], "a candidate with targets"),
    ("retrieve-rank", 3, "id", "en-1", "another candidate has this id"),
]


@pytest.mark.parametrize(("shape", "row", "column", "value", "message"), BAD)
def test_bad_row_is_named(shape: str, row: int, column: str, value: object, message: str) -> None:
    frame = with_cell(frame_of(shape), row, column, value)
    frame.index += 100
    with pytest.raises(DataError, match=message) as caught:
        check_rows(frame, make_task(shape), where="data/x.parquet")
    text = str(caught.value)
    assert text.startswith("data/x.parquet, language ")
    assert f"row {row + 100}, id " in text
    if column not in ("id", "language"):
        assert f"language {frame['language'].iloc[row]!r}" in text
        assert f"id {frame['id'].iloc[row]!r}" in text


def test_single_sentences_need_no_second_text() -> None:
    check_rows(frame_of("classify").assign(text_pair=""), make_task("classify"), where="f")


def test_retrieval_needs_two_candidates() -> None:
    with pytest.raises(DataError, match="language 'fr': 1 row"):
        check_rows(frame_of("retrieve-neighbour").iloc[:3], make_task("retrieve-neighbour"), where="f")


def test_only_declared_tasks_have_questions_without_answer() -> None:
    frame = with_cell(with_cell(frame_of("answer"), 1, "answers", []), 1, "starts", [])
    check_rows(frame, make_task("answer", unanswerable=True), where="f")
    with pytest.raises(DataError, match="row 1, id 'b': no answer"):
        check_rows(frame, make_task("answer"), where="f")


@pytest.mark.parametrize(
    ("shape", "rows", "message"),
    [
        ("retrieve-mine", [0, 1, 4, 5], "its match 'f2'"),
        ("retrieve-mine", [1, 4, 5], "language 'de': no foreign sentences"),
        ("retrieve-mine", [2, 4, 5], "language 'de': no english sentences"),
        ("retrieve-mine", [0, 1, 2, 3, 4, 5], "language 'de': 1 gold pairs"),
        ("retrieve-rank", [0, 1], "no candidate rows"),
        ("retrieve-rank", [2, 3], "no query rows"),
        ("retrieve-rank", [0, 1, 2], "target 'de-1' is not among the 1 candidates"),
    ],
)
def test_searches_need_both_sides(shape: str, rows: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_rows(frame_of(shape).iloc[rows], make_task(shape), where="f")


@pytest.mark.parametrize("shape", sorted(GOOD))
def test_rows_of_every_shape_survive_parquet_and_their_checks(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_rows(path, frame_of(shape))
    back = read_rows(path)
    check_rows(back, make_task(shape), where="f")
    assert fingerprint(back) == fingerprint(frame_of(shape))
    check_rows(pd.read_parquet(path), make_task(shape), where="f")  # arrays in place of lists


# --- fingerprint and files ---

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
tag_rows = st.lists(st.tuples(texts, texts, st.lists(texts, max_size=3), st.lists(texts, max_size=3)), min_size=1)
value_rows = st.lists(
    st.tuples(texts, texts, texts, texts, st.floats(allow_nan=False, allow_infinity=False)), min_size=1
)


@given(rows=tag_rows)
def test_tag_rows_survive_parquet(rows: list, tmp_path_factory: pytest.TempPathFactory) -> None:
    frame = pd.DataFrame(rows, columns=SHAPES["tag"].all_columns)
    path = tmp_path_factory.mktemp("rows") / "x.parquet"
    write_rows(path, frame)
    back = read_rows(path)
    assert [list(row) for row in back.itertuples(index=False)] == [list(row) for row in rows]
    assert all(type(value) is list for value in back["tokens"])
    assert fingerprint(back) == fingerprint(frame)
    assert fingerprint(pd.read_parquet(path)) == fingerprint(frame)  # arrays in place of lists


@given(rows=value_rows, order=st.permutations(SHAPES["regress"].all_columns))
def test_values_survive_parquet_and_column_order(
    rows: list, order: list, tmp_path_factory: pytest.TempPathFactory
) -> None:
    frame = pd.DataFrame(rows, columns=SHAPES["regress"].all_columns)
    path = tmp_path_factory.mktemp("rows") / "x.parquet"
    write_rows(path, frame[order])
    assert fingerprint(read_rows(path)) == fingerprint(frame)
    assert fingerprint(frame.set_index(np.arange(len(frame)) + 7)) == fingerprint(frame)


@given(rows=tag_rows, data=st.data())
def test_fingerprint_changes_with_any_cell(rows: list, data: st.DataObject) -> None:
    frame = pd.DataFrame(rows, columns=SHAPES["tag"].all_columns)
    row = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(SHAPES["tag"].all_columns))
    old = frame[name].iloc[row]
    other = with_cell(frame, row, name, [*old, "x"] if isinstance(old, list) else old + "x")
    assert fingerprint(other) != fingerprint(frame)


@given(rows=st.lists(texts, min_size=2, unique=True))
def test_fingerprint_sees_row_order(rows: list) -> None:
    frame = pd.DataFrame({"id": rows})
    assert fingerprint(frame.iloc[::-1]) != fingerprint(frame)


def test_fingerprint_keeps_cells_apart() -> None:
    """Text that moves between cells, rows or columns is another content."""
    frames = [
        pd.DataFrame({"a": ["x", ""], "b": ["", ""]}),
        pd.DataFrame({"a": ["", "x"], "b": ["", ""]}),
        pd.DataFrame({"a": ["", ""], "b": ["x", ""]}),
        pd.DataFrame({"a": ["x", ""], "c": ["", ""]}),
        pd.DataFrame({"a": [["x", "y"], []], "b": ["", ""]}),
        pd.DataFrame({"a": [["x"], ["y"]], "b": ["", ""]}),
    ]
    assert len({fingerprint(frame) for frame in frames}) == len(frames)


def test_canonical_form() -> None:
    """The canonical form is part of the identity of runs: changing it makes every run stale."""
    canonical = (
        '["id", "label", "language", "text", "text_pair"]\n'
        '["a", 0.0, "en", "x", "y"]\n'
        '["b", 5.0, "en", "z", "w"]\n'
        '["a", 2.5, "de", "q", "r"]'
    )
    assert fingerprint(frame_of("regress")) == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.parquet.*make it again"):
        read_rows(path)


def test_cut_off_file(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_rows(path, frame_of("tag"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"x\.parquet \(\d+ bytes\) is cut off or damaged"):
        read_rows(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.parquet is missing"):
        read_rows(tmp_path / "x.parquet")
