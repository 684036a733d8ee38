"""Read sentence templates aloud: text with the spans of its slots, drawn from a parsed template.

`hassil` parses the templates and samples plain text from them; spans of slot values need this walk of its own
over the parsed tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True, slots=True)
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
    expression: Expression, *, rules: Mapping[str, Expression], fill: Fill, rng: np.random.Generator
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

    Returns
    -------
    list of Piece
        In order; blanks are as the template has them (`study_utils.data.starter.tokens.mark` tidies them).

    Raises
    ------
    DataError
        If a rule is missing or refers to itself.
    """
    pieces: list[Piece] = []

    def walk(part: Expression, depth: int) -> None:
        if isinstance(part, TextChunk):
            pieces.append(Piece(text=part.original_text))
        elif isinstance(part, ListReference):
            pieces.append(fill(part))
        elif isinstance(part, RuleReference):
            walk(_rule(part.rule_name, rules, depth), depth + 1)
        elif isinstance(part, Alternative):
            if part.items:
                walk(choose(part.items, rng), depth + 1)
        elif isinstance(part, Permutation):
            for place in rng.permutation(len(part.items)):
                walk(part.items[place], depth + 1)
        elif isinstance(part, Group):
            for item in part.items:
                walk(item, depth + 1)
        else:
            raise DataError(f"unknown part of a sentence template: {part!r}")

    walk(expression, 0)
    return pieces


def choose(items: Sequence[Item], rng: np.random.Generator) -> Item:
    """Draw one item, all equally likely."""
    return items[int(rng.random() * len(items))]


def slot_references(expression: Expression, rules: Mapping[str, Expression], depth: int = 0) -> Iterator[ListReference]:
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
