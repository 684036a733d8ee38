"""A report that is there, opened for reading: its results and tables, without the runs behind them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from study_utils.errors import StoreError
from study_utils.params import StudyParams, load_params
from study_utils.paths import project_root, study_file
from study_utils.report.notebook import RESULTS, TABLES, banner_html
from study_utils.store import MANIFEST, read_object

TOUR, TOUR_STUDY = "00_tour", "quick"
"""Stem of the notebook that shows a class around a finished report, and the study whose report it is."""

_REASONS = ("withheld", "general_withheld", "decided_by", "at_chance", "not_learnt", "collapsed")
"""Columns of text in which an empty field means that there is nothing to say."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of a report; empty fields are missing values, in columns of reasons empty text.

    ``none`` is a condition and no missing value.
    """
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return table.assign(**{name: table[name].astype(object).fillna("") for name in _REASONS if name in table})


@dataclass(frozen=True, kw_only=True)
class Report:
    """The report of a study.

    Attributes
    ----------
    params : StudyParams
        Choices of the study, as its parameter file says today.
    report : pathlib.Path
        Folder of the report.
    """

    params: StudyParams
    report: Path

    def results(self) -> pd.DataFrame:
        """Results table: one row a score (`study_utils.analysis.results.tables.SCORE_COLUMNS` and more)."""
        return read_table(self.report / f"{RESULTS}.csv")

    def table(self, name: str) -> pd.DataFrame:
        """Table of the report by the stem of its file.

        Raises
        ------
        StoreError
            If the report has no such table, with those that it has.
        """
        path = self.report / TABLES / f"{name}.csv"
        if not path.is_file():
            there = ", ".join(sorted(file.stem for file in path.parent.glob("*.csv")))
            raise StoreError(f"the report has no table {name!r}; it has: {there}. Build the report again")
        return read_table(path)


def earlier_version(report: Path) -> str:
    """Banner of a report made by a version of the code that gave runs other ids than today's; else empty.

    Its manifest says so in `earlier`: the commits, or whatever its provenance names. A report made anew says nothing.
    """
    path = report / MANIFEST
    if not (made_by := read_object(path).get("earlier") if path.is_file() else None):
        return ""
    return banner_html(
        f"Made by an earlier version: {made_by}", "Today's code gives these runs other ids: see CHANGELOG.md."
    )


def report_folder(name: str) -> Path:
    """Folder of the report of a study, by its name or the path of its parameter file, as the file stands."""
    return project_root() / load_params(name).reports / study_file(name).stem


def open_report(name: str) -> Report:
    """Open the report of a study for reading; no run, no model and no data set is needed.

    Parameters
    ----------
    name : str
        Name of the study, or path of its parameter file.

    Raises
    ------
    ParameterError
        If there is no such study, or its parameters are wrong.
    StoreError
        If it has no results yet.
    """
    folder = report_folder(name)
    if not (folder / f"{RESULTS}.csv").is_file():
        raise StoreError(f"the study {name!r} has no results yet: run 'python run_all.py {name}' first")
    return Report(params=load_params(name), report=folder)
