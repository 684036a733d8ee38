"""Sentences about families and languages that don't have the same tasks: what is adjusted, and what can't be."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from study_utils.analysis.inference.groups import MIN_POOL
from study_utils.catalog.titles import at_most_five


def describe_tasks_behind(families: pd.DataFrame) -> list[str]:
    """Say which groups are adjusted for tasks that they lack, and which share none; nothing if all have the same."""
    have = {group: set(" ".join(part).split()) for group, part in families.groupby("group")["tasks"]}
    alone = {group for group, part in families.groupby("group") if (part["unit"] == "language").all()}
    parts = _sharing_tasks(have, alone if len(alone) >= MIN_POOL else set())
    reached = {group: set().union(*(have[other] for other in part)) for part in parts for group in part}
    sentences = []
    if lacking := [group for group, own in have.items() if own != reached[group]]:
        verb = "lacks" if len(lacking) == 1 else "lack"
        sentences.append(
            f"{at_most_five(lacking)} {verb} some of the tasks. Their estimates are not means over their own tasks: "
            f"for a task that they lack, what other languages gain on it is taken over."
        )
    if len(parts) > 1:
        told = "; ".join(at_most_five(sorted(part)) for part in parts[:5]) + "; others" * (len(parts) > 5)
        sentences.append(
            f"These have no task in common, not even through others: {told}. What differs between them may be their "
            f"tasks, so they are not compared."
        )
    return sentences


def _sharing_tasks(have: Mapping[str, set[str]], pooled: set[str]) -> list[set[str]]:
    """Groups that share tasks, directly or through others; languages that are estimated together count as one."""
    parts: list[tuple[set[str], set[str]]] = []
    together = [pooled] * bool(pooled) + [{group} for group in have if group not in pooled]
    for names in together:
        tasks = set().union(*(have[group] for group in names))
        for part in [part for part in parts if part[1] & tasks]:
            parts.remove(part)
            names, tasks = names | part[0], tasks | part[1]
        parts.append((names, tasks))
    return sorted((names for names, _ in parts), key=min)
