"""The HTML report of a study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.catalog.questions import QUESTIONS
from study_utils.report.site import build_site

if TYPE_CHECKING:
    from study_utils.study import Study


def build_study_site(study: Study, entries: Mapping[str, Mapping[str, object]]) -> Path:
    """Write the pages and the index of a study's report.

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
    notebooks = [study.report / f"{stem}.ipynb" for stem in sorted(entries)]
    return build_site(
        study.report,
        title=study.params.title,
        notebooks=notebooks,
        banner=study.params.banner,
        answers={QUESTIONS[key].notebook for key in study.params.questions},
        seconds={stem: float(entry["seconds"]) for stem, entry in entries.items() if "seconds" in entry},
    )
