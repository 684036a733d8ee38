"""Class numbers mean names, and files may number them in different ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import ClassLabel, Dataset


def number_alike(parts: Sequence[Dataset]) -> list[Dataset]:
    """Give the classes of all parts the numbers of the first one; names that it lacks come behind its own.

    Parameters
    ----------
    parts : sequence of datasets.Dataset
        Files of one split, each with the class names that it declares itself.

    Returns
    -------
    list of datasets.Dataset
        The same objects where all parts agree. Numbers without a name, such as -1, stay.
    """
    parts = list(parts)
    for column in parts[0].features:
        kinds = [_classes(part, column) for part in parts]
        if None in kinds or all(kind.names == kinds[0].names for kind in kinds):
            continue
        names = list(dict.fromkeys(name for kind in kinds for name in kind.names))
        parts = [_renumber(part, column, kind.names, names) for part, kind in zip(parts, kinds)]
    return parts


def _classes(part: Dataset, column: str) -> ClassLabel | None:
    """Class names of a column of numbers or of lists of them; None for another column."""
    feature = part.features.get(column)
    feature = getattr(feature, "feature", feature)
    return feature if hasattr(feature, "names") else None


def _renumber(part: Dataset, column: str, old: list[str], new: list[str]) -> Dataset:
    from datasets import ClassLabel, Dataset, List

    number = {place: new.index(name) for place, name in enumerate(old)}
    values = part.with_format("arrow")[:].column(column).to_pylist()
    is_list = hasattr(part.features[column], "feature")
    mapped = [[number.get(v, v) for v in value or ()] if is_list else number.get(value, value) for value in values]
    kind = ClassLabel(names=new)
    features = part.features.copy()
    features[column] = List(kind) if is_list else kind
    table = part.with_format("arrow")[:]
    columns = {name: mapped if name == column else table.column(name).to_pylist() for name in part.features}
    return Dataset.from_dict(columns, features=features)
