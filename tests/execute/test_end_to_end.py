"""The real quick study through `run_all.py`, with its parameters but a tiny encoder and fewer examples."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time

import nbformat
import pandas as pd
import pytest

from study_utils.catalog import TASKS
from study_utils.catalog.questions import QUESTIONS
from study_utils.execute.driver import notebook_sources
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.store import Store
from study_utils.study import open_study

SMALLER = {
    "intermediate.examples": 40,
    "intermediate.validation_examples": 20,
    "target.examples": 40,
    "target.validation_examples": 20,
    "target.epochs": 1,
    "evaluation.examples": 10,
    "analysis.resamples": 100,
    "languages": ["en", "de", "sv", "fr", "es", "ru", "fi", "hu", "hi", "ka"],
    "questions": list(QUESTIONS),
    "evaluation.variants": ["swaps@0.5"],
    "evaluation.variant_languages": {"swaps": ["en", "de", "fr", "ru", "hi"]},
    "analysis.divergence_examples": 20,
    "device": "cpu",
}


def run_all(*arguments, changes, **options):
    command = [sys.executable, "run_all.py", *arguments]
    for field, value in changes.items():
        command += ["--set", f"{field}={json.dumps(value)}"]
    return subprocess.run(command, cwd=project_root(), capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def changes(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    return {
        **SMALLER,
        "encoders": [str(tiny_encoder)],
        "artifacts": str(folder / "artifacts"),
        "reports": str(folder / "reports"),
    }


@pytest.fixture(scope="module")
def finished(changes):
    result = run_all("quick", changes=changes)
    assert result.returncode == 0, result.stdout + result.stderr
    return open_study("quick", changes)


def test_the_grid_is_the_quick_study_without_its_encoder(finished):
    quick = load_params("quick")
    assert finished.params.conditions == quick.conditions
    assert finished.params.targets == quick.targets
    assert finished.params.seeds == quick.seeds
    assert not set(quick.encoders) & set(finished.params.encoders), "no full-size encoder in a test"
    assert (finished.runs()["status"] == "done").all()


def test_every_cell_has_its_scores(finished):
    scores = finished.scores()
    keys = ["encoder", "condition", "task", "language", "variant", "seed", "metric"]
    assert not scores.duplicated(keys).any()
    assert scores["value"].notna().all()
    cells = len(finished.params.conditions) * len(finished.params.seeds)
    for key in finished.params.targets:
        of_task = scores[scores["task"] == key]
        assert (of_task.groupby(["language", "metric"]).size() == cells).all()
        assert set(of_task["language"]) == set(finished.params.task_languages(key))
    assert set(scores.loc[~scores["zero_shot"], "language"]) <= {"en"}


def test_one_prediction_row_an_example_and_measure(finished):
    predictions = finished.predictions()
    keys = ["encoder", "condition", "task", "variant", "seed", "language", "example_id", "measure"]
    assert not predictions.duplicated(keys).any()
    for key in finished.params.targets:
        rows = finished.rows(key, "test")
        one = predictions.query("task == @key and condition == 'none' and seed == 11")
        for measure, own in one.groupby("measure"):
            codes = {"ar", "de", "en", "es", "hi", "vi", "zh"} if measure.startswith("mlqa") else set(rows["language"])
            assert len(own) == rows["language"].isin(codes).sum()
        measures = {"messages": 2, "slot_answer": 9}.get(key, 1)
        assert one["measure"].nunique() == measures
        assert TASKS[key].metric in set(one["measure"]), "slots: span F1, not the accuracy of words"


def test_retrieval_is_scored_at_every_layer_and_read_at_one(finished):
    scores, layers = finished.scores(), finished.layers()
    retrieval = scores[scores["task"] == "messages"]
    assert retrieval[["layer", "depth"]].drop_duplicates().to_numpy().tolist() == [[1, 1]]
    assert scores.loc[scores["task"] != "messages", "layer"].isna().all()
    assert len(layers) == 2 * len(retrieval)
    assert set(layers["layer"]) == {0, 1}
    keys = ["encoder", "condition", "task", "language", "seed", "metric"]
    used = layers[layers["used"]].merge(retrieval, on=keys, suffixes=("_of_layer", ""), validate="one_to_one")
    assert len(used) == len(retrieval)
    assert (used["value_of_layer"] == used["value"]).all()
    assert (layers["used"] == layers["published"]).all()
    variants = [c.run for c in finished.plan.cells if c.task == "messages" and c.variant != "clean"]
    assert set(pd.read_parquet(finished.store.folder(variants[0]) / "layers.parquet")["layer"]) == {1}


def test_every_notebook_that_tells_of_retrieval_says_its_layer(finished):
    written = {p.stem: p.read_text(encoding="utf-8") for p in finished.report.glob("*.html")}
    for name in ("04_zero_shot_eval", "05_family_robustness"):
        assert "Messages is read at layer 1 of 1 (as the benchmark does): mean over all tokens" in written[name]
    for name in ("04_zero_shot_eval", "10_published_claims"):
        assert "Messages (layer 1 of 1)" in written[name]
    assert "Messages 9." in written["01_data_prep"], "rows have no layer"
    results = pd.read_csv(finished.report / "results.csv")
    assert set(results.loc[results["task"] == "messages", "layer"]) == {1}


def test_the_report_is_complete(finished):
    for source in notebook_sources():
        executed = nbformat.read(finished.report / source.name, as_version=4)
        errors = [o for c in executed.cells for o in c.get("outputs", []) if o.output_type == "error"]
        assert not errors
        assert all(c.execution_count for c in executed.cells if c.cell_type == "code")
        assert (finished.report / f"{source.stem}.html").stat().st_size > 10_000
    assert (finished.report / "index.html").is_file()
    figures = {p.stem for p in (finished.report / "figures").glob("*.png")}
    assert {"coverage", "scores_none", "layers", "family_gains", "family_tree", "left_out"} <= figures
    assert all((finished.report / "figures" / f"{name}.csv").is_file() for name in figures)


def test_a_second_call_trains_nothing_and_is_quick(finished, changes):
    before = {p: p.stat().st_mtime_ns for p in finished.store.runs.rglob("manifest.json")}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = run_all("quick", changes=changes)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime < 10, "seconds of a core, whatever else runs"
    assert result.returncode == 0, result.stderr
    assert "done, about 00:00 of work left" in result.stdout
    assert {p: p.stat().st_mtime_ns for p in finished.store.runs.rglob("manifest.json")} == before


def test_plan_shows_everything_and_executes_nothing(finished, changes):
    before = sorted(finished.store.root.rglob("*"))
    result = run_all("quick", "--plan", changes={**changes, "seeds": [11, 12, 13, 14, 15, 16]})
    assert result.returncode == 0, result.stderr
    assert sum(line.split()[1] == "done" for line in result.stdout.splitlines() if "-s12-" in line) > 3
    assert all("missing" in line for line in result.stdout.splitlines() if "-s16-" in line)
    assert "detectable: With 6 seeds, these are the smallest true gains" in result.stdout
    assert sorted(finished.store.root.rglob("*")) == before


def test_damage_is_repaired_by_making_what_is_missing_anew(finished, changes):
    run = finished.plan.of_stage("03_target_finetuning")[0]
    evaluation = next(r for r in finished.plan.of_stage("04_zero_shot_eval") if run.id in r.inputs)
    model = max(finished.store.folder(run.id).glob("*.safetensors"), key=lambda p: p.stat().st_size)
    scores = pd.read_parquet(finished.store.folder(evaluation.id) / "scores.parquet")
    model.write_bytes(model.read_bytes()[:-100])
    (finished.store.folder(evaluation.id) / "predictions.parquet").write_bytes(b"")
    assert finished.store.status(run.id) == "missing"
    result = run_all("quick", changes=changes)
    assert result.returncode == 0, result.stderr
    assert (open_study("quick", changes).runs()["status"] == "done").all()
    again = pd.read_parquet(finished.store.folder(evaluation.id) / "scores.parquet")
    pd.testing.assert_frame_equal(scores, again)


def test_killed_at_any_moment_it_continues_to_the_same_results(finished, changes, tmp_path):
    other = {**changes, "artifacts": str(tmp_path / "artifacts"), "reports": str(tmp_path / "reports"),
             "conditions": ["none", "utterance_similarity"], "targets": ["intent"], "seeds": [11],
             "questions": ["families"]}  # fmt: skip
    command = [
        sys.executable,
        "run_all.py",
        "quick",
        "--only",
        "01",
        "--only",
        "02",
        "--only",
        "03",
        "--only",
        "04",
    ]
    for field, value in other.items():
        command += ["--set", f"{field}={json.dumps(value)}"]
    store = Store(tmp_path / "artifacts")
    process = subprocess.Popen(
        command,
        cwd=project_root(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list(store.runs.glob("intermediate-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = {p.parent.name: p.read_bytes() for p in store.runs.glob("*/manifest.json")}
    time.sleep(2)  # the kernel notices within a second that its parent is gone
    result = subprocess.run(command, cwd=project_root(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not list(store.runs.glob("*.partial"))
    for name, content in done.items():
        assert (store.runs / name / "manifest.json").read_bytes() == content, "a finished run was made again"
    study = open_study("quick", other)
    mine = study.scores().sort_values(["condition", "language", "metric"], ignore_index=True)
    theirs = finished.scores().merge(mine[["condition", "task", "seed"]].drop_duplicates())
    theirs = theirs.sort_values(["condition", "language", "metric"], ignore_index=True)
    pd.testing.assert_frame_equal(mine, theirs)


def test_two_runs_side_by_side_give_the_same_results(finished, changes, tmp_path):
    other = {**changes, "artifacts": str(tmp_path / "artifacts"), "conditions": ["none", "utterance_similarity"],
             "targets": ["intent"], "seeds": [11, 12], "jobs": 2, "questions": ["families"]}  # fmt: skip
    from study_utils.execute.stage import complete
    from study_utils.plan import STAGES

    study = open_study("quick", other)
    for stage in STAGES:
        table = complete(study, stage)
        assert set(table["outcome"]) == {"made"}
    mine = study.scores().drop(columns="run")
    theirs = finished.scores().drop(columns="run").merge(mine[["condition", "task", "seed"]].drop_duplicates())
    by = ["condition", "seed", "language", "metric"]
    pd.testing.assert_frame_equal(
        mine.sort_values(by, ignore_index=True), theirs.sort_values(by, ignore_index=True), atol=1e-6
    )


def test_one_run_shared_by_two_processes_gives_the_same_results(finished, changes, tmp_path):
    from study_utils.execute.stage import complete
    from study_utils.plan import STAGES

    other = {**changes, "artifacts": str(tmp_path / "artifacts"), "conditions": ["none", "starter_mixture"],
             "targets": ["slots"], "seeds": [11], "processes": 2}  # fmt: skip
    study = open_study("quick", other)
    for stage in STAGES[:3]:
        complete(study, stage)
    trained = [run.id for run in study.plan.runs.values() if run.kind == "train"]
    assert len(trained) == 3
    alone = {run.rsplit("-", 1)[0]: run for run in finished.plan.runs}  # ids tell how many processes trained
    for run in trained:
        folders = study.store.folder(run), finished.store.folder(alone[run.rsplit("-", 1)[0]])
        mine, theirs = (pd.read_parquet(folder / "history.parquet") for folder in folders)
        pd.testing.assert_frame_equal(mine, theirs, rtol=1e-4)
        mine, theirs = (pd.read_parquet(folder / "validation.parquet") for folder in folders)
        pd.testing.assert_frame_equal(mine, theirs, atol=1e-5)


def test_an_error_in_one_of_several_processes_is_told(changes, broken_encoder, tmp_path):
    from study_utils.errors import StudyError
    from study_utils.execute.stage import complete
    from study_utils.plan import STAGES

    other = {**changes, "artifacts": str(tmp_path / "artifacts"), "conditions": ["none"], "targets": ["intent"],
             "seeds": [11], "processes": 2, "encoders": [str(broken_encoder)]}  # fmt: skip
    study = open_study("quick", other)
    complete(study, STAGES[0])
    with pytest.raises(StudyError, match=r"in 2 processes failed: .* holds NaN or infinity"):
        complete(study, STAGES[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "processes=2", "--jobs", "2"], "not both"),
        (["--executor", "tcp://127.0.0.1:1", "--jobs", "2"], "not both"),
        (["--executor", "./nowhere.json"], "is no scheduler file"),
        (["quik"], "Did you mean 'quick'"),
        (["--set", "sedes=[1]"], "Did you mean 'seeds'"),
        (["--set", "target.learning_rate=1e-5"], "write 1.0e-5"),
        (["--set", "encoders=[./nowhere]"], "nowhere"),
        (["--only", "99"], "unknown notebook '99'"),
        (["pilot", "--mirror", "./nowhere"], f"there is no folder {project_root() / 'nowhere'}"),
    ],
)
def test_wrong_calls_are_refused_before_work_with_advice(arguments, message, tmp_path):
    result = run_all(*arguments, changes={"artifacts": str(tmp_path / "a"), "reports": str(tmp_path / "r")})
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.rglob("*.safetensors"))


def test_help_teaches():
    result = run_all("--help", changes={})
    assert result.returncode == 0
    assert all(word in result.stdout for word in ("--plan", "--mirror", "examples:", "exit status", "artifacts/"))
