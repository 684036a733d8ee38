"""Write figures and tables so that running again gives the same bytes."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study_utils.errors import StoreError
from study_utils.figures.style import rc

DPI = 110
COLOURS = 128
"""Colours of a picture: with half of them neighbouring shades of a heat map become one."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def save_figure(figure: Figure, folder: Path, name: str, data: pd.DataFrame) -> list[Path]:
    """Write a figure as PNG, with the table behind it as CSV, from which it can be drawn again in any format.

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
        The PNG and the CSV. Files hold no dates and no random ids.

    Raises
    ------
    StoreError
        If the name is not a plain stem or the folder cannot be written.
    """
    picture, table = (_path(folder, name, ending) for ending in ("png", "csv"))
    try:
        picture.write_bytes(picture_bytes(figure))
    except OSError as error:
        raise StoreError(
            f"figure {name!r} cannot be written to {folder}: {error}. Choose a folder you may write"
        ) from error
    _write_csv(data, table)
    return [picture, table]


def picture_bytes(figure: Figure) -> bytes:
    """Draw a figure as a PNG of few colours, a third of the size of one with all colours."""
    drawn = io.BytesIO()
    with mpl.rc_context(rc()):
        figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    return with_few_colours(drawn.getvalue())


def with_few_colours(picture: bytes) -> bytes:
    """Compress a PNG: at most `COLOURS` colours, none far off, without dots; the smaller of both is kept."""
    with Image.open(io.BytesIO(picture)) as full:
        few = full.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, format="png", optimize=True)
    return min(picture, written.getvalue(), key=len)


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
