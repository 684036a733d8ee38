"""Compare what tasks declare with what is there: the command `python -m study_utils.data check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from study_utils.catalog import TASKS, StarterRows, Task, task
from study_utils.catalog.schema import ROLES, row_languages
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.describe import length_table, repeated_rows
from study_utils.data.leakage import overlap
from study_utils.data.mirror import Mirrors
from study_utils.data.sources import SOURCES, load_rows, unmet_rules
from study_utils.data.templates import kinds, template
from study_utils.errors import DataError, MissingRowsError, ParameterError, StudyError, unknown

SMALLER = ("short", "missing")
"""States that a smaller copy may be in."""

FINE = ("ok", "unstated")

COLUMNS = (
    *("task", "role", "language", "source", "state", "declared", "found", "rows", "dropped", "moved", "labels"),
    *("median_characters", "p90_characters", "repeated", "overlap"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 if all is as declared, 1 if not."""
    options = _parser().parse_args(arguments)
    return options.command(options)


def _new(options: argparse.Namespace) -> int:
    try:
        print(kinds() if options.kind is None or options.list else template(options.kind), end="")
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _check(options: argparse.Namespace) -> int:
    try:
        if missing := [folder for folder in options.mirror if not folder.is_dir()]:
            raise DataError(f"--mirror: there is no folder {missing[0]}")
        own = [key for path in options.tasks_from for key in enter_tasks(path)]
        tasks = [task(key) for key in options.tasks or own or TASKS]
        for key in options.allow_overlap:
            if key not in (keys := [item.key for item in tasks]):
                raise ParameterError(unknown("task", key, keys, where="--allow-overlap, of those that are checked"))
        table, faults = check(tasks, mirror=options.mirror, sources=options.sources)
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    shown = table if options.full else fold(table)
    print(shown.astype(object).where(shown.notna(), "").to_string(index=False))
    for fault in faults:
        print(f"\n{fault}", file=sys.stderr)
    counts = table["state"].value_counts()
    print("\n" + ", ".join(f"{count} {state}" for state, count in counts.items()))
    allowed = (*FINE, *(SMALLER if options.allow_subset else ()))
    bad = table[~table["state"].isin(allowed)]
    leaking = table[(table["overlap"].fillna(0) > 0) & ~table["task"].isin(options.allow_overlap)]
    if len(leaking):
        found = ", ".join(
            f"{row.overlap} of {row.rows} {row.role} rows of {row.task}" for row in fold(leaking).itertuples()
        )
        print(
            f"error: {found} occur in its training rows: take them out of one, or allow it: --allow-overlap "
            + " ".join(dict.fromkeys(leaking["task"])),
            file=sys.stderr,
        )
    if bad.empty:
        return int(len(leaking) > 0)
    print(f"error: {len(bad)} of {len(table)} are not as declared; {_advice(bad)}", file=sys.stderr)
    return 1


def check(
    tasks: Sequence[Task], *, mirror: Mirrors, sources: Sequence[str] = SOURCES
) -> tuple[pd.DataFrame, list[str]]:
    """Load every role of tasks in every declared language, one by one, with a progress bar on stderr.

    Returns
    -------
    table : pandas.DataFrame
        One row a task, role and language, with the columns `COLUMNS`. `state` is "ok", "unstated" (no number is
        declared), "short" (fewer rows than declared), "more", "missing" (in no source) or "wrong" (not usable, or no
        row of the task has what it leaves out); `declared` and `found` count rows of the published split and of this
        one; `rows` those that are used, `dropped` those without a gold label; `moved` those whose answer stands
        elsewhere than its start says; `labels` different labels or values; lengths in characters; `repeated` rows whose
        text occurred before in the language; `overlap` rows that test or select whose text occurs in the task's
        training rows, in the source or in the language.
    faults : list of str
        What is missing or wrong: one message a task and role, with how many languages it holds for; and which configs
        languages lack that are declared with several.
    """
    work = [
        (item, role, language)
        for item in tasks
        for role in ROLES
        if getattr(item, role) is not None
        for language in row_languages(getattr(item, role))
    ]
    found, faults, lacking, training, met = [], {}, {}, {}, {}
    for item, role, language in tqdm(work, desc="check", unit="split", file=sys.stderr, disable=len(work) < 2 or None):
        declared = {"task": item.key, "role": role, "language": language}
        expected = getattr(getattr(item, role), "expected", {}).get(language)
        try:
            frame = load_rows(item, role, languages=(language,), mirror=mirror, sources=sources, partial=True)
        except StudyError as error:
            state = "missing" if isinstance(error, MissingRowsError) else "wrong"
            found.append(declared | {"state": state, "declared": expected})
            faults.setdefault((item.key, role, state), []).append(str(error))
            continue
        met.setdefault(item.key, set()).update(frame.attrs["met"])
        if role.startswith("train"):
            training[item.key, "" if role == "train" else language] = frame
        trained = [training[key] for key in ((item.key, ""), (item.key, language)) if key in training]
        facts = describe(frame, pd.concat(trained) if not role.startswith("train") and trained else None)
        count = frame.attrs["found"][language]
        if absent := frame.attrs["absent"].get(language):
            lacking.setdefault((item.key, role), []).append(f"{language} without {' '.join(absent)}")
        if isinstance(getattr(item, role), StarterRows) or expected is None:
            state = "unstated"
        else:
            state = "ok" if count == expected else "short" if count < expected else "more"
        found.append(declared | facts | {"state": state, "declared": expected, "found": count})
    for item in tasks:
        mine = [row for row in found if row["task"] == item.key]
        if all(row["state"] in FINE for row in mine) and (said := unmet_rules(item, met.get(item.key, ()))):
            faults[item.key, "", "wrong"] = [said]
            for row in mine:
                row["state"] = "wrong"
    messages = [
        messages[0] + (f" (so in {len(messages)} languages)" if len(messages) > 1 else "")
        for messages in faults.values()
    ]
    messages += [
        f"{role} rows of task {key!r}: only some of the declared configs are there in {len(told)} languages "
        f"(partial_sets: true lets a study use them): {'; '.join(told)}"
        for (key, role), told in lacking.items()
    ]
    return pd.DataFrame(found, columns=list(COLUMNS)).convert_dtypes(), messages


def describe(frame: pd.DataFrame, training: pd.DataFrame | None) -> dict[str, object]:
    """Facts of the rows of one language."""
    lengths = length_table({("", ""): frame}).iloc[0]
    labels = frame["tags"].explode() if "tags" in frame.columns else frame.get("label", pd.Series(dtype=str))
    return {
        "source": frame.attrs["source"],
        "rows": len(frame),
        "dropped": frame.attrs["dropped"],
        "moved": frame.attrs["moved"],
        "labels": labels.nunique(),
        "median_characters": round(lengths["median_characters"]),
        "p90_characters": round(lengths["p90_characters"]),
        "repeated": repeated_rows(frame),
        "overlap": None if training is None else int(overlap(training, frame)["overlapping"].sum()),
    }


def fold(table: pd.DataFrame) -> pd.DataFrame:
    """Put the languages of a task and role that are in one state into one row.

    Returns
    -------
    pandas.DataFrame
        Columns as in `check`; `language` names the first ones, counts are summed (`declared` only if all are),
        `labels` is the largest, `median_characters` the median, `p90_characters` the largest.
    """
    grouped = table.groupby(["task", "role", "state"], sort=False, dropna=False)
    folded = grouped.agg(
        language=("language", _short),
        source=("source", "first"),
        declared=("declared", lambda values: values.sum(skipna=False)),
        **{name: (name, _sum) for name in ("found", "rows", "dropped", "moved", "repeated", "overlap")},
        labels=("labels", "max"),
        median_characters=("median_characters", "median"),
        p90_characters=("p90_characters", "max"),
    )
    return folded.reset_index()[list(COLUMNS)]


def _sum(values: pd.Series) -> object:
    return values.sum(min_count=1)


def _short(languages: pd.Series) -> str:
    """Up to six languages; of more, the first six and how many there are."""
    return " ".join(languages.iloc[:6]) + (f" ... ({len(languages)})" if len(languages) > 6 else "")


def _advice(bad: pd.DataFrame) -> str:
    if set(bad["state"]) <= set(SMALLER):
        return "fetch the whole data sets, or accept a smaller copy with --allow-subset"
    return "correct the data or the declarations"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.data",
        description="Work with the rows that tasks declare.",
        epilog="Begin with: python -m study_utils.data check --help, or python -m study_utils.data new",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    check_parser = commands.add_parser(
        "check",
        help="compare the rows that are declared with those that are there",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Load the rows that tasks declare, every role and language, from a mirror folder, the hub, a folder of\n"
            "your own or installed packages, and compare them with the declaration: number of rows of the published\n"
            "split, columns, labels, unique ids, empty texts. Also counts lengths, repeated rows, and test rows whose\n"
            "text occurs in the training rows.\n\n"
            "states: ok, unstated (no number is declared), short (fewer rows than declared), more, missing (in no\n"
            "source), wrong (can't be used, or leaves out what isn't there). Exit status 0 if all are ok or unstated\n"
            "(with --allow-subset also short or missing) and no row that tests or selects is a training row, else 1,\n"
            "with the reasons."
        ),
        epilog=(
            "A mirror has the hub's layout: MIRROR/nyu-mll/glue/README.md and the files that its configs block\n"
            "names. Fill it on a machine with internet:\n"
            "  hf download nyu-mll/glue --repo-type dataset --local-dir MIRROR/nyu-mll/glue\n\n"
            "examples:\n"
            "  python -m study_utils.data check --mirror ~/mirror xnli mnli\n"
            "  python -m study_utils.data check --mirror ~/mirror --allow-subset\n"
            "  python -m study_utils.data check --tasks-from my_tasks/tasks.yaml\n\n"
            f"tasks: {' '.join(TASKS)}"
        ),
    )
    check_parser.set_defaults(command=_check)
    new_parser = commands.add_parser(
        "new",
        help="print a file of tasks of your own to fill in",
        description="Print a commented file of tasks of your own, with every field: save it and fill it in.",
        epilog="example: python -m study_utils.data new tag > my_task/tasks.yaml",
    )
    new_parser.add_argument("kind", nargs="?", help="kind of task (none: list them)")
    new_parser.add_argument("--list", action="store_true", help="list the kinds of tasks")
    new_parser.set_defaults(command=_new)
    check_parser.add_argument("tasks", nargs="*", metavar="task", help="keys of tasks (default: all, listed below)")
    check_parser.add_argument(
        "--mirror",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder of hub layout (default: none); may be repeated, the first that has the rows is read",
    )
    check_parser.add_argument(
        "--sources",
        nargs="+",
        choices=SOURCES,
        default=list(SOURCES),
        help="where hub data may come from, in this order (default: mirror hub)",
    )
    check_parser.add_argument("--allow-subset", action="store_true", help="a smaller copy passes; the table says where")
    check_parser.add_argument(
        "--allow-overlap",
        nargs="+",
        default=[],
        metavar="task",
        help="tasks whose test or selection rows may occur in their training rows",
    )
    check_parser.add_argument(
        "--tasks-from",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="files of your own tasks (without a task named: check these)",
    )
    check_parser.add_argument("--full", action="store_true", help="one line a language, not one a state")
    return parser
