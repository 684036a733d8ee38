"""Sentences about simulated studies: which intervals hold what they promise."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.calibration.calibrate import COVERAGE, FALSE_CLAIMS, HEADLINES
from study_utils.analysis.calibration.designs import SETTINGS, without_effect
from study_utils.analysis.inference.clear import CLAIM_SEEDS
from study_utils.sentences.gains import counted

_EFFECT = 0.02


def describe_calibration(points: pd.DataFrame) -> list[str]:
    """Say how intervals and claims did over all points, headline by headline, and where they fall short."""
    flat = without_effect(points).drop_duplicates(["balance", "families", "headline", *SETTINGS])
    low, high = COVERAGE
    sentences = [
        f"{flat.drop_duplicates(['balance', 'families', *SETTINGS]).shape[0]} designs were simulated, "
        f"{flat['n_studies'].min():,} studies each.",
        f"Intervals at 95% are right if they hold the truth in {low:.0%} to {high:.0%} of the studies, and claims if "
        f"at most {FALSE_CLAIMS:.0%} of the studies make a false one.",
    ]
    enough = flat[flat["seeds"] >= CLAIM_SEEDS]
    for headline, title in HEADLINES.items():
        part = enough[enough["headline"] == headline]
        if part.empty:
            continue
        most = part.loc[part["false_claims"].idxmax()]
        start = f"{title[0].upper()}{title[1:]}"
        sentences.append(
            f"{start}: intervals hold the truth in {part['coverage'].min():.1%} to {part['coverage'].max():.1%} of the "
            f"studies."
        )
        sentences.append(
            f"{start}: a false claim is made in at most {most['false_claims']:.1%} of the studies ({_named(most)})."
        )
        narrow = part[part["verdict"].str.contains("narrow|too many")]
        if len(narrow):
            worst = narrow.loc[narrow["coverage"].idxmin()]
            sentences.append(f"{start}: they fall short in {counted(len(narrow), 'design')}, most for {_named(worst)}.")
        wide = part[part["verdict"].str.contains("wider")]
        if len(wide):
            widest = wide.loc[wide["coverage"].idxmax()]
            sentences.append(
                f"{start}: intervals are wider than they need be in {counted(len(wide), 'design')}, most for "
                f"{_named(widest)}. That costs power and misleads nobody."
            )
    few = flat[flat["seeds"] < CLAIM_SEEDS]
    if len(few):
        sentences.append(
            f"With {few['seeds'].max()} seeds intervals hold the truth in {few['coverage'].min():.1%} or more; from "
            f"fewer than {CLAIM_SEEDS} seeds the reports of studies claim nothing."
        )
    strong = points[(points["effect"] == _EFFECT) & (points["seeds"] >= CLAIM_SEEDS)]
    for headline in ("all", "general", "family"):
        for balance, part in strong[strong["headline"] == headline].groupby("balance", sort=False):
            found = part.iloc[0]
            sentences.append(
                f"A true gain of {100 * _EFFECT:g} points is found for {HEADLINES[headline]} in {found['claims']:.0%} "
                f"({balance}, {found['seeds']} seeds)."
            )
    return sentences


def _named(row: pd.Series) -> str:
    return f"{row['balance']}, {row['varied']}: {row['value']}"
