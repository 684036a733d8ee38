"""Code-switching between texts: the second one of an example in English."""

from __future__ import annotations

import hashlib
from math import floor

import pandas as pd

ENGLISH = "en"


def switch_texts(rows: pd.DataFrame, english: pd.DataFrame, field: str, severity: float) -> tuple[pd.Series, int]:
    """Replace a field of some examples by that of the same example in English.

    Parameters
    ----------
    rows : pandas.DataFrame
        Test rows of one language.
    english : pandas.DataFrame
        The English test rows; examples are the same where ids are.
    field : str
        What is replaced.
    severity : float
        Share of the examples, rounded down: those whose id has the smallest hash, so that they are the same ones in all
        languages, and a higher share holds a lower one's.

    Returns
    -------
    field : pandas.Series
        New values, with the index of `rows`.
    changed : int
        How many examples were asked for and have an English text that differs.
    """
    asked = floor(severity * len(rows) + 1e-9)
    ids = rows["id"].astype(str)
    order = ids.map(lambda key: hashlib.sha256(f"codeswitch {key}".encode()).hexdigest()).sort_values().index
    there = english.set_index("id")[field]
    switched = rows.loc[order[:asked], "id"].map(there).dropna()
    switched = switched[switched.str.strip() != ""]
    switched = switched[switched != rows.loc[switched.index, field]]
    values = rows[field].copy()
    values.loc[switched.index] = switched
    return values, len(switched)
