"""What is wrong with a declared task before any row is read: fields that its format lacks, tags that can't be read."""

from __future__ import annotations

import re

from study_utils.catalog.conditions import BASELINE
from study_utils.catalog.formats import SHAPES
from study_utils.catalog.schema import ROLES, HubRows, StarterRows, Task
from study_utils.errors import CatalogError, unknown

_SPAN_TAG = re.compile(r"[BIESMLU](-.+)?")


def check_task(task: Task) -> None:
    """Refuse a task whose labels or columns can't be what was meant.

    Raises
    ------
    CatalogError
        If a label is there twice, has blanks around it or is the only one, or a tag has a blank (predictions are kept
        as tags with blanks between); if span F1 can't read a tag; if `columns` has a field that the format lacks, or
        lacks one that it needs; if values are named by labels that the task lacks; if a config is joined with itself.
    """
    if task.key in (BASELINE, "all"):
        raise CatalogError(f"task {task.key}: reports use this name for something else; take another key")
    if task.unanswerable and task.format != "answer":
        raise CatalogError(f"task {task.key}: only a task of format answer can be unanswerable")
    _check_labels(task)
    for role in ROLES:
        _check_fields(task, role)
        _check_label_names(task, role)
        _check_configs(task, role)


def _check_labels(task: Task) -> None:
    if twice := sorted({label for label in task.labels if task.labels.count(label) > 1}):
        raise CatalogError(f"task {task.key}: the label {twice[0]!r} is there twice")
    if blank := [label for label in task.labels if label.strip() != label]:
        raise CatalogError(
            f"task {task.key}: the label {blank[0]!r} has blanks around it: name it {blank[0].strip()!r}"
        )
    if len(task.labels) == 1:
        raise CatalogError(f"task {task.key}: {task.labels[0]!r} is the only label: name all that the rows have")
    if task.format != "tag":
        return
    if blank := [label for label in task.labels if label.split() != [label]]:
        other = "_".join(blank[0].split())
        raise CatalogError(
            f"task {task.key}: the tag {blank[0]!r} has a blank. Name it {other!r}, and say so in label_names: "
            f"{{{blank[0]}: {other}}}"
        )
    if task.metric != "span_f1":
        return
    tags = [label for label in task.labels if label != "O"]
    if bad := [label for label in tags if not _SPAN_TAG.fullmatch(label)]:
        raise CatalogError(
            f"task {task.key}: span F1 reads tags O, B-X and I-X (also E-, S-, L-, U-, M-), and {bad[0]!r} is none: "
            f"give labels such names and map the data's in label_names, such as {{{bad[0]}: {_span_name(bad[0])}}}; "
            "or take the metric token_accuracy"
        )
    if len({"-" in label for label in tags}) > 1:
        raise CatalogError(f"task {task.key}: some tags name a type and some don't: {', '.join(tags)}")


def _span_name(label: str) -> str:
    """How a tag that isn't in a span scheme could be named: `B_PER` and `PER-B` as B-PER, a bare type as I-."""
    for pattern, order in ((r"([BIESMLU])[_.:/](.+)", (1, 2)), (r"(.+)[-_.:/]([BIESMLU])", (2, 1))):
        if found := re.fullmatch(pattern, label):
            return "-".join(found.group(n) for n in order)
    return f"I-{label}"


def _check_label_names(task: Task, role: str) -> None:
    """Values may be named by labels of the task alone."""
    rows = getattr(task, role)
    if task.labels and not isinstance(rows, StarterRows | None):
        for value, label in rows.labels.items():
            if label not in task.labels:
                where = f"task {task.key}, label_names, {value}: {label}"
                raise CatalogError(unknown("label", label, task.labels, where=where))


def _check_configs(task: Task, role: str) -> None:
    rows = getattr(task, role)
    for code in rows.configs if isinstance(rows, HubRows) else ():
        names = rows.configs_of(code)
        if twice := [name for name in names if names.count(name) > 1]:
            raise CatalogError(f"task {task.key}, {role}: the config {twice[0]!r} of {code} is there twice")


def _check_fields(task: Task, role: str) -> None:
    rows = getattr(task, role)
    if isinstance(rows, StarterRows | None):
        return
    needed, optional = SHAPES[task.shape].needed, SHAPES[task.shape].optional
    for name in rows.columns:
        if name not in (*needed, *optional):
            where = f"task {task.key}, columns of format {task.format}"
            raise CatalogError(unknown("field", name, (*needed, *optional), where=where))
    fields = {name: column for name, column in rows.columns.items() if not name.endswith("id")}
    for name, column in fields.items():
        if same := [other for other in fields if other != name and fields[other] == column]:
            raise CatalogError(
                f"task {task.key}: columns: {name} and {same[0]} are both read from {column!r}: correct one of them"
            )
    if missing := [name for name in needed if name not in rows.columns]:
        raise CatalogError(
            f"task {task.key}: columns must also say which column holds {', '.join(missing)} "
            f"(format {task.format}: {', '.join(needed)}; may have {', '.join(optional)})"
        )
