"""Claims about how steady results are: over seeds, between intermediate tasks, and over the epochs of a run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.claims.evidence import Evidence
from study_utils.analysis.claims.parts import SHARE, Part, make_part, most
from study_utils.analysis.claims.verdicts import Finding
from study_utils.analysis.questions.epochs import MEAN
from study_utils.analysis.results.gains import gains, of_metric
from study_utils.analysis.results.tables import BASELINE, is_source
from study_utils.catalog.claims import Claim
from study_utils.catalog.titles import task_title

LEAST_TARGETS = 3
"""Fewest targets that an interval over targets may rest on."""
LEAST_EPOCHS = 3
"""Fewest epochs of a run that can be ranked or spread."""
_RUN = ["encoder", "condition", "task", "seed"]


def steadier(claim: Claim, evidence: Evidence) -> Finding:
    """Spread between seeds after an intermediate task, divided by that without one: below one, mean over targets.

    Of each target, half the logarithm of the ratio of variances (between seeds, of the mean over languages; those after
    intermediate tasks averaged), with a t interval over targets; shown as a ratio of standard deviations.
    """
    table = of_metric(evidence.scores)
    means = table.groupby(["task", "condition", "seed"])["value"].mean()
    variances = means.groupby(["task", "condition"]).var(ddof=1).unstack()
    arms = [key for key in evidence.singles if key in variances]
    if not arms or BASELINE not in variances:
        return Finding(note="no condition with one English intermediate task was run")
    pair = pd.DataFrame({"after": variances[arms].mean(axis=1), "alone": variances[BASELINE]}).dropna()
    pair = pair[(pair > 0).all(axis=1)]
    logs = 0.5 * np.log(pair["after"] / pair["alone"])
    if len(logs) < LEAST_TARGETS:
        return Finding(note=f"fewer than {LEAST_TARGETS} targets whose scores differ between seeds without one")
    part = _over(logs, threshold=0.0, above=False, label="spread after an intermediate task against without")
    shown = {name: float(np.exp(getattr(part, name))) for name in ("estimate", "low", "high")}
    seeds = table["seed"].nunique()
    own = {**vars(part), **shown, "n_seeds": seeds, "where": f"{len(logs)} targets, {seeds} seeds"}
    return Finding(parts=(Part(**own),), unit="times the spread")


def seed_variance(claim: Claim, evidence: Evidence) -> Finding:
    """Standard deviation of a gain between seeds, within pairs of intermediate task and target: above the margin.

    Pairs with the same target share its baseline, those with the same task its training: the degrees of freedom count
    the fewer of the two.
    """
    table = _pair_gains(evidence)
    if table is None:
        return Finding(note="no condition with one English intermediate task was run with several seeds")
    seeds = table.shape[1]
    within, freedom = _within(table)
    return _spread(evidence, "between seeds", within, freedom, seeds)


def task_variance(claim: Claim, evidence: Evidence) -> Finding:
    """Standard deviation of gains on a target between intermediate tasks, without what seeds explain: above the margin.

    The component of variance of tasks, with Satterthwaite's degrees of freedom.
    """
    table = _pair_gains(evidence)
    if table is None or table.index.get_level_values("condition").nunique() < 2:
        return Finding(note="fewer than two English intermediate tasks were run with several seeds")
    seeds = table.shape[1]
    within, within_freedom = _within(table)
    means = table.mean(axis=1)
    between = seeds * float(means.groupby("task").var(ddof=1).mean())
    between_freedom = table.index.get_level_values("condition").nunique() - 1
    rest = between - within
    if rest <= 0:
        return _spread(evidence, "between intermediate tasks", 0.0, between_freedom, seeds)
    freedom = rest**2 / (between**2 / between_freedom + within**2 / within_freedom)
    return _spread(evidence, "between intermediate tasks", rest / seeds, freedom, seeds)


def _pair_gains(evidence: Evidence) -> pd.DataFrame | None:
    """Mean gain in points without English: rows (task, condition), columns seeds; None where there are not several."""
    table = gains(evidence.scores)
    table = table[table["condition"].isin(evidence.singles) & ~is_source(table)]
    if table.empty:
        return None
    wide = 100 * table.groupby(["task", "condition", "seed"])["gain"].mean().unstack().dropna()
    return wide if len(wide) and wide.shape[1] > 1 else None


def _within(table: pd.DataFrame) -> tuple[float, float]:
    pairs = [table.index.get_level_values(name).nunique() for name in ("task", "condition")]
    return float(table.var(axis=1, ddof=1).mean()), float((table.shape[1] - 1) * min(pairs))


def _spread(evidence: Evidence, label: str, variance: float, freedom: float, seeds: int) -> Finding:
    """One part: a standard deviation in points above the margin, its interval from chi-squared."""
    ends = [variance * freedom / stats.chi2.ppf(q, freedom) for q in (0.975, 0.025)]
    p = float(stats.chi2.sf(variance * freedom / evidence.margin**2, freedom))
    part = Part(
        label=f"standard deviation {label}",
        estimate=float(np.sqrt(variance)),
        low=float(np.sqrt(ends[0])),
        high=float(np.sqrt(ends[1])),
        p=p,
        p_fail=1 - p,
        n_seeds=seeds,
        where=f"{len(evidence.targets)} targets, {len(evidence.singles)} intermediate tasks, {seeds} seeds",
    )
    return Finding(parts=(part,), unit="points of spread")


def english_selection(claim: Claim, evidence: Evidence) -> Finding:
    """Rank correlation over epochs of English selection score and mean of the other languages: below one half.

    Kendall's tau of each run, mean over conditions, t interval over seeds; one half lies between a choice that says
    nothing and one that says all.
    """
    return _over_epochs(evidence, _tau, threshold=SHARE, above=False, unit="rank correlation")


def within_runs(claim: Claim, evidence: Evidence) -> Finding:
    """Standard deviation between the epochs of a run, mean over conditions: above the margin."""
    return _over_epochs(evidence, _epoch_spread, threshold=evidence.margin, above=True, unit="points of spread")


def averaging(claim: Claim, evidence: Evidence) -> Finding:
    """Mean of the epochs' weights against the epoch that English chooses: above the margin for most targets."""
    runs = _runs(evidence)
    if not {MEAN} < set(runs["epoch"]):
        return Finding(note="the study scores no mean of the epochs' weights beside the epochs")
    mean = runs[runs["epoch"] == MEAN].set_index(_RUN)["value"]
    chosen = _epochs(runs).apply(lambda run: run.loc[run["selection"].idxmax(), "value"])
    return _by_target(100 * (mean - chosen).dropna(), threshold=evidence.margin, above=True, unit="points")


def _runs(evidence: Evidence) -> pd.DataFrame:
    """Scores of each run and epoch, mean over zero-shot languages: `selection`, `value`."""
    if evidence.epochs is None:
        return pd.DataFrame(columns=[*_RUN, "epoch", "selection", "value"])
    table = evidence.epochs[evidence.epochs["zero_shot"].astype(bool)]
    return table.groupby([*_RUN, "epoch"], as_index=False)[["selection", "value"]].mean()


def _epochs(runs: pd.DataFrame) -> pd.api.typing.DataFrameGroupBy:
    """Epochs of each run that has enough of them."""
    single = runs[runs["epoch"] != MEAN]
    count = single.groupby(_RUN)["epoch"].transform("size")
    return single[count >= LEAST_EPOCHS].groupby(_RUN)[["epoch", "selection", "value"]]


def _over_epochs(
    evidence: Evidence, measure: Callable[[pd.DataFrame], float], *, threshold: float, above: bool, unit: str
) -> Finding:
    runs = _epochs(_runs(evidence))
    if not runs.ngroups:
        return Finding(note=f"no run has {LEAST_EPOCHS} epochs that are scored (keep_epochs)")
    return _by_target(runs.apply(measure).dropna(), threshold=threshold, above=above, unit=unit)


def _tau(run: pd.DataFrame) -> float:
    return float(stats.kendalltau(run["selection"], run["value"]).statistic)


def _epoch_spread(run: pd.DataFrame) -> float:
    return 100 * float(run["value"].std(ddof=1))


def _by_target(values: pd.Series, *, threshold: float, above: bool, unit: str) -> Finding:
    by_seed = values.groupby(["task", "seed"]).mean()
    parts = tuple(
        _over(own, threshold=threshold, above=above, label=task_title(task)) for task, own in by_seed.groupby("task")
    )
    return Finding(parts=parts, at_least=most(len(parts)), of="targets", unit=unit)


def _over(values: pd.Series, *, threshold: float, above: bool, label: str) -> Part:
    """Part from the mean of independent values: seeds, or targets."""
    count = len(values)
    error = float(values.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    more = {"threshold": threshold, "above": above, "n_seeds": count}
    return make_part(label, float(values.mean()), error, float(count - 1), **more)
