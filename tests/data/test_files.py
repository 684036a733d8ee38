"""One reading of each kind of file: every record is a row, or the line is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from study_utils.data.class_numbers import number_alike
from study_utils.data.files import FILE_KINDS, Layout, read_file
from study_utils.errors import DataError


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def rows(path: Path, *layout: str) -> list[dict]:
    return read_file(path, Layout(*layout)).to_list()


AB = [{"a": "x", "b": "NA"}, {"a": "nan", "b": "2"}]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "lines", "layout"),
    [
        ("t.csv", ["a,b", "x,NA", "nan,2"], ()),
        ("t.CSV", ["a,b", "x,NA", "nan,2"], ()),
        ("t.csv", ["a;b", "x;NA", "nan;2"], (";",)),
        ("t.csv", ['"a","b"', '"x","NA"', '"nan","2"'], ()),
        ("t.tsv", ["a\tb", "x\tNA", "nan\t2"], ()),
        ("t.tsv", ["a\tb", '"x"\tNA', "nan\t2"], ("", "minimal")),
        ("t.jsonl", [json.dumps(row) for row in AB], ()),
        ("t.ndjson", [json.dumps(row) for row in AB], ()),
        ("t.json", [json.dumps(row) for row in AB], ()),
        ("t.json", ["[", json.dumps(AB[0]) + ",", json.dumps(AB[1]), "]"], ()),
    ],
)
def test_the_same_rows_in_every_kind(tmp_path, name, lines, layout, end, bom):
    assert rows(write(tmp_path, name, bom + end.join([*lines, ""])), *layout) == AB
    assert rows(write(tmp_path, name, bom + end.join(lines)), *layout) == AB, "without an end of the last line"


def test_a_quotation_mark_is_a_character_in_tsv(tmp_path):
    lines = ["text\tlabel", '"open\tpos', 'he said "hi"\tneg', 'a "\tpos']
    found = rows(write(tmp_path, "t.tsv", "\n".join(lines)))
    assert [row["text"] for row in found] == ['"open', 'he said "hi"', 'a "']


def test_quoted_cells_hold_separators_and_line_ends(tmp_path):
    text = 'text,label\n"a,b",pos\n"two\nlines ""so""",neg\n"c\rd",pos\n'
    assert [row["text"] for row in rows(write(tmp_path, "t.csv", text))] == ["a,b", 'two\nlines "so"', "c\rd"]


def test_line_separators_of_unicode_end_no_line(tmp_path):
    for name, text in (("t.csv", "t,l\na\u2028b,x\n"), ("t.jsonl", '{"t": "a\u2028b\u0085c", "l": "x"}\n')):
        (row,) = rows(write(tmp_path, name, text))
        assert row["t"].startswith("a\u2028b")


def test_a_carriage_return_in_a_tsv_cell_is_a_character(tmp_path):
    assert rows(write(tmp_path, "t.tsv", "t\tl\nc\rd\tx\n")) == [{"t": "c\rd", "l": "x"}]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.csv", "t,l\na,x\nc\rd,y\n", "line 3: a carriage return inside a cell"),
        ("t.csv", 't,l\na,x\n"b,y\nc,z\n', "line 3"),
        ("t.csv", 't,l\n"a,x\nb,y\nhe said "hi",z\n', "line 2"),
        ("t.csv", 't,l\n"a,x\nb,y\nso",z\n', r"line 2: .* each line is a whole row without it \(3 rows, not 1\)"),
        ("t.csv", "t,l\na,x,y\n", "line 2: 3 cells, but the header has 2"),
        ("t.csv", "t,l\na,x\n\nb,y\n", "line 3: empty"),
        ("t.csv", "t,t\na,x\n", "the column 't' is named twice"),
        ("t.tsv", "t\tl\na\tx\nb\n", "line 3: 1 cells"),
        ("t.tsv", "t\tl\na\tx\n\nb\ty\n", "line 3: 1 cells"),
        ("t.csv", "", "no header"),
        ("t.csv", b"t,l\n\xe9,x\n", "byte 4 is not UTF-8"),
        ("t.jsonl", '{"a": 1}\n{"a": \n', "line 2: no JSON object on one line"),
        ("t.jsonl", '{"a": 1}\n\n[2]\n', "line 3: list where an object is wanted"),
        ("t.jsonl", '{"a": 1, "a": 2}\n', "line 1: .*'a' is there twice"),
        ("t.jsonl", '{"a": "x"}\n{"a": 2}\n', "line 2: the field 'a' is a number, before it was a text"),
        ("t.json", '[{"a": 1}, 2]', "item 2: int where an object"),
        ("t.json", "[{]", "Correct the file"),
        ("t.conll", "a O\nb\n", "line 2: 1 columns, but the first line has 2"),
        ("t.txt", "a", r"files end in \.parquet"),
    ],
)
def test_what_is_no_row_is_refused_with_its_line(tmp_path, name, text, said):
    with pytest.raises(DataError, match=said):
        read_file(write(tmp_path, name, text))


def test_a_field_that_only_later_lines_have(tmp_path):
    found = rows(write(tmp_path, "t.jsonl", '{"a": "x"}\n{"a": "y", "b": 1}\n{"b": 2.5}\n'))
    assert found == [{"a": "x", "b": None}, {"a": "y", "b": 1.0}, {"a": None, "b": 2.5}]


def test_sentences_of_words(tmp_path):
    text = "-DOCSTART- X\n\n# id = 1\nAnn B-PER\nran O\n\n\n# O\nRome\tB-LOC\n"
    assert rows(write(tmp_path, "t.conll", text)) == [
        {"1": ["Ann", "ran"], "2": ["B-PER", "O"]},
        {"1": ["#", "Rome"], "2": ["O", "B-LOC"]},
    ]
    cells = "\t".join
    lines = ["# text = du vin", cells(["1-2", "du", *"_" * 8]), cells(["1", "de", "de", "ADP", *"_" * 6])]
    lines += [cells(["2", "le", "le", "DET", *"_" * 6]), cells(["2.1", "x", "x", "X", *"_" * 6]), ""]
    (row,) = rows(write(tmp_path, "t.conllu", "\n".join(lines)))
    assert (row["form"], row["upos"]) == (["de", "le"], ["ADP", "DET"])


def test_a_parquet_file_replaced_under_the_same_name_and_time_is_read_anew(tmp_path):
    path = tmp_path / "t.parquet"
    for values in (["a", "b"], ["c", "d"]):
        pd.DataFrame({"t": values}).to_parquet(path)
        os.utime(path, ns=(10**18, 10**18))
        assert [row["t"] for row in rows(path)] == values


def test_every_kind_is_read_here():
    assert set(FILE_KINDS) >= {".parquet", ".jsonl", ".json", ".csv", ".tsv", ".conll"}


def test_classes_are_numbered_alike_by_their_names():
    def part(names, single, several):
        features = Features({"y": ClassLabel(names=names), "tags": List(ClassLabel(names=names)), "t": Value("string")})
        return Dataset.from_dict({"y": single, "tags": several, "t": ["x"] * len(single)}, features=features)

    one = part(["neg", "pos"], [0, 1, -1], [[0], [1, 0], []])
    other = part(["pos", "neg", "odd"], [0, 2], [[1, 0], [2]])
    first, second = number_alike([one, other])
    assert first.features["y"].names == second.features["y"].names == ["neg", "pos", "odd"]
    assert (first["y"][:], second["y"][:]) == ([0, 1, -1], [1, 2])
    assert second["tags"][:] == [[0, 1], [2]]
    assert second["t"][:] == ["x", "x"]
    same = [one, part(["neg", "pos"], [1], [[1]])]
    assert all(a is b for a, b in zip(number_alike(same), same))
