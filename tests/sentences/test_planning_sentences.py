"""Sentences about what a study can detect: every number comes from the outlook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.outlook import Outlook, Reach
from study_utils.analysis.planning.power import detectable, make_cells, with_seeds
from study_utils.sentences import describe_margin, describe_outlook

KNOWN = Components(
    family=0.0, task=9e-4, language=4e-4, language_task=6e-4, seed=1e-4, run=3e-4, residual=0.0, shared_row=0.0,
    own_row=0.04, conditions=4, tasks=3, languages=5, seeds=3, from_predictions=False,
)  # fmt: skip


@pytest.fixture
def cells():
    import pandas as pd

    table = pd.DataFrame([(task, code) for task in ("xnli", "sib200", "udpos") for code in "de fr ru hi fi".split()])
    return make_cells(table.set_axis(["task", "language"], axis=1).assign(rows=100), seeds=3)


def told(cells, **changes):
    planned = detectable(KNOWN, cells, comparisons={"a family of three languages": 8, "one language": 20})
    return Outlook(
        **{"source": "the study pilot", "components": KNOWN, "planned": planned, "seeds": cells.seeds, "margin": 1.0}
        | changes
    )


def test_every_gain_is_said_once_with_its_number(cells):
    outlook = told(cells)
    gain = (100 * outlook.planned.set_index("about")["gain_corrected"]).round(1)
    said = describe_outlook(outlook)
    assert said == [
        "With 3 seeds, these are the smallest true gains that this study calls clear with 80% power.",
        f"For all languages, these tasks: {gain.iloc[0]} points.",
        f"For all languages, tasks like these: {gain.iloc[1]} points.",
        f"For a family of three languages: {gain.iloc[2]} points, where it has to stand out among 8 comparisons; "
        "three languages tell little of how much they differ.",
        f"For one language: {gain.iloc[3]} points, where it has to stand out among 20 comparisons.",
        "How gains vary is known from the study pilot: 4 conditions, 3 tasks, 5 languages, 3 seeds.",
        "The noise of its test rows is only bounded, so more test rows may bring more than is said.",
    ]
    measured = describe_outlook(told(cells, components=replace(KNOWN, from_predictions=True)))
    assert measured[-1] == "The noise of its test rows was measured."


def test_a_primary_comparison_of_a_group_comes_first(cells):
    of_group = replace(cells, primary=("de", "fr", "ru"))
    planned = detectable(KNOWN, of_group, comparisons={"the primary comparison": 1, "one language": 20})
    first = 100 * planned["gain_corrected"].iloc[0]
    said = describe_outlook(told(cells, planned=planned))
    assert said[1] == f"For the primary comparison: {first:.1f} points."
    far = Reach(about="the primary comparison", seeds=20, rows=1, gain=1.46, enough=False)
    assert describe_margin(told(cells, reach=far))[0].startswith("For the primary comparison, the margin of 1 point")
    nobody = detectable(KNOWN, replace(cells, primary=()))
    said = describe_outlook(told(cells, planned=nobody))
    assert "It can say nothing about the primary comparison: none of its languages is scored zero-shot." in said


def test_what_is_withheld_and_what_was_not_used_is_said(cells):
    two = with_seeds(cells, 2)
    said = describe_outlook(told(two, notes=("reports/mine/results.csv: 1 seed.",)))
    assert (
        said[0] == "As planned, this study can detect no gain of any size: nothing is claimed from fewer than 3 seeds."
    )
    assert said[-1] == "Not used: reports/mine/results.csv: 1 seed."


def test_what_can_not_be_told_says_why_and_what_it_takes():
    said = describe_outlook(Outlook(unknown="there are no results of a finished study"))
    assert said == [
        "What this study can detect can't be told: there are no results of a finished study.",
        "It takes a finished study with two tasks, two languages and two seeds or more, named by analysis.components.",
    ]
    assert describe_margin(Outlook(unknown="x")) == []


def test_the_margin_is_a_warning_only_where_it_is_out_of_reach(cells):
    assert describe_margin(told(cells)) == []
    enough = Reach(about="all languages, these tasks", seeds=10, rows=400, gain=0.94, enough=True)
    assert describe_margin(told(cells, reach=enough)) == [
        "Over all languages, on these tasks, the margin of 1 point is out of reach as planned: 10 seeds and 400 test "
        "rows a language would reach it (0.9 points)."
    ]
    far = Reach(about="all languages, these tasks", seeds=20, rows=1, gain=1.46, enough=False)
    assert describe_margin(told(cells, reach=far, margin=0.5)) == [
        "Over all languages, on these tasks, the margin of 0.5 points is out of reach: even 20 seeds and 1 test row a "
        "language, the most that was tried, leave 1.5 points."
    ]
