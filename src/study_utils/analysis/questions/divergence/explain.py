"""Do gains follow divergence, and how much does it say beyond format? Slopes of mixed models, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.divergence.left_out import UNITS, foretell
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.slopes import (
    FAMILY,
    FORMAT,
    LEVELS,
    NUMBERS,
    TYPOLOGY,
    between_tasks,
    fit_slopes,
    inflation,
    without_slope,
)
from study_utils.analysis.results.gains import gains
from study_utils.analysis.results.tables import is_source, join_languages
from study_utils.catalog import condition, covariate_table, source_language

MIN_TASKS, MIN_LANGUAGES, MIN_WITHIN = 6, 8, 4
"""Fewest intermediate tasks (or families left out), languages, and languages more than families, from which slopes are
claimed: from there on, simulated studies without effect give false claims in at most 6 of 100
(`tests/analysis/questions/divergence/test_explain.py`)."""
MAX_INFLATION = 10.0
"""Variance inflation from which a slope can't be told from those of other columns (a common rule of thumb)."""
CLEAR = 0.05
MIN_FREEDOM = 3
"""Fewest degrees of freedom of the slope of a single target: with fewer, its interval holds almost anything."""
_FREE = 4
"""Intermediate tasks more than measures in one model: format, the mean, and two to tell chance by."""

_KEYS = ("encoder",)
_COUNTS = ("n_conditions", "n_targets", "n_languages", "n_families", "n_cells")
SLOPE_COLUMNS = (*_KEYS, "measure", "part", *NUMBERS, "inflation", "level", "p_holm", "clear", *_COUNTS, "withheld")
TARGET_COLUMNS = (*_KEYS, "measure", "part", "task", *NUMBERS, "level", *_COUNTS, "withheld")
LEFT_OUT_COLUMNS = (*_KEYS, "part", "measure", "share", "low", "high", "level", "better", "n_left_out", "withheld")
PARTS = tuple(LEVELS)


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What the models say; every table begins with `encoder`; gains are fractions.

    Attributes
    ----------
    cells : pandas.DataFrame
        What is modelled: one row a (encoder, condition, task, language) with the mean `gain` over seeds, `typology`,
        `format_distance` and the measures.
    slopes : pandas.DataFrame
        One row a `measure` and `part`: change of the gain with one standard deviation more divergence, `task`: between
        intermediate tasks for the same target and language; `language`: between languages of a family, for the same
        target. With
        `estimate`, `low`, `high`, `standard_error`, `freedom` (see `explain_gains`), `p`, `p_holm` (corrected over the
        table), `clear` (below 0.05), `inflation` (variance inflation by format, for the part `task`), and `withheld`:
        why there are no numbers.
    together : pandas.DataFrame
        The same for all measures in one model, without those whose inflation is too large; `inflation` by all others.
    controls : pandas.DataFrame
        Slopes of `format_distance` and `typology` in the model without divergence: columns as `slopes`.
    by_target : pandas.DataFrame
        One row a `measure`, `part` and target (`task`): the slope of that target's cells alone. A description: without
        correction, so nothing in it is called clear.
    left_out : pandas.DataFrame
        One row a `part` and `measure`, and ``"all"``: how well gains of an intermediate task (`language`: of a family)
        are foretold from the others, see `study_utils.analysis.questions.divergence.left_out.foretell`.
    """

    cells: pd.DataFrame
    slopes: pd.DataFrame
    by_target: pd.DataFrame
    together: pd.DataFrame
    controls: pd.DataFrame
    left_out: pd.DataFrame


def explain_gains(scores: pd.DataFrame, divergence: pd.DataFrame, *, settings: Settings = Settings()) -> Explained:  # noqa: B008 - frozen
    """Regress zero-shot gains on divergence, with format and typological distance as controls.

    Two models of mean gains over seeds. Between intermediate tasks, over means of a target's languages: gain = target +
    format + divergence + task + residual, with a random intermediate task; languages, typology included, are the same
    for all tasks there. Between languages, over means of the tasks: gain = target + family + typology + divergence +
    language + residual, with a random language (`study_utils.analysis.questions.divergence.slopes.fit_slopes`). A slope
    between tasks rests on the number of tasks, however many languages there are.
    Only conditions of one intermediate task count (a mixture is no further task), without same-data pairs.

    Source of the idea to foretell transfer from distances: Lin et al. 2019 (arXiv 1905.12688); typology against lexical
    overlap: Muller et al. (arXiv 2212.01757).

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table.
    divergence : pandas.DataFrame
        From `divergence_table`.
    settings : Settings
        Its `level`.

    Raises
    ------
    AnalysisError
        If the results table is not valid.
    """
    return explain_cells(modelled_cells(scores, divergence), settings=settings)


def explain_cells(cells: pd.DataFrame, *, settings: Settings = Settings()) -> Explained:  # noqa: B008 - frozen
    """As `explain_gains`, from what `modelled_cells` gives."""
    found: dict[str, list[dict]] = {name: [] for name in _TABLES}
    for encoder, part in cells.groupby("encoder", sort=True):
        part = part.reset_index(drop=True)
        for name, rows in _explain(part, settings).items():
            found[name] += [{"encoder": encoder} | row for row in rows]
    frames = {name: pd.DataFrame(found[name], columns=list(columns)) for name, columns in _TABLES.items()}
    for frame in (frames[name] for name, columns in _TABLES.items() if columns == SLOPE_COLUMNS):
        frame["p_holm"] = np.nan
        tested = frame["p"].notna()
        if tested.any():
            frame.loc[tested, "p_holm"] = holm(frame.loc[tested, "p"])
        frame["clear"] = frame["p_holm"] < CLEAR
    return Explained(cells=cells, **frames)


_TABLES = {"slopes": SLOPE_COLUMNS, "together": SLOPE_COLUMNS, "controls": SLOPE_COLUMNS} | {
    "by_target": TARGET_COLUMNS,
    "left_out": LEFT_OUT_COLUMNS,
}


def modelled_cells(scores: pd.DataFrame, divergence: pd.DataFrame) -> pd.DataFrame:
    """Zero-shot gains of single intermediate tasks, means over seeds, beside divergence; without same-data pairs.

    `typology` is the distance to English, and missing for a target that is trained in another language.
    """
    table = gains(scores)
    kept = table["zero_shot"].astype(bool) & ~table["same_data"].astype(bool) & ~is_source(table)
    kept &= (table["variant"] == "clean") & table["condition"].map(_is_single)
    key = ["encoder", "condition", "task", "language"]
    means = table[kept].groupby(key, sort=False).agg(gain=("gain", "mean"), seeds=("seed", "nunique")).reset_index()
    columns = [*key, FORMAT, "same_format", *MEASURES]
    joined = means.merge(divergence[columns], on=key, how="inner", validate="one_to_one")
    distance = 10 * joined["language"].map(covariate_table()["uriel_syntactic"])
    joined[TYPOLOGY] = distance.where(joined["task"].map(source_language) == "en")
    joined[FAMILY] = join_languages(joined[["language"]])["group"].to_numpy()
    return joined


def _is_single(key: str) -> bool:
    item = condition(key)
    return item.regime == "english" and len(item.stages) == 1 and len(item.tasks) == 1


def _explain(cells: pd.DataFrame, settings: Settings) -> dict[str, list[dict]]:
    counts, level = _counts(cells), settings.level
    few = _too_few(cells)
    between = {name: between_tasks(cells, name) for name in (FORMAT, *MEASURES)}
    common = counts | {"level": level}
    slopes, controls, by_target, reasons = [], [], [], {}
    for part in PARTS:
        for measure in MEASURES:
            why = reasons[measure, part] = few[part] or _why_not(cells, between, measure, part)
            numbers = None if why else fit_slopes(cells, part, [measure], level=level).get(measure)
            inflated = inflation(between, measure, [FORMAT]) if part == "task" else float("nan")
            key = {"measure": measure, "part": part}
            slopes.append(_told(key | {"inflation": inflated} | common, numbers, why))
            by_target += [key | row for row in _by_target(cells, part, measure, why, level)]
        control = LEVELS[part][0]
        why = few[part] or without_slope(cells, part, control)
        numbers = None if why else fit_slopes(cells, part, [], level=level).get(control)
        controls.append(_told({"measure": control, "part": part} | common, numbers, why))
    return {
        "slopes": slopes,
        "controls": controls,
        "by_target": by_target,
        "together": _together(cells, between, reasons, common, level),
        "left_out": [row for part in PARTS for row in _left_out(cells, part, reasons, level)],
    }


def _counts(cells: pd.DataFrame) -> dict[str, int]:
    columns = ("condition", "task", "language", FAMILY)
    return dict(zip(_COUNTS, [*(cells[name].nunique() for name in columns), len(cells)]))


def _told(row: dict, numbers: dict | None, withheld: str) -> dict:
    """Add the numbers of a slope to its row, or why there are none."""
    if withheld or numbers is None:
        return row | {"withheld": withheld or "no model of these gains can be fitted"}
    return row | numbers | {"withheld": ""}


def _too_few(cells: pd.DataFrame) -> dict[str, str]:
    tasks = cells["condition"].nunique()
    known = cells.dropna(subset=[TYPOLOGY])
    languages, families = known["language"].nunique(), known[FAMILY].nunique()
    told = {"task": f"{tasks} intermediate tasks, at least {MIN_TASKS} are needed" if tasks < MIN_TASKS else ""}
    told["language"] = ""
    what = "languages" if (cells["task"].map(source_language) == "en").all() else "languages of English-trained targets"
    if languages < MIN_LANGUAGES:
        told["language"] = f"{languages} {what}, at least {MIN_LANGUAGES} are needed"
    elif languages - families < MIN_WITHIN:
        told["language"] = (
            f"{languages} {what} of {families} families, at least {MIN_WITHIN} more languages than families are needed"
        )
    return told


def _why_not(cells: pd.DataFrame, between: dict[str, np.ndarray], measure: str, part: str) -> str:
    why = without_slope(cells, part, measure)
    if not why and part == "task" and inflation(between, measure, [FORMAT]) >= MAX_INFLATION:
        return "it can't be told from the format"
    return why


def _by_target(cells: pd.DataFrame, part: str, measure: str, withheld: str, level: float) -> list[dict]:
    rows = []
    for target, own in cells.groupby("task", sort=True):
        why = withheld or without_slope(own, part, measure)
        numbers = None if why else fit_slopes(own, part, [measure], level=level).get(measure)
        if not why and (numbers is None or numbers["freedom"] < MIN_FREEDOM):
            why = f"fewer than {MIN_FREEDOM} degrees of freedom on this target"
        rows.append(_told({"task": target, "level": level} | _counts(own), numbers, why))
    return rows


def _together(cells: pd.DataFrame, between: dict, reasons: dict, common: dict, level: float) -> list[dict]:
    """Slopes between tasks of the measures that can be told apart, dropping the most inflated one at a time."""
    able = [m for m in MEASURES if not reasons[m, "task"]]
    room = common["n_conditions"] - _FREE
    usable, told = able[:room], dict.fromkeys(able[room:], "too few intermediate tasks for so many measures at once")
    while len(usable) > 1:
        inflated = {m: inflation(between, m, [FORMAT, *(o for o in usable if o != m)]) for m in usable}
        worst = max(inflated, key=inflated.get)
        if inflated[worst] < MAX_INFLATION:
            break
        usable.remove(worst)
        told[worst] = "the other measures say the same"
    numbers = fit_slopes(cells, "task", usable, level=level) if usable else {}
    rows = []
    for measure in MEASURES:
        inflated = inflation(between, measure, [FORMAT, *(o for o in usable if o != measure)])
        row = {"measure": measure, "part": "task", "inflation": inflated} | common
        rows.append(_told(row, numbers.get(measure), reasons[measure, "task"] or told.get(measure, "")))
    return rows


def _left_out(cells: pd.DataFrame, part: str, reasons: dict, level: float) -> list[dict]:
    usable = [m for m in MEASURES if not reasons[m, part]]
    units = cells.dropna(subset=[UNITS[part][2]])[UNITS[part][0]].nunique()
    few = f"{units} families, at least {MIN_TASKS} are needed" if units < MIN_TASKS and part == "language" else ""
    rows = []
    for name, measures in ({m: [m] for m in MEASURES} | {"all": usable}).items():
        withheld = reasons.get((name, part), "")
        if name == "all" and len(usable) < 2:
            alike = {reasons[m, part] for m in MEASURES}
            withheld = alike.pop() if len(alike) == 1 else "fewer than two measures can be used"
        row = {"part": part, "measure": name, "n_left_out": units, "level": level, "withheld": withheld or few}
        if not row["withheld"]:
            row |= foretell(cells, part, measures, level=level) or {"withheld": "gains do not differ"}
        rows.append(row)
    return rows
