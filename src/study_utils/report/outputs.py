"""Write figures and tables so that running again gives the same bytes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from study_utils.errors import StoreError
from study_utils.figures.style import rc

DPI = 110
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def save_figure(figure: Figure, folder: Path, name: str, data: pd.DataFrame) -> list[Path]:
    """Write a figure as PNG and SVG with the table behind it as CSV.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From `study_utils.figures`.
    folder : pathlib.Path
        Made if it is not there.
    name : str
        Stem of the files: lower-case letters, digits and underscores.
    data : pandas.DataFrame
        What the figure shows.

    Returns
    -------
    list of pathlib.Path
        The PNG, SVG and CSV. Files hold no dates and no random ids.

    Raises
    ------
    StoreError
        If the name is not a plain stem or the folder cannot be written.
    """
    paths = [_path(folder, name, ending) for ending in ("png", "svg", "csv")]
    try:
        with mpl.rc_context(rc()):
            for path, metadata in (
                (paths[0], {"Software": None}),
                (paths[1], {"Date": None, "Creator": None}),
            ):
                figure.savefig(path, dpi=DPI, metadata=metadata)
    except OSError as error:
        raise StoreError(
            f"figure {name!r} cannot be written to {folder}: {error}. Choose a folder you may write"
        ) from error
    _write_csv(data, paths[2])
    return paths


def save_table(frame: pd.DataFrame, folder: Path, name: str) -> Path:
    """Write a table as CSV (floats with at most 10 digits) and return its path; raise StoreError if that fails."""
    path = _path(folder, name, "csv")
    _write_csv(frame, path)
    return path


def _path(folder: Path, name: str, ending: str) -> Path:
    if not _NAME.fullmatch(name):
        raise StoreError(f"name of a figure or table {name!r}: use lower-case letters, digits and underscores")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"folder {folder} cannot be made: {error}. Choose a folder you may write") from error
    return folder / f"{name}.{ending}"


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    part = path.with_suffix(".csv.part")
    try:
        frame.to_csv(part, index=False, float_format="%.10g", lineterminator="\n")
        os.replace(part, path)
    except OSError as error:
        raise StoreError(f"table {path} cannot be written: {error}. Choose a folder you may write") from error
