"""Traps of published data sets, each in a small copy, with the project's own declarations."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value
from mirrors import hub_rows, nli, write_data_set

from study_utils.catalog import TASKS, HubRows
from study_utils.data.sources import load_rows
from study_utils.errors import CatalogError, DataError, MissingRowsError


def load(mirror: Path, task: str, role: str, *languages: str):
    return load_rows(TASKS[task], role, languages=languages or ("en",), mirror=mirror, sources=("mirror",))


def squad_like(rows: list[tuple[str, str]]) -> Dataset:
    return Dataset.from_dict(
        {
            "id": [key for key, _ in rows],
            "context": [text for _, text in rows],
            "question": ["?"] * len(rows),
            "answers": [{"text": [text[:1]], "answer_start": [0]} for _, text in rows],
        }
    )


def test_treebanks_by_name_swallow_other_languages() -> None:
    with pytest.raises(CatalogError, match=r"udpos\.Greek.*ancient.*commul/universal_dependencies"):
        hub_rows("google/xtreme", "train", {"el": "udpos.Greek"}, {"tokens": "tokens", "tags": "pos_tags"})


def test_treebanks_of_a_language_are_in_that_language() -> None:
    rows = TASKS["udpos"].test
    assert rows.configs_of("el") == ("el_gdt",)
    assert rows.configs_of("de") == ("de_gsd", "de_hdt", "de_lit", "de_pud")  # no Swiss German (gsw_uzh)
    assert all(name.startswith(f"{code}_") for code in rows.configs for name in rows.configs_of(code))


def test_english_training_rows_of_tydiqa_are_english(tmp_path: Path) -> None:
    rows = [(f"{name}-{n}", f"{name} {n}") for name in ("english", "korean", "indonesian") for n in range(40)]
    write_data_set(
        tmp_path, "google-research-datasets/tydiqa", {("secondary_task", "train"): squad_like(rows)}, infos=False
    )
    train, validation = (load(tmp_path, "tydiqa", role) for role in ("train", "validation"))
    assert len(train) + len(validation) == 40
    assert all(key.startswith("english-") for frame in (train, validation) for key in frame["id"])
    assert not set(train["text"]) & set(validation["text"])
    korean = load(tmp_path, "tydiqa_ko", "train", "ko")
    assert set(korean["language"]) == {"ko"}
    assert all(key.startswith("korean-") for key in korean["id"])


def test_label_names_not_numbers(tmp_path: Path) -> None:
    """OCNLI begins with neutral, SuperGLUE's CB with entailment then contradiction."""
    names = ("neutral", "entailment", "contradiction")
    rows = nli([("a", "b", 0), ("c", "d", 1), ("e", "f", -1)], names=names)
    rows = rows.rename_columns({"premise": "sentence1", "hypothesis": "sentence2"})
    write_data_set(tmp_path, "clue/clue", {("ocnli", "train"): rows})
    frame = load(tmp_path, "ocnli", "train", "zh")
    assert frame["label"].tolist() == ["neutral", "entailment"]
    assert frame.attrs["dropped"] == 1
    positive_first = Features(
        {"tweet": Value("string"), "label": ClassLabel(names=["positive", "neutral", "negative"])}
    )
    tweets = Dataset.from_dict({"tweet": ["x"], "label": [0]}, features=positive_first)
    write_data_set(tmp_path, "shmuhammad/AfriSenti-twitter-sentiment", {("hau", "test"): tweets})
    assert load(tmp_path, "afrisenti", "test", "ha")["label"].tolist() == ["positive"]


@pytest.mark.parametrize(
    ("task", "hub_id", "config", "columns", "label"),
    [
        ("hellaswag", "Rowan/hellaswag", "default", {"ctx": "x", "endings": list("abcd"), "label": "2"}, 2),
        (
            "social_iqa",
            "allenai/social_i_qa",
            "default",
            {"context": "x", "question": "?", "answerA": "a", "answerB": "b", "answerC": "c", "label": "3"},
            2,
        ),
        (
            "commonsenseqa",
            "tau/commonsense_qa",
            "default",
            {"id": "i", "question": "x", "choices": {"label": list("ABCDE"), "text": list("abcde")}, "answerKey": "E"},
            4,
        ),
        (
            "cosmosqa",
            "allenai/cosmos_qa",
            "default",
            {"id": "i", "context": "x", "question": "?", **{f"answer{n}": str(n) for n in range(4)}, "label": 3},
            3,
        ),
        (
            "head_qa",
            "dvilares/head_qa",
            "en",
            {"qtext": "x", "answers": [{"aid": n, "atext": str(n)} for n in (1, 2, 3, 4)], "ra": 4},
            3,
        ),
    ],
)
def test_right_choice_from_texts_letters_and_counts_from_one(
    tmp_path: Path, task: str, hub_id: str, config: str, columns: dict, label: int
) -> None:
    rows = {name: [value] for name, value in columns.items()}
    write_data_set(tmp_path, hub_id, {(config, "train"): Dataset.from_dict(rows)}, infos=False)
    frame = load(tmp_path, task, "train")
    assert frame["label"].tolist() == [label]
    assert frame["label"].tolist()[0] < len(frame["choices"].tolist()[0])


@pytest.mark.parametrize(
    ("task", "hub_id", "columns", "label", "none"),
    [
        ("hellaswag", "Rowan/hellaswag", {"ctx": "x", "endings": list("abcd")}, "label", ""),
        (
            "commonsenseqa",
            "tau/commonsense_qa",
            {"id": "i", "question": "x", "choices": {"text": list("abcde")}},
            "answerKey",
            "",
        ),
        (
            "cosmosqa",
            "allenai/cosmos_qa",
            {"id": "i", "context": "x", "question": "?", **{f"answer{n}": str(n) for n in range(4)}},
            "label",
            -1,
        ),
    ],
)
def test_stripped_labels_are_refused(
    tmp_path: Path, task: str, hub_id: str, columns: dict, label: str, none: object
) -> None:
    rows = {name: [value] * 2 for name, value in columns.items()} | {label: [none] * 2}
    write_data_set(tmp_path, hub_id, {("default", "train"): Dataset.from_dict(rows)}, infos=False)
    with pytest.raises(DataError, match="none of 2 rows has a gold label"):
        load(tmp_path, task, "train")


def test_xcopa_questions_are_those_of_estonian(tmp_path: Path) -> None:
    def copa(questions: list[str]) -> Dataset:
        columns = {"premise": ["p", "q"], "choice1": ["a", "c"], "choice2": ["b", "d"], "label": [0, 1], "idx": [1, 0]}
        return Dataset.from_dict({**columns, "question": questions})

    splits = {("th", "test"): copa(["effect", "effect"]), ("et", "test"): copa(["cause", "effect"])}
    write_data_set(tmp_path, "cambridgeltl/xcopa", splits)
    frame = load(tmp_path, "xcopa", "test", "th")
    assert frame["question"].tolist() == ["What was the cause?", "What was the effect?"]
    assert frame["id"].tolist() == ["1", "0"]
    short = copa(["cause", "effect"]).select([0])
    write_data_set(tmp_path, "cambridgeltl/xcopa", {**splits, ("et", "test"): short})
    with pytest.raises(DataError, match="the questions beside it lack the id '0'"):
        load(tmp_path, "xcopa", "test", "th")


@pytest.mark.parametrize("key", ["xquad", "mlqa", "mlqa_dev", "squad1", "squad2"])
def test_no_squad_task_trains_or_selects_on_the_development_set(key: str) -> None:
    for rows in (TASKS[key].train, TASKS[key].validation):
        assert rows.split == "train"
    assert TASKS[key].validation.held_out.held
    assert not TASKS[key].train.held_out.held


def test_squad_selects_on_passages_that_do_not_train(tmp_path: Path) -> None:
    rows = [(f"{n}-{q}", f"Passage {n}") for n in range(200) for q in range(2)]
    write_data_set(tmp_path, "rajpurkar/squad", {("plain_text", "train"): squad_like(rows)})
    train, validation = (load(tmp_path, "squad1", role) for role in ("train", "validation"))
    assert len(train) + len(validation) == 400
    assert 0 < validation["text"].nunique() < 30
    assert not set(train["text"]) & set(validation["text"])


def test_same_data_is_flagged_as_published() -> None:
    for key, related in {
        "xnli": {"mnli"},
        "xquad": {"squad1", "squad2"},
        "mlqa": {"squad1", "squad2"},
        "xcopa": {"social_iqa", "copa"},
        "stsb_multi": {"stsb", "stsb_de"},
    }.items():
        assert related <= set(TASKS[key].same_data)


def test_what_no_hub_has_says_how_to_get_it(tmp_path: Path) -> None:
    for task, role, said in (
        ("ccg", "train", "LDC2005T13"),
        ("bioasq_extractive", "train", "cut from published data"),
        ("bucc", "test", "gold pairs only"),
    ):
        item = TASKS[task]
        languages = item.languages[:1] if role == "test" else ("en",)
        with pytest.raises(MissingRowsError, match=said):
            load_rows(item, role, languages=languages, mirror=tmp_path, sources=("mirror", "hub"))


def test_the_documented_layout_of_ccgbank_is_read(tmp_path: Path) -> None:
    rows = Dataset.from_dict({"tokens": [["A", "cat", "sat"]], "tags": [["NP[nb]/N", "N", "S[dcl]\\NP[conj]"]]})
    folder = tmp_path / "ldc/ccgbank"
    folder.mkdir(parents=True)
    for split in ("train", "validation"):
        rows.to_parquet(folder / f"{split}.parquet")
    advice = TASKS["ccg"].train.not_on_hub
    head = [part.strip("'") for part in advice[advice.index("'---'") :].split(", ")]
    (folder / "README.md").write_text("\n".join(head) + "\n", encoding="utf-8")
    assert load(tmp_path, "ccg", "train")["tags"].tolist() == [["NP[nb]/N", "N", "OTHER"]]


def test_training_rows_in_another_language_never_score() -> None:
    for item in TASKS.values():
        if item.training_language != "en":
            assert item.test is None
            for rows in (item.train, item.validation):
                assert isinstance(rows, HubRows)
                assert list(rows.configs) == [item.training_language]
