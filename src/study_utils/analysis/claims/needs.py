"""What a test of a claim itself lacks in a study: every part is named, and each once for all claims that lack it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from study_utils.analysis.claims.evidence import Evidence
from study_utils.analysis.questions.epochs import MEAN
from study_utils.analysis.results.tables import primary_metric
from study_utils.catalog import TASKS, condition
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.claims import CLAIMS, KEEP_EPOCHS, OTHER_TEST_ROWS, Claim
from study_utils.catalog.titles import condition_title, encoder_title, task_title

WHOLE = 0.9
"""Share of a task's published rows from which it counts as trained, or scored, on all of them: some are held out."""

Need = tuple[str, str]
"""What kind of thing is missing, and which."""

_PLURALS = {kind: f"{kind}s" for kind in ("encoder", "target", "condition", "language", "setting", "design")}


def needs(claim: Claim, evidence: Evidence, designs: Mapping[str, bool | None]) -> list[Need]:
    """List what a test of the claim itself lacks in these runs.

    Parameters
    ----------
    claim : Claim
        A testable one.
    evidence : Evidence
        Of all encoders of the study, or of one.
    designs : mapping of str to bool or None
        Key of a design claim to whether the study follows it.
    """
    found = [
        ("encoder", " or ".join(map(encoder_title, keys)))
        for keys in claim.encoders
        if not set(keys) & set(evidence.encoders)
    ]
    found += [("target", task_title(key)) for key in claim.targets if key not in evidence.targets]
    found += [("target", f"{task_title(key)} above chance") for key in claim.targets if key in evidence.unlearnt]
    if (learnt := len(evidence.targets) - len(evidence.unlearnt)) < claim.n_targets:
        found.append(("target", f"{claim.n_targets} of any kind, of which {learnt} were run and learnt"))
    have = set(evidence.conditions)
    found += [("condition", _either(keys)) for keys in claim.conditions if not have & set(keys)]
    found += [*_languages(claim, evidence), *_test_rows(claim, evidence), *_training_rows(claim, evidence)]
    found += [("setting", name) for name in claim.settings if not _is_set(name, evidence)]
    found += [("design", CLAIMS[key].says.removesuffix(".")) for key in claim.design if not designs.get(key)]
    return found + ([("out of reach", claim.lacks)] if claim.lacks else [])


def _is_set(name: str, evidence: Evidence) -> bool:
    """Whether the scores that a setting makes are there: of epochs, of the mean of epochs."""
    epochs = set() if evidence.epochs is None else set(evidence.epochs["epoch"])
    return bool(epochs - {MEAN}) if name == KEEP_EPOCHS else MEAN in epochs


def _languages(claim: Claim, evidence: Evidence) -> Iterator[Need]:
    if not claim.benchmark:
        return
    there = evidence.scores.groupby("task")["language"].agg(set)
    for task in claim.targets:
        codes = BENCHMARKS[claim.benchmark].tasks[task]
        if task in there and (missing := [code for code in codes if code not in there[task]]):
            yield "language", f"{task_title(task)} in {len(missing)} of {len(codes)}"


def _test_rows(claim: Claim, evidence: Evidence) -> Iterator[Need]:
    """Targets scored on other test rows than the benchmark's, or on part of them."""
    for task in claim.targets:
        if task not in evidence.targets:
            continue
        if claim.benchmark and task in OTHER_TEST_ROWS:
            yield "test rows", f"{task_title(task)}: {OTHER_TEST_ROWS[task]}"
        own = evidence.scores[(evidence.scores["task"] == task) & (evidence.scores["metric"] == primary_metric(task))]
        counts = own.groupby("language")["n"].min()
        published = pd.Series(dict(getattr(TASKS[task].test, "expected", {})), dtype=float).reindex(counts.index)
        short = counts[counts < WHOLE * published]
        if len(short):
            code = (short / published).idxmin()
            yield "test rows", f"{task_title(task)}: {int(short[code]):,} of {int(published[code]):,}"


def _training_rows(claim: Claim, evidence: Evidence) -> Iterator[Need]:
    """Tasks that were trained on part of their published rows; of a claim without named targets, caps of the stages."""
    if claim.n_targets:
        for stage in ("intermediate", "target"):
            if cap := getattr(evidence.params, stage).examples:
                yield "training rows", f"{stage} stage cut to {cap:,}"
        return
    named = {key for keys in claim.conditions for key in keys} & set(evidence.conditions)
    tasks = {task for key in named for task in condition(key).tasks} | set(claim.targets)
    rows = evidence.sizes[(evidence.sizes["role"] == "train") & evidence.sizes["task"].isin(tasks)]
    for task, count in rows.groupby("task", sort=False)["rows"].max().items():
        published = getattr(TASKS[task].train, "expected", {}).get(TASKS[task].training_language)
        if published and count < WHOLE * published:
            yield "training rows", f"{task_title(task)}: {count:,} of {published:,}"


def _either(keys: tuple[str, ...]) -> str:
    if len(keys) > 3:
        return f"{condition_title(keys[0])} or another of {len(keys)}"
    return " or ".join(condition_title(key) for key in keys)


def told(missing: Sequence[Need]) -> str:
    """Say what is missing in one text: ``"encoder: XLM-R large; targets: PAWS-X, PAN-X"``."""
    kinds = dict.fromkeys(kind for kind, _ in missing)
    own = {kind: [name for other, name in missing if other == kind] for kind in kinds}
    return "; ".join(
        f"{kind if len(names) == 1 else _PLURALS.get(kind, kind)}: {', '.join(names)}" for kind, names in own.items()
    )


def missing_parts(missing: Mapping[tuple[str, str], Sequence[Need]]) -> pd.DataFrame:
    """Gather what the tests of claims lack, each thing once.

    Parameters
    ----------
    missing : mapping of (str, str) to sequence of Need
        From `study_utils.analysis.claims.claim_needs`.

    Returns
    -------
    pandas.DataFrame
        One row a kind of thing: `missing` (the kind), `which` (each once), `claims` (how many claims lack one of them).
    """
    rows = [(kind, name, key) for (key, _), items in missing.items() for kind, name in items]
    table = pd.DataFrame(rows, columns=["missing", "which", "claim"])
    groups = table.groupby("missing", sort=False)
    found = groups.agg(which=("which", lambda names: "; ".join(dict.fromkeys(names))), claims=("claim", "nunique"))
    return found.sort_values("claims", ascending=False, kind="stable").reset_index()
