from __future__ import annotations

import dataclasses
import re

import pytest
import yaml

from study_utils.catalog import ENCODERS, TASKS, encoder
from study_utils.catalog.titles import encoder_title
from study_utils.errors import ParameterError
from study_utils.execute.driver import select_notebooks
from study_utils.params import MACHINE, StudyParams, describe_params, load_params, parse_changes
from study_utils.paths import project_root, study_file
from study_utils.plan import canonical_sha256, make_plan

MINIMAL = {
    "title": "t",
    "encoders": ["e5_small"],
    "conditions": ["none", "sst2"],
    "targets": ["xnli"],
    "seeds": [0],
}


@pytest.fixture
def load(tmp_path):
    def load(text_or_fields, changes=None):
        path = tmp_path / "study.yaml"
        text = text_or_fields if isinstance(text_or_fields, str) else yaml.safe_dump(text_or_fields)
        path.write_text(text, encoding="utf-8")
        return load_params(str(path), changes)

    return load


@pytest.mark.parametrize("path", sorted((project_root() / "params").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_parameter_file_is_valid_and_is_found_by_name(path):
    assert study_file(path.stem) == path
    params = load_params(path.stem)
    assert params.title
    assert all(params.task_languages(key) for key in params.targets)


def test_defaults_fill_what_is_left_out(load):
    params = load(MINIMAL)
    assert params.target.learning_rate == 1e-4
    assert params.task_languages("xnli") == TASKS["xnli"].languages
    assert params.test_examples("xnli") is None


def test_a_task_may_differ_from_its_stage_in_single_settings(load):
    params = load({**MINIMAL, "target": {"epochs": 5}, "tasks": {"xnli": {"learning_rate": 3e-5, "test_examples": 7}}})
    assert params.target_settings("xnli").learning_rate == 3e-5
    assert params.target_settings("xnli").epochs == 5
    assert params.test_examples("xnli") == 7


def test_a_target_can_have_languages_of_its_own(load):
    file = {**MINIMAL, "targets": ["xnli", "udpos"], "languages": ["en", "de", "et"]}
    params = load({**file, "tasks": {"udpos": {"languages": ["de", "en"]}}})
    assert params.task_languages("udpos") == ("en", "de")
    assert params.task_languages("xnli") == ("en", "de")
    assert load(file).task_languages("udpos") == ("en", "de", "et")
    assert params.target_settings("udpos") == params.target
    with pytest.raises(ParameterError, match=r"unknown language 'sw' \(tasks\.udpos\)"):
        load({**file, "tasks": {"udpos": {"languages": ["sw"]}}})


def test_changes_reach_nested_fields_and_are_validated(load):
    params = load(MINIMAL, {"target.epochs": 9, "seeds": [3, 4], "tasks.xnli.epochs": 2})
    assert params.target.epochs == 9
    assert params.seeds == (3, 4)
    assert params.target_settings("xnli").epochs == 2
    with pytest.raises(ParameterError, match=r"target.epochs \(from --set\).*greater than or equal to 1"):
        load(MINIMAL, {"target.epochs": 0})


def test_fewer_targets_by_a_change_need_no_change_of_the_settings_left_without_one(load):
    file = {**MINIMAL, "targets": ["xnli", "udpos"], "tasks": {"udpos": {"epochs": 5}, "xnli": {"epochs": 4}}}
    assert load(file, {"targets": ["xnli"]}).tasks.keys() == {"xnli"}
    assert load(file).tasks.keys() == {"udpos", "xnli"}
    with pytest.raises(ParameterError, match=r"tasks.udpos: not among the targets"):
        load(file, {"targets": ["xnli"], "tasks.udpos.epochs": 2})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sedes": [1]}, "unknown field 'sedes'. Did you mean 'seeds'"),
        ({"target": {"learning_rat": 1.0e-5}}, "unknown field 'learning_rat'. Did you mean 'learning_rate'"),
        ({"target": {"learning_rate": "1e-5"}}, r"write 1.0e-5"),
        ({"target": {"epochs": True}}, "got True"),
        ({"target": {"epochs": 2.5}}, "target.epochs"),
        ({"target": {"learning_rate": float("nan")}}, "target.learning_rate"),
        ({"languages": ["en", False]}, "put the word in quotes, as 'no'"),
        ({"languages": ["en", "ger"]}, "unknown language 'ger'"),
        ({"languages": ["German"]}, "use its code 'de'"),
        ({"languages": ["ka"]}, "has none of the languages ka"),
        ({"targets": ["xlni"]}, "Did you mean 'xnli'"),
        ({"targets": ["mnli"]}, "can only be an intermediate task"),
        ({"conditions": ["none", "sst-2"]}, "Did you mean 'sst2'"),
        ({"conditions": ["sst2"]}, "baseline 'none' is missing"),
        ({"conditions": []}, "name at least one"),
        ({"encoders": ["xlmr_bse"]}, "Did you mean 'xlmr_base'"),
        ({"encoders": ["FacebookAI/xlm-roberta-base"]}, "hub id without a revision"),
        ({"seeds": [0, 0]}, "named twice: 0"),
        ({"seeds": []}, "name at least one"),
        ({"seeds": [-1]}, "greater than or equal to 0"),
        ({"tasks": {"udpos": {"epochs": 1}}}, "not among the targets"),
        ({"tasks": {"xnli": {"epoch": 1}}}, "unknown field 'epoch'. Did you mean 'epochs'"),
        ({"sources": ["disk"]}, "'mirror' or 'hub'"),
        ({"title": 7}, "title"),
        ({"analysis": {"level": 95}}, "less than 1"),
    ],
)
def test_wrong_choices_are_named_with_advice(load, fields, message):
    with pytest.raises(ParameterError, match=message):
        load({**MINIMAL, **fields})


def test_all_faults_are_listed_at_once(load):
    with pytest.raises(ParameterError) as caught:
        load({**MINIMAL, "seeds": [], "targets": ["xlni"], "colour": "red"})
    assert all(name in str(caught.value) for name in ("seeds", "targets", "colour", "study.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "not readable as YAML"),
        ("- a\n- b\n", "must hold fields"),
        ("", "must hold fields"),
        ("title: a\ntitle: b\n", "'title' is given twice"),
        ("title: !!python/object/apply:os.system ['true']\n", "not readable as YAML"),
    ],
)
def test_files_that_are_no_parameter_files_are_refused(load, text, message):
    with pytest.raises(ParameterError, match=message):
        load(text)


def test_missing_fields_are_named(load):
    with pytest.raises(ParameterError, match="seeds: is missing"):
        load({k: v for k, v in MINIMAL.items() if k != "seeds"})


def test_an_unknown_study_is_answered_with_those_there_are():
    with pytest.raises(ParameterError, match="Did you mean 'quick'"):
        load_params("quik")


def test_settings_of_the_command_line_are_yaml():
    assert parse_changes(["seeds=[0, 1]", "target.learning_rate=1.0e-5", "mirror="]) == {
        "seeds": [0, 1],
        "target.learning_rate": 1e-5,
        "mirror": None,
    }
    with pytest.raises(ParameterError, match="FIELD=VALUE"):
        parse_changes(["seeds"])
    with pytest.raises(ParameterError, match="not readable"):
        parse_changes(["seeds=[0"])


def test_a_change_below_a_plain_value_is_refused(load):
    with pytest.raises(ParameterError, match="not further fields"):
        load(MINIMAL, {"title.text": "x"})


def test_description_lists_every_choice(load):
    described = dict(describe_params(load({**MINIMAL, "tasks": {"xnli": {"epochs": 7}}})))
    assert described["tasks.xnli.epochs"] == "7"
    assert described["target.learning_rate"] == "0.0001"
    assert described["conditions"] == "none, sst2"


def test_the_table_of_choices_leaves_out_the_machine(load):
    fields = {field for field, _ in describe_params(load({**MINIMAL, "mirror": "/some/where", "jobs": 3}))}
    assert "seeds" in fields
    assert not fields & set(MACHINE)
    assert set(MACHINE) <= set(StudyParams.model_fields)


def test_questions_are_known_and_choose_notebooks():
    params = load_params("quick", {"questions": ["families", "claims"]})
    assert params.questions == ("families", "claims")
    stems = [path.stem for path in select_notebooks(("families",), ())]
    assert stems[-1] == "05_family_robustness"
    assert len(stems) == 5
    with pytest.raises(ParameterError, match="divergence"):
        load_params("quick", {"questions": ["divergense"]})
    with pytest.raises(ParameterError, match="06"):
        select_notebooks(("families",), ("06",))


@pytest.fixture
def own_encoders():
    before = dict(ENCODERS)
    yield
    ENCODERS.clear()
    ENCODERS.update(before)


def test_an_encoder_of_the_studys_own_is_used_as_it_says(load, own_encoders):
    own = {"source": f"some/model@{'0' * 40}", "title": "Mine", "pooling": "mean", "segments": True, "max_length": 300,
           "seen": ["de", "sw"]}  # fmt: skip
    params = load({**MINIMAL, "own_encoders": {"mine": own}, "encoders": ["mine", "e5_small"]})
    spec = encoder("mine")
    assert (spec.key, spec.title, spec.hub_id, spec.revision) == ("mine", "Mine", "some/model", "0" * 40)
    assert (spec.pooling, spec.segments, spec.max_length) == ("mean", True, 300)
    assert [spec.has_seen(code) for code in ("de", "en")] == [True, False]
    assert encoder_title("mine") == "Mine"
    assert dict(describe_params(params))["own_encoders.mine.pooling"] == "mean"
    changed = load(
        {**MINIMAL, "own_encoders": {"mean": {"source": "xlmr_base", "pooling": "mean"}}, "encoders": ["mean"]}
    )
    assert changed.encoders == ("mean",)
    assert encoder("mean") == dataclasses.replace(ENCODERS["xlmr_base"], key="mean", pooling="mean")


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"mine": {"source": "xlmr_bse"}}, "Did you mean 'xlmr_base'"),
        ({"mine": {"source": "xlmr_base", "poolng": "mean"}}, "unknown field 'poolng'. Did you mean 'pooling'"),
        ({"mine": {"source": "xlmr_base", "pooling": "max"}}, "'first', 'last' or 'mean'"),
        ({"mine": {"source": "xlmr_base", "max_length": 4}}, "greater than or equal to 8"),
        ({"mine": {"source": "xlmr_base", "seen": ["german"]}}, "use its code 'de'"),
        ({"mine": {"source": "xlmr_base", "seen": ["de", "de"]}}, "named twice: de"),
        ({"mine": {"pooling": "mean"}}, "own_encoders.mine.source: is missing"),
        ({"e5_small": {"source": "xlmr_base"}}, "needs another key"),
        ({"a/b": {"source": "xlmr_base"}}, "a key is a letter"),
    ],
)
def test_faults_of_an_encoder_of_the_studys_own_are_explained(load, own_encoders, own, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        load({**MINIMAL, "own_encoders": own})


def test_a_relative_folder_is_the_project_folders_wherever_a_process_works(load, own_encoders, monkeypatch, tmp_path):
    load({**MINIMAL, "encoders": ["./models/mine"], "own_encoders": {"named": {"source": "../beside"}}})
    monkeypatch.chdir(tmp_path)
    load({**MINIMAL, "encoders": ["./models/mine"], "own_encoders": {"named": {"source": "../beside"}}})
    assert encoder("./models/mine").hub_id == str(project_root() / "models" / "mine")
    assert encoder("named").hub_id == str(project_root().parent / "beside")
    assert (encoder("./models/mine").key, encoder("./models/mine").title) == ("./models/mine", "mine")


def test_only_what_changes_results_is_in_an_id(load, own_encoders, tiny_encoder):
    """Title and seen languages aren't; pooling, segments and another longest input are."""

    def identities(key, **own):
        fields = {**MINIMAL, "intermediate": {"max_length": 64}, "target": {"max_length": 64}}
        path = load(fields | {"own_encoders": {key: {"source": str(tiny_encoder), **own}}, "encoders": [key]})
        runs = make_plan(path, absent_ok=True).runs.values()
        return {canonical_sha256(run.identity["encoder"]) for run in runs if "encoder" in run.identity}

    plain = identities("a")
    assert identities("b", title="T", seen=["de"], max_length=512) == plain
    for key, own in {"c": {"pooling": "mean"}, "d": {"segments": True}, "e": {"max_length": 100}}.items():
        assert identities(key, **own) != plain
