"""The starter suite: rows made from real multilingual sentences that ordinary packages ship.

`RECIPES` makes the rows, `left_out` lists the languages that the rules leave out, `package_digest` says what the
rows depend on. Sentences come from `home-assistant-intents` (utterances) and Django (messages); names for slots
from CLDR and from `words`. Split by template and by message, so that no test sentence was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from study_utils.data.starter.constructed import command_choice, slot_answer, utterance_similarity
from study_utils.data.starter.message_rows import message_order, message_text, messages
from study_utils.data.starter.recipes import intent, slots, utterance_domain, utterance_match

if TYPE_CHECKING:
    import pandas as pd

RECIPE_VERSION = "1"
"""Raise it with every change that changes a row."""

PACKAGES = ("babel", "django", "hassil", "home-assistant-intents")

RECIPES: dict[str, Callable[[str, str], pd.DataFrame]] = {
    "intent": intent,
    "slots": slots,
    "messages": messages,
    "utterance_domain": utterance_domain,
    "utterance_match": utterance_match,
    "message_order": message_order,
    "command_choice": command_choice,
    "slot_answer": slot_answer,
    "utterance_similarity": utterance_similarity,
    "message_text": message_text,
}
"""Recipe name to a function of split and language."""


def package_digest() -> dict[str, str]:
    """Everything that the rows depend on: version of each package, and of the recipes."""
    return {**_versions(), "recipe": RECIPE_VERSION}


@cache
def _versions() -> dict[str, str]:
    """Package to its version; a plan asks for them thousands of times."""
    return {name: version(name) for name in PACKAGES}
