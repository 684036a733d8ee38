"""The HTML report of a study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.questions import QUESTIONS
from study_utils.report.crate import write_crate
from study_utils.report.explore import write_explore
from study_utils.report.overview import write_overview
from study_utils.report.site import build_site

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
    title, banner = study.params.title, study.params.banner
    explore = write_explore(study.report, title=title, banner=banner)
    notebooks = [study.report / f"{stem}.ipynb" for stem in sorted(entries)]
    index = build_site(
        study.report,
        title=title,
        notebooks=notebooks,
        banner=banner,
        answers={QUESTIONS[key].notebook for key in study.params.questions},
        seconds={stem: float(entry["seconds"]) for stem, entry in entries.items() if "seconds" in entry},
        more=[(explore.name, "Explore")] if explore else [],
    )
    write_crate(study.report, title=title, description=banner)
    write_overview(study.report.parent)
    return index
