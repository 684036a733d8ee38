"""Which labels and languages the starter suite has: stated rules, computed from the installed packages.

The catalogue holds the results as literals; the tests compare them with what these functions compute.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pandas as pd

from study_utils.data.starter import package
from study_utils.data.starter.message_rows import candidate_languages as message_languages
from study_utils.data.starter.message_rows import parallel_messages, split_of
from study_utils.data.starter.utterances import usable_templates, utterances
from study_utils.data.starter.words import LANGUAGES_WITH_WORDS

FEWEST_ENGLISH_TEMPLATES = 3
FEWEST_LANGUAGES = 20
"""An intent is a label if it has at least so many usable English templates (one for each split) and is found
in at least so many languages of the catalogue."""

FEWEST_INTENTS = 15
FEWEST_TEST_ROWS = 100
"""A language is in `intent` with test utterances of at least so many labels, and at least so many of them."""

MOST_TOKENS = 20
"""A language is in `slots` if it is in `intent` and its test sentences have at most so many tokens on average:
more means that its tokens are too small a unit (Thai, cut into characters)."""

FEWEST_MESSAGES = 80
"""A language is in `messages` with at least so many test messages."""

FEWEST_DOMAIN_TEMPLATES = 8
FEWEST_DOMAIN_ROWS = 10
"""A domain is a label of `utterance_domain` with at least so many English templates and training utterances."""


def intent_labels() -> tuple[str, ...]:
    """Labels of the `intent` task, sorted."""
    english = Counter(template.label for template in usable_templates("en"))
    languages: Counter[str] = Counter()
    for language in package.candidate_languages():
        languages.update({template.label for template in usable_templates(language)})
    return tuple(
        sorted(
            label
            for label, count in english.items()
            if count >= FEWEST_ENGLISH_TEMPLATES and languages[label] >= FEWEST_LANGUAGES
        )
    )


def slot_labels(intents: tuple[str, ...]) -> tuple[str, ...]:
    """Labels of the `slots` task: O, then B and I of every slot of the English training utterances, sorted."""
    tags = {tag for row in utterances("en", intents) if row.split == "train" for tag in row.tags}
    names = sorted({tag[2:] for tag in tags if tag != "O"})
    return ("O", *(f"{prefix}-{name}" for name in names for prefix in "BI"))


def domain_labels(intents: tuple[str, ...]) -> tuple[str, ...]:
    """Labels of the `utterance_domain` task, sorted."""
    templates = defaultdict(set)
    rows: Counter[str] = Counter()
    for row in utterances("en", intents):
        templates[row.domain].add(row.template)
        rows[row.domain] += row.split == "train"
    return tuple(
        sorted(
            domain
            for domain in templates
            if domain and len(templates[domain]) >= FEWEST_DOMAIN_TEMPLATES and rows[domain] >= FEWEST_DOMAIN_ROWS
        )
    )


def coverage(intents: tuple[str, ...]) -> pd.DataFrame:
    """What each language has for each target, and whether it is in.

    Returns
    -------
    pandas.DataFrame
        Columns `language`, `recipe` (intent, slots or messages), `is_in`, `reason` (empty if in), `intents`
        (labels that occur; 0 for messages) and `rows` (of the test split).
    """
    records = []
    for language in package.candidate_languages():
        records += _utterance_coverage(language, intents)
    for language in message_languages():
        rows = sum(split_of(row.english) == "test" for row in parallel_messages(language))
        reason = "" if rows >= FEWEST_MESSAGES else f"fewer than {FEWEST_MESSAGES} test messages"
        records.append((language, "messages", not reason, reason, 0, rows))
    return pd.DataFrame.from_records(records, columns=("language", "recipe", "is_in", "reason", "intents", "rows"))


def _utterance_coverage(language: str, intents: tuple[str, ...]) -> list[tuple]:
    found = {template.label for template in usable_templates(language)} & set(intents)
    if len(found) < FEWEST_INTENTS:
        reason = f"templates for fewer than {FEWEST_INTENTS} of the intents"
        return [(language, recipe, False, reason, len(found), 0) for recipe in ("intent", "slots")]
    if language not in LANGUAGES_WITH_WORDS:
        reason = "no words for open slots"
        return [(language, recipe, False, reason, len(found), 0) for recipe in ("intent", "slots")]
    test = [row for row in utterances(language, intents) if row.split == "test"]
    present = len({row.label for row in test})
    reason = ""
    if present < FEWEST_INTENTS:
        reason = f"test utterances of fewer than {FEWEST_INTENTS} of the intents"
    elif len(test) < FEWEST_TEST_ROWS:
        reason = f"fewer than {FEWEST_TEST_ROWS} test utterances"
    records = [(language, "intent", not reason, reason, present, len(test))]
    if not reason and sum(len(row.tokens) for row in test) > MOST_TOKENS * len(test):
        reason = f"more than {MOST_TOKENS} tokens a sentence: characters are too small a unit"
    return [*records, (language, "slots", not reason, reason, present, len(test))]


def languages_of(recipe: str, intents: tuple[str, ...]) -> tuple[str, ...]:
    """Languages that a target has by the rules, English first, then by code."""
    table = coverage(intents)
    found = set(table.loc[(table["recipe"] == recipe) & table["is_in"], "language"])
    return tuple(sorted(found, key=lambda code: (code != "en", code)))
