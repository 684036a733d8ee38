"""Bad rows of a data set, as they lie in its files: each is refused while rows are loaded, with file and row number."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset
from mirrors import hub_rows, make_task, write_data_set

from study_utils.data.sources import load_rows
from study_utils.errors import DataError

SQUAD = {
    **dict(id="id", text="context", question="question"),
    **dict(answers="answers.text", starts="answers.answer_start"),
}
MINE = {"foreign_id": "foreign", "english_id": "english", "id": "id", "text": "text"}
LISTED = {"text": "mention", "target": "entity", "candidate_id": "entity", "candidate_text": "about"}
SENTENCES = {name: name for name in "id text passage starts paragraph sentence_starts sentence_ends".split()}

SOURCES = {
    "classify": hub_rows("org/x", "test", {"en": "en"}, {"id": "id", "text": "text", "label": "label"}),
    "choose": hub_rows("org/x", "test", {"en": "en"}, {"text": "text", "choices": "choices", "label": "label"}),
    "tag": hub_rows("org/x", "test", {"en": "en"}, {"tokens": "tokens", "tags": "tags"}),
    "answer": hub_rows("org/x", "test", {"en": "en"}, SQUAD),
    "mine": hub_rows(
        "org/x", "test", {"en": "en"}, MINE, beside={"foreign": "pool/foreign", "english": "pool/english"}
    ),
    "listed": hub_rows("org/x", "test", {"en": "en"}, LISTED, beside={"candidates": "pool/candidates"}),
    "sentences": hub_rows("org/x", "test", {"en": "en"}, SENTENCES, beside={"candidates": "pool/candidates"}),
}
GOOD = {
    "classify": {"en/test": {"id": ["a", "b"], "text": ["x", "y"], "label": ["neutral"] * 2}},
    "choose": {"en/test": {"text": ["x", "y"], "choices": [["p", "q"]] * 2, "label": [0, 1]}},
    "tag": {"en/test": {"tokens": [["a"], ["a", "cat"]], "tags": [["DET"], ["DET", "NOUN"]]}},
    "answer": {
        "en/test": {
            **{"id": ["a", "b"], "context": ["The cat sat.", "Rome fell."], "question": ["Who?", "What?"]},
            "answers": [{"text": ["cat"], "answer_start": [4]}, {"text": ["Rome"], "answer_start": [0]}],
        }
    },
    "mine": {
        "en/test": {"foreign": ["f1", "f2"], "english": ["e1", "e2"]},
        "pool/foreign": {"id": ["f1", "f2"], "text": ["eins", "zwei"]},
        "pool/english": {"id": ["e1", "e2"], "text": ["one", "two"]},
    },
    "listed": {
        "en/test": {"mention": ["Rome", "Paris"], "entity": ["Q1", "Q2"]},
        "pool/candidates": {"entity": ["Q1", "Q2"], "about": ["a city", "another"]},
    },
    "sentences": {
        "en/test": {"id": ["a", "b"], "text": ["1?", "2?"], "passage": ["One. Two."] * 2, "starts": [[0], [5]]},
        "pool/candidates": {
            **{"paragraph": ["o", "p"], "passage": ["No.", "One. Two."]},
            **{"sentence_starts": [[0], [0, 5]], "sentence_ends": [[3], [4, 9]]},
        },
    },
}


def load(mirror: Path, kind: str, tables: dict[str, dict[str, list]]):
    splits = {tuple(place.split("/")): Dataset.from_dict(table) for place, table in tables.items()}
    write_data_set(mirror, "org/x", splits, infos=False)
    shape, search = {
        **{"mine": ("retrieve-mine", {"metric": "mining_f1"})},
        **dict.fromkeys(("listed", "sentences"), ("retrieve-rank", {"metric": "map_at_20"})),
    }.get(kind, (kind, {}))
    task = make_task(shape, SOURCES[kind], **search)
    return load_rows(task, "test", languages=("en",), mirror=mirror, sources=("mirror",))


@pytest.mark.parametrize("kind", GOOD)
def test_good_rows_are_loaded(kind: str, tmp_path: Path) -> None:
    frame = load(tmp_path, kind, GOOD[kind])
    assert frame.attrs["dropped"] == 0
    assert "file" not in frame.columns
    assert frame.index.tolist() == list(range(len(frame)))


def answers(texts: object, starts: object) -> dict:
    return {"text": texts, "answer_start": starts}


BAD = [
    ("classify", "en/test", "id", "a", "id 'a': the id occurs more than once"),
    ("classify", "en/test", "text", " ", "empty text"),
    ("classify", "en/test", "text", None, "empty text"),
    ("classify", "en/test", "label", None, "missing label"),
    ("choose", "en/test", "choices", None, "0 choices"),
    ("choose", "en/test", "label", 2, "label 2 is no position of its 2 choices"),
    ("choose", "en/test", "label", None, "label None is no position of its 2 choices"),
    ("tag", "en/test", "tokens", [], "empty sentence"),
    ("tag", "en/test", "tokens", ["a", "big", "cat"], "3 tokens but 2 tags"),
    ("tag", "en/test", "tokens", ["a", None], "empty token at position 1"),
    ("tag", "en/test", "tags", None, "2 tokens but 0 tags"),
    ("answer", "en/test", "id", "a", "more than once"),
    ("answer", "en/test", "context", "Rom", "answer 'Rome' at 0 ends beyond the 3 characters"),
    ("answer", "en/test", "context", None, "empty text"),
    ("answer", "en/test", "answers", answers(["fell"], [500]), "answer 'fell' at 500 ends beyond the 10 characters"),
    ("answer", "en/test", "answers", answers(["Paris"], [0]), "'Paris' does not begin at character 0; there is 'Rome "),
    ("answer", "en/test", "answers", answers(["Rome"], [-1]), "start -1 of answer 'Rome' is no offset"),
    ("answer", "en/test", "answers", answers(["Rome"], [None]), "start None of answer 'Rome' is no offset"),
    ("answer", "en/test", "answers", answers([None], [0]), "empty answer None"),
    ("answer", "en/test", "answers", answers(["Rome", "fell"], [0]), "2 answers but 1 starts"),
    ("answer", "en/test", "answers", None, "no answer"),
    ("mine", "en/test", "english", "e9", r"'e9' is not in the english pool \(.*english-00000-of-00001.parquet\)"),
    ("mine", "en/test", "foreign", None, "None is not in the foreign pool"),
    ("mine", "pool/foreign", "text", None, "empty text"),
    ("mine", "pool/english", "id", None, "'e2' is not in the english pool"),
    ("listed", "en/test", "mention", None, "empty text"),
    ("listed", "en/test", "entity", "Q9", "target 'Q9' is not among the 2 candidates"),
    ("listed", "en/test", "entity", None, "target None is not among the 2 candidates"),
    ("listed", "pool/candidates", "about", None, "id 'Q2': empty text"),
    ("listed", "pool/candidates", "entity", "Q1", "the id occurs more than once"),
    ("sentences", "en/test", "id", "a", "the id occurs more than once"),
    ("sentences", "en/test", "text", None, "empty text"),
    ("sentences", "en/test", "passage", "Else.", "its passage is not among the candidates' paragraphs: 'Else.'"),
    ("sentences", "en/test", "starts", [70], "begins at 70, outside the 9 characters"),
    ("sentences", "pool/candidates", "sentence_ends", [4], "2 starts of sentences but 1 ends"),
    ("sentences", "pool/candidates", "sentence_ends", [4, 90], "from 5 to 90 does not lie in the 9 characters"),
    ("sentences", "pool/candidates", "paragraph", "o", "the id occurs more than once"),
]


@pytest.mark.parametrize(("kind", "place", "column", "value", "message"), BAD)
def test_a_bad_second_row_is_named_with_its_file(
    kind: str, place: str, column: str, value: object, message: str, tmp_path: Path
) -> None:
    tables = {name: {key: list(cells) for key, cells in table.items()} for name, table in GOOD[kind].items()}
    tables[place][column][1] = value
    with pytest.raises(DataError, match=message) as caught:
        load(tmp_path, kind, tables)
    text = str(caught.value)
    if (kind, place, column) == ("mine", "pool/english", "id"):
        place = "en/test"  # the pair is what names a sentence that isn't there
    assert text.startswith(f"{tmp_path / 'org/x' / place}-00000-of-00001.parquet, language 'en', row 1")


def test_texts_where_lists_belong_are_refused(tmp_path: Path) -> None:
    for kind, column, value in (
        ("choose", "choices", "pq"),
        ("tag", "tokens", "a cat"),
        ("answer", "answers", answers("cat", 4)),
    ):
        table = GOOD[kind]["en/test"] | {column: [value] * 2}
        with pytest.raises(DataError, match=r"row 0.*(no list|must be lists)"):
            load(tmp_path, kind, {"en/test": table})
