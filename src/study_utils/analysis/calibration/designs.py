"""The designs that the calibration report simulates: one property of a study is varied at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from study_utils.analysis.calibration.calibrate import (
    StudyDesign,
    balanced,
    calibrate,
    xtreme_r_families,
)
from study_utils.analysis.inference.settings import Settings

_CODE = ("../inference/bootstrap.py", "calibrate.py", "../inference/families.py", "../inference/holm.py")
"""Modules on which the counts depend."""

EFFECTS = (0.0, 0.01, 0.02, 0.03, 0.05)
"""True gains for which claims are counted."""

BALANCED = StudyDesign(families=balanced(6, 4))
UNBALANCED = StudyDesign(families=xtreme_r_families())
_MOSTLY_SEEDS = {"language_sd": 0.005, "seed_sd": 0.03, "run_sd": 0.005}
_MOSTLY_EXAMPLES = {"language_sd": 0.005, "examples": 100, "parallel": 0.9}

POINTS: tuple[tuple[str, str, str, StudyDesign], ...] = (
    *(("balanced", "languages of a family", f"{n}", replace(BALANCED, families=balanced(6, n))) for n in (2, 3, 6, 10)),
    *(("balanced", "seeds", f"{n}", replace(BALANCED, seeds=n)) for n in (2, 5, 10)),
    *(("balanced", "examples of a cell", f"{n}", replace(BALANCED, examples=n)) for n in (50, 150, 2000)),
    ("balanced", "what varies", "families unlike", replace(BALANCED, uneven=0.6)),
    ("balanced", "what varies", "examples, translated", replace(BALANCED, **_MOSTLY_EXAMPLES)),
    *(
        ("balanced", "what varies", f"{n} seeds, mostly they", replace(BALANCED, seeds=n, **_MOSTLY_SEEDS))
        for n in (2, 3, 5)
    ),
    *(("like XTREME-R", "seeds", f"{n}", replace(UNBALANCED, seeds=n)) for n in (2, 5)),
    ("like XTREME-R", "examples of a cell", "100", replace(UNBALANCED, examples=100)),
    ("like XTREME-R", "what varies", "3 seeds, mostly they", replace(UNBALANCED, **_MOSTLY_SEEDS)),
)
"""Balance, what is varied, its value, and the design; beside them stand `BALANCED` and `UNBALANCED` as they are."""

_AS_THEY_ARE = {
    "languages of a family": lambda design: "4",
    "seeds": lambda design: f"{design.seeds}",
    "examples of a cell": lambda design: f"{design.examples}",
    "what varies": lambda design: "mostly languages",
}


def all_points() -> list[tuple[str, str, str, StudyDesign]]:
    """Every point with the two designs as they are under each property that is varied in them."""
    plain = {"balanced": BALANCED, "like XTREME-R": UNBALANCED}
    axes = dict.fromkeys((balance, varied) for balance, varied, _, _ in POINTS)
    return [*((b, v, _AS_THEY_ARE[v](plain[b]), plain[b]) for b, v in axes), *POINTS]


def simulate_points(
    n_studies: int, *, keep: Path, progress: Callable[[Iterable], Iterable] = iter, settings: Settings | None = None
) -> pd.DataFrame:
    """Calibrate every point; each design is simulated once.

    Parameters
    ----------
    n_studies : int
        Simulated studies of a design.
    keep : pathlib.Path
        Folder in which each design's counts are kept under a hash of the design and the code, so that an interrupted
        calibration continues where it was.
    progress : callable
        Wraps the designs as they are taken, such as ``tqdm``.
    settings : Settings, optional
        As in `study_utils.analysis.calibration.calibrate.calibrate`.

    Returns
    -------
    pandas.DataFrame
        `balance`, `varied`, `value`, the fields of `StudyDesign` (`families` as sizes with blanks between), and the
        columns of `calibrate`.
    """
    points = all_points()
    keep.mkdir(parents=True, exist_ok=True)
    measured = {}
    for design in progress(list(dict.fromkeys(point[3] for point in points))):
        path = keep / f"{_digest(design, n_studies, settings)}.csv"
        if not path.is_file():
            part = path.with_suffix(".part")
            calibrate(design, effects=EFFECTS, n_studies=n_studies, settings=settings).to_csv(part, index=False)
            os.replace(part, path)
        measured[design] = pd.read_csv(path)
    parts = []
    for balance, varied, value, design in points:
        facts = asdict(design) | {"families": " ".join(map(str, design.families))}
        parts.append(measured[design].assign(balance=balance, varied=varied, value=value, **facts))
    table = pd.concat(parts, ignore_index=True)
    first = ["balance", "varied", "value"]
    return table[[*first, *(name for name in table if name not in first)]]


def _digest(design: StudyDesign, n_studies: int, settings: Settings | None) -> str:
    code = [(Path(__file__).parent / name).read_bytes() for name in _CODE]
    return hashlib.sha256(b"".join([repr((design, EFFECTS, n_studies, settings)).encode(), *code])).hexdigest()[:16]


def without_effect(points: pd.DataFrame) -> pd.DataFrame:
    """Rows without a true gain, over families of every size."""
    return points[(points["effect"] == 0) & (points["n_languages"] == 0)]


def failing(points: pd.DataFrame) -> pd.DataFrame:
    """Points whose coverage or false claims are not right beyond Monte Carlo error, by size of family."""
    shown = points[(points["effect"] == 0) & (points["verdict"] != "holds")]
    columns = ["balance", "varied", "value", "n_languages", "coverage", "coverage_error"]
    return shown[[*columns, "false_positives", "false_positives_error", "verdict"]].reset_index(drop=True)


SETTINGS = [name for name in StudyDesign.__dataclass_fields__ if name != "families"]
