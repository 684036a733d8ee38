"""The margin's reach: fewest seeds first, then fewest test rows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.outlook import reach_margin
from study_utils.analysis.planning.power import detectable, make_cells, with_seeds

KNOWN = Components(
    family=0.0, task=0.0, language=0.0, language_task=1e-5, seed=0.0, run=1e-5, residual=0.0, shared_row=0.0,
    own_row=0.4, conditions=4, tasks=3, languages=5, seeds=3, from_predictions=True,
)  # fmt: skip


@pytest.fixture
def larger():
    table = pd.DataFrame([(task, code) for task in ("xnli", "sib200", "udpos") for code in "de fr ru hi fi".split()])
    cells = make_cells(table.set_axis(["task", "language"], axis=1).assign(rows=50), seeds=3)
    return [replace(cells, rows=(count,) * len(cells.rows)) for count in (50, 200, 1000)]


def gain(cells, seeds):
    return 100 * detectable(KNOWN, with_seeds(cells, seeds))["gain_corrected"][0]


def test_test_rows_are_added_before_seeds(larger):
    margin = (gain(larger[1], 3) + gain(larger[0], 3)) / 2
    found = reach_margin(KNOWN, larger, most=20, margin=margin, level=0.95)
    assert (found.seeds, found.rows, found.enough) == (3, 200, True)
    assert found.gain == pytest.approx(gain(larger[1], 3))


def test_seeds_are_the_fewest_with_the_most_rows_and_rows_the_fewest_with_these_seeds(larger):
    margin = gain(larger[2], 7) + 1e-6
    found = reach_margin(KNOWN, larger, most=20, margin=margin, level=0.95)
    assert (found.seeds, found.rows) == (7, 1000)
    roomy = (gain(larger[2], 6) + gain(larger[2], 7)) / 2
    found = reach_margin(KNOWN, larger, most=20, margin=roomy, level=0.95)
    assert found.seeds == 7
    assert gain(larger[2], 6) > roomy >= found.gain


def test_what_is_out_of_reach_says_the_best(larger):
    found = reach_margin(KNOWN, larger, most=20, margin=0.01, level=0.95)
    assert (found.seeds, found.rows, found.enough) == (20, 1000, False)
    assert found.gain == pytest.approx(gain(larger[2], 20))
    assert reach_margin(KNOWN, larger, most=20, margin=50, level=0.95) is None
