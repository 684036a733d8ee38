"""Command line: pages over what reports hold, made anew from their files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from study_utils.errors import StudyError, unknown
from study_utils.installed import status_of
from study_utils.paths import project_root
from study_utils.report.overview import write_overview
from study_utils.report.study_site import rebuild_site

DESCRIPTION = """\
Write reports/index.html, the page over all studies, and every page and ro-crate-metadata.json of each report, from
executed notebooks and tables: nothing is run and no result changes. 'python run_all.py STUDY' does it for its own
study."""

EPILOG = """\
examples:
  python -m study_utils.report                  all reports
  python -m study_utils.report quick pilot      the pages of two, and the one over all

exit status: 0 written, 2 a report is missing or can't be read, with the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    folder = Path(options.reports) if options.reports else project_root() / "reports"
    there = [path.parent.name for path in sorted(folder.glob("*/index.html"))]
    try:
        for name in options.studies or there:
            if name not in there:
                raise StudyError(unknown("report", name, there, where=str(folder)))
            print(f"written: {rebuild_site(folder / name)}")
        print(f"written: {write_overview(folder)}")
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.report",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("studies", nargs="*", metavar="STUDY", help="reports whose pages to write (default: all)")
    parser.add_argument("--reports", metavar="DIR", help="folder of the reports (default: reports of the project)")
    return parser


if __name__ == "__main__":
    sys.exit(status_of(main))
