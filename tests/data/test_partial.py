"""A language whose rows are in several configs, and copies that lack some of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from mirrors import hub_rows, make_task, tagged, write_data_set

from study_utils.catalog import TASKS
from study_utils.data.check import main
from study_utils.data.choice import choose
from study_utils.data.sources import load_rows, source_digest, stated_rows
from study_utils.errors import DataError, MissingRowsError

TAGS = ["NOUN", "DET", "VERB"]
CONFIGS = {"en": ("en_a", "en_b", "en_c"), "de": "de_a", "fr": ("fr_a", "fr_b")}


def sentences(name: str, count: int):
    return tagged([([name, str(n)], ["NOUN", "VERB"]) for n in range(count)], TAGS)


def write(mirror: Path, *configs: str) -> Path:
    write_data_set(mirror, "org/trees", {(name, "test"): sentences(name, 2 + n) for n, name in enumerate(configs)})
    return mirror


@pytest.fixture
def task():
    rows = hub_rows("org/trees", "test", CONFIGS, {"tokens": "tokens", "tags": "upos"}, expected={"en": 9, "fr": 5})
    return make_task("tag", rows)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write(tmp_path, "en_a", "en_b", "en_c", "de_a", "fr_a", "fr_b")


@pytest.fixture
def some(tmp_path: Path) -> Path:
    return write(tmp_path, "en_a", "en_c", "de_a", "fr_b")


def load(task, mirror: Path, *languages: str, **more):
    languages = languages or task.languages
    return load_rows(task, "test", languages=languages, mirror=mirror, sources=("mirror",), **more)


def test_configs_are_joined_in_the_declared_order(task, whole: Path) -> None:
    frame = load(task, whole)
    english = frame[frame["language"] == "en"]
    assert [tokens[0] for tokens in english["tokens"]] == ["en_a"] * 2 + ["en_b"] * 3 + ["en_c"] * 4
    assert english["id"].tolist() == [str(n) for n in range(9)]
    assert frame.attrs["found"] == {"en": 9, "de": 5, "fr": 13}
    assert frame.attrs["absent"] == {}
    assert load(task, whole, partial=True).equals(frame)


def test_a_config_that_is_missing_is_an_error_that_says_what_to_do(task, some: Path) -> None:
    with pytest.raises(MissingRowsError) as caught:
        load(task, some)
    message = str(caught.value)
    assert "mirror: language 'en' lacks 1 of 3 configs (en_b), and 1 more languages lack some" in message
    assert message.endswith("let the study say partial_sets: true, to read what is there and say what is not")
    assert load(task, some, "de").attrs["absent"] == {}


def test_what_is_there_is_read_if_that_is_accepted_and_what_is_not_is_said(task, some: Path) -> None:
    frame = load(task, some, partial=True)
    assert frame.attrs["absent"] == {"en": ("en_b",), "fr": ("fr_a",)}
    assert frame.groupby("language", sort=False)["tokens"].agg(lambda own: sorted({t[0] for t in own})).to_dict() == {
        "en": ["en_a", "en_c"],
        "de": ["de_a"],
        "fr": ["fr_b"],
    }


def test_a_language_without_any_config_is_missing_all_the_same(task, tmp_path: Path) -> None:
    write(tmp_path, "en_a", "de_a")
    with pytest.raises(MissingRowsError, match="unknown config 'fr_a'") as caught:
        load(task, tmp_path, partial=True)
    assert "partial_sets" not in str(caught.value)
    assert len(load(task, tmp_path, "en", "de", partial=True)) == 5


def test_the_digest_names_the_files_that_are_read(task, some: Path) -> None:
    asked = {"languages": ("en", "de"), "mirror": some, "sources": ("mirror",)}
    digest = source_digest(task, "test", **asked, partial=True)
    assert set(digest["files"]) == {"en_a/test", "en_c/test", "de_a/test"}
    with pytest.raises(MissingRowsError):
        source_digest(task, "test", **asked)


def test_the_hub_is_asked_only_if_the_mirror_has_no_part_that_is_accepted(task, some: Path, monkeypatch) -> None:
    monkeypatch.setattr("study_utils.data.choice.check_reachable", lambda *_: None)
    strict = choose(task, "test", languages=("en",), mirror=some)
    assert (strict.kind, strict.absent) == ("hub", {})
    assert strict.rows.configs_of("en") == CONFIGS["en"]
    partial = choose(task, "test", languages=("en",), mirror=some, partial=True)
    assert (partial.kind, partial.rows.configs_of("en")) == ("mirror", ("en_a", "en_c"))
    assert choose(task, "test", languages=("en",), mirror=None, partial=True).kind == "hub"


def test_a_config_with_one_of_its_joined_splits_is_not_read(tmp_path: Path) -> None:
    own = {
        ("en_a", "train"): sentences("a", 2),
        ("en_a", "test"): sentences("A", 3),
        ("en_b", "test"): sentences("B", 4),
    }
    write_data_set(tmp_path, "org/trees", own)
    rows = hub_rows("org/trees", "train+test", {"en": ("en_a", "en_b")}, {"tokens": "tokens", "tags": "upos"})
    item = make_task("tag", rows)
    frame = load(item, tmp_path, partial=True)
    assert [tokens[0] for tokens in frame["tokens"]] == ["a"] * 2 + ["A"] * 3
    assert frame.attrs["absent"] == {"en": ("en_b",)}
    digest = source_digest(item, "test", languages=("en",), mirror=tmp_path, sources=("mirror",), partial=True)
    assert set(digest["files"]) == {"en_a/train", "en_a/test"}


def test_counts_of_a_part_are_those_of_the_card(task, some: Path) -> None:
    def stated(language, **more):
        return stated_rows(task, "test", language, mirror=some, sources=("mirror",), **more)

    assert stated("en", partial=True) == 2 + 3
    with pytest.raises(MissingRowsError):
        stated("en")


def test_a_bad_row_is_looked_for_in_the_files_of_all_configs(task, tmp_path: Path) -> None:
    bad = tagged([([" "], ["NOUN"])], TAGS)
    splits = {("fr_a", "test"): sentences("fr_a", 2), ("fr_b", "test"): bad}
    write_data_set(tmp_path, "org/trees", splits)
    with pytest.raises(DataError, match=r"fr_a.*parquet \+ .*fr_b.*parquet, language 'fr', row 2"):
        load(task, tmp_path, "fr")


def test_the_check_counts_what_is_there_and_names_what_is_not(some: Path, monkeypatch, task, capsys) -> None:
    monkeypatch.setitem(TASKS, "toy", task)
    arguments = ["check", "--mirror", str(some), "--sources", "mirror", "--full", "toy"]
    assert main(arguments) == 1
    assert main([*arguments, "--allow-subset"]) == 0
    out, err = capsys.readouterr()
    english = next(line for line in out.splitlines() if " en " in line)
    assert english.split()[:7] == ["toy", "test", "en", "mirror", "short", "9", "5"]
    assert "2 languages (partial_sets: true lets a study use them): en without en_b; fr without fr_a" in err
