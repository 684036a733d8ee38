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

from study_utils.data.rows import COLUMNS, check_rows, fingerprint, read_rows, write_rows
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
    "retrieve": [("a", "de", "x", "y"), ("b", "de", "z", "w"), ("a", "fr", "q", "r"), ("b", "fr", "s", "t")],
}


def frame_of(format: str) -> pd.DataFrame:
    return pd.DataFrame(GOOD[format], columns=COLUMNS[format])


def with_cell(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    values = list(frame[column])
    values[row] = value
    return frame.assign(**{column: pd.Series(values, dtype=object)})


@pytest.mark.parametrize("format", sorted(GOOD))
def test_good_rows_pass(format: str) -> None:
    check_rows(frame_of(format), make_task(format), where="f")


@pytest.mark.parametrize("format", sorted(GOOD))
def test_no_rows(format: str) -> None:
    with pytest.raises(DataError, match=r"data/x\.parquet: no rows"):
        check_rows(frame_of(format).iloc[:0], make_task(format), where="data/x.parquet")


@pytest.mark.parametrize("format", sorted(GOOD))
def test_missing_column_says_which_are_there(format: str) -> None:
    frame = frame_of(format).rename(columns={COLUMNS[format][-1]: "wrong"})
    with pytest.raises(DataError, match=rf"lack the columns \['{COLUMNS[format][-1]}'\].*'wrong'"):
        check_rows(frame, make_task(format), where="f")


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
    ("retrieve", 1, "text", "", "empty text"),
    ("retrieve", 1, "translation", "  ", "empty translation"),
]


@pytest.mark.parametrize(("format", "row", "column", "value", "message"), BAD)
def test_bad_row_is_named(format: str, row: int, column: str, value: object, message: str) -> None:
    frame = with_cell(frame_of(format), row, column, value)
    frame.index += 100
    with pytest.raises(DataError, match=message) as caught:
        check_rows(frame, make_task(format), where="data/x.parquet")
    text = str(caught.value)
    assert text.startswith("data/x.parquet, language ")
    assert "row 101, id " in text
    if column not in ("id", "language"):
        assert f"language {frame['language'].iloc[row]!r}" in text
        assert f"id {frame['id'].iloc[row]!r}" in text


def test_single_sentences_need_no_second_text() -> None:
    check_rows(frame_of("classify").assign(text_pair=""), make_task("classify"), where="f")


def test_retrieval_needs_two_candidates() -> None:
    with pytest.raises(DataError, match="language 'fr': 1 row"):
        check_rows(frame_of("retrieve").iloc[:3], make_task("retrieve"), where="f")


# --- fingerprint and files ---

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
tag_rows = st.lists(st.tuples(texts, texts, st.lists(texts, max_size=3), st.lists(texts, max_size=3)), min_size=1)
value_rows = st.lists(
    st.tuples(texts, texts, texts, texts, st.floats(allow_nan=False, allow_infinity=False)), min_size=1
)


@given(rows=tag_rows)
def test_tag_rows_survive_parquet(rows: list, tmp_path_factory: pytest.TempPathFactory) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS["tag"])
    path = tmp_path_factory.mktemp("rows") / "x.parquet"
    write_rows(path, frame)
    back = read_rows(path)
    assert [list(row) for row in back.itertuples(index=False)] == [list(row) for row in rows]
    assert all(type(value) is list for value in back["tokens"])
    assert fingerprint(back) == fingerprint(frame)
    assert fingerprint(pd.read_parquet(path)) == fingerprint(frame)  # arrays in place of lists


@given(rows=value_rows, order=st.permutations(COLUMNS["regress"]))
def test_values_survive_parquet_and_column_order(
    rows: list, order: list, tmp_path_factory: pytest.TempPathFactory
) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS["regress"])
    path = tmp_path_factory.mktemp("rows") / "x.parquet"
    write_rows(path, frame[order])
    assert fingerprint(read_rows(path)) == fingerprint(frame)
    assert fingerprint(frame.set_index(np.arange(len(frame)) + 7)) == fingerprint(frame)


@given(rows=tag_rows, data=st.data())
def test_fingerprint_changes_with_any_cell(rows: list, data: st.DataObject) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS["tag"])
    row = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(COLUMNS["tag"]))
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
