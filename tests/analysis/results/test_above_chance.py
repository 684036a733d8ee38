"""Whether a task was learnt: by hand, and one answer for everything."""

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis.results.above_chance import FLOOR, compare_with_chance
from study_utils.catalog import TASKS
from study_utils.errors import StudyError
from study_utils.metrics import accuracy, macro_f1


def scores(task, values, metric, condition="none"):
    return pd.DataFrame({"task": task, "condition": condition, "metric": metric, "value": values})


def test_the_mean_of_a_condition_is_compared_with_chance_by_hand():
    rows = [scores("copa", [0.5, 0.51], "accuracy"), scores("copa", [0.4, 0.63], "accuracy", "mnli")]
    table = compare_with_chance(pd.concat(rows))
    assert list(table["condition"]) == ["none", "mnli"]
    assert list(table["value"]) == pytest.approx([0.505, 0.515])
    assert list(table["learnt"]) == [False, True]


def test_without_a_chance_level_anything_but_nothing_is_learnt():
    table = compare_with_chance(
        pd.concat([scores("e3c", [0.0], "span_f1"), scores("e3c", [2 * FLOOR], "span_f1", "mnli")])
    )
    assert list(table["learnt"]) == [False, True]


@pytest.mark.parametrize("share", [0.2, 0.575, 0.9])
def test_one_answer_for_everything_is_not_learnt_however_many_have_that_label(share):
    gold = np.array(["yes", "no"])[(np.arange(1000) < 1000 * share).astype(int)]
    rows = pd.DataFrame({"gold": gold, "prediction": "no", "total": 1})
    rows["correct"] = (rows["gold"] == rows["prediction"]).astype(int)
    found = pd.concat([scores("pawsx", [accuracy(rows)], "accuracy"), scores("pawsx", [macro_f1(rows)], "macro_f1")])
    (row,) = compare_with_chance(found).itertuples()
    assert (row.metric, row.learnt) == ("macro_f1", False)
    assert row.value <= TASKS["pawsx"].chance


def test_a_table_without_metrics_is_refused():
    with pytest.raises(StudyError, match="metric"):
        compare_with_chance(pd.DataFrame({"task": ["copa"], "condition": ["none"], "value": [0.5]}))
