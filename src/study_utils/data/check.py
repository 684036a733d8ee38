"""Load everything that tasks declare and say what is there: the command `python -m study_utils.data`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from study_utils.catalog import TASKS, Task, task
from study_utils.catalog.schema import row_languages
from study_utils.data.describe import length_table, repeated_rows
from study_utils.data.leakage import overlap_table
from study_utils.data.sources import SOURCES, load_rows
from study_utils.errors import StudyError

ROLES = ("train", "validation", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 if all rows are in order, 1 if not."""
    options = _parser().parse_args(arguments)
    try:
        tasks = [task(key) for key in options.tasks or TASKS]
        frames = {
            (item.key, role): load_role(item, role, mirror=options.mirror, sources=options.sources)
            for item in tasks
            for role in ROLES
            if getattr(item, role) is not None
        }
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(summary(frames).to_string(index=False))
    overlaps = overlap_table(frames)
    print("\nTest rows whose text occurs in training rows:")
    found = overlaps[overlaps["overlapping"] > 0]
    print("none" if found.empty else found.to_string(index=False, float_format=lambda share: f"{share:.4f}"))
    return 0


def load_role(item: Task, role: str, *, mirror: Path | None, sources: Sequence[str]) -> pd.DataFrame:
    """Load one role of a task in every declared language."""
    languages = row_languages(getattr(item, role))
    return load_rows(item, role, languages=languages, mirror=mirror, sources=sources)


def summary(frames: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Sum rows up.

    Returns
    -------
    pandas.DataFrame
        One row a task and role: `task`, `role`, `source`, `languages`, `rows`, `fewest` (rows of the smallest
        language), `dropped` (without gold label), `labels` (different ones; for graded labels, different
        values), `median_characters`, `longest_p90` (largest 90th percentile of a language), `repeated`.
    """
    found = []
    for (key, role), frame in frames.items():
        lengths = length_table({(key, role): frame})
        labels = frame["tags"].explode() if "tags" in frame.columns else frame.get("label", pd.Series(dtype=str))
        found.append(
            {
                "task": key,
                "role": role,
                "source": frame.attrs["source"],
                "languages": len(lengths),
                "rows": len(frame),
                "fewest": lengths["rows"].min(),
                "dropped": frame.attrs["dropped"],
                "labels": labels.nunique(),
                "median_characters": round(lengths["median_characters"].median()),
                "longest_p90": round(lengths["p90_characters"].max()),
                "repeated": repeated_rows(frame),
            }
        )
    return pd.DataFrame(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.data",
        description=(
            "Load and check the rows that tasks declare: every role and language, from a mirror folder, the "
            "hub or installed packages. Prints rows, labels, lengths, repetitions, and how many test rows "
            "occur in training rows. Exit status 1, with the reason, at the first row or file that is wrong."
        ),
        epilog=(
            "A mirror has the hub's layout: MIRROR/nyu-mll/glue/README.md and the files that its configs "
            "block names. Fill it on a machine with internet: "
            "hf download nyu-mll/glue --repo-type dataset --local-dir MIRROR/nyu-mll/glue. Example: "
            "python -m study_utils.data --mirror ~/mirror xnli mnli"
        ),
    )
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"all if none is named: {', '.join(TASKS)}")
    parser.add_argument("--mirror", type=Path, metavar="DIR", help="folder of hub layout (default: none)")
    parser.add_argument(
        "--sources",
        nargs="+",
        choices=SOURCES,
        default=list(SOURCES),
        help="where hub data may come from, in this order (default: mirror hub)",
    )
    return parser
