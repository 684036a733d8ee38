from __future__ import annotations

import pytest

from study_utils.catalog import BENCHMARKS, LANGUAGES, TASKS, benchmark
from study_utils.errors import CatalogError


@pytest.mark.parametrize(
    ("key", "counts", "languages", "with_english"),
    [
        (
            "xtreme",
            {"xnli": 15, "pawsx": 7, "udpos": 33, "panx": 40, "xquad": 11, "mlqa": 7, "tydiqa": 9, "tatoeba": 36}
            | {"bucc": 4},
            40,
            {"xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa"},
        ),
        (
            "xtreme_r",
            {"xnli": 15, "xcopa": 11, "udpos": 38, "panx": 48, "xquad": 12, "mlqa": 7, "tydiqa": 9, "tatoeba": 41}
            | {"mewslix": 11, "lareqa": 11},
            50,
            {"xnli", "udpos", "panx", "xquad", "mlqa", "tydiqa", "mewslix", "lareqa"},
        ),
    ],
)  # fmt: skip
def test_tasks_and_numbers_of_languages_are_the_published_ones(key, counts, languages, with_english):
    found = BENCHMARKS[key].tasks
    assert {task: len(codes) for task, codes in found.items()} == counts
    assert all(len(set(codes)) == len(codes) for codes in found.values())
    assert len({code for codes in found.values() for code in codes}) == languages
    assert {task for task, codes in found.items() if "en" in codes} == with_english
    assert len(BENCHMARKS[key].cells) == sum(counts.values())


def test_the_languages_of_xtreme_r_are_those_of_the_table():
    found = {code for codes in BENCHMARKS["xtreme_r"].tasks.values() for code in codes}
    assert found == {code for code, item in LANGUAGES.items() if item.in_xtreme_r}
    assert {code for codes in BENCHMARKS["xtreme"].tasks.values() for code in codes} < found


def test_an_unknown_benchmark_is_answered_with_the_nearest():
    with pytest.raises(CatalogError, match="Did you mean 'xtreme_r'"):
        benchmark("xtreme-r")


@pytest.mark.parametrize("key", BENCHMARKS)
def test_every_cell_of_a_benchmark_can_be_scored(key):
    for task, code in BENCHMARKS[key].cells:
        assert code in TASKS[task].languages, f"{task} declares no test rows in {code}"
