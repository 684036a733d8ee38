"""Rows of a task from a mirror folder, the hub, or what installed packages ship; and which it would be.

The source is chosen without loading anything (`source_digest` says which, and enters a run's identity), so
what is loaded is always what the identity names. Imports neither torch nor datasets before rows are loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from study_utils.catalog.formats import SHAPES
from study_utils.catalog.schema import ROLES, FolderRows, HubRows, StarterRows, TableRows, Task, row_languages
from study_utils.data.choice import SOURCES, Role, choose, declared
from study_utils.data.columns import rows_of, rules
from study_utils.data.loading import load_split, not_found, read_folder
from study_utils.data.mirror import Mirrors, MirrorSplit, NotThereError, file_digest, split_digest
from study_utils.data.pools import join_targets, mine_rows, rank_rows
from study_utils.data.rows import check_rows
from study_utils.errors import DataError, MissingRowsError, unknown

if TYPE_CHECKING:
    from datasets import Dataset


def load_rows(
    task: Task,
    role: Role,
    *,
    languages: Sequence[str],
    mirror: Mirrors,
    sources: Sequence[str] = SOURCES,
    partial: bool = False,
) -> pd.DataFrame:
    """Load the rows of a task.

    Parameters
    ----------
    task : Task
        What to load.
    role : {"train", "validation", "train_in", "validation_in", "test"}
        Which of its rows.
    languages : sequence of str
        Languages, in the order that the rows will have.
    mirror : pathlib.Path, sequence of pathlib.Path or None
        Folder of hub layout, or several: the first that has every language is used. None if there is none.
    sources : sequence of str
        Of `SOURCES`, the first that has every language is used. The hub counts as having everything, except
        when it is switched off (`HF_HUB_OFFLINE=1`) and nothing has been kept from an earlier time.
    partial : bool
        Whether a language that is declared with several configs (treebanks) may be read from those that a source has:
        then the first source that has one for every language is used.

    Returns
    -------
    pandas.DataFrame
        Checked rows with the columns of the task's format (`study_utils.catalog.formats`).
        `attrs["dropped"]` is the number of rows without a gold label that were left out, `attrs["moved"]` that of rows
        whose answer didn't stand where its start says (`study_utils.data.answer_places`), `attrs["source"]` is
        "mirror", "hub", "folder" or "starter", `attrs["found"]` maps each language to the rows of its split before
        any was left out, `attrs["absent"]` each language that lacks configs to their names. `attrs["met"]` lists those
        of the `study_utils.data.columns.rules` that some row meets.

    Raises
    ------
    MissingRowsError
        If rows are missing from every source or the hub can't be reached.
    DataError
        If a file is damaged, columns are missing, or rows fail `check_rows`.
    ParameterError
        If a source is unknown.
    """
    chosen = choose(task, role, languages=languages, mirror=mirror, sources=sources, partial=partial)
    rows, kind, splits = chosen.rows, chosen.kind, chosen.splits
    frames, counts, dropped, moved, met = [], {}, 0, 0, set()
    opened: _Opened = {}
    for number, language in enumerate(languages):
        if isinstance(rows, StarterRows):
            where = f"starter recipe {rows.recipe!r}, split {rows.split!r}"
            frame = _starter_recipe(rows)(rows.split, language)
            counts[language] = len(frame)
        else:
            try:
                parts, places = _parts(rows, language, splits, opened)
            except NotThereError as error:
                configs = [name for code in languages for name in rows.configs_of(code)]
                raise MissingRowsError(not_found(task, role, rows, configs, [str(error)], mirror=mirror)) from error
            where = places[""]
            if task.shape == "retrieve-mine":
                frame, counts[language], left_out, *_ = mine_rows(parts, task, rows, language=language, where=places)
            elif task.shape == "retrieve-rank":
                frame, counts[language], left_out, *_ = rank_rows(
                    parts, task, rows, language=language, where=places, pool=number == 0
                )
            else:
                frame, counts[language], left_out, placed, by = rows_of(
                    parts, task, rows, language=language, where=where
                )
                moved += placed
                met |= by
            dropped += left_out
            if frame.empty and left_out:
                raise DataError(
                    f"{where}, language {language!r}: none of {left_out} rows has a gold label and is to be used. "
                    "Use a labelled split, or leave out fewer."
                )
        if frame.empty:
            raise DataError(f"{where}, language {language!r}: no rows. Leave the language out of task {task.key!r}.")
        if task.shape != "retrieve-rank":
            check_rows(frame, task, where=where)
        frames.append(frame)
    result = pd.concat(frames)
    if task.shape == "retrieve-rank":
        result = join_targets(result)
        check_rows(result, task, where=f"task {task.key!r}, {role} rows")
    result = result[list(SHAPES[task.shape].all_columns)].reset_index(drop=True)
    result.attrs = {"dropped": dropped, "moved": moved, "source": kind, "found": counts, "absent": chosen.absent}
    result.attrs["met"] = sorted(met)
    return result


def unmet_rules(task: Task, met: Collection[str]) -> str:
    """Say which rules of a task leave out rows that it doesn't have, if `met` are those that some row meets."""
    declared = [rows for role in ROLES if isinstance(rows := getattr(task, role), TableRows)]
    unmet = [rule for rule in dict.fromkeys(rule for rows in declared for rule in rules(rows)) if rule not in met]
    if not unmet:
        return ""
    return f"task {task.key!r}: no row has what it leaves out ({'; '.join(unmet)}): correct it, or take it out"


def refuse_unmet(task: Task, met: Collection[str]) -> None:
    """Refuse rules of a user's own files that leave out no row: of those that `met` lacks, other files are asked.

    Raises
    ------
    DataError
        If a rule is met in no file of the task.
    """
    met = {*met}
    for role in ROLES:
        rows = getattr(task, role)
        if isinstance(rows, HubRows | StarterRows):
            return
        for language in row_languages(rows) if rows else ():
            if not unmet_rules(task, met):
                return
            try:
                met |= {*load_rows(task, role, languages=(language,), mirror=None).attrs["met"]}
            except DataError:  # in a language that nobody asked for
                return
    if said := unmet_rules(task, met):
        raise DataError(said)


def source_digest(
    task: Task,
    role: Role,
    *,
    languages: Sequence[str],
    mirror: Mirrors,
    sources: Sequence[str] = SOURCES,
    partial: bool = False,
) -> dict:
    """Say what rows `load_rows` would load, without loading them.

    Parameters
    ----------
    task, role, languages, mirror, sources, partial
        As for `load_rows`.

    Returns
    -------
    dict
        Ready for JSON. Mirror: `kind`, `hub_id`, `files` (config/split to SHA-256 of the content) and, where
        the card declares features, `features` (config to SHA-256); the folder's path doesn't enter.
        Hub: `kind`, `hub_id`, `revision`. Folder: `kind` and `files` (language to SHA-256). Starter: `kind` and the
        packages' digest.

    Raises
    ------
    DataError, ParameterError
        As `load_rows`, if no source has the rows, or a file in the mirror is empty or cut off.
    """
    chosen = choose(task, role, languages=languages, mirror=mirror, sources=sources, partial=partial)
    rows, kind, splits = chosen.rows, chosen.kind, chosen.splits
    if isinstance(rows, StarterRows):
        from study_utils.data.starter import package_digest

        _starter_recipe(rows)
        return {"kind": kind, **package_digest()}
    if isinstance(rows, FolderRows):
        folder = Path(rows.folder)
        return {"kind": kind, "files": {code: file_digest(folder / rows.files[code]) for code in languages}}
    if kind == "hub":
        return hub_digest(rows)
    found = [split for split in splits.values() if split is not None]
    digest = {
        "kind": kind,
        "hub_id": rows.hub_id,
        "files": {f"{split.config}/{split.split}": split_digest(split) for split in found},
    }
    features = {s.config: hashlib.sha256(s.features.encode()).hexdigest() for s in found if s.features}
    return digest | {"features": features} if features else digest


def hub_digest(rows: HubRows) -> dict:
    """Say what rows the hub has, as `source_digest` does, without asking whether it can be reached."""
    return {"kind": "hub", "hub_id": rows.hub_id, "revision": rows.revision}


def stated_rows(
    task: Task,
    role: Role,
    language: str,
    *,
    mirror: Mirrors,
    sources: Sequence[str] = SOURCES,
    partial: bool = False,
) -> int | None:
    """Say how many rows a language should have, without loading them.

    Returns
    -------
    int or None
        As the card of a mirror states it, else as the catalogue does, less what is held out; None if neither does.
        Rows without a gold label are among them.
    """
    if not isinstance(declared(task, role, (language,)), HubRows):
        return None
    chosen = choose(task, role, languages=(language,), mirror=mirror, sources=sources, partial=partial)
    rows = chosen.rows
    count = None if chosen.absent else rows.expected.get(language)
    if chosen.kind == "mirror" and rows.select is None:
        stated = [split.rows for split in chosen.splits.values() if split is not None]
        count = sum(stated) if all(number is not None for number in stated) else count
    if count is None or rows.held_out is None:
        return count
    return round(count * (rows.held_out.share if rows.held_out.held else 1 - rows.held_out.share))


# --- loading ---


_Opened = dict[tuple[str, str], "tuple[Dataset, str]"]
"""Splits that more than one language reads."""


def _parts(
    rows: HubRows | FolderRows,
    language: str,
    splits: Mapping[tuple[str, str], MirrorSplit | None],
    opened: _Opened,
) -> tuple[dict[str, Dataset], dict[str, str]]:
    """Load everything that rows of a language need; say where each part is."""
    from datasets import concatenate_datasets

    if isinstance(rows, FolderRows):
        dataset, where = read_folder(rows, language)
        return {"": dataset}, {"": where}
    parts, where = {}, {}
    for name, places in rows.parts(language).items():
        found = []
        for config, split in places:
            shared = rows.select is not None or name
            loaded = opened.get((config, split)) or load_split(rows, config, split, splits[config, split])
            if shared:
                opened[config, split] = loaded
            found.append(loaded[0])
            where[name] = f"{where[name]} + {loaded[1]}" if name in where else loaded[1]
        parts[name] = concatenate_datasets(found) if len(found) > 1 else found[0]
    return parts, where


def _starter_recipe(rows: StarterRows) -> Callable[[str, str], pd.DataFrame]:
    from study_utils.data.starter import RECIPES

    if rows.recipe not in RECIPES:
        raise DataError(unknown("starter recipe", rows.recipe, RECIPES))
    return RECIPES[rows.recipe]
