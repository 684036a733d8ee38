"""Files of rows that can't be read as declared: refused with file and line or row, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.sources import load_rows
from study_utils.errors import DataError

TASK = dict(title="T", licence="l", citation="c", folder=".")
FORMATS = {
    "classify": dict(labels=["neg", "pos"], metric="accuracy", columns={"text": "t", "label": "y"}),
    "choose": dict(metric="accuracy", columns={"text": "t", "choices": "c", "label": "y"}),
    "tag": dict(metric="span_f1", labels=["O", "B-X", "I-X"], columns={"tokens": "w", "tags": "y"}),
    "answer": dict(metric="squad", columns={"question": "q", "text": "c", "answers": "a", "starts": "s"}),
}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = [(now, dict(now)) for now in (TASKS, CONDITIONS)]
    yield
    for now, then in before:
        now.clear()
        now.update(then)


# format, file, content, columns where they are others, and what is said
FILES = [
    ("classify", "b.csv", "", None, "is empty (0 bytes)"),
    ("classify", "b.csv", "t,y\n", None, "no rows"),
    ("classify", "b.csv", "\ufeff", None, "no header"),
    ("classify", "b.csv", "t,y\na\x00b,pos\n", None, "byte 5 is 0, so it is no UTF-8 text"),
    ("classify", "b.csv", b"t,y\n\xe9,pos\n", None, "byte 4 is not UTF-8. Convert it: iconv -f OLD -t UTF-8 b.csv"),
    ("classify", "b.csv", "t,y\na\n", None, "line 2: 1 cells, but the header has 2 (t, y)"),
    ("classify", "b.csv", "t;y\na;pos\n", None, "columns y (for label), t (for text) are missing; there are"),
    ("classify", "b.csv", "t,y\n ,pos\n", None, "empty text"),
    ("classify", "b.csv", "t,y\na,\n", None, "missing label ('')"),
    ("classify", "b.csv", "t,y\na,Pos\n", None, "unknown label of task 'mine': 'Pos'"),
    ("classify", "b.csv", 't,y\n"a,pos\nb,neg\n', None, "line 2: unexpected end of data"),
    ("classify", "b.csv", "t,y\na\rb,pos\n", None, "line 2: a carriage return inside a cell without quotation"),
    ("classify", "b.csv", "t,t,y\na,b,pos\n", None, "the column 't' is named twice in the header"),
    ("classify", "b.csv", "t, y\na,pos\n", None, "columns y (for label) are missing; there are t,  y"),
    ("classify", "b.csv.gz", b"\x1f\x8b\x08", None, ".gz: files end in .parquet, .jsonl, .ndjson, .json, .csv,"),
    ("classify", "b.xlsx", "x", None, "files end in .parquet, .jsonl, .ndjson, .json, .csv, .tsv,"),
    ("classify", "b.txt", "t\ty\n", None, "files end in .parquet, .jsonl, .ndjson, .json, .csv, .tsv,"),
    ("classify", "b", "t,y\n", None, "files end in .parquet, .jsonl, .ndjson, .json, .csv, .tsv,"),
    ("classify", "b.tsv", "t y\na pos\n", None, "columns y (for label), t (for text) are missing; there are t"),
    ("classify", "b.tsv", "t\ty\na\n", None, "line 2: 1 cells, but the header has 2 (t, y)"),
    (
        "classify",
        "b.jsonl",
        '{"t": "a", "y": "pos"\n',
        None,
        "line 1: no JSON object on one line (Expecting ',' delimiter:",
    ),
    ("classify", "b.jsonl", "[1]\n", None, "line 1: list where an object is wanted."),
    ("classify", "b.jsonl", "5\n", None, "line 1: int where an object is wanted."),
    ("classify", "b.jsonl", "null\n", None, "line 1: NoneType where an object is wanted."),
    ("classify", "b.jsonl", '{"t": NaN, "y": "pos"}', None, "empty text"),
    (
        "classify",
        "b.jsonl",
        '{"t": 5, "y": "pos"}',
        None,
        "text is no text: 5. Correct or remove the row in the source,",
    ),
    (
        "classify",
        "b.jsonl",
        '{"t": ["a"], "y": "pos"}',
        None,
        "text is no text: ['a']. Correct or remove the row in the",
    ),
    (
        "classify",
        "b.jsonl",
        '{"t": {"a":1}, "y": "pos"}',
        None,
        "text is no text: {'a': 1}. Correct or remove the row in the",
    ),
    (
        "classify",
        "b.jsonl",
        '{"t": "a", "y": true}',
        None,
        "labels are of type 'bool' without names, so it isn't known wh",
    ),
    ("classify", "b.jsonl", '{"t": "a", "y": ["pos","neg"]}', None, "none of 1 rows has a gold label and is to be u"),
    ("classify", "b.jsonl", '{"t": "a", "y": "pos"}\n{"t": "b"}', None, "missing label (None)"),
    (
        "classify",
        "b.jsonl",
        '{"t": "a", "y": "pos"}\n{"t": "b", "y": 1}',
        None,
        "line 2: the field 'y' is a number, before it was a text",
    ),
    (
        "classify",
        "b.jsonl",
        '{"t": "\\ud800", "y": "pos"}',
        None,
        "a text has half a character (surrogates not allowed)",
    ),
    ("classify", "b.jsonl", "{}\n", None, "columns y (for label), t (for text) are missing; there are ."),
    (
        "classify",
        "b.jsonl",
        '{"t": "a", "y": "pos", "n": 1180591620717411303424}',
        None,
        "a number has more than 64 bits",
    ),
    (
        "classify",
        "b.json",
        '{"data": [{"t": "a", "y": "pos"}]}',
        None,
        "columns y (for label), t (for text) are missing; there are",
    ),
    ("classify", "b.json", '[{"t": "a"},', None, "Expecting value: line 1 column 13 (char 12)"),
    (
        "classify",
        "b.json",
        '{"t": ["a"], "y": ["pos"]}',
        None,
        "text is no text: ['a']. Correct or remove the row in the",
    ),
    ("classify", "b.json", "5", None, "line 1: int where an object is wanted."),
    (
        "classify",
        "b.parquet",
        b"PAR1xxxxxxxxxxxxPAR1",
        None,
        "can't be read: ArrowInvalid: Parquet file size is 20 bytes,",
    ),
    ("classify", "b.parquet", b"PAR1", None, "(4 bytes) is cut off or damaged"),
    (
        "classify",
        "b.csv",
        "i,t,y\n1,a,pos\n1,b,neg\n",
        {"id": "i", "text": "t", "label": "y"},
        "the id occurs more than once in its language",
    ),
    ("classify", "b.csv", "i,t,y\n,a,pos\n2,b,neg\n", {"id": "i", "text": "t", "label": "y"}, "empty id"),
    ("classify", "b.jsonl", '{"i": null, "t": "a", "y": "pos"}', {"id": "i", "text": "t", "label": "y"}, "empty id"),
    ("classify", "b.csv", "t,u,y\na,,pos\nb,c,neg\n", {"text": "t", "text_pair": "u", "label": "y"}, "empty text_pair"),
    (
        "classify",
        "b.csv",
        "t,u,y\na,,pos\nb,,neg\n",
        {"text": "t", "text_pair": "u", "label": "y"},
        "u (for text_pair) is empty in every row",
    ),
    (
        "choose",
        "b.jsonl",
        '{"t": "a", "c": ["p", "q"], "y": 2}',
        None,
        "label 2 is no position of its 2 choices, counted from 0. Use",
    ),
    (
        "choose",
        "b.jsonl",
        '{"t": "a", "c": ["p", "q"], "y": -1}',
        None,
        "label -1 is no position of its 2 choices, counted from 0. Use",
    ),
    (
        "choose",
        "b.jsonl",
        '{"t": "a", "c": ["p", "q"], "y": 1.0}',
        None,
        "label 1.0 is no position of its 2 choices, counted from 0.",
    ),
    (
        "choose",
        "b.jsonl",
        '{"t": "a", "c": ["p", "q"], "y": true}',
        None,
        "label True is no position of its 2 choices, counted from 0.",
    ),
    ("choose", "b.jsonl", '{"t": "a", "c": ["p"], "y": 0}', None, "1 choices, but at least 2 are needed"),
    ("choose", "b.jsonl", '{"t": "a", "c": ["p", ""], "y": 0}', None, "empty choice at position 1. Correct the row."),
    (
        "choose",
        "b.jsonl",
        '{"t": "a", "c": "pq", "y": 0}',
        None,
        "choices are no list: 'pq', but at least 2 are needed",
    ),
    (
        "choose",
        "b.jsonl",
        '{"t": "a", "c": ["p", "q"], "y": null}',
        None,
        "label None is no position of its 2 choices, counted from 0.",
    ),
    (
        "choose",
        "b.csv",
        't,c,y\na,"[""p"",""q""]",0\n',
        None,
        'choices are no list: \'["p","q"]\', but at least 2 are needed',
    ),
    ("tag", "b.jsonl", '{"w": ["a", "b"], "y": ["O"]}', None, "2 tokens but 1 tags"),
    ("tag", "b.jsonl", '{"w": ["a"], "y": ["B-Y"]}', None, "unknown tag of task 'mine': 'B-Y'"),
    ("tag", "b.jsonl", '{"w": "a b", "y": "O O"}', None, "tokens and tags must be lists, not str and list"),
    ("tag", "b.jsonl", '{"w": [], "y": []}', None, "empty sentence (no tokens)"),
    ("tag", "b.jsonl", '{"w": [""], "y": ["O"]}', None, "empty token at position 0. Correct or remove the row."),
    ("tag", "b.jsonl", '{"w": ["a"], "y": [null]}', None, "missing tag (None)"),
    ("tag", "b.jsonl", '{"w": ["a"], "y": [0]}', None, "labels are of type 'int64' without names, so it isn't known w"),
    (
        "tag",
        "b.conll",
        "a O\nb\n",
        {"tokens": "1", "tags": "2"},
        "line 2: 1 columns, but the first line has 2. Correct the line",
    ),
    (
        "tag",
        "b.conll",
        "a O\nb O\n",
        {"tokens": "1", "tags": "3"},
        "columns 3 (for tags) are missing; there are 1, 2. Correct the",
    ),
    (
        "tag",
        "b.conll",
        "\n\n",
        {"tokens": "1", "tags": "2"},
        "columns 2 (for tags), 1 (for tokens) are missing; there are .",
    ),
    ("tag", "b.conll", "a X\n", {"tokens": "1", "tags": "2"}, "unknown tag of task 'mine': 'X'"),
    (
        "tag",
        "b.conllu",
        "1\ta\n",
        {"tokens": "form", "tags": "upos"},
        "columns upos (for tags), form (for tokens) are missing; ther",
    ),
    (
        "tag",
        "b.conll",
        "a O\n",
        {"tokens": "form", "tags": "upos"},
        "columns upos (for tags), form (for tokens) are missing; there",
    ),
    (
        "tag",
        "b.conllu",
        "1\ta\t_\tNOUN\t_\t_\t_\t_\t_\t_\n",
        {"tokens": "form", "tags": "upos"},
        "unknown tag of task 'mine': 'NOUN'",
    ),
    (
        "answer",
        "b.jsonl",
        '{"q": "Q?", "c": "Ann sat", "a": ["Bob"], "s": [0]}',
        None,
        "answer 'Bob' does not begin at character 0; there is 'Ann'",
    ),
    (
        "answer",
        "b.jsonl",
        '{"q": "Q?", "c": "Ann sat", "a": ["Ann"], "s": [99]}',
        None,
        "answer 'Ann' at 99 ends beyond the 7 characters of the",
    ),
    (
        "answer",
        "b.jsonl",
        '{"q": "Q?", "c": "Ann sat", "a": ["Ann"], "s": [-1]}',
        None,
        "start -1 of answer 'Ann' is no offset in characters",
    ),
    (
        "answer",
        "b.jsonl",
        '{"q": "Q?", "c": "Ann sat", "a": "Ann", "s": 0}',
        None,
        "answers and starts must be lists, not str and int",
    ),
    ("answer", "b.jsonl", '{"q": "Q?", "c": "Ann sat", "a": [], "s": []}', None, "no answer"),
    ("answer", "b.jsonl", '{"q": "Q?", "c": "Ann sat", "a": ["Ann"], "s": []}', None, "1 answers but 0 starts"),
    ("answer", "b.jsonl", '{"q": "Q?", "c": "Ann sat", "a": [""], "s": [0]}', None, "empty answer ''"),
    ("answer", "b.jsonl", '{"q": "Q?", "c": "Ann sat", "a": [null], "s": [0]}', None, "empty answer None"),
    (
        "answer",
        "b.jsonl",
        '{"q": "Q?", "c": "Ann sat", "a": ["Ann"], "s": [0.5]}',
        None,
        "start 0.5 of answer 'Ann' is no offset in characters",
    ),
    (
        "answer",
        "b.jsonl",
        '{"q": "Q?", "c": "Ann sat", "a": ["Ann"], "s": ["0"]}',
        None,
        "start '0' of answer 'Ann' is no offset in characters",
    ),
    ("answer", "b.jsonl", '{"q": "", "c": "Ann sat", "a": ["Ann"], "s": [0]}', None, "empty question"),
    ("answer", "b.jsonl", '{"q": "Q?", "c": "", "a": ["Ann"], "s": [0]}', None, "empty text"),
    ("classify", "b.jsonl", '{"t": ' + "[" * 5000 + "]" * 5000 + ', "y": "pos"}', None, "line 1: no JSON object"),
    ("classify", "b.json", "[" * 5000, None, "maximum recursion depth"),
    ("classify", "b.parquet", {"t": [b"a"], "y": ["pos"]}, None, "text is no text: b'a'"),
    ("classify", "b.parquet", {"t": ["a", None], "y": ["pos", "neg"]}, None, "row 1, id '1': empty text"),
    ("classify", "b.parquet", {"t": ["a"], "y": [0.0]}, None, "labels are of type 'float64' without names"),
]


@pytest.mark.parametrize(("format", "name", "content", "columns", "said"), FILES)
def test_files(format: str, name: str, content: object, columns: dict | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if isinstance(content, dict):
        pd.DataFrame(content).to_parquet(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    spec = TASK | FORMATS[format] | {"format": format, "test": {"en": name}} | ({"columns": columns} if columns else {})
    (tmp_path / "tasks.yaml").write_text(yaml.safe_dump({"tasks": {"mine": spec}}), encoding="utf-8")
    enter_tasks(tmp_path / "tasks.yaml")
    with pytest.raises(DataError) as caught:
        load_rows(TASKS["mine"], "test", languages=("en",), mirror=None)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("value", "names"), [("1", {1: "pos"}), ("1.0", {1: "pos"}), ("-1", {-1: "pos"}), (" pos", {}), ("pos\u00a0", {})]
)
def test_what_is_meant_is_read(value: str, names: dict, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(f"t,y\na,{value}\n", encoding="utf-8")
    spec = TASK | FORMATS["classify"] | {"format": "classify", "test": {"en": "b.csv"}, "label_names": names}
    (tmp_path / "tasks.yaml").write_text(yaml.safe_dump({"tasks": {"mine": spec}}), encoding="utf-8")
    enter_tasks(tmp_path / "tasks.yaml")
    assert load_rows(TASKS["mine"], "test", languages=("en",), mirror=None)["label"].tolist() == ["pos"]
