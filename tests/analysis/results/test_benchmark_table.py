from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import benchmark_table
from study_utils.catalog import BENCHMARKS, TASKS
from study_utils.errors import AnalysisError, CatalogError

XTREME_R = BENCHMARKS["xtreme_r"]


@pytest.fixture(autouse=True)
def _all_tasks(monkeypatch):
    """Declare the tasks of both benchmarks that the catalogue doesn't have."""
    for item in BENCHMARKS.values():
        for key in item.tasks:
            if key not in TASKS:
                monkeypatch.setitem(TASKS, key, dataclasses.replace(TASKS["xnli"], key=key, same_data=()))


METRICS = {"udpos": "legacy_chunk_f1"}
"""Where the benchmarks' metric isn't the primary one: google-research/xtreme, evaluate.py."""


def table(cells, *, conditions=("none", "mnli"), seeds=(0,), value=None):
    """Scores of the benchmark's metric: `value` of (condition, task, language, seed), else different in every row."""
    rows = []
    for condition in conditions:
        for seed in seeds:
            for task, language in cells:
                number = value(condition, task, language, seed) if value else (37 * len(rows) % 101) / 101
                rows.append(
                    {
                        **{"encoder": "e5_small", "condition": condition, "task": task, "language": language},
                        **{
                            "variant": "clean",
                            "seed": seed,
                            "metric": METRICS.get(task, TASKS[task].metric),
                            "value": number,
                            "n": 9,
                        },
                        **{"zero_shot": language != "en", "same_data": False, "run": "r"},
                    }
                )
    return pd.DataFrame(rows)


def plain_average(scores, condition, cells):
    """Second derivation: in percent, the mean over seeds of means of means, in loops."""
    found = []
    for seed in scores["seed"].unique():
        rows = scores[(scores["condition"] == condition) & (scores["seed"] == seed)]
        values = {(r.task, r.language): r.value for r in rows.itertuples()}
        by_task = {}
        for task, language in cells:
            by_task.setdefault(task, []).append(values[task, language])
        found.append(100 * sum(sum(own) / len(own) for own in by_task.values()) / len(by_task))
    return sum(found) / len(found)


def without_english(cells):
    return [(task, language) for task, language in cells if language != "en"]


def row(found, task):
    (one,) = found[found["task"] == task].to_dict("records")
    return one


@pytest.mark.parametrize("item", BENCHMARKS.values(), ids=lambda b: b.key)
def test_averages_are_means_of_task_means_with_and_without_english(item):
    scores = table(item.cells, seeds=(0, 1))
    found = benchmark_table(scores, item.key)
    assert found["task"].tolist() == [*item.tasks, "average", "average without English"]
    for name, cells in (("average", item.cells), ("average without English", without_english(item.cells))):
        one = row(found, name)
        assert one["none"] == pytest.approx(plain_average(scores, "none", cells))
        assert one["mnli"] == pytest.approx(plain_average(scores, "mnli", cells))
        assert (one["languages"], one["of"]) == (len(cells), len(cells))


def test_a_task_by_hand():
    values = {"en": 0.9, "de": 0.6, "ru": 0.3}
    scores = table(XTREME_R.cells, value=lambda c, t, language, s: values.get(language, 0.6))
    one = row(benchmark_table(scores, "xtreme_r"), "lareqa")  # ar de el en es hi ru th tr vi zh
    assert one["none"] == pytest.approx(100 * (9 * 0.6 + 0.9 + 0.3) / 11)
    assert (one["languages"], one["of"], one["missing"], one["metric"]) == (11, 11, "", "map_at_20")
    assert (one["test_rows"], one["of_rows"]) == (9 * 11, 1190 * 11)


def test_english_enters_the_published_mean_only():
    scores = table(XTREME_R.cells, value=lambda condition, task, language, seed: float(language == "en"))
    found = benchmark_table(scores, "xtreme_r")
    assert row(found, "average without English")["none"] == 0.0
    english = [1 / len(own) for own in XTREME_R.tasks.values() if "en" in own]
    assert row(found, "average")["none"] == pytest.approx(100 * sum(english) / 10)


def test_tagging_is_averaged_by_the_f1_of_the_benchmark():
    scores = table(XTREME_R.cells)
    accuracy = scores[scores["task"] == "udpos"].assign(metric="token_accuracy", value=1.0)
    both = pd.concat([scores, accuracy], ignore_index=True)
    pd.testing.assert_frame_equal(benchmark_table(both, "xtreme_r"), benchmark_table(scores, "xtreme_r"))
    assert row(benchmark_table(both, "xtreme_r"), "udpos")["metric"] == "legacy_chunk_f1"


def test_a_task_that_lacks_a_language_has_no_score_and_the_benchmark_no_average():
    scores = table([cell for cell in XTREME_R.cells if cell not in (("xcopa", "qu"), ("xcopa", "et"))])
    found = benchmark_table(scores, "xtreme_r")
    one = row(found, "xcopa")
    assert (one["languages"], one["of"], one["missing"]) == (9, 11, "et qu")
    assert np.isnan(one["none"])
    assert np.isnan(row(found, "average")["mnli"])
    assert not np.isnan(row(found, "xnli")["none"])
    assert (row(found, "average")["languages"], row(found, "average")["of"]) == (201, 203)


def test_a_condition_that_lacks_a_cell_in_one_seed_has_no_average_and_others_keep_theirs():
    scores = table(XTREME_R.cells, seeds=(0, 1))
    lost = (scores["condition"] == "mnli") & (scores["task"] == "udpos") & (scores["language"] == "wo")
    found = benchmark_table(scores[~(lost & (scores["seed"] == 1))], "xtreme_r")
    assert row(found, "udpos")["missing"] == "wo"
    assert np.isnan(row(found, "udpos")["mnli"])
    assert np.isnan(row(found, "average")["mnli"])
    assert row(found, "average")["none"] == pytest.approx(plain_average(scores, "none", XTREME_R.cells))


def test_encoders_are_shown_one_by_one():
    scores = table([("xnli", "de")])
    both = pd.concat([scores, table([("xcopa", "et")]).assign(encoder="mbert")], ignore_index=True)
    found = benchmark_table(both, "xtreme_r")
    counts = found[found["task"] == "average"].set_index("encoder")["languages"]
    assert counts.to_dict() == {"e5_small": 1, "mbert": 1}


def test_without_a_cell_the_table_is_empty():
    assert benchmark_table(table([("sst2", "en"), ("xnli", "fa")]), "xtreme").empty
    with pytest.raises(AnalysisError, match="no score of variant 'noisy'"):
        benchmark_table(table(XTREME_R.cells), "xtreme", variant="noisy")
    with pytest.raises(CatalogError, match="Did you mean 'xtreme'"):
        benchmark_table(table(XTREME_R.cells), "xtrem")


def test_other_tasks_languages_metrics_and_variants_are_left_out():
    scores = table(XTREME_R.cells)
    more = pd.concat(
        [
            scores,
            table([("sst2", "en"), ("xcopa", "en"), ("xnli", "fa")]),
            scores.assign(metric="macro_f1", value=0.0),
            scores.assign(variant="noisy", value=0.0),
        ],
        ignore_index=True,
    )
    pd.testing.assert_frame_equal(benchmark_table(more, "xtreme_r"), benchmark_table(scores, "xtreme_r"))


def test_row_order_changes_nothing():
    scores = table(XTREME_R.cells)
    mixed = scores.sample(frac=1, random_state=np.random.RandomState(4))
    found = benchmark_table(mixed, "xtreme_r")
    expected = benchmark_table(scores, "xtreme_r")
    pd.testing.assert_frame_equal(found[expected.columns], expected)
