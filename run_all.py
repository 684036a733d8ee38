"""Run a study: execute its notebooks in order and build its report. See `python run_all.py --help`."""

from __future__ import annotations

import argparse
import logging
import sys

from study_utils.errors import StudyError
from study_utils.execute.driver import plan_text, run_study
from study_utils.execute.progress import clock
from study_utils.params import parse_changes
from study_utils.study import open_study

EPILOG = """\
examples:
  python run_all.py                                   the quick study, from packaged sentences, in a few minutes
  python run_all.py pilot --mirror ../mirror --plan   what the pilot would do and how long it would take
  python run_all.py pilot --set seeds=[0,1,2] --set target.epochs=3
  python run_all.py quick --only 05                   the analysis alone, after a change to it
  python run_all.py quick --set device=cuda --jobs 2  two runs side by side on GPUs

A parameter file (params/*.yaml) holds the choices of a study; --set changes one for this time. Runs are kept in
artifacts/ under an id that hashes what changes their result: nothing is done twice, also not in another study, and
an interrupted study continues where it was. The report is in reports/STUDY/index.html.

exit status: 0 all done, 1 a notebook failed, 2 wrong parameters or missing data, 130 interrupted."""


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, plan, execute, summarise; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__.split(". See")[0] + ".",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "study",
        nargs="?",
        default="quick",
        help="name or path of a parameter file in params/ (default: quick)",
    )
    parser.add_argument("--plan", action="store_true", help="print every run with its status; execute nothing")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a parameter; may be repeated",
    )
    parser.add_argument(
        "--mirror",
        action="append",
        metavar="DIR",
        help="folder with data sets in hub layout (as --set mirror=); may be repeated: the first that has the rows",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NN",
        help="only notebooks starting so; may be repeated",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="runs side by side (default: 1)")
    parser.add_argument("--force", action="store_true", help="make the chosen notebooks and their runs anew")
    parser.add_argument("--verbose", action="store_true", help="log what happens")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.ERROR, format="%(levelname)s %(message)s")
    try:
        changes = parse_changes(options.set)
        if options.mirror is not None:
            changes["mirror"] = options.mirror[0] if len(options.mirror) == 1 else options.mirror
        if options.jobs is not None:
            changes["jobs"] = options.jobs
        study = open_study(options.study, changes, absent_ok=options.plan)
        print(plan_text(study) if options.plan else _summary(study), flush=True)
        if options.plan:
            return 0
        failures = run_study(study, only=options.only, force=options.force)
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted: the same command continues from the last checkpoint", file=sys.stderr)
        return 130
    if failures:
        print("error: " + "\nerror: ".join(failures), file=sys.stderr)
        return 1
    print(f"report: {study.report / 'index.html'}")
    return 0


def _summary(study) -> str:
    table = study.runs()
    left = table.loc[table["status"] != "done"]
    done = len(table) - len(left)
    return f"study {study.name}: {done} of {len(table)} runs done, about {clock(left['seconds'].sum())} of work left"


if __name__ == "__main__":
    sys.exit(main())
