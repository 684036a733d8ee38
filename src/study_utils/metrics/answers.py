"""Exact match and F1 of answers under three normalisers: SQuAD's, MLQA's and a multilingual one.

The first two reproduce the official scripts with their defects (google-research/xtreme, `evaluate_squad.py` and
`evaluate_mlqa.py`), so that scores compare with published ones: SQuAD's knows English articles and ASCII punctuation
only and takes a Chinese or Thai answer for one word; MLQA's removes the letters of the Arabic article inside words.
The third treats all languages alike.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from study_utils.errors import DataError, unknown

_ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "de": "ein eine einen einem eines einer der die das den dem des",
    "vi": "của là cái chiếc những",
    "ar": "ال",
    "hi": "",
    "zh": "",
}
MLQA_LANGUAGES = tuple(_ARTICLES)
"""The only languages that MLQA's normaliser knows."""


class _Removed(dict):
    """A table for `str.translate` that removes characters of some Unicode categories, filled as characters occur."""

    def __init__(self, categories: str, always: str = "") -> None:
        super().__init__({ord(character): None for character in always})
        self.categories = categories

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code))[0] in self.categories else code
        return self[code]


_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_PUNCTUATION = _Removed("P", string.punctuation)
_PUNCTUATION_AND_SYMBOLS = _Removed("PS")

_ARTICLE_PATTERNS = {
    language: re.compile(words if language == "ar" else rf"\b({words.replace(' ', '|')})\b")
    for language, words in _ARTICLES.items()
    if words
}
_HAN_IN_MLQA = re.compile(r"[\u4e00-\u9fa5]|[^\s\u4e00-\u9fa5]+")
_WITHOUT_SPACES = (
    r"\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    r"\u3041-\u30ff\u31f0-\u31ff"  # kana
    r"\u0e00-\u0e7f"  # Thai
    r"\u0e80-\u0eff"  # Lao
    r"\u1780-\u17ff"  # Khmer
    r"\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Burmese
)
_CHARACTERS_OR_WORDS = re.compile(rf"[{_WITHOUT_SPACES}]|[^\s{_WITHOUT_SPACES}]+")


def squad_tokens(text: str, language: str = "en") -> list[str]:
    """Tokens as in SQuAD's script, the same in every language.

    Lower case; without ASCII punctuation; whole words a, an, the removed; split at whitespace.
    """
    return _ARTICLE_PATTERNS["en"].sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split()


def mlqa_tokens(text: str, language: str) -> list[str]:
    """Tokens as in MLQA's script.

    Lower case; without Unicode and ASCII punctuation; the language's articles removed; split at whitespace, in
    Chinese also around every character of U+4E00 to U+9FA5. What is punctuation comes from the Unicode tables of the
    running Python, as in the script.

    Raises
    ------
    DataError
        If the language is none of MLQA's seven.
    """
    if language not in _ARTICLES:
        raise DataError(unknown("language", language, MLQA_LANGUAGES, where="the MLQA normaliser"))
    text = text.lower().translate(_PUNCTUATION)
    if language in _ARTICLE_PATTERNS:
        text = _ARTICLE_PATTERNS[language].sub(" ", text)
    return _HAN_IN_MLQA.findall(text) if language == "zh" else text.split()


def multilingual_tokens(text: str, language: str) -> list[str]:
    """Tokens under rules that are the same for all languages.

    Unicode form NFKC; lower case; without Unicode punctuation and symbols; every code point of a script without
    spaces (Han, kana, Thai, Lao, Khmer, Burmese) alone, the rest split at whitespace; the articles that MLQA
    removes in its seven languages, as whole words only. So spaces between Chinese characters make no difference.
    """
    text = unicodedata.normalize("NFKC", text).lower().translate(_PUNCTUATION_AND_SYMBOLS)
    articles = _ARTICLES.get(language, "").split()
    return [token for token in _CHARACTERS_OR_WORDS.findall(text) if token not in articles]


NORMALISERS: Mapping[str, Callable[[str, str], list[str]]] = {
    "squad": squad_tokens,
    "mlqa": mlqa_tokens,
    "multilingual": multilingual_tokens,
}


def token_f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of two bags of tokens; 0 where they share none, also where both are empty (as the official scripts)."""
    shared = (Counter(prediction) & Counter(gold)).total()
    return 2 * shared / (len(prediction) + len(gold)) if shared else 0.0


def answer_scores(prediction: str, golds: Sequence[str], language: str) -> dict[str, float]:
    """Exact match, F1 and their mean under every normaliser that knows the language.

    Parameters
    ----------
    prediction : str
        The answer; empty for "no answer".
    golds : sequence of str
        Right answers, of which the best match counts, separately for exact match and F1. Empty: the question has
        no answer, and every measure is 1 for an empty prediction and 0 for another.
    language : str
        Language of the answers.

    Returns
    -------
    dict of str to float
        Measure to value in [0, 1]: `squad_em`, `squad_f1`, `squad` (their mean), the same with `multilingual`, and
        with `mlqa` in the languages of MLQA. With answers that are empty after normalisation, exact match is 1 and
        F1 is 0 under the official rules and 1 under the multilingual one.
    """
    scores = {}
    for name, tokens in NORMALISERS.items():
        if name == "mlqa" and language not in MLQA_LANGUAGES:
            continue
        if golds:
            found = tokens(prediction, language)
            right = [tokens(gold, language) for gold in golds]
            exact = float(found in right)
            f1 = max(token_f1(found, gold) for gold in right)
            if name == "multilingual" and not found:
                f1 = exact
        else:
            exact = f1 = float(not prediction)
        scores |= {f"{name}_em": exact, f"{name}_f1": f1, name: (exact + f1) / 2}
    return scores
