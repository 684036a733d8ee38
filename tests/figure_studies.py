"""Small simulated studies for figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from simulated_studies import simulate_study

MANY = (
    "en af ar bg bn de el es et eu fa fi fr he hi hu id it ja ka kk ko lt ml mr nl pl pt ro ru sw ta te th tr".split()
)


def study(languages: list[str], conditions: list[str], *, seeds=2, tasks=("sib200",)) -> tuple[pd.DataFrame, ...]:
    """Predictions and scores of a study in which every condition gains two points."""
    return simulate_study(
        np.random.default_rng(0), effects=dict.fromkeys(conditions, 0.02), languages=languages,
        tasks=dict.fromkeys(tasks, "accuracy"), seeds=range(seeds), examples=40,
    )  # fmt: skip
