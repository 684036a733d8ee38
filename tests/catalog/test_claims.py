"""Published claims: what they need exists, and each has one test."""

from __future__ import annotations

from study_utils.analysis.claims.ledger import OF_ALL_ENCODERS, OF_ONE_ENCODER
from study_utils.catalog import CONDITIONS, ENCODERS, TASKS
from study_utils.catalog.claims import CLAIMS, SOURCES


def test_every_claim_has_its_source_and_one_test() -> None:
    assert list(CLAIMS) == [*OF_ONE_ENCODER, *OF_ALL_ENCODERS]
    for item in CLAIMS.values():
        assert SOURCES[item.source].arxiv in SOURCES[item.source].cited
        assert bool(item.published) == bool(item.unit)
        assert item.says.endswith(".")


def test_what_claims_need_is_declared() -> None:
    for item in CLAIMS.values():
        assert set(item.targets) <= set(TASKS), item.key
        conditions = {key.removesuffix("+mlm") for keys in item.conditions for key in keys}
        assert conditions <= set(CONDITIONS), item.key
        assert item.source == "mohapatra2022" or set(item.encoders) <= set(ENCODERS), item.key


def test_published_numbers_are_those_of_the_papers() -> None:
    assert {key: dict(item.published) for key, item in CLAIMS.items() if item.published} == {
        "phang-best-single": {"SQuAD": 8.2, "MNLI": 7.5, "HellaSwag": 7.0},
        "phang-multitask-best": {"all nine": 8.7},
        "phang-benchmark": {"average": 5.4},
        "mohapatra-roberta-bert": {"RoBERTa": 3.0},
        "mohapatra-larger-intermediate": {"at least": 10.0},
    }
