"""A tiny study on perturbed test rows, from rows to results."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from study_utils.analysis import check_results
from study_utils.catalog import FolderRows, Task, tasks
from study_utils.execute.stage import complete
from study_utils.plan import STAGES
from study_utils.study import open_study

WORDS = {
    "en": ("a good film of considerable length", "a bad film of considerable length"),
    "de": ("ein guter Film von ziemlicher Dauer", "ein schlechter Film von ziemlicher Dauer"),
    "tr": ("oldukça uzun güzel filmlerden biri", "oldukça uzun berbat filmlerden biri"),
}


def _rows(code: str, count: int, part: str) -> pd.DataFrame:
    texts = [f"{WORDS[code][n % 2]} {part} {n}" for n in range(count)]
    labels = [("positive", "negative")[n % 2] for n in range(count)]
    return pd.DataFrame({"id": range(count), "text": texts, "label": labels})


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("study")
    for part, codes in {"train": ["en"], "validation": ["en"], "test": list(WORDS)}.items():
        for code in codes:
            _rows(code, 8, part).to_json(folder / f"{part}.{code}.jsonl", orient="records", lines=True)

    def rows(part: str, *codes: str) -> FolderRows:
        files = {code: f"{part}.{code}.jsonl" for code in codes}
        return FolderRows(folder=str(folder), files=files, columns={"id": "id", "text": "text", "label": "label"})

    item = Task(
        key="films",
        title="Films",
        format="classify",
        labels=("positive", "negative"),
        metric="accuracy",
        train=rows("train", "en"),
        validation=rows("validation", "en"),
        test=rows("test", *WORDS),
        licence="l",
        citation="c",
    )
    content = {
        "title": "Films",
        "encoders": [str(tiny_encoder)],
        "conditions": ["none"],
        "targets": ["films"],
        "seeds": [0, 1],
        "target": {"epochs": 1, "batch_size": 8, "max_length": 32},
        "evaluation": {
            "max_length": 32,
            "variants": ["drops@0.3", "diacritics@1"],
            "variant_languages": {"diacritics": ["tr"]},
        },
        "artifacts": str(folder / "artifacts"),
        "reports": str(folder / "reports"),
        "device": "cpu",
    }
    path = folder / "films.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tasks.TASKS, "films", item)
        study = open_study(str(path))
        for stage in STAGES:
            complete(study, stage)
        yield SimpleNamespace(study=study, scores=study.scores(variants=True))


def test_variants_are_rows_of_the_results_table(made):
    found = made.scores[made.scores["metric"] == "accuracy"].groupby("variant")["language"].unique().map(sorted)
    assert found.to_dict() == {"clean": ["de", "en", "tr"], "diacritics@1": ["tr"], "drops@0.3": ["de", "en", "tr"]}
    check_results(made.scores)


def test_the_other_notebooks_read_clean_rows_only(made):
    assert set(made.study.scores()["variant"]) == set(made.study.predictions()["variant"]) == {"clean"}


def test_predictions_are_of_the_same_examples(made):
    found = made.study.predictions(variants=True)
    ids = found[found["language"] == "tr"].groupby("variant")["example_id"].agg(lambda keys: tuple(sorted(set(keys))))
    assert ids.nunique() == 1
    assert len(ids) == 3


def test_what_was_changed_is_kept(made):
    found = made.study.perturbed().set_index(["variant", "language"])
    assert len(found) == 4  # each once, though two seeds were scored
    drops = found.loc[("drops@0.3", "tr")]
    assert (drops["examples"], drops["all"], drops["asked"], drops["changed"]) == (8, 48, 8, 8)
    assert found.loc[("diacritics@1", "tr"), "after"].startswith(("oldukca uzun guzel", "oldukca uzun berbat"))
    run = next(c.run for c in made.study.plan.cells if c.variant == "drops@0.3")
    assert made.study.store.manifest(run)["perturbed"] == {"all": 160, "asked": 40, "changed": 40}


def test_all_seeds_read_the_same_texts(made):
    runs = [c.run for c in made.study.plan.cells if c.variant == "drops@0.3"]
    one, two = (pd.read_parquet(made.study.store.verified_file(run, "perturbed.parquet")) for run in runs)
    pd.testing.assert_frame_equal(one, two)
