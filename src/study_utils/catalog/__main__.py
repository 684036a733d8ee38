"""Command line of the catalogue: print it and the protocol as pages, or write the pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from study_utils.catalog.page import page
from study_utils.catalog.protocol_page import protocol_page

PAGES: Mapping[str, Callable[[], str]] = {"CATALOG.md": page, "PROTOCOL.md": protocol_page}
"""File to what writes it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    folder = _parser().parse_args(arguments).write
    if folder is None:
        print("\n".join(write() for write in PAGES.values()), end="")
        return 0
    for name, write in PAGES.items():
        try:
            (folder / name).write_text(write(), encoding="utf-8")
        except OSError as error:
            print(
                f"error: {folder / name} can't be written: {error.strerror}. Name another folder: --write FOLDER",
                file=sys.stderr,
            )
            return 1
        print(f"written: {folder / name}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.catalog",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Print what can be named in a parameter file, as markdown tables: targets, intermediate tasks by language\n"
            "and domain, conditions, encoders, benchmarks and languages, with their sizes, licences and citations.\n"
            "Then the protocol: how the benchmarks measure, and where this project measures otherwise.\n"
            "All of it comes from the declarations in src/study_utils/catalog/; no data is loaded."
        ),
        epilog=(
            "After a change of a declaration, write the committed pages anew in the project's folder; a test fails\n"
            "until they are.\n\n"
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
        const=Path(),
        metavar="FOLDER",
        help="write CATALOG.md and PROTOCOL.md into FOLDER (default: this folder) and print nothing else",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
