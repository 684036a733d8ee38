from __future__ import annotations

import hashlib
import re
import string
import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study_utils.errors import DataError
from study_utils.metrics.answers import MLQA_LANGUAGES, answer_scores, mlqa_tokens, multilingual_tokens, squad_tokens

# language, prediction, gold: F1 and EM under SQuAD's, MLQA's and the multilingual normaliser. The first two were
# computed with the official functions, the third by hand.
WORKED = [
    ("en", "the Denver Broncos", "Denver Broncos", (1.0, 1), (1.0, 1), (1.0, 1)),
    ("en", "The", "a", (0.0, 1), (0.0, 1), (1.0, 1)),
    ("de", "die Stadt Berlin", "Berlin", (0.5, 0), (2 / 3, 0), (2 / 3, 0)),
    ("de", "„Berlin“", "Berlin", (0.0, 0), (1.0, 1), (1.0, 1)),
    ("es", "«la Casa Blanca»", "Casa Blanca", (0.4, 0), (1.0, 1), (1.0, 1)),
    ("hi", "दिल्ली।", "दिल्ली", (0.0, 0), (1.0, 1), (1.0, 1)),
    ("vi", "của Việt Nam", "Việt Nam", (0.8, 0), (1.0, 1), (1.0, 1)),
    ("zh", "北京大学", "北京", (0.0, 0), (2 / 3, 0), (2 / 3, 0)),
    ("zh", "1949年10月1日", "1949年", (0.0, 0), (0.5, 0), (0.5, 0)),
    ("ar", "الكتاب", "كتاب", (0.0, 0), (1.0, 1), (0.0, 0)),
    ("ar", "مقال", "مق", (0.0, 0), (1.0, 1), (0.0, 0)),
    ("th", "กรุงเทพมหานคร", "กรุงเทพ", (0.0, 0), None, (14 / 20, 0)),
    ("ru", "«Москва»", "Москва", (0.0, 0), None, (1.0, 1)),
    ("en", "$12", "12", (1.0, 1), (1.0, 1), (1.0, 1)),
]
NAMES = ("squad", "mlqa", "multilingual")


@pytest.mark.parametrize(("language", "prediction", "gold", *NAMES), WORKED)
def test_worked_answers(language, prediction, gold, squad, mlqa, multilingual):
    found = answer_scores(prediction, [gold], language)
    for name, expected in zip(NAMES, (squad, mlqa, multilingual)):
        if expected is None:
            assert not [measure for measure in found if measure.startswith(name)]
        else:
            f1, exact = expected
            assert found[f"{name}_f1"] == pytest.approx(f1)
            assert found[f"{name}_em"] == exact
            assert found[name] == pytest.approx((f1 + exact) / 2)


@pytest.mark.parametrize(("language", "prediction", "gold", *NAMES), WORKED)
def test_a_changed_prediction_changes_a_worked_answer(language, prediction, gold, squad, mlqa, multilingual):
    longer, equal = answer_scores(f"{prediction} 77", [gold], language), answer_scores(gold, [gold], language)
    for name, expected in zip(NAMES, (squad, mlqa, multilingual)):
        if expected is not None:
            f1, exact = expected
            assert longer[f"{name}_em"] == 0
            assert longer[f"{name}_f1"] < f1 or f1 == 0
            assert equal[f"{name}_em"] == 1 >= exact


@pytest.mark.parametrize("language", ["th", "ru", "fr", ""])
def test_the_mlqa_normaliser_knows_seven_languages(language):
    assert sorted(MLQA_LANGUAGES) == ["ar", "de", "en", "es", "hi", "vi", "zh"]
    with pytest.raises(DataError, match="unknown language"):
        mlqa_tokens("x", language)


def test_the_official_rule_splits_only_the_first_block_of_chinese_characters():
    assert mlqa_tokens("\u9fa5\u9fa5", "zh") == ["\u9fa5", "\u9fa5"]
    assert mlqa_tokens("\u9fa6\u9fa6", "zh") == ["\u9fa6\u9fa6"]
    assert multilingual_tokens("\u9fa6\u9fa6", "zh") == ["\u9fa6", "\u9fa6"]


def test_the_best_gold_answer_counts_for_each_measure_by_itself():
    found = answer_scores("in the year 1949", ["1949", "the year 1949 AD", "year"], "en")
    assert found["squad_f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert found["squad_em"] == 0.0
    assert answer_scores("1949", ["year 1949", "1949"], "en")["squad"] == 1.0


def test_questions_without_an_answer():
    assert set(answer_scores("", [], "en").values()) == {1.0}
    assert set(answer_scores("the", [], "en").values()) == {0.0}
    assert set(answer_scores("", ["Berlin"], "en").values()) == {0.0}
    assert len(answer_scores("", [], "en")) == 9
    assert len(answer_scores("", [], "ru")) == 6


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The café’s menu — a list", ["cafés", "menu", "list"]),
        ("fr", "la  Tour\u00a0Eiffel", ["la", "tour", "eiffel"]),
        ("de", "Der Ｂｅｒｌｉｎ-Kurs", ["berlinkurs"]),
        ("ar", "ال كتاب المقال", ["كتاب", "المقال"]),
        ("zh", "北京 2008年", ["北", "京", "2008", "年"]),
        ("ja", "「東京タワー」abc", ["東", "京", "タ", "ワ", "ー", "abc"]),
        ("ko", "서울 특별시", ["서울", "특별시"]),
        ("my", "မြန်", list("မြန်")),
        ("km", "ខ្មែរ", list("ខ្មែរ")),
        ("lo", "ລາວ", list("ລາວ")),
        ("en", "5 € + ½", ["5", "12"]),
    ],
)
def test_multilingual_tokens_by_hand(language, text, expected):
    assert multilingual_tokens(text, language) == expected


# --- a plain second derivation of the two official rules ---

PUNCTUATION = {c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "P"}
MLQA_ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "ar": "ال",
}


def plain_squad(text):
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", kept).split()


def plain_mlqa(text, language):
    kept = "".join(c for c in text.lower() if c not in PUNCTUATION and c not in string.punctuation)
    kept = re.sub(MLQA_ARTICLES[language], " ", kept) if language in MLQA_ARTICLES else kept
    if language == "zh":
        kept = "".join(f" {c} " if "\u4e00" <= c <= "\u9fa5" else c for c in kept)
    return kept.split()


def plain_f1(prediction, gold):
    same = sum((Counter(prediction) & Counter(gold)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(prediction), same / len(gold)
    return 2 * precision * recall / (precision + recall)


PIECES = [
    "the",
    "An ",
    " la",
    "DER ",
    "của",
    "ال",
    "كتاب",
    "北京",
    "年 ",
    "12",
    ".",
    "$",
    "„",
    "।",
    "¿",
    " ",
    "x",
    "İ",
    "\u3000",
]
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.text(max_size=12))


@given(texts, st.lists(texts, min_size=1, max_size=3), st.sampled_from(MLQA_LANGUAGES))
@settings(max_examples=400, deadline=None)
def test_official_scores_agree_with_a_second_derivation(prediction, golds, language):
    found = answer_scores(prediction, golds, language)
    for name, tokens in (("squad", plain_squad), ("mlqa", lambda text: plain_mlqa(text, language))):
        assert found[f"{name}_f1"] == pytest.approx(max(plain_f1(tokens(prediction), tokens(g)) for g in golds))
        assert found[f"{name}_em"] == max(" ".join(tokens(prediction)) == " ".join(tokens(g)) for g in golds)
    assert squad_tokens(prediction) == plain_squad(prediction)
    assert mlqa_tokens(prediction, language) == plain_mlqa(prediction, language)


@given(texts, texts, st.sampled_from([*MLQA_LANGUAGES, "th", "ru"]))
@settings(max_examples=200, deadline=None)
def test_scores_are_fractions_and_symmetric_and_equal_texts_score_one(one, other, language):
    forth, back = answer_scores(one, [other], language), answer_scores(other, [one], language)
    assert forth == pytest.approx(back)
    assert all(0 <= value <= 1 for value in forth.values())
    assert forth["multilingual_em"] <= forth["multilingual_f1"]
    equal = answer_scores(one, [one], language)
    assert {value for measure, value in equal.items() if measure.endswith("_em")} == {1.0}
    assert equal["multilingual"] == 1.0


def digest(categories):
    """Characters of the categories among those of Unicode 3.2, a table that every Python carries."""
    old = unicodedata.ucd_3_2_0
    found = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] in categories]
    return hashlib.sha256("".join(c for c in found if old.category(c) != "Cn").encode()).hexdigest()[:16]


def test_what_counts_as_punctuation_does_not_depend_on_the_version_of_python():
    """Normalised answers depend on Python's Unicode tables; of these characters no version may change the category."""
    assert digest("P") == "ebf09d68e4b80a25"
    assert digest("S") == "a1fdae4f900f80b6"
