from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains
from study_utils.analysis.inference import families
from study_utils.analysis.inference.clear import corrected
from study_utils.analysis.inference.families import FAMILY_GAIN_COLUMNS
from study_utils.analysis.inference.shared_models import SharedModels
from study_utils.analysis.results.tables import primary_metric
from study_utils.catalog import LANGUAGES
from study_utils.errors import AnalysisError

FAST = Settings(resamples=200)
NUMBERS = ["estimate", "low", "high", "p", "p_holm", "standard_error"]


def by_name(frame):
    return frame.set_index(["condition", "group"])


@pytest.fixture(scope="module")
def found(study):
    return family_gains(*study, settings=FAST)


def test_columns_and_units(found):
    assert list(found) == FAMILY_GAIN_COLUMNS
    units = found.groupby("group")["unit"].first().to_dict()
    assert units == {
        **{"Romance": "family", "Slavic": "family", "Semitic": "family"},
        **{"Basque": "language", "Japanese": "language"},
    }
    assert set(found.loc[found["unit"] == "language", "generalises_over"]) == {"example, seed"}
    assert set(found.loc[found["unit"] == "family", "generalises_over"]) == {"language, example, seed"}
    row = by_name(found).loc[("mnli", "Romance")]
    assert (row["n_languages"], row["n_tasks"], row["n_seeds"], row["n_examples"]) == (3, 2, 3, 600)
    assert row["languages"] == "es fr it"
    assert row["measure"] == "accuracy, token_accuracy"


def test_the_estimate_is_the_macro_average_of_paired_gains(study, found):
    scores = study[1].query("language in ('es', 'fr', 'it')")
    cells = scores.pivot_table(index=["task", "language", "seed"], columns="condition", values="value")
    expected = (cells["mnli"] - cells["none"]).groupby("task").mean().mean()
    assert by_name(found).loc[("mnli", "Romance"), "estimate"] == pytest.approx(expected)


def test_a_strong_effect_is_found_where_it_is(found):
    assert bool(by_name(found).loc[("sst2", "Slavic"), "clear"])
    assert by_name(found).loc[("sst2", "Slavic"), "high"] < 0
    assert not by_name(found).loc[[("sst2", g) for g in ("Romance", "Semitic", "Japanese")], "clear"].any()


def test_tasks_weigh_the_same_however_many_languages_they_have():
    predictions, scores = simulate_study(
        np.random.default_rng(0), effects={"mnli": 0.0}, languages=["es", "fr", "it", "pt"],
        tasks={"sib200": "accuracy", "udpos": "token_accuracy"},
    )  # fmt: skip
    keep_p = (predictions["task"] == "sib200") | (predictions["language"] == "es")
    keep_s = (scores["task"] == "sib200") | (scores["language"] == "es")
    scores = scores[keep_s].copy()
    row = family_gains(predictions[keep_p], scores, settings=FAST).iloc[0]
    cells = scores.pivot_table(index=["task", "language"], columns="condition", values="value")
    gain = (cells["mnli"] - cells["none"]).groupby("task").mean()
    assert row["estimate"] == pytest.approx(gain.mean())
    assert row["n_examples"] == 500


def hand(correct):
    """Predictions on sib200 in one language from {(condition, seed): list of 0/1}."""
    rows = [
        {
            **{"encoder": "e5_small", "condition": c, "task": "sib200", "variant": "clean", "seed": s, "run": "r"},
            **{"language": "eu", "example_id": f"{i}", "measure": "accuracy", "gold": "x", "prediction": "x"},
            **{"correct": float(v), "total": 1.0},
        }
        for (c, s), values in correct.items()
        for i, v in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_no_difference_at_all_gives_a_gain_of_zero_without_width():
    same = [1, 0] * 20
    row = family_gains(hand({(c, s): same for c in ("none", "mnli") for s in (0, 1)}), settings=FAST).iloc[0]
    assert (row["estimate"], row["low"], row["high"], row["p"]) == (0, 0, 0, 1)
    assert not row["clear"]


def test_row_order_and_names_change_nothing(study, found):
    predictions, scores = study
    mixed = predictions.sample(frac=1, random_state=np.random.RandomState(0))
    again = family_gains(mixed, scores.iloc[::-1], settings=FAST)
    pd.testing.assert_frame_equal(again, found)
    names = {"mnli": "zz", "sst2": "aa", "none": "none"}
    renamed = family_gains(
        predictions.assign(condition=predictions["condition"].map(names)),
        scores.assign(condition=scores["condition"].map(names)),
        settings=FAST,
    )
    for old in ("mnli", "sst2"):
        left, right = (by_name(f)[NUMBERS[:4]].loc[name] for f, name in ((found, old), (renamed, names[old])))
        pd.testing.assert_frame_equal(left, right)


def test_another_condition_changes_no_other_row(study, found):
    predictions, scores = study
    alone = family_gains(
        predictions[predictions["condition"] != "sst2"], scores[scores["condition"] != "sst2"], settings=FAST
    )
    pd.testing.assert_frame_equal(by_name(alone)[NUMBERS[:4]].loc["mnli"], by_name(found)[NUMBERS[:4]].loc["mnli"])


def test_seeds_that_agree_by_luck_in_one_language_do_not_narrow_its_interval():
    """Basque gains the same under both seeds, everything else differs much: two seeds are no proof for Basque."""
    up, down, same = [1.0] * 60, [1.0] * 20 + [0.0] * 40, [1.0] * 40 + [0.0] * 20
    parts = []
    for language, first, second in (("eu", same, same), ("ja", up, down), ("ko", up, down), ("fi", up, down)):
        runs = {("none", 0): down, ("none", 1): down, ("mnli", 0): first, ("mnli", 1): second}
        parts.append(hand(runs).assign(language=language))
    basque = by_name(family_gains(pd.concat(parts), settings=FAST)).loc[("mnli", "Basque")]
    assert basque["high"] - basque["low"] > 0.5
    assert not basque["clear"]


def test_english_and_rows_that_are_not_zero_shot_are_left_out(study):
    predictions, scores = study
    scores = scores.assign(zero_shot=scores["zero_shot"] & (scores["language"] != "fr"))
    row = by_name(family_gains(predictions, scores, settings=FAST)).loc[("mnli", "Romance")]
    assert row["languages"] == "es it"
    everything = family_gains(predictions, by="all", settings=FAST)
    assert set(everything["n_languages"]) == {10}
    assert set(everything["unit"]) == {"all"}


def test_unequal_sets_are_flagged_or_cut_to_what_all_have(study):
    predictions, scores = study
    lost = [(f["condition"] == "sst2") & (f["language"] == "fr") for f in (predictions, scores)]
    args = predictions[~lost[0]], scores[~lost[1]]
    own = by_name(family_gains(*args, settings=FAST))
    assert not own.loc[("sst2", "Romance"), "comparable"]
    assert own.loc[("mnli", "Romance"), "comparable"]
    assert own.loc[("mnli", "Romance"), "n_languages"] == 3
    common = by_name(family_gains(*args, settings=FAST, cells="common"))
    assert common["comparable"].all()
    assert set(common.loc[pd.IndexSlice[:, "Romance"], "languages"]) == {"es it"}


def test_same_data_pairs_are_left_out_and_named():
    args = {
        "effects": {"mnli": 0.1, "sst2": 0.0},
        "languages": ["es", "fr"],
        "tasks": {"xnli": "accuracy", "sib200": "accuracy"},
    }
    predictions, _ = simulate_study(np.random.default_rng(0), **args)
    left_out = family_gains(predictions, settings=FAST).set_index("condition")
    assert left_out["tasks"].to_dict() == {"mnli": "sib200", "sst2": "sib200 xnli"}
    assert left_out["same_data"].to_dict() == {"mnli": "xnli", "sst2": ""}
    assert left_out["comparable"].to_dict() == {"mnli": False, "sst2": True}
    included = family_gains(predictions, settings=FAST, same_data="include").set_index("condition")
    assert set(included["n_tasks"]) == {2}


def test_intervals_are_withheld_with_a_reason(study):
    predictions, scores = study
    one = family_gains(predictions.query("seed == 0"), scores.query("seed == 0"), settings=FAST)
    assert one["withheld"].str.contains("1 seed").all()
    assert one[["low", "high", "p", "p_holm"]].isna().all().all()
    assert one["estimate"].notna().all()
    assert not one["clear"].any()
    tiny = hand({(c, s): [1, 0, 1] for c in ("none", "mnli") for s in (0, 1)})
    assert family_gains(tiny, settings=FAST)["withheld"].str.contains("3 examples").all()
    lonely = [(f["condition"] == "mnli") & f["language"].isin(["fr", "it"]) for f in (predictions, scores)]
    row = by_name(family_gains(predictions[~lonely[0]], scores[~lonely[1]], settings=FAST)).loc[("mnli", "Romance")]
    assert "one language" in row["withheld"]


def test_scores_alone_generalise_over_languages_and_seeds(study):
    found = family_gains(None, study[1], settings=FAST)
    assert set(found.loc[found["unit"] == "family", "generalises_over"]) == {"language, seed"}
    assert set(found.loc[found["unit"] == "language", "generalises_over"]) == {"seed"}


def test_a_task_without_an_example_level_comes_from_its_scores(study):
    predictions, scores = study
    blank = predictions.copy()
    blank.loc[blank["task"] == "udpos", ["correct", "total"]] = np.nan
    found = by_name(family_gains(blank, scores, settings=FAST))
    assert found.loc[("mnli", "Romance"), "generalises_over"] == "language, example (1 of 2 tasks), seed"
    assert found.loc[("mnli", "Romance"), "n_tasks"] == 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.drop(columns="measure"), "predictions table lacks"),
        (lambda p: p[p["condition"] != "none"], "without a baseline"),
        (lambda p: p[~((p["seed"] == 2) & (p["language"] == "fr"))], r"fr\) has the seeds \[0, 1\]"),
        (lambda p: p[~((p["condition"] == "mnli") & (p["example_id"] == "00003"))], "different examples"),
        (lambda p: p.assign(example_id="x"), "occurs twice"),
        (lambda p: p.assign(total=np.where(p["condition"] == "mnli", 2.0, 1.0)), "column total"),
        (lambda p: p.assign(measure=np.where(p["seed"] == 0, "a", "b")), "several|have the measures"),
    ],
)
def test_spoilt_predictions_are_refused(study, spoil, message):
    with pytest.raises(AnalysisError, match=message):
        family_gains(spoil(study[0]), settings=FAST)


def test_predictions_and_scores_of_different_runs_are_refused(study):
    predictions, scores = study
    with pytest.raises(AnalysisError, match="not from the same run"):
        family_gains(predictions, scores.assign(value=scores["value"] * 0.99), settings=FAST)


@pytest.mark.parametrize("choice", [{"by": "familie"}, {"same_data": "drop"}, {"cells": "shared"}])
def test_unknown_choices_are_refused(study, choice):
    with pytest.raises(AnalysisError, match="unknown value of"):
        family_gains(*study, settings=FAST, **choice)


def test_holm_is_never_smaller_and_counts_every_row(found):
    assert (found["p_holm"] >= found["p"]).all()
    smallest = found["p"].idxmin()
    assert found.loc[smallest, "p_holm"] == pytest.approx(min(1.0, found.loc[smallest, "p"] * len(found)))


def test_a_study_with_the_baseline_only_gives_no_rows(study):
    predictions, scores = study
    baseline = family_gains(
        predictions[predictions["condition"] == "none"], scores[scores["condition"] == "none"], settings=FAST
    )
    assert baseline.empty
    assert list(baseline) == FAMILY_GAIN_COLUMNS


def test_clear_needs_the_corrected_p_value():
    table = pd.DataFrame({"low": [0.01, 0.01, -0.01, np.nan], "high": 0.1, "p": [0.001, 0.04, 0.5, np.nan]})
    table = table.assign(unit="family", n_languages=3, n_seeds=3)
    found = corrected(table)
    assert found["p_holm"].tolist()[:3] == pytest.approx([0.003, 0.08, 0.5])
    assert found["clear"].tolist() == [True, False, False, False]
    assert not corrected(table.assign(n_languages=2))["clear"].any(), "two languages are not a family"
    assert not corrected(table.assign(n_seeds=2))["clear"].any(), "two seeds say too little of training runs"
    assert corrected(table.assign(n_languages=1, unit="language"))["clear"].tolist() == [True, False, False, False]


def study_of(by_task, languages=("es", "fr", "it", "pt", "ro"), seeds=(0, 1, 2), spread=0.004, luck=0):
    """Scores with these mean gains by task."""
    rng = np.random.default_rng(luck)
    rows = []
    for task, gain in by_task.items():
        for code in languages:
            for seed in seeds:
                base = 0.6 + rng.normal(0, 0.02)
                for condition in ("none", "sst2"):
                    value = base + (condition == "sst2") * (gain + rng.normal(0, spread))
                    rows.append((condition, task, code, seed, value))
    frame = pd.DataFrame(rows, columns=["condition", "task", "language", "seed", "value"])
    return frame.assign(
        encoder="e5_small", variant="clean", metric="accuracy", n=500, zero_shot=True, same_data=False, run="r",
    )  # fmt: skip


def test_one_task_that_decides_gives_no_claim_and_nothing_general():
    """Three tasks at -2 and one at +25 points: the mean is +4.8 on these tasks, and no gain."""
    scores = study_of({"xnli": -0.02, "sib200": -0.02, "pawsx": -0.02, "xcopa": 0.25})
    row = family_gains(None, scores, by="all").iloc[0]
    assert row["low"] > 0.03
    assert row["decided_by"] == "XCOPA"
    assert not row["clear"]
    assert not row["general_clear"]
    assert row["general_low"] < 0 < row["general_high"]


def test_tasks_that_agree_give_both_claims():
    row = family_gains(None, study_of({"xnli": 0.05, "sib200": 0.06, "pawsx": 0.04}), by="all").iloc[0]
    assert (row["clear"], row["general_clear"], row["decided_by"]) == (True, True, "")
    two = family_gains(None, study_of({"xnli": 0.05, "sib200": 0.06}), by="all").iloc[0]
    assert two["clear"]
    assert not two["general_clear"]
    assert two["general_withheld"].startswith("2 tasks, fewer than 3")


def test_a_language_of_one_task_says_nothing_about_tasks_like_it():
    """As Quechua, which only SIB-200 has: the study has four tasks, the language one."""
    scores = study_of({"xnli": 0.05, "sib200": 0.06, "pawsx": 0.04, "xcopa": 0.05})
    lone = scores["language"].unique()[-1]
    scores = scores[(scores["task"] == "sib200") | (scores["language"] != lone)]
    rows = family_gains(None, scores, by="language").set_index("group")
    own = rows.loc[LANGUAGES[lone].name]
    assert np.isnan(own[["general_estimate", "general_low", "general_p"]].astype(float)).all()
    assert not own["general_clear"]
    assert own["general_withheld"] == "1 task, fewer than 3: how much tasks differ is not known"
    others = rows.drop(LANGUAGES[lone].name)
    assert (others["general_withheld"] == "").all()
    assert others["general_low"].notna().all()


def test_a_cell_that_is_a_whole_task_decides_nothing():
    """One language of one task carries a quarter of the mean."""
    scores = study_of({"xnli": 0.0, "sib200": 0.0, "pawsx": 0.0, "xcopa": 0.3}, spread=0.02, luck=1)
    scores = scores[(scores["task"] != "xcopa") | (scores["language"] == "es")]
    row = family_gains(None, scores, by="all").iloc[0]
    assert row["estimate"] == pytest.approx(0.075, abs=0.02)
    assert not row["clear"]
    assert not row["general_clear"]


def test_a_collapsed_run_is_named_and_its_result_given_without_it():
    scores = study_of({"xnli": 0.05, "sib200": 0.06, "pawsx": 0.04})
    fell = (scores["task"] == "xnli") & (scores["condition"] == "sst2") & (scores["seed"] == 1)
    scores["value"] = scores["value"].where(~fell, 1 / 3)
    row = family_gains(None, scores, by="all").iloc[0]
    assert row["collapsed"] == "XNLI seed 1"
    assert row["sound_estimate"] == pytest.approx(0.05, abs=0.005)
    assert row["sound_low"] > 0 > row["low"]
    assert row["failed_decide"]
    assert not row["clear"]
    clean = family_gains(None, study_of({"xnli": 0.05, "sib200": 0.06, "pawsx": 0.04}), by="all").iloc[0]
    assert (clean["collapsed"], clean["failed_decide"]) == ("", False)
    assert np.isnan(clean["sound_estimate"])


def test_a_task_that_was_not_learnt_is_named_and_left_out_of_the_second_number():
    scores = study_of({"xnli": 0.05, "sib200": 0.06, "pawsx": 0.04})
    scores["value"] = scores["value"].where(scores["task"] != "sib200", 1 / 7)
    row = family_gains(None, scores, by="all").iloc[0]
    assert (row["not_learnt"], row["at_chance"]) == ("SIB-200", "")
    assert row["estimate"] == pytest.approx(0.03, abs=0.005)
    assert row["sound_estimate"] == pytest.approx(0.045, abs=0.005)


def test_a_cell_that_is_half_a_task_and_decides_gives_no_claim():
    """Six tasks lose 5 points; BUCC loses 35 in Spanish and gains 25 in French, so without Spanish nothing is lost."""
    scores = study_of(dict.fromkeys(("xnli", "sib200", "pawsx", "xcopa", "udpos", "bucc"), -0.05))
    scores = scores[(scores["task"] != "bucc") | scores["language"].isin(["es", "fr"])]
    moved = scores["language"].map({"es": -0.3, "fr": 0.3}).fillna(0.0)
    moved = moved.where((scores["task"] == "bucc") & (scores["condition"] == "sst2"), 0.0)
    scores = scores.assign(value=scores["value"] + moved, metric=scores["task"].map(primary_metric))
    row = family_gains(None, scores, by="all", judged=False).iloc[0]
    assert row["high"] < 0
    assert row["decided_by"] == "BUCC (development) in Spanish"
    assert not row["clear"]


def test_comparisons_that_are_not_checked_have_the_same_numbers_without_what_checks_them(study):
    own = [family_gains(*study, settings=FAST, checked=checked) for checked in (True, False)]
    numbers = ["estimate", "low", "high", "p", "standard_error", "freedom"]
    pd.testing.assert_frame_equal(own[0][numbers], own[1][numbers])
    assert (own[1]["decided_by"] == "").all()
    assert not own[1]["general_clear"].any()
    assert set(own[1]["general_withheld"]) == {"not asked for"}


def test_in_a_study_of_three_tasks_no_interval_without_one_is_that_of_two(monkeypatch):
    """How much runs differ is known from all three, so what is left without one is not widened by its seeds."""
    asked = []

    class Watched(SharedModels):
        def of(self, cells, **options):
            asked.append((cells["task"].nunique(), options.get("n_tasks")))
            return super().of(cells, **options)

    monkeypatch.setattr(families, "SharedModels", Watched)
    scores = study_of({"xnli": 0.05, "sib200": 0.06, "pawsx": 0.04})
    row = family_gains(None, scores, by="all").iloc[0]
    assert row["clear"]
    assert {count for tasks, count in asked if tasks == 2} == {3}
