"""Results as records of Every Eval Ever: checked by its schema, complete, and the same each time."""

from __future__ import annotations

import json

import jsonschema
import pandas as pd
import pytest

from study_utils.errors import StoreError
from study_utils.export.__main__ import main
from study_utils.export.results import schema, write_results
from study_utils.paths import project_root

REPORTS = project_root() / "reports"


def records(folder):
    return {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.json"))}


def table(study):
    return pd.read_csv(REPORTS / study / "results.csv", keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("study", ["quick", "adversarial", "divergence", "monolingual_packaged"])
def test_records_of_committed_studies_fit_the_schema_and_lack_no_score(tmp_path, study):
    results = table(study)
    count = write_results(results, tmp_path, study=study, title="A title", now=1.5e9)
    found = records(tmp_path)
    assert count == len(found) == len(results.drop_duplicates(["encoder", "condition", "task", "seed"]))
    validator = jsonschema.Draft7Validator(schema())
    assert not [error for record in found.values() for error in validator.iter_errors(record)]
    scores = [result["score_details"]["score"] for record in found.values() for result in record["evaluation_results"]]
    assert sorted(scores) == sorted(results["value"])
    for record in found.values():
        ids = [result["evaluation_result_id"] for result in record["evaluation_results"]]
        assert len(set(ids)) == len(ids)


def test_the_schema_is_the_one_that_is_named_and_refuses_what_it_should():
    assert schema()["version"] == "0.3.0"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema_version": "0.3.0"}, schema())


ROW = {
    **{"encoder": "xlmr_base", "condition": "none", "task": "xnli", "language": "de", "variant": "clean", "seed": 3},
    **{"metric": "accuracy", "value": 0.5, "n": 80, "zero_shot": True, "same_data": False, "run": "predict-1"},
}


def test_a_record_says_which_model_data_and_rows(tmp_path):
    write_results(pd.DataFrame([ROW]), tmp_path, study="mine", title="Mine", now=1.5e9)
    ((path, record),) = records(tmp_path).items()
    assert path.relative_to(tmp_path).parts[:3] == ("mine", "FacebookAI", "xlmr_base-none-xnli-s3")
    assert record["evaluation_id"] == "mine/FacebookAI/xlmr_base-none-xnli-s3/1500000000"
    assert record["model_info"]["additional_details"]["condition"] == "none"
    (result,) = record["evaluation_results"]
    assert result["source_data"]["source_type"] == "hf_dataset"
    assert result["source_data"]["hf_repo"] == "facebook/xnli"
    assert result["metric_config"]["max_score"] == 1.0
    assert result["score_details"]["score"] == 0.5
    assert result["score_details"]["uncertainty"] == {"num_samples": 80}
    assert result["score_details"]["details"]["zero_shot"] == "True"


def test_correlations_may_be_negative(tmp_path):
    row = {**ROW, "task": "stsb", "language": "en", "metric": "spearman", "value": -0.25, "zero_shot": False}
    write_results(pd.DataFrame([row]), tmp_path, study="mine", title="Mine")
    (record,) = records(tmp_path).values()
    config = record["evaluation_results"][0]["metric_config"]
    assert (config["min_score"], config["metric_unit"]) == (-1.0, "correlation")


def test_writing_again_gives_the_same_file_names(tmp_path):
    for name, now in (("a", 1.0), ("b", 2.0)):
        write_results(pd.DataFrame([ROW]), tmp_path / name, study="mine", title="Mine", now=now)
    first, second = ([p.relative_to(tmp_path / n) for p in records(tmp_path / n)] for n in "ab")
    assert first == second


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "a").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="not a new or an empty folder"):
        write_results(pd.DataFrame([ROW]), tmp_path, study="mine", title="Mine")


def test_the_command(tmp_path, capsys):
    assert main(["results", "quick", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"written: {len(records(tmp_path / 'out'))} records to {tmp_path / 'out'}\n"
    assert main(["results", "quick", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert main(["results", "xtreme_r", str(tmp_path / "new")]) == 2
    assert "no results of the study 'xtreme_r'" in capsys.readouterr().err
