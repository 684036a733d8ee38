"""Which files a report is made of, what they were made from, and whether they are still so (`manifest.json`)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from study_utils.errors import ParameterError
from study_utils.params import MACHINE
from study_utils.plan import STAGES, canonical_sha256
from study_utils.store import code_digests, file_sha256, read_object, write_atomically
from study_utils.study import Study

MANIFEST = "manifest.json"
Stamps = Mapping[Path, tuple[int, int]]


class Record:
    """The manifest of a study's report.

    Attributes
    ----------
    entries : dict
        Stem of an executed notebook to `identity` (hash of parameters, code, runs and cells), `sha256` (of the executed
        copy), `files` (what it wrote, from the report folder, to its SHA-256) and `seconds`.
    pages : dict
        HTML pages to their SHA-256; none from when a notebook is executed until its page is written.
    """

    def __init__(self, study: Study) -> None:
        self.study, self.path = study, study.report / MANIFEST
        content: dict = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            content = read_object(self.path)
        self.made_for = content.get("study", study.source.stem)
        self.made_with: dict[str, str] = content.get("parameters", {})
        self.entries: dict[str, dict] = content.get("notebooks", {})
        self.pages: dict[str, str] = content.get("pages", {})
        params = study.params.model_dump(mode="json", exclude=set(MACHINE))
        self.parameters = {field: canonical_sha256(value)[:12] for field, value in params.items()}
        self.common = {"code": code_digests(), "params": params, "runs": sorted(study.plan.runs)}

    def refuse_mixture(self, only: Sequence[str], *, replace: bool) -> None:
        """Refuse to put notebooks of other parameters into a report, or to replace one that was asked to be kept.

        Raises
        ------
        ParameterError
            If the report is another study's; if it has other parameters and only some of its notebooks are asked for,
            or the parameters are changed for this time (not with `replace`).
        """
        if not self.entries:
            return
        if self.made_for != self.study.source.stem:
            raise ParameterError(f"{self.path.parent} is the report of study {self.made_for!r}: choose another --name")
        names = {*self.parameters, *self.made_with} if self.made_with else ()
        if not (other := sorted(n for n in names if self.parameters.get(n) != self.made_with.get(n))):
            return
        told = f"the report in {self.path.parent} was made with other parameters ({', '.join(other)})"
        if only:
            raise ParameterError(f"{told}, and --only would mix them: leave it out, or give another --name")
        if self.study.chosen and not replace:
            raise ParameterError(
                f"{told}: give another --name, or make that report anew with these, from runs that are done and new "
                "ones: --replace"
            )

    def identity(self, notebook: Path) -> str:
        """Hash of what an executed notebook depends on."""
        import nbformat  # takes seconds; a plan of a new study needs none

        cells = [(c.cell_type, c.source) for c in nbformat.read(notebook, as_version=4).cells]
        return canonical_sha256({**self.common, "cells": cells})

    def why_anew(self, notebook: Path) -> str:
        """Why a notebook has to be executed; empty if its copy and files are there, as they were made from this."""
        entry = self.entries.get(notebook.stem, {})
        if notebook.stem in STAGES and self.study.plan.missing(self.study.store, notebook.stem):
            return "its runs are new"
        if not entry:
            return "not made yet"
        if entry.get("identity") != self.identity(notebook):
            return "made from other parameters or other code"
        return self._damage({notebook.name: entry["sha256"], **entry.get("files", {})})

    def why_pages(self) -> str:
        """Why pages have to be written; empty if they all are there, as they were written."""
        expected = {"index.html", *(f"{stem}.html" for stem in self.entries)}
        return self._damage(self.pages) if set(self.pages) == expected else "not all are written"

    def _damage(self, files: Mapping[str, str]) -> str:
        for name, digest in files.items():
            path = self.study.report / name
            if not path.is_file():
                return f"{name} is missing"
            if file_sha256(path) != digest:
                return f"{name} was changed"
        return ""

    def stamps(self) -> Stamps:
        """When each file of the report was written, to see later which ones were written since."""
        found = (path for path in self.study.report.rglob("*") if path.is_file() and path != self.path)
        return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in found}

    def written(self, before: Stamps) -> list[Path]:
        """Files that were written since."""
        return sorted(path for path, stamp in self.stamps().items() if before.get(path) != stamp)

    def keep(self, notebook: Path, seconds: float, written: Iterable[Path]) -> None:
        """Note that a notebook has been executed and what it wrote; what it no longer writes goes."""
        report, old = self.study.report, self.entries.get(notebook.stem, {})
        names = [path.relative_to(report).as_posix() for path in written if path.suffix in (".csv", ".png")]
        self.entries[notebook.stem] = {
            "identity": self.identity(notebook),
            "sha256": file_sha256(report / notebook.name),
            "files": {name: file_sha256(report / name) for name in names},
            "seconds": round(seconds, 1),
        }
        self._remove(old.get("files", {}))
        self.made_with, self.pages = self.parameters, {}
        self._write()

    def drop_others(self, notebooks: Iterable[Path]) -> None:
        """Take notebooks that the study no longer has out of the report."""
        for stem in [stem for stem in self.entries if stem not in {path.stem for path in notebooks}]:
            entry = self.entries.pop(stem)
            self._remove({f"{stem}.ipynb": "", f"{stem}.html": "", **entry.get("files", {})})
            self.pages = {}
            self._write()

    def keep_pages(self) -> None:
        """Note that the pages of all notebooks have been written."""
        from study_utils.report.study_site import page_hashes

        self.pages = page_hashes(self.study.report, self.entries)
        self._write()

    def _remove(self, names: Iterable[str]) -> None:
        kept = {name for entry in self.entries.values() for name in entry.get("files", {})}
        for name in names:
            if name not in kept:
                (self.study.report / name).unlink(missing_ok=True)

    def _write(self) -> None:
        content = {
            "study": self.study.source.stem,
            "parameters": self.made_with,
            "notebooks": dict(sorted(self.entries.items())),
            "pages": self.pages,
        }
        write_atomically(self.path, json.dumps(content, indent=1))
