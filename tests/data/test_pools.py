"""Pools to mine and candidates to rank, made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset
from mirrors import hub_rows, make_task, write_data_set

from study_utils.catalog import Task
from study_utils.data.caps import cap
from study_utils.data.sources import load_rows, source_digest
from study_utils.errors import DataError

MINE = {"foreign_id": "source_lang", "english_id": "target_lang", "id": "id", "text": "sentence"}
RANK = {
    **dict(id="id", text="question", passage="context", starts="answers.answer_start"),
    **dict(paragraph="paragraph_id", sentence_starts="sentence_starts", sentence_ends="sentence_ends"),
}


def load(task: Task, mirror: Path, *languages: str):
    return load_rows(task, "test", languages=languages, mirror=mirror, sources=("mirror",))


@pytest.fixture
def mine(tmp_path: Path) -> Task:
    pairs = Dataset.from_dict({"source_lang": ["z2", "z3"], "target_lang": ["e1", "e2"]})
    pools = {
        ("pool.zh", "zh"): Dataset.from_dict({"id": ["z1", "z2", "z3"], "sentence": ["yi ", "er", "san"]}),
        ("pool.zh", "en"): Dataset.from_dict({"id": ["e1", "e2", "e3"], "sentence": ["two", "three", "four"]}),
    }
    write_data_set(tmp_path, "org/bucc", {("bucc.zh", "validation"): pairs, **pools})
    beside = {"foreign": "pool.{language}/{language}", "english": "pool.{language}/en"}
    rows = hub_rows("org/bucc", "validation", {"zh": "bucc.zh"}, MINE, beside=beside)
    return make_task("retrieve-mine", rows, metric="mining_f1")


def test_pools_with_their_pairs(mine: Task, tmp_path: Path) -> None:
    frame = load(mine, tmp_path, "zh")
    assert frame.to_numpy().tolist() == [
        ["z1", "zh", "foreign", "yi", ""],
        ["z2", "zh", "foreign", "er", "e1"],
        ["z3", "zh", "foreign", "san", "e2"],
        ["e1", "zh", "english", "two", "z2"],
        ["e2", "zh", "english", "three", "z3"],
        ["e3", "zh", "english", "four", ""],
    ]
    assert frame.attrs["found"] == {"zh": 2}
    digest = source_digest(mine, "test", languages=("zh",), mirror=tmp_path, sources=("mirror",))
    assert list(digest["files"]) == ["bucc.zh/validation", "pool.zh/zh", "pool.zh/en"]


def test_a_pair_outside_its_pool_is_refused(mine: Task, tmp_path: Path) -> None:
    pairs = Dataset.from_dict({"source_lang": ["z2", "z9"], "target_lang": ["e2", "e1"]})
    pairs.to_parquet(tmp_path / "org/bucc/bucc.zh/validation-00000-of-00001.parquet")
    with pytest.raises(DataError, match=r"row 1: its sentence 'z9' is not in the foreign pool .*; 1 gold pairs"):
        load(mine, tmp_path, "zh")


def test_a_cap_keeps_pairs_whole_and_is_nested(mine: Task, tmp_path: Path) -> None:
    frame = load(mine, tmp_path, "zh")
    kept = {limit: set(cap(frame, limit)["id"]) for limit in (1, 2, 3)}
    assert kept[1] <= kept[2] <= kept[3] == set(frame["id"])
    for limit, ids in kept.items():
        capped = cap(frame, limit)
        assert capped.groupby("side").size().max() <= limit
        assert ("z2" in ids) == ("e1" in ids)


@pytest.fixture
def rank(tmp_path: Path) -> Task:
    splits = {}
    for language, text in (("en", "One here. Two there."), ("de", "Eins hier. Zwei da.")):
        cut = text.index(".") + 1
        splits[language, "validation"] = Dataset.from_dict(
            {
                "id": ["q1", "q2"],
                "context": [text, text],
                "question": [f"{language} second?", f"{language} first?"],
                "answers": [{"answer_start": [cut + 1]}, {"answer_start": [0]}],
            }
        )
        splits[f"candidates.{language}", "validation"] = Dataset.from_dict(
            {
                "paragraph_id": ["p"],
                "context": [text],
                "sentence_starts": [[0, cut + 1]],
                "sentence_ends": [[cut, len(text)]],
            }
        )
    write_data_set(tmp_path, "org/reqa", splits)
    rows = hub_rows(
        "org/reqa",
        "validation",
        {"en": "en", "de": "de"},
        RANK,
        beside={"candidates": "candidates.{language}/validation"},
    )
    return make_task("retrieve-rank", rows, metric="map_at_20")


def test_sentences_are_candidates_and_targets_cross_languages(rank: Task, tmp_path: Path) -> None:
    frame = load(rank, tmp_path, "en", "de")
    records = frame.to_dict("records")
    assert [(r["id"], r["language"], r["side"], r["text"]) for r in records] == [
        ("q1", "en", "query", "en second?"),
        ("q2", "en", "query", "en first?"),
        ("en-p-0", "en", "candidate", "One here."),
        ("en-p-1", "en", "candidate", "Two there."),
        ("q1", "de", "query", "de second?"),
        ("q2", "de", "query", "de first?"),
        ("de-p-0", "de", "candidate", "Eins hier."),
        ("de-p-1", "de", "candidate", "Zwei da."),
    ]
    targets = [r["targets"] for r in records]
    assert targets[0] == targets[4] == ["en-p-1", "de-p-1"]
    assert targets[1] == targets[5] == ["en-p-0", "de-p-0"]
    assert targets[2] == targets[7] == []
    assert records[2]["context"] == "One here. Two there."
    assert load(rank, tmp_path, "de")["targets"].tolist()[0] == ["de-p-1"]


def test_a_cap_leaves_out_queries_never_candidates(rank: Task, tmp_path: Path) -> None:
    capped = cap(load(rank, tmp_path, "en", "de"), 1)
    assert capped["side"].value_counts().to_dict() == {"candidate": 4, "query": 2}
    assert capped.loc[capped["side"] == "query", "id"].nunique() == 1


def test_an_answer_in_no_sentence_leaves_the_question_out(rank: Task, tmp_path: Path) -> None:
    path = tmp_path / "org/reqa/en/validation-00000-of-00001.parquet"
    rows = Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache")).to_list()
    rows[0]["answers"]["answer_start"] = [9]  # the blank between the sentences
    Dataset.from_list(rows).to_parquet(path)
    frame = load(rank, tmp_path, "en")
    assert frame.loc[frame["side"] == "query", "id"].tolist() == ["q2"]
    assert frame.attrs["dropped"] == 1
    rows[0] |= {"context": "Elsewhere.", "answers": {**rows[0]["answers"], "answer_start": [0]}}
    Dataset.from_list(rows).to_parquet(path)
    with pytest.raises(DataError, match=r"its passage is not among the candidates' paragraphs: 'Elsewhere\.'"):
        load(rank, tmp_path, "en")


def test_candidates_listed_once_for_all_languages(tmp_path: Path) -> None:
    splits = {
        (code, "test"): Dataset.from_dict({"mention": [f"{code} Rome"], "entity_id": ["Q220"]}) for code in ("en", "de")
    }
    entities = {"entity_id": ["Q220", "Q90"], "description": ["capital of Italy", "capital of France"]}
    splits["entities", "test"] = Dataset.from_dict(entities)
    write_data_set(tmp_path, "org/mewsli", splits)
    columns = dict(text="mention", target="entity_id", candidate_id="entity_id", candidate_text="description")
    rows = hub_rows("org/mewsli", "test", {"en": "en", "de": "de"}, columns, beside={"candidates": "entities/test"})
    frame = load(make_task("retrieve-rank", rows, metric="map_at_20"), tmp_path, "en", "de")
    assert frame["side"].tolist() == ["query", "candidate", "candidate", "query"]
    assert frame["targets"].tolist() == [["Q220"], [], [], ["Q220"]]
