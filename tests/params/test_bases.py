"""A parameter file on top of another, a smoke run, and what can be listed."""

from __future__ import annotations

import pytest

from study_utils.errors import ParameterError
from study_utils.params import load_params
from study_utils.params.listing import list_text


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_file_inherits_deeply_and_replaces_what_it_gives(write):
    quick = load_params("quick")
    text = "base: quick\ntitle: Own\nseeds: [5]\ntarget: {epochs: 9}\ntasks: {slot_answer: {epochs: 4}}"
    own = load_params(write("own.yaml", text))
    assert (own.title, own.seeds, own.target.epochs) == ("Own", (5,), 9)
    assert own.target.learning_rate == quick.target.learning_rate, "inside a field that it gives"
    assert own.tasks["slot_answer"].batch_size == quick.tasks["slot_answer"].batch_size
    assert (own.tasks["slot_answer"].epochs, quick.tasks["slot_answer"].epochs) == (4, None)
    more = load_params(write("more.yaml", "base: quick\ntasks: {slots: {epochs: 4}}"))
    assert (more.tasks["slots"].epochs, more.tasks["slot_answer"]) == (4, quick.tasks["slot_answer"])
    assert own.conditions == quick.conditions


def test_bases_have_bases_and_files_beside_one_another(write):
    write("deep/one.yaml", "base: quick\ntarget: {epochs: 7}\nseeds: [7]")
    write("two.yaml", "base: deep/one.yaml\nseeds: [8]")
    own = load_params(write("three.yaml", "base: two.yaml\ntitle: Three"))
    assert (own.title, own.seeds, own.target.epochs) == ("Three", (8,), 7)


def test_settings_of_targets_that_are_left_out_are_not_inherited(write):
    assert not load_params(write("own.yaml", "base: quick\ntargets: [intent]")).tasks


TASK = """\
tasks:
  own_tags:
    title: Tags
    format: tag
    labels: [O, B-FOOD]
    metric: span_f1
    columns: {tokens: words, tags: labels}
    folder: .
    train: {en: train.jsonl}
    validation: {en: dev.jsonl}
    test: {en: test.jsonl}
    licence: CC0
    citation: ours
"""


def test_files_of_tasks_are_found_from_where_they_are_named(write):
    for name in ("train", "dev", "test"):
        write(f"deep/{name}.jsonl", '{"words": ["bread"], "labels": ["B-FOOD"]}')
    write("deep/tasks.yaml", TASK)
    write("deep/one.yaml", "base: quick\ntasks_from: [tasks.yaml]\ntargets: [own_tags]\nlanguages: []")
    path = write("own.yaml", "base: deep/one.yaml")
    assert load_params(path).tasks_from == ("deep/tasks.yaml",)
    assert "own_tags" in list_text("tasks", path, {})


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.yaml": "base: a.yaml"}, r"a\.yaml → a\.yaml"),
        ({"a.yaml": "base: b.yaml", "b.yaml": "base: a.yaml"}, r"a\.yaml → b\.yaml → a\.yaml"),
        ({"a.yaml": "base: qiuck"}, "a.yaml, base: unknown study 'qiuck'.*Did you mean 'quick'"),
        ({"a.yaml": "base: [quick]"}, "name one study"),
        ({"a.yaml": "base: b.yaml", "b.yaml": "- x"}, r"b\.yaml must hold fields"),
        ({"a.yaml": "base: quick\nsedes: [1]"}, "unknown field 'sedes'.*'seeds'"),
    ],
)
def test_a_base_that_is_none_is_refused(write, files, told):
    paths = [write(name, text) for name, text in files.items()]
    with pytest.raises(ParameterError, match=told):
        load_params(paths[0])


def test_a_smoke_run_cuts_every_number_of_rows_and_raises_none():
    quick, smoke = load_params("quick"), load_params("quick", {"limit": 20})
    for stage in ("intermediate", "target"):
        for field in ("examples", "validation_examples"):
            asked = getattr(getattr(quick, stage), field)
            assert getattr(getattr(smoke, stage), field) == min(20, asked)
    assert smoke.target.few_shot == 16
    assert all(own.examples is None or own.examples <= 20 for own in smoke.tasks.values())
    assert smoke.evaluation.examples == min(20, quick.evaluation.examples)
    assert smoke.banner.startswith("Smoke run on at most 20 rows")
    assert smoke.banner.endswith(quick.banner)
    everything = load_params("xtreme_r", {"limit": 3})
    for key in everything.targets:
        assert everything.test_examples(key) == everything.target_settings(key).examples == 3
        assert everything.target_settings(key).validation_examples == 3
    with pytest.raises(ParameterError, match="limit"):
        load_params("quick", {"limit": 0})


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("studies", "quick Quick study on the starter suite"),
        ("tasks", "xnli classify target"),
        ("conditions", "mnli MNLI"),
        ("encoders", "xlmr_base FacebookAI/xlm-roberta-base"),
        ("languages", "de deu Indo-European Latn German"),
    ],
)
def test_what_can_be_named_is_listed(kind, line):
    lines = [" ".join(text.split()) for text in list_text(kind, "quick", {}).splitlines()]
    assert any(text.startswith(line) for text in lines)
    assert len({text.split()[0] for text in lines}) == len(lines)


def test_what_a_study_declares_is_listed_too(write):
    path = write("own.yaml", "base: quick\nmixtures: {two_of_them: [command_choice, message_order]}")
    assert "two_of_them" not in list_text("conditions", "quick", {})
    assert "two_of_them" in list_text("conditions", path, {})
