"""Rows whose gold follows from how they are put together out of utterances: `command_choice`, `slot_answer`,
`utterance_similarity`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from study_utils.data.starter.recipes import CANDIDATES, CLASSIFY_COLUMNS, utterances_of, word_overlap
from study_utils.data.starter.sampler import choose
from study_utils.data.starter.seeds import rng_for
from study_utils.data.starter.utterances import Utterance

CHOOSE_COLUMNS = ("id", "language", "text", "question", "choices", "label")
ANSWER_COLUMNS = ("id", "language", "question", "text", "answers", "starts")

CHOICES = 3
"""Choices of a row of `command_choice`."""

COMMANDS = 2
"""Commands in a passage of `slot_answer`."""

BETWEEN = " / "
"""What stands between two commands of a passage."""


def _by_intent(rows: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    found = defaultdict(list)
    for row in rows:
        found[row.label].append(row)
    return dict(found)


def _closest(anchor: Utterance, options: Sequence[Utterance], rng: np.random.Generator) -> Utterance:
    """Of some options drawn, the one that shares most words with the anchor."""
    return max((choose(options, rng) for _ in range(CANDIDATES)), key=lambda row: word_overlap(anchor, row))


def command_choice(split: str, language: str) -> pd.DataFrame:
    """Utterance to the one of three others that asks for the same thing (has the same intent).

    The right one comes from another template if there is one. The wrong ones have two intents drawn from the others,
    and of each the utterance, of those drawn, that shares most words with the text.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `text`, `question` (empty), `choices` (list of str), `label` (position).
    """
    rows = utterances_of(split, language)
    by_intent = _by_intent(rows)
    records = []
    for anchor in rows:
        rng = rng_for("command_choice", language, split, anchor.id)
        alike = [row for row in by_intent[anchor.label] if row.id != anchor.id]
        alike = [row for row in alike if row.template != anchor.template] or alike
        others = [label for label in by_intent if label != anchor.label]
        if not alike or len(others) < CHOICES - 1:
            continue
        right = choose(alike, rng)
        drawn = rng.permutation(len(others))[: CHOICES - 1]
        choices = [_closest(anchor, by_intent[others[place]], rng).text for place in drawn]
        label = int(rng.integers(CHOICES))
        choices.insert(label, right.text)
        records.append((anchor.id, language, anchor.text, "", choices, label))
    return pd.DataFrame.from_records(records, columns=CHOOSE_COLUMNS)


def question_for(slot: str, intent: str) -> str:
    """Ask in words which value a slot has in the command with an intent; the same English in every language."""
    return f"Which {slot.replace('_', ' ')} is in the command to {intent.replace('_', ' ')}?"


def slot_answer(split: str, language: str) -> pd.DataFrame:
    """Question for the value of a slot to its span in a passage of two commands with different intents.

    The question names the slot and the intent. Only one command has that intent, and it has that slot once. The
    other has the slot too where there is such a one, and the answer does not occur in it.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `question` (English), `text`, `answers` and `starts` (lists of one).
    """
    rows = utterances_of(split, language)
    by_intent = _by_intent(rows)
    records = []
    for anchor in rows:
        names = [slot for _, _, slot in anchor.spans]
        asked = [span for span in anchor.spans if names.count(span[2]) == 1]
        if not asked:
            continue
        rng = rng_for("slot_answer", language, split, anchor.id)
        start, end, slot = choose(asked, rng)
        answer = anchor.text[start:end]
        commands = _rivals(anchor, slot, answer, by_intent, rng)
        if len(commands) < COMMANDS - 1 or anchor.text.casefold().count(answer.casefold()) > 1:
            continue
        place = int(rng.integers(COMMANDS))
        commands.insert(place, anchor.text)
        before = sum(len(command) + len(BETWEEN) for command in commands[:place])
        question, text = question_for(slot, anchor.label), BETWEEN.join(commands)
        records.append((anchor.id, language, question, text, [answer], [before + start]))
    return pd.DataFrame.from_records(records, columns=ANSWER_COLUMNS)


def _rivals(
    anchor: Utterance, slot: str, answer: str, by_intent: dict[str, list[Utterance]], rng: np.random.Generator
) -> list[str]:
    """Commands of other intents without the answer in them, those that have the slot first."""
    options = {
        label: [row for row in rows if answer.casefold() not in row.text.casefold()]
        for label, rows in by_intent.items()
        if label != anchor.label
    }
    with_slot = {label: [row for row in rows if _has(row, slot)] for label, rows in options.items()}
    labels = [label for label, rows in options.items() if rows]
    shuffled = [labels[place] for place in rng.permutation(len(labels))]
    drawn = sorted(shuffled, key=lambda label: not with_slot[label])[: COMMANDS - 1]
    return [choose(with_slot[label] or options[label], rng).text for label in drawn]


def _has(row: Utterance, slot: str) -> bool:
    return any(name == slot for _, _, name in row.spans)


def slot_values(row: Utterance) -> dict[str, tuple[str, ...]]:
    """Values of every slot of an utterance, without case, in order."""
    found = defaultdict(list)
    for start, end, slot in row.spans:
        found[slot].append(row.text[start:end].casefold())
    return {slot: tuple(values) for slot, values in found.items()}


def similarity(one: Utterance, other: Utterance) -> int:
    """Grade how much two commands share.

    Returns
    -------
    int
        0: other intents. 1: the intent. 2: also the kind of device or service and the names of the slots. 3: also the
        values of the slots.
    """
    if one.label != other.label:
        return 0
    mine, theirs = slot_values(one), slot_values(other)
    if one.domain != other.domain or mine.keys() != theirs.keys():
        return 1
    return 3 if mine == theirs else 2


def utterance_similarity(split: str, language: str) -> pd.DataFrame:
    """Pairs of utterances to the grade of `similarity`; each grade is asked for in turn.

    A pair of different intents is made of utterances that share words. Where no partner has the grade in turn, the next
    lower one is taken.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `text`, `text_pair`, `label` (0.0 to 3.0).
    """
    rows = utterances_of(split, language)
    by_intent = _by_intent(rows)
    records = []
    for place, anchor in enumerate(rows):
        rng = rng_for("utterance_similarity", language, split, anchor.id)
        graded = defaultdict(list)
        for row in by_intent[anchor.label]:
            if row.id != anchor.id:
                graded[similarity(anchor, row)].append(row)
        others = [label for label in by_intent if label != anchor.label]
        grade = next((grade for grade in range(3 - place % 4, 0, -1) if graded[grade]), 0)
        if grade:
            partner = choose(graded[grade], rng)
        elif not others:
            continue
        else:
            partner = _closest(anchor, by_intent[choose(others, rng)], rng)
        records.append((anchor.id, language, anchor.text, partner.text, float(grade)))
    return pd.DataFrame.from_records(records, columns=CLASSIFY_COLUMNS)
