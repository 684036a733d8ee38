"""Claims about English encoders and about direct fine-tuning (arXiv 2210.01091).

English counts, and so do languages that a target is trained in. The mean gain is over the languages of a target, its
interval speaks about seeds only (Student's t over their means): targets of these claims can have one language.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.claims.evidence import Evidence, english_tasks
from study_utils.analysis.claims.verdicts import Finding
from study_utils.analysis.inference.clear import CLEAR
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.questions.encoders import TIMES, encoder_contrasts, trained_cells, without_stages
from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import BASELINE, CELL
from study_utils.catalog import CONDITIONS
from study_utils.catalog.titles import encoder_title, task_title


def direct_better(evidence: Evidence) -> Finding:
    """Mean gain over encoders and targets; as claimed only if it is below zero on more than half of the targets.

    Each condition is compared with the same fine-tuning without its stages; where a target is fine-tuned in a language
    itself, only that counts there, as in the paper.
    """
    table = _gains_over_same_tuning(evidence)
    if table.empty:
        return Finding(note="no condition with an intermediate task was run")
    cells = table.groupby(["encoder", "task", "seed"])["gain"].mean()
    by_target = cells.groupby("task").mean()
    down = int((by_target < 0).sum())
    row = _over_seeds(cells.groupby("seed").mean())
    p = row["p"]
    p_for, p_against = (p, 1.0) if row["estimate"] < 0 else (1.0, p)
    if 2 * down <= len(by_target) and np.isfinite(p):
        p_for = 1.0
    return Finding(
        **{name: 100 * row[name] for name in ("estimate", "low", "high")},
        p_for=p_for,
        p_against=p_against if np.isfinite(p) else np.nan,
        n_seeds=row["n_seeds"],
        tested_on=f"{', '.join(map(task_title, by_target.index))}; {_named(evidence)}",
        note=f"below zero on {down} of {len(by_target)} targets; the interval speaks about seeds",
    )


def _gains_over_same_tuning(evidence: Evidence) -> pd.DataFrame:
    table = of_metric(evidence.scores)
    staged = {key: without_stages(key) for key in evidence.conditions if english_tasks(key)}
    arms = table[table["condition"].isin(list(staged))]
    arms = arms.assign(against=arms["condition"].map(staged))
    cell = [name for name in CELL if name != "condition"]
    others = table[[*cell, "condition", "value"]].rename(columns={"condition": "against", "value": "baseline"})
    paired = arms.merge(others, on=[*cell, "against"], validate="many_to_one")
    paired["gain"] = paired["value"] - paired["baseline"]
    in_language = paired["against"] != BASELINE
    own = pd.MultiIndex.from_frame(paired.loc[in_language, ["task", "language"]])
    return paired[in_language | ~pd.MultiIndex.from_frame(paired[["task", "language"]]).isin(own)]


def roberta_best(evidence: Evidence) -> Finding:
    """In how many fine-tunings RoBERTa scores highest: as claimed if its lead is clear in half of them or more."""
    return _ranked(evidence, "roberta_base", sign=1, share=0.5)


def xlnet_worst(evidence: Evidence) -> Finding:
    """In how many fine-tunings XLNet scores lowest: as claimed if it clearly trails in every one."""
    return _ranked(evidence, "xlnet_base", sign=-1, share=1.0)


def _ranked(evidence: Evidence, key: str, *, sign: int, share: float) -> Finding:
    """Count fine-tunings (a target in a language that trained it, under a condition) that an encoder leads or trails.

    A place is clear if the encoder beats (or trails) every other one there, the p-values of `encoder_contrasts`
    corrected over fine-tunings. The p-value for the claim is that of the last fine-tuning it needs, the one against it
    that of the fine-tuning that makes it fail.
    """
    others = len(evidence.encoders) - 1
    if key not in evidence.encoders or not others:
        return Finding(note=f"{encoder_title(key)} was not run beside another encoder", unit="fine-tunings")
    table = encoder_contrasts(evidence.predictions, evidence.scores, settings=evidence.settings)
    table = trained_cells(table[(table["encoder"] == key) | (table["against"] == key)])
    lead = table["estimate"] * np.where(table["encoder"] == key, sign, -sign)
    table = table.assign(lead=lead, p_ahead=table["p"].where(lead > 0, 1.0), p_behind=table["p"].where(lead < 0, 1.0))
    p_for, p_against, first = [], [], 0
    for _, cell in table.groupby(["variant", "condition", "task", "language"], sort=False):
        if len(cell) < others:  # another encoder lacks it
            continue
        first += int((cell["lead"] > 0).all())
        p_for.append(cell["p_ahead"].max(skipna=False))
        p_against.append(_smallest(cell["p_behind"].tolist()))
    if not p_for:
        return Finding(note="no fine-tuning was run with every encoder", unit="fine-tunings")
    needed = int(np.ceil(share * len(p_for)))
    failing = len(p_for) - needed + 1
    return Finding(
        estimate=float(first),
        unit=f"fine-tunings of {len(p_for)}",
        p_for=float(np.sort(holm(p_for))[needed - 1]),
        p_against=float(np.sort(holm(p_against))[failing - 1]),
        n_seeds=int(table["n_seeds"].min()),
        tested_on=f"{', '.join(map(task_title, table['task'].unique()))}; {_named(evidence)}",
        note=f"clear in {int((holm(p_for) < CLEAR).sum())} of {len(p_for)} fine-tunings",
    )


def larger_intermediate(evidence: Evidence) -> Finding:
    """Smallest ratio of the rows of an intermediate task to those of a target: a choice of design, not a result."""
    trained = evidence.sizes[(evidence.sizes["role"] == "train") & (evidence.sizes["regime"] == "english")]
    rows = trained.groupby("task")["rows"].max()
    own = {task for key in evidence.conditions if key in CONDITIONS for task in CONDITIONS[key].tasks}
    before, after = rows[rows.index.isin(own)], rows[rows.index.isin(evidence.targets)]
    if before.empty or after.empty:
        return Finding(note="no intermediate task was run beside a target with training rows", unit="times")
    ratio = float(before.min() / after.max())
    told = (
        f"{task_title(before.idxmin())} ({before.min():,} rows) before {task_title(after.idxmax())} ({after.max():,})"
    )
    return Finding(
        estimate=ratio,
        unit="times",
        tested_on=told,
        note=f"the smallest ratio of training rows is {ratio:.1f}, the published design has {TIMES} or more",
        design=ratio >= TIMES,
    )


def _over_seeds(values: pd.Series) -> dict:
    """Mean over seeds with a t interval at 95 % and a two-sided p-value; none from one seed."""
    count, mean = len(values), float(values.mean())
    if count < 2:
        return {"estimate": mean, "low": np.nan, "high": np.nan, "p": np.nan, "n_seeds": count}
    error = float(values.std(ddof=1) / np.sqrt(count))
    if error == 0:
        return {"estimate": mean, "low": mean, "high": mean, "p": float(mean == 0), "n_seeds": count}
    half = stats.t.ppf(0.975, count - 1) * error
    p = float(2 * stats.t.sf(abs(mean) / error, count - 1))
    return {"estimate": mean, "low": mean - half, "high": mean + half, "p": p, "n_seeds": count}


def _smallest(p: list[float]) -> float:
    corrected = holm(p)
    return float(np.nanmin(corrected)) if np.isfinite(corrected).any() else float("nan")


def _named(evidence: Evidence) -> str:
    return ", ".join(map(encoder_title, evidence.encoders))
