"""Variance components of gains: known truths, what is left out, and the noise of test rows."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from gain_scores import CODES, scores_of

from study_utils.analysis.planning.components import gain_components
from study_utils.analysis.results.tables import PREDICTION_COLUMNS
from study_utils.errors import AnalysisError


@pytest.mark.parametrize("source", ["task", "language", "language_task", "seed", "run"])
def test_each_variance_is_found_where_it_is(source):
    size = {"task": 4, "seed": 3}.get(source, 12)
    many = {"task": {}, "seed": {"seeds": 12}}.get(source, {"seeds": 8})
    found = asdict(gain_components(scores_of({source: 0.03}, number=size, **many)))
    total = sum(found[name] for name in ("family", "task", "language", "language_task", "seed", "run"))
    near = found["language"] + found["family"] if source == "language" else found[source]
    assert near > 0.7 * total
    assert near == pytest.approx(0.03**2, rel=0.7 if source in ("task", "seed") else 0.5)


def test_conditions_are_averaged_all_alike():
    one, other = scores_of({"run": 0.03}, number=1), scores_of({"run": 0.01}, number=2, conditions=("sst2",))
    both = pd.concat([one, other[other["condition"] == "sst2"]])
    parts, whole = [gain_components(table) for table in (one, other)], gain_components(both)
    assert whole.run == pytest.approx((parts[0].run + parts[1].run) / 2)
    assert (whole.conditions, whole.tasks, whole.languages, whole.seeds) == (2, 4, 20, 3)
    assert json.loads(json.dumps(asdict(whole)))["run"] == whole.run


def test_english_same_data_seen_languages_and_variants_do_not_count():
    scores = scores_of({"run": 0.02, "residual": 0.02})
    expected = gain_components(scores)
    rows = scores["language"] == "es"
    wild = scores.assign(value=np.where(scores["condition"] == "none", 0.1, 0.9))
    extra = [
        wild[rows].assign(language="en"),
        wild[rows].assign(language="tr", zero_shot=False),
        wild[rows].assign(language="zh", same_data=True),
        wild.assign(variant="typos@0.3"),
    ]
    assert gain_components(pd.concat([scores, *extra])) == expected


def test_without_predictions_the_residual_is_noise_of_rows_up_to_that_of_separate_rows():
    small = gain_components(scores_of({"residual": 0.02}, rows=100))
    assert small.residual == 0
    assert small.own_row == pytest.approx(100 * 0.02**2, rel=0.1)
    assert small.shared_row == 0
    large = gain_components(scores_of({"residual": 0.1}, rows=1000))  # rows explain 2 * 0.25 / 1000 at most
    assert large.own_row == pytest.approx(0.5, rel=0.05)
    assert large.residual == pytest.approx(0.1**2 - 0.5 / 1000, rel=0.1)
    assert not large.from_predictions


def predictions_of(change):
    """Predictions of one task; `change`, shape (languages, seeds, rows), is what the condition adds to the baseline."""
    rows = []
    for (j, k, i), value in np.ndenumerate(change):
        for condition, correct in (("none", 0.5), ("snli", 0.5 + value)):
            key = {"encoder": "e5_small", "condition": condition, "task": "sib200", "variant": "clean", "seed": k}
            rows.append(key | {"language": CODES[j], "example_id": f"{i:03d}", "correct": correct})
    fixed = {"run": "r", "measure": "accuracy", "gold": "a", "prediction": "a", "total": 1.0}
    return pd.DataFrame(rows).assign(**fixed)[list(PREDICTION_COLUMNS)]


def test_predictions_tell_noise_that_seeds_share_from_each_seeds_own():
    rng = np.random.default_rng(3)
    shared = rng.normal(0, 0.3, (20, 1, 80))
    change = shared + rng.normal(0, 0.2, (20, 3, 80)) + rng.normal(0, 0.5, (20, 3, 1))  # the last moves whole cells
    scores = scores_of({"residual": 0.08, "language_task": 0.08}, rows=80)
    found = gain_components(scores, predictions_of(change))
    assert found.from_predictions
    assert found.shared_row == pytest.approx(0.3**2, rel=0.1)
    assert found.own_row == pytest.approx(0.2**2, rel=0.1)
    without = gain_components(scores)
    assert found.language_task + found.shared_row / 80 == pytest.approx(without.language_task)
    assert found.residual + found.own_row / 80 == pytest.approx(without.residual + without.own_row / 80)


def test_measured_noise_is_never_more_than_the_variance_it_is_part_of():
    change = np.random.default_rng(4).normal(0, 1.0, (20, 3, 80))
    found = gain_components(scores_of({"residual": 0.01}, rows=80), predictions_of(change))
    assert found.residual == 0
    assert found.own_row == pytest.approx(80 * 0.01**2, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": 1}, "snli has 4 tasks, 20 languages, 1 seed"),
        ({"tasks": ("xnli",)}, "1 task,"),
        ({"codes": ["es"]}, "1 language,"),
    ],
)
def test_too_little_to_tell_variances_apart_is_an_error(changes, told):
    with pytest.raises(AnalysisError, match=f"two tasks, two languages and two seeds.*{told}"):
        gain_components(scores_of({}, **changes))


def test_bad_tables_are_refused():
    scores = scores_of({})
    with pytest.raises(AnalysisError, match="no gain differs"):
        gain_components(scores.assign(value=0.5))
    with pytest.raises(AnalysisError, match="missing values"):
        gain_components(scores.assign(value=np.nan))
    with pytest.raises(AnalysisError, match="lacks the columns"):
        gain_components(scores.drop(columns="n"))
    with pytest.raises(AnalysisError, match="no gain differs"):
        gain_components(scores[scores["condition"] == "none"])
