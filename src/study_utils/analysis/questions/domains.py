"""Intermediate tasks of a domain against general ones of the same kind, at equal examples and steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.contrasts import CONTRAST_COLUMNS, Contrast, contrast_gains
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.results.condition_means import add_means
from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog import TASKS
from study_utils.catalog.hub.matched import MATCHED

GENERAL = "general"
STEPS_APART = 0.05
"""Share by which the steps of two arms may differ and count as equal: the last batch of an epoch can be short."""
MEAN = "mean over kinds"

DOMAIN_COLUMNS = ["domain", "kind", "budget", *CONTRAST_COLUMNS]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A task of a domain and a general one that `study_utils.catalog.hub.matched` sets beside it."""

    kind: str
    domain: str
    arm: str
    against: str


def matched_pairs(conditions: Iterable[str]) -> tuple[Pair, ...]:
    """Pairs of a domain's task and a general one of the same kind, both among some conditions."""
    have = set(conditions)
    return tuple(
        Pair(kind=kind, domain=domain, arm=arm, against=against)
        for kind, by_domain in MATCHED.items()
        for domain, keys in by_domain.items()
        if domain != GENERAL
        for arm in keys
        for against in by_domain.get(GENERAL, ())
        if {arm, against} <= have
    )


def budgets(sizes: pd.DataFrame, losses: pd.DataFrame) -> pd.DataFrame:
    """Collect what each intermediate condition was trained with.

    Parameters
    ----------
    sizes : pandas.DataFrame
        Training rows: `task`, `role`, `rows`.
    losses : pandas.DataFrame
        History of the intermediate stage: `condition`, `run`, `step`.

    Returns
    -------
    pandas.DataFrame
        One row a condition of one task: `condition`, `rows`, `steps` (the most of any run).
    """
    require_columns(sizes, ("task", "role", "rows"), table="table of training rows")
    require_columns(losses, ("condition", "run", "step"), table="training history")
    rows = sizes[sizes["role"] == "train"].groupby("task")["rows"].max()
    steps = losses.groupby("condition")["step"].max() if len(losses) else pd.Series(dtype=float)
    both = pd.DataFrame({"rows": rows, "steps": steps}).dropna()
    return both.astype(int).rename_axis("condition").reset_index()


def domain_gains(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame,
    table: pd.DataFrame,
    *,
    in_domain: bool = False,
    by: str = "resource",
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """Compare each task of a domain with each general one of its kind, and their means over kinds.

    Parameters
    ----------
    predictions, scores : pandas.DataFrame
        Tables of one study.
    table : pandas.DataFrame
        From `budgets`.
    in_domain : bool
        Whether only targets of the arm's own domain count, or only general ones.
    by : {"resource", "language", "family", "all"}
        What to average over; ``"resource"``: low-resource languages
        (`study_utils.analysis.inference.groups.resource_label`) and others.
    settings : Settings
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns of `contrast_gains` after `domain`, `kind` (of task, or ``"mean over kinds"``: every kind weighs the
        same) and `budget` (empty if rows and steps of the arms are equal, else how they differ; of a mean, which pairs
        are unequal). `p_holm` is corrected over all rows. Pairs that share no cell have none.

    Raises
    ------
    AnalysisError
        If the tables are not valid.
    """
    require_columns(table, ("condition", "rows", "steps"), table="table of budgets")
    pairs = matched_pairs(set(scores["condition"]) - {BASELINE})
    wanted = {key for key in scores["task"].unique() if key in TASKS and (TASKS[key].domain != GENERAL) == in_domain}
    targets = {d: [key for key in wanted if not in_domain or TASKS[key].domain == d] for d in {p.domain for p in pairs}}
    found = []
    for domain in dict.fromkeys(pair.domain for pair in pairs):
        own = [pair for pair in pairs if pair.domain == domain]
        kept = [None if f is None else f[f["task"].isin(targets[domain])] for f in (predictions, scores)]
        if kept[1].empty:
            continue
        arms, facts = _arms(own, table)
        used = {BASELINE, *(p.arm for p in own), *(p.against for p in own)}
        kept = add_means(*(None if f is None else f[f["condition"].isin(used)] for f in kept), arms)
        contrasts = [Contrast(key=key, arm=arm, against=against) for key, (arm, against, _, _) in facts.items()]
        part = contrast_gains(*kept, contrasts, by=by, settings=settings)
        for name, place in (("kind", 2), ("budget", 3)):
            part[name] = [facts[key][place] for key in part["contrast"]]
        found.append(part.assign(domain=domain))
    if not found:
        return pd.DataFrame(columns=DOMAIN_COLUMNS)
    return corrected(pd.concat(found, ignore_index=True))[DOMAIN_COLUMNS]


def _arms(pairs: list[Pair], table: pd.DataFrame) -> tuple[dict, dict]:
    """Mean arms, and contrast to (arm, against, kind, budget); the mean only where several pairs make it."""
    facts = {f"{p.arm} - {p.against}": (p.arm, p.against, p.kind, _budget(p, table)) for p in pairs}
    if len(pairs) < 2:
        return {}, facts
    domain, arms = pairs[0].domain, {}
    for side in ("arm", "against"):
        weights: dict[str, float] = {}
        for kind in {p.kind for p in pairs}:
            keys = {getattr(p, side) for p in pairs if p.kind == kind}
            for key in keys:
                weights[key] = weights.get(key, 0.0) + 1 / len(keys)
        arms[f"{domain} tasks" if side == "arm" else f"general tasks beside {domain} ones"] = weights
    unequal = [f"{p.arm} and {p.against}" for p in pairs if _budget(p, table)]
    told = f"unequal: {', '.join(unequal)}" if unequal else ""
    return arms, facts | {f"{domain} - general": (*arms, MEAN, told)}


def _budget(pair: Pair, table: pd.DataFrame) -> str:
    """Say how the budgets of a pair differ; empty if they are equal."""
    known = table.set_index("condition")
    if missing := [key for key in (pair.arm, pair.against) if key not in known.index]:
        return f"not known of {', '.join(missing)}"
    (rows, steps), (other_rows, other_steps) = (known.loc[key, ["rows", "steps"]] for key in (pair.arm, pair.against))
    if rows != other_rows:
        return f"{rows} rows against {other_rows}"
    apart = abs(steps - other_steps) > STEPS_APART * max(steps, other_steps)
    return f"{steps} steps against {other_steps}" if apart else ""
