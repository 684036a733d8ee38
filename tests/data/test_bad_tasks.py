"""Files of own tasks that describe none: `check` ends with a message and status 1, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from study_utils.catalog import CONDITIONS, LANGUAGES, TASKS
from study_utils.data.check import main

TASK = {
    **dict(title="T", format="classify", labels=["neg", "pos"], metric="accuracy", licence="l", citation="c"),
    **dict(columns={"text": "t", "label": "y"}, folder=".", test={"en": "a.csv"}),
}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = [(now, dict(now)) for now in (TASKS, CONDITIONS, LANGUAGES)]
    yield
    for now, then in before:
        now.clear()
        now.update(then)


def refused(place: Path, text: str, capsys: pytest.CaptureFixture, rows: str = "t,y\nfine,pos\nbad,neg\n") -> str:
    """What is said on stderr of a file of tasks; the status is 1 and nothing was raised."""
    (place / "tasks.yaml").write_text(text, encoding="utf-8")
    (place / "a.csv").write_text(rows, encoding="utf-8")
    assert main(["check", "--sources", "mirror", "--tasks-from", str(place / "tasks.yaml")]) == 1
    said = capsys.readouterr().err
    assert "error: " in said
    return said


# fields in YAML (null: left out), and what is said
FIELDS = [
    ("title: null", "tasks.mine.title: is missing"),
    ("format: null", "tasks.mine.format: is missing"),
    ("labels: null", "a task of format classify must name its labels, such as"),
    ("metric: null", "tasks.mine.metric: is missing"),
    ("licence: null", "tasks.mine.licence: is missing"),
    ("citation: null", "tasks.mine.citation: is missing"),
    ("columns: null", "columns must also say which column holds text, label (format"),
    ("folder: null", "tasks.mine: test: name either a folder of files or a hub_id"),
    ("test: null", "task mine has neither training nor test rows"),
    ("title: 5", "tasks.mine.title: Input should be a valid string"),
    ("title: ' '", "tasks.mine.title: write something else than blanks; got ' '"),
    ("columns: {text: ' ', label: y}", "tasks.mine.columns.text: write something else than blanks"),
    ("title: ''", "tasks.mine.title: String should have at least 1 character"),
    ("format: clasify", "tasks.mine.format: Input should be 'classify', 'regress',"),
    ("format: mask", "unknown metric 'accuracy' (task mine)"),
    ("labels: pos", "tasks.mine.labels: write a list, such as [a, b]"),
    ("labels: [pos]", "'pos' is the only label: name all that the rows have"),
    ("labels: [neg, pos, '']", "tasks.mine.labels.2: String should have at least 1 character"),
    ("labels: ['neg ', pos]", "the label 'neg ' has blanks around it: name it 'neg'"),
    ("labels: [0, 1]", "tasks.mine.labels.0: Input should be a valid string"),
    ("labels: [neg, pos, pos]", "the label 'pos' is there twice"),
    ("metric: f1", "unknown metric 'f1' (task mine)"),
    ("columns: [t, y]", "tasks.mine.columns: write fields and their values, such as"),
    ("columns: {text: t, label: t}", "columns: label and text are both read from 't': correct one of them"),
    ("columns: {text: t, text_pair: t, label: y}", "columns: text and text_pair are both read from 't'"),
    ("columns: {text: zz, label: y}", "a.csv: columns zz (for text) are missing; there are t, y"),
    ("columns: {text: [t, t], label: y}", "text is no text: ['fine', 'fine']. Correct or remove the row"),
    ("columns: {text: t, label: y, tokens: t}", "unknown field 'tokens' (task mine, columns of format"),
    ("columns: {text: t.x, label: y}", "a.csv: columns t.x (for text) are missing; there are t, y"),
    ("columns: {text: t, text_pair: null, label: y}", "tasks.mine.columns.text_pair: Input should be a valid string"),
    ("columns: {text: '', label: y}", "tasks.mine.columns.text: String should have at least 1"),
    ("label_names: {a: zz}", "unknown label 'zz' (task mine, label_names, a: zz)"),
    ("label_names: [a]", "tasks.mine.label_names: write fields and their values, such"),
    ("unlabelled: x", "tasks.mine.unlabelled: write a list, such as [a, b]"),
    ("unlabelled: [neg, pos]", "a.csv, language 'en': none of 2 rows has a gold label and is"),
    ("without: [0, 1]", "a.csv, language 'en': none of 2 rows has a gold label and is"),
    ("without: [true]", "tasks.mine.without.0: Input should be a valid string; got True (in YAML, no/yes/on/off are"),
    ("unlabelled: [no]", "tasks.mine.unlabelled.0: Input should be a valid string; got False (in YAML, no/yes/on/off"),
    ("label_names: {yes: pos}", "tasks.mine.label_names.1: Input should be a valid string; got True (in YAML"),
    ("label_names: {p: yes}", "tasks.mine.label_names.p: Input should be a valid string; got True (in YAML"),
    ("without: [17]", "task 'mine': no row has what it leaves out (without: '17'): correct it"),
    ("without: [0, '1 ']", "no row has what it leaves out (without: '1 ')"),
    ("leave_out: {y: [zz]}", "no row has what it leaves out (leave_out: 'zz' in column 'y')"),
    ("leave_out: {y: [neg, 5, null]}", "(leave_out: 5 in column 'y'; leave_out: None in column 'y')"),
    ("leave_out: {y: []}", "tasks.mine.leave_out.y: name at least one"),
    ("unlabelled: [null, -1, Neg]", "no row has what it leaves out (unlabelled: 'Neg')"),
    ("leave_out: {zz: [x]}", "a.csv: columns zz (for leave_out.zz) are missing; there are"),
    ("leave_out: {y: [pos, neg]}", "a.csv, language 'en': none of 2 rows has a gold label and is"),
    ("leave_out: {y: pos}", "tasks.mine.leave_out.y: write a list, such as [a, b]"),
    ("separator: '::'", "tasks.mine.separator: String should have at most 1 character"),
    ("separator: ;", "a.csv: columns y (for label), t (for text) are missing; there"),
    ("quoting: all", "tasks.mine.quoting: Input should be '', 'none' or 'minimal'"),
    ("folder: nosuch", "nosuch/a.csv is missing."),
    ("folder: 5", "tasks.mine.folder: Input should be a valid string"),
    ("folder: ''", "tasks.mine.folder: String should have at least 1 character"),
    ("folder: /nosuch", "/nosuch/a.csv is missing."),
    ("hub_id: a/b", "tasks.mine: name either a folder of files or a hub_id"),
    ("folder: null, hub_id: a/b", "tasks.mine: a hub_id needs a revision (a commit), and only a"),
    (
        "folder: null, hub_id: ab, revision: x, test: {split: test, configs: {en: d}}",
        "tasks.mine.hub_id: a hub_id is namespace/name",
    ),
    (
        "folder: null, hub_id: a/b, revision: '', test: {split: test, configs: {en: d}}",
        "tasks.mine.revision: String should have at least 1 character",
    ),
    (
        "folder: null, hub_id: a/b, revision: x, test: {split: '', configs: {en: d}}",
        "tasks.mine.test.split: String should have at least 1",
    ),
    (
        "folder: null, hub_id: a/b, revision: x, test: {split: test, configs: {}}",
        "tasks.mine: test: write split and configs",
    ),
    (
        "folder: null, hub_id: a/b, revision: x, test: {split: test, configs: {en: []}}",
        "tasks.mine.test.configs.en: Input should be a valid string",
    ),
    (
        "folder: null, hub_id: a/b, revision: x, test: {split: test, configs: {en: [d, d]}}",
        "task mine, test: the config 'd' of en is there twice",
    ),
    ("revision: x", "tasks.mine: a hub_id needs a revision (a commit), and only a"),
    ("test: {}", "tasks.mine: test: write one file a language, such as {en:"),
    ("test: {en: 5}", "tasks.mine.test.en: Input should be a valid string"),
    ("test: {en: ''}", "tasks.mine.test.en: String should have at least 1 character"),
    ("test: {en: ../a.csv}", "../a.csv is missing."),
    ("test: {en: b.csv}", "b.csv is missing."),
    ("test: {en: .}", "is missing."),
    ("test: []", "tasks.mine.test: write fields and their values, such as {a:"),
    ("test: nosuch", "unknown task 'nosuch' (task mine, test)"),
    ("test: mnli", "test: mnli, but the task 'mnli' has no test rows"),
    ("test: {xx: a.csv}", "unknown language 'xx'"),
    ("test: {? '' : a.csv}", "tasks.mine.test.: String should have at least 1 character"),
    ("test: {false: a.csv}", "tasks.mine.test.0: Input should be a valid string"),
    ("test: {en: a.csv, eng: a.csv}", "'en' and 'eng' are one language, 'en': name it once"),
    ("test: {en: a.csv, de: a.csv}", "test: a.csv is named for de and en: name the column that"),
    ("test: {files: {en: a.csv}, fils: x}", "tasks.mine.test.fils: unknown field 'fils'"),
    (
        "test: {folder: ., files: {en: a.csv}, hub_id: a/b, revision: c}",
        "tasks.mine: test: name either a folder of files or a hub_id",
    ),
    ("train: {en: a.csv}", "training rows need validation rows, and the reverse"),
    ("validation: {en: a.csv}", "training rows need validation rows, and the reverse"),
    ("train: {de: a.csv}, validation: {de: a.csv}", "mine, train: training and selection rows must be in its"),
    ("train: {de: a.csv}, validation: {de: a.csv}", "these are in de: say training_language: de if the task is"),
    ("train: {de: a.csv}, validation: {de: a.csv}", "or train_in: {de: ...} for such rows beside others"),
    ("train: {en: a.csv}, validation: {de: a.csv}", "'en' only, and these are in de"),
    (
        "test: null, train: {de: a.csv}, validation: {de: a.csv}",
        "in its training_language 'en' only, and these are in de",
    ),
    ("train: {en: a.csv}, validation: {en: a.csv}", "2 of 2 validation rows of mine, 2 of 2 test rows of mine"),
    ("train: mnli, validation: mnli", "train: mnli has the label 'entailment', which this task lacks"),
    ("train: squad, validation: squad", "unknown task 'squad' (task mine, train)"),
    ("train: xnli, validation: xnli", "train: xnli has the label 'entailment', which this task lacks"),
    ("train: stsb, validation: stsb", "train: stsb, but rows of 'stsb' are of format regress, values"),
    ("train: intent, validation: intent", "train: intent has the label 'cancel_all_timers', which this"),
    ("train_in: {de: a.csv}", "train_in and validation_in belong to a target with training"),
    ("validation_in: {de: a.csv}", "train_in and validation_in belong to a target with training"),
    ("training_language: xx", "unknown language 'xx'"),
    ("training_language: de", "is of train and validation, and there are none"),
    ("training_language: ''", "tasks.mine.training_language: String should have at least 1"),
    ("domain: law", "tasks.mine.domain: Input should be 'general', 'scientific',"),
    ("chance: 1.0", "tasks.mine.chance: Input should be less than 1"),
    ("chance: -0.1", "tasks.mine.chance: Input should be greater than or equal to 0"),
    ("chance: x", "tasks.mine.chance: Input should be a valid number"),
    ("value_range: [0, 1]", "only a regress task has a value_range, and it must have one"),
    ("unanswerable: 'yes'", "tasks.mine.unanswerable: Input should be a valid boolean"),
    ("unanswerable: true", "only a task of format answer can be unanswerable"),
    ("same_data: [nosuch]", "task 'mine' names unknown tasks in same_data: ['nosuch']"),
    ("same_data: mnli", "tasks.mine.same_data: write a list, such as [a, b]"),
    ("note: 5", "tasks.mine.note: Input should be a valid string"),
    ("licence: ''", "tasks.mine.licence: String should have at least 1 character"),
    ("extra: 1", "tasks.mine.extra: unknown field 'extra'"),
    ("beside: [macro_f1]", "tasks.mine.beside: unknown field 'beside'"),
    ("language_column: zz", "a.csv: columns zz (for language) are missing; there are t, y"),
    ("language_column: 5", "tasks.mine.language_column: Input should be a valid string"),
]


@pytest.mark.parametrize(("fields", "said"), FIELDS, ids=[fields for fields, _ in FIELDS])
def test_fields(fields: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    spec = {name: value for name, value in (TASK | yaml.safe_load(f"{{{fields}}}")).items() if value is not None}
    assert said in refused(tmp_path, yaml.safe_dump({"tasks": {"mine": spec}}), capsys)


# values of a regress task from 0 to 5, and what is said
VALUES = [
    ("9", "label 9.0 lies outside 0 to 5"),
    ("-1", "label -1.0 lies outside 0 to 5"),
    ("inf", "label inf lies outside 0 to 5"),
    ("nan", "label nan is no number"),
    ("", "label '' is no number"),
    ("x", "label 'x' is no number"),
    ("1,5", "label '1,5' is no number"),
]


@pytest.mark.parametrize(("value", "said"), VALUES)
def test_values(value: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    spec = TASK | {"format": "regress", "metric": "pearson", "value_range": [0, 5]}
    del spec["labels"]
    text = yaml.safe_dump({"tasks": {"mine": spec}})
    assert said in refused(tmp_path, text, capsys, rows=f't,y\nx,"{value}"\nz,2\n')


@pytest.mark.parametrize("key", ["none", "all", "mnli", "message_order", "true story", "é", "a.b", "_a"])
def test_keys(key: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    said = refused(tmp_path, yaml.safe_dump({"tasks": {key: TASK}}), capsys)
    assert "take another key" in said or "declared twice" in said or "a key is 1 to 60 small letters" in said


FILES = [
    ("", "file: write fields and their values, such as {a: b}"),
    ("- a", "file: write fields and their values, such as {a: b}"),
    ("x: 1", "x: unknown field 'x'"),
    ("tasks: {}", "file: there is no task in it: write tasks: {my_task: {title:"),
    ("tasks:", "tasks: write fields and their values, such as {a: b}"),
    ("tasks: [a]", "tasks: write fields and their values, such as {a: b}"),
    ("tasks: {mine: }", "tasks.mine: write fields and their values, such as {a: b}"),
    ("tasks: {mine: [a]}", "tasks.mine: write fields and their values, such as {a: b}"),
    ("tasks: {}\nextra: 1", "extra: unknown field 'extra'"),
    ("tasks: {5: {}}", "tasks.5: Input should be a valid string"),
    ("tasks:\n  ? [a]\n  : b", "tasks.yaml is not readable as YAML: a list or mapping stands"),
    ("tasks: " + "[" * 3000 + "]" * 3000, "stand in one another too deeply"),
]


@pytest.mark.parametrize(("text", "said"), FILES, ids=[text[:30] for text, _ in FILES])
def test_files(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert said in refused(tmp_path, text, capsys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nosuch"], "unknown task 'nosuch'"),
        (["check", "--mirror", "/none"], "there is no folder /none"),
        (["check", "--tasks-from", "/none.yaml"], "/none.yaml is missing"),
        (["check", "--allow-overlap", "nosuch", "--", "intent"], "unknown task 'nosuch'"),
        (["check", "--allow-overlap", "slots", "--", "intent"], "unknown task 'slots' (--allow-overlap, of those that"),
        (["new", "nosuch"], "unknown kind of task 'nosuch'"),
        (["new", ""], "unknown kind of task ''"),
    ],
)
def test_commands(arguments: list[str], said: str, capsys: pytest.CaptureFixture) -> None:
    assert main(arguments) == 1
    assert said in capsys.readouterr().err
