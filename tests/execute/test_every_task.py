"""Every declared hub task through preparation, training, prediction and scores, with a one-layer encoder.

Once on a small mirror made from the declarations, and, where the environment variable STUDY_MIRROR names a folder, on
the published rows in it (`STUDY_MIRROR=... pytest tests/execute/test_every_task.py -rs`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hub_mirror import HUB_TASKS, ROWS, TARGETS, few_languages, write_hub

from study_utils.catalog import TASKS, condition
from study_utils.catalog.conditions import BASELINE, CONDITIONS
from study_utils.data.sources import source_digest
from study_utils.errors import MissingRowsError
from study_utils.execute.stage import complete
from study_utils.metrics import task_metrics
from study_utils.plan import STAGES
from study_utils.study import Study, open_study

INTERMEDIATE = tuple(
    name
    for name, item in CONDITIONS.items()
    if item.stages and item.regime == "english" and set(item.tasks) <= set(HUB_TASKS)
)
PUBLISHED = os.environ.get("STUDY_MIRROR", "")

on_published_rows = pytest.mark.skipif(not PUBLISHED, reason="the environment variable STUDY_MIRROR names no folder")

Opener = Callable[..., Study]


def opener(folder: Path, encoder: Path, mirror: Path, *, train: int, test: int) -> Opener:
    """Make a function that opens a small study; all share one store."""
    stage = {"examples": train, "validation_examples": train, "epochs": 1, "batch_size": 4, "max_length": 40}
    study = {
        "title": "Every task",
        "encoders": [str(encoder)],
        "seeds": [0],
        "sources": ["mirror"],
        "intermediate": stage | {"new_mlm_head": True},
        "target": stage,
        "evaluation": {"examples": test, "max_length": 40},
        **{"mirror": str(mirror), "artifacts": str(folder / "artifacts"), "reports": str(folder / "reports")},
        "device": "cpu",
    }
    file = folder / "every_task.yaml"
    file.write_text(yaml.safe_dump(study), encoding="utf-8")

    def opened(target: str, *conditions: str, languages: tuple[str, ...]) -> Study:
        changes = {"targets": [target], "conditions": [BASELINE, *conditions], "languages": list(languages)}
        if TASKS[target].shape == "retrieve-mine" and test < ROWS:
            changes["tasks"] = {target: {"test_examples": 150 * test}}  # a few sentences of large pools hold no pair
        return open_study(str(file), changes)

    return opened


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_encoder):
    """Small mirror: the golds that were written, and what opens a study on it."""
    folder = tmp_path_factory.mktemp("made")
    golds = write_hub(folder / "mirror")
    return golds, opener(folder, tiny_encoder, folder / "mirror", train=4, test=ROWS)


@pytest.fixture(scope="module")
def published(tmp_path_factory, tiny_encoder):
    """What opens a study on published rows."""
    folder = tmp_path_factory.mktemp("published")
    return opener(folder, tiny_encoder, Path(PUBLISHED).expanduser().resolve(), train=8, test=4)


def check_scores(study: Study, key: str, languages: tuple[str, ...]) -> None:
    """Every language has the task's metrics, in their range; only English is not zero-shot."""
    item, scores = TASKS[key], study.scores()
    assert set(scores["language"]) == set(languages)
    assert set(scores["metric"]) <= set(task_metrics(item))
    assert set(scores.loc[scores["metric"] == item.metric, "language"]) == set(languages)
    low = -1.0 if item.format == "regress" else 0.0
    assert scores["value"].between(low, 1.0).all()
    assert set(scores.loc[~scores["zero_shot"], "language"]) == ({"en"} & set(languages) if item.is_trained else set())


def check_training(study: Study, stage: str, tasks: tuple[str, ...], examples: int | None) -> None:
    """Every task was learnt from and selected on, with finite losses and scores; no row was lost on the way."""
    losses, validation = study.losses(stage), study.validation(stage)
    assert set(losses["task"]) <= set(tasks)
    assert np.isfinite(losses["loss"]).all()
    assert set(validation["task"]) == set(tasks)
    for key in tasks:
        assert TASKS[key].metric in set(validation.loc[validation["task"] == key, "metric"])
        for role in ("train", "validation"):
            assert set(study.rows(key, role)["language"]) == {TASKS[key].training_language}
            assert examples is None or len(study.rows(key, role)) == examples
    assert validation["value"].between(-1.0, 1.0).all()
    assert validation["chosen"].any()


@pytest.mark.parametrize("key", TARGETS)
def test_target_on_made_rows(key, made):
    golds, opened = made
    languages = few_languages(key)
    study = opened(key, languages=languages)
    for stage in STAGES:
        complete(study, stage)
    assert (study.data_facts()["dropped"] == 0).all()
    check_scores(study, key, languages)
    if TASKS[key].is_trained:
        check_training(study, STAGES[2], (key,), examples=4)
    predictions = study.predictions()
    assert not predictions.duplicated(["language", "example_id", "measure"]).any()
    for code in languages:
        own = predictions[predictions["language"] == code]
        for measure, rows in own.groupby("measure"):
            said = dict(zip(rows["example_id"], rows["gold"]))
            if TASKS[key].shape == "retrieve-mine":  # pairs that were found and are not gold have rows of their own
                said = {pair: gold for pair, gold in said.items() if gold != "none"}
            written = golds[key, code]
            capped = {example: written[example] for example in said}  # of several treebanks, as many rows as of one
            assert said == (capped if len(written) > ROWS else written), f"{code}, {measure}"


@pytest.mark.parametrize("name", INTERMEDIATE)
def test_condition_on_made_rows(name, made):
    languages = few_languages("tatoeba")
    study = made[1]("tatoeba", name, languages=languages)
    for stage in STAGES:
        complete(study, stage)
    assert (study.data_facts()["dropped"] == 0).all()
    check_training(study, STAGES[1], condition(name).tasks, examples=4)
    scores = study.scores()
    assert (scores.groupby(["language", "metric"])["condition"].nunique() == 2).all()
    trained = {TASKS[key].training_language for key in condition(name).tasks}
    seen = scores.loc[~scores["zero_shot"]]
    assert set(seen["language"]) == trained & set(languages)
    assert set(seen["condition"]) <= {name}


def test_text_of_many_languages_on_made_rows(made):
    languages = few_languages("tatoeba")
    study = made[1]("tatoeba", "mnli+mlm", languages=languages)
    for stage in STAGES:
        complete(study, stage)
    losses = study.losses(STAGES[1])
    assert set(losses["task"]) == {"mnli", "sib200_text"}
    assert np.isfinite(losses["loss"]).all()
    rows = study.rows("sib200_text", "train")
    assert len(rows) == 4
    assert set(rows["language"]) == set(languages) & set(TASKS["sib200_text"].training_languages)
    assert set(study.rows("sib200_text", "validation")["language"]) == {"en"}
    scores = study.scores().query("condition == 'mnli+mlm'")
    assert not scores["zero_shot"].any()
    assert set(scores["total_examples"]) == {8}
    assert set(scores["train_examples"]) == {0}
    table = study.macro_scores(study.scores())
    assert table["mnli+mlm"].tolist() == ["not zero-shot"]
    assert table["none"].str.fullmatch(r"[0-9.]+").all(), "one seed: a mean without a spread"
    assert table["languages"].tolist() == [len(languages) - ("en" in languages)]


def published_languages(key: str) -> tuple[str, ...]:
    """First three languages of a target of which the mirror has test rows."""
    found, reasons = [], []
    for code in sorted(TASKS[key].languages, key=lambda code: code != "en"):
        try:
            source_digest(TASKS[key], "test", languages=[code], mirror=Path(PUBLISHED), sources=["mirror"])
        except MissingRowsError as error:
            reasons.append(str(error))
        else:
            found.append(code)
    if not found:
        pytest.skip(f"not in this mirror: {reasons[0]}")
    return tuple(found[:3])


def skip_if_missing(key: str) -> None:
    """Skip a task whose training rows the mirror lacks."""
    for role in ("train", "validation") if TASKS[key].is_trained else ():
        try:
            source_digest(
                TASKS[key],
                role,
                languages=[TASKS[key].training_language],
                mirror=Path(PUBLISHED),
                sources=["mirror"],
            )
        except MissingRowsError as error:
            pytest.skip(f"not in this mirror: {error}")


@on_published_rows
@pytest.mark.parametrize("key", TARGETS)
def test_target_on_published_rows(key, published):
    languages = published_languages(key)
    skip_if_missing(key)
    study = published(key, languages=languages)
    for stage in STAGES:
        complete(study, stage)
    check_scores(study, key, languages)
    if TASKS[key].is_trained:
        check_training(study, STAGES[2], (key,), examples=8)
    if TASKS[key].shape == "retrieve-neighbour":
        found = study.predictions().groupby(["language", "measure"])["example_id"].nunique()
        assert (found == 4).all()


@on_published_rows
@pytest.mark.parametrize("key", [key for key in HUB_TASKS if key in CONDITIONS])
def test_intermediate_task_on_published_rows(key, published):
    skip_if_missing(key)
    languages = published_languages("tatoeba")
    study = published("tatoeba", key, languages=languages)
    for stage in STAGES:
        complete(study, stage)
    check_training(study, STAGES[1], (key,), examples=8)
    assert set(study.scores()["language"]) == set(languages)
