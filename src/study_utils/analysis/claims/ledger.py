"""The ledger: every published claim against the results of one study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

import pandas as pd

from study_utils.analysis.claims import encoders, intermediate, stability
from study_utils.analysis.claims.designs import DESIGNS
from study_utils.analysis.claims.evidence import Evidence
from study_utils.analysis.claims.needs import Need, needs, told
from study_utils.analysis.claims.verdicts import (
    FOLLOWED,
    LEDGER_COLUMNS,
    NOT_FOLLOWED,
    Finding,
    Verdict,
    verdicts,
)
from study_utils.catalog import source_language
from study_utils.catalog.claims import CLAIMS, SOURCES, TESTABLE, Claim
from study_utils.catalog.titles import encoder_title, task_title

Test = Callable[[Claim, Evidence], Finding]

OF_ONE_ENCODER: Mapping[str, Test] = {
    "phang-best-single": intermediate.best_single,
    "phang-most-targets": intermediate.most_targets,
    "phang-multitask-best": intermediate.multitask_best,
    "phang-multitask-no-better": intermediate.multitask_no_better,
    "phang-retrieval": intermediate.retrieval,
    "phang-answering": intermediate.answering,
    "phang-tydiqa-consistent": intermediate.tydiqa,
    "phang-xnli-none": intermediate.xnli_none,
    "phang-benchmark": intermediate.benchmark,
    "phang-mlm-no-better": intermediate.mlm_no_better,
    "phang-mlm-worse": intermediate.mlm_worse,
    "phang-translated-no-better": intermediate.translated_no_better,
    "phang-translated-worse": intermediate.translated_worse,
    "stilts-steadier": stability.steadier,
    "keung-english-selection": stability.english_selection,
    "keung-within-runs": stability.within_runs,
    "schmidt-averaging": stability.averaging,
    "lin-seeds": stability.seed_variance,
    "lin-tasks": stability.task_variance,
}
"""Testable claim to the function that holds one encoder's results, of targets trained in English, against it."""

OF_ALL_ENCODERS: Mapping[str, Test] = {
    "mohapatra-direct-better": encoders.direct_better,
    "mohapatra-general-tasks": encoders.general_tasks,
    "mohapatra-roberta-best": encoders.roberta_best,
    "mohapatra-bert-best": encoders.bert_best,
    "mohapatra-xlnet-worst": encoders.xlnet_worst,
    "mohapatra-similar": encoders.similar,
    "mohapatra-intermediate-best": encoders.intermediate_best,
}
"""Testable claim to the function that holds all encoders' results together against it."""


def claim_ledger(evidence: Evidence) -> pd.DataFrame:
    """Hold the results of a study against every testable claim, and its design against published ones.

    Returns
    -------
    pandas.DataFrame
        One row a claim and encoder (claims about several encoders, and designs: one row), in the order of the
        catalogue; background has none. The fields of `study_utils.analysis.claims.verdicts.Verdict`, then `kind`,
        `source`, `says`, `published` (text) and `published_low`, `published_high` (smallest and largest published
        number, in the unit of `estimate`; missing where that is another).
    """
    evidence = evidence.compact()
    designs = {key: check(CLAIMS[key], evidence) for key, check in DESIGNS.items()}
    missing = claim_needs(evidence)
    found: list[tuple[Claim, str, Finding, str]] = []
    for key, claim in CLAIMS.items():
        if key in OF_ONE_ENCODER:
            for encoder in evidence.encoders:
                finding = _find_from_english(OF_ONE_ENCODER[key], claim, evidence.of(encoder))
                found.append((claim, encoder_title(encoder), finding, told(missing[key, encoder])))
        elif key in OF_ALL_ENCODERS:
            finding = _find(OF_ALL_ENCODERS[key], claim, evidence)
            found.append((claim, _named(evidence), finding, told(missing[key, ""])))
    rows = [
        *verdicts(found),
        *(
            Verdict(claim=key, encoder=_named(evidence), verdict=FOLLOWED if follows else NOT_FOLLOWED, here=have)
            for key, (follows, have) in designs.items()
        ),
    ]
    table = pd.DataFrame([asdict(row) for row in rows], columns=LEDGER_COLUMNS)
    claims = [CLAIMS[key] for key in table["claim"]]
    comparable = [claim.kind == TESTABLE and unit == "points" for claim, unit in zip(claims, table["unit"])]
    numbers = [list(claim.published.values()) if same else [] for claim, same in zip(claims, comparable)]
    return table.assign(
        kind=[item.kind for item in claims],
        source=[SOURCES[item.source].cited for item in claims],
        says=[item.says for item in claims],
        published=[", ".join(f"{name} {value:g}" for name, value in item.published.items()) for item in claims],
        published_low=[min(values, default=float("nan")) for values in numbers],
        published_high=[max(values, default=float("nan")) for values in numbers],
    )


def _find(test: Test, claim: Claim, evidence: Evidence) -> Finding:
    """Hold results against a claim: those of targets that were learnt."""
    learnt = [key for key in evidence.targets if key not in evidence.unlearnt]
    if not learnt:
        return Finding(note="no target was learnt")
    return test(claim, (evidence.on(learnt) if evidence.unlearnt else evidence).about(claim))


def _find_from_english(test: Test, claim: Claim, evidence: Evidence) -> Finding:
    """Hold results against a claim about English sources: those of learnt targets that are trained in English."""
    english = [key for key in evidence.targets if source_language(key) == "en"]
    others = [key for key in evidence.targets if key not in english]
    if not others or set(claim.targets) & set(english):
        return _find(test, claim, evidence)
    told = f"about targets trained in English, so left out: {', '.join(map(task_title, others))}"
    if not english:
        return Finding(note=told)
    found = _find(test, claim, evidence.on(english))
    return replace(found, note=f"{found.note}; {told}" if found.note else told) if found.parts else found


def claim_needs(evidence: Evidence) -> dict[tuple[str, str], list[Need]]:
    """List what the test of each testable claim lacks, by claim and encoder (empty where it is about several)."""
    follows = {key: check(CLAIMS[key], evidence)[0] for key, check in DESIGNS.items()}
    found = {}
    for key, claim in CLAIMS.items():
        if key in OF_ONE_ENCODER:
            for encoder in evidence.encoders:
                found[key, encoder] = needs(claim, evidence.of(encoder), follows)
        elif key in OF_ALL_ENCODERS:
            found[key, ""] = needs(claim, evidence, follows)
    return found


def _named(evidence: Evidence) -> str:
    return ", ".join(map(encoder_title, evidence.encoders))
