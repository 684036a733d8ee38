"""The ledger: every published claim against the results of one study."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from study_utils.analysis.claims import encoders, intermediate
from study_utils.analysis.claims.evidence import Evidence, lacking
from study_utils.analysis.claims.verdicts import Finding, ledger_table, verdicts
from study_utils.catalog.claims import CLAIMS, SOURCES
from study_utils.catalog.titles import encoder_title

OF_ONE_ENCODER: dict[str, Callable[[Evidence], Finding]] = {
    "phang-best-single": intermediate.best_single,
    "phang-multitask-best": intermediate.multitask_best,
    "phang-retrieval": intermediate.retrieval,
    "phang-tydiqa-consistent": intermediate.tydiqa,
    "phang-xnli-none": intermediate.xnli_none,
    "phang-benchmark": intermediate.benchmark,
    "phang-mlm": intermediate.masked_language,
    "phang-translated": intermediate.translated,
}
"""Claim to the function that holds one encoder's results against it."""

OF_ALL_ENCODERS: dict[str, Callable[[Evidence], Finding]] = {
    "mohapatra-direct-better": encoders.direct_better,
    "mohapatra-roberta-bert": encoders.roberta_best,
    "mohapatra-xlnet-worst": encoders.xlnet_worst,
    "mohapatra-larger-intermediate": encoders.larger_intermediate,
}
"""Claim to the function that holds all encoders' results together against it."""


def claim_ledger(evidence: Evidence) -> pd.DataFrame:
    """Hold the results of a study against every published claim.

    Returns
    -------
    pandas.DataFrame
        One row a claim and encoder (claims about several encoders: one row), in the order of the catalogue: the fields
        of `study_utils.analysis.claims.verdicts.Verdict`, then `source`, `says`, `published` (text) and
        `published_low`, `published_high` (smallest and largest published number, in the unit of `estimate`).
    """
    evidence, found = evidence.compact(), []
    for key, claim in CLAIMS.items():
        if key in OF_ONE_ENCODER:
            for encoder in evidence.encoders:
                own = evidence.of(encoder)
                found.append((claim, encoder_title(encoder), OF_ONE_ENCODER[key](own), lacking(claim, own)))
        else:
            names = ", ".join(map(encoder_title, evidence.encoders))
            found.append((claim, names, OF_ALL_ENCODERS[key](evidence), lacking(claim, evidence)))
    table = ledger_table(verdicts(found))
    claims = [CLAIMS[key] for key in table["claim"]]
    return table.assign(
        source=[SOURCES[item.source].cited for item in claims],
        says=[item.says for item in claims],
        published=[", ".join(f"{name} {value:g}" for name, value in item.published.items()) for item in claims],
        published_low=[min(item.published.values(), default=float("nan")) for item in claims],
        published_high=[max(item.published.values(), default=float("nan")) for item in claims],
    )
