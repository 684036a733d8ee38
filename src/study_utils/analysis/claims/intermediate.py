"""Claims about English intermediate tasks (arXiv 2005.13013), each as its comparisons. One encoder at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study_utils.analysis.claims.evidence import MLM, Evidence
from study_utils.analysis.claims.parts import SHARE, Part, beyond, make_part, most
from study_utils.analysis.claims.verdicts import Finding
from study_utils.analysis.inference.contrasts import Contrast, contrast_gains
from study_utils.analysis.results.gains import gains
from study_utils.analysis.results.tables import BASELINE, ENGLISH
from study_utils.catalog import TASKS
from study_utils.catalog.claims import Claim
from study_utils.catalog.titles import condition_title, task_title

CHOSEN = "chosen on English development rows"

_NO_SINGLE = Finding(note="no condition with one English intermediate task was run")


def best_single(claim: Claim, evidence: Evidence) -> Finding:
    """Mean gain of each task that the claim names, against half of its published size.

    Not as claimed, though not the opposite, where one of them costs most targets more than the margin: an average of a
    few large gains and many losses is no general gain.
    """
    parts, barred = [], []
    for keys, (name, size) in zip(claim.conditions, claim.published.items()):
        arm = [key for key in keys if key in evidence.conditions]
        if arm and (row := evidence.compare(arm)) is not None:
            parts.append(beyond(name, row, SHARE * size))
            barred += _lost_targets(evidence, name, arm)
    note = "" if parts else f"none of {', '.join(claim.published)} was run"
    return Finding(parts=tuple(parts), of="intermediate tasks", barred="; ".join(barred), note=note)


def _lost_targets(evidence: Evidence, name: str, arm: Sequence[str]) -> list[str]:
    table = gains(evidence.scores)
    by_target = table[table["condition"].isin(arm)].groupby("task")["gain"].mean()
    lost = int((by_target < -evidence.margin / 100).sum())
    return (
        [f"{name} costs {lost} of {len(by_target)} targets more than the margin"] if 2 * lost > len(by_target) else []
    )


def most_targets(claim: Claim, evidence: Evidence) -> Finding:
    """Gain on each target, mean over the claim's own single tasks (over all that were run, if none of these was)."""
    if not evidence.singles:
        return _NO_SINGLE
    arms = {target: _singles(claim, evidence.on([target])) for target in evidence.targets}
    rows = {target: evidence.compare(own, targets=[target]) for target, own in arms.items() if own}
    return _over_targets({task_title(key): row for key, row in rows.items() if row is not None}, evidence.margin)


def _over_targets(rows: dict[str, pd.Series], margin: float) -> Finding:
    parts = tuple(beyond(name, row, margin) for name, row in rows.items())
    return Finding(
        parts=parts, at_least=most(len(parts)), of="targets", note="" if parts else "no target has both arms"
    )


def _singles(claim: Claim, evidence: Evidence) -> list[str]:
    own = [key for keys in claim.conditions for key in keys if key in evidence.singles]
    return own or list(evidence.singles)


def multitask_best(claim: Claim, evidence: Evidence) -> Finding:
    """The mixture against each single task: ahead of all by half of the published lead over the best one."""
    size = SHARE * next(iter(claim.published.values()))
    return _mixture(claim, evidence, threshold=size, above=True, at_least=None)


def multitask_no_better(claim: Claim, evidence: Evidence) -> Finding:
    """The mixture against each single task: ahead of one at least by less than the margin."""
    return _mixture(claim, evidence, threshold=evidence.margin, above=False, at_least=1)


def _mixture(claim: Claim, evidence: Evidence, *, threshold: float, above: bool, at_least: int | None) -> Finding:
    own = [key for key in claim.conditions[0] if key in evidence.mixtures]
    mixture, singles = [*own, *evidence.mixtures][:1], _singles(claim, evidence)
    if not mixture or not singles:
        return Finding(note="no mixture of intermediate tasks was run beside single ones")
    rows = {key: evidence.compare(mixture, key) for key in singles}
    parts = [
        beyond(f"{condition_title(mixture[0])} against {condition_title(key)}", row, threshold, above=above)
        for key, row in rows.items()
        if row is not None
    ]
    return Finding(parts=tuple(parts), at_least=at_least, of="single tasks")


def retrieval(claim: Claim, evidence: Evidence) -> Finding:
    """Gain on each target without training data minus that on the others: both above the margin."""
    sides = _retrieval_and(claim, evidence, lambda task: TASKS[task].format != "retrieve")
    if isinstance(sides, Finding):
        return sides
    others, own = sides
    parts = tuple(
        _minus(task_title(key), row, "the other targets", others, evidence.margin) for key, row in own.items()
    )
    return Finding(parts=parts, of="retrieval targets")


def answering(claim: Claim, evidence: Evidence) -> Finding:
    """Gain on question answering above the margin, and that on retrieval more than the margin above it."""
    sides = _retrieval_and(claim, evidence, lambda task: TASKS[task].format == "answer")
    if isinstance(sides, Finding):
        return sides
    row, own = sides
    together = evidence.compare(_singles(claim, evidence), targets=list(own))
    parts = (
        beyond("question answering", row, evidence.margin),
        _minus("retrieval", together, "question answering", row, evidence.margin),
    )
    return Finding(parts=parts)


def _retrieval_and(claim: Claim, evidence: Evidence, others: object) -> Finding | tuple[pd.Series, dict]:
    """Row of the other targets together and of each retrieval target; what is missing if one of the two is."""
    arms = _singles(claim, evidence)
    if not arms:
        return _NO_SINGLE
    rest = [key for key in evidence.targets if others(key)]
    own = [key for key in evidence.targets if TASKS[key].format == "retrieve"]
    row = evidence.compare(arms, targets=rest) if rest else None
    each = {key: evidence.compare(arms, targets=[key]) for key in own}
    each = {key: found for key, found in each.items() if found is not None}
    if row is None or not each:
        return Finding(note="no retrieval target was run beside one of those it is compared with")
    return row, each


def _minus(name: str, row: pd.Series, other: str, against: pd.Series, margin: float) -> Part:
    """Difference of two gains on different targets, above the margin.

    The two are estimated apart and their errors added as if independent (Welch's degrees of freedom). Seeds and
    languages that they share move both the same way, so the interval is rather too wide than too narrow. Where seeds
    count by themselves on one side, they do in the difference.
    """
    errors, freedom = (
        np.array([side[name] for side in (row, against)], float) for name in ("standard_error", "freedom")
    )
    squares = errors**2
    by_seeds = np.array([side["seed_error"] for side in (row, against)], float)
    seed_error = float(np.hypot(*np.where(by_seeds > 0, by_seeds, errors))) if by_seeds.any() else 0.0
    return make_part(
        f"{name} against {other}",
        100 * float(row["estimate"] - against["estimate"]),
        100 * float(np.sqrt(squares.sum())),
        float(squares.sum() ** 2 / (squares**2 / freedom).sum()) if squares.any() else 1.0,
        threshold=margin,
        above=True,
        seed_error=100 * seed_error,
        n_seeds=int(min(row["n_seeds"], against["n_seeds"])),
        where=", ".join(map(task_title, f"{row['tasks']} {against['tasks']}".split())),
        withheld=row["withheld"] or against["withheld"],
    )


def tydiqa(claim: Claim, evidence: Evidence) -> Finding:
    """Gain of each different task on TyDiQA-GoldP: above the margin for more than half."""
    if "tydiqa" not in evidence.targets:
        return Finding(note="TyDiQA-GoldP was not run")
    named = [[key for key in keys if key in evidence.singles] for keys in claim.conditions]
    arms = [keys for keys in named if keys] or [[key] for key in evidence.singles]
    return _each(evidence, arms, above=True, at_least=most(len(arms)))


def xnli_none(claim: Claim, evidence: Evidence) -> Finding:
    """Gain of each single task on XNLI: below the margin for all."""
    if "xnli" not in evidence.targets:
        return Finding(note="XNLI was not run")
    return _each(evidence, [[key] for key in _singles(claim, evidence)], above=False, at_least=None)


def _each(evidence: Evidence, arms: Sequence[Sequence[str]], *, above: bool, at_least: int | None) -> Finding:
    rows = {" and ".join(map(condition_title, arm)): evidence.compare(arm) for arm in arms}
    parts = tuple(beyond(name, row, evidence.margin, above=above) for name, row in rows.items() if row is not None)
    if not parts:
        return _NO_SINGLE
    return Finding(parts=parts, at_least=at_least, of="intermediate tasks")


def benchmark(claim: Claim, evidence: Evidence) -> Finding:
    """Gain with the condition that each target's English development rows choose (mean over seeds)."""
    chosen = choose_conditions(evidence)
    if not chosen:
        return Finding(note="no target has English development scores of an intermediate condition")
    own, frames = evidence.on(list(chosen)), {}
    for name in ("predictions", "scores"):
        frame = getattr(own, name)
        if frame is not None:
            picked = frame["condition"].astype(object) == frame["task"].astype(object).map(chosen)
            frame = pd.concat([frame, frame[picked].assign(condition=CHOSEN)], ignore_index=True)
        frames[name] = frame
    table = contrast_gains(
        **frames, contrasts=[Contrast(key="chosen", arm=CHOSEN, against=BASELINE)], settings=evidence.settings,
        seen="include", same_data="include", english="include",
    )  # fmt: skip
    if table.empty:
        return Finding(note="the chosen conditions share no cell with fine-tuning alone")
    told = ", ".join(f"{condition_title(key)} for {task_title(task)}" for task, key in chosen.items())
    left = [task_title(key) for key in evidence.targets if key not in chosen]
    note = f"without English development rows, so left out: {', '.join(left)}" if left else ""
    return Finding(parts=(beyond(told, table.iloc[0], SHARE * claim.published["average"]),), note=note)


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


def mlm_no_better(claim: Claim, evidence: Evidence) -> Finding:
    """Each condition with masked-language modelling against the same without: no better for half or more."""
    pairs = _mlm_pairs(evidence)
    return _pairs(evidence, pairs, above=False, missing="no condition with masked-language modelling was run")


def mlm_worse(claim: Claim, evidence: Evidence) -> Finding:
    """Each condition without masked-language modelling against the same with it: better for more than half."""
    pairs = [(plain, arm) for arm, plain in _mlm_pairs(evidence)]
    return _pairs(evidence, pairs, above=True, missing="no condition with masked-language modelling was run")


def _mlm_pairs(evidence: Evidence) -> list[tuple[str, str]]:
    return [(key, plain) for key in evidence.conditions if (plain := key.removesuffix(MLM)) != key]


def translated_no_better(claim: Claim, evidence: Evidence) -> Finding:
    """Machine-translated against English data of one task: no better for half of the languages or more."""
    return _pairs(evidence, _translated_pairs(claim, evidence), above=False, missing=_no_translation(evidence))


def translated_worse(claim: Claim, evidence: Evidence) -> Finding:
    """English against machine-translated data of one task: better for more than half of the languages."""
    pairs = [(plain, arm) for arm, plain in _translated_pairs(claim, evidence)]
    return _pairs(evidence, pairs, above=True, missing=_no_translation(evidence))


def _translated_pairs(claim: Claim, evidence: Evidence) -> list[tuple[str, str]]:
    (english,), copies = claim.conditions
    return [(key, english) for key in copies if key in evidence.conditions]


def _no_translation(evidence: Evidence) -> str:
    people = [key for key in evidence.conditions if key.startswith("xnli_pairs_") and key != "xnli_pairs_en"]
    also = " (XNLI pairs were, but people translated them)" if people else ""
    return f"no machine-translated intermediate data was run{also}"


def _pairs(evidence: Evidence, pairs: Sequence[tuple[str, str]], *, above: bool, missing: str) -> Finding:
    """First arm of each pair minus the second: above the margin for more than half, or not for half or more."""
    there = {*evidence.conditions, BASELINE}
    rows = {pair: evidence.compare(*pair) for pair in pairs if set(pair) <= there}
    parts = tuple(
        beyond(f"{condition_title(arm)} against {condition_title(other)}", row, evidence.margin, above=above)
        for (arm, other), row in rows.items()
        if row is not None
    )
    count = len(parts)
    return Finding(
        parts=parts, at_least=most(count) if above else count - count // 2, of="pairs", note="" if parts else missing
    )
