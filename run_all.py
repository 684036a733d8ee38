"""Run a study: execute its notebooks in order and build its report. See `python run_all.py --help`."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import shlex
import signal
import sys
from typing import NoReturn

INSTALL = 'python -m pip install -c constraints.txt -e ".[study]"'
INSTEAD = f"Use the one that 'make study' made, .venv/bin/python, or run {INSTALL}"
LISTS = ("studies", "tasks", "conditions", "encoders", "languages")

EPILOG = """\
examples:
  python run_all.py                                   the quick study, from packaged sentences, in a few minutes
  python run_all.py pilot --mirror ../mirror --plan   what the pilot would do and how long it would take
  python run_all.py pilot --name long --set target.epochs=3   changed, with a report of its own
  python run_all.py pilot --limit 8                   does it work at all? a few rows of everything
  python run_all.py mine --list tasks                 what can be named, with the tasks of params/mine.yaml
  python run_all.py pilot --name long --set target.epochs=3 --set seeds=[0,1,2,3] --replace   with one more seed
  python run_all.py quick --only 05                   the analysis alone, after a change to it
  python run_all.py quick --set device=cuda --jobs 2  two runs side by side on GPUs
  python run_all.py pilot --executor scheduler.json   runs on a cluster; CLUSTER.md has scripts

A parameter file (params/*.yaml) holds the choices of a study; --set changes one for this time. Runs are kept in
artifacts/ under an id that hashes what changes their result: nothing is done twice, also not in another study, and
an interrupted study continues where it was. The report is in reports/STUDY/index.html, or in reports/NAME with --name.
What --set changes has a report of its own too: without --name, reports/STUDY-xxxxxx, named after the changes.

exit status: 0 all done, 1 a run or notebook failed, 2 wrong parameters or missing data, 130 interrupted by Ctrl-C,
143 by SIGTERM."""


def _interrupt(number: int, _frame: object) -> NoReturn:
    """Take leave as after Ctrl-C where a scheduler or `kill` ends the command: workers and kernels are ended too."""
    raise KeyboardInterrupt(number)


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
    parser.add_argument("--name", metavar="NAME", help="folder of the report of a changed study (same as --set name=)")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="smoke run: at most N rows of everything, with a report of its own"
    )
    parser.add_argument("--list", choices=LISTS, help="print what can be named, the study's own too; execute nothing")
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
    parser.add_argument("--jobs", type=int, metavar="N", help="runs side by side on this machine (default: 1)")
    parser.add_argument(
        "--executor", metavar="FILE|tcp://HOST:PORT", help="make runs in the workers of a dask scheduler (CLUSTER.md)"
    )
    parser.add_argument(
        "--keep",
        choices=("all", "scores"),
        help="of finished models: all (default), or their scores alone once nothing needs their weights any more",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="if this report was made with other parameters, make it anew with these; finished runs are used again",
    )
    parser.add_argument(
        "--force", action="store_true", help="make the chosen notebooks and their runs anew, finished ones too"
    )
    parser.add_argument("--verbose", action="store_true", help="log what happens")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.ERROR, format="%(levelname)s %(message)s")
    try:
        return _run(options)
    except ModuleNotFoundError as error:
        print(f"error: not installed in this Python: {error.name}. {INSTEAD}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # as in: run_all.py --list tasks | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt as error:
        print("\ninterrupted: the same command continues from the last checkpoint", file=sys.stderr)
        return 128 + (error.args[0] if error.args else signal.SIGINT)


def _run(options: argparse.Namespace) -> int:
    """Carry out what was asked for; what this needs is imported here, so that `--help` needs nothing."""
    from study_utils.errors import ParameterError, StudyError
    from study_utils.params import parse_changes
    from study_utils.params.listing import list_text

    try:
        changes = parse_changes(options.set)
        given = {field: getattr(options, field) for field in ("name", "limit", "mirror", "jobs", "executor", "keep")}
        texts = {"only": options.only, "mirror": options.mirror or (), "name": [options.name]}
        for option, values in {**texts, "executor": [options.executor]}.items():
            if "" in values:
                raise ParameterError(f"--{option} '': write a value, or leave --{option} out")
        changes |= {field: value for field, value in given.items() if value is not None}
        if options.list:
            print(list_text(options.list, options.study, changes), flush=True)
            return 0
        from study_utils.execute.driver import run_study
        from study_utils.execute.planned import plan_text, summary_text
        from study_utils.study import open_study

        study = open_study(options.study, changes, absent_ok=options.plan)
        asked = {"only": options.only, "force": options.force}
        if options.plan:
            print(plan_text(study, **asked, replace=options.replace), flush=True)
            return 0
        print(summary_text(study, **asked), flush=True)
        failures = run_study(study, **asked, replace=options.replace)
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        print(f"error: this name of a file is too long: {str(error.filename)[:60]}...", file=sys.stderr)
        return 2
    if failures:
        again = shlex.join(["python", *(text for text in sys.argv if text != "--force")])
        print(
            "error: " + "\nerror: ".join(failures) + f"\nwhat is done is kept; this continues: {again}", file=sys.stderr
        )
        return 1
    print(f"report: {study.report / 'index.html'}")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main())
