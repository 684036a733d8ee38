"""One reading of each kind of file that rows come in: the same in a folder of your own and in a mirror.

Every record of a file is a row, or the file is refused with the line: nothing is joined, split or left out. Text is
UTF-8, with or without a byte order mark; lines end in LF or CR LF. Cells of text files are texts as they stand ("NA" is
a word); a value that a JSON object lacks is missing. Nothing is kept: what is read is what the file holds now.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from study_utils.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""Columns of a CoNLL-U file (universaldependencies.org/format.html)."""


class Layout(NamedTuple):
    """How a file of cells is laid out, where its kind doesn't say.

    Attributes
    ----------
    separator : str
        Between cells; empty: a comma in .csv, a tab in .tsv, blanks or tabs in .conll.
    quoting : {"", "none", "minimal"}
        Whether a cell that begins with a quotation mark ends with the next one ("minimal") or a quotation mark is a
        character like others ("none"). Empty: "minimal" in .csv, "none" in .tsv, as GLUE publishes it.
    """

    separator: str = ""
    quoting: str = ""


def read_file(path: Path, layout: Layout = Layout()) -> Dataset:  # noqa: B008 - a tuple
    """Read a file of rows.

    Parameters
    ----------
    path : pathlib.Path
        Its ending, one of `FILE_KINDS`, says what it holds. .parquet: columns with their types and class names.
        .jsonl, .ndjson: an object a line; .json: one list of objects, or an object a line. .csv, .tsv: a header, then
        a row a line. .conll, .bio: a word a line, sentences with an empty line between; each sentence is a row, whose
        columns "1", "2", ... are lists. .conllu: the same with the columns `CONLLU`, without the lines of word ranges
        and empty nodes.
    layout : Layout
        For files of cells.

    Returns
    -------
    datasets.Dataset
        In memory.

    Raises
    ------
    DataError
        If the kind isn't known or the file isn't what its ending says; the line is named.
    """
    if path.suffix.lower() not in FILE_KINDS:
        raise DataError(
            f"{path}: files end in {', '.join(FILE_KINDS)}. Rename or convert it: cells with tabs between are a .tsv, "
            "a word a line with its tag is a .conll."
        )
    return _KINDS[path.suffix.lower()](path, layout)


def is_known(path: Path) -> bool:
    """Whether `read_file` knows the kind of a file."""
    return path.suffix.lower() in FILE_KINDS


def _parquet(path: Path, layout: Layout) -> Dataset:
    import pyarrow.parquet as pq
    from datasets import Dataset, DatasetInfo, Features
    from datasets.table import InMemoryTable, table_cast

    with pq.ParquetFile(path) as file:
        table, stated = file.read(), file.metadata.num_rows
    if table.num_rows != stated:
        raise DataError(f"{path}: {table.num_rows} rows are read and {stated} are stated in it. Fetch it again.")
    features = Features.from_arrow_schema(table.schema)
    return Dataset(InMemoryTable(table_cast(table, features.arrow_schema)), info=DatasetInfo(features=features))


# --- JSON ---


def _json_lines(path: Path, layout: Layout) -> Dataset:
    return _of_objects(path, _objects(path, _text(path)))


def _json(path: Path, layout: Layout) -> Dataset:
    text = _text(path)
    if not text.lstrip().startswith("["):
        return _of_objects(path, _objects(path, text))
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: {error}. Correct the file.") from None
    return _of_objects(path, dict(enumerate(found, start=1)), unit="item")


def _objects(path: Path, text: str) -> dict[int, object]:
    """Line number to value."""
    found = {}
    for number, line in _lines(text):
        if not line.strip():
            continue
        try:
            found[number] = json.loads(line, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {number}: no JSON object on one line ({error}). Correct the file.") from None
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the field {next(n for n in names if names.count(n) > 1)!r} is there twice")
    return found


def _of_objects(path: Path, found: Mapping[int, object], unit: str = "line") -> Dataset:
    from datasets import Dataset

    names: dict[str, None] = {}
    for number, value in found.items():
        if not isinstance(value, dict):
            raise DataError(f"{path}, {unit} {number}: {type(value).__name__} where an object is wanted.")
        names |= dict.fromkeys(value)
    columns = {name: [value.get(name) for value in found.values()] for name in names}
    for name, values in columns.items():
        kinds: dict[type, int] = {}
        for number, value in zip(found, values):
            if value is not None:
                kinds.setdefault(float if type(value) is int else type(value), number)
        if len(kinds) > 1:
            (first, _), (other, number) = list(kinds.items())[:2]
            raise DataError(
                f"{path}, {unit} {number}: the field {name!r} is a {_KIND_NAMES.get(other, other.__name__)}, "
                f"before it was a {_KIND_NAMES.get(first, first.__name__)}. Write one kind in all rows."
            )
    try:
        return Dataset.from_dict(columns)
    except UnicodeEncodeError as error:
        raise DataError(
            f"{path}: a text has half a character ({error.reason}). Write the file again as UTF-8."
        ) from None
    except OverflowError:
        raise DataError(f"{path}: a number has more than 64 bits. Write it as text, in quotation marks.") from None
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: values of one field are of different kinds ({str(error).splitlines()[0]}).") from None


_KIND_NAMES = {str: "text", float: "number", bool: "truth value", list: "list", dict: "object"}


# --- files of cells ---


def _table(path: Path, layout: Layout) -> Dataset:
    from datasets import Dataset

    is_csv = path.suffix.lower() == ".csv"
    separator = layout.separator or ("," if is_csv else "\t")
    quoted = (layout.quoting or ("minimal" if is_csv else "none")) == "minimal"
    text = _text(path)
    rows = list(_quoted_rows(path, text, separator) if quoted else _plain_rows(text, separator))
    if not rows:
        raise DataError(f"{path}: no header. The first line names the columns.")
    _, header = rows[0]
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise DataError(f"{path}: the column {twice[0]!r} is named twice in the header. Rename one.")
    for number, cells in rows[1:]:
        if len(cells) != len(header):
            advice = f"quoting: {'none' if quoted else 'minimal'}"
            raise DataError(
                f"{path}, line {number}: {len(cells)} cells, but the header has {len(header)} ({', '.join(header)}). "
                f"Correct the line; or declare how cells are separated (separator) or quoted ({advice})."
            )
    if quoted:
        _refuse_swallowed(path, text, separator, rows)
    return Dataset.from_dict({name: [cells[n] for _, cells in rows[1:]] for n, name in enumerate(header)})


def _plain_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Every line is a row; a quotation mark is a character."""
    lines = list(_lines(text))
    while lines and not lines[-1][1]:
        lines.pop()
    for number, line in lines:
        yield number, line.split(separator)


def _quoted_rows(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    limit = csv.field_size_limit(sys.maxsize)
    try:
        reader = csv.reader((line + "\n" for _, line in _lines(text)), delimiter=separator, strict=True)
        before, empty = 0, 0
        for cells in reader:
            if cells:
                if empty:
                    raise DataError(f"{path}, line {empty}: empty. Remove it.")
                yield before + 1, cells
            else:
                empty = empty or before + 1
            before = reader.line_num
    except csv.Error as error:
        lone = "new-line" in str(error)
        what = "a carriage return inside a cell without quotation marks" if lone else str(error)
        advice = "put the cell in quotation marks" if lone else "correct the quotation marks"
        raise DataError(
            f"{path}, line {before + 1}: {what}. Go there and {advice}, or declare quoting: none where a quotation "
            "mark is a character like others."
        ) from None
    finally:
        csv.field_size_limit(limit)


def _refuse_swallowed(path: Path, text: str, separator: str, rows: list[tuple[int, list[str]]]) -> None:
    """Refuse a file whose lines are all whole rows where quotation marks are characters, and fewer where they quote."""
    plain = list(_plain_rows(text, separator))
    if len(plain) != len(rows) and all(len(cells) == len(rows[0][1]) for _, cells in plain):
        number = next(a for (a, _), (b, _) in zip(plain, [*rows, (0, [])]) if a != b) - 1
        raise DataError(
            f"{path}, line {number}: a cell opens with a quotation mark and ends lines later, but each line is a whole "
            f"row without it ({len(plain) - 1} rows, not {len(rows) - 1}). Declare quoting: none, or quoting: minimal "
            "after doubling the quotation marks inside cells."
        )


def _conll(path: Path, layout: Layout) -> Dataset:
    """Sentences with an empty line between; comments before a sentence (`# ... = ...`) are no words."""
    from datasets import Dataset

    universal = path.suffix.lower() == ".conllu"
    separator = layout.separator or ("\t" if universal else None)
    sentences: list[list[list[str]]] = []
    own: list[list[str]] = []
    width = 0
    for number, line in [*_lines(_text(path)), (0, "")]:
        if not line.strip():
            if own and own[0][0] != "-DOCSTART-":
                sentences.append(own)
            own = []
            continue
        if not own and line.startswith("#") and (universal or "=" in line):
            continue
        cells = line.split(separator)
        if universal and ("-" in cells[0] or "." in cells[0]):
            continue
        width = width or len(cells)
        if len(cells) != width:
            raise DataError(
                f"{path}, line {number}: {len(cells)} columns, but the first line has {width}. Correct the line, or "
                "declare the separator."
            )
        own.append(cells)
    names = CONLLU if universal and width == len(CONLLU) else [str(n + 1) for n in range(width)]
    return Dataset.from_dict(
        {name: [[cells[n] for cells in sentence] for sentence in sentences] for n, name in enumerate(names)}
    )


def _text(path: Path) -> str:
    content = path.read_bytes()
    if (at := content.find(b"\0")) >= 0:
        raise DataError(f"{path}: byte {at} is 0, so it is no UTF-8 text. Convert it: iconv -f UTF-16 -t UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte {error.start} is not UTF-8. Convert it: iconv -f OLD -t UTF-8 {path.name} > NEW"
        ) from None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; only LF and CR LF end one."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if number < len(lines) or line:
            yield number, line.removesuffix("\r")


_KINDS: Mapping[str, Callable[[Path, Layout], Dataset]] = {
    ".parquet": _parquet,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": _table,
    ".tsv": _table,
    ".conll": _conll,
    ".bio": _conll,
    ".conllu": _conll,
}

FILE_KINDS = tuple(_KINDS)
