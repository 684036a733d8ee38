"""Short forms in which tasks of one domain are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from study_utils.catalog.hub.shared import derived, english
from study_utils.catalog.schema import HeldOut, HubRows, Task

Splits = tuple[HubRows, HubRows]
"""Rows that train, and rows that select."""


def classify(key: str, title: str, domain: str, labels: tuple[str, ...], splits: Splits, **more: object) -> Task:
    """Declare a classify task; its metric is accuracy unless another is named."""
    return Task(
        key=key,
        title=title,
        format="classify",
        labels=labels,
        train=splits[0],
        validation=splits[1],
        domain=domain,
        chance=1 / len(labels),
        **{"metric": "accuracy", **more},
    )


def entities(key: str, title: str, domain: str, kinds: tuple[str, ...], splits: Splits, **more: object) -> Task:
    """Declare a tag task over kinds of entities, in BIO."""
    return Task(
        key=key,
        title=title,
        format="tag",
        labels=("O", *(f"{prefix}-{kind}" for kind in kinds for prefix in "BI")),
        metric="span_f1",
        train=splits[0],
        validation=splits[1],
        domain=domain,
        **more,
    )


def answer(key: str, title: str, domain: str, splits: Splits, **more: object) -> Task:
    """Declare an answer task."""
    return Task(
        key=key,
        title=title,
        format="answer",
        metric="squad",
        train=splits[0],
        validation=splits[1],
        domain=domain,
        **more,
    )


def local(name: str, columns: Mapping[str, str], rows: tuple[int, int]) -> Splits:
    """Training and validation split of a data set that only a mirror has, with their numbers of rows."""
    train, validation = rows
    return derived(name, "train", columns, rows=train), derived(name, "validation", columns, rows=validation)


def published(hub_id: str, columns: Mapping[str, str], rows: tuple[int | None, int | None], **more: object) -> Splits:
    """Training and validation split of a hub data set, with their numbers of rows."""
    train, validation = rows
    return (
        english(hub_id, "train", columns, rows=train, **more),
        english(hub_id, "validation", columns, rows=validation, **more),
    )


def cut(make: Callable[..., HubRows], by: str) -> Splits:
    """Two parts of one split, a tenth of the values of a column held out to select."""
    return make(held_out=HeldOut(held=False, by=by)), make(held_out=HeldOut(held=True, by=by))
