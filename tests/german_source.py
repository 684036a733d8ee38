"""A target that is trained in German, beside SIB-200, which is trained in English: the same rows otherwise."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from study_utils.analysis.results.tables import SCORE_COLUMNS
from study_utils.catalog import TASKS

GERMAN = "sib200_de"
LANGUAGES = ("en", "de", "nl", "es", "fr", "ru")


def enter_german() -> None:
    """Enter the target, until the test ends."""
    item = TASKS["sib200"]

    def rows(role: str, *, german: bool):
        english, others = getattr(item, role).configs, getattr(item, f"{role}_in").configs
        kept = {code: name for code, name in (english | others).items() if (code == "de") == german}
        return replace(getattr(item, role), configs=kept, expected={})

    TASKS[GERMAN] = replace(
        item,
        key=GERMAN,
        title="SIB-200 (German)",
        training_language="de",
        train=rows("train", german=True),
        validation=rows("validation", german=True),
        train_in=rows("train", german=False),
        validation_in=rows("validation", german=False),
    )


def mixed_scores(*tasks: str, gains: dict[str, float], seeds: tuple[int, ...] = (0, 1, 2)) -> pd.DataFrame:
    """Results table: the source language of a task scores 0.8, others less by their place, a condition adds its gain.

    Conditions are trained in English, so without them alone is it zero-shot for a German target.
    """
    rows = []
    for task in tasks:
        source = TASKS[task].training_language
        for condition, gain in {"none": 0.0, **gains}.items():
            seen = {source, *(["en"] if condition != "none" else [])}
            for place, code in enumerate(LANGUAGES):
                level = (0.8 if code == source else 0.6 - place / 50) + gain
                for seed in seeds:
                    value = level + seed / 100 + place * seed / 999
                    cell = ("e5_small", condition, task, code, "clean", seed)
                    rows.append((*cell, "accuracy", value, 100, code not in seen, False, "r"))
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))
