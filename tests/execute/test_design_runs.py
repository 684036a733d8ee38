"""A tiny study of a monolingual design: a share of the rows, patience, stages before training in a language."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.encoders import size_rule, target_gains
from study_utils.catalog import FolderRows, Task, conditions, tasks
from study_utils.catalog.conditions import Condition, Stage, single
from study_utils.execute.stage import complete
from study_utils.plan import STAGES
from study_utils.study import open_study

WORDS = {"en": ("a good film", "a bad film"), "de": ("ein guter Film", "ein schlechter Film")}
LABELS = ("positive", "negative")
SIZES = {"reviews": 200, "train": 30, "validation": 6, "test": 10}


def _rows(folder, part: str, *codes: str) -> FolderRows:
    for code in codes:
        texts = [f"{WORDS[code][n % 2]} {part} {n}" for n in range(SIZES[part])]
        rows = pd.DataFrame(
            {"id": range(len(texts)), "text": texts, "label": [LABELS[n % 2] for n in range(len(texts))]}
        )
        rows.to_json(folder / f"{part}.{code}.jsonl", orient="records", lines=True)
    files = {code: f"{part}.{code}.jsonl" for code in codes}
    return FolderRows(folder=str(folder), files=files, columns={"id": "id", "text": "text", "label": "label"})


@pytest.fixture(scope="module")
def study(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    common = dict(format="classify", labels=LABELS, metric="accuracy", chance=0.5, licence="l", citation="c")
    selects = _rows(folder, "validation", "en", "de")
    english = _rows(folder, "validation", "en")
    reviews = Task(key="reviews", title="Reviews", train=_rows(folder, "reviews", "en"), validation=english, **common)
    films = Task(
        key="films",
        title="Films",
        train=_rows(folder, "train", "en"),
        validation=english,
        test=_rows(folder, "test", "en", "de"),
        train_in=_rows(folder, "train", "de"),
        validation_in=FolderRows(folder=selects.folder, files={"de": "validation.de.jsonl"}, columns=selects.columns),
        **common,
    )
    stage = {"train_share": 0.7, "epochs": 3, "patience": 1, "batch_size": 8, "max_length": 32, "learning_rate": 1e-12}
    content = {
        "title": "Films",
        "encoders": [str(tiny_encoder)],
        "conditions": ["none", "in_language", "reviews", "reviews_in_language"],
        "targets": ["films"],
        "seeds": [0],
        "intermediate": stage,
        "target": stage,
        "evaluation": {"max_length": 32},
        "artifacts": str(folder / "artifacts"),
        "reports": str(folder / "reports"),
        "device": "cpu",
    }
    path = folder / "design.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for item in (reviews, films):
            patch.setitem(tasks.TASKS, item.key, item)
        own = Condition(
            key="reviews_in_language", title="R", stages=(Stage(tasks=("reviews",)),), regime="in_language", reason="r"
        )
        patch.setitem(conditions.CONDITIONS, "reviews", single(reviews))
        patch.setitem(conditions.CONDITIONS, own.key, own)
        opened = open_study(str(path))
        for stage in STAGES:
            complete(opened, stage)
        yield opened


def test_training_and_selection_rows_are_two_parts_of_the_training_rows(study):
    for code in ("en", "de"):
        rows = [study.rows("films", role) for role in ("train", "validation")]
        train, selects = (frame.loc[frame["language"] == code, "text"] for frame in rows)
        assert not set(train) & set(selects)
        assert sorted([*train, *selects]) == sorted(f"{WORDS[code][n % 2]} train {n}" for n in range(30))
        assert 12 <= len(train) <= 28


def test_patience_ended_training_and_the_first_of_equal_epochs_was_kept(study):
    validation = study.validation(STAGES[2])  # at this learning rate every epoch scores the same
    assert validation.groupby("run")["epoch"].max().eq(2).all()
    assert validation[validation["chosen"]]["epoch"].eq(1).all()


def test_sizes_are_those_of_the_manifests_and_the_rule_can_be_checked(study):
    sizes = study.training_sizes().set_index(["condition", "language"])
    reviews = len(study.rows("reviews", "train"))
    films = {code: int((study.rows("films", "train")["language"] == code).sum()) for code in ("en", "de")}
    assert sizes["target_examples"].to_dict() == {
        **{(key, code): films["en"] for key in ("none", "reviews") for code in ("en", "de")},
        **{(key, code): films[code] for key in ("in_language", "reviews_in_language") for code in ("en", "de")},
    }
    assert sizes["intermediate_examples"].to_dict() == {
        key: reviews if key[0].startswith("reviews") else 0 for key in sizes.index
    }
    rule = size_rule(study.training_sizes(), times=reviews / films["de"])
    holds = dict(zip(zip(rule["condition"], rule["language"]), rule["holds"]))
    assert holds["reviews_in_language", "de"]
    assert holds["reviews", "en"] == (films["en"] <= films["de"])


def test_both_regimes_are_compared_with_and_without_the_stage(study):
    found = target_gains(study.predictions(), study.scores(), settings=Settings(resamples=100))
    assert set(zip(found["condition"], found["against"], found["language"], found["zero_shot"])) == {
        ("reviews", "none", "en", False),
        ("reviews", "none", "de", True),
        ("reviews_in_language", "in_language", "en", False),
        ("reviews_in_language", "in_language", "de", False),
    }


def test_a_study_with_one_zero_shot_condition_still_has_its_table(study):
    scores = study.scores()
    kept = scores[(scores["condition"] != "reviews") | (scores["language"] == "en")]
    assert set(study.macro_scores(kept)["reviews"]) == {"not zero-shot"}
    assert study.macro_scores(kept)["languages"].tolist() == [1]
    assert study.macro_scores(scores[scores["language"] == "en"]).empty
