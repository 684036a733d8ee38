"""What a command says where packages are missing that only some installations have."""

from __future__ import annotations

import sys
from collections.abc import Callable

INSTALL = 'python -m pip install -c constraints.txt -e ".[study]"'
"""What installs all that a study needs; `run_all.py`, which must start without this package, has it too."""


INSTEAD = f"Use the one that 'make study' made, .venv/bin/python, or run {INSTALL}"


def status_of(command: Callable[[], int | None]) -> int:
    """Run a command; its exit status, or 2 with a message if a package that it needs isn't installed."""
    try:
        return command() or 0
    except ModuleNotFoundError as error:
        print(f"error: not installed in this Python: {error.name}. {INSTEAD}", file=sys.stderr)
        return 2
