"""Rows of the tasks made from utterances: `intent`, `slots`, `utterance_domain`, `utterance_match`."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from study_utils.catalog.tasks import task
from study_utils.data.starter.package import SPLITS
from study_utils.data.starter.sampler import choose
from study_utils.data.starter.seeds import digest, rng_for
from study_utils.data.starter.utterances import Utterance, utterances
from study_utils.errors import DataError, unknown

CLASSIFY_COLUMNS = ("id", "language", "text", "text_pair", "label")
TAG_COLUMNS = ("id", "language", "tokens", "tags")

MOST_OF_A_DOMAIN = {"train": 200, "validation": 40, "test": 40}
"""Most utterances of one domain in `utterance_domain`: timers have far more templates than the rest."""

CANDIDATES = 25
"""Utterances of which the one that shares most words is taken, for a wrong partner that looks right."""


def utterances_of(split: str, language: str) -> list[Utterance]:
    """Utterances of one split of a language, for the intents of the `intent` task.

    Raises
    ------
    DataError
        If there is no such split, or the package has no sentences in the language.
    """
    if split not in SPLITS:
        raise DataError(unknown("split", split, SPLITS, where="starter suite"))
    return [row for row in utterances(language, task("intent").labels) if row.split == split]


def _classify(rows: list[tuple[str, str, str, str]], language: str) -> pd.DataFrame:
    records = [(row_id, language, text, pair, label) for row_id, text, pair, label in rows]
    return pd.DataFrame.from_records(records, columns=CLASSIFY_COLUMNS)


def intent(split: str, language: str) -> pd.DataFrame:
    """Utterance to intent.

    Parameters
    ----------
    split : {"train", "validation", "test"}
        Each template is in one split only.
    language : str
        Catalogue code.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `text`, `text_pair` (empty), `label`.
    """
    return _classify([(row.id, row.text, "", row.label) for row in utterances_of(split, language)], language)


def slots(split: str, language: str) -> pd.DataFrame:
    """Tokens of the same utterances to BIO tags of their slots.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `tokens` (list of str), `tags` (list of str).
    """
    rows = utterances_of(split, language)
    records = [(row.id, language, list(row.tokens), list(row.tags)) for row in rows]
    return pd.DataFrame.from_records(records, columns=TAG_COLUMNS)


def utterance_domain(split: str, language: str) -> pd.DataFrame:
    """Utterance to the kind of device or service it is about, where its template says exactly one.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `text`, `text_pair` (empty), `label`.
    """
    labels = task("utterance_domain").labels
    counts: Counter[str] = Counter()
    rows = []
    for row in utterances_of(split, language):
        if row.domain in labels and counts[row.domain] < MOST_OF_A_DOMAIN[split]:
            counts[row.domain] += 1
            rows.append((row.id, row.text, "", row.domain))
    return _classify(rows, language)


def word_overlap(one: Utterance, other: Utterance) -> float:
    """Share of the words of two utterances that are in both."""
    mine, theirs = set(one.text.casefold().split()), set(other.text.casefold().split())
    return len(mine & theirs) / len(mine | theirs)


def _partner(anchor: Utterance, rows: list[Utterance], *, same: bool, rng: np.random.Generator) -> Utterance | None:
    """Draw the second utterance of a pair.

    One of the same intent comes from another template if there is one. One of another intent is, in half of
    the pairs, the candidate that shares most words with the first.
    """
    if same:
        others = [row for row in rows if row.label == anchor.label and row.id != anchor.id]
        options = [row for row in others if row.template != anchor.template] or others
        return choose(options, rng) if options else None
    options = [row for row in rows if row.label != anchor.label]
    if not options:
        return None
    candidates = [choose(options, rng) for _ in range(CANDIDATES)]
    return max(candidates, key=lambda row: word_overlap(anchor, row)) if rng.random() < 0.5 else candidates[0]


def utterance_match(split: str, language: str) -> pd.DataFrame:
    """Pairs of utterances to whether they ask for the same thing (have the same intent); half of them do.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `language`, `text`, `text_pair`, `label` ("same" or "different").
    """
    rows = utterances_of(split, language)
    pairs: dict[str, list] = {"same": [], "different": []}
    for place, anchor in enumerate(rows):
        label = "same" if place % 2 == 0 else "different"
        rng = rng_for("utterance_match", language, split, anchor.id)
        partner = _partner(anchor, rows, same=label == "same", rng=rng)
        if partner is not None:
            pairs[label].append((f"{anchor.id}-{label}", anchor.text, partner.text, label))
    size = min(len(found) for found in pairs.values())
    both = [row for found in pairs.values() for row in found[:size]]
    return _classify(sorted(both, key=lambda row: digest(language, row[0])), language)
