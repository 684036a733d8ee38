"""Published claims: each once, what they need exists, and each has one test or check."""

from __future__ import annotations

from collections import Counter

import pytest

from study_utils.analysis.claims.designs import DESIGNS
from study_utils.analysis.claims.ledger import OF_ALL_ENCODERS, OF_ONE_ENCODER
from study_utils.catalog import ENCODERS, TASKS
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.claims import BACKGROUND, CLAIMS, DESIGN, OTHER_TEST_ROWS, SOURCES, TESTABLE, Claim
from study_utils.catalog.conditions import find_condition
from study_utils.errors import CatalogError


def keys(kind):
    return [key for key, item in CLAIMS.items() if item.kind == kind]


def test_every_claim_has_its_source_and_one_test_or_check() -> None:
    assert keys(TESTABLE) == sorted([*OF_ONE_ENCODER, *OF_ALL_ENCODERS], key=list(CLAIMS).index)
    assert not set(OF_ONE_ENCODER) & set(OF_ALL_ENCODERS)
    assert keys(DESIGN) == list(DESIGNS)
    assert len({item.says for item in CLAIMS.values()}) == len(CLAIMS)
    for item in CLAIMS.values():
        assert SOURCES[item.source].arxiv in SOURCES[item.source].cited
        assert bool(item.published) == bool(item.unit)
        assert item.says.endswith(".")
        assert "|" not in item.says


def test_claims_by_kind_and_source() -> None:
    assert Counter(item.kind for item in CLAIMS.values()) == {TESTABLE: 26, DESIGN: 14, BACKGROUND: 2}
    assert Counter(item.source for item in CLAIMS.values() if item.kind == TESTABLE) == {
        "phang2020": 10, "phang2020_v1": 1, "phang2020_told": 2, "stilts2018": 1, "mohapatra2022": 4,
        "mohapatra2022_told": 3, "keung2020": 2, "schmidt2023": 1, "lin2024": 2,
    }  # fmt: skip


def test_what_claims_need_is_declared() -> None:
    for item in CLAIMS.values():
        assert set(item.targets) <= set(TASKS), item.key
        assert all(find_condition(key) for names in item.conditions for key in names), item.key
        assert {key for names in item.encoders for key in names} <= set(ENCODERS), item.key
        assert set(item.design) <= set(keys(DESIGN)), item.key
        if item.benchmark:
            assert set(item.targets) <= set(BENCHMARKS[item.benchmark].tasks), item.key
    assert set(OTHER_TEST_ROWS) <= set(TASKS)


def test_published_numbers_are_those_of_the_papers() -> None:
    assert {key: dict(item.published) for key, item in CLAIMS.items() if item.published} == {
        "phang-best-single": {"SQuAD": 8.2, "MNLI": 7.5, "HellaSwag": 7.0},
        "phang-multitask-best": {"all nine against SQuAD": 0.5},
        "phang-benchmark": {"average": 5.4},
        "mohapatra-roberta-best": {"RoBERTa": 3.0},
        "mohapatra-bert-best": {"BERT": 3.0},
        "mohapatra-larger-intermediate": {"at least": 10.0},
        "mohapatra-share": {"training share": 0.7},
        "mohapatra-epochs": {"epochs": 100.0},
    }
    assert len(CLAIMS["phang-nine-tasks"].conditions) == 9
    best = CLAIMS["phang-best-single"]
    assert len(best.published) == len(best.conditions), "a size for each task"


def test_claims_that_make_no_sense_are_refused() -> None:
    good = {"key": "x", "source": "lin2024", "says": "X."}
    with pytest.raises(CatalogError, match="kind"):
        Claim(**good, kind="rumour", compares="y")
    with pytest.raises(CatalogError, match="compared"):
        Claim(**good)
    with pytest.raises(CatalogError, match="settings"):
        Claim(**good, compares="y", settings=("keep: everything",))
