"""Prediction rows for the tests of metrics."""

from __future__ import annotations

import pandas as pd


def frame(gold, found, **columns):
    gold, found = list(gold), list(found)
    right = [float(g == f) for g, f in zip(gold, found)]
    base = {
        "language": "en",
        "measure": "accuracy",
        "gold": gold,
        "prediction": found,
        "correct": right,
        "total": 1.0,
    }
    return pd.DataFrame({**base, **columns})
