"""What is said about the averages of published benchmarks."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis.results.benchmarks import benchmark_table
from study_utils.catalog import BENCHMARKS, TASKS
from study_utils.report.benchmarks import keep_benchmark
from study_utils.sentences import describe_benchmark

XTREME = BENCHMARKS["xtreme"]


def scores_of(cells, conditions=("none", "mnli"), rows=None) -> pd.DataFrame:
    """Scores of half in every cell, over all published test rows or fewer."""
    found = []
    for condition in conditions:
        for task, language in cells:
            metric = XTREME.metrics.get(task, TASKS[task].metric)
            n = rows or TASKS[task].test.expected.get(language, 5)
            found.append(
                {
                    **{"encoder": "e5_small", "condition": condition, "task": task, "language": language, "seed": 0},
                    **{"variant": "clean", "metric": metric, "value": 0.5, "n": n, "run": "r"},
                    **{"zero_shot": language != "en", "same_data": False},
                }
            )
    return pd.DataFrame(found)


def told(scores: pd.DataFrame, key: str = "xtreme") -> list[str]:
    return describe_benchmark(benchmark_table(scores, key), key)


def test_a_whole_benchmark_has_its_averages():
    official, without = told(scores_of(XTREME.cells))
    assert official == (
        f"XTREME average over 9 tasks, {len(XTREME.cells)} cells, English included where a test set has it, in "
        "percent: No intermediate task 50.0, MNLI 50.0."
    )
    assert "English left out" in without
    assert f" {sum(code != 'en' for _, code in XTREME.cells)} cells" in without


def test_without_an_average_at_most_five_tasks_are_named():
    cells = [cell for cell in XTREME.cells if cell[0] in ("xnli", "pawsx") or cell == ("mlqa", "de")]
    (sentence,) = told(scores_of(cells))
    assert sentence == (
        "2 of 9 tasks of XTREME have all their languages; no average, for want of MLQA (6 languages), TyDiQA-GoldP "
        "(all languages), UD-POS (all languages), PAN-X (all languages), XQuAD (all languages) and 2 more."
    )
    few = [cell for cell in XTREME.cells if cell[0] != "bucc" and cell not in (("mlqa", "de"), ("mlqa", "vi"))]
    (sentence,) = told(scores_of(few))
    assert sentence.startswith("7 of 9 tasks of XTREME have all their languages; no average, for want of ")
    assert "MLQA (de vi)" in sentence


def test_a_condition_without_its_average_is_named():
    scores = scores_of(XTREME.cells)
    lost = (scores["condition"] == "mnli") & (scores["task"] == "bucc")
    sentences = told(scores[~lost])
    assert sentences[0].endswith("in percent: No intermediate task 50.0.")
    assert sentences[2] == "No average, for want of cells: MNLI."


def test_cut_test_sets_are_said():
    (sentence, cut) = told(scores_of([("xnli", "de"), ("xnli", "fr")], rows=100))
    assert sentence.startswith("0 of 9 tasks")
    assert cut == "Test sets are smaller than published ones, so scores are not comparable: XNLI (200 of 10,020 rows)."


def test_a_study_of_other_tasks_says_so_and_shows_no_table(tmp_path, capsys):
    class Study:
        report = tmp_path

    keep_benchmark(Study(), scores_of([("sib200", "de")]), "xtreme")
    assert "This study scores no task of XTREME." in capsys.readouterr().out
    assert not list(tmp_path.rglob("*.csv"))
    keep_benchmark(Study(), scores_of([("xnli", "de")]), "xtreme_r")
    assert list((tmp_path / "tables").iterdir()) == [tmp_path / "tables/xtreme_r.csv"]
    assert len(pd.read_csv(tmp_path / "tables/xtreme_r.csv")) == len(BENCHMARKS["xtreme_r"].tasks) + 2


@pytest.mark.parametrize("key", BENCHMARKS)
def test_several_encoders_are_told_apart(key):
    scores = scores_of([("xnli", "de")])
    both = pd.concat([scores, scores.assign(encoder="mbert")], ignore_index=True)
    assert all(": 0 of" in sentence for sentence in told(both, key))
