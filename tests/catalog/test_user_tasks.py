"""A user's own tasks, from a file, without a line of code; the recipe in CONTRIBUTING.md, carried out."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from study_utils.catalog import CONDITIONS, TASKS, condition
from study_utils.catalog.titles import condition_title, task_title
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.check import main
from study_utils.data.sources import load_rows, source_digest
from study_utils.errors import DataError, ParameterError
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.plan.declared import declaration

HEADING = "## Add a data set of your own"


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    tasks, conditions = dict(TASKS), dict(CONDITIONS)
    yield
    for now, before in ((TASKS, tasks), (CONDITIONS, conditions)):
        now.clear()
        now.update(before)


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write the files of the recipe; gives its command."""
    text = (project_root() / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text[text.index(HEADING) :].split("\n## ")[0]
    blocks = re.findall(r"`([\w./]+)`[^`]*?:\n\n( +)```\w+\n(.*?)\n +```", section, flags=re.DOTALL)
    assert len(blocks) == 6
    for name, indent, content in blocks:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(re.sub(f"^{indent}", "", content, flags=re.MULTILINE) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return re.search(r"```sh\n +(.*?)\n", section).group(1)


def test_the_recipe(recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    program, arguments = recipe.split(" -m study_utils.data ")
    assert program == "python"
    assert main(shlex.split(arguments)) == 0
    assert "4 unstated" in capsys.readouterr().out
    params = load_params(str(tmp_path / "params/mine.yaml"))
    assert params.task_languages("my_tags") == ("en", "de")
    assert condition("my_tags").tasks == ("my_tags",)
    rows = load_rows(TASKS["my_tags"], "test", languages=("de",), mirror=None)
    assert rows.to_dict("records") == [
        {"id": "0", "language": "de", "tokens": ["Mehr", "Brot"], "tags": ["O", "B-FOOD"]}
    ]
    assert rows.attrs["source"] == "folder"


def test_the_digest_is_of_the_content(recipe: str, tmp_path: Path) -> None:
    enter_tasks(tmp_path / "my_tags/tasks.yaml")
    task = TASKS["my_tags"]
    before = source_digest(task, "test", languages=("en", "de"), mirror=None)
    assert json.loads(json.dumps(before)) == before
    assert str(tmp_path) not in json.dumps(before)
    path = tmp_path / "my_tags/test.de.jsonl"
    path.write_text(path.read_text().replace("Brot", "Reis"))
    after = source_digest(task, "test", languages=("en", "de"), mirror=None)
    assert after["files"]["en"] == before["files"]["en"]
    assert after["files"]["de"] != before["files"]["de"]
    path.unlink()
    with pytest.raises(DataError, match=r"test\.de\.jsonl is missing"):
        source_digest(task, "test", languages=("en", "de"), mirror=None)


def test_reading_the_same_file_twice_changes_nothing_and_another_one_is_refused(recipe: str, tmp_path: Path) -> None:
    path = tmp_path / "my_tags/tasks.yaml"
    assert enter_tasks(path) == enter_tasks(path) == ("my_tags",)
    path.write_text(path.read_text().replace("My tags", "Yours"))
    with pytest.raises(ParameterError, match="'my_tags' is declared twice"):
        enter_tasks(path)


SPEC = {
    **dict(title="T", format="classify", labels=["neg", "pos"], metric="accuracy", licence="l", citation="c"),
    **dict(columns={"text": "t", "label": "y"}, folder=".", train={"en": "a.csv"}, validation={"en": "a.csv"}),
}


TAGS = {"format": "tag", "metric": "span_f1", "columns": {"tokens": "t", "tags": "y"}}


def enter(place: Path, **changes: object) -> tuple[str, ...]:
    spec = {key: value for key, value in (SPEC | changes).items() if value is not None}
    (place / "tasks.yaml").write_text(yaml.safe_dump({"tasks": {"mine": spec}}), encoding="utf-8")
    return enter_tasks(place / "tasks.yaml")


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", 't,y\n"NA, he said",0\nnan,1\n'), ("a.tsv", "t\ty\nNA, he said\t0\nnan\t1\n")],
)
def test_cells_are_read_as_they_stand(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    enter(tmp_path, train={"en": name}, validation={"en": name}, label_names={"0": "neg", "1": "pos"})
    rows = load_rows(TASKS["mine"], "train", languages=("en",), mirror=None)
    assert rows[["text", "label"]].to_numpy().tolist() == [["NA, he said", "neg"], ["nan", "pos"]]


def test_a_hub_data_set_of_your_own(tmp_path: Path) -> None:
    hub = {"split": "train", "configs": {"de": "deu"}}
    enter(tmp_path, folder=None, hub_id="me/mine", revision="abc", train=hub, validation=hub, training_language="de")
    assert TASKS["mine"].train.configs == {"de": "deu"}
    assert TASKS["mine"].training_language == "de"


@pytest.mark.parametrize(("title", "shown"), [("Mine", "Mine (German)"), ("German texts", "German texts")])
def test_figures_and_tables_say_which_other_language_a_task_trains_in(tmp_path: Path, title: str, shown: str) -> None:
    enter(tmp_path, title=title, train={"deu": "a.csv"}, validation={"de": "a.csv"}, training_language="deu")
    assert task_title("mine") == condition_title("mine") == shown
    assert condition("mine").reason == "The same kind of task in German: does it have to be English?"


def test_a_target_may_be_trained_in_another_language(tmp_path: Path) -> None:
    rows = {"training_language": "de", "train": {"de": "a.csv"}, "validation": {"de": "a.csv"}}
    enter(tmp_path, **rows, test={"en": "b.csv", "de": "c.csv"}, train_in={"en": "d.csv"})
    item = TASKS["mine"]
    assert (item.training_language, item.training_languages, item.languages) == ("de", ("de",), ("de", "en"))
    assert item.own_languages == ("en",)
    assert task_title("mine") == "T (German)"
    with pytest.raises(
        ParameterError, match="train_in has \\['de'\\]: it may have languages that are scored, and not the"
    ):
        enter(tmp_path, **rows, test={"en": "b.csv", "de": "c.csv"}, train_in={"de": "d.csv"})


def test_several_configs_of_a_language_of_your_own(tmp_path: Path) -> None:
    hub = {"split": "train", "configs": {"de": ["deu", "gsw"]}}
    enter(tmp_path, folder=None, hub_id="me/mine", revision="abc", train=hub, validation=hub, training_language="de")
    assert TASKS["mine"].train.configs_of("de") == ("deu", "gsw")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metrics": "accuracy"}, "tasks.mine.metrics: unknown field 'metrics'. Did you mean 'metric'"),
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"labels": [True, "pos"]}, "put the word in quotes"),
        ({"hub_id": "a/b"}, "name either a folder of files or a hub_id"),
        ({"folder": None, "hub_id": "a/b"}, "a hub_id needs a revision"),
        ({"train": {"split": "train", "configs": {"en": "c"}}}, "write one file a language"),
        ({"train": {"de": "a.csv"}}, "training_language"),
        ({"test": {"xx": "a.csv"}}, "unknown language 'xx'"),
        ({"training_language": "de", "test": {"de": "a.csv"}}, "training_language 'de' only, and these are in en"),
        ({"same_data": ["none_such"]}, "unknown tasks in same_data"),
        ({"validation": None}, "training rows need validation rows"),
        ({"columns": {"text": "t", "textpair": "u", "label": "y"}}, "unknown field 'textpair'"),
        ({"columns": {"text": "t"}}, "columns must also say which column holds label"),
        ({"labels": ["neg", "neg"]}, "the label 'neg' is there twice"),
        ({**TAGS, "labels": ["O", "PER"]}, "{PER: I-PER}"),
        ({**TAGS, "labels": ["O", "B_PER"]}, "{B_PER: B-PER}"),
        ({**TAGS, "labels": ["O", "PER-B"]}, "{PER-B: B-PER}"),
        ({**TAGS, "labels": ["O", "B", "I-PER"]}, "some tags name a type and some don't"),
        ({**TAGS, "labels": ["O", "B-WORK OF ART"]}, "{B-WORK OF ART: B-WORK_OF_ART}"),
        ({"quoting": "all"}, "quoting"),
    ],
)
def test_faults_are_named_with_advice(tmp_path: Path, changes: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(said)):
        enter(tmp_path, **changes)
    assert "mine" not in TASKS


@pytest.mark.parametrize("key", ["../x", "a/b", "a-b", "a b", "A", "1a", "", "a" * 61])
def test_keys_that_are_no_names_of_files_are_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "tasks.yaml").write_text(yaml.safe_dump({"tasks": {key: SPEC}}), encoding="utf-8")
    with pytest.raises(ParameterError, match="a key is 1 to 60 small letters"):
        enter_tasks(tmp_path / "tasks.yaml")


@pytest.mark.parametrize(
    "labels",
    [["O", "B", "I"], ["O", "I-PER"], ["O", "B-PER", "I-PER", "E-PER", "S-PER"], ["O", "B-X", "M-X", "E-X", "S-X"]],
)
def test_span_schemes_that_are_read(tmp_path: Path, labels: list[str]) -> None:
    enter(tmp_path, **TAGS, labels=labels)
    assert TASKS["mine"].labels == tuple(labels)


def test_numbers_of_a_text_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,y\nfine,1\nbad,0\nwell,-1\n", encoding="utf-8")
    enter(tmp_path, label_names={0: "neg", 1: "pos"}, unlabelled=[-1])
    rows = load_rows(TASKS["mine"], "train", languages=("en",), mirror=None)
    assert (rows["label"].tolist(), rows.attrs["dropped"]) == (["pos", "neg"], 1)


def test_files_that_are_not_there_or_no_tables(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"tasks\.yaml is missing"):
        enter_tasks(tmp_path / "tasks.yaml")
    (tmp_path / "tasks.yaml").write_text("tasks: [")
    with pytest.raises(ParameterError, match="not readable as YAML"):
        enter_tasks(tmp_path / "tasks.yaml")
    (tmp_path / "tasks.yaml").write_text("tasks: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(ParameterError, match="not readable as YAML"):
        enter_tasks(tmp_path / "tasks.yaml")
    enter(tmp_path, train={"en": "a.txt"}, validation={"en": "a.jsonl"})
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.jsonl").write_text("{no json}\n")
    for role, said in (
        ("train", r"files end in \.parquet, \.jsonl"),
        ("validation", r"a\.jsonl, line 1: no JSON object"),
    ):
        with pytest.raises(DataError, match=said):
            load_rows(TASKS["mine"], role, languages=("en",), mirror=None)


def left(place: Path, **changes: object) -> tuple[list[str], int]:
    lines = [
        ("a", "good", "news"),
        ("b", "bad", "news"),
        ("c", None, "news"),
        ("d", "mixed", "ads"),
        ("e", "good", None),
    ]
    rows = [{"n": n, "t": t, "y": y, "kind": kind} for n, (t, y, kind) in enumerate(lines, start=10)]
    (place / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    files = {"train": {"en": "a.jsonl"}, "validation": {"en": "a.jsonl"}, "labels": ["good", "bad"]}
    enter(place, **files, columns={"id": "n", "text": "t", "label": "y"}, **changes)
    found = load_rows(TASKS["mine"], "train", languages=("en",), mirror=None)
    return found["text"].tolist(), found.attrs["dropped"]


@pytest.mark.parametrize(
    ("changes", "texts", "dropped"),
    [
        ({"unlabelled": [None, "mixed"]}, "abe", 2),
        ({"unlabelled": [None], "without": [13, "10"]}, "be", 3),
        ({"unlabelled": [None], "leave_out": {"kind": ["ads"]}}, "abe", 2),
        ({"leave_out": {"kind": ["ads", None], "n": [12]}}, "ab", 3),
    ],
)
def test_rows_and_labels_are_left_out_and_counted(tmp_path: Path, changes: dict, texts: str, dropped: int) -> None:
    assert left(tmp_path, **changes) == (list(texts), dropped)


def test_what_is_left_out_is_declared_well_and_in_the_id(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"columns sort \(for leave_out\.sort\) are missing; there are n, t, y, kind"):
        left(tmp_path, unlabelled=[None, "mixed"], leave_out={"sort": ["ads"]})
    rows = TASKS["mine"].train
    assert declaration(rows, ("en",))["leave_out"] == {"sort": ("ads",)}
    assert "leave_out" not in declaration(dataclasses.replace(rows, leave_out={}), ("en",))


def test_a_label_that_was_not_thought_of_names_the_fields_to_write(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"label_names says what it means \(\{mixed: good\}\), unlabelled: \[mixed\] drops"
    ):
        left(tmp_path, unlabelled=[None])


def test_a_missing_label_names_the_field_to_write(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing label \(None\).*unlabelled: \[null\]"):
        left(tmp_path, unlabelled=["mixed"])


@pytest.mark.parametrize("changes", [{"leave_out": {"kind": []}}, {"leave_out": ["ads"]}, {"without": "10"}])
def test_rows_to_leave_out_that_are_not_said_as_such(tmp_path: Path, changes: dict) -> None:
    with pytest.raises(ParameterError, match=next(iter(changes))):
        enter(tmp_path, **changes)


def test_languages_may_be_named_by_iso_639_3(tmp_path: Path) -> None:
    changes = {"train": {"eng": "a.csv"}, "validation": {"en": "a.csv"}}
    enter(tmp_path, **changes, test={"eng": "a.csv", "deu": "b.csv", "swa": "c.csv", "zho": "d.csv", "bam": "e.csv"})
    assert TASKS["mine"].test.files == {"en": "a.csv", "de": "b.csv", "sw": "c.csv", "zh": "d.csv", "bm": "e.csv"}
    assert TASKS["mine"].train.files == {"en": "a.csv"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"de": "a.csv", "deu": "b.csv"}, "task mine: 'de' and 'deu' are one language, 'de': name it once"),
        ({"swa": "a.csv", "swh": "b.csv"}, "'swa' and 'swh' are one language, 'sw'"),
        ({"dee": "a.csv"}, "unknown language 'dee'"),
        ({"german": "a.csv"}, "use its code 'de'"),
    ],
)
def test_a_language_named_twice_or_unknown_is_refused(tmp_path: Path, files: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        enter(tmp_path, test=files)


def test_a_study_may_name_languages_by_iso_639_3() -> None:
    assert load_params("quick", {"languages": ["eng", "de", "fin"]}).languages == ("en", "de", "fi")
    with pytest.raises(ParameterError, match="named twice: de"):
        load_params("quick", {"languages": ["en", "de", "deu"]})
