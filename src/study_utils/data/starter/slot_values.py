"""Slots: one small set of names for all languages, and the values that fill them."""

from __future__ import annotations

from functools import cache

import numpy as np
from babel import Locale
from babel.dates import get_timezone_location
from hassil.expression import ListReference

from study_utils.data.starter.package import Grammar, Template
from study_utils.data.starter.sampler import Piece, choose, sample
from study_utils.data.starter.words import words

_SLOTS = {
    **dict.fromkeys(("hours", "minutes", "seconds"), "duration"),
    **dict.fromkeys(("start_hours", "start_minutes", "start_seconds"), "duration"),
    **dict.fromkeys(("position", "percentage"), "percentage"),
    **dict.fromkeys(("volume_level", "volume_step"), "volume"),
    **dict.fromkeys(("device_class", "domain"), "device_class"),
    "area": "area",
    "brightness": "brightness",
    "color": "colour",
    "floor": "floor",
    "item": "item",
    "media_class": "media_class",
    "name": "name",
    "search_query": "query",
    "state": "state",
    "temperature": "temperature",
}
"""Slot of the package to slot of the `slots` task. Others (a message, a nested command) have no values."""

_OPEN_LISTS = ("area", "floor", "name", "search_query", "shopping_list_item", "timer_name", "todo_list_item")
"""Lists that the package leaves to each household."""

_FIELD_OF_DOMAIN = {
    "climate": "heater",
    "cover": "cover",
    "fan": "fan",
    "input_boolean": "appliance",
    "lawn_mower": "robot",
    "light": "lights",
    "lock": "lock",
    "media_player": "players",
    "person": "people",
    "switch": "appliance",
    "vacuum": "robot",
}
_ANY_DEVICE = ("appliance", "fan", "heater", "lights", "players")
_CITIES = ("Africa/Cairo", "America/New_York", "Asia/Tokyo", "Europe/Berlin", "Europe/Paris", "Europe/Rome")
_TERRITORIES = ("BR", "EG", "IN", "IT", "JP", "MX")
_BABEL = {"no": "nb", "zh": "zh_Hans"}


def slot_of(reference: ListReference) -> str:
    """Name of the slot that a reference fills; empty if the task has no such slot."""
    if reference.list_name.startswith("color_temperature"):  # "warm white", or a number in kelvin
        return "colour"
    return _SLOTS.get(reference.slot_name, "")


def can_fill(reference: ListReference, grammar: Grammar) -> bool:
    """Whether the slot is in the shared set and has values."""
    return bool(slot_of(reference)) and (
        reference.list_name in grammar.values
        or reference.list_name in grammar.ranges
        or reference.list_name in _OPEN_LISTS
        or reference.is_inline_range
    )


@cache
def _cldr(language: str, kind: str) -> tuple[str, ...]:
    locale = Locale.parse(_BABEL.get(language, language))
    if kind == "cities":
        return tuple(get_timezone_location(zone, locale=locale, return_city=True) for zone in _CITIES)
    if kind == "territories":
        return tuple(locale.territories[code] for code in _TERRITORIES)
    return tuple(locale.days["stand-alone"]["wide"][day] for day in range(7))


def _names(domain: str, language: str) -> tuple[str, ...]:
    if domain in _FIELD_OF_DOMAIN:
        return getattr(words(language), _FIELD_OF_DOMAIN[domain])
    if domain == "weather":
        return _cldr(language, "cities")
    if domain in ("button", "input_button", "scene", "script", "todo"):
        return _cldr(language, "weekdays")
    return tuple(name for field in _ANY_DEVICE for name in getattr(words(language), field))


def _open_values(list_name: str, template: Template, language: str, rng: np.random.Generator) -> tuple[str, ...]:
    if list_name == "area":
        return words(language).areas
    if list_name == "floor":
        return words(language).floors
    if list_name == "search_query":
        return _cldr(language, "territories")
    if list_name == "name":
        domains = template.name_domains or (template.domain,)
        return _names(choose(domains, rng), language)
    return words(language).items


def fill(
    reference: ListReference,
    *,
    template: Template,
    grammar: Grammar,
    language: str,
    rng: np.random.Generator,
) -> Piece:
    """Draw a value for a slot reference, in the language itself.

    The package's own list or number range comes first. For the open ones: rooms, floors, device names,
    groceries (also as names of timers) and people from `study_utils.data.starter.words`; names of cities
    (weather), weekdays (scenes, scripts, to-do lists) and countries (as titles to search for) from CLDR.
    """
    if reference.list_name in grammar.values:
        pieces = sample(
            choose(grammar.values[reference.list_name], rng),
            rules=grammar.rules,
            fill=lambda inner: fill(inner, template=template, grammar=grammar, language=language, rng=rng),
            rng=rng,
        )
        text = "".join(piece.text for piece in pieces)
    elif (numbers := _numbers(reference, grammar)) is not None:
        text = str(choose(numbers, rng))
    else:
        text = choose(_open_values(reference.list_name, template, language, rng), rng)
    return Piece(text=text, slot=slot_of(reference))


def _numbers(reference: ListReference, grammar: Grammar) -> range | None:
    if reference.is_inline_range:
        start, stop, step = reference.get_inline_range()
        return range(start, stop + 1, step)
    return grammar.ranges.get(reference.list_name)
