"""Domain against general on simulated studies with known truth; means of arms against means by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains
from study_utils.analysis.questions.domains import MEAN, budgets, domain_gains, matched_pairs
from study_utils.analysis.results.condition_means import add_means, mean_rows
from study_utils.errors import AnalysisError
from study_utils.sentences.domains import describe_domains, describe_in_domain

FAST = Settings(resamples=100)
LANGUAGES = ["en", "de", "fr", "ja", "fi", "sw", "yo", "am", "ne"]
EFFECTS = {"ag_news": 0.0, "hallmarks_of_cancer": -0.2, "legal_clause_type": 0.0, "wnut17": 0.0, "bc5cdr": -0.2}
EQUAL = pd.DataFrame({"condition": [*EFFECTS], "rows": 600, "steps": 38})


@pytest.fixture(scope="module")
def study():
    return simulate_study(
        np.random.default_rng(3),
        effects=EFFECTS,
        languages=LANGUAGES,
        tasks={"sib200": "accuracy", "e3c": "token_accuracy"},
        examples=60,
    )


@pytest.fixture(scope="module")
def table(study):
    return domain_gains(*study, EQUAL, settings=FAST)


def test_only_tasks_of_one_kind_are_paired() -> None:
    pairs = matched_pairs([*EFFECTS, "csabstruct", "mnli"])
    assert {(p.arm, p.against) for p in pairs} == {
        ("hallmarks_of_cancer", "ag_news"),
        ("legal_clause_type", "ag_news"),
        ("bc5cdr", "wnut17"),
    }
    assert matched_pairs(["mnli", "sst2"]) == ()


def test_a_true_difference_is_found_and_none_where_none_is(table) -> None:
    mean = table[table["kind"] == MEAN].set_index("group")
    assert mean.index.tolist() == ["Low-resource", "Other"]
    assert set(mean["domain"]) == {"biomedical"}  # one legal pair: the mean would be the same
    assert mean["estimate"].tolist() == pytest.approx([-0.2, -0.2], abs=0.05)
    assert mean["clear"].all()
    legal = table[table["domain"] == "legal"]
    assert len(legal) == 2
    assert not legal["clear"].any()
    assert set(mean.loc["Low-resource", "languages"].split()) == {"sw", "yo", "am", "ne"}


def test_general_targets_and_those_of_the_domain_are_kept_apart(study, table) -> None:
    assert set(table["tasks"]) == {"sib200"}
    check = domain_gains(*study, EQUAL, in_domain=True, by="all", settings=FAST)
    assert set(check["tasks"]) == {"e3c"}
    assert set(check["domain"]) == {"biomedical"}
    told = describe_in_domain(check, study[1])
    assert "E3C clinical entities" in told[0]
    assert len(told) == len(check), "nothing is said about learning where it was learnt"
    entities = study[1]["task"] == "e3c"
    unlearnt = study[1].assign(value=study[1]["value"].where(~entities, 0.0))
    unlearnt["metric"] = unlearnt["metric"].where(~entities, "span_f1")
    assert describe_in_domain(check, unlearnt)[0].startswith("E3C clinical entities was not learnt under any condition")


def test_unequal_budgets_are_marked(study) -> None:
    fewer = EQUAL.assign(rows=[600, 500, 600, 600, 600], steps=[38, 38, 38, 38, 80])
    found = domain_gains(*study, fewer, settings=FAST).drop_duplicates("contrast").set_index("contrast")["budget"]
    assert found["hallmarks_of_cancer - ag_news"] == "500 rows against 600"
    assert found["bc5cdr - wnut17"] == "80 steps against 38"
    assert found["legal_clause_type - ag_news"] == ""
    assert "hallmarks_of_cancer and ag_news" in found["biomedical - general"]
    told = describe_domains(domain_gains(*study, fewer, settings=FAST))
    assert told[-1].startswith("Not at equal budgets")
    unknown = domain_gains(*study, EQUAL.iloc[1:], settings=FAST).set_index("contrast")["budget"]
    assert set(unknown["legal_clause_type - ag_news"]) == {"not known of ag_news"}


def test_sentences_say_direction_size_and_interval(table) -> None:
    told = describe_domains(table)
    assert told[0].startswith("Of 8 comparisons")
    assert "Biomedical against general tasks, mean over kinds, low-resource: \N{MINUS SIGN}" in told[1]
    assert "clearly worse" in told[1]
    assert "95% interval" in told[1]
    assert not any("significant" in sentence for sentence in told)


def test_without_a_pair_it_is_said(study) -> None:
    less = [f[f["condition"].isin(["none", "bc5cdr"])] for f in study]
    table = domain_gains(*less, EQUAL, settings=FAST)
    assert table.empty
    assert "nothing can be compared" in describe_domains(table)[0]
    assert "no check" in describe_in_domain(table, less[1])[0]


def test_budgets_are_rows_and_last_steps() -> None:
    sizes = pd.DataFrame({"task": ["mnli", "mnli", "xnli"], "role": ["train", "test", "train"], "rows": [600, 9, 5]})
    losses = pd.DataFrame({"condition": "mnli", "run": "a", "step": [1, 38]})
    assert budgets(sizes, losses).to_dict("records") == [{"condition": "mnli", "rows": 600, "steps": 38}]
    assert budgets(sizes, losses.iloc[:0]).empty


def test_mean_arms_are_weighted_means(study) -> None:
    predictions, scores = add_means(*study, {"both": {"ag_news": 1.0, "bc5cdr": 3.0}})
    gains = family_gains(predictions, scores, by="all", settings=FAST).set_index("condition")["estimate"]
    assert gains["both"] == pytest.approx(0.25 * gains["ag_news"] + 0.75 * gains["bc5cdr"])
    alone = add_means(None, study[1], {"both": {"ag_news": 1.0, "bc5cdr": 3.0}})[1]
    pd.testing.assert_frame_equal(alone, scores)


def test_a_cell_of_a_mean_needs_all_its_conditions(study) -> None:
    less = [f[~((f["condition"] == "bc5cdr") & (f["language"] == "ja"))] for f in study]
    for frame in add_means(*less, {"both": {"ag_news": 1.0, "bc5cdr": 1.0}}):
        assert "ja" not in set(frame.loc[frame["condition"] == "both", "language"])


def test_a_mean_is_zero_shot_only_if_all_are(study) -> None:
    seen = study[1].assign(zero_shot=~((study[1]["condition"] == "bc5cdr") & (study[1]["language"] == "fr")))
    both = add_means(None, seen, {"both": {"ag_news": 1.0, "bc5cdr": 1.0}})[1].query("condition == 'both'")
    assert set(both.loc[~both["zero_shot"].astype(bool), "language"]) == {"fr"}


@pytest.mark.parametrize(
    ("arms", "message"),
    [({"bc5cdr": {"ag_news": 1.0}}, "name of its own"), ({"x": {}}, "above zero"), ({"x": {"bc5cd": 1.0}}, "bc5cdr")],
)
def test_wrong_arms_are_refused(study, arms, message) -> None:
    with pytest.raises(AnalysisError, match=message):
        add_means(*study, arms)


def test_a_partial_mean_is_over_what_a_cell_has() -> None:
    cell = {"encoder": "e5_small", "task": "sib200", "variant": "clean", "seed": 0, "metric": "accuracy", "run": "r"}
    own = {"condition": ["a", "b", "a", "c"], "language": ["fr", "fr", "ru", "ru"], "value": [0.2, 0.4, 0.5, 0.9]}
    frame = pd.DataFrame(own | {"zero_shot": [True, False, True, True], "same_data": [False, True, False, False]})
    frame = frame.assign(**cell)
    weights = {"a": 1.0, "b": 3.0, "x": 1.0}
    found = mean_rows(frame, "both", weights, partial=True).set_index("language")
    assert found["value"].tolist() == pytest.approx([0.35, 0.5])
    assert found["zero_shot"].tolist() == [False, True]
    assert found["same_data"].tolist() == [True, False]
    assert set(found["condition"]) == {"both"}
    assert mean_rows(frame, "both", {"a": 1.0, "b": 3.0})["language"].tolist() == ["fr"]
