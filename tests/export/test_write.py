"""The command, on a store that a study filled: what is written, what the card says, what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from embedding_rows import word_rows
from safetensors.torch import load_file, save_file

from study_utils.catalog import CONDITIONS, FolderRows, Task, tasks
from study_utils.catalog.conditions import Condition, Stage, single
from study_utils.execute.stage import complete
from study_utils.export.__main__ import main
from study_utils.export.find import find_run
from study_utils.plan import STAGES
from study_utils.study import open_study

WORDS = {"en": ("a good film", "a bad film"), "de": ("ein guter Film", "ein schlechter Film")}
LABELS = ("positive", "negative")


def _task(folder, key, languages, **more):
    def rows(part, codes, count):
        for code in codes:
            texts = [f"{WORDS[code][n % 2]} {key} {part} {n}" for n in range(count)]
            frame = pd.DataFrame({"id": range(count), "text": texts, "label": [LABELS[n % 2] for n in range(count)]})
            frame.to_json(folder / f"{key}.{part}.{code}.jsonl", orient="records", lines=True)
        files = {code: f"{key}.{part}.{code}.jsonl" for code in codes}
        return FolderRows(folder=str(folder), files=files, columns={"id": "id", "text": "text", "label": "label"})

    test = {"test": rows("test", languages, 10)} if languages else {}
    return Task(
        key=key, title=key.title(), format="classify", labels=LABELS, metric="accuracy", licence=f"{key}'s own",
        citation="c", train=rows("train", ["en"], 16), validation=rows("validation", ["en"], 6), **test,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    shutil.copytree(tiny_encoder, folder / "tiny")
    weights = load_file(folder / "tiny" / "model.safetensors")  # more rows than its tokenizer has ids, as some have
    name = "embeddings.word_embeddings.weight"
    weights[name] = torch.cat([weights[name], torch.ones(5, 16)])
    save_file(weights, folder / "tiny" / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "tiny" / "config.json").read_text())
    (folder / "tiny" / "config.json").write_text(json.dumps(config | {"vocab_size": len(weights[name])}))
    own = [_task(folder, "films", ["en", "de"]), _task(folder, "plays", []), _task(folder, "books", [])]
    training = {"epochs": 2, "batch_size": 4, "max_length": 32, "learning_rate": 1e-2, "dropout": 0.0}
    content = {
        "title": "Films", "encoders": [str(folder / "tiny")], "conditions": ["none", "plays", "both"],
        "targets": ["films"], "seeds": [0], "intermediate": training, "target": {**training, "keep_epochs": True},
        "evaluation": {"max_length": 32}, "device": "cpu",
        "artifacts": str(folder / "artifacts"), "reports": str(folder / "reports"),
    }  # fmt: skip
    path = folder / "films.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for item in own:
            patch.setitem(tasks.TASKS, item.key, item)
            patch.setitem(CONDITIONS, item.key, single(item))
        stages = (Stage(tasks=("plays", "books")),)
        patch.setitem(CONDITIONS, "both", Condition(key="both", title="Both", stages=stages, reason="r"))
        study = open_study(str(path))
        for stage in STAGES:
            complete(study, stage)
        ids = {run.name: run.id for run in study.plan.runs.values()}
        yield SimpleNamespace(study=study, folder=folder, ids=ids, store=["--artifacts", str(folder / "artifacts")])


def named(made, start):
    (found,) = [run for name, run in made.ids.items() if name.startswith(start)]
    return found


PLAIN = """
import sys
import torch
from transformers import {auto}, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained({folder!r}), {auto}.from_pretrained({folder!r})
for text in {texts!r}:
    print(model.config.id2label[int(model(**tokenizer(text, return_tensors="pt")).logits.argmax())])
assert "study_utils" not in sys.modules
"""


def test_plain_transformers_predicts_what_the_study_predicted(made, tmp_path, capsys):
    run = named(made, "target-films-plays")
    assert main([run, str(tmp_path / "out"), *made.store]) == 0
    assert "AutoModelForSequenceClassification" in capsys.readouterr().out
    assert not list(tmp_path.glob(".out*")), "nothing but the folder is left"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert {name.rpartition(".")[2] for name in names} == {"md", "json", "safetensors"}
    rows, predictions = made.study.rows("films", "test"), made.study.predictions()
    theirs = predictions[predictions["condition"] == "plays"].set_index(["language", "example_id"])["prediction"]
    assert set(theirs) == set(LABELS), "else agreement would say little"
    code = PLAIN.format(
        auto="AutoModelForSequenceClassification", folder=str(tmp_path / "out"), texts=rows["text"].tolist()
    )
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", env=env)
    assert not done.returncode, done.stderr
    assert done.stdout.split() == [theirs[key] for key in zip(rows["language"], rows["id"])]
    rows = load_file(tmp_path / "out" / "model.safetensors")["roberta.embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(rows[-5:], np.ones((5, 16)), err_msg="rows beyond the tokenizer stay")


def test_the_card_says_what_the_manifests_say(made, tmp_path):
    run = named(made, "target-films-plays")
    assert main([run, str(tmp_path / "out"), *made.store]) == 0
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["language"] == ["en"]
    assert (front["pipeline_tag"], front["license"]) == ("text-classification", "other")
    assert "base_model" not in front, "a folder has no name for others"
    scores = made.study.scores().query("condition == 'plays' and metric == 'accuracy'").set_index("language")["value"]
    found = {r["dataset"]["config"]: r["metrics"][0]["value"] for r in front["model-index"][0]["results"]}
    assert found == {code: round(value, 4) for code, value in scores.items()}
    assert "tiny, trained on Plays, then Films" in text
    assert run in text
    for line in ("| 1 | Plays | 16 | 2 |", "| 2 | Films | 16 | 2 |"):
        assert line in text
    assert f"| Films | German | accuracy | {100 * scores['de']:.1f} | 10 | yes | not known |" in text
    assert f"| Films | English | accuracy | {100 * scores['en']:.1f} | 10 | no | not known |" in text
    assert "- Plays: plays's own" in text
    assert "- Films: films's own" in text
    assert "- encoder, tiny: not known" in text
    assert str(made.folder) not in text


def test_the_encoder_alone_is_an_ordinary_one(made, tmp_path):
    from transformers import AutoModel

    run = named(made, "intermediate-both")
    assert main([run, str(tmp_path / "out"), "--encoder", *made.store]) == 0
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "The encoder without a head" in text
    assert "No run of the store has evaluated this model" in text
    assert "| 1 | Plays |" in text
    assert "| 1 | Books |" in text
    loaded = AutoModel.from_pretrained(tmp_path / "out", add_pooling_layer=False)
    model = find_run(made.study.store, run).model
    np.testing.assert_array_equal(word_rows(loaded)[model.vocabulary.kept], word_rows(model.encoder))
    assert open_study(str(made.study.source), {"encoders": [str(tmp_path / "out")]}).plan.runs, "a study can go on"


def test_one_of_several_heads_is_chosen(made, tmp_path, capsys):
    run = named(made, "intermediate-both")
    assert main([run, str(tmp_path / "out"), *made.store]) == 2
    assert "has heads for plays, books: choose one with --task" in capsys.readouterr().err
    assert main([run, str(tmp_path / "out"), "--task", "boks", *made.store]) == 2
    assert "Did you mean 'books'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main([run, str(tmp_path / "out"), "--task", "books", *made.store]) == 0
    assert "encoder" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_what_is_no_finished_training_run_is_refused(made, tmp_path, capsys):
    run, out = named(made, "target-films-none"), str(tmp_path / "out")
    (tmp_path / "empty").mkdir()
    store = made.study.store
    store.partial("target-films-cut-tiny-s0-000000000000").mkdir()
    evaluated = next(made.ids[name] for name in made.ids if name.startswith("predict-films-none"))
    for name, where, message in (
        (run[:-2] + "xx", made.store, rf"unknown run '{run[:-2]}xx'.*Did you mean '{run}'"),
        (evaluated, made.store, f"kind 'predict', not 'train'; the model that it used is {run}"),
        ("target-films-cut-tiny-s0-000000000000", made.store, "is not finished: carry out its study again"),
        (run, ["--artifacts", str(tmp_path / "empty")], "no finished training run in"),
        (run, [*made.store, "--tasks-from", str(tmp_path / "none.yaml")], "none.yaml"),
    ):
        assert main([name, out, *where]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert re.search(message, error), error
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(made, tmp_path, capsys):
    run = named(made, "target-films-none")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        assert main([run, str(tmp_path / name), *made.store]) == 2
        assert "there already and not an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "new").mkdir()
    assert main([run, str(tmp_path / "new"), *made.store]) == 0


def test_another_encoder_at_the_same_place_is_found_out(made, tmp_path, capsys):
    config = made.folder / "tiny" / "config.json"
    before = config.read_text()
    config.write_text(before.replace('"layer_norm_eps": 1e-05', '"layer_norm_eps": 1e-06'))
    assert config.read_text() != before
    try:
        assert main([named(made, "target-films-none"), str(tmp_path / "out"), *made.store]) == 2
        assert "its files have changed since" in capsys.readouterr().err
    finally:
        config.write_text(before)


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert "RUN is the id of a finished training run" in told
    assert "from_pretrained" in told
