"""A tiny study that keeps its epochs: what is scored is what each epoch's model says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from study_utils.analysis.questions.epochs import epoch_choices, epoch_curves
from study_utils.catalog import FolderRows, Task, encoder, tasks
from study_utils.encoders.facts import architecture
from study_utils.encoders.load import load_encoder
from study_utils.errors import StoreError
from study_utils.evaluation.predict import predict
from study_utils.execute.planned import plan_text
from study_utils.execute.stage import complete
from study_utils.metrics import score
from study_utils.model import load_trained
from study_utils.plan import STAGES
from study_utils.study import open_study
from study_utils.training.keep import epoch_folder

WORDS = {"en": ("a good film", "a bad film"), "de": ("ein guter Film", "ein schlechter Film")}
LABELS = ("positive", "negative")


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")

    def rows(part, codes, count):
        for code in codes:
            texts = [f"{WORDS[code][n % 2]} {part} {n}" for n in range(count)]
            frame = pd.DataFrame({"id": range(count), "text": texts, "label": [LABELS[n % 2] for n in range(count)]})
            frame.to_json(folder / f"{part}.{code}.jsonl", orient="records", lines=True)
        files = {code: f"{part}.{code}.jsonl" for code in codes}
        return FolderRows(folder=str(folder), files=files, columns={"id": "id", "text": "text", "label": "label"})

    item = Task(
        key="films", title="Films", format="classify", labels=LABELS, metric="accuracy", licence="l", citation="c",
        train=rows("train", ["en"], 16), validation=rows("validation", ["en"], 8), test=rows("test", ["en", "de"], 10),
    )  # fmt: skip
    training = {"epochs": 3, "batch_size": 4, "max_length": 32, "learning_rate": 5e-3, "keep_epochs": True}
    content = {
        "title": "Films", "encoders": [str(tiny_encoder)], "conditions": ["none"], "targets": ["films"],
        "seeds": [0, 1], "target": {**training, "keep": "mean"}, "evaluation": {"max_length": 32}, "device": "cpu",
        "artifacts": str(folder / "artifacts"), "reports": str(folder / "reports"),
    }  # fmt: skip
    path = folder / "films.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tasks.TASKS, "films", item)
        study = open_study(str(path))
        before = plan_text(study)
        for stage in STAGES[:3]:
            complete(study, stage)
        with pytest.raises(StoreError, match="8 of 8 runs that score an epoch are not done"):
            study.epochs()
        complete(study, STAGES[3])
        yield SimpleNamespace(study=study, before=before, item=item, epochs=study.epochs())


def test_the_plan_shows_every_run_and_what_it_costs(made):
    assert made.before.count("-epoch") == 2 * 3
    size = architecture(encoder(made.study.params.encoders[0])).checkpoint_mb
    gigabytes = 2 * 4 * size / 1000
    told = f"keep_epochs: every epoch's weights of 2 training runs stay, about {gigabytes:.1f} GB"
    assert told in made.before


def test_every_epoch_is_scored_with_its_own_weights(made):
    study, frame = made.study, made.epochs
    assert sorted(frame["epoch"].unique()) == [0, 1, 2, 3]
    assert len(frame) == 2 * 4 * 2
    base = load_encoder(encoder(study.params.encoders[0]), cache=study.store.cache)
    rows = study.rows("films", "test")
    (run,) = [run.id for run in study.plan.of_stage(STAGES[2]) if run.work["seed"] == 1]
    folder = study.store.folder(run)
    for epoch in (0, 1, 2, 3):
        model = load_trained(epoch_folder(folder, epoch) if epoch else folder, base)
        scored = score(predict(model, made.item, rows, max_length=32, device="cpu"), made.item)
        expected = scored[scored["metric"] == "accuracy"].set_index("language")["value"].to_dict()
        own = frame[(frame["seed"] == 1) & (frame["epoch"] == epoch)].set_index("language")
        assert own["value"].to_dict() == expected
        assert own["zero_shot"].to_dict() == {"en": False, "de": True}


def test_selection_scores_are_those_of_training(made):
    validation = made.study.validation(STAGES[2]).query("primary").set_index(["seed", "epoch"])["value"]
    for (seed, epoch), part in made.epochs.groupby(["seed", "epoch"]):
        assert part["selection"].unique().tolist() == [validation[seed, epoch]]


def test_results_are_of_the_kept_weights_alone(made):
    scores = made.study.scores()
    assert len(scores[scores["metric"] == "accuracy"]) == 2 * 2
    mean = made.epochs.query("epoch == 0").set_index(["seed", "language"])["value"]
    kept = scores[scores["metric"] == "accuracy"].set_index(["seed", "language"])["value"]
    np.testing.assert_array_equal(kept.sort_index(), mean.sort_index())
    choices = epoch_choices(epoch_curves(made.epochs))
    assert choices["epochs"].tolist() == [3, 3]
    assert choices["lost_mean"].notna().all()
