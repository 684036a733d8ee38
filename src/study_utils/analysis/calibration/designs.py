"""The designs that the calibration report simulates: one property of a study is varied at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from study_utils.analysis.calibration.calibrate import calibrate
from study_utils.analysis.calibration.studies import StudyDesign

_CODE = (
    *("batch.py", "calibrate.py", "studies.py", "../results/failed_runs.py"),
    *(f"../inference/{name}.py" for name in ("clear", "gain_model", "holm", "interval", "tasks", "unequal")),
    *(f"../models/{name}.py" for name in ("layout", "reml", "search", "solve")),
)
"""Modules on which the counts depend."""

EFFECTS = (0.0, 0.01, 0.02, 0.03, 0.05)
"""True gains for which claims are counted in the designs as they are; in the others, only none."""


def balanced(families: int, languages: int) -> tuple[int, ...]:
    """As many languages in every family."""
    return (languages,) * families


BALANCED = StudyDesign(families=balanced(6, 4))
UNBALANCED = StudyDesign()
_RUNS = {"training_sd": 0.02, "run_sd": 0.005}
_VARIED: tuple[tuple[str, dict], ...] = (
    ("training runs", _RUNS),
    ("training runs, 5 seeds", _RUNS | {"seeds": 5}),
    ("a noisy baseline, 4 conditions", {"conditions": 4, "baseline_sd": 0.03, "training_sd": 0.01}),
    ("tasks oppose each other", {"task_sd": 0.03}),
    ("4 % of the runs collapse", {"collapse": 0.04}),
    ("families unlike", {"uneven": 0.6}),
)
POINTS: tuple[tuple[str, str, str, StudyDesign], ...] = (
    *(("balanced", "languages of a family", f"{n}", replace(BALANCED, families=balanced(6, n))) for n in (2, 3, 8)),
    *(("balanced", "seeds", f"{n}", replace(BALANCED, seeds=n)) for n in (2, 5)),
    *(("balanced", "tasks", f"{n}", replace(BALANCED, tasks=n)) for n in (1, 8)),
    ("balanced", "examples of a cell", "100", replace(BALANCED, examples=100)),
    *(("balanced", "what varies", name, replace(BALANCED, **changes)) for name, changes in _VARIED),
    ("balanced", "what varies", "languages within tasks", replace(BALANCED, cell_sd=0.015)),
    (
        *("balanced", "what varies", "a noisy baseline, 4 conditions, 1 task"),
        replace(BALANCED, tasks=1, conditions=4, baseline_sd=0.03, training_sd=0.01),
    ),
    (
        *("balanced", "what varies", "seeds, mostly they, 8 conditions, 1 task"),
        replace(BALANCED, tasks=1, conditions=8, language_sd=0.005, seed_sd=0.03, run_sd=0.005),
    ),
    (
        *("balanced", "what varies", "a noisy baseline, 4 conditions, 2 tasks"),
        replace(BALANCED, tasks=2, conditions=4, baseline_sd=0.03, training_sd=0.01),
    ),
    (
        *("balanced", "what varies", "examples, translated"),
        replace(BALANCED, language_sd=0.005, examples=100, parallel=0.9),
    ),
    (
        *("balanced", "what varies", "seeds, mostly they"),
        replace(BALANCED, language_sd=0.005, seed_sd=0.03, run_sd=0.005),
    ),
    ("like XTREME-R", "seeds", "5", replace(UNBALANCED, seeds=5)),
    *(("like XTREME-R", "what varies", name, replace(UNBALANCED, **changes)) for name, changes in _VARIED),
)
"""Balance, what is varied, its value, and the design; beside them stand `BALANCED` and `UNBALANCED` as they are."""

_AS_THEY_ARE = {
    "languages of a family": lambda design: "4",
    "seeds": lambda design: f"{design.seeds}",
    "tasks": lambda design: f"{design.tasks}",
    "examples of a cell": lambda design: f"{design.examples}",
    "what varies": lambda design: "mostly languages",
}


def all_points() -> list[tuple[str, str, str, StudyDesign]]:
    """Every point with the two designs as they are under each property that is varied in them."""
    plain = {"balanced": BALANCED, "like XTREME-R": UNBALANCED}
    axes = dict.fromkeys((balance, varied) for balance, varied, _, _ in POINTS)
    return [*((b, v, _AS_THEY_ARE[v](plain[b]), plain[b]) for b, v in axes), *POINTS]


def simulate_points(n_studies: int, *, keep: Path, progress: Callable[[Iterable], Iterable] = iter) -> pd.DataFrame:
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
        effects = EFFECTS if design in (BALANCED, UNBALANCED) else EFFECTS[:1]
        path = keep / f"{_digest(design, n_studies)}.csv"
        if not path.is_file():
            part = path.with_suffix(".part")
            calibrate(design, effects=effects, n_studies=n_studies).to_csv(part, index=False)
            os.replace(part, path)
        measured[design] = pd.read_csv(path)
    parts = []
    for balance, varied, value, design in points:
        facts = asdict(design) | {"families": " ".join(map(str, design.families))}
        parts.append(measured[design].assign(balance=balance, varied=varied, value=value, **facts))
    table = pd.concat(parts, ignore_index=True)
    first = ["balance", "varied", "value"]
    return table[[*first, *(name for name in table if name not in first)]]


def _digest(design: StudyDesign, n_studies: int) -> str:
    code = [(Path(__file__).parent / name).read_bytes() for name in _CODE]
    return hashlib.sha256(b"".join([repr((design, EFFECTS, n_studies)).encode(), *code])).hexdigest()[:16]


def without_effect(points: pd.DataFrame) -> pd.DataFrame:
    """Rows without a true gain."""
    return points[points["effect"] == 0]


def failing(points: pd.DataFrame) -> pd.DataFrame:
    """Points whose coverage or false claims are not right beyond Monte Carlo error, by headline."""
    shown = points[(points["effect"] == 0) & (points["verdict"] != "holds")]
    columns = ["balance", "varied", "value", "headline", "coverage", "coverage_error"]
    return shown[[*columns, "false_claims", "false_claims_error", "verdict"]].reset_index(drop=True)


SETTINGS = [name for name in StudyDesign.__dataclass_fields__ if name != "families"]
