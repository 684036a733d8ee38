from __future__ import annotations

import pytest
import yaml

from study_utils.catalog import TASKS
from study_utils.errors import ParameterError
from study_utils.execute.driver import select_notebooks
from study_utils.params import MACHINE, StudyParams, describe_params, load_params, parse_changes
from study_utils.paths import project_root, study_file

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
        ({"conditions": []}, "at least 1 item"),
        ({"encoders": ["xlmr_bse"]}, "Did you mean 'xlmr_base'"),
        ({"encoders": ["FacebookAI/xlm-roberta-base"]}, "hub id without a revision"),
        ({"seeds": [0, 0]}, "named twice: 0"),
        ({"seeds": []}, "at least 1 item"),
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
