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
_LARGEST_DRAWING = 60_000
"""Bytes of the largest SVG that is kept: beyond it the picture alone is, which is smaller and shows the same."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def save_figure(figure: Figure, folder: Path, name: str, data: pd.DataFrame) -> list[Path]:
    """Write a figure as PNG, and as SVG where that is small, with the table behind it as CSV.

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
        The PNG, the SVG if there is one, and the CSV. Files hold no dates and no random ids.

    Raises
    ------
    StoreError
        If the name is not a plain stem or the folder cannot be written.
    """
    picture, drawing, table = (_path(folder, name, ending) for ending in ("png", "svg", "csv"))
    try:
        picture.write_bytes(picture_bytes(figure))
        with mpl.rc_context(rc()):
            figure.savefig(drawing, metadata={"Date": None, "Creator": None})
        if drawing.stat().st_size > _LARGEST_DRAWING:
            drawing.unlink()
    except OSError as error:
        raise StoreError(
            f"figure {name!r} cannot be written to {folder}: {error}. Choose a folder you may write"
        ) from error
    _write_csv(data, table)
    return [path for path in (picture, drawing, table) if path.is_file()]


def picture_bytes(figure: Figure) -> bytes:
    """Draw a figure as a PNG of at most 256 colours, a third of the size of one with all colours."""
    drawn = io.BytesIO()
    with mpl.rc_context(rc()):
        figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    return with_few_colours(drawn.getvalue())


def with_few_colours(picture: bytes) -> bytes:
    """Compress a PNG: at most 256 colours, none far off, without dots; the smaller of both is kept."""
    with Image.open(io.BytesIO(picture)) as full:
        few = full.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
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
