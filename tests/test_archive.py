"""Results go into one file and come back: the same for analysis, without weights, texts, golds and predictions."""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study_utils.archive import KEY, main, pack, unpack
from study_utils.errors import StoreError
from study_utils.outcomes.scores import read_predictions
from study_utils.params import load_params
from study_utils.plan import Plan, make_plan
from study_utils.store import Store

SMALL = {
    "conditions": ["none"],
    "targets": ["intent", "slots"],
    "seeds": [0, 1],
    "tasks": {},
    "languages": ["en"],
}
GOLD = {"intent": ["secret_a", "secret_b", "secret_a"], "slots": ["B-secret O", "O O", "B-secret I-secret"]}
FOUND = {"intent": ["secret_a", "secret_a", "secret_b"], "slots": ["B-secret O", "B-secret O", "O O"]}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(load_params("quick", SMALL))


@pytest.fixture
def store(plan: Plan, tmp_path: Path) -> Store:
    """All runs but those of seed 1 that score, as if they were done."""
    store = Store(tmp_path / "store")
    for run in plan.runs.values():
        if run.kind == "data" or (run.id.partition("-s1-")[2] and run.kind == "predict"):
            continue
        with store.writing(run.id, {"kind": run.kind, "identity": run.identity, "languages_seen": ["en"]}) as folder:
            if run.kind == "train":
                (folder / "model.safetensors").write_bytes(b"weights")
                pd.DataFrame({"step": [1], "loss": [0.5]}).to_parquet(folder / "history.parquet")
            else:
                predictions(run.work["task"]).to_parquet(folder / "predictions.parquet", index=False)
                pd.DataFrame({"language": ["en"], "value": [0.5]}).to_parquet(folder / "scores.parquet")
    return store


def predictions(task: str) -> pd.DataFrame:
    measure, total = ("accuracy", 1.0) if task == "intent" else ("token_accuracy", 2.0)
    rows = [
        {"language": code, "example_id": f"{place}", "measure": measure, "gold": gold, "prediction": found,
         "correct": sum(map(str.__eq__, gold.split(), found.split())), "total": total}
        for code in ("en", "de")
        for place, (gold, found) in enumerate(zip(GOLD[task], FOUND[task]))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def seed_0(plan: Plan) -> Plan:
    return make_plan(load_params("quick", {**SMALL, "seeds": [0]}))


def test_what_analysis_reads_comes_back_and_a_larger_study_makes_only_what_is_new(plan, store, tmp_path):
    packed = pack(plan, store, tmp_path / "results.zip")
    assert len(packed) == 4 + 2, "models of two seeds and targets, and the scores of one seed"
    again = Store(tmp_path / "again")
    assert unpack(tmp_path / "results.zip", again) == packed
    before, after = (read_predictions(seed_0(plan), each, variants=False) for each in (store, again))
    told = ["gold", "prediction"]
    key = ["task", "language", "example_id", "measure"]
    pd.testing.assert_frame_equal(
        after.drop(columns=told).sort_values(key, ignore_index=True),
        before.drop(columns=told).sort_values(key, ignore_index=True),
    )
    assert set(before.loc[before["task"] == "slots", "measure"]) == {"span_f1"}
    value = before.loc[before["task"] == "slots", "correct"].mean()
    assert np.isclose(value, 2 / 4), "of two spans that are there and two that are found, one is right"
    missing = {run.id for run in plan.missing(again) if run.kind != "data"}
    assert {run.kind for run in plan.runs.values() if run.id in missing} == {"train", "predict"}
    assert all("-s1-" in run for run in missing), "and the models of seed 1, whose weights were not packed"
    assert not [run for run in seed_0(plan).missing(again) if run.kind != "data"]


def test_texts_golds_and_weights_stay_behind(plan, store, tmp_path):
    pack(plan, store, tmp_path / "results.zip")
    with zipfile.ZipFile(tmp_path / "results.zip") as archive:
        for name in archive.namelist():
            assert not name.endswith(".safetensors")
            if name.startswith("predictions/"):
                (tmp_path / "one.parquet").write_bytes(archive.read(name))
                frame = pd.read_parquet(tmp_path / "one.parquet")
                assert not {"gold", "prediction"} & set(frame)
                assert "secret" not in frame.to_csv()
                assert list(frame)[:4] == KEY


def test_packing_again_what_came_back_gives_the_same_bytes(plan, store, tmp_path):
    pack(plan, store, tmp_path / "one.zip")
    again = Store(tmp_path / "again")
    unpack(tmp_path / "one.zip", again)
    pack(plan, again, tmp_path / "two.zip")
    names = [zipfile.ZipFile(tmp_path / name).namelist() for name in ("one.zip", "two.zip")]
    assert names[0] == names[1]
    for name in names[0]:
        one, two = (zipfile.ZipFile(tmp_path / each).read(name) for each in ("one.zip", "two.zip"))
        assert one == two, name


def test_what_a_store_has_stays(plan, store, tmp_path):
    pack(plan, store, tmp_path / "results.zip")
    assert unpack(tmp_path / "results.zip", store) == []
    assert all(not store.dropped(run.id) for run in plan.runs.values())


def rewritten(file: Path, change) -> Path:
    other = file.with_name("other.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
    return other


@pytest.mark.parametrize("kind", ["no zip", "outside", "other id", "no object", "cut"])
def test_a_file_that_is_no_archive_is_refused_and_nothing_leaves_its_folder(plan, store, tmp_path, kind, capsys):
    pack(plan, store, tmp_path / "results.zip")

    def change(name: str, content: bytes) -> tuple[str, bytes]:
        if not name.endswith("manifest.json"):
            return name, content
        facts = json.loads(content)
        if kind == "outside":
            facts["files"] = ["../../../outside"]
        if kind == "other id":
            facts["run"] = "../x-0123456789ab"
        return name, b"[]" if kind == "no object" else json.dumps(facts).encode()

    file = rewritten(tmp_path / "results.zip", change)
    if kind == "no zip":
        file.write_text("hello")
    if kind == "cut":
        file.write_bytes((tmp_path / "results.zip").read_bytes()[:-40])
    with pytest.raises(StoreError, match="isn't an archive of results, or is damaged"):
        unpack(file, Store(tmp_path / "again"))
    assert not list(tmp_path.rglob("outside"))
    assert main(["unpack", str(file), "--artifacts", str(tmp_path / "again")]) == 2
    assert "pack it again" in capsys.readouterr().err


def test_a_study_without_finished_runs_has_nothing_to_pack(plan, tmp_path):
    with pytest.raises(StoreError, match="no run of the study is finished"):
        pack(plan, Store(tmp_path / "empty"), tmp_path / "results.zip")
    assert not list(tmp_path.glob("*.zip"))


def test_any_damaged_byte_is_a_message_or_leaves_what_was_packed(plan, store, tmp_path):
    pack(plan, store, tmp_path / "results.zip")
    whole = (tmp_path / "results.zip").read_bytes()
    rng = np.random.default_rng(0)
    for number in range(150):
        content = bytearray(whole)
        content[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        (tmp_path / "damaged.zip").write_bytes(content)
        again = Store(tmp_path / f"again{number}")
        with contextlib.suppress(StoreError):
            unpack(tmp_path / "damaged.zip", again)
        for folder in again.runs.glob("*-????????????"):
            run = plan.runs[folder.name]
            assert (folder / "predictions.parquet").is_file() == (run.kind == "predict")


def test_scores_without_what_each_example_counts_are_no_finished_run(plan, store, tmp_path):
    pack(plan, store, tmp_path / "results.zip")

    def change(name: str, content: bytes) -> tuple[str, bytes]:
        return name.replace("predictions/", "elsewhere/"), content

    file = rewritten(tmp_path / "results.zip", change)
    with pytest.raises(StoreError, match=r"what .* has right is missing"):
        unpack(file, Store(tmp_path / "again"))
    assert not list((tmp_path / "again").rglob("scores.parquet"))


@pytest.mark.parametrize("name", ["none/results.zip", "folder"])
def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(plan, store, tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="can't be written"):
        pack(plan, store, tmp_path / name)
    assert not list(tmp_path.glob(".*"))


def test_a_damaged_run_is_told_and_leaves_no_half_file(plan, store, tmp_path):
    run = next(run for run in plan.runs.values() if run.kind == "train" and store.status(run.id) == "done")
    file = store.folder(run.id) / "history.parquet"
    kept = file.stat()
    file.write_bytes(b"x" * kept.st_size)
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    with pytest.raises(StoreError, match=r"history.parquet of run .* is damaged"):
        pack(plan, store, tmp_path / "results.zip")
    assert not list(tmp_path.glob("*.zip*")) + list(tmp_path.glob(".*"))


def test_what_another_process_has_just_made_stays(plan, store, tmp_path, monkeypatch):
    packed = pack(plan, store, tmp_path / "results.zip")
    monkeypatch.setattr(Store, "writing", lambda *_: contextlib.nullcontext(None))
    assert packed
    assert unpack(tmp_path / "results.zip", Store(tmp_path / "again")) == []


def test_scores_of_variants_come_back(tmp_path):
    plan = make_plan(load_params("quick", {**SMALL, "seeds": [0], "evaluation.variants": ["typos@0.3"]}))
    store = Store(tmp_path / "store")
    for run in plan.runs.values():
        if run.kind == "predict":
            with store.writing(run.id, {"kind": run.kind}) as folder:
                predictions(run.work["task"]).to_parquet(folder / "predictions.parquet", index=False)
    packed = pack(plan, store, tmp_path / "results.zip")
    assert len([run for run in packed if "typos@0.3" in run]) == 2
    assert unpack(tmp_path / "results.zip", Store(tmp_path / "again")) == packed


def test_hundreds_of_runs_on_the_same_rows_are_packed_without_a_warning(tmp_path):
    plan = make_plan(load_params("quick", {**SMALL, "targets": ["intent"], "seeds": list(range(120))}))
    store = Store(tmp_path / "store")
    scored = [run for run in plan.runs.values() if run.kind == "predict"]
    for run in scored:
        with store.writing(run.id, {"kind": run.kind}) as folder:
            predictions("intent").to_parquet(folder / "predictions.parquet", index=False)
    assert pack(plan, store, tmp_path / "results.zip") == [run.id for run in scored]


@pytest.mark.parametrize("name", ["", "."])
def test_a_folder_is_no_file_to_pack_into(tmp_path, name):
    plan = make_plan(load_params("quick", {**SMALL, "seeds": [0]}))
    run = next(run for run in plan.runs.values() if run.kind == "train")
    with (store := Store(tmp_path)).writing(run.id, {"kind": run.kind}) as folder:
        (folder / "history.parquet").write_bytes(b"losses")
    with pytest.raises(
        StoreError, match=r"\. can't be written, it is a folder: name a file in it, such as results\.zip"
    ):
        pack(plan, store, Path(name))


def test_vectors_of_rows_come_back(tmp_path):
    plan = make_plan(load_params("quick", {**SMALL, "seeds": [0], "questions": ["divergence"]}))
    store, again = Store(tmp_path / "store"), Store(tmp_path / "again")
    run = next(run for run in plan.runs.values() if run.kind == "embed")
    with store.writing(run.id, {"kind": run.kind}) as folder:
        (folder / "vectors.safetensors").write_bytes(b"vectors")
    pack(plan, store, tmp_path / "results.zip")
    assert unpack(tmp_path / "results.zip", again) == [run.id]
    assert again.verified_file(run.id, "vectors.safetensors").read_bytes() == b"vectors"
