"""Parameter files, --set and YAML that describe no study: each ends with a message and a status, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import run_all
import yaml

from study_utils.catalog import CONDITIONS, ENCODERS, TASKS
from study_utils.params import load_params
from study_utils.paths import project_root

STUDY = {
    **dict(title="t", encoders=["e5_small"], conditions=["none", "message_order"], targets=["intent"], seeds=[0]),
}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = [(now, dict(now)) for now in (TASKS, CONDITIONS, ENCODERS)]
    yield
    for now, then in before:
        now.clear()
        now.update(then)


def refused(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """What is said on stderr; the status is 2 and nothing was raised."""
    assert run_all.main([*arguments, "--plan"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    return said.err


# fields in YAML, and what is said
FIELDS = [
    ("title: ''", "title: String should have at least 1 character"),
    ("title: ' '", "title: write something else than blanks; got ' '"),
    ("title: null", "title: Input should be a valid string"),
    ("name: a/b", "name: a name is at most 80 letters without accents, digits, -"),
    ("name: 3", "name: Input should be a valid string"),
    ("limit: 0", "limit: Input should be greater than or equal to 1"),
    ("limit: 1.5", "limit: Input should be a valid integer"),
    ("banner: 5", "banner: Input should be a valid string"),
    ("encoders: e5_small", "encoders: write a list, such as [a, b]"),
    ("encoders: []", "encoders: name at least one; got []"),
    ("encoders: [5]", "encoders.0: Input should be a valid string"),
    ("encoders: [/no/such]", "encoder folder '/no/such' does not exist: correct its path"),
    ("encoders: [./none]", "none' does not exist: correct its path ("),
    ("encoders: [a/b@]", "encoders: encoder 'a/b@' is a hub id without a revision:"),
    ("encoders: ['@x']", "encoders: unknown encoder '@x'"),
    ("encoders: ['']", "encoders.0: String should have at least 1 character"),
    ("encoders: [a/b/c@d]", "encoders: encoder 'a/b/c@d' is no hub id: write"),
    ("encoders: [mmbert_base]", "encoders: no commit of encoder 'mmbert_base' is known here:"),
    ("conditions: [none, none]", "conditions: named twice: none"),
    ("conditions: none", "conditions: write a list, such as [a, b]"),
    ("conditions: [none, message_order+]", "conditions: unknown condition 'message_order+'"),
    ("conditions: [null]", "conditions.0: Input should be a valid string"),
    ("targets: []", "targets: name at least one; got []"),
    ("targets: [intent, intent]", "targets: named twice: intent"),
    ("targets: [7]", "targets.0: Input should be a valid string"),
    ("targets: intent", "targets: write a list, such as [a, b]"),
    ("tasks_from: [none.yaml]", "none.yaml is missing: tasks_from names files of tasks, from"),
    ("tasks_from: x.yaml", "tasks_from: write a list, such as [a, b]"),
    ("tasks_from: [5]", "tasks_from.0: Input should be a valid string"),
    ("tasks_from: [.]", "is not readable as YAML: [Errno 21] Is a directory: '"),
    ("languages: [xx]", "languages: unknown language 'xx'"),
    ("languages: de", "languages: write a list, such as [a, b]"),
    ("languages: [de, deu]", "languages: named twice: de"),
    ("languages: ['']", "languages.0: String should have at least 1 character"),
    ("languages: [null]", "languages.0: Input should be a valid string"),
    ("languages: [english]", "languages: unknown language 'english': use its code 'en'"),
    ("seeds: 0", "seeds: write a list, such as [a, b]"),
    ("seeds: ['0']", "seeds.0: Input should be a valid integer"),
    ("seeds: [1180591620717411303424]", "seeds.0: Input should be less than 4294967296"),
    ("questions: [x]", "questions: unknown question 'x'"),
    ("questions: families", "questions: write a list, such as [a, b]"),
    ("sources: []", "sources: name at least one; got []"),
    ("sources: [mirror, mirror]", "sources: named twice: mirror"),
    ("sources: hub", "sources: write a list, such as [a, b]"),
    ("intermediate: 5", "intermediate: write fields and their values, such as {a: b}"),
    ("intermediate: {mlm_text: xnli}", "intermediate.mlm_text: unknown text task 'xnli'"),
    ("intermediate: {examples: 0}", "intermediate.examples: Input should be greater than or equal"),
    ("target: {learning_rate: 1}", "target.learning_rate: Input should be less than or equal to"),
    ("target: {learning_rate: 0}", "target.learning_rate: Input should be greater than 0"),
    ("target: {learning_rate: .nan}", "target.learning_rate: Input should be a finite number"),
    ("target: {learning_rate: null}", "target.learning_rate: Input should be a valid number"),
    ("target: {batch_size: 0}", "target.batch_size: Input should be greater than or equal to 1"),
    ("target: {batch_size: 1.0}", "target.batch_size: Input should be a valid integer"),
    ("target: {max_length: 1000000000}", "file: target.max_length: 1000000000 is more than the 512"),
    ("target: {warmup: 1.5}", "target.warmup: Input should be less than or equal to 1"),
    ("target: {train_share: 1.0}", "target.train_share: Input should be less than 1"),
    ("target: {rest: x}", "target.rest: Input should be 'select' or 'unused'"),
    ("target: {keep: first}", "target.keep: Input should be 'best', 'last' or 'mean'"),
    ("target: {keep_epochs: 'yes'}", "target.keep_epochs: Input should be a valid boolean"),
    ("target: {? '' : 1}", "target.: unknown field ''"),
    ("target: {train_share: 0.5, held_out: train}", "target: train_share cuts the training rows and held_out:"),
    ("target: {keep_epochs: true, patience: 1}", "file: target: keep_epochs with patience: how many epochs"),
    ("tasks: {x: {}}", "file: tasks.x: not among the targets (intent)"),
    ("tasks: []", "tasks: write fields and their values, such as {a: b}"),
    ("tasks: {intent: {languages: [xx]}}", "tasks.intent.languages: unknown language 'xx'"),
    ("tasks: {intent: {languages: [en, en]}}", "tasks.intent.languages: named twice: en"),
    ("tasks: {intent: {conditions: [message_order]}}", "file: tasks.intent.conditions: the baseline 'none' is missing"),
    ("tasks: {intent: {conditions: [x]}}", "file: unknown condition 'x' (tasks.intent)"),
    ("tasks: {intent: {conditions: [none, none]}}", "tasks.intent.conditions: named twice: none"),
    ("tasks: {intent: {test_max_length: 4}}", "tasks.intent.test_max_length: 4: write how many tokens, 8 or"),
    ("tasks: {intent: {test_examples: 0}}", "tasks.intent.test_examples: Input should be greater than or"),
    ("sampling: {by_label: 1}", "sampling.by_label: Input should be a valid boolean"),
    ("sampling: {x: 1}", "sampling.x: unknown field 'x'"),
    ("equal_budgets: 'yes'", "equal_budgets: Input should be a valid boolean"),
    ("partial_sets: 1", "partial_sets: Input should be a valid boolean"),
    ("evaluation: {examples: 0}", "evaluation.examples: Input should be greater than or equal to"),
    ("evaluation: {max_length: long}", "evaluation.max_length: 'long': write how many tokens, 8 or"),
    ("evaluation: {retrieval: {layer: -1}}", "evaluation.retrieval.layer: got -1: write published, last or"),
    ("evaluation: {retrieval: {pooling: max}}", "evaluation.retrieval.pooling: unknown pooling 'max'"),
    ("evaluation: {retrieval: {scored: some}}", "evaluation.retrieval.scored: Input should be 'all' or 'used'"),
    ("evaluation: {variants: [typo@0.1]}", "evaluation.variants: unknown kind of perturbation 'typo'"),
    ("evaluation: {variants: [typos@2]}", "evaluation.variants: variant 'typos@2': write typos@SEVERITY"),
    ("evaluation: {variants: [typos]}", "evaluation.variants: variant 'typos': write typos@SEVERITY"),
    ("evaluation: {variants: [typos@0.1, typos@0.10]}", "evaluation.variants: named twice: typos@0.1"),
    (
        "evaluation: {variants: [typos@0.1], variant_languages: {typos: [xx]}}",
        "evaluation.variant_languages: unknown language 'xx'",
    ),
    ("evaluation: {variant_languages: {typos: [en]}}", "file: evaluation.variant_languages: 'typos' is no kind of the"),
    ("evaluation: {variants: [typos@nan]}", "evaluation.variants: variant 'typos@nan': write"),
    ("analysis: {resamples: 10}", "analysis.resamples: Input should be greater than or equal to"),
    ("analysis: {resamples: 1000.0}", "analysis.resamples: Input should be a valid integer"),
    ("analysis: {level: 0.1}", "analysis.level: Input should be greater than 0.5"),
    ("analysis: {margin: 0}", "analysis.margin: Input should be greater than 0"),
    ("analysis: {margin: .nan}", "analysis.margin: Input should be a finite number"),
    ("analysis: {primary: {group: Klingon}}", "analysis.primary.group: unknown group of languages 'Klingon'"),
    (
        "languages: [en, de, nl, fr], analysis: {primary: {group: Indo-European}}",
        "have no row 'Indo-European': its languages in this study are shown as Dutch, French, German, Germanic",
    ),
    (
        "languages: [en, de, ko], analysis: {primary: {group: Germanic}}",
        "have no row 'Germanic': its languages in this study are shown as German",
    ),
    ("languages: [en, de], analysis: {primary: {group: Turkic}}", "zero-shot languages belongs to it"),
    ("analysis: {primary: {condition: x}}", "file: unknown condition 'x' (analysis.primary)"),
    ("analysis: {primary: {group: ''}}", "analysis.primary.group: String should have at least 1"),
    ("mirror: /etc/passwd", "mirror: /etc/passwd is a file: name a folder"),
    ("mirror: [., /etc/passwd]", "mirror: /etc/passwd is a file: name a folder"),
    ("executor: 'tcp://'", "executor: 'tcp://': write the file of a dask scheduler, or its address, such as tcp://h"),
    ("executor: 'tcp://host'", "executor: 'tcp://host': write the file of a dask scheduler, or its address"),
    ("executor: 'tcp://:8786'", "executor: 'tcp://:8786': write the file of a dask scheduler, or its address"),
    ("executor: 'http://host:8786'", "executor: 'http://host:8786': write the file of a dask scheduler, or"),
    ("executor: ' '", "executor: ' ': write the file of a dask scheduler, or its address"),
    ("threads: 1000000000", "threads: Input should be less than or equal to 1024"),
    ("conditions: []", "conditions: name at least one; got []"),
    ("seeds: []", "seeds: name at least one; got []"),
    ("artifacts: ' '", "artifacts: write something else than blanks; got ' '"),
    ("languages: [' ']", "languages.0: write something else than blanks; got ' '"),
    ("mirror: 5", "mirror: Input should be a valid string"),
    ("artifacts: ''", "artifacts: String should have at least 1 character"),
    ("artifacts: null", "artifacts: Input should be a valid string"),
    ("artifacts: /etc/passwd", "artifacts: /etc/passwd is a file: name a folder"),
    ("reports: ''", "reports: String should have at least 1 character"),
    ("reports: /etc/passwd", "reports: /etc/passwd is a file: name a folder"),
    ("device: gpu", "device: a device is auto, cpu, cuda, cuda:0 or mps"),
    ("jobs: 0", "jobs: Input should be greater than or equal to 1"),
    ("jobs: '2'", "jobs: Input should be a valid integer"),
    ("processes: 0", "processes: Input should be greater than or equal to 1"),
    ("jobs: 2, processes: 2", "file: jobs=2 and processes=2: several runs side by side, or"),
    ("checkpoint_seconds: 0", "checkpoint_seconds: Input should be greater than 0"),
    ("tracker: wandb", "tracker: Input should be '' or 'tensorboard'"),
    ("base: nosuch", "base: unknown study 'nosuch'"),
    ("base: 5", "base: name one study, such as 'base: quick', not 5"),
    ("base: [quick]", "base: name one study, such as 'base: quick', not ['quick']"),
    ("base: study.yaml", "base: the files are bases of one another (study.yaml → stu"),
    ("mixtures: {A b: [intent]}", "mixtures.A b: a key is 1 to 60 small letters, digits and _,"),
    ("mixtures: {mix: []}", "mixtures: mixture 'mix' needs two tasks or more, each named"),
    ("mixtures: {mix: [x]}", "mixtures: unknown task 'x' (mixture 'mix')"),
    ("mixtures: {intent: [intent, slots]}", "mixtures: mixture 'intent' needs another key: a condition or"),
    ("mixtures: {mix: intent}", "mixtures.mix: write a list, such as [a, b]"),
    ("own_encoders: {mine: null}, encoders: [mine]", "own_encoders.mine: write fields and their values, such as {a:"),
    ("own_encoders: {mine: {}}, encoders: [mine]", "own_encoders.mine.source: is missing"),
    ("own_encoders: {mine: {source: ''}}, encoders: [mine]", "own_encoders.mine.source: String should have at least 1"),
    ("own_encoders: {mine: {source: nosuch}}, encoders: [mine]", "own_encoders: unknown encoder 'nosuch'"),
    ("own_encoders: {mine: {source: ./nosuch}}, encoders: [mine]", "nosuch' does not exist: correct its path"),
    (
        "own_encoders: {mine: {source: e5_small, pooling: max}}, encoders: [mine]",
        "own_encoders.mine.pooling: Input should be 'first', 'last' or",
    ),
    (
        "own_encoders: {mine: {source: e5_small, layer: -1}}, encoders: [mine]",
        "own_encoders.mine.layer: Input should be greater than or",
    ),
    (
        "own_encoders: {mine: {source: e5_small, layer: 99}}, encoders: [mine]",
        "own_encoders: encoder 'mine': layer 99 is more than the 12 of",
    ),
    (
        "own_encoders: {mine: {source: e5_small, max_length: 1000000}}, encoders: [mine]",
        "own_encoders: encoder 'mine': max_length 1000000 is more than",
    ),
    (
        "own_encoders: {mine: {source: e5_small, seen: x}}, encoders: [mine]",
        "own_encoders.mine.seen: write a list, such as [a, b]",
    ),
    (
        "own_encoders: {mine: {source: e5_small, seen: [xx]}}, encoders: [mine]",
        "own_encoders.mine.seen: unknown language 'xx'",
    ),
    (
        "own_encoders: {mine: {source: e5_small, seen: [de, de]}}, encoders: [mine]",
        "own_encoders.mine.seen: named twice: de",
    ),
    (
        "own_encoders: {mine: {source: e5_small, segments: x}}, encoders: [mine]",
        "own_encoders.mine.segments: Input should be a valid boolean",
    ),
    (
        "own_encoders: {mine: {source: e5_small, titel: x}}, encoders: [mine]",
        "own_encoders.mine.titel: unknown field 'titel'",
    ),
    (
        "own_encoders: {mine: {source: a/b@c@d}}, encoders: [mine]",
        "own_encoders: encoder 'a/b@c@d' is no hub id: write",
    ),
    (
        "own_encoders: {a-b: {source: e5_small}}, encoders: [a-b]",
        "own_encoders: encoder 'a-b': a key is a letter, then letters,",
    ),
]


@pytest.mark.parametrize(("fields", "said"), FIELDS, ids=[fields for fields, _ in FIELDS])
def test_fields(fields: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(STUDY | yaml.safe_load(f"{{{fields}}}")), encoding="utf-8")
    assert said in refused(capsys, str(path))


# --set, and what is said
CHANGES = [
    ("seeds", "--set 'seeds': write --set FIELD=VALUE, such as --set"),
    ("", "--set '': write --set FIELD=VALUE, such as --set"),
    ("=1", "--set '=1': write --set FIELD=VALUE, such as --set"),
    ("seeds=[]", "seeds (from --set): name at least one; got []"),
    ("seeds=", "seeds (from --set): write a list, such as [a, b]"),
    ("seeds=[", "--set 'seeds=[': the value is not readable as YAML: while"),
    ("seeds=[0,0]", "seeds (from --set): named twice: 0"),
    ("seed=1", "seed (from --set): unknown field 'seed'"),
    ("target.epoch=1", "target.epoch (from --set): unknown field 'epoch'"),
    ("target.epochs=0", "target.epochs (from --set): Input should be greater than or"),
    ("target..epochs=1", "target.: unknown field ''"),
    (".epochs=1", "file: unknown field ''"),
    ("target.=1", "target"),
    ("target=5", "target (from --set): write fields and their values, such as"),
    ("target.epochs.x=1", "field 'target.epochs.x': 'epochs' holds 3, not further fields"),
    ("seeds.0=1", "field 'seeds.0': 'seeds' holds [11, 12, 13, 14, 15], not further fields"),
    ("title.x=1", "field 'title.x': 'title' holds 'Quick study on the starter"),
    ("tasks.none.epochs=1", "file: tasks.none: not among the targets (intent, slots,"),
    ("tasks.intent.epochs=x", "tasks.intent.epochs (from --set): Input should be a valid"),
    ("encoders=e5", "encoders (from --set): write a list, such as [a, b]"),
    ("targets=xnli", "targets (from --set): write a list, such as [a, b]"),
    ("base=quick", "base (from --set): unknown field 'base'"),
    ("name=a/b", "name (from --set): a name is at most 80 letters without"),
    ("tasks_from=[none.yaml]", "none.yaml is missing: tasks_from names files of t"),
    ("tasks_from=x", "tasks_from (from --set): write a list, such as [a, b]"),
    ("languages=no", "languages (from --set): write a list, such as [a, b]"),
    ("languages=[no]", "languages.0 (from --set): Input should be a valid string"),
    ("device=gpu", "device (from --set): a device is auto, cpu, cuda, cuda:0 or"),
    ("limit=0", "limit (from --set): Input should be greater than or equal to"),
    ("conditions=[message_order]", "conditions (from --set): the baseline 'none' is missing:"),
    ("jobs=0", "jobs (from --set): Input should be greater than or equal to 1"),
    ("target.learning_rate=1e-5", "target.learning_rate (from --set): Input should be a valid"),
    ("artifacts=", "artifacts (from --set): Input should be a valid string"),
    ("own_encoders.a.source=zz", "own_encoders: unknown encoder 'zz'"),
    ("__class__=1", "__class__ (from --set): unknown field '__class__'"),
    ("model_config=1", "model_config (from --set): unknown field 'model_config'"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=[change for change, _ in CHANGES])
def test_changes(change: str, said: str, capsys: pytest.CaptureFixture) -> None:
    assert said in refused(capsys, "quick", "--set", change)


COMMANDS = [
    (["nosuch"], "unknown study 'nosuch'"),
    (["quik"], "Did you mean 'quick'"),
    (["x" * 4000], "error: this name of a file is too long: "),
    (["quick", "--mirror", "x" * 5000], f"error: this name of a file is too long: {project_root()}"),
    (["."], "unknown study '.'"),
    (["README.md"], "unknown study 'README.md'"),
    (["quick", "--only", "99"], "unknown notebook '99'"),
    (["quick", "--limit", "0"], "limit (from --set): Input should be greater"),
    (["quick", "--jobs", "0"], "jobs (from --set): Input should be greater"),
    (["quick", "--name", "a/b"], "name (from --set): a name is at most 80 letters"),
    (["quick", "--mirror", ""], "--mirror '': write a value, or leave --mirror out"),
    (["quick", "--mirror", ".", "--mirror", ""], "--mirror '': write a value, or leave --mirror out"),
    (["quick", "--mirror", "run_all.py"], "mirror (from --set): run_all.py is a file: name a folder"),
    (["quick", "--only", ""], "--only '': write a value, or leave --only out"),
    (["quick", "--only", "05", "--only", ""], "--only '': write a value, or leave --only out"),
    (["quick", "--only", "05,"], "unknown notebook '05,'"),
    (["quick", "--name", ""], "--name '': write a value, or leave --name out"),
    (["quick", "--executor", ""], "--executor '': write a value, or leave --executor out"),
    (["quick", "--executor", "tcp://"], "executor (from --set): 'tcp://': write the file of a dask scheduler"),
    (["quick", "--set", "seeds=[1]", "--set", "seeds=[2]"], "--set seeds is given twice"),
]


@pytest.mark.parametrize(("arguments", "said"), COMMANDS)
def test_commands(arguments: list[str], said: str, capsys: pytest.CaptureFixture) -> None:
    assert said in refused(capsys, *arguments)


def test_a_relative_mirror_is_the_same_folder_wherever_one_stands(tmp_path: Path, monkeypatch) -> None:
    here = [load_params("quick", {"mirror": "../somewhere"}).mirrors]
    for folder in (project_root() / "notebooks", tmp_path):
        monkeypatch.chdir(folder)
        here.append(load_params("quick", {"mirror": ["../somewhere"]}).mirrors)
    assert here == [(project_root().parent / "somewhere",)] * 3, "notebooks are executed in their own folder"


def test_a_mirror_that_is_not_there_is_told_in_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert run_all.main(["quick", "--mirror", str(tmp_path / "none"), "--mirror", str(tmp_path), "--plan"]) == 0
    assert f"mirror: there is no folder {tmp_path / 'none'}" in capsys.readouterr().out


def test_a_scheduler_file_that_is_not_there_is_told_in_the_plan(capsys: pytest.CaptureFixture) -> None:
    assert run_all.main(["quick", "--executor", "nosuch.json", "--plan"]) == 0
    assert "executor: there is no file nosuch.json" in capsys.readouterr().out
    assert run_all.main(["quick", "--executor", "tcp://[::1]:8786", "--plan"]) == 0
    assert "executor: " not in capsys.readouterr().out


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcd", "bcde")
)
FILES = [
    ("empty", b"", "must hold fields such as 'targets: [...]', not NoneType"),
    ("list", b"- a", "must hold fields such as 'targets: [...]', not list"),
    ("scalar", b"5", "must hold fields such as 'targets: [...]', not int"),
    ("tab", b"title:\tx\n\ty: 1", "is not readable as YAML: while scanning for the next token"),
    ("nul", b"title: a\x00b", "is not readable as YAML: unacceptable character #x0000:"),
    ("dup", b"title: a\ntitle: b", "is not readable as YAML: key 'title' is given twice (line 2)"),
    ("anchor", b"a: &a [*a]", "is not readable as YAML: its aliases stand for more than"),
    ("bomb", BOMB.encode(), "is not readable as YAML: its aliases stand for more than"),
    ("two docs", b"title: a\n---\ntitle: b", "is not readable as YAML: expected a single document in the"),
    (
        "pyobj",
        b"title: !!python/object/apply:os.system [ls]",
        "is not readable as YAML: could not determine a constructor",
    ),
    ("unhash", b"? [a]\n: b", "is not readable as YAML: a list or mapping stands where a key"),
    ("intkey", b"1: 2", "title: is missing"),
    ("date", b"title: 2020-01-01", "title: Input should be a valid string"),
    ("merge", b"a: &a {x: 1}\n<<: *a\ntitle: t", "is not readable as YAML: could not determine a constructor"),
    ("nullkey", b"~: 3", "title: is missing"),
    ("deep", b"a: " + b"[" * 3000 + b"]" * 3000, "is not readable as YAML: lists or mappings stand in one"),
    ("unknown tag", b"title: !foo x", "is not readable as YAML: could not determine a constructor"),
    ("unknown alias", b"title: *foo", "is not readable as YAML: found undefined alias 'foo'"),
    ("float key", b"target: {1.5: 2}", "title: is missing"),
    ("badutf", b"title: \xff\n", "is not readable as YAML: 'utf-8' codec can't decode byte 0xff"),
]


@pytest.mark.parametrize(("kind", "content", "said"), FILES, ids=[kind for kind, *_ in FILES])
def test_files(kind: str, content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    assert said in refused(capsys, str(path))
