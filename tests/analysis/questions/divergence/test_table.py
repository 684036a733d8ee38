from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis.questions.divergence.distances import mmd2
from study_utils.analysis.questions.divergence.sets import EmbeddedRows
from study_utils.analysis.questions.divergence.table import COLUMNS, divergence_table
from study_utils.errors import AnalysisError

WIDTH = 5


def counts(kind_types, languages):
    rows = [
        (kind, code, name, n) for kind, types in kind_types.items() for code in languages for name, n in types.items()
    ]
    return pd.DataFrame(rows, columns=["kind", "language", "type", "count"])


def rows_of(task, role, shift, *, n=30, languages=("en",), words=("a", "b"), examples=100, labels=(), **more):
    rng = np.random.default_rng(len(task) + 7 * len(languages))
    vectors = {code: rng.normal(shift, 1, size=(n, WIDTH)).astype("float32") for code in languages}
    types = {"word": dict.fromkeys(words, 2), "subword": dict.fromkeys(words, 1), "label": dict.fromkeys(labels, 5)}
    return EmbeddedRows(
        encoder="e5_small",
        task=task,
        role=role,
        vectors=vectors,
        counts=counts(types, languages),
        examples=examples,
        **more,
    )


@pytest.fixture
def embedded():
    three = ("entailment", "neutral", "contradiction")
    target = rows_of("xnli", "test", 0.0, languages=("de", "fr"), words=("a", "c"), labels=three, pairs=True)
    turned = {code: 2 * values[:, ::-1] for code, values in target.vectors.items()}
    after = EmbeddedRows(
        encoder="e5_small", task="xnli", role="test", condition="mnli", seed=0, vectors=turned, counts=counts({}, ())
    )
    return [
        rows_of("mnli", "train", 0.1, examples=300, labels=three, pairs=True),
        rows_of("snli", "train", 0.2, examples=100, labels=three, pairs=True),
        rows_of("sst2", "train", 3.0, examples=100),
        rows_of("stsb", "train", 1.0, examples=100, pairs=True),
        target,
        after,
    ]


def test_one_row_a_condition_target_and_language(embedded):
    table = divergence_table(embedded, ["none", "mnli", "sst2", "multilingual"])
    assert tuple(table.columns) == COLUMNS
    assert table[["condition", "language"]].to_numpy().tolist() == [
        [c, code] for c in ("mnli", "sst2") for code in ("de", "fr")
    ]
    near, far = (table[table["condition"] == key] for key in ("mnli", "sst2"))
    for measure in ("mmd", "frechet", "a_distance", "format_distance"):
        assert (near[measure].to_numpy() < far[measure].to_numpy()).all(), measure
    assert near["format_distance"].eq(0).all()
    assert near["label_shift"].to_numpy() == pytest.approx(0)
    assert far["label_shift"].isna().all()
    assert near["word_jaccard"].to_numpy() == pytest.approx(2 / 3)
    assert near["words"].to_numpy() == pytest.approx(0.5)
    assert near["change"].to_numpy() == pytest.approx(0, abs=1e-6), "turned and scaled is unchanged"
    assert near["n_seeds"].eq(1).all()
    assert far["change"].isna().all()


def test_bandwidth_is_one_for_all_pairs(embedded):
    table = divergence_table(embedded, ["none", "mnli", "sst2"]).set_index(["condition", "language"])
    ratio = mmd2(embedded[0].vectors["en"], embedded[4].vectors["de"], bandwidth=1.0)
    assert table.loc[("mnli", "de"), "mmd"] != pytest.approx(ratio)
    by_key = {key: table.loc[(key, "de"), "mmd"] for key in ("mnli", "sst2")}
    from study_utils.analysis.questions.divergence.table import _bandwidth

    width = _bandwidth(embedded[:5])
    for item in (embedded[0], embedded[2]):
        assert by_key[item.task] == pytest.approx(mmd2(item.vectors["en"], embedded[4].vectors["de"], bandwidth=width))


def test_a_mixture_is_the_mean_of_its_tasks_by_training_examples(embedded):
    single = divergence_table(embedded, ["mnli", "snli", "sst2", "stsb"]).set_index(["language", "condition"])
    mixed = divergence_table(embedded, ["mixture"]).set_index("language")
    for measure in ("mmd", "frechet", "a_distance", "words", "format_distance", "same_format"):
        parts = single.loc["de", measure]
        expected = (3 * parts["mnli"] + parts["snli"] + parts["sst2"] + parts["stsb"]) / 6
        assert mixed.loc["de", measure] == pytest.approx(expected), measure
    assert mixed["n_tasks"].eq(4).all()


def test_too_few_rows_are_no_error_and_no_number(embedded):
    few = rows_of("sib200", "test", 0.0, n=6, languages=("de",))
    table = divergence_table([*embedded[:4], few], ["mnli"])
    assert table[["mmd", "frechet", "a_distance", "change"]].isna().all(axis=None)
    assert table["words"].notna().all()
    assert table["n_examples"].eq(6).all()


def test_nothing_measured_is_an_empty_table_and_missing_rows_an_error(embedded):
    assert divergence_table([], ["none", "mnli"]).empty
    assert divergence_table(embedded, ["none"]).empty
    with pytest.raises(AnalysisError, match="no sentence vectors of intermediate task 'squad1'"):
        divergence_table(embedded, ["squad1"])
