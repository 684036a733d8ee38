"""Columns of every kind that declarations name: nested, spread, renamed, shared by languages, cut in two."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from hypothesis import given, settings
from hypothesis import strategies as st
from mirrors import NLI_COLUMNS, hub_rows, make_task, nli, tagged, write_data_set

from study_utils.catalog import HeldOut, Select, Task
from study_utils.data.columns import rows_of
from study_utils.data.loading import load_split
from study_utils.data.mirror import find_split
from study_utils.data.sources import load_rows, source_digest
from study_utils.errors import CatalogError, DataError, MissingRowsError

QA_COLUMNS = {
    **dict(id="id", text="context", question="question"),
    **dict(answers="answers.text", starts="answers.answer_start"),
}


def questions(rows: list[tuple[str, str, str, list[str], list[int]]]) -> Dataset:
    names = ("id", "context", "question")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    columns["answers"] = [{"text": row[3], "answer_start": row[4]} for row in rows]
    kinds = {"text": List(Value("string")), "answer_start": List(Value("int32"))}
    return Dataset.from_dict(columns, features=Features({**dict.fromkeys(names, Value("string")), "answers": kinds}))


def made(dataset: Dataset, task: Task, language: str = "en", **beside: Dataset):
    return rows_of({"": dataset, **beside}, task, task.test, language=language, where="toy")


def choose(dataset: Dataset, columns: dict, **more):
    return made(dataset, make_task("choose", hub_rows("org/c", "test", {"en": "c"}, columns, **more)))


# --- choices ---


def test_choices_in_columns_of_their_own() -> None:
    rows = Dataset.from_dict({"p": ["x "], "a": [" one"], "b": ["two"], "c": ["three"], "answer": ["2"]})
    found = choose(rows, {"text": "p", "choices": ("a", "b", "c"), "label": "answer"}, labels={"1": 0, "2": 1, "3": 2})
    assert found.frame.to_dict("records") == [
        {"id": "0", "language": "en", "text": "x", "question": "", "choices": ["one", "two", "three"], "label": 1}
    ]


def test_choices_in_a_nested_list_and_a_list_of_structures() -> None:
    nested = Dataset.from_dict({"q": ["x"], "choices": [{"label": ["A", "B"], "text": ["one", "two"]}], "key": ["B"]})
    found = choose(nested, {"text": "q", "choices": "choices.text", "label": "key"}, labels={"A": 0, "B": 1})
    assert found.frame[["choices", "label"]].to_numpy().tolist() == [[["one", "two"], 1]]
    counted = Dataset.from_dict({"q": ["x"], "answers": [[{"n": 1, "t": "one"}, {"n": 2, "t": "two"}]], "right": [1]})
    found = choose(counted, {"text": "q", "choices": "answers.t", "label": "right"}, labels={1: 0, 2: 1})
    assert found.frame[["choices", "label"]].to_numpy().tolist() == [[["one", "two"], 0]]


def test_missing_nested_columns_are_named() -> None:
    rows = Dataset.from_dict({"q": ["x"], "choices": [{"texts": ["one"]}], "key": [0]})
    with pytest.raises(
        DataError, match=r"columns choices\.text \(for choices\) are missing; there are q, choices, key"
    ):
        choose(rows, {"text": "q", "choices": "choices.text", "label": "key"})


def test_questions_in_words() -> None:
    rows = Dataset.from_dict({"p": ["x", "y"], "q": ["cause", "effect"], "c": [["a", "b"]] * 2, "n": [0, 1]})
    columns = {"text": "p", "question": "q", "choices": "c", "label": "n"}
    words = {"cause": "Why?", "effect": "And then?"}
    assert choose(rows, columns, questions=words).frame["question"].tolist() == ["Why?", "And then?"]
    with pytest.raises(DataError, match="unknown question 'effect'"):
        choose(rows, columns, questions={"cause": "Why?"})


# --- answers ---


def test_answers_keep_the_passage_as_it_stands() -> None:
    found = made(
        questions([("7", "  Rome is big. ", " Where? ", ["Rome"], [2]), ("8", "Nothing.", "What?", [], [])]),
        make_task("answer", hub_rows("org/qa", "test", {"en": "c"}, QA_COLUMNS)),
    )
    assert found.frame.to_dict("records") == [
        dict(id="7", language="en", question="Where?", text="  Rome is big. ", answers=["Rome"], starts=[2]),
        dict(id="8", language="en", question="What?", text="Nothing.", answers=[], starts=[]),
    ]


def test_answers_beside_their_stated_start_are_moved_to_the_nearest() -> None:
    """Some copies stripped the passages without moving the starts."""
    text = "Rome and Rome and, far away from here and further still, Paris"
    rows = questions([("0", text, "?", ["Rome", "Paris"], [11, 2])])
    found = made(rows, make_task("answer", hub_rows("org/qa", "test", {"en": "c"}, QA_COLUMNS)))
    assert found.frame["starts"].tolist() == [[9, 2]]  # Paris isn't near: left for the check to refuse


# --- labels ---


def test_renamed_labels_by_name_number_and_letter() -> None:
    columns = {"text": "t", "label": "y"}

    def labels(values: list, feature: object, names: dict) -> list:
        rows = Dataset.from_dict(
            {"t": ["x"] * len(values), "y": values}, features=Features({"t": Value("string"), "y": feature})
        )
        return (
            made(rows, make_task("classify", hub_rows("org/l", "test", {"en": "c"}, columns, labels=names)))
            .frame["label"]
            .tolist()
        )

    wanted = ["entailment", "neutral"]
    assert labels(["e", "n"], Value("string"), {"e": "entailment", "n": "neutral"}) == wanted
    assert labels([1, 0], ClassLabel(names=["0", "1"]), {"1": "entailment", "0": "neutral"}) == wanted
    assert labels([4, 5], Value("int64"), {4: "entailment", 5: "neutral"}) == wanted


def test_a_list_of_labels_counts_if_it_holds_one() -> None:
    feature = List(ClassLabel(names=["neutral", "entailment"]))
    rows = Dataset.from_dict(
        {"t": ["a", "b", "c"], "y": [[1], [], [0, 1]]}, features=Features({"t": Value("string"), "y": feature})
    )
    found = made(rows, make_task("classify", hub_rows("org/l", "test", {"en": "c"}, {"text": "t", "label": "y"})))
    assert found.frame[["text", "label"]].to_numpy().tolist() == [["a", "entailment"]]
    assert (found.rows, found.dropped) == (3, 2)


def test_tags_that_are_not_declared_become_the_other_one_only_if_asked() -> None:
    rows = tagged([(["a", "b", "c"], ["DET", "X", "B-DATE"])], ["DET", "X", "B-DATE"])
    columns = {"tokens": "tokens", "tags": "upos"}
    source = hub_rows("org/t", "test", {"en": "c"}, columns, other="VERB", labels={"B-DATE": "NOUN"})
    assert made(rows, make_task("tag", source)).frame["tags"].tolist() == [["DET", "VERB", "NOUN"]]
    plain = hub_rows("org/t", "test", {"en": "c"}, columns)
    assert made(rows, make_task("tag", plain)).frame["tags"].tolist() == [["DET", "X", "B-DATE"]]


def test_numbers_as_text_are_values_of_a_regress_task() -> None:
    rows = Dataset.from_dict({"a": ["x", "y"], "b": ["u", "v"], "s": ["2.5", "no"]})
    source = hub_rows("org/s", "test", {"en": "c"}, {"text": "a", "text_pair": "b", "label": "s"})
    assert made(rows, make_task("regress", source)).frame["label"].tolist() == [2.5, "no"]


# --- which rows ---


def test_languages_in_one_config(tmp_path: Path) -> None:
    rows = [("english-1", "A b.", "?", ["A"], [0]), ("korean-1", "C d.", "?", ["C"], [0])]
    rows += [("english-2", "E f.", "?", ["E"], [0])]
    write_data_set(tmp_path, "org/qa", {("all", "test"): questions(rows)})
    select = Select(column="id", by_language={"en": "english-", "ko": "korean-", "fi": "finnish-"}, prefix=True)
    configs = dict.fromkeys(("en", "ko", "fi"), "all")
    task = make_task("answer", hub_rows("org/qa", "test", configs, QA_COLUMNS, select=select))
    frame = load_rows(task, "test", languages=("ko", "en"), mirror=tmp_path, sources=("mirror",))
    assert frame[["id", "language"]].to_numpy().tolist() == [
        ["korean-1", "ko"],
        ["english-1", "en"],
        ["english-2", "en"],
    ]
    assert frame.attrs["found"] == {"ko": 1, "en": 2}
    with pytest.raises(MissingRowsError, match=r"no row whose id is 'finnish-'\.\.\. \(language 'fi'\)"):
        load_rows(task, "test", languages=("fi",), mirror=tmp_path, sources=("mirror",))
    with pytest.raises(CatalogError, match=r"select names no value for the languages \['de'\]"):
        hub_rows("org/qa", "test", {"de": "all"}, QA_COLUMNS, select=select)


def test_a_whole_value_is_no_prefix() -> None:
    rows = Dataset.from_dict({"lang": ["es", "est"], "t": ["a", "b"], "y": ["neutral"] * 2})
    select = Select(column="lang", by_language={"es": "es"})
    source = hub_rows("org/l", "test", {"es": "c"}, {"text": "t", "label": "y"}, select=select)
    assert made(rows, make_task("classify", source), "es").frame["text"].tolist() == ["a"]


def _part(texts: list[str], **cut) -> list[str]:
    rows = Dataset.from_dict({"t": texts, "y": ["neutral"] * len(texts)})
    source = hub_rows("org/l", "test", {"en": "c"}, {"text": "t", "label": "y"}, held_out=HeldOut(**cut))
    return made(rows, make_task("classify", source)).frame["text"].tolist()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=30), st.floats(0.05, 0.95))
def test_both_parts_make_the_whole_and_equal_keys_stay_together(texts: list[str], share: float) -> None:
    held = _part(texts, held=True, by="t", share=share)
    rest = _part(texts, held=False, by="t", share=share)
    assert sorted(held + rest) == sorted(texts)
    assert not set(held) & set(rest)
    assert sorted(_part(texts[::-1], held=True, by="t", share=share)) == sorted(held)


def test_the_part_held_out_has_about_its_share_and_keeps_blocks_whole() -> None:
    texts = [str(n) for n in range(3000)]
    held = _part(texts, held=True, block=3, share=0.2)
    assert 450 < len(held) < 750
    assert {int(t) // 3 for t in held}.isdisjoint({int(t) // 3 for t in _part(texts, held=False, block=3, share=0.2)})


def test_rows_that_are_declared_faulty_are_left_out_and_counted() -> None:
    rows = Dataset.from_dict({"id": [7, 8], "t": ["a", ""], "y": ["neutral"] * 2})
    columns = {"id": "id", "text": "t", "label": "y"}
    found = made(rows, make_task("classify", hub_rows("org/l", "test", {"en": "c"}, columns, without=("8",))))
    assert found.frame["id"].tolist() == ["7"]
    assert (found.rows, found.dropped) == (2, 1)


def test_several_splits_joined(tmp_path: Path) -> None:
    splits = {("c", f"train_r{n}"): nli([(f"p{n}", f"h{n}", 0)]) for n in (1, 2)}
    write_data_set(tmp_path, "org/nli", splits)
    task = make_task("classify", hub_rows("org/nli", "train_r1+train_r2", {"en": "c"}, NLI_COLUMNS))
    frame = load_rows(task, "test", languages=("en",), mirror=tmp_path, sources=("mirror",))
    assert frame[["id", "text"]].to_numpy().tolist() == [["0", "p1"], ["1", "p2"]]
    files = source_digest(task, "test", languages=("en",), mirror=tmp_path, sources=("mirror",))["files"]
    assert list(files) == ["c/train_r1", "c/train_r2"]


# --- reading without datasets' pass over the card ---


@pytest.mark.parametrize("infos", [True, False])
def test_parquet_is_read_as_datasets_reads_it(tmp_path: Path, infos: bool) -> None:
    names = ["B-X", "O"]
    splits = {
        ("a", "test"): nli([("p", "h", 2), ("q", "i", -1)]),
        ("b", "test"): tagged([(["x", "y"], ["O", "B-X"])], names),
        ("c", "test"): questions([("1", "text", "?", ["t"], [0])]),
    }
    folder = write_data_set(tmp_path, "org/all", splits, infos=infos)
    for config, split in splits:
        rows = hub_rows("org/all", split, {"en": config}, {})
        ours, _ = load_split(rows, config, split, find_split(tmp_path, "org/all", config, split))
        theirs = datasets.load_dataset(str(folder), config, split=split, cache_dir=str(tmp_path / f"cache-{infos}"))
        assert ours.features == theirs.features
        assert ours.to_list() == theirs.to_list()
