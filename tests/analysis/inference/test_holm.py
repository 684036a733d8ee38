from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from study_utils.analysis.inference.holm import holm


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_agrees_with_statsmodels(count):
    p = np.random.default_rng(count).random(count) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_missing_ones_are_no_tests():
    assert holm([0.03, np.nan, 0.01]) == pytest.approx([0.03, np.nan, 0.02], nan_ok=True)
    assert len(holm([])) == 0
