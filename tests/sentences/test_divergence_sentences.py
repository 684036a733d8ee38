from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from divergence_cells import simulate_cells

from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.divergence.explain import LEFT_OUT_COLUMNS, SLOPE_COLUMNS, Explained, explain_cells
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.table import COLUMNS
from study_utils.sentences.divergence import (
    NOT_ASKED,
    describe_controls,
    describe_divergence,
    describe_explained,
    describe_slope,
)

EMPTY = Explained(
    cells=pd.DataFrame(),
    left_out=pd.DataFrame(columns=list(LEFT_OUT_COLUMNS)),
    **{name: pd.DataFrame(columns=list(SLOPE_COLUMNS)) for name in ("slopes", "together", "controls")},
)


def row(**more):
    return pd.Series(
        {"measure": "mmd", "part": "task", "estimate": -0.012, "low": -0.02, "high": -0.004, "level": 0.95,
         "clear": True, "withheld": ""} | more
    )  # fmt: skip


def table(**mmd):
    rows = [
        {"encoder": "e5_small", "condition": key, "task": "xnli", "language": code, "mmd": value}
        for key, value in mmd.items()
        for code in ("en", "de", "fr")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_a_slope_says_direction_size_interval_and_verdict():
    assert describe_slope(row()) == (
        "one standard deviation more maximum mean discrepancy (farther than the other intermediate tasks on the same "
        "target and language) goes with \u22121.2 points of gain (95% interval \u22122.0 to \u22120.4): a clear fall."
    )
    assert describe_slope(row(estimate=0.01, low=0.001, high=0.02)).endswith("a clear rise.")
    assert describe_slope(row(clear=False)).endswith("not clear after correction for multiple comparisons.")
    assert describe_slope(row(clear=False, high=0.01)).endswith("not clear at this size.")
    assert describe_slope(row(withheld="it can't be told from the format")) == (
        "Maximum mean discrepancy: can't be told, it can't be told from the format."
    )


def test_nearest_and_farthest():
    (told,) = describe_divergence(table(mnli=0.1, sst2=0.3, stsb=0.2))
    assert told == (
        "XNLI: nearest is MNLI (maximum mean discrepancy 0.100), farthest SST-2 (0.300); means over 2 languages."
    )
    assert "one condition only" in describe_divergence(table(mnli=0.1))[0]
    assert "too few rows" in describe_divergence(table(mnli=np.nan))[0]
    assert describe_divergence(table()) == [NOT_ASKED]


def test_a_study_without_divergence_is_told_so():
    (told,) = describe_explained(EMPTY)
    assert told.startswith("Whether gains follow divergence can't be told")
    assert told.endswith(NOT_ASKED)
    assert "no estimate" in describe_controls(EMPTY)[0]


def test_too_few_tasks_are_told_with_the_rule():
    cells = simulate_cells(np.random.default_rng(0), tasks=4, languages=5)
    told = describe_explained(explain_cells(cells, settings=Settings(resamples=100)))
    assert told == [
        "Whether gains follow divergence between intermediate tasks can't be told: 4 intermediate tasks, at least 6 "
        "are needed.",
        "Whether gains follow divergence between languages can't be told: 5 languages, at least 8 are needed.",
        "How much divergence explains beyond format can't be told: 4 intermediate tasks, at least 6 are needed.",
    ]


@pytest.fixture(scope="module")
def clear():
    rng = np.random.default_rng(2)
    cells = simulate_cells(rng, tasks=9, slopes={"mmd": -1}, sds=(0.2, 0.2, 0.5, 0.5, 0.1, 0.1))
    return explain_cells(cells, settings=Settings(resamples=100))


def test_a_clear_fall_leads_and_numbers_are_those_of_the_tables(clear):
    told = describe_explained(clear)
    assert told[0].startswith(f"Divergence between intermediate tasks: of {len(MEASURES)} measures over 9")
    assert "1 with clearly smaller gains farther away and 0 with clearly larger ones" in told[0]
    slope = clear.slopes.set_index(["measure", "part"]).loc[("mmd", "task")]
    assert any(f"{100 * abs(slope['estimate']):.1f} points of gain" in one and "a clear fall" in one for one in told)
    everything = clear.left_out.set_index("measure").loc["all"]
    assert f"{100 * everything['share']:+.0f}% of the squared error" in told[-1]
    assert "all measures together" in told[-1]
    assert all(one[0].isupper() for one in told)
    assert not [one for one in [*told, *describe_controls(clear)] if "significant" in one or "nan" in one]


def test_noise_is_not_called_clear():
    cells = simulate_cells(np.random.default_rng(11), tasks=7)
    told = describe_explained(explain_cells(cells, settings=Settings(resamples=100)))
    assert "none shows a clear change of the gain, in either direction. The largest: one standard" in told[0]
