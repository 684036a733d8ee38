"""Rows from small mirrors, the choice of the source, and what is said when something is wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import datasets
import huggingface_hub.constants
import pandas as pd
import pytest
from datasets import Dataset
from mirrors import NLI, NLI_COLUMNS, hub_rows, make_task, nli, tagged, write_data_set

from study_utils.catalog import HeldOut, StarterRows, Task
from study_utils.catalog.formats import SHAPES
from study_utils.data import starter
from study_utils.data.sources import load_rows, source_digest, stated_rows
from study_utils.errors import DataError, ParameterError

EN = [(" A cat.\n", "It sleeps.", 0), ("A dog.", " It runs. ", 1), ("A cow.", "It sings.", 2)]
DE = [("Eine Katze.", "Sie schläft.", 2), ("Ein Hund.", "Er läuft.", 1)]
OTHER_ORDER = ("contradiction", "neutral", "entailment")
CONFIGS = {"en": "eng", "de": "deu"}


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    write_data_set(
        tmp_path / "mirror",
        "org/nli",
        {
            ("eng", "test"): nli(EN),
            ("eng", "train"): nli(EN),
            ("deu", "test"): nli(DE, names=OTHER_ORDER),  # the same labels under other numbers
        },
    )
    return tmp_path / "mirror"


@pytest.fixture
def task() -> Task:
    return make_task("classify", hub_rows("org/nli", "test", CONFIGS, NLI_COLUMNS))


def load(task: Task, mirror: Path | None, *languages: str, sources=("mirror",), role="test"):
    return load_rows(task, role, languages=languages or task.languages, mirror=mirror, sources=sources)


def digest(task: Task, mirror: Path | None, *languages: str, sources=("mirror",)) -> dict:
    return source_digest(task, "test", languages=languages or task.languages, mirror=mirror, sources=sources)


def test_how_many_rows_there_are_is_stated_without_loading_any(mirror: Path) -> None:
    def stated(language="en", **fields):
        rows = hub_rows("org/nli", "test", CONFIGS, NLI_COLUMNS, expected={"en": 500, "de": 500}, **fields)
        return stated_rows(make_task("classify", rows), "test", language, mirror=mirror, sources=("mirror",))

    assert (stated(), stated("de")) == (3, 2), "what the card of the copy says"
    cuts = [stated(held_out=HeldOut(held=held, share=1 / 3)) for held in (True, False)]
    assert cuts == [1, 2]
    starter_rows = StarterRows(recipe="intent", split="test", languages=("en",))
    assert stated_rows(make_task("classify", starter_rows), "test", "en", mirror=None) is None


def test_rows_of_two_languages(mirror: Path, task: Task) -> None:
    frame = load(task, mirror)
    assert [tuple(row) for row in frame.itertuples(index=False)] == [
        ("0", "en", "A cat.", "It sleeps.", "entailment"),
        ("1", "en", "A dog.", "It runs.", "neutral"),
        ("2", "en", "A cow.", "It sings.", "contradiction"),
        ("0", "de", "Eine Katze.", "Sie schläft.", "entailment"),  # by name: the number is 2 here
        ("1", "de", "Ein Hund.", "Er läuft.", "neutral"),
    ]
    assert list(frame.columns) == ["id", "language", "text", "text_pair", "label"]
    assert frame.attrs == {
        "dropped": 0,
        "moved": 0,
        "source": "mirror",
        "found": {"en": 3, "de": 2},
        "absent": {},
        "met": [],
    }
    assert load(task, mirror, "de", "en")["language"].tolist() == ["de"] * 2 + ["en"] * 3


def test_the_card_need_not_describe_features(tmp_path: Path, task: Task) -> None:
    write_data_set(tmp_path, "org/nli", {("eng", "test"): nli(EN, names=OTHER_ORDER)}, infos=False)
    assert load(task, tmp_path, "en")["label"].tolist() == ["contradiction", "neutral", "entailment"]


def test_plain_text_labels_ids_and_single_sentences(tmp_path: Path) -> None:
    rows = Dataset.from_dict({"nr": [7, 9], "text": ["x", "y"], "category": ["neutral", "entailment"]})
    write_data_set(tmp_path, "org/topics", {("eng", "test"): rows})
    columns = {"id": "nr", "text": "text", "label": "category"}
    frame = load(make_task("classify", hub_rows("org/topics", "test", {"en": "eng"}, columns)), tmp_path)
    assert frame[["id", "text_pair", "label"]].to_numpy().tolist() == [
        ["7", "", "neutral"],
        ["9", "", "entailment"],
    ]


def test_values(tmp_path: Path) -> None:
    rows = Dataset.from_dict({"a": ["x", "y", "z"], "b": ["u", "v", "w"], "score": [5, 0, -1]})
    write_data_set(tmp_path, "org/sts", {("eng", "test"): rows})
    columns = {"text": "a", "text_pair": "b", "label": "score"}
    frame = load(make_task("regress", hub_rows("org/sts", "test", {"en": "eng"}, columns, [-1])), tmp_path)
    assert frame["label"].tolist() == [5.0, 0.0]
    assert frame["label"].dtype == float
    assert frame.attrs["dropped"] == 1


def test_tags_and_dropped_sentences(tmp_path: Path) -> None:
    names = ["VERB", "_", "NOUN", "DET"]
    rows = [(["the", "cat"], ["DET", "NOUN"]), (["du"], ["_"]), (["runs"], ["VERB"])]
    rows += [(["a", "l"], ["DET", "_"])]
    write_data_set(tmp_path, "org/ud", {("en_x", "test"): tagged(rows, names)})
    columns = {"tokens": "tokens", "tags": "upos"}
    frame = load(make_task("tag", hub_rows("org/ud", "test", {"en": "en_x"}, columns, ["_"])), tmp_path)
    assert frame[["id", "tokens", "tags"]].to_numpy().tolist() == [
        ["0", ["the", "cat"], ["DET", "NOUN"]],
        ["2", ["runs"], ["VERB"]],
    ]
    assert frame.attrs["dropped"] == 2


def test_translations(tmp_path: Path) -> None:
    rows = Dataset.from_dict({"sentence1": ["Hallo\n", "Tschüss"], "sentence2": ["Hello\n", "Bye"]})
    write_data_set(tmp_path, "org/bitext", {("deu-eng", "test"): rows})
    columns = {"text": "sentence1", "translation": "sentence2"}
    frame = load(make_task("retrieve", hub_rows("org/bitext", "test", {"de": "deu-eng"}, columns)), tmp_path)
    assert frame.to_numpy().tolist() == [["0", "de", "Hallo", "Hello"], ["1", "de", "Tschüss", "Bye"]]


# --- labels that are not there ---


def test_unlabelled_rows_are_dropped_and_counted(tmp_path: Path) -> None:
    write_data_set(tmp_path, "org/nli", {("eng", "test"): nli([*EN, ("x", "y", -1)])})
    columns = hub_rows("org/nli", "test", {"en": "eng"}, NLI_COLUMNS, [-1])
    frame = load(make_task("classify", columns), tmp_path)
    assert (len(frame), frame.attrs["dropped"]) == (3, 1)


def test_undeclared_missing_label_is_refused(tmp_path: Path, task: Task) -> None:
    write_data_set(tmp_path, "org/nli", {("eng", "test"): nli([*EN, ("x", "y", -1)])})
    with pytest.raises(DataError, match=r"test-00000-of-00001\.parquet, language 'en', row 3, id '3': missing"):
        load(task, tmp_path, "en")


def test_a_split_without_any_gold_label(tmp_path: Path) -> None:
    write_data_set(tmp_path, "org/nli", {("eng", "test"): nli([("x", "y", -1)] * 2)})
    task = make_task("classify", hub_rows("org/nli", "test", {"en": "eng"}, NLI_COLUMNS, [-1]))
    with pytest.raises(DataError, match="none of 2 rows has a gold label"):
        load(task, tmp_path)


def test_undeclared_label_name(tmp_path: Path, task: Task) -> None:
    names = ("entailment", "neutral", "contradicts")
    write_data_set(tmp_path, "org/nli", {("eng", "test"): nli(EN, names=names)})
    with pytest.raises(DataError, match=r"row 2.*'contradicts'.*Did you mean 'contradiction'"):
        load(task, tmp_path, "en")


def test_numbers_without_names(tmp_path: Path, task: Task) -> None:
    rows = Dataset.from_dict({"premise": ["x"], "hypothesis": ["y"], "label": [1]})
    write_data_set(tmp_path, "org/nli", {("eng", "test"): rows})
    with pytest.raises(DataError, match=r"labels are of type 'int64' without names"):
        load(task, tmp_path, "en")


def test_empty_split(tmp_path: Path, task: Task) -> None:
    write_data_set(tmp_path, "org/nli", {("eng", "test"): nli([])})
    with pytest.raises(DataError, match=r"test-00000-of-00001\.parquet, language 'en': no rows"):
        load(task, tmp_path, "en")


def test_missing_columns(mirror: Path) -> None:
    rows = hub_rows("org/nli", "test", {"en": "eng"}, {**NLI_COLUMNS, "text_pair": "hypotheses"})
    with pytest.raises(DataError, match=r"columns hypotheses \(for text_pair\) are missing; there are"):
        load(make_task("classify", rows), mirror)


# --- what is not there ---

GET_IT = r"hf download org/nli --repo-type dataset --revision v1 --local-dir "


@pytest.mark.parametrize("call", [load, digest])
def test_no_mirror(task: Task, call) -> None:
    with pytest.raises(DataError, match=r"'org/nli', config 'eng', 'deu', split 'test'.*none is set.*" + GET_IT):
        call(task, None)


@pytest.mark.parametrize("call", [load, digest])
def test_missing_mirror_folder(tmp_path: Path, task: Task, call) -> None:
    with pytest.raises(DataError, match=rf"no folder {tmp_path / 'x'}\. .*{GET_IT}{tmp_path / 'x' / 'org/nli'}"):
        call(task, tmp_path / "x")


@pytest.mark.parametrize("call", [load, digest])
def test_missing_data_set(tmp_path: Path, task: Task, call) -> None:
    with pytest.raises(DataError, match=rf"no folder {tmp_path / 'org/nli'}"):
        call(task, tmp_path)


@pytest.mark.parametrize("call", [load, digest])
def test_missing_card(mirror: Path, task: Task, call) -> None:
    (mirror / "org/nli/README.md").unlink()
    with pytest.raises(DataError, match=r"no dataset card README\.md"):
        call(task, mirror)


@pytest.mark.parametrize("call", [load, digest])
def test_missing_config_has_near_names(mirror: Path, call) -> None:
    task = make_task("classify", hub_rows("org/nli", "test", {"en": "eng", "de": "deutsch"}, NLI_COLUMNS))
    with pytest.raises(DataError, match=r"unknown config 'deutsch' \(.*README\.md\)\. Did you mean 'deu'"):
        call(task, mirror)


@pytest.mark.parametrize("call", [load, digest])
def test_missing_split(mirror: Path, call) -> None:
    task = make_task("classify", hub_rows("org/nli", "validation", CONFIGS, NLI_COLUMNS))
    with pytest.raises(DataError, match=r"unknown split 'validation' \(config 'eng' in .*Known: test, train"):
        call(task, mirror)


@pytest.mark.parametrize("call", [load, digest])
def test_missing_file(mirror: Path, task: Task, call) -> None:
    shutil.rmtree(mirror / "org/nli/deu")
    with pytest.raises(DataError, match=r"no file in .*org/nli matches deu/test-\*"):
        call(task, mirror)


@pytest.mark.parametrize("call", [load, digest])
def test_missing_shard(mirror: Path, task: Task, call) -> None:
    path = mirror / "org/nli/deu/test-00000-of-00001.parquet"
    path.rename(path.with_name("test-00001-of-00002.parquet"))
    with pytest.raises(DataError, match=r"of 2 files .* number 0 is missing"):
        call(task, mirror)


@pytest.mark.parametrize("call", [load, digest])
@pytest.mark.parametrize("keep", [0, 4, -8])
def test_damaged_file_is_named(mirror: Path, task: Task, keep: int, call) -> None:
    path = mirror / "org/nli/deu/test-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"deu/test-00000-of-00001\.parquet (is empty|\(\d+ bytes\) is cut)"):
        call(task, mirror)


def test_damage_inside_a_file_is_named(mirror: Path, task: Task) -> None:
    path = mirror / "org/nli/deu/test-00000-of-00001.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 12) + content[-8:])
    with pytest.raises(DataError, match=r"deu/test-00000-of-00001\.parquet can't be read.*Fetch 'org/nli'"):
        load(task, mirror, "de")


@pytest.mark.parametrize("call", [load, digest])
def test_unreadable_card(mirror: Path, task: Task, call) -> None:
    (mirror / "org/nli/README.md").write_text("---\nconfigs: [\n---\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"README\.md can't be read as a dataset card"):
        call(task, mirror)


def test_fewer_rows_than_the_card_says(mirror: Path, task: Task) -> None:
    nli(EN[:2]).to_parquet(mirror / "org/nli/eng/test-00000-of-00001.parquet")
    with pytest.raises(DataError, match=r"2 rows, but the card .*README\.md says 3"):
        load(task, mirror, "en")


@pytest.mark.parametrize("call", [load, digest])
def test_undeclared_language(mirror: Path, task: Task, call) -> None:
    with pytest.raises(DataError, match=r"unknown language 'dee' \(test rows of task 'toy'\)\. Did you mean"):
        call(task, mirror, "en", "dee")
    with pytest.raises(DataError, match=r"repeat"):
        call(task, mirror, "en", "en")


def test_undeclared_role_and_source(mirror: Path, task: Task) -> None:
    with pytest.raises(DataError, match=r"task 'toy' has no train rows; it has test rows"):
        load(task, mirror, role="train")
    with pytest.raises(ParameterError, match=r"unknown source 'miror'\. Did you mean 'mirror'"):
        load(task, mirror, sources=("miror",))


# --- identity ---


def test_digest_is_of_the_content(mirror: Path, task: Task, tmp_path: Path) -> None:
    first = digest(task, mirror)
    assert json.loads(json.dumps(first)) == first
    assert first["kind"] == "mirror"
    assert first["hub_id"] == "org/nli"
    content = (mirror / "org/nli/eng/test-00000-of-00001.parquet").read_bytes()
    assert list(first["files"]) == ["eng/test", "deu/test"]
    assert first["files"]["eng/test"] == hashlib.sha256(content).hexdigest()
    shutil.copytree(mirror, tmp_path / "copy")
    assert digest(task, tmp_path / "copy") == first  # neither path nor times enter
    card = mirror / "org/nli/README.md"
    card.write_text(card.read_text(encoding="utf-8") + "\nMore words.\n", encoding="utf-8")
    assert digest(task, mirror) == first
    nli(EN[:1]).to_parquet(mirror / "org/nli/eng/train-00000-of-00001.parquet")
    assert digest(task, mirror) == first  # another split
    nli(DE[::-1], names=OTHER_ORDER).to_parquet(mirror / "org/nli/deu/test-00000-of-00001.parquet")
    second = digest(task, mirror)
    assert second["files"]["eng/test"] == first["files"]["eng/test"]
    assert second["files"]["deu/test"] != first["files"]["deu/test"]
    assert digest(task, mirror, "en")["files"] == {"eng/test": first["files"]["eng/test"]}


def test_renamed_classes_in_the_card_change_rows_and_digest(mirror: Path, task: Task) -> None:
    before, rows = digest(task, mirror, "en"), load(task, mirror, "en")
    card = mirror / "org/nli/README.md"
    text = card.read_text(encoding="utf-8")
    names = ["'0': entailment", "'2': contradiction"]
    swapped = text.replace(names[0], "'0': contradiction", 1).replace(names[1], "'2': entailment", 1)
    assert swapped != text
    card.write_text(swapped, encoding="utf-8")
    assert load(task, mirror, "en")["label"].tolist() != rows["label"].tolist()
    assert digest(task, mirror, "en") != before


def test_changed_file_is_read_again(mirror: Path, task: Task) -> None:
    assert len(load(task, mirror, "de")) == 2
    path = mirror / "org/nli/deu/test-00000-of-00001.parquet"
    times = path.stat()
    changed = [("Eine Kuh..", "Sie schläft.", 0), ("Ein Hund.", "Er läuft.", 1)]
    nli(changed, names=OTHER_ORDER).to_parquet(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # even when the time of the file says otherwise
    assert load(task, mirror, "de")["text"].tolist() == ["Eine Kuh..", "Ein Hund."]


def test_nothing_stays_in_the_cache_folder(mirror: Path, task: Task, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    load(task, mirror)
    assert not (tmp_path / "cache").exists()


def test_digest_takes_milliseconds(mirror: Path, task: Task) -> None:
    digest(task, mirror)
    start = time.perf_counter()
    for _ in range(20):
        digest(task, mirror)
    assert (time.perf_counter() - start) / 20 < 0.01


def test_no_progress_bars(mirror: Path, task: Task, capfd: pytest.CaptureFixture) -> None:
    load(task, mirror)
    assert "%" not in "".join(capfd.readouterr())
    assert not datasets.utils.are_progress_bars_disabled()  # as it was


# --- the order of sources ---


def test_the_first_source_that_has_the_rows(
    mirror: Path, task: Task, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    hub = {"kind": "hub", "hub_id": "org/nli", "revision": "v1"}
    assert digest(task, mirror, sources=("mirror", "hub"))["kind"] == "mirror"
    assert digest(task, mirror, sources=("hub", "mirror")) == hub
    assert digest(task, mirror.parent / "x", sources=("mirror", "hub")) == hub
    assert digest(task, None, sources=("mirror", "hub")) == hub
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    assert digest(task, mirror, sources=("hub", "mirror"))["kind"] == "mirror"
    assert len(load(task, mirror, sources=("hub", "mirror"))) == 5


def test_damage_is_not_passed_over(mirror: Path, task: Task) -> None:
    (mirror / "org/nli/deu/test-00000-of-00001.parquet").write_bytes(b"")
    with pytest.raises(DataError, match="is empty"):
        digest(task, mirror, sources=("mirror", "hub"))


def test_card_forms(tmp_path: Path) -> None:
    """Every form that a card's data_files may have gives the same files as `datasets` finds."""
    rows = Dataset.from_dict({"text": ["x"], "label": ["neutral"]})
    columns = {"text": "text", "label": "label"}
    task = make_task("classify", hub_rows("org/forms", "train", {"en": "c"}, columns))
    folder = tmp_path / "org/forms"
    (folder / "c").mkdir(parents=True)
    (folder / "d").mkdir()
    for path in ("c/train.parquet", "d/test.parquet"):
        rows.to_parquet(folder / path)
    forms = [
        "  data_files: c/train.parquet",
        "  data_files: [c/train.parquet]",
        "  data_files:\n  - split: train\n    path: [c/*.parquet]",
        "  data_files:\n  - split: test\n    path: d/*\n  - split: train\n    path: c/*",
    ]
    for form in forms:
        (folder / "README.md").write_text(f"---\nconfigs:\n- config_name: c\n{form}\n---\n", encoding="utf-8")
        loaded = datasets.load_dataset(str(folder), "c", split="train", cache_dir=str(tmp_path / "cache"))
        assert load(task, tmp_path)["text"].tolist() == loaded["text"][:] == ["x"], form
        assert list(digest(task, tmp_path)["files"]) == ["c/train"]


def test_starter_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def recipe(split: str, language: str) -> pd.DataFrame:
        asked.append((split, language))
        rows = [] if language == "sw" else [(str(n), language, f"text {n}", "", "neutral") for n in range(2)]
        return pd.DataFrame(rows, columns=SHAPES["classify"].all_columns)

    monkeypatch.setitem(starter.RECIPES, "toy", recipe)
    rows = StarterRows(recipe="toy", split="test", languages=("en", "de", "sw"))
    task = make_task("classify", rows)
    frame = load(task, None, "de", "en", sources=("hub",))
    assert asked == [("test", "de"), ("test", "en")]
    assert frame["language"].tolist() == ["de", "de", "en", "en"]
    assert frame.attrs == {
        "dropped": 0,
        "moved": 0,
        "source": "starter",
        "found": {"de": 2, "en": 2},
        "absent": {},
        "met": [],
    }
    assert digest(task, None, "en") == {"kind": "starter", **starter.package_digest()}
    with pytest.raises(DataError, match=r"starter recipe 'toy', split 'test', language 'sw': no rows"):
        load(task, None)
    wrong = make_task("classify", StarterRows(recipe="toyy", split="test", languages=("en",)))
    for call in (load, digest):
        with pytest.raises(DataError, match=r"unknown starter recipe 'toyy'\. Did you mean 'toy'"):
            call(wrong, None)


def test_label_order_of_the_task_is_free(mirror: Path) -> None:
    task = make_task("classify", hub_rows("org/nli", "test", CONFIGS, NLI_COLUMNS), labels=NLI[::-1])
    assert load(task, mirror, "en")["label"].tolist() == list(NLI)
