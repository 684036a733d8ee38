"""Utterances: sentences read from the templates of one language, with intent, domain, slots and split."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice

from study_utils.data.starter import package
from study_utils.data.starter.package import Template, grammar, source_templates, split_of
from study_utils.data.starter.sampler import has_fixed_words, sample, slot_references
from study_utils.data.starter.seeds import digest, rng_for
from study_utils.data.starter.slot_values import can_fill, fill
from study_utils.data.starter.tokens import mark, tag

SIZES = {"train": (80, 12), "validation": (20, 8), "test": (10, 5)}
"""Split to the number of utterances of an intent, and the most that one template gives."""

LARGEST_TEST = 200
_ATTEMPTS = 4


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One sentence and its gold annotation.

    Attributes
    ----------
    id : str
        Intent, digest of the template, and number of the reading.
    text, label, domain, split : str
        Sentence; intent; kind of device or service (may be empty); train, validation or test.
    template : str
        Text of the template.
    tokens, tags : tuple of str
        Tokens and BIO tags (see `study_utils.data.starter.tokens`).
    spans : tuple of (int, int, str)
        First character of every slot value, one past the last, and slot name.
    """

    id: str
    text: str
    label: str
    domain: str
    split: str
    template: str
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    spans: tuple[tuple[int, int, str], ...]


@cache
def usable_templates(language: str) -> tuple[Template, ...]:
    """Templates whose every slot can be filled and whose every reading has words outside slots, with splits."""
    known = grammar(language)
    usable = [
        template
        for template in source_templates(language)
        if has_fixed_words(template.expression, known.rules)
        and all(can_fill(reference, known) for reference in slot_references(template.expression, known.rules))
    ]
    by_label = defaultdict(list)
    for template in usable:
        by_label[template.label].append(template.text)
    splits: dict[str, str] = {}
    for texts in by_label.values():
        splits |= split_of(texts, language=language)
    return tuple(replace(template, split=splits[template.text]) for template in usable)


def read_template(template: Template, *, language: str) -> Iterator[Utterance]:
    """Read a template aloud again and again, no sentence twice, until no new one comes."""
    known = grammar(language)
    rng = rng_for("utterance", language, template.text)
    fill_one = partial(fill, template=template, grammar=known, language=language, rng=rng)
    key = digest(language, template.text)[:10]
    seen: set[str] = set()
    count = failures = 0
    while failures < _ATTEMPTS:
        pieces = sample(template.expression, rules=known.rules, fill=fill_one, rng=rng)
        sentence = mark(pieces, language=language)
        failures += 1
        if sentence.text.casefold() in seen:
            continue
        seen.add(sentence.text.casefold())
        tagged = tag(sentence, language=language)
        if tagged is None:
            continue
        yield Utterance(
            id=f"{template.label}-{key}-{count}",
            text=sentence.text,
            label=template.label,
            domain=template.domain,
            split=template.split,
            template=template.text,
            tokens=tuple(tagged[0]),
            tags=tuple(tagged[1]),
            spans=sentence.spans,
        )
        count, failures = count + 1, 0


def _balanced(templates: list[Template], *, language: str, quota: int, most: int) -> list[Utterance]:
    """Take one reading of each template in turn until there are enough."""
    templates = sorted(templates, key=lambda template: digest(language, template.text))
    readings = [islice(read_template(template, language=language), most) for template in templates]
    taken: dict[str, Utterance] = {}
    while readings and len(taken) < quota:
        still = []
        for reading in readings:
            utterance = next(reading, None)
            if utterance is None:
                continue
            still.append(reading)
            if len(taken) < quota:
                taken.setdefault(utterance.text.casefold(), utterance)
        readings = still
    return list(taken.values())


@cache
def utterances(language: str, labels: tuple[str, ...]) -> tuple[Utterance, ...]:
    """All utterances of a language for a set of intents.

    A sentence that two intents share is left out; so is one of validation or test that an earlier split has
    (compared without case). Test utterances are cut to `LARGEST_TEST`, evenly over the intents. The order is
    that of a digest, so that any first part of a split is a fair sample of it.
    """
    by_place = defaultdict(list)
    for template in usable_templates(language):
        by_place[template.split, template.label].append(template)
    drawn: list[Utterance] = []
    for split in package.SPLITS:
        quota, most = SIZES[split]
        for label in labels:
            if templates := by_place[split, label]:
                drawn += _balanced(templates, language=language, quota=quota, most=most)
    owners = defaultdict(set)
    for utterance in drawn:
        owners[utterance.text.casefold()].add(utterance.label)
    kept: dict[str, Utterance] = {}
    for utterance in drawn:
        if len(owners[utterance.text.casefold()]) == 1:
            kept.setdefault(utterance.text.casefold(), utterance)
    shuffled = sorted(kept.values(), key=lambda utterance: digest(language, utterance.id))
    return tuple(_cut_test(shuffled))


def _cut_test(rows: list[Utterance]) -> list[Utterance]:
    test = [row for row in rows if row.split == "test"]
    turn: Counter[str] = Counter()
    rank = {}
    for place, row in enumerate(test):
        rank[row.id] = (turn[row.label], place)
        turn[row.label] += 1
    keep = {row.id for row in sorted(test, key=lambda row: rank[row.id])[:LARGEST_TEST]}
    return [row for row in rows if row.split != "test" or row.id in keep]
