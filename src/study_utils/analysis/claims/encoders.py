"""Claims about English encoders and about direct fine-tuning (arXiv 2210.01091), all encoders together.

English counts, and so do languages that a target is fine-tuned in: there only that fine-tuning counts, as in the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import pandas as pd

from study_utils.analysis.claims.evidence import Evidence, compare_arms, english_tasks
from study_utils.analysis.claims.parts import Part, beyond, either, every, most
from study_utils.analysis.claims.verdicts import Finding
from study_utils.analysis.questions.encoders import without_stages
from study_utils.analysis.results.condition_means import mean_rows
from study_utils.analysis.results.tables import is_source
from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.claims import Claim
from study_utils.catalog.titles import encoder_title, task_title

BERT, ROBERTA, XLNET = "bert_base", "roberta_base", "xlnet_base"
_AFTER, _ALONE = "after an intermediate task", "fine-tuning alone"

Arm = Mapping[tuple[str, str], float]
"""(encoder, condition) to its weight in a mean."""


def direct_better(claim: Claim, evidence: Evidence) -> Finding:
    """Gain of intermediate tasks on each target, mean over encoders: below minus the margin on more than half."""
    parts = _target_parts(evidence, threshold=-evidence.margin, above=False)
    return Finding(parts=parts, at_least=most(len(parts)), of="targets", note="" if parts else _NO_STAGE)


def general_tasks(claim: Claim, evidence: Evidence) -> Finding:
    """Gain of intermediate tasks on each target of the general domain: above the margin on one at least."""
    general = [task for task in evidence.targets if TASKS[task].domain == "general"]
    if not general:
        return Finding(note="no target of the general domain was run")
    parts = _target_parts(evidence.on(general), threshold=evidence.margin, above=True)
    return Finding(parts=parts, at_least=1, of="targets", note="" if parts else _NO_STAGE)


_NO_STAGE = "no condition with an intermediate task was run"


def _target_parts(evidence: Evidence, *, threshold: float, above: bool) -> tuple[Part, ...]:
    parts = []
    for task in evidence.targets:
        staged = [(encoder, key) for encoder, key in _run(evidence, task) if english_tasks(key)]
        in_language = [(encoder, key) for encoder, key in staged if CONDITIONS[key].regime != "english"]
        alone: dict[tuple[str, str], float] = {}
        for encoder, key in in_language or staged:
            alone[encoder, without_stages(key)] = alone.get((encoder, without_stages(key)), 0.0) + 1.0
        arms = {_AFTER: dict.fromkeys(in_language or staged, 1.0), _ALONE: alone}
        if not staged or not set(alone) <= set(_run(evidence, task)):
            continue
        tables = _arms(evidence, {task: arms}, own_language=bool(in_language))
        if (row := _compared(evidence, tables, _AFTER, _ALONE)) is not None:
            parts.append(beyond(task_title(task), row, threshold, above=above))
    return tuple(parts)


def roberta_best(claim: Claim, evidence: Evidence) -> Finding:
    """Targets on which RoBERTa is ahead of every other encoder: half of them, neither more nor fewer."""
    return _ranked(evidence, ROBERTA, ahead=True)


def bert_best(claim: Claim, evidence: Evidence) -> Finding:
    """Targets on which BERT is ahead of every other encoder: half of them, neither more nor fewer."""
    return _ranked(evidence, BERT, ahead=True)


def xlnet_worst(claim: Claim, evidence: Evidence) -> Finding:
    """Targets on which every other encoder is ahead of XLNet: all."""
    return _ranked(evidence, XLNET, ahead=False)


def _ranked(evidence: Evidence, key: str, *, ahead: bool) -> Finding:
    others = [encoder for encoder in evidence.encoders if encoder != key]
    if len(others) == len(evidence.encoders) or not others:
        return Finding(note=f"{encoder_title(key)} was not run beside another encoder")
    tables, parts = _by_encoder(evidence), []
    for task in tables[1]["task"].unique():
        own = tuple(None if f is None else f[f["task"] == task] for f in tables)
        pairs = [(key, other) if ahead else (other, key) for other in others]
        rows = {pair: _compared(evidence, own, *pair) for pair in pairs}
        if all(row is not None for row in rows.values()):
            against = [beyond(" against ".join(map(encoder_title, pair)), row, 0.0) for pair, row in rows.items()]
            parts.append(every(task_title(task), against))
    count = len(parts)
    if count < 2:
        return Finding(note="fewer than two targets were fine-tuned with every encoder")
    half = {"at_least": count // 2, "at_most": (count + 1) // 2} if ahead else {}
    return Finding(parts=tuple(parts), of="targets", **half)


def similar(claim: Claim, evidence: Evidence) -> Finding:
    """RoBERTa and BERT within the margin of one another, and both ahead of XLNet by more, as a mean over targets."""
    if not {BERT, ROBERTA, XLNET} <= set(evidence.encoders):
        return Finding(note="BERT, RoBERTa and XLNet were not run beside one another")
    tables, margin = _by_encoder(evidence), evidence.margin
    wanted = (
        ("RoBERTa not above BERT", (ROBERTA, BERT), margin, False),
        ("RoBERTa not below BERT", (ROBERTA, BERT), -margin, True),
        ("RoBERTa above XLNet", (ROBERTA, XLNET), margin, True),
        ("BERT above XLNet", (BERT, XLNET), margin, True),
    )
    rows = {pair: _compared(evidence, tables, *pair) for _, pair, _, _ in wanted}
    if any(row is None for row in rows.values()):
        return Finding(note="no target was fine-tuned with all three")
    return Finding(parts=tuple(beyond(name, rows[pair], limit, above=above) for name, pair, limit, above in wanted))


def intermediate_best(claim: Claim, evidence: Evidence) -> Finding:
    """Targets on which RoBERTa or BERT after an intermediate task is ahead of XLNet and of both without: all."""
    if not {BERT, ROBERTA, XLNET} <= set(evidence.encoders):
        return Finding(note="BERT, RoBERTa and XLNet were not run beside one another")
    parts = []
    for task in evidence.targets:
        run = _trained_with_all(evidence, task)
        staged = {key for key in run if english_tasks(key)}
        if not staged or staged == set(run):
            continue
        arms = {
            f"{encoder} {name}": dict.fromkeys(((encoder, key) for key in keys), 1.0)
            for encoder in (BERT, ROBERTA, XLNET)
            for name, keys in ((_AFTER, sorted(staged)), (_ALONE, sorted(set(run) - staged)))
        }
        tables = _arms(evidence, {task: arms}, own_language=True)
        able = [f"{encoder} {_AFTER}" for encoder in (BERT, ROBERTA)]
        rest = [name for name in arms if name not in able]
        each = [[_compared(evidence, tables, name, other) for other in rest] for name in able]
        if all(row is not None for row in chain(*each)):
            best = [every(task_title(task), [beyond(task_title(task), row, 0.0) for row in rows]) for rows in each]
            parts.append(either(task_title(task), best))
    note = "" if parts else "no target was fine-tuned with all three, with and without an intermediate task"
    return Finding(parts=tuple(parts), of="targets", note=note)


def _run(evidence: Evidence, task: str) -> list[tuple[str, str]]:
    """(encoder, condition) pairs that a target was scored under."""
    own = evidence.scores[evidence.scores["task"] == task]
    return list(own[["encoder", "condition"]].drop_duplicates().itertuples(index=False, name=None))


def _trained_with_all(evidence: Evidence, task: str) -> list[str]:
    """Conditions that a target was fine-tuned under with every encoder; those in the language itself, if there are."""
    run = _run(evidence, task)
    shared = [key for key in dict.fromkeys(key for _, key in run) if {(e, key) for e in evidence.encoders} <= set(run)]
    known = [key for key in shared if key in CONDITIONS]
    return [key for key in known if CONDITIONS[key].regime != "english"] or known


def _by_encoder(evidence: Evidence) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Tables with an arm for each encoder: on each target its mean over the conditions that all encoders have."""
    arms = {
        task: {encoder: dict.fromkeys(((encoder, key) for key in run), 1.0) for encoder in evidence.encoders}
        for task in evidence.targets
        if (run := _trained_with_all(evidence, task))
    }
    return _arms(evidence, arms, own_language=True)


def _arms(
    evidence: Evidence, arms: Mapping[str, Mapping[str, Arm]], *, own_language: bool
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Tables in which conditions are arms: on each target, weighted means over encoders and conditions.

    `own_language`: only of the languages that the target was fine-tuned in, if it was scored in one.
    """
    tables = []
    for frame in (evidence.predictions, evidence.scores):
        pieces = []
        for task, own in arms.items() if frame is not None else ():
            part = frame[frame["task"] == task]
            if own_language:
                part = part[part["language"].isin(_trained_languages(evidence, task, own))]
            names = part["encoder"].astype(str) + " " + part["condition"].astype(str)
            part = part.assign(condition=names, encoder="all")
            for name, arm in own.items():
                weights = {f"{encoder} {key}": weight for (encoder, key), weight in arm.items()}
                pieces.append(mean_rows(part, name, weights))
        tables.append(pd.concat(pieces, ignore_index=True) if pieces else None if frame is None else frame.iloc[:0])
    return tables[0], tables[1]


def _trained_languages(evidence: Evidence, task: str, arms: Mapping[str, Arm]) -> set[str]:
    keys = {key for arm in arms.values() for _, key in arm}
    rows = evidence.scores[(evidence.scores["task"] == task) & evidence.scores["condition"].isin(keys)]
    if all(CONDITIONS[key].regime == "english" for key in keys):
        return set(rows.loc[is_source(rows), "language"]) or set(rows["language"])
    return set(rows.loc[~rows["zero_shot"].astype(bool), "language"])


def _compared(
    evidence: Evidence, tables: tuple[pd.DataFrame | None, pd.DataFrame], arm: str, against: str
) -> pd.Series | None:
    return compare_arms(*tables, {arm: 1.0}, {against: 1.0}, settings=evidence.settings)
