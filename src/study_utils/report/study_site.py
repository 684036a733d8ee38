"""The HTML report of a study, and of others: made from the files of its report alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.questions import QUESTIONS
from study_utils.errors import StoreError
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.report.crate import write_crate
from study_utils.report.explore import EXPLORE, write_explore
from study_utils.report.notebook import RESULTS
from study_utils.report.overview import write_overview
from study_utils.report.site import build_site, read_notebook, site_links
from study_utils.store import MANIFEST, file_sha256, read_object, write_atomically

if TYPE_CHECKING:
    from study_utils.study import Study


def build_study_site(study: Study, entries: Mapping[str, Mapping[str, object]]) -> Path:
    """Write the pages, the index and the RO-Crate of a study's report, and the page over all studies beside it.

    Parameters
    ----------
    study : Study
        An opened study.
    entries : mapping
        Stem of each executed notebook to its record, of which `seconds` is shown.

    Returns
    -------
    pathlib.Path
        The index.

    Raises
    ------
    NotebookError
        If an executed notebook is missing or broken.
    """
    params = study.params
    answers = {QUESTIONS[key].notebook for key in params.questions}
    index = _build(study.report, entries, title=params.title, banner=params.banner, answers=answers)
    write_overview(study.report.parent)
    return index


def rebuild_site(report: Path) -> Path:
    """Write the pages, the index and the RO-Crate of a report anew from its files, and note it in its manifest.

    Parameters
    ----------
    report : pathlib.Path
        Report folder. Title and warning are those of its parameter file in `params/` today; a report of no study has
        the title of its first notebook.

    Returns
    -------
    pathlib.Path
        The index.

    Raises
    ------
    NotebookError, ParameterError, StoreError
        If an executed notebook, the parameter file or the manifest can't be read.
    """
    try:
        manifest = read_object(report / MANIFEST)
        entries, name = manifest["notebooks"], manifest["study"]
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"{report / MANIFEST} can't be read ({error}): build the report again") from error
    title, banner, answers = read_notebook(report / f"{min(entries)}.ipynb").title, "", None
    if (project_root() / "params" / f"{name}.yaml").is_file():
        params = load_params(name)
        title, banner = params.title, params.banner
        answers = {QUESTIONS[key].notebook for key in params.questions}
    index = _build(report, entries, title=title, banner=banner, answers=answers)
    if "pages" in manifest:
        write_atomically(report / MANIFEST, json.dumps(manifest | {"pages": page_hashes(report, entries)}, indent=1))
    return index


def page_hashes(report: Path, stems: Iterable[str]) -> dict[str, str]:
    """Pages of a report, of notebooks by their stems, to their SHA-256."""
    return {name: file_sha256(report / name) for name in ["index.html", *(f"{stem}.html" for stem in stems)]}


def _build(
    report: Path, entries: Mapping[str, Mapping[str, object]], *, title: str, banner: str, answers: set[str] | None
) -> Path:
    pages = [read_notebook(report / f"{stem}.ipynb") for stem in sorted(entries)]
    more = [(EXPLORE, "Explore")] if (report / f"{RESULTS}.csv").is_file() else []
    write_explore(report, title=title, banner=banner, links=site_links(pages, more))
    index = build_site(
        report,
        title=title,
        pages=pages,
        banner=banner,
        answers=answers,
        seconds={stem: float(entry["seconds"]) for stem, entry in entries.items() if "seconds" in entry},
        more=more,
    )
    write_crate(report, title=title, description=banner)
    return index
