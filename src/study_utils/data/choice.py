"""Choose where rows come from, mirror folder or hub, without loading any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from study_utils.catalog.schema import ROLES, FolderRows, HubRows, Rows, StarterRows, Task, row_languages
from study_utils.data.hub import check_reachable
from study_utils.data.loading import not_found
from study_utils.data.mirror import Mirrors, MirrorSplit, NotThereError, find_split, in_order
from study_utils.errors import DataError, MissingRowsError, ParameterError, unknown

Role = Literal[ROLES]
SOURCES = ("mirror", "hub")
"""Where declared hub data sets can come from."""

Places = dict[tuple[str, str], MirrorSplit | None]
"""(config, split) to its files in a mirror; None: on the hub."""

Absent = dict[str, tuple[str, ...]]
"""Language to those of its configs that a source lacks; languages that lack none are not in it."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Where rows come from.

    Attributes
    ----------
    kind : {"mirror", "hub", "folder", "starter"}
        The source.
    rows : HubRows, FolderRows or StarterRows
        What is declared, with the configs that the source has.
    splits : mapping
        Files of every (config, split) that is needed (None: on the hub); empty for a folder or the starter suite.
    absent : mapping
        Language to those of its configs that the source lacks.
    """

    kind: str
    rows: Rows
    splits: Places = field(default_factory=dict)
    absent: Absent = field(default_factory=dict)


def choose(
    task: Task,
    role: Role,
    *,
    languages: Sequence[str],
    mirror: Mirrors,
    sources: Sequence[str] = SOURCES,
    partial: bool = False,
) -> Chosen:
    """Choose the first source that has the rows; parameters and errors as `study_utils.data.sources.load_rows`."""
    rows = declared(task, role, languages)
    for source in sources:
        if source not in SOURCES:
            raise ParameterError(unknown("source", source, SOURCES))
    if isinstance(rows, StarterRows | FolderRows):
        return Chosen(kind="starter" if isinstance(rows, StarterRows) else "folder", rows=rows)
    reasons, some = [], False
    places = [(name, place) for name in sources for place in (in_order(mirror) if name == "mirror" else ()) or (None,)]
    for source, place in places:
        try:
            splits, absent = _look(rows, languages, source, place)
        except NotThereError as error:
            reasons.append(str(error))
            continue
        if partial or not absent:
            return Chosen(kind=source, rows=_without(rows, absent), splits=splits, absent=absent)
        some = True
        reasons.append(_lacking(source, rows, absent))
    configs = [name for code in languages for name in rows.configs_of(code)]
    message = not_found(task, role, rows, configs, reasons or ["no source is allowed"], mirror=mirror)
    advice = ". Or let the study say partial_sets: true, to read what is there and say what is not"
    raise MissingRowsError(message + (advice if some else ""))


def declared(task: Task, role: str, languages: Sequence[str]) -> Rows:
    """Give the rows that a task declares in a role.

    Raises
    ------
    DataError
        If it declares none, or not in these languages.
    """
    rows = getattr(task, role) if role in ROLES else None
    if rows is None:
        roles = [name for name in ROLES if getattr(task, name) is not None]
        raise DataError(f"task {task.key!r} has no {role} rows; it has {', '.join(roles)} rows.")
    if not languages:
        raise DataError(f"no language asked for in the {role} rows of task {task.key!r}. Name at least one.")
    known = row_languages(rows)
    for code in languages:
        if code not in known:
            raise DataError(unknown("language", code, known, where=f"{role} rows of task {task.key!r}"))
    if len(set(languages)) < len(languages):
        raise DataError(f"{role} rows of task {task.key!r}: languages {list(languages)} repeat. Name each once.")
    return rows


def _look(rows: HubRows, languages: Sequence[str], source: str, mirror: Path | None) -> tuple[Places, Absent]:
    """Find what a source has, and what languages lack that it has another config of.

    Raises
    ------
    NotThereError
        If a language has no config, or lacks what must be beside its rows.
    """
    splits: Places = {}
    absent: Absent = {}
    for code in languages:
        errors = {}
        for name, places in rows.parts(code).items():
            found: Places = {}
            for config, split in places:
                try:
                    found[config, split] = _place(rows, config, split, source, mirror)
                except NotThereError as error:
                    if name:
                        raise
                    errors.setdefault(config, error)
            splits |= {place: files for place, files in found.items() if place[0] not in errors}
        if errors:
            absent[code] = tuple(errors)
        if len(errors) == len(rows.configs_of(code)):
            raise next(iter(errors.values()))
    return splits, absent


def _place(rows: HubRows, config: str, split: str, source: str, mirror: Path | None) -> MirrorSplit | None:
    if source == "mirror":
        return find_split(mirror, rows.hub_id, config, split)
    check_reachable(rows, config, split)
    return None


def _without(rows: HubRows, absent: Mapping[str, Sequence[str]]) -> HubRows:
    """What is declared, without the configs that languages lack."""
    if not absent:
        return rows
    left = {code: tuple(n for n in rows.configs_of(code) if n not in absent.get(code, ())) for code in rows.configs}
    return replace(rows, configs={code: names if len(names) > 1 else names[0] for code, names in left.items()})


def _lacking(source: str, rows: HubRows, absent: Mapping[str, Sequence[str]]) -> str:
    code, names = next(iter(absent.items()))
    told = f"{source}: language {code!r} lacks {len(names)} of {len(rows.configs_of(code))} configs ({' '.join(names)})"
    return f"{told}, and {len(absent) - 1} more languages lack some" if len(absent) > 1 else told
