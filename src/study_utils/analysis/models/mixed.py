"""Do families differ once languages, tasks and what the encoder has seen are accounted for? A mixed model of gains."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.groups import check_choice, prepare
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.models.covariates import (
    COVARIATES,
    choose_covariates,
    choose_formats,
    language_facts,
    without_distance,
)
from study_utils.analysis.models.reml import Fit, fit, make_design
from study_utils.errors import AnalysisError

CLEAR = 0.05
_KEYS = ("encoder", "variant", "condition")
_NUMBERS = ("estimate", "low", "high", "standard_error", "freedom", "p")


@dataclass(frozen=True, kw_only=True)
class MixedGains:
    """What the models say; every table begins with `encoder`, `variant`, `condition`, and numbers are fractions.

    Attributes
    ----------
    families : pandas.DataFrame
        `group` (family, or a language alone in its family), `n_languages`, and its mean gain for a language with
        average covariates: `estimate`, `low`, `high`, `standard_error`, `freedom`, `p`.
    contrasts : pandas.DataFrame
        `group` minus `other`, for families of two or more languages: the same numbers, `p_holm` (corrected over the
        table) and `clear` (below 0.05).
    covariates : pandas.DataFrame
        `covariate`, `unit` (what one unit of it means), and the same numbers.
    variances : pandas.DataFrame
        `source` (language, task, cell = language within task, seed, run = the training runs of a task that share a
        seed, residual) and `deviation`, its standard deviation.
    warnings : pandas.DataFrame
        `warning`: what was left out or can't be separated, in plain words.
    """

    families: pd.DataFrame
    contrasts: pd.DataFrame
    covariates: pd.DataFrame
    variances: pd.DataFrame
    warnings: pd.DataFrame


def mixed_gains(
    scores: pd.DataFrame,
    *,
    covariates: Sequence[str] = tuple(COVARIATES),
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
    by: str = "family",
) -> MixedGains:
    """Model the zero-shot gains of every condition: family, covariates and task format, crossed random effects.

    gain = family + covariates + format + language + task + (language, task) + seed + (task, seed) + residual; the last
    six random. What one seed does to all languages of a task is one training run's doing, however many languages it is
    scored in: without it in the model, task effects and formats would look far more certain than they are.
    Fitted by restricted maximum likelihood, intervals with Satterthwaite's degrees of freedom
    (`study_utils.analysis.models.reml`). Covariates belong to languages, so their errors rest on the number of
    languages, however many tasks and seeds there are.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results table.
    covariates : sequence of str
        Keys of `study_utils.analysis.models.covariates.COVARIATES`, most important first.
    settings : Settings
        Its `level`.
    same_data : {"exclude", "include"}
        As in `family_gains`.
    by : {"family", "branch"}
        What is compared.

    Raises
    ------
    AnalysisError
        If the table is not valid or a choice is unknown.
    """
    check_choice("mixed_gains", by=(by, ("family", "branch")))
    for name in covariates:
        check_choice("mixed_gains", covariates=(name, tuple(COVARIATES)))
    table = prepare(None, scores, by=by, same_data=same_data, function="mixed_gains").table
    found: dict[str, list[dict]] = {name: [] for name in MixedGains.__dataclass_fields__}
    for key, part in table.groupby(list(_KEYS), sort=True):
        for name, rows in _model(part, list(covariates), settings.level).items():
            found[name] += [dict(zip(_KEYS, key)) | row for row in rows]
    frames = {name: pd.DataFrame(rows, columns=[*_KEYS, *COLUMNS[name]]) for name, rows in found.items()}
    for name, frame in frames.items():  # a table without rows has numbers too
        numbers = [column for column in (*_NUMBERS, "p_holm") if column in frame]
        frames[name] = frame.astype(dict.fromkeys(numbers, float))
    contrasts = frames["contrasts"]
    if len(contrasts):
        contrasts["p_holm"] = holm(contrasts["p"])
        contrasts["clear"] = contrasts["p_holm"] < CLEAR
    return MixedGains(**frames)


COLUMNS = {
    "families": ("group", "n_languages", *_NUMBERS),
    "contrasts": ("group", "other", *_NUMBERS, "p_holm", "clear"),
    "covariates": ("covariate", "unit", *_NUMBERS),
    "variances": ("source", "deviation"),
    "warnings": ("warning",),
}


def _model(part: pd.DataFrame, wanted: list[str], level: float) -> dict[str, list[dict]]:
    wanted, notes = without_distance(sorted(part["task"].unique()), wanted)
    chosen = choose_covariates(language_facts(part), wanted)
    languages = chosen.languages
    counts = languages["label"].value_counts()
    notes += chosen.warnings
    if (counts < 2).all():
        notes.append("No family has two languages with all covariates known: family and language can't be separated.")
        return {"warnings": [{"warning": text} for text in notes]}
    part = part[part["language"].isin(languages.index)]
    formats, told = choose_formats(sorted(part["task"].unique()))
    notes += told
    if part["seed"].nunique() < 2:
        notes.append("One seed: no error here holds the difference that another training run would make.")
    groups = sorted(counts.index)
    own, by_task = languages.loc[part["language"]], formats.loc[part["task"]]
    families = np.column_stack([own["label"] == group for group in groups]).astype(float)
    fixed = np.column_stack([families, own[chosen.names].to_numpy(float), by_task.to_numpy(float)])
    names = [*groups, *chosen.names, *formats.columns]
    try:
        model = fit(part["gain"].to_numpy(), make_design(fixed, _random(part)))
    except AnalysisError as error:
        notes.append(f"No model of these gains: {error}.")
        return {"warnings": [{"warning": text} for text in notes]}
    place = {name: i for i, name in enumerate(names)}
    unit = np.eye(len(names))

    def numbers(weights: np.ndarray) -> dict:
        return _numbers(model, weights, level)

    many = [group for group in groups if counts[group] > 1]
    units = COVARIATES | dict.fromkeys(formats, "against the mean of all formats")
    return {
        "families": [
            {"group": group, "n_languages": int(counts[group])} | numbers(unit[place[group]]) for group in groups
        ],
        "contrasts": [
            {"group": a, "other": b} | numbers(unit[place[a]] - unit[place[b]])
            for a, b in itertools.combinations(many, 2)
        ],
        "covariates": [
            {"covariate": name, "unit": units[name]} | numbers(unit[place[name]]) for name in names[len(groups) :]
        ],
        "variances": [{"source": name, "deviation": np.sqrt(value)} for name, value in model.variances.items()],
        "warnings": [{"warning": text} for text in notes],
    }


def _random(part: pd.DataFrame) -> dict[str, np.ndarray]:
    """Random effects that the cells can tell apart: finer than those before, and coarser than the rows."""
    language, task, seed = (part[name].astype(str) for name in ("language", "task", "seed"))
    columns = {
        "language": language,
        "task": task,
        "cell": task + " " + language,
        "seed": seed,
        "run": task + " " + seed,
    }
    inside = {"language": (), "task": (), "cell": ("language", "task"), "seed": (), "run": ("task", "seed")}
    counts = {name: column.nunique() for name, column in columns.items()}
    return {
        name: column.to_numpy(str)
        for name, column in columns.items()
        if max([1, *(counts[other] for other in inside[name])]) < counts[name] < len(part)
    }


def _numbers(model: Fit, weights: np.ndarray, level: float) -> dict:
    estimate, error = float(weights @ model.beta), model.error(weights)
    freedom = max(1.0, model.freedom(weights))
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    return {
        "estimate": estimate,
        "low": estimate - half,
        "high": estimate + half,
        "standard_error": error,
        "freedom": freedom,
        "p": float(2 * stats.t.sf(abs(estimate) / error, freedom)),
    }
