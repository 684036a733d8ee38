"""Each role of a user's own task from its own place: files, a mirror, or rows of a task of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from mirrors import nli, write_data_set

from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.check import main
from study_utils.data.sources import load_rows, source_digest
from study_utils.errors import DataError, ParameterError
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.plan.declared import declaration

SPEC = {
    **dict(title="T", format="classify", labels=["yes", "maybe", "no"], metric="accuracy", licence="l", citation="c"),
    **dict(columns={"text": "premise", "text_pair": "hypothesis", "label": "label"}),
}
FROM_MNLI = {"entailment": "yes", "neutral": "maybe", "contradiction": "no"}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    tasks, conditions = dict(TASKS), dict(CONDITIONS)
    yield
    for now, before in ((TASKS, tasks), (CONDITIONS, conditions)):
        now.clear()
        now.update(before)


def enter(place: Path, **changes: object) -> None:
    (place / "tasks.yaml").write_text(yaml.safe_dump({"tasks": {"mine": SPEC | changes}}), encoding="utf-8")
    enter_tasks(place / "tasks.yaml")


def rows(role: str, language: str, mirror: Path) -> list[list[str]]:
    frame = load_rows(TASKS["mine"], role, languages=(language,), mirror=mirror)
    return frame[["text", "text_pair", "label"]].to_numpy().tolist()


def test_every_role_has_its_own_place_columns_and_numbers(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    write_data_set(mirror, "nyu-mll/glue", {("mnli", "train"): nli([("A man.", "A human.", 0), ("B.", "Not B.", 2)])})
    other = nli([("Ein Mann.", "Niemand.", 0)], ("contradiction", "entailment", "neutral"))
    write_data_set(mirror, "you/deu", {("default", "test"): other.rename_columns({"premise": "p", "hypothesis": "h"})})
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/dev.csv").write_text("a;b;y\nC.;Maybe C.;2\n", encoding="utf-8")
    enter(
        tmp_path,
        label_names=FROM_MNLI,
        train="mnli",
        validation=dict(
            **dict(folder="dev", files={"en": "dev.csv"}, separator=";"),
            **dict(columns={"text": "a", "text_pair": "b", "label": "y"}, label_names={1: "yes", 2: "maybe", 3: "no"}),
        ),
        test=dict(
            **dict(hub_id="you/deu", revision="abc", split="test", configs={"de": "default"}),
            columns={"text": "p", "text_pair": "h", "label": "label"},
        ),
    )
    assert rows("train", "en", mirror) == [["A man.", "A human.", "yes"], ["B.", "Not B.", "no"]]
    assert rows("validation", "en", mirror) == [["C.", "Maybe C.", "maybe"]]
    assert rows("test", "de", mirror) == [["Ein Mann.", "Niemand.", "no"]]
    assert TASKS["mine"].same_data == ("mnli",)
    kinds = [
        source_digest(TASKS["mine"], role, languages=(code,), mirror=mirror)["kind"]
        for role, code in (("train", "en"), ("validation", "en"), ("test", "de"))
    ]
    assert kinds == ["mirror", "folder", "mirror"]


def test_rows_with_the_same_label_names_are_the_catalogues_own(tmp_path: Path) -> None:
    enter(tmp_path, labels=list(FROM_MNLI), train="mnli", validation="mnli", test="xnli")
    assert TASKS["mine"].train == TASKS["mnli"].train
    assert TASKS["mine"].test == TASKS["xnli"].test


FOLDER = {"folder": ".", "files": {"en": "a.csv"}}


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("mnly", "unknown task.*mnly.*Did you mean 'mnli'"),
        ("stsb", "are of format regress"),
        ("mnli", "mnli has the label 'entailment', which this task lacks: name it in label_names"),
        ("tatoeba", "the task 'tatoeba' has no train rows"),
        ({"en": "a.csv"}, "train: name either a folder of files or a hub_id"),
        (FOLDER | {"hub_id": "a/b", "revision": "c"}, "train: name either a folder of files or a hub_id"),
        ({"hub_id": "a/b", "split": "s", "configs": {"en": "c"}}, "train: a hub_id needs a revision"),
        ({"hub_id": "a/b", "revision": "c", "files": {"en": "a.csv"}}, "train: write split and configs"),
        ({"folder": ".", "split": "s", "configs": {"en": "c"}}, "train: write one file a language"),
        (FOLDER | {"fils": {"en": "a.csv"}}, "unknown field 'fils'. Did you mean 'files'"),
        (FOLDER | {"columns": {"text": "a", "textpair": "b", "label": "c"}}, "unknown field 'textpair'.*'text_pair'"),
        (FOLDER | {"columns": {"text": "a"}}, "columns must also say which column holds label"),
    ],
)
def test_what_a_role_may_not_say(tmp_path: Path, train: object, said: str) -> None:
    validation = {"folder": ".", "files": {"en": "a.csv"}}
    with pytest.raises(ParameterError, match=f"(?s){said}"):
        enter(tmp_path, train=train, validation=validation)


def test_a_mirror_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["check", "--mirror", str(tmp_path / "nowhere"), "command_choice"]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_the_first_mirror_that_has_the_rows_is_read(tmp_path: Path) -> None:
    for name, text in (("a", "From a."), ("b", "From b.")):
        write_data_set(tmp_path / name, f"you/{name}", {("default", "train"): nli([(text, "H.", 0)])})
        write_data_set(tmp_path / name, "you/both", {("default", "train"): nli([(f"Both {text}", "H.", 0)])})
    both = (tmp_path / "a", tmp_path / "b")
    for hub_id, found in (("you/b", "From b."), ("you/both", "Both From a.")):
        place = dict(hub_id=hub_id, revision="abc", split="train", configs={"en": "default"})
        enter(tmp_path, labels=list(FROM_MNLI), title=hub_id, train=place, validation=place)
        for mirrors, first in ((both, found), (both[::-1], found.replace("Both From a", "Both From b"))):
            frame = load_rows(TASKS["mine"], "train", languages=("en",), mirror=mirrors)
            assert list(frame["text"]) == [first]
        del TASKS["mine"], CONDITIONS["mine"]


def test_a_study_names_one_mirror_or_several() -> None:
    assert load_params("quick", {"mirror": ""}).mirrors == ()
    assert load_params("quick", {"mirror": "one"}).mirrors == (project_root() / "one",)
    assert load_params("quick", {"mirror": ["one", "two"]}).mirrors == (project_root() / "one", project_root() / "two")


TSV = "language\tpremise\thypothesis\tlabel\tset\naym\tA\tB\tyes\tTEST\nbzd\tC\tD\tno\tTEST\naym\tE\tF\tmaybe\tTRIAL\n"


def test_one_file_holds_several_languages_and_splits(tmp_path: Path) -> None:
    (tmp_path / "all.tsv").write_text(TSV, encoding="utf-8")
    files = {"aym": "all.tsv", "bzd": "all.tsv"}
    enter(tmp_path, folder=".", test={"files": files, "language_column": "language", "leave_out": {"set": ["TRIAL"]}})
    assert rows("test", "ay", tmp_path) == [["A", "B", "yes"]]
    assert rows("test", "bzd", tmp_path) == [["C", "D", "no"]]
    said = declaration(TASKS["mine"].test, ("ay",))
    assert said["select"] == {"column": "language", "by_language": {"ay": "aym"}, "prefix": False}


def test_a_language_that_a_file_lacks_is_answered_with_those_it_has(tmp_path: Path) -> None:
    (tmp_path / "all.tsv").write_text(TSV, encoding="utf-8")
    enter(tmp_path, folder=".", language_column="language", test={"ay": "all.tsv"})
    with pytest.raises(DataError, match=r"no row whose language is 'ay' \(language 'ay'\); there are aym, bzd"):
        rows("test", "ay", tmp_path)


@pytest.mark.parametrize("name", ["files", "configs"])
def test_one_file_for_two_languages_needs_the_column_that_tells_them_apart(tmp_path: Path, name: str) -> None:
    hub = {"hub_id": "a/b", "revision": "c", "split": "test"} if name == "configs" else {"folder": "."}
    with pytest.raises(ParameterError, match=r"test: x is named for de and fr: .* in language_column"):
        enter(tmp_path, test={name: {"de": "x", "fr": "x", "es": "y"}, **hub})
