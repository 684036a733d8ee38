"""How unlike are two vocabularies? Both measures are 0 for equal ones and 1 where nothing is shared."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon


def jaccard_distance(a: pd.Series, b: pd.Series) -> float:
    """Share of the types of two counts that only one of them has (Jaccard 1912).

    It depends on how much text was counted: more text on one side only makes it larger. Missing where one is empty.
    """
    if not len(a) or not len(b):
        return float("nan")
    shared = len(a.index.intersection(b.index))
    return 1 - shared / (len(a) + len(b) - shared)


def jensen_shannon(a: pd.Series, b: pd.Series) -> float:
    """Jensen-Shannon divergence between the distributions of two counts, in bits (Lin 1991): between 0 and 1.

    Weighs types by how often they occur, so rare types, of which small samples share few, count little; two samples of
    one distribution still differ the more, the smaller they are. Missing where one is empty.
    """
    if not a.sum() or not b.sum():
        return float("nan")
    names = a.index.union(b.index)
    one, other = (counts.reindex(names, fill_value=0).to_numpy(float) for counts in (a, b))
    distance = jensenshannon(one, other, base=2)
    return float(np.nan_to_num(distance) ** 2)
