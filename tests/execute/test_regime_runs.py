"""A tiny study under every regime, from rows to results."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from study_utils import training
from study_utils.analysis import check_results, family_gains, gains, regime_scores, retention
from study_utils.analysis.inference.settings import Settings
from study_utils.catalog import FolderRows, Task, tasks
from study_utils.execute.planned import plan_text
from study_utils.execute.stage import complete
from study_utils.plan import STAGES
from study_utils.study import open_study

REGIMES = ["none", "in_language", "few_shot", "multilingual", "multilingual_sequential"]
WORDS = {
    "en": ("a good film", "a bad film"),
    "de": ("ein guter Film", "ein schlechter Film"),
    "fr": ("le bon film", "le mauvais film"),
    "sw": ("filamu nzuri", "filamu mbaya"),
}
SIZES = {"en": 24, "de": 24, "fr": 10}
"""Training rows; Swahili has none, and French fewer than are asked for."""


def _rows(code: str, count: int, part: str) -> pd.DataFrame:
    labels = ["positive", "negative"]
    texts = [f"{WORDS[code][n % 2]} {part} {n}" for n in range(count)]
    return pd.DataFrame({"id": range(count), "text": texts, "label": [labels[n % 2] for n in range(count)]})


@pytest.fixture(scope="module")
def study(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    for part, sizes in {"train": SIZES, "validation": {"en": 6, "de": 6}, "test": dict.fromkeys(WORDS, 8)}.items():
        for code, count in sizes.items():
            _rows(code, count, part).to_json(folder / f"{part}.{code}.jsonl", orient="records", lines=True)

    def rows(part: str, *codes: str) -> FolderRows:
        return FolderRows(
            folder=str(folder),
            files={code: f"{part}.{code}.jsonl" for code in codes},
            columns={"id": "id", "text": "text", "label": "label"},
        )

    item = Task(
        key="films",
        title="Films",
        format="classify",
        labels=("positive", "negative"),
        metric="accuracy",
        chance=0.5,
        train=rows("train", "en"),
        validation=rows("validation", "en"),
        test=rows("test", *WORDS),
        train_in=rows("train", "de", "fr"),
        validation_in=rows("validation", "de"),
        licence="l",
        citation="c",
    )
    content = {
        "title": "Films",
        "encoders": [str(tiny_encoder)],
        "conditions": REGIMES,
        "targets": ["films"],
        "seeds": [0],
        "target": {"examples": 18, "epochs": 2, "batch_size": 8, "max_length": 32, "few_shot": 4, "few_shot_epochs": 3},
        "evaluation": {"max_length": 32},
        "artifacts": str(folder / "artifacts"),
        "reports": str(folder / "reports"),
        "device": "cpu",
    }
    path = folder / "films.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    trained, train = [], training.train

    def spy(start, rows, settings, *, folder, keep_heads, **more):
        trained.append((folder.name.removesuffix(".partial"), keep_heads, settings.keep))
        return train(start, rows, settings, folder=folder, keep_heads=keep_heads, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tasks.TASKS, "films", item)
        patch.setattr(training, "train", spy)
        opened = open_study(str(path))
        before = plan_text(opened)
        for stage in STAGES:
            complete(opened, stage)
        yield SimpleNamespace(study=opened, before=before, scores=opened.scores(), trained=trained)


def by_cell(scores: pd.DataFrame, column: str) -> dict:
    kept = scores[scores["metric"] == "accuracy"]
    return dict(zip(zip(kept["condition"], kept["language"]), kept[column]))


def test_every_cell_has_the_number_of_rows_that_trained_it(study):
    equal = {(c, code): 18 for c in ("none", "multilingual", "multilingual_sequential") for code in WORDS}
    alone = {("in_language", "en"): 18, ("in_language", "de"): 18, ("in_language", "fr"): 10}
    few = {("few_shot", "en"): 18, ("few_shot", "de"): 22, ("few_shot", "fr"): 22}
    assert by_cell(study.scores, "train_examples") == equal | alone | few


def test_zero_shot_is_only_what_no_row_was_in(study):
    found = {cell for cell, flag in by_cell(study.scores, "zero_shot").items() if flag}
    assert found == {
        *(("none", code) for code in ("de", "fr", "sw")),
        ("multilingual", "sw"),
        ("multilingual_sequential", "sw"),
    }


def test_what_cannot_be_trained_is_omitted_and_said(study):
    table = study.study.omissions()
    assert list(zip(table["condition"], table["languages"])) == [("in_language", "sw"), ("few_shot", "sw")]
    told = "omitted: target films, conditions in_language, few_shot, 1 language (sw): no training rows are declared"
    assert told in study.before


def test_budgets_above_the_data_are_told_once_they_are_known(study):
    assert "short:" not in study.before, "nothing states how many rows the files have"
    table = study.study.shortfalls()
    assert table[["regime", "languages", "asked", "there", "counted"]].to_numpy().tolist() == [
        ["in_language", "fr", 18, 10, True]
    ]
    assert "Films, trained under the regime in language: 18 training rows are asked" in plan_text(study.study)


def test_the_pool_has_as_many_rows_as_english_shared_evenly(study):
    (run,) = [run for run in study.study.plan.runs.values() if run.name == "data-films-multilingual"]
    rows = pd.read_parquet(study.study.store.folder(run.id) / "train.parquet")
    assert rows["language"].value_counts().to_dict() == {"en": 6, "de": 6, "fr": 6}


def test_selection_is_english_but_for_a_language_with_rows_of_its_own(study):
    table = study.study.validation(STAGES[2])
    chosen = table[table["chosen"] & table["primary"]]
    selects = dict(zip(chosen["run"].str.rsplit("-", n=3).str[0], chosen["selected_in"]))
    assert selects.pop("target-films-in_language-de") == "de"
    assert set(selects.values()) == {"en"}
    few = chosen[chosen["condition"] == "few_shot"]
    assert (few["epoch"] == 3).all(), "the last epoch is kept"


def test_of_two_fine_tunings_the_second_is_what_was_chosen(study):
    table = study.study.validation(STAGES[2])
    chosen = table[table["chosen"]].groupby("condition")["run"].unique()
    (run,) = chosen["multilingual_sequential"]
    assert run.startswith("target-films-multilingual_sequential-2")
    assert len(chosen["none"]) == 1, "few shots go on from it, but it is scored itself"


def test_later_stages_go_on_with_the_head_and_see_their_languages(study):
    names = {run.id: run.name.split("-")[2:4] for run in study.study.plan.of_stage(STAGES[2])}
    kept = {"-".join(names[run]) for run, heads, _ in study.trained if heads}
    assert kept == {"few_shot-de", "few_shot-fr", "multilingual_sequential-2"}
    assert {names[run][0] for run, _, keep in study.trained if keep == "last"} == {"few_shot"}
    seen = {"-".join(name): study.study.store.manifest(run)["languages_seen"] for run, name in names.items()}
    assert seen["multilingual_sequential-1"] == ["en"]
    assert seen["multilingual_sequential-2"] == ["de", "en", "fr"]
    assert (seen["in_language-de"], seen["in_language-fr"]) == (["de"], ["en", "fr"])


def test_the_analysis_keeps_conditions_apart(study):
    check_results(study.scores)
    assert set(gains(study.scores)["condition"]) == set(REGIMES) - {"none"}
    families = family_gains(study.study.predictions(), study.scores, by="language", settings=Settings(resamples=100))
    assert set(families["condition"]) == {"multilingual", "multilingual_sequential"}
    assert set(families["languages"]) == {"sw"}


def test_retention_needs_equal_budgets(study):
    value = by_cell(study.scores, "value")
    found = retention(study.scores)
    assert list(found["language"]) == ["de"]
    assert found["retention"].iloc[0] == pytest.approx(value["none", "de"] / value["in_language", "de"])
    anyway = retention(study.scores, equal_budget=False)
    assert list(anyway["language"]) == ["de", "fr"]
    assert anyway["in_language_examples"].tolist() == [18, 10]


def test_regimes_beside_the_baseline(study):
    table = regime_scores(study.scores, study.study.omissions()).set_index("condition")
    assert table["languages"].to_dict() == {c: 2 if c in ("in_language", "few_shot") else 3 for c in REGIMES[1:]}
    assert table["omitted"].to_dict() == {c: 1 if c in ("in_language", "few_shot") else 0 for c in REGIMES[1:]}
    assert table["zero_shot"].tolist() == [0, 0, 1, 1]
    assert table["equal"].tolist() == [1, 2, 3, 3]
    value = by_cell(study.scores, "value")
    assert table.loc["in_language", "gain"] == pytest.approx(value["in_language", "de"] - value["none", "de"])


def test_rows_of_several_runs_are_shown_once(study):
    prepared = study.study.prepared()
    rows = prepared["films", "train"]
    assert not rows.duplicated(["language", "id"]).any()
    assert set(rows["language"]) == {"en", "de", "fr"}
    facts = study.study.data_facts().set_index(["role", "regime"])
    assert facts.loc[("train", "in_language"), ["languages", "rows"]].tolist() == [2, 28]
    assert facts.loc[("train", "multilingual"), ["languages", "rows"]].tolist() == [3, 18]


def test_the_macro_average_is_of_conditions_trained_in_english(study):
    table = study.study.macro_scores(study.scores)
    assert list(table.columns) == ["encoder", "task", "metric", "languages", "none"]


def test_nothing_is_made_twice(study):
    again = [complete(study.study, stage) for stage in STAGES]
    assert all((table["outcome"] == "reused").all() for table in again if len(table))
