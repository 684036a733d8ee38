"""An RO-Crate of a report: what each of its files is, for archives and machines (https://w3id.org/ro/crate)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from study_utils.report.provenance import versions
from study_utils.store import writable, write_atomically

CRATE = "ro-crate-metadata.json"
_LICENCE = "https://spdx.org/licenses/Apache-2.0"
_FORMATS = {
    ".csv": ("text/csv", "table"),
    ".png": ("image/png", "figure"),
    ".html": ("text/html", "page"),
    ".ipynb": ("application/x-ipynb+json", "executed notebook"),
    ".json": ("application/json", "record of the notebooks"),
}
_NAMED = {
    "index.html": "the report",
    "results.csv": "every score of the study, as fractions",
    "explore.html": "page to explore scores, gains and intervals",
}


def write_crate(report: Path, *, title: str, description: str) -> Path:
    """Write ``ro-crate-metadata.json`` into a report folder, naming every file of the report.

    Parameters
    ----------
    report : pathlib.Path
        Report folder, complete.
    title, description : str
        Of the study.

    Returns
    -------
    pathlib.Path
        The metadata. Its date is that of the first time when it said the same: building again changes nothing.

    Raises
    ------
    StoreError
        If it can't be written.
    """
    crate = ROCrate()
    crate.name, crate.description = title, description or title
    crate.license = crate.add(ContextEntity(crate, _LICENCE, {"@type": "CreativeWork", "name": "Apache License 2.0"}))
    crate.publisher = crate.add(
        ContextEntity(crate, "#maintainers", {"@type": "Organization", "name": "the maintainers of study-utils"})
    )
    number = versions(["study-utils"]).get("study-utils", "not installed")
    software = {"@type": "SoftwareApplication", "name": "study-utils", "softwareVersion": number}
    made = crate.add(ContextEntity(crate, "#study-utils", software))
    files = [crate.add_file(dest_path=name, properties=about) for name, about in _files(report)]
    action = {"@type": "CreateAction", "name": f"{title}: runs and notebooks"}
    action_entity = crate.add(ContextEntity(crate, "#making", action))
    action_entity["instrument"], action_entity["result"] = made, files
    crate.root_dataset["mentions"] = action_entity
    crate.mainEntity = crate.dereference("index.html")
    path = report / CRATE
    content = crate.metadata.generate()
    root = next(entity for entity in content["@graph"] if entity["@id"] == "./")
    root["datePublished"] = datetime.now(UTC).date().isoformat()
    if (earlier := _date_of_same(path, content)) is not None:
        root["datePublished"] = earlier
    with writable(report):
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return path


def _files(report: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(report.rglob("*")):
        name = path.relative_to(report).as_posix()
        if path.is_file() and path.suffix in _FORMATS and ".failed" not in name and name != CRATE:
            kind, what = _FORMATS[path.suffix]
            told = _NAMED.get(name, f"{what} {path.stem.replace('_', ' ')}")
            yield name, {"name": told, "encodingFormat": kind}


def _date_of_same(path: Path, content: dict) -> str | None:
    """Date of the metadata that are there, if they differ from the new ones in nothing else."""
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        date = next(entity for entity in old["@graph"] if entity["@id"] == "./").pop("datePublished")
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None
    new = json.loads(json.dumps(content))
    next(entity for entity in new["@graph"] if entity["@id"] == "./").pop("datePublished")
    return str(date) if new == old else None
