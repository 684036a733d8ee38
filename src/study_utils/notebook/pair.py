"""Write `notebooks/*.ipynb` anew from their scripts, and lose nothing: ``python -m study_utils.notebook.pair``.

A cell is only in a notebook if neither its script, nor the last commit of the notebook, nor the last pairing has it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from study_utils.errors import NotebookError, StudyError
from study_utils.installed import status_of
from study_utils.paths import project_root
from study_utils.plan import canonical_sha256
from study_utils.store import write_atomically

PAIRED = "paired.json"
"""What the last pairing wrote, in `artifacts/`: notebook to hashes of its cells."""


def pair(script: Path, known: set[str]) -> set[str]:
    """Write a notebook anew from its script, without outputs.

    Parameters
    ----------
    script : pathlib.Path
        Script; the notebook is the same name with the ending ``.ipynb``.
    known : set of str
        Hashes of cells that may go: those that an earlier pairing wrote.

    Returns
    -------
    set of str
        Hashes of the cells that the notebook now has.

    Raises
    ------
    NotebookError
        If the notebook has cells that nothing else has; they are named, and nothing is written.
    """
    import jupytext
    import nbformat
    from jupytext.cli import jupytext as command

    notebook = script.with_suffix(".ipynb")
    cells = {_hash(cell) for cell in jupytext.read(script).cells}
    if notebook.is_file():
        content = notebook.read_text(encoding="utf-8")
        committed = {_hash(cell) for cell in nbformat.reads(_committed(notebook), as_version=4).cells}
        own = nbformat.reads(content, as_version=4).cells
        only = [(n, c) for n, c in enumerate(own, start=1) if c.source and _hash(c) not in cells | committed | known]
        if only:
            told = "\n".join(f"  cell {number} ({cell.cell_type}): {_first_line(cell.source)}" for number, cell in only)
            raise NotebookError(
                f"{notebook.name} has cells that {script.name} lacks, and would lose them:\n{told}\n"
                f"Copy them into {script.name}, or delete them from the notebook, then pair again"
            )
    command(["--quiet", "--update", "--to", "ipynb", str(script)])
    return cells


def main() -> int:
    """Pair all notebooks; return the exit status."""
    root = project_root()
    path = root / "artifacts" / PAIRED
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    faults = []
    for script in sorted((root / "notebooks").glob("*.py")):
        try:
            known[script.stem] = sorted(pair(script, set(known.get(script.stem, ()))))
        except StudyError as error:
            faults.append(f"error: {error}")
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, json.dumps(known, indent=1))
    print(
        "\n".join(faults) or "paired: notebooks/*.ipynb are as their scripts", file=sys.stderr if faults else sys.stdout
    )
    return 2 if faults else 0


def _hash(cell: object) -> str:
    return canonical_sha256([cell.cell_type, cell.source])[:16]


def _committed(notebook: Path) -> str:
    """Text of a notebook in the last commit; one without cells if there is no commit, or no git."""
    command = ["git", "-C", str(notebook.parent), "show", f"HEAD:./{notebook.name}"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError):
        return json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _first_line(source: str) -> str:
    return source.strip().splitlines()[0][:80]


if __name__ == "__main__":
    sys.exit(status_of(main))
