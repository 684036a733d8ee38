from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from divergence_cells import simulate_cells

from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.questions.divergence.explain import (
    LEFT_OUT_COLUMNS,
    SLOPE_COLUMNS,
    TARGET_COLUMNS,
    Explained,
    explain_cells,
)
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.table import COLUMNS
from study_utils.catalog.titles import task_title
from study_utils.sentences.divergence import (
    NOT_ASKED,
    describe_by_target,
    describe_controls,
    describe_divergence,
    describe_explained,
    describe_slope,
)
from study_utils.sentences.gains import points

EMPTY = Explained(
    cells=pd.DataFrame(),
    left_out=pd.DataFrame(columns=list(LEFT_OUT_COLUMNS)),
    by_target=pd.DataFrame(columns=list(TARGET_COLUMNS)),
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
        "Whether gains follow divergence between languages of a family can't be told: 5 languages, at least 8 are "
        "needed.",
        "How much divergence says beyond format about an intermediate task that was left out can't be told: 4 "
        "intermediate tasks, at least 6 are needed.",
        "How much divergence says beyond typological distance about a family that was left out can't be told: 5 "
        "languages, at least 8 are needed.",
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
    everything = clear.left_out.set_index(["part", "measure"]).loc[("task", "all")]
    change = f"{-100 * everything['share']:+.0f}%".replace("-", "\u2212")
    assert f"with all measures together the squared error changes by {change} (95% interval" in told[-2]
    assert told[-2].endswith("9 intermediate tasks): its gains are foretold better.")
    assert "from refits without each of 9 intermediate tasks" in told[-2]
    assert told[-1].endswith("can't be told: 4 families, at least 6 are needed.")
    assert all(one[0].isupper() for one in told)
    assert not [one for one in [*told, *describe_controls(clear)] if "significant" in one or "nan" in one]


def test_a_slope_that_turns_between_targets_is_no_rule():
    cells = simulate_cells(np.random.default_rng(13), tasks=14, sds=(0.2, 0.2, 0.2, 0.2, 0.1, 0.1))
    slope = cells["task"].map({"target00": -3.0, "target01": -3.0, "target02": 0.5})
    cells = cells.assign(gain=cells["gain"] + slope * cells["mmd"] / 100)
    names = dict(zip(("target00", "target01", "target02"), ("xnli", "sib200", "udpos")))
    found = explain_cells(cells.replace({"task": names}), settings=Settings())
    mine = (found.by_target["measure"] == "mmd") & (found.by_target["part"] == "task")
    rows = found.by_target[mine].set_index("task")["estimate"]
    low, high = rows.idxmin(), rows.idxmax()
    assert high == "udpos"
    (told,) = [one for one in describe_explained(found) if "On single targets the slope of maximum mean" in one]
    assert told == (
        f"On single targets the slope of maximum mean discrepancy runs from {points(rows[low])} points "
        f"({task_title(low)}) to {points(rows[high])} points (UD-POS): not in the same direction on every target, so "
        f"it is no rule for other targets."
    )
    by_target = describe_by_target(found)
    assert by_target[0].startswith("Slopes between intermediate tasks: for ")
    assert by_target[0].endswith("of 6 measures they rise on one target and fall on another.")
    assert describe_by_target(EMPTY) == []


def test_noise_is_not_called_clear():
    cells = simulate_cells(np.random.default_rng(11), tasks=7)
    told = describe_explained(explain_cells(cells, settings=Settings(resamples=100)))
    assert "none shows a clear change of the gain, in either direction. The largest: one standard" in told[0]
