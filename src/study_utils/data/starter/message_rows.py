"""Rows of the tasks made from Django's user-interface messages: `messages`, `message_order` and `message_text`.

A message is fit for `messages` if its English has two words or more, no placeholder, no markup and no plural
forms; its translation must be there, have a letter, no placeholder, and differ from the English. Both sides
are unique within a language. Messages go to splits by a digest of their English, the same in every language.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from babel.messages.mofile import read_mo

from study_utils.catalog.languages import LANGUAGES
from study_utils.data.starter.package import SPLITS
from study_utils.data.starter.recipes import CLASSIFY_COLUMNS
from study_utils.data.starter.seeds import digest, rng_for, share
from study_utils.errors import DataError, unknown

RETRIEVE_COLUMNS = ("id", "language", "text", "translation")

_LOCALES = {"no": "nb", "zh": "zh_Hans"}
_ALL_MESSAGES = ("de", "es", "fr", "ru", "sk")
"""The English catalogue is empty: the messages are those that one of these well-kept ones has."""

_UP_TO = {"test": 0.55, "validation": 0.65, "train": 1.0}
_UP_TO_ORDER = {"validation": 0.15, "train": 1.0}
_WORD = re.compile(r"[^\W\d_]+")
_NAMED = re.compile(r"%\((\w+)\)[a-z]|\{(\w+)\}")
_PLACEHOLDER = re.compile(r"%\(\w+\)|%[sdri%]|\{\w*\}")
_MARKUP = re.compile(r"<[^>]*>")
_EDGES = ".,;:!?…\"'“”„«»()[]‘’"
_FEWEST_WORDS = 4
_MOST_WORDS = 30
_KEPT_PAIRS = 1 / 3


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message: `id` is the same in every language."""

    id: str
    english: str
    text: str


@cache
def candidate_languages() -> tuple[str, ...]:
    """Languages of the catalogue, other than English, for which Django has a translation."""
    folder = files("django") / "conf" / "locale"
    return tuple(
        sorted(
            code
            for code in LANGUAGES
            if code != "en" and (folder / _LOCALES.get(code, code) / "LC_MESSAGES" / "django.mo").is_file()
        )
    )


@cache
def _catalogue(locale: str) -> dict[tuple[str, str], str]:
    """Translations by context and English text; messages with plural forms have an empty translation."""
    root = files("django")
    folders = [root / "conf" / "locale"]
    apps = sorted((root / "contrib").iterdir(), key=lambda app: app.name)
    folders += [app / "locale" for app in apps if (app / "locale").is_dir()]
    found = {}
    for folder in folders:
        for name in ("django.mo", "djangojs.mo"):
            path = folder / locale / "LC_MESSAGES" / name
            if not path.is_file():
                continue
            with path.open("rb") as file:
                for message in read_mo(file):
                    is_plural = not isinstance(message.id, str)
                    english = message.id[-1] if is_plural else message.id
                    if english:
                        text = "" if is_plural else message.string
                        context = message.context or ""
                        context = context.decode() if isinstance(context, bytes) else context
                        found.setdefault((context, english), text)
    return found


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _is_fit(text: str) -> bool:
    return not _PLACEHOLDER.search(text) and "<" not in text


@cache
def _fit_english() -> frozenset[tuple[str, str]]:
    """Keys of the messages that are fit for retrieval by their English side, which is unique."""
    keys = {key for locale in _ALL_MESSAGES for key, text in _catalogue(locale).items() if text}
    fit = [key for key in keys if _is_fit(key[1]) and len(_WORD.findall(key[1])) >= 2]
    counts = Counter(_tidy(english).casefold() for _, english in fit)
    return frozenset(key for key in fit if counts[_tidy(key[1]).casefold()] == 1)


def split_of(english: str) -> str:
    """Split of a message, the same in every language."""
    place = share("message", _tidy(english).casefold())
    return next(split for split, end in _UP_TO.items() if place < end)


@cache
def parallel_messages(language: str) -> tuple[Message, ...]:
    """Fit messages of a language, all splits.

    Raises
    ------
    DataError
        If Django has no translation in the language.
    """
    if language not in candidate_languages():
        raise DataError(
            f"Django has no messages in language {language!r} "
            f"(it has: {', '.join(candidate_languages())}). Choose another language or another task."
        )
    fit = _fit_english()
    found = [
        Message(id=digest(*key)[:12], english=_tidy(key[1]), text=_tidy(text))
        for key, text in _catalogue(_LOCALES.get(language, language)).items()
        if key in fit and _is_fit(text) and _WORD.search(text) and _tidy(text).casefold() != _tidy(key[1]).casefold()
    ]
    counts = Counter(message.text.casefold() for message in found)
    unique = [message for message in found if counts[message.text.casefold()] == 1]
    return tuple(sorted(unique, key=lambda message: digest("order", message.id)))


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise DataError(unknown("split", split, SPLITS, where="starter suite"))


def messages(split: str, language: str) -> pd.DataFrame:
    """Messages of a language with their English.

    Returns
    -------
    pandas.DataFrame
        Columns `id` (the same in every language), `language`, `text`, `translation` (English).
    """
    _check_split(split)
    rows = [row for row in parallel_messages(language) if split_of(row.english) == split]
    records = [(row.id, language, row.text, row.english) for row in rows]
    return pd.DataFrame.from_records(records, columns=RETRIEVE_COLUMNS)


def message_text(split: str, language: str) -> pd.DataFrame:
    """Messages of one split of `messages` as plain text, English ones too.

    Returns
    -------
    pandas.DataFrame
        Columns `id` (the same in every language), `language`, `text`.
    """
    _check_split(split)
    if language == "en":
        keys = sorted(_fit_english(), key=lambda key: digest("order", digest(*key)[:12]))
        rows = [Message(id=digest(*key)[:12], english=(text := _tidy(key[1])), text=text) for key in keys]
    else:
        rows = parallel_messages(language)
    records = [(row.id, language, row.text) for row in rows if split_of(row.english) == split]
    return pd.DataFrame.from_records(records, columns=("id", "language", "text"))


def plain_words(english: str) -> list[list[str]]:
    """Sentences of a message as lists of words, without what would betray their order.

    A named placeholder becomes its name ("model name"), markup and punctuation at the edges of words go, and
    the first word loses its capital unless it is written in capitals throughout.
    """
    text = _NAMED.sub(lambda match: (match[1] or match[2]).replace("_", " "), _MARKUP.sub(" ", english))
    sentences = []
    for sentence in re.split(r"(?<=[.!?])\s+", _tidy(text)):
        words = [word for part in sentence.split() if (word := part.strip(_EDGES))]
        if words and not words[0].isupper():
            words[0] = words[0][0].lower() + words[0][1:]
        sentences.append(words)
    return sentences


def _in_test(english: str) -> bool:
    return split_of(english) == "test"


@cache
def order_sentences() -> dict[str, tuple[str, str]]:
    """English sentences of messages that are not in the test split of `messages`.

    Returns
    -------
    dict of str to (str, str)
        Sentence (words with single blanks) to its split (train or validation) and id.
    """
    everything = {key for locale in _ALL_MESSAGES for key in _catalogue(locale)}
    tested = {
        " ".join(words).casefold()
        for _, english in everything
        if _in_test(english) and _is_fit(english)
        for words in plain_words(english)
    }
    found: dict[str, tuple[str, str]] = {}
    known: set[str] = set()
    for key in sorted(everything, key=lambda key: digest(*key)):
        if _is_fit(key[1]) and _in_test(key[1]):
            continue
        place = share("message_order", _tidy(key[1]).casefold())
        split = next(name for name, end in _UP_TO_ORDER.items() if place < end)
        for number, words in enumerate(plain_words(key[1])):
            sentence = " ".join(words)
            is_readable = not _PLACEHOLDER.search(sentence) and "%" not in sentence and "{" not in sentence
            if (
                is_readable
                and len({word.casefold() for word in words}) >= _FEWEST_WORDS
                and len(words) <= _MOST_WORDS
                and sentence.casefold() not in tested | known
            ):
                known.add(sentence.casefold())
                found[sentence] = (split, f"{digest(*key)[:12]}-{number}")
    return found


def scramble(words: list[str], rng: np.random.Generator) -> list[str]:
    """Shuffle words until at most a third of the neighbouring pairs are as they were."""
    pairs = set(zip(words, words[1:]))
    while True:
        shuffled = [words[place] for place in rng.permutation(len(words))]
        kept = sum(pair in pairs for pair in zip(shuffled, shuffled[1:]))
        if kept <= _KEPT_PAIRS * (len(words) - 1):
            return shuffled


def message_order(split: str, language: str) -> pd.DataFrame:
    """English messages, each once with its words in order and once scrambled.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `text`, `text_pair` (empty), `label` ("intact" or "scrambled").

    Raises
    ------
    DataError
        If the language is not English, or there is no such split: this task only trains.
    """
    if language != "en" or split not in _UP_TO_ORDER:
        raise DataError(
            f"message_order has no {split!r} rows in language {language!r}: it is an English intermediate task "
            "with the splits 'train' and 'validation'. Ask for one of those."
        )
    records = []
    for sentence, (own, sentence_id) in order_sentences().items():
        if own != split:
            continue
        scrambled = scramble(sentence.split(), rng_for("message_order", sentence_id))
        records.append((f"{sentence_id}-intact", language, sentence, "", "intact"))
        records.append((f"{sentence_id}-scrambled", language, " ".join(scrambled), "", "scrambled"))
    records.sort(key=lambda record: digest(record[0]))
    return pd.DataFrame.from_records(records, columns=CLASSIFY_COLUMNS)
