from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import benchmark_average, task_scores
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


def table(cells, *, conditions=("none", "mnli"), seeds=(0,), value=None):
    """Scores of the primary metric: `value` of (condition, task, language, seed), else different in every row."""
    rows = []
    for condition in conditions:
        for seed in seeds:
            for task, language in cells:
                number = value(condition, task, language, seed) if value else (37 * len(rows) % 101) / 101
                rows.append(
                    {
                        **{"encoder": "e5_small", "condition": condition, "task": task, "language": language},
                        **{"variant": "clean", "seed": seed, "metric": TASKS[task].metric, "value": number, "n": 9},
                        **{"zero_shot": language != "en", "same_data": False, "run": "r"},
                    }
                )
    return pd.DataFrame(rows)


def plain_average(scores, condition, cells):
    """Second derivation: mean of means, in loops."""
    values = {(r.task, r.language): r.value for r in scores.itertuples() if r.condition == condition}
    by_task = {}
    for task, language in cells:
        by_task.setdefault(task, []).append(values[task, language])
    return sum(sum(own) / len(own) for own in by_task.values()) / len(by_task)


def without_english(cells):
    return [(task, language) for task, language in cells if language != "en"]


def averages(found):
    return {(row.condition, row.english): row.average for row in found.itertuples()}


@pytest.mark.parametrize("item", BENCHMARKS.values(), ids=lambda b: b.key)
def test_the_average_is_the_mean_of_task_means_with_and_without_english(item):
    scores = table(item.cells)
    found = benchmark_average(scores, item.key)
    expected = {
        (condition, english): plain_average(scores, condition, item.cells if english else without_english(item.cells))
        for condition in ("none", "mnli")
        for english in (True, False)
    }
    assert averages(found) == pytest.approx(expected)
    assert set(found["name"]) == {f"{item.title} average"}
    assert set(found["n_tasks"]) == {len(item.tasks)}


def test_what_stands_behind_an_average():
    official, zero_shot = benchmark_average(table(XTREME_R.cells, conditions=("none",))).to_dict("records")
    assert (official["english"], zero_shot["english"]) == (True, False)
    assert (official["n_languages"], official["n_cells"]) == (50, 203)
    assert (zero_shot["n_languages"], zero_shot["n_cells"]) == (49, 195)
    assert official["tasks"].split() == zero_shot["tasks"].split() == sorted(XTREME_R.tasks)
    assert set(official["languages"].split()) - set(zero_shot["languages"].split()) == {"en"}


def test_all_tasks_weigh_the_same():
    scores = table(XTREME_R.cells, value=lambda condition, task, language, seed: float(task == "mlqa"))
    assert set(benchmark_average(scores)["average"].round(12)) == {0.1}


def test_english_enters_the_official_mean_only():
    scores = table(XTREME_R.cells, value=lambda condition, task, language, seed: float(language == "en"))
    found = averages(benchmark_average(scores))
    assert found["none", False] == 0.0
    english = [1 / len(own) for own in XTREME_R.tasks.values() if "en" in own]
    assert found["none", True] == pytest.approx(sum(english) / 10)


def test_an_average_with_a_task_missing_is_no_number():
    scores = table([cell for cell in XTREME_R.cells if cell[0] != "xcopa"])
    with pytest.raises(
        AnalysisError, match=r"XTREME-R average lacks .* in 2 of 2 .*\n.*mnli.*: 11 \(xcopa et, xcopa ht"
    ):
        benchmark_average(scores)


def test_an_average_with_a_cell_missing_names_the_cell_and_the_condition():
    scores = table(XTREME_R.cells)
    lost = (scores["condition"] == "mnli") & (scores["task"] == "udpos") & (scores["language"] == "wo")
    with pytest.raises(AnalysisError, match="in 1 of 2 ") as caught:
        benchmark_average(scores[~lost])
    assert "e5_small, mnli, clean, 0: 1 (udpos wo)" in str(caught.value)
    assert "none" not in str(caught.value)
    assert "over='common'" in str(caught.value)


def test_common_cells_are_those_of_every_condition_and_seed():
    scores = table(XTREME_R.cells, seeds=(0, 1))
    lost = (scores["condition"] == "mnli") & (scores["task"] == "udpos") & (scores["language"] == "wo")
    lost |= (scores["seed"] == 1) & (scores["task"] == "xcopa")
    found = benchmark_average(scores[~lost], over="common")
    common = [cell for cell in XTREME_R.cells if cell != ("udpos", "wo") and cell[0] != "xcopa"]
    assert len(found) == 8
    assert set(found.loc[found["english"], "n_cells"]) == {len(common)}
    assert set(found["n_tasks"]) == {9}
    first = scores[scores["seed"] == 0]
    for condition in ("none", "mnli"):
        expected = plain_average(first, condition, common)
        assert averages(found[found["seed"] == 0])[condition, True] == pytest.approx(expected)


def test_an_average_over_common_cells_never_has_the_name_of_the_benchmark():
    found = benchmark_average(table(XTREME_R.cells), over="common")
    pd.testing.assert_frame_equal(
        found.drop(columns="name"), benchmark_average(table(XTREME_R.cells)).drop(columns="name")
    )
    assert not found["name"].str.contains("XTREME").any()


def test_a_task_with_english_alone_is_not_in_the_mean_without():
    scores = table([("xnli", "en"), ("udpos", "en"), ("udpos", "de")])
    found = benchmark_average(scores, over="common").query("condition == 'none'").set_index("english")
    assert found.loc[True, "tasks"] == "udpos xnli"
    assert found.loc[False, "tasks"] == "udpos"
    assert found.loc[False, "languages"] == "de"


def test_nothing_in_common_is_no_average():
    scores = table([("xnli", "de"), ("xnli", "en")])
    with pytest.raises(AnalysisError, match=r"no .* cell of XTREME-R is scored in all 2"):
        benchmark_average(table([("sst2", "en")]), over="common")
    with pytest.raises(AnalysisError, match="'all' or 'common'"):
        benchmark_average(scores, over="any")
    with pytest.raises(AnalysisError, match="no score of variant 'noisy'"):
        benchmark_average(scores, variant="noisy")
    with pytest.raises(CatalogError, match="Did you mean 'xtreme'"):
        benchmark_average(scores, "xtrem")


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
    pd.testing.assert_frame_equal(benchmark_average(more), benchmark_average(scores))


def test_row_order_and_the_global_random_state_change_no_average():
    scores = table(XTREME_R.cells)
    mixed = scores.sample(frac=1, random_state=np.random.RandomState(4))
    np.random.seed(9)  # noqa: NPY002
    pd.testing.assert_frame_equal(benchmark_average(mixed), benchmark_average(scores))
    pd.testing.assert_frame_equal(task_scores(mixed), task_scores(scores))


def test_task_scores_by_hand():
    values = {"en": 0.9, "de": 0.6, "ru": 0.3}
    scores = table([("xnli", code) for code in values], value=lambda c, t, language, s: values[language])
    found = task_scores(scores).query("condition == 'mnli'").set_index("english")
    assert found.loc[True, "score"] == pytest.approx(0.6)
    assert found.loc[False, "score"] == pytest.approx(0.45)
    assert found["languages"].to_dict() == {True: "de en ru", False: "de ru"}
    assert found["n_languages"].to_dict() == {True: 3, False: 2}
    assert set(found["metric"]) == {"accuracy"}


def test_the_score_of_an_answer_task_is_the_mean_of_exact_match_and_f1(monkeypatch):
    monkeypatch.setitem(TASKS, "xquad", dataclasses.replace(TASKS["xnli"], key="xquad", format="answer", labels=(),
                                                            metric="squad", same_data=()))  # fmt: skip
    parts = {"squad_em": 0.5, "squad_f1": 0.7, "squad": 0.6, "multilingual": 0.9}
    one = table([("xquad", "de"), ("xquad", "ar")])
    scores = pd.concat([one.assign(metric=name, value=value) for name, value in parts.items()])
    assert set(task_scores(scores)["score"]) == {0.6}
