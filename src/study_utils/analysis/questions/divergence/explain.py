"""Do gains follow divergence, and how much does it say beyond format? Slopes of a mixed model, and tasks left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.models.reml import fit, make_design
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.results.gains import gains
from study_utils.analysis.results.tables import ENGLISH
from study_utils.catalog import condition, covariate_table
from study_utils.errors import AnalysisError

MIN_TASKS, MIN_LANGUAGES = 6, 8
"""Fewest intermediate tasks and languages from which slopes are claimed: from there on, simulated studies without
effect give false claims in at most 6 of 100 (`tests/analysis/divergence/test_explain.py`)."""
MAX_INFLATION = 10.0
"""Variance inflation from which a slope can't be told from those of other columns (a common rule of thumb)."""
CLEAR = 0.05
_FREE = 4
"""Intermediate tasks more than measures in one model: format, the mean, and two to tell chance by."""

_KEYS = ("encoder",)
_NUMBERS = ("estimate", "low", "high", "standard_error", "freedom", "p")
_COUNTS = ("n_conditions", "n_targets", "n_languages", "n_cells")
SLOPE_COLUMNS = (*_KEYS, "measure", "part", *_NUMBERS, "inflation", "level", "p_holm", "clear", *_COUNTS, "withheld")
LEFT_OUT_COLUMNS = (*_KEYS, "measure", "share", "low", "high", "level", "better", "n_conditions", "withheld")
FORMAT, TYPOLOGY = "format_distance", "typology"
"""Controls: `study_utils.analysis.questions.divergence.labels`, and the syntactic distance to English per 0.1."""
_LEVELS = {"task": (FORMAT, "condition"), "language": (TYPOLOGY, "language")}
"""Parts of a slope: its control, and what its levels are."""
PARTS = tuple(_LEVELS)


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
        intermediate tasks for the same target and language; `language`: between languages of the same target. With
        `estimate`, `low`, `high`, `standard_error`, `freedom` (see `explain_gains`), `p`, `p_holm` (corrected over the
        table), `clear` (below 0.05), `inflation` (variance inflation by format, for the part `task`), and `withheld`:
        why there are no numbers.
    together : pandas.DataFrame
        The same for all measures in one model, without those whose inflation is too large; `inflation` by all others.
    controls : pandas.DataFrame
        Slopes of `format_distance` and `typology` in the model without divergence: columns as `slopes`.
    left_out : pandas.DataFrame
        One row a `measure`, and ``"all"``: how well gains of an intermediate task are foretold from the others: `share`
        of the squared error of a prediction from format alone that divergence takes away (below zero: it adds to it),
        with an interval over resampled intermediate tasks, and for how many tasks it is `better`.
    """

    cells: pd.DataFrame
    slopes: pd.DataFrame
    together: pd.DataFrame
    controls: pd.DataFrame
    left_out: pd.DataFrame


def explain_gains(scores: pd.DataFrame, divergence: pd.DataFrame, *, settings: Settings = Settings()) -> Explained:  # noqa: B008 - frozen
    """Regress zero-shot gains on divergence, with format and typological distance as controls.

    Two models of mean gains over seeds. Between intermediate tasks, over means of a target's languages: gain = target +
    format + divergence + task + residual, with a random intermediate task; languages, typology included, are the same
    for all tasks there. Between languages, over means of the tasks: gain = target + typology + divergence + language +
    residual, with a random language. Fitted by `study_utils.analysis.models.reml`; Satterthwaite's degrees of freedom,
    but never more than tasks (languages) allow: a slope between tasks rests on the number of tasks, however many
    languages there are.
    Only conditions of one intermediate task count (a mixture is no further task), without same-data pairs.

    The prediction of a left-out task is the mean gain of the other tasks on the same target and language, moved by
    slopes (least squares within targets and languages) of format alone, or of format and divergence. What
    belongs to the language, typology included, is in that mean. Source of the idea to foretell transfer from
    distances: Lin et al. 2019 (arXiv 1905.12688); typology against lexical overlap: Muller et al. (arXiv 2212.01757).

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table.
    divergence : pandas.DataFrame
        From `divergence_table`.
    settings : Settings
        Its `level`, `resamples` and `seed`.

    Raises
    ------
    AnalysisError
        If the results table is not valid.
    """
    return explain_cells(modelled_cells(scores, divergence), settings=settings)


def explain_cells(cells: pd.DataFrame, *, settings: Settings = Settings()) -> Explained:  # noqa: B008 - frozen
    """As `explain_gains`, from what `modelled_cells` gives."""
    found: dict[str, list[dict]] = {name: [] for name in ("slopes", "together", "controls", "left_out")}
    for encoder, part in cells.groupby("encoder", sort=True):
        part = part.reset_index(drop=True)
        for name, rows in _explain(part, settings).items():
            found[name] += [{"encoder": encoder} | row for row in rows]
    frames = {n: pd.DataFrame(found[n], columns=list(SLOPE_COLUMNS)) for n in ("slopes", "together", "controls")}
    for frame in frames.values():
        frame["p_holm"] = np.nan
        tested = frame["p"].notna()
        if tested.any():
            frame.loc[tested, "p_holm"] = holm(frame.loc[tested, "p"])
        frame["clear"] = frame["p_holm"] < CLEAR
    left_out = pd.DataFrame(found["left_out"], columns=list(LEFT_OUT_COLUMNS))
    return Explained(cells=cells, left_out=left_out, **frames)


def modelled_cells(scores: pd.DataFrame, divergence: pd.DataFrame) -> pd.DataFrame:
    """Zero-shot gains of single intermediate tasks, means over seeds, beside divergence; without same-data pairs."""
    table = gains(scores)
    kept = table["zero_shot"].astype(bool) & ~table["same_data"].astype(bool) & (table["language"] != ENGLISH)
    kept &= (table["variant"] == "clean") & table["condition"].map(_is_single)
    key = ["encoder", "condition", "task", "language"]
    means = table[kept].groupby(key, sort=False).agg(gain=("gain", "mean"), seeds=("seed", "nunique")).reset_index()
    columns = [*key, FORMAT, "same_format", *MEASURES]
    joined = means.merge(divergence[columns], on=key, how="inner", validate="one_to_one")
    joined[TYPOLOGY] = 10 * joined["language"].map(covariate_table()["uriel_syntactic"])
    return joined


def _is_single(key: str) -> bool:
    item = condition(key)
    return item.regime == "english" and len(item.stages) == 1 and len(item.tasks) == 1


def _explain(cells: pd.DataFrame, settings: Settings) -> dict[str, list[dict]]:
    counts = dict(zip(_COUNTS, [*(cells[n].nunique() for n in ("condition", "task", "language")), len(cells)]))
    few = _too_few(counts)
    between = {name: _between_tasks(cells, name) for name in (FORMAT, *MEASURES)}
    common = counts | {"level": settings.level}
    slopes, controls, reasons = [], [], {}
    for part in PARTS:
        for measure in MEASURES:
            why = reasons[measure, part] = few[part] or _why_not(cells, between, measure, part)
            numbers = None if why else _model(cells, part, [measure], settings.level).get(measure)
            inflation = _inflation(between, measure, [FORMAT]) if part == "task" else float("nan")
            row = {"measure": measure, "part": part, "inflation": inflation} | common
            slopes.append(_told(row, numbers, why))
        control = _LEVELS[part][0]
        why = few[part] or ("" if np.ptp(cells[control].dropna()) > _FLAT else _FLAT_REASON)
        numbers = None if why else _model(cells, part, [], settings.level).get(control)
        controls.append(_told({"measure": control, "part": part} | common, numbers, why))
    return {
        "slopes": slopes,
        "controls": controls,
        "together": _together(cells, between, reasons, common, settings.level),
        "left_out": _left_out(cells, reasons, settings),
    }


def _told(row: dict, numbers: dict | None, withheld: str) -> dict:
    """Add the numbers of a slope to its row, or why there are none."""
    if withheld or numbers is None:
        return row | {"withheld": withheld or "no model of these gains can be fitted"}
    return row | numbers | {"withheld": ""}


def _too_few(counts: dict[str, int]) -> dict[str, str]:
    tasks, languages = counts["n_conditions"], counts["n_languages"]
    return {
        "task": f"{tasks} intermediate tasks, at least {MIN_TASKS} are needed" if tasks < MIN_TASKS else "",
        "language": f"{languages} languages, at least {MIN_LANGUAGES} are needed" if languages < MIN_LANGUAGES else "",
    }


def _between_tasks(cells: pd.DataFrame, name: str) -> np.ndarray:
    """Values of a column against their mean over the intermediate tasks, for each target and language."""
    values = cells[name]
    return (values - values.groupby([cells["task"], cells["language"]]).transform("mean")).to_numpy(float)


_FLAT = 1e-9
_FLAT_REASON = "it is the same everywhere here"


def _why_not(cells: pd.DataFrame, between: dict[str, np.ndarray], measure: str, part: str) -> str:
    if cells[measure].isna().any():
        return "it is not measured in every cell"
    if part == "language":
        means = cells.groupby(["task", "language"])[measure].mean()
        return _FLAT_REASON if (means.groupby("task").agg(np.ptp) < _FLAT).all() else ""
    if np.ptp(between[measure]) < _FLAT:
        return _FLAT_REASON
    if _inflation(between, measure, [FORMAT]) >= MAX_INFLATION:
        return "it can't be told from the format"
    return ""


def _inflation(between: dict[str, np.ndarray], measure: str, others: list[str]) -> float:
    """Variance inflation of the slope between tasks: 1 / (1 - R²) of the measure regressed on other columns."""
    y, x = between[measure], np.column_stack([between[name] for name in others])
    if np.isnan(y).any() or np.isnan(x).any() or np.ptp(y) < _FLAT:
        return float("nan")
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float((y @ y) / max(rest @ rest, _FLAT * (y @ y)))


def _model(cells: pd.DataFrame, part: str, used: list[str], level: float) -> dict[str, dict]:
    """Fit the model of one part; return the numbers of each measure's slope and of the part's control."""
    control, level_of = _LEVELS[part]
    used_columns = [*used, control]
    means = cells.dropna(subset=[TYPOLOGY] if part == "language" else []).groupby([level_of, "task"])
    means = means[["gain", *used_columns]].mean().reset_index()
    columns = means[used_columns] - means.groupby("task")[used_columns].transform("mean")
    columns = columns.loc[:, columns.std() > _FLAT]
    columns = columns / columns.std().where(columns.columns != control, 1.0)
    targets = pd.get_dummies(means["task"]).to_numpy(float)
    random = {level_of: means[level_of].to_numpy(str)} if means["task"].nunique() > 1 else {}
    fixed = np.column_stack([targets, columns.to_numpy(float)])
    try:
        model = fit(means["gain"].to_numpy(float), make_design(fixed, random))
    except AnalysisError:
        return {}
    most = means[level_of].nunique() - 1 - columns.shape[1]
    found = {}
    for name, weights in zip(columns, np.eye(fixed.shape[1])[targets.shape[1] :]):
        estimate, error = float(weights @ model.beta), model.error(weights)
        freedom = max(1.0, min(model.freedom(weights), most))
        half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
        p = float(2 * stats.t.sf(abs(estimate) / error, freedom))
        found[name] = dict(zip(_NUMBERS, (estimate, estimate - half, estimate + half, error, freedom, p)))
    return found


def _together(cells: pd.DataFrame, between: dict, reasons: dict, common: dict, level: float) -> list[dict]:
    """Slopes between tasks of the measures that can be told apart, dropping the most inflated one at a time."""
    able = [m for m in MEASURES if not reasons[m, "task"]]
    room = common["n_conditions"] - _FREE
    usable, told = able[:room], dict.fromkeys(able[room:], "too few intermediate tasks for so many measures at once")
    while len(usable) > 1:
        inflation = {m: _inflation(between, m, [FORMAT, *(o for o in usable if o != m)]) for m in usable}
        worst = max(inflation, key=inflation.get)
        if inflation[worst] < MAX_INFLATION:
            break
        usable.remove(worst)
        told[worst] = "the other measures say the same"
    numbers = _model(cells, "task", usable, level) if usable else {}
    rows = []
    for measure in MEASURES:
        inflation = _inflation(between, measure, [FORMAT, *(o for o in usable if o != measure)])
        row = {"measure": measure, "part": "task", "inflation": inflation} | common
        rows.append(_told(row, numbers.get(measure), reasons[measure, "task"] or told.get(measure, "")))
    return rows


def _left_out(cells: pd.DataFrame, reasons: dict, settings: Settings) -> list[dict]:
    usable = [m for m in MEASURES if not reasons[m, "task"]]
    sets = {m: [m] for m in MEASURES} | {"all": usable}
    rng = np.random.default_rng(settings.seed)
    tasks = cells["condition"].nunique()
    draws = rng.integers(tasks, size=(settings.resamples, tasks)) if tasks else None
    tail = 100 * (1 - settings.level) / 2
    rows = []
    for name, measures in sets.items():
        row = {
            "measure": name,
            "n_conditions": tasks,
            "level": settings.level,
            "withheld": reasons.get((name, "task"), ""),
        }
        if name == "all" and len(usable) < 2:
            alike = {reasons[m, "task"] for m in MEASURES}
            row["withheld"] = alike.pop() if len(alike) == 1 else "fewer than two measures can be used"
        if not row["withheld"]:
            plain, fuller = (_squared_errors(cells, [FORMAT, *more]) for more in ([], measures))
            if plain.min() < _FLAT**2:
                rows.append(row | {"withheld": "gains do not differ"})
                continue
            shares = 1 - fuller[draws].sum(axis=1) / plain[draws].sum(axis=1)
            low, high = np.percentile(shares, [tail, 100 - tail])
            row |= {"share": 1 - fuller.sum() / plain.sum(), "low": low, "high": high}
            row["better"] = int((fuller < plain).sum())
        rows.append(row)
    return rows


def _squared_errors(cells: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Squared error of the gains of each intermediate task, foretold from the others; shape (tasks,)."""
    place = cells.groupby(["task", "language"]).ngroup().to_numpy()
    y, x = cells["gain"].to_numpy(float), cells[names].to_numpy(float)
    x = x / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    errors = []
    for key in sorted(cells["condition"].unique()):
        mine = (cells["condition"] == key).to_numpy()
        rest = ~mine
        counts = np.bincount(place[rest], minlength=place.max() + 1)
        out = mine & (counts[place] > 0)
        means = [np.bincount(place[rest], column[rest], len(counts)) / np.maximum(counts, 1) for column in (y, *x.T)]
        own = y - means[0][place]
        moved = x - np.stack(means[1:], axis=1)[place]
        slopes = np.linalg.lstsq(moved[rest], own[rest], rcond=None)[0]
        errors.append(((own[out] - moved[out] @ slopes) ** 2).sum())
    return np.array(errors)
