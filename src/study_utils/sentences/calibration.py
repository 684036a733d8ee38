"""Sentences about simulated studies: which intervals hold what they promise."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.calibration.calibrate import COVERAGE, FALSE_POSITIVES
from study_utils.analysis.calibration.designs import SETTINGS, without_effect
from study_utils.analysis.inference.clear import CLAIM_SEEDS


def describe_calibration(points: pd.DataFrame) -> list[str]:
    """Say how intervals and claims did over all points, and where they fall short."""
    flat = without_effect(points).drop_duplicates(["balance", "families", *SETTINGS])
    low, high = COVERAGE
    narrow = flat[flat["verdict"].str.contains("narrow")]
    wide = flat[flat["verdict"].str.contains("wider")]
    worst = flat.loc[flat["coverage"].idxmin()]
    most = flat.loc[flat["false_positives"].idxmax()]
    sentences = [
        f"Over {len(flat)} designs of {flat['n_studies'].min():,} simulated studies each, 95% intervals hold the truth "
        f"in {flat['coverage'].min():.1%} to {flat['coverage'].max():.1%}; {low:.0%} to {high:.0%} are right.",
        f"In {len(wide)} designs they are wider than they need be, in {len(narrow)} too narrow"
        + (f", worst for {_named(worst)} ({worst['coverage']:.1%})." if len(narrow) else "."),
        f"A false claim anywhere in a study without effect is made in at most {most['false_positives']:.1%} of the "
        f"studies ({_named(most)}); {FALSE_POSITIVES:.0%} is allowed.",
    ]
    few = flat[flat["seeds"] < CLAIM_SEEDS]
    if len(few):
        sentences.append(
            f"With {few['seeds'].max()} seeds intervals hold the truth in as few as {few['coverage'].min():.1%}, where "
            f"seeds vary most: from fewer than {CLAIM_SEEDS} seeds the reports of studies claim nothing."
        )
    effect = 0.03
    strong = points[(points["effect"] == effect) & (points["n_languages"] == 0) & (points["seeds"] >= CLAIM_SEEDS)]
    best, least = strong.loc[strong["claims"].idxmax()], strong.loc[strong["claims"].idxmin()]
    sentences.append(
        f"A true gain of {100 * effect:g} points in every family is found in {least['claims']:.0%} of the families "
        f"({_named(least)}) to {best['claims']:.0%} ({_named(best)})."
    )
    return sentences


def _named(row: pd.Series) -> str:
    return f"{row['balance']}, {row['varied']}: {row['value']}"
