"""How the report folder of a study is called: a changed study never writes into the report of the file as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from study_utils.errors import ParameterError
from study_utils.params import MACHINE, StudyParams
from study_utils.paths import project_root
from study_utils.plan import canonical_sha256


def changed_choices(changes: Mapping[str, object]) -> dict[str, object]:
    """What of some changes can change a result or a report."""
    return {field: value for field, value in changes.items() if field not in MACHINE}


def report_name(source: Path, params: StudyParams, changes: Mapping[str, object]) -> str:
    """Name of a study's report folder: as asked for, else its file's, with a digest where choices were changed.

    So a changed study never writes into the report of the file as it stands. A smoke run (`limit`) says its limit.

    Raises
    ------
    ParameterError
        If the name is that of another study.
    """
    others = {path.stem for path in (project_root() / "params").glob("*.y*ml")} - {source.stem}
    if params.name in others:
        raise ParameterError(f"name {params.name!r} is that of another study, whose report it would be: choose another")
    changed = {field: value for field, value in changed_choices(changes).items() if field not in ("name", "limit")}
    base = params.name or source.stem + (f"-{canonical_sha256(changed)[:6]}" if changed else "")
    return base + (f"-limit{params.limit}" if params.limit else "")
