"""Where things are: the project folder and what lies in it."""

from __future__ import annotations

from pathlib import Path

from study_utils.errors import ParameterError, unknown


def project_root(start: Path | None = None) -> Path:
    """Find the project folder: the nearest parent of `start` that holds `params/` and `notebooks/`.

    Parameters
    ----------
    start : pathlib.Path, optional
        Where to begin; the current folder when left out. The folder that this package is installed from
        (an editable install) is tried last.

    Raises
    ------
    ParameterError
        If there is no such folder.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, *Path(__file__).resolve().parents):
        if (folder / "params").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise ParameterError(f"no project folder (with params/ and notebooks/) at or above {start}: change into it")


def study_file(name: str) -> Path:
    """Find a parameter file by the name of its study (``"quick"``) or by its path.

    Raises
    ------
    ParameterError
        If there is none, with the studies that there are.
    """
    folder = project_root() / "params"
    for path in (folder / f"{name}.yaml", Path(name), project_root() / name):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            return path.resolve()
    found = [path.stem for path in folder.glob("*.yaml")]
    raise ParameterError(unknown("study", name, found, where=str(folder)))
