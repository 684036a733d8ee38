from __future__ import annotations

import numpy as np
import pytest

from study_utils.analysis.simulate import simulate_study


@pytest.fixture(scope="session")
def study():
    """Predictions and scores: two conditions, five families, two tasks, three seeds."""
    return simulate_study(
        np.random.default_rng(1),
        effects={"mnli": 0.05, "sst2": {"Slavic": -0.1}},
        languages=["en", "es", "fr", "it", "ru", "pl", "bg", "ar", "he", "eu", "ja"],
        tasks={"sib200": "accuracy", "udpos": "token_accuracy"},
        language_sd=0.01,
    )
