"""Claims about English intermediate tasks (arXiv 2005.13013), each as one comparison. One encoder at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.claims.evidence import MLM, Evidence
from study_utils.analysis.claims.verdicts import Finding, differs, no_better
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.inference.holm import holm
from study_utils.analysis.results.tables import BASELINE, ENGLISH
from study_utils.catalog.claims import CLAIMS
from study_utils.catalog.titles import condition_title, task_title

RETRIEVAL = ("bucc", "tatoeba")
CHOSEN = "chosen on English development rows"

_NO_CELL = "the compared conditions share no cell in a language other than English"
_NO_SINGLE = Finding(note="no condition with one English intermediate task was run")


def _compared(
    evidence: Evidence,
    arm: str | tuple[str, ...],
    against: str | tuple[str, ...] = BASELINE,
    *,
    rule: Callable[..., Finding] = differs,
    **more: object,
) -> Finding:
    table = evidence.compare((arm, against))
    return rule(table.iloc[0], **more) if len(table) else Finding(note=_NO_CELL)


def best_single(evidence: Evidence) -> Finding:
    """Mean gain of the intermediate tasks that the claim names, those that were run."""
    named = [key for keys in CLAIMS["phang-best-single"].conditions for key in keys if key in evidence.conditions]
    if not named:
        return Finding(note="none of SQuAD, MNLI and HellaSwag was run")
    return _compared(evidence, tuple(named))


def multitask_best(evidence: Evidence) -> Finding:
    """The largest mixture against each single task: the claim holds only if every difference is above zero.

    So the p-value for it is the largest of them (an intersection-union test, Berger 1982), and that against it the
    smallest one, corrected over the tasks.
    """
    if not evidence.mixtures or not evidence.singles:
        return Finding(note="no mixture of intermediate tasks was run beside single ones")
    mixture = evidence.mixtures[0]
    table = evidence.compare(*((mixture, single) for single in evidence.singles))
    return _every(table) if len(table) else Finding(note=_NO_CELL)


def _every(table: pd.DataFrame) -> Finding:
    """Finding of a claim that all differences are above zero; shows the smallest."""
    found = [differs(row) for _, row in table.iterrows()]
    smallest = found[int(table["estimate"].argmin())]
    return Finding(
        **{name: getattr(smallest, name) for name in ("estimate", "low", "high", "n_seeds", "tested_on")},
        p_for=float(np.max([item.p_for for item in found])),
        p_against=_smallest(holm([item.p_against for item in found])),
        note=smallest.note or f"the smallest of {len(table)} differences",
    )


def _smallest(p: np.ndarray) -> float:
    return float(np.nanmin(p)) if np.isfinite(p).any() else float("nan")


def retrieval(evidence: Evidence) -> Finding:
    """Mean gain on the retrieval targets minus that on the other ones.

    The two are estimated apart and their errors added as if independent (Welch's degrees of freedom). Seeds and
    languages that they share move both the same way, so the interval is rather too wide than too narrow.
    """
    there = set(evidence.targets)
    sides = [sorted(there & set(RETRIEVAL)), sorted(there - set(RETRIEVAL))]
    if not evidence.singles:
        return _NO_SINGLE
    if not all(sides):
        return Finding(note="no retrieval target was run beside another one")
    tables = [evidence.on(side).compare((evidence.singles, BASELINE)) for side in sides]
    if not all(len(table) for table in tables):
        return Finding(note=_NO_CELL)
    rows = [table.iloc[0] for table in tables]
    estimate = rows[0]["estimate"] - rows[1]["estimate"]
    errors = np.array([row["standard_error"] for row in rows], float) ** 2
    freedom = errors.sum() ** 2 / (errors**2 / np.array([row["freedom"] for row in rows], float)).sum()
    error = np.sqrt(errors.sum())
    half = stats.t.ppf(0.5 + rows[0]["level"] / 2, freedom) * error
    p = 2 * stats.t.sf(abs(estimate) / error, freedom)
    row = rows[0].copy()
    row[["estimate", "low", "high", "p"]] = estimate, estimate - half, estimate + half, p
    row["withheld"] = rows[0]["withheld"] or rows[1]["withheld"]
    names = [", ".join(map(task_title, side)) for side in sides]
    told = f"{len(evidence.singles)} intermediate tasks; {names[0]} against {names[1]}"
    return differs(row, tested_on=told, n_seeds=int(min(item["n_seeds"] for item in rows)))


def tydiqa(evidence: Evidence) -> Finding:
    """Mean gain of all single tasks on TyDiQA-GoldP; as claimed only if more than half of them gain."""
    if "tydiqa" not in evidence.targets:
        return Finding(note="TyDiQA-GoldP was not run")
    if not evidence.singles:
        return _NO_SINGLE
    own = evidence.on(["tydiqa"])
    each = own.compare(*((single, BASELINE) for single in evidence.singles))
    up = int((each["estimate"] > 0).sum())
    found = _compared(own, evidence.singles, note=f"{up} of {len(each)} intermediate tasks above zero")
    if 2 * up > len(each):
        return found
    return Finding(**{**vars(found), "p_for": 1.0 if np.isfinite(found.p_for) else found.p_for})


def xnli_none(evidence: Evidence) -> Finding:
    """Gain of each single task on XNLI: none may reach the margin, so the largest p-value counts."""
    if "xnli" not in evidence.targets:
        return Finding(note="XNLI was not run")
    if not evidence.singles:
        return _NO_SINGLE
    table = evidence.on(["xnli"]).compare(*((single, BASELINE) for single in evidence.singles))
    if table.empty:
        return Finding(note=_NO_CELL)
    found = [no_better(row, margin=evidence.margin) for _, row in table.iterrows()]
    largest = found[int(table["estimate"].argmax())]
    return Finding(
        **{name: getattr(largest, name) for name in ("estimate", "low", "high", "n_seeds", "tested_on")},
        p_for=float(np.max([item.p_for for item in found])),
        p_against=_smallest(holm([item.p_against for item in found])),
        note=largest.note or f"the largest of {len(found)} gains",
    )


def benchmark(evidence: Evidence) -> Finding:
    """Gain with the condition that each target's English development rows choose (mean over seeds)."""
    chosen = choose_conditions(evidence)
    if not chosen:
        return Finding(note="no target has English development scores of an intermediate condition")
    own = evidence.on(list(chosen))
    frames = {}
    for name in ("predictions", "scores"):
        frame = getattr(own, name)
        if frame is not None:
            picked = frame["condition"].astype(object) == frame["task"].astype(object).map(chosen)
            frame = pd.concat([frame, frame[picked].assign(condition=CHOSEN)], ignore_index=True)
        frames[name] = frame
    table = contrast_gains(
        **frames, contrasts=[Contrast(key="chosen", arm=CHOSEN)], settings=evidence.settings, seen="include",
        same_data="include",
    )  # fmt: skip
    if table.empty:
        return Finding(note=_NO_CELL)
    told = "; ".join(f"{task_title(task)}: {condition_title(key)}" for task, key in chosen.items())
    left = [task_title(key) for key in evidence.targets if key not in chosen]
    note = f"targets without English development rows are left out: {', '.join(left)}" if left else ""
    return differs(table.iloc[0], tested_on=told, note=table.iloc[0]["withheld"] or note)


def choose_conditions(evidence: Evidence) -> dict[str, str]:
    """Condition with the best English development score of each trained target; the baseline is no candidate."""
    table = evidence.validation
    if table.empty:
        return {}
    able = {*evidence.singles, *evidence.mixtures}
    english = table["selected_in"] == ENGLISH if "selected_in" in table else True
    kept = table[
        table["primary"].astype(bool)
        & table["chosen"].astype(bool)
        & english
        & table["condition"].isin(able)
        & table["target"].isin(evidence.targets)
    ]
    means = kept.groupby(["target", "condition"])["value"].mean()
    return {task: means[task].idxmax() for task in evidence.targets if task in means.index.get_level_values(0)}


def masked_language(evidence: Evidence) -> Finding:
    """Conditions with masked-language modelling against the same conditions without it, mean over pairs."""
    pairs = [(key, plain) for key in evidence.conditions if (plain := key.removesuffix(MLM)) != key]
    return _no_better_pairs(evidence, pairs, missing="no condition with masked-language modelling was run")


def translated(evidence: Evidence) -> Finding:
    """Machine-translated STS-B against English STS-B, mean over the languages."""
    pairs = [(key, "stsb") for keys in CLAIMS["phang-translated"].conditions for key in keys if key != "stsb"]
    pairs = [(key, plain) for key, plain in pairs if key in evidence.conditions]
    people = [key for key in evidence.conditions if key.startswith("xnli_pairs_") and key != "xnli_pairs_en"]
    also = " (XNLI pairs were, but people translated them)" if people else ""
    return _no_better_pairs(evidence, pairs, missing=f"no machine-translated intermediate data was run{also}")


def _no_better_pairs(evidence: Evidence, pairs: list[tuple[str, str]], *, missing: str) -> Finding:
    pairs = [(arm, against) for arm, against in pairs if against in evidence.conditions]
    if not pairs:
        return Finding(note=missing)
    sides = tuple(tuple(dict.fromkeys(side)) for side in zip(*pairs))
    return _compared(evidence, *sides, rule=no_better, margin=evidence.margin)
