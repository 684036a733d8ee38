"""Sentence templates as `home-assistant-intents` ships them: which there are, parsed, labelled and split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from hassil.expression import Expression
from hassil.parse_expression import parse_sentence
from home_assistant_intents import get_intents

from study_utils.catalog.languages import LANGUAGES
from study_utils.data.starter.seeds import digest
from study_utils.errors import DataError

SPLITS = ("train", "validation", "test")
SHARES = {
    "en": {"train": 0.62, "validation": 0.14, "test": 0.24},
    "": {"train": 0.30, "validation": 0.10, "test": 0.60},
}
"""Share of the templates of each intent that a split aims at: English trains, other languages are tested."""

_FILES = {"no": "nb", "zh": "zh-CN"}
_MERGED = {
    # The same request; the sentence only says which list (a named one, or the shopping list).
    "HassShoppingListAddItem": "HassListAddItem",
    "HassShoppingListCompleteItem": "HassListCompleteItem",
}
_DOMAIN_OF_INTENT = {
    "light_set": "light",
    "climate_get_temperature": "climate",
    "climate_set_temperature": "climate",
    "fan_set_speed": "fan",
    "get_weather": "weather",
    "list_add_item": "todo",
    "list_complete_item": "todo",
}


@dataclass(frozen=True, kw_only=True)
class Template:
    """One sentence template.

    Attributes
    ----------
    text : str
        As in the package; within a language, a template is its text.
    label : str
        Intent, in the names of the `intent` task.
    domain : str
        Kind of device or service, if the template is about exactly one; else empty.
    name_domains : tuple of str
        Kinds of device that its slot for a name can hold; empty if the package doesn't say.
    expression : hassil.expression.Expression
        Parsed.
    split : str
        One of `SPLITS`.
    """

    text: str
    label: str
    domain: str
    name_domains: tuple[str, ...]
    expression: Expression
    split: str


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """What the templates of one language refer to.

    Attributes
    ----------
    rules : mapping of str to Expression
        Expansion rules.
    values : mapping of str to tuple of Expression
        Lists that have values.
    ranges : mapping of str to range
        Lists of whole numbers, from 2 on (1 would ask for another grammatical number).
    """

    rules: Mapping[str, Expression]
    values: Mapping[str, tuple[Expression, ...]]
    ranges: Mapping[str, range]


@cache
def _content(language: str) -> dict:
    content = get_intents(_FILES.get(language, language)) if language in LANGUAGES else None
    if content is None:
        raise DataError(
            f"home-assistant-intents has no sentences for language {language!r} "
            f"(it has: {', '.join(candidate_languages())}). Choose another language or another task."
        )
    return content


@cache
def candidate_languages() -> tuple[str, ...]:
    """Languages of the catalogue for which the package has a file."""
    from home_assistant_intents import get_languages

    available = get_languages()
    return tuple(sorted(code for code in LANGUAGES if _FILES.get(code, code) in available))


@cache
def grammar(language: str) -> Grammar:
    """Parse the rules and lists of a language."""
    content = _content(language)
    lists = content.get("lists", {})
    return Grammar(
        rules={name: parse_sentence(text).expression for name, text in content["expansion_rules"].items()}
        if "expansion_rules" in content
        else {},
        values={
            name: tuple(parse_sentence(value["in"]).expression for value in entry["values"])
            for name, entry in lists.items()
            if "values" in entry
        },
        ranges={
            name: range(max(2, entry["range"]["from"]), entry["range"]["to"] + 1, entry["range"].get("step", 1))
            for name, entry in lists.items()
            if "range" in entry
        },
    )


def label_of(intent: str) -> str:
    """Name of an intent as a label: `HassTurnOn` is `turn_on`; two pairs of intents are one label each."""
    name = _MERGED.get(intent, intent).removeprefix("Hass")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _as_tuple(value: str | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _domain(label: str, block: Mapping) -> str:
    for given in (
        (block.get("slots") or {}).get("domain"),
        (block.get("requires_context") or {}).get("domain"),
    ):
        if len(domains := _as_tuple(given)) == 1:
            return domains[0]
    if label.endswith(("_timer", "_timers")) or label.startswith("timer_"):
        return "timer"
    return "media_player" if "media" in label or "volume" in label else _DOMAIN_OF_INTENT.get(label, "")


@cache
def source_templates(language: str) -> tuple[Template, ...]:
    """Every template of a language that belongs to one label; `split` is not yet set.

    Returns
    -------
    tuple of Template
        In the order of the file. A template that several blocks of one intent share is there once; one that
        occurs under two labels is left out.
    """
    found: dict[str, dict] = {}
    for intent, entry in _content(language)["intents"].items():
        label = label_of(intent)
        for block in entry["data"]:
            names = _as_tuple((block.get("requires_context") or {}).get("domain"))
            for text in block["sentences"]:
                known = found.setdefault(text, {"labels": {}, "domains": {}, "names": {}})
                known["labels"][label] = None
                known["domains"][_domain(label, block)] = None
                known["names"] |= dict.fromkeys(names)
    return tuple(
        Template(
            text=text,
            label=next(iter(known["labels"])),
            domain=next(iter(known["domains"])) if len(known["domains"]) == 1 else "",
            name_domains=tuple(known["names"]),
            expression=parse_sentence(text).expression,
            split="",
        )
        for text, known in found.items()
        if len(known["labels"]) == 1
    )


def split_of(texts: Iterable[str], *, language: str) -> dict[str, str]:
    """Deal the templates of one intent out to the splits, each wholly to one.

    The order is that of a digest of language and text. The split that lacks most of its share (`SHARES`)
    takes the next one, except that the first go round: in English train, test, validation, elsewhere test,
    train, validation.

    Returns
    -------
    dict of str to str
        Template text to split.
    """
    shares = SHARES.get(language, SHARES[""])
    first = ("train", "test", "validation") if language == "en" else ("test", "train", "validation")
    counts = dict.fromkeys(SPLITS, 0)
    found = {}
    for place, text in enumerate(sorted(texts, key=lambda text: digest(language, text))):
        if place < len(first):
            split = first[place]
        else:
            split = max(first, key=lambda name: shares[name] * (place + 1) - counts[name])
        counts[split] += 1
        found[text] = split
    return found
