"""Command line of the catalogue: print it as a page, or write the page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from study_utils.catalog.page import page


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    file = _parser().parse_args(arguments).write
    if file is None:
        print(page(), end="")
        return 0
    try:
        file.write_text(page(), encoding="utf-8")
    except OSError as error:
        print(f"error: {file} can't be written: {error.strerror}. Name another file: --write FILE", file=sys.stderr)
        return 1
    print(f"written: {file}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.catalog",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Print what can be named in a parameter file, as markdown tables: targets, intermediate tasks by language\n"
            "and domain, conditions, encoders, benchmarks and languages, with their sizes, licences and citations.\n"
            "All of it comes from the declarations in src/study_utils/catalog/; no data is loaded."
        ),
        epilog=(
            "After a change of a declaration, write the committed page anew in the project's folder; a test fails\n"
            "until it is.\n\n"
            "examples:\n"
            "  python -m study_utils.catalog | less\n"
            "  python -m study_utils.catalog | grep -i swahili\n"
            "  python -m study_utils.catalog --write\n\n"
            "To compare what is declared with the data: python -m study_utils.data check --help"
        ),
    )
    parser.add_argument(
        "--write",
        nargs="?",
        type=Path,
        const=Path("CATALOG.md"),
        metavar="FILE",
        help="write the page to FILE (default: CATALOG.md in this folder) and print nothing else",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
