"""Which texts of a row are perturbed, and all rows of a test set at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
import pandas as pd

from study_utils.catalog import LANGUAGES, Task
from study_utils.catalog.perturbations import Variant
from study_utils.errors import DataError
from study_utils.perturb.codeswitch import ENGLISH, switch_texts
from study_utils.perturb.letters import Changed, change_words
from study_utils.perturb.shuffles import shuffle_words
from study_utils.perturb.words import vocabulary

FIELDS = {
    "classify": ("text", "text_pair"),
    "regress": ("text", "text_pair"),
    "choose": ("text",),
    "tag": ("tokens",),
    "answer": ("question",),
    "retrieve-neighbour": ("text",),
    "retrieve-mine": ("text",),
    "retrieve-rank": ("text",),
}
"""Shape of a task to what is changed of a row; the rest stays. Both texts of a pair, but never choices, the passage
that holds the answer, or what is searched."""

SIDES = {"retrieve-mine": "foreign", "retrieve-rank": "query"}
"""Rows that are changed where a search has two sides."""

SECOND = {"classify": "text_pair", "regress": "text_pair", "answer": "question"}
"""What code-switching replaces, by format."""

COUNTS = ("language", "examples", "untouched", "unit", "all", "asked", "changed", "before", "after")


@dataclass(frozen=True, kw_only=True)
class Perturbed:
    """Test rows under a variant, and what was done to them.

    Attributes
    ----------
    rows : pandas.DataFrame
        The rows of the perturbed languages, with the columns and order they had.
    counts : pandas.DataFrame
        One row a language with the columns `COUNTS`: `examples`, `untouched` (examples that stayed as they were: too
        short for the severity, or without a word that can change), `unit` (of the numbers that follow: words or
        examples), `all`, `asked` (what the severity allows), `changed`; `before` and `after` of the first example that
        changed.
    """

    rows: pd.DataFrame
    counts: pd.DataFrame


def perturb_rows(rows: pd.DataFrame, task: Task, variant: Variant, languages: Sequence[str]) -> Perturbed:
    """Perturb the test rows of a task.

    Parameters
    ----------
    rows : pandas.DataFrame
        All test rows of the run, also in languages that stay clean.
    task : Task
        Its shape says which texts change (`FIELDS`).
    variant : Variant
        Kind and severity.
    languages : sequence of str
        Languages to perturb.

    Raises
    ------
    DataError
        If the kind doesn't suit the task or doesn't know a language, or code-switching has no English rows.
    """
    kind = variant.kind
    if not kind.suits(task):
        raise DataError(f"variant {variant.key}: {kind.title.lower()} don't suit task {task.key!r}")
    if strange := [code for code in languages if not kind.knows(code)]:
        names = ", ".join(LANGUAGES[code].name for code in strange)
        raise DataError(f"variant {variant.key}, task {task.key!r}: {names} has no {kind.lacks.removeprefix('a ')}")
    made, counts = [], []
    for code in languages:
        part = rows[rows["language"] == code]
        new, numbers = (_switched if kind.parallel else _changed)(part, rows, task, variant, code)
        made.append(new)
        counts.append({"language": code, "unit": kind.unit, **numbers})
    return Perturbed(rows=pd.concat(made).reset_index(drop=True), counts=pd.DataFrame(counts, columns=list(COUNTS)))


def _changed(
    part: pd.DataFrame, rows: pd.DataFrame, task: Task, variant: Variant, language: str
) -> tuple[pd.DataFrame, dict]:
    known = vocabulary(text for field in _texts(part) for value in part[field] for text in _as_list(value))
    fields, side = FIELDS[task.shape], SIDES.get(task.shape)
    new = {field: [] for field in fields}
    done: list[Changed] = []
    first = ("", "")
    for row in part.to_dict("records"):
        if side and row["side"] != side:
            for field in fields:
                new[field].append(row[field])
            continue
        texts = [text for field in fields for text in _as_list(row[field])]
        done.append(_change(texts, variant, language, str(row["id"]), known))
        if not any(first) and done[-1].texts != texts:
            first = (_told(texts), _told(done[-1].texts))
        if fields == ("tokens",):
            new["tokens"].append(done[-1].texts)
        else:
            for field, text in zip(fields, done[-1].texts):
                new[field].append(text)
    numbers = {
        "examples": len(done),
        "untouched": sum(item.changed == 0 for item in done),
        "all": sum(item.words for item in done),
        "asked": sum(item.asked for item in done),
        "changed": sum(item.changed for item in done),
    }
    columns = {field: pd.Series(values, index=part.index, dtype=object) for field, values in new.items()}
    return part.assign(**columns), numbers | dict(zip(("before", "after"), first))


def _change(texts: list[str], variant: Variant, language: str, example: str, known: frozenset[str]) -> Changed:
    if variant.kind.key == "shuffles":
        return shuffle_words(texts, variant.severity, language=language, example=example)
    return change_words(texts, variant.kind.key, variant.severity, language=language, example=example, known=known)


def _switched(
    part: pd.DataFrame, rows: pd.DataFrame, task: Task, variant: Variant, language: str
) -> tuple[pd.DataFrame, dict]:
    english, field = rows[rows["language"] == ENGLISH], SECOND[task.format]
    if english.empty:
        raise DataError(f"variant {variant.key}, task {task.key!r}: there are no English rows to take texts from")
    values, changed = switch_texts(part, english, field, variant.severity)
    places = np.flatnonzero((values != part[field]).to_numpy())
    shown = [frame.iloc[places[0]] for frame in (part[field], values)] if len(places) else ["", ""]
    numbers = {
        "examples": len(part),
        "untouched": len(part) - changed,
        "all": len(part),
        "asked": floor(variant.severity * len(part) + 1e-9),
        "changed": changed,
        "before": shown[0],
        "after": shown[1],
    }
    return part.assign(**{field: values}), numbers


def _texts(part: pd.DataFrame) -> list[str]:
    names = ("text", "text_pair", "question", "choices", "tokens", "context")
    return [name for name in names if name in part]


def _as_list(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value if value is not None else ())


def _told(texts: list[str]) -> str:
    return " / ".join(texts) if len(texts) <= 2 else " ".join(texts)
