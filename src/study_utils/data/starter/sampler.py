"""Read sentence templates aloud: text with the spans of its slots, drawn from a parsed template.

`hassil` parses the templates and samples plain text from them; spans of slot values need this walk of its own
over the parsed tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    TextChunk,
)

from study_utils.errors import DataError

_DEEPEST = 40


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a sentence: fixed text (empty slot), or the value of a slot."""

    text: str
    slot: str = ""


Fill = Callable[[ListReference], Piece]
"""Gives a slot reference its value."""


def _rule(name: str, rules: Mapping[str, Expression], depth: int) -> Expression:
    if name not in rules:
        raise DataError(f"a sentence template refers to the rule <{name}>, which its file does not define")
    if depth > _DEEPEST:
        raise DataError(f"the rule <{name}> of a sentence template refers to itself")
    return rules[name]


def sample(
    expression: Expression,
    *,
    rules: Mapping[str, Expression],
    fill: Fill,
    rng: np.random.Generator,
    depth: int = 0,
) -> list[Piece]:
    """Draw one reading of a template: every alternative, option and order is equally likely where it stands.

    Parameters
    ----------
    expression : hassil.expression.Expression
        Parsed template.
    rules : mapping of str to Expression
        Expansion rules by name.
    fill : callable
        Gives each slot reference its value.
    rng : numpy.random.Generator
        Makes every choice of the walk.
    depth : int
        How many rules and groups the walk is inside of.

    Returns
    -------
    list of Piece
        In order; blanks are as the template has them (see `study_utils.data.starter.tokens.Marked`).

    Raises
    ------
    DataError
        If a rule is missing or refers to itself.
    """
    if isinstance(expression, TextChunk):
        return [Piece(text=expression.original_text)]
    if isinstance(expression, ListReference):
        return [fill(expression)]
    inside = {"rules": rules, "fill": fill, "rng": rng, "depth": depth + 1}
    if isinstance(expression, RuleReference):
        return sample(_rule(expression.rule_name, rules, depth), **inside)
    if not isinstance(expression, Group):
        raise DataError(f"unknown part of a sentence template: {expression!r}")
    items = expression.items
    if isinstance(expression, Alternative):
        return sample(items[int(rng.integers(len(items)))], **inside) if items else []
    if isinstance(expression, Permutation):
        items = [items[place] for place in rng.permutation(len(items))]
    return [piece for item in items for piece in sample(item, **inside)]


def slot_references(
    expression: Expression, rules: Mapping[str, Expression], depth: int = 0
) -> Iterator[ListReference]:
    """Every slot reference that some reading of the template has, through all rules."""
    if isinstance(expression, ListReference):
        yield expression
    elif isinstance(expression, RuleReference):
        yield from slot_references(_rule(expression.rule_name, rules, depth), rules, depth + 1)
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from slot_references(item, rules, depth + 1)


def has_fixed_words(expression: Expression, rules: Mapping[str, Expression], depth: int = 0) -> bool:
    """Whether every reading has a letter outside its slots (a bare "{name}" says nothing about the intent)."""
    if isinstance(expression, TextChunk):
        return any(character.isalpha() for character in expression.text)
    if isinstance(expression, RuleReference):
        return has_fixed_words(_rule(expression.rule_name, rules, depth), rules, depth + 1)
    if isinstance(expression, Group):
        fixed = (has_fixed_words(item, rules, depth + 1) for item in expression.items)
        return all(fixed) if isinstance(expression, Alternative) else any(fixed)
    return False
