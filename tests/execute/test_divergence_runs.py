"""A tiny study that asks for divergence: its runs, its embeddings, its table; and no run in studies that don't ask."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from study_utils.analysis.questions.divergence.explain import explain_gains
from study_utils.analysis.questions.divergence.table import divergence_table
from study_utils.catalog import CONDITIONS, FolderRows, Task, tasks
from study_utils.catalog.conditions import single
from study_utils.errors import ParameterError, StoreError
from study_utils.estimate import examples_of
from study_utils.execute.stage import complete
from study_utils.params import load_params
from study_utils.plan import STAGES, make_plan
from study_utils.study import open_study

WORDS = {"en": ("a good film", "a bad film"), "de": ("ein guter Film", "ein schlechter Film")}


def _task(folder, key, languages):
    for part, count in (("train", 30), ("validation", 6), ("test", 14)):
        for code in languages if part == "test" else ("en",):
            texts = [f"{WORDS[code][n % 2]} {key} {n}" for n in range(count)]
            labels = [("positive", "negative")[n % 2] for n in range(count)]
            rows = pd.DataFrame({"id": range(count), "text": texts, "label": labels})
            rows.to_json(folder / f"{key}.{part}.{code}.jsonl", orient="records", lines=True)

    def rows(part, codes):
        return FolderRows(
            folder=str(folder),
            files={code: f"{key}.{part}.{code}.jsonl" for code in codes},
            columns={"id": "id", "text": "text", "label": "label"},
        )

    test = {"test": rows("test", languages)} if languages else {}
    return Task(
        key=key, title=key.title(), format="classify", labels=("positive", "negative"), metric="accuracy",
        train=rows("train", ["en"]), validation=rows("validation", ["en"]), licence="l", citation="c", **test,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    target, middle = _task(folder, "films", ["en", "de"]), _task(folder, "plays", [])
    training = {"examples": 20, "epochs": 1, "batch_size": 10, "max_length": 32}
    content = {
        "title": "Films", "encoders": [str(tiny_encoder)], "conditions": ["none", "plays"], "targets": ["films"],
        "seeds": [0], "questions": ["divergence"], "intermediate": training, "target": training,
        "evaluation": {"max_length": 32}, "analysis": {"divergence_examples": 12}, "device": "cpu",
        "artifacts": str(folder / "artifacts"), "reports": str(folder / "reports"),
    }  # fmt: skip
    path = folder / "films.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tasks.TASKS, "films", target)
        patch.setitem(tasks.TASKS, "plays", middle)
        patch.setitem(CONDITIONS, "plays", single(middle))
        study = open_study(str(path))
        plain = make_plan(load_params(str(path), {"questions": ["families"]}))
        with pytest.raises(StoreError, match="runs of sentence vectors are not done"):
            study.embeddings()
        for stage in STAGES:
            complete(study, stage)
        yield SimpleNamespace(study=study, plain=plain, path=str(path))


def test_only_studies_that_ask_have_runs_and_the_others_stay_as_they_are(made):
    runs = made.study.plan.runs
    assert all(run.kind != "embed" for run in made.plain.runs.values())
    assert {key for key, run in runs.items() if run.kind != "embed"} == set(made.plain.runs)
    names = [run.name.split("-")[1:3] for run in runs.values() if run.kind == "embed"]
    assert sorted(names) == [["films", "plays"], ["films", "test"], ["plays", "train"]]
    embeds = [run for run in runs.values() if run.kind == "embed"]
    counts = {
        run.work["role"]: examples_of(run, made.study.plan, made.study.store.finished(made.study.plan.runs))
        for run in embeds
    }
    assert counts == {"train": 12, "test": 24}


def test_embeddings_are_read_as_they_were_made(made):
    found = {(e.task, e.condition): e for e in made.study.embeddings()}
    assert set(found) == {("films", None), ("plays", None), ("films", "plays")}
    before, after, middle = found["films", None], found["films", "plays"], found["plays", None]
    assert {code: v.shape for code, v in before.vectors.items()} == {"de": (12, 16), "en": (12, 16)}
    assert {code: v.shape for code, v in middle.vectors.items()} == {"en": (12, 16)}
    assert (middle.role, middle.examples, before.pairs) == ("train", 20, False)
    assert before.types("word", "de")["film"] == 12
    assert before.types("label", "de").sum() == 12
    assert set(before.counts["kind"]) == {"word", "subword", "label"}
    assert after.counts.empty
    assert not np.allclose(after.vectors["de"], before.vectors["de"])
    assert np.corrcoef(after.vectors["de"].ravel(), before.vectors["de"].ravel())[0, 1] > 0.5, "the same rows"


def test_the_table_and_the_answer_from_runs(made):
    table = divergence_table(made.study.embeddings(), made.study.params.conditions)
    assert table[["condition", "task", "language"]].to_numpy().tolist() == [["plays", "films", c] for c in ("de", "en")]
    assert table[["mmd", "frechet", "a_distance", "change", "words", "subwords"]].notna().all(axis=None)
    assert table["label_shift"].to_numpy() == pytest.approx(0, abs=0.1)
    found = explain_gains(made.study.scores(), table)
    assert found.cells["language"].tolist() == ["de"]
    assert found.slopes["withheld"].str.contains("at least").all()


def test_fewer_rows_than_can_be_measured_are_refused(made):
    with pytest.raises(ParameterError, match="divergence_examples"):
        load_params(made.path, {"analysis.divergence_examples": 5})
