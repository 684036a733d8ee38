from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis.inference.clear import claim_barred, corrected
from study_utils.analysis.inference.settings import Primary

TABLE = pd.DataFrame(
    {
        **{"condition": ["mnli", "sst2", "mnli", "sst2"], "unit": ["all", "all", "family", "family"]},
        **{"group": ["All languages"] * 2 + ["Romance"] * 2, "p": [0.03, 0.02, 0.03, 0.02], "low": 0.001},
        **{"high": 0.1, "n_languages": 5, "n_seeds": 3, "n_tasks": 4},
    }
)


def test_the_primary_comparison_is_corrected_for_itself_alone():
    found = corrected(TABLE, Primary())
    assert found["primary"].tolist() == [True, True, False, False]
    assert found["p_holm"].tolist() == pytest.approx([0.04, 0.04, 0.04, 0.04])
    one = corrected(TABLE, Primary(condition="mnli"))
    assert one["p_holm"].tolist() == pytest.approx([0.03, 0.06, 0.06, 0.06])
    assert one["clear"].tolist() == [True, False, False, False]
    family = corrected(TABLE, Primary(group="Romance"))
    assert family["primary"].tolist() == [False, False, True, True]
    assert corrected(TABLE)["p_holm"].tolist() == pytest.approx([0.08] * 4)


def test_what_bars_a_claim():
    table = TABLE.iloc[[0]]
    assert claim_barred(table).tolist() == [""]
    task = table.assign(decided_by="Tatoeba, XNLI")
    assert claim_barred(task).tolist() == ["a result that does not hold without Tatoeba or XNLI"]
    assert claim_barred(table.assign(failed_decide=True)).tolist() == ["a result that failed runs decide"]
    assert claim_barred(task.assign(n_seeds=2)).tolist() == ["fewer than 3 seeds"]
    assert claim_barred(table.assign(n_languages=2)).tolist() == ["fewer than 3 languages"]
    one = table.assign(n_languages=1)
    assert claim_barred(one).tolist() == claim_barred(one.assign(unit="language")).tolist() == [""]
    assert not corrected(task)["clear"].any()


def test_what_is_said_of_tasks_like_these_has_its_own_correction():
    table = TABLE.assign(general_p=[0.01, 0.2, 0.3, 0.4], general_low=[0.01, -0.1, -0.1, -0.1], general_high=0.2)
    table = table.assign(failed_decide=False, decided_by="")
    found = corrected(table, Primary())
    assert found["general_clear"].tolist() == [True, False, False, False]
    assert not corrected(table.assign(decided_by="XNLI"), Primary())["general_clear"].any(), "one task speaks for none"
    assert found["general_p_holm"].tolist() == pytest.approx([0.02, 0.2, 0.6, 0.6])
    assert not corrected(table.assign(failed_decide=True), Primary())["general_clear"].any()
