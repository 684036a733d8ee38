from __future__ import annotations

import re

import pandas as pd
import pytest

from study_utils.analysis import Primary, Settings, family_gains
from study_utils.catalog.titles import condition_order, condition_title
from study_utils.sentences.failed import describe_failed_runs, describe_unscored
from study_utils.sentences.gains import (
    describe_contrasts,
    describe_families,
    describe_gain,
    describe_generally,
    describe_overall,
    describe_scores,
    describe_sound,
    describe_tasks,
    interval_text,
    points,
)

ROW = {
    **{"encoder": "e5_small", "condition": "mnli", "unit": "family", "group": "Romance", "estimate": 0.012},
    **{"low": -0.003, "high": 0.027, "level": 0.95, "clear": False, "n_languages": 4, "n_tasks": 3, "n_seeds": 3},
    **{"general_withheld": "", "general_estimate": 0.01, "general_low": -0.02, "general_high": 0.04},
    **{"general_clear": False, "collapsed": "", "not_learnt": "", "at_chance": ""},
    **{"generalises_over": "language, example, seed", "comparable": True, "withheld": "", "languages": "es fr it pt"},
    "tasks": "sib200 tatoeba xnli",
}


def row(**changes):
    return pd.Series(ROW | changes)


def test_an_undecided_gain():
    assert describe_gain(row()) == (
        "Intermediate training on MNLI changes zero-shot scores on Romance languages by +1.2 points "
        "(95% interval −0.3 to +2.7; 4 languages, 3 tasks, 3 seeds): not clear at this size."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"low": 0.001, "clear": True}, r"a clear gain on these tasks\."),
        ({"low": 0.001, "clear": True, "n_tasks": 1}, r"a clear gain on this task\."),
        ({"low": 0.001, "decided_by": "Tatoeba"}, "no claim from a result that does not hold without Tatoeba"),
        ({"estimate": -0.02, "low": -0.03, "high": -0.01, "clear": True}, "by −2.0 points .* a clear loss"),
        ({"estimate": 0.0, "low": 0.0, "high": -0.0}, "by 0.0 points .*: no score differs"),
        ({"low": 0.001}, "not clear after correction for multiple comparisons"),
        ({"low": 0.001, "n_languages": 2}, "no claim from fewer than 3 languages of the family"),
        ({"low": 0.001, "n_seeds": 2}, "no claim from fewer than 3 seeds"),
        ({"unit": "language", "group": "Basque", "n_languages": 1}, r"on Basque by .*to \+2.7; 3 tasks, 3 seeds\)"),
        ({"unit": "all", "group": "All languages"}, "on all zero-shot languages by"),
        ({"unit": "all", "low": 0.001, "n_languages": 2}, r"no claim from fewer than 3 languages\."),
        ({"unit": "all", "n_languages": 1, "languages": "eu"}, "on Basque by"),
        ({"withheld": "1 seed", "n_seeds": 1}, r"\(4 languages, 3 tasks, 1 seed\); no interval: 1 seed"),
    ],
)
def test_wording_follows_the_result(changes, words):
    assert pd.Series([describe_gain(row(**changes))]).str.contains(words).all()


def test_nothing_is_ever_called_significant_and_clear_needs_the_correction():
    for clear in (True, False):
        told = describe_gain(row(low=0.01, clear=clear))
        assert "significant" not in told
        assert ("a clear gain" in told) == clear


@pytest.mark.parametrize(("value", "text"), [(0.0124, "+1.2"), (-0.0124, "−1.2"), (0.0, "0.0"), (-0.0001, "0.0")])
def test_points(value, text):
    assert points(value) == text


def test_families_are_counted(study):
    found = family_gains(*study, settings=Settings(resamples=200))
    first, *rest = describe_families(found)
    up = (found["clear"] & (found["estimate"] > 0)).sum()
    down = (found["clear"] & (found["estimate"] < 0)).sum()
    assert "Of 10 comparisons" in first
    assert f"{up} show a clear gain and {down} a clear loss" in first
    assert len(rest) == up + down, "two languages alone in their families are too few to be drawn to each other"
    assert describe_families(found.iloc[:0])[0].startswith("No condition besides the baseline")


def test_withheld_rows_and_unequal_cells_are_told():
    table = pd.DataFrame([row(), row(group="Slavic", withheld="1 seed"), row(condition="snli", comparable=False)])
    told = describe_families(table)
    assert any("For 1 comparison no interval is given (1 × 1 seed)" in sentence for sentence in told)
    assert "compare them with the baseline and not with each other" in told[-1]
    told = describe_overall(table)
    assert len(told) == 4
    assert "(SNLI lacks some, for example" in told[-1]


def test_scores_are_told_with_chance(study):
    told = describe_scores(study[1])
    assert len(told) == 2
    assert "mean of 10 zero-shot languages" in told[0]
    assert "chance is 14.3" in told[0]
    low = study[1].assign(value=study[1]["value"].where(study[1]["language"] != "eu", 0.1))
    assert "SIB-200: 1 language at or below chance." in describe_scores(low)


def test_languages_that_share_the_best_score_are_all_named(study):
    table = study[1].assign(value=0.5)
    table.loc[table["language"].isin(["fr", "eu"]), "value"] = 0.75
    assert "best Basque and French 75.0" in describe_scores(table)[0]
    assert re.search(r"worst \d+ languages 50.0", describe_scores(table)[0])


def test_one_zero_shot_language_is_named_once(study):
    told = describe_scores(study[1][study[1]["language"].isin(["en", "eu"])])
    assert "English " in told[0]
    assert ", zero-shot Basque " in told[0]
    assert not any(word in told[0] for word in ("mean", "best", "worst"))


def test_a_target_that_no_condition_learnt_is_named(study):
    assert describe_failed_runs(study[1]) == []
    sib200, none = study[1]["task"] == "sib200", study[1]["condition"] == "none"
    floor = study[1].assign(value=study[1]["value"].where(~sib200, 1 / 7))
    (told,) = describe_failed_runs(floor)
    assert told.startswith("SIB-200 was not learnt under any condition: accuracy of at most 14.3 (chance 14.3)")
    one_learns = floor.assign(value=floor["value"].where(~sib200 | none, 0.4))
    assert describe_failed_runs(one_learns) == [
        "SIB-200 is at chance (chance 14.3) under the baseline: a difference from it says little."
    ]


CONTRAST = ROW | {
    "contrast": "a",
    "arm": "multilingual",
    "against": "none",
    "unit": "resource",
    "group": "Low-resource",
}


def test_a_contrast_names_both_arms():
    assert describe_contrasts(pd.DataFrame([CONTRAST])) == [
        "Multilingual, mixed against English fine-tuning alone, low-resource languages: +1.2 points "
        "(95% interval −0.3 to +2.7; 4 languages, 3 tasks, 3 seeds): not clear at this size."
    ]
    other = CONTRAST | {"against": "mnli", "unit": "language", "group": "Basque", "clear": True, "low": 0.001}
    (told,) = describe_contrasts(pd.DataFrame([other]))
    assert told.startswith("Multilingual, mixed against MNLI, Basque: +1.2")
    assert told.endswith("a clear gain on these tasks.")
    held = CONTRAST | {"withheld": "1 seed", "n_seeds": 1}
    assert "no interval: 1 seed" in describe_contrasts(pd.DataFrame([held]))[0]
    assert "no two arms" in describe_contrasts(pd.DataFrame([CONTRAST]).head(0))[0]


def test_what_holds_for_tasks_like_these_is_told_apart():
    assert describe_generally(row()) == (
        "For tasks like these the change is +1.0 points (−2.0 to +4.0): not clear, so it may be another on other tasks."
    )
    assert describe_generally(row(general_clear=True)).endswith("(−2.0 to +4.0): a clear gain.")
    assert "(+0.2 to +4.0): not clear after correction for multiple comparisons, so" in describe_generally(
        row(general_low=0.002)
    )
    seeds = describe_generally(row(general_low=0.002, n_seeds=2))
    assert seeds.endswith("(+0.2 to +4.0): no claim from fewer than 3 seeds."), "not for other comparisons"
    few = describe_generally(row(general_withheld="2 tasks, fewer than 3: how much tasks differ is not known"))
    assert few.startswith("For tasks like these nothing is claimed: 2 tasks")
    assert describe_generally(row(withheld="1 seed")) == ""


def test_numbers_without_failed_runs_are_given():
    assert describe_sound(row()) == ""
    failed = row(collapsed="XNLI seed 1", sound_estimate=0.03, sound_low=0.01, sound_high=0.05)
    assert describe_sound(failed) == "Without XNLI seed 1 (collapsed) it is +3.0 points (+1.0 to +5.0)."
    assert describe_sound(row(not_learnt="XNLI", sound_estimate=float("nan"))).endswith("nothing is left.")


def test_zero_is_told_in_words():
    nothing = {"estimate": 0.0, "low": -1e-5, "high": 1e-5}
    told = describe_generally(row(general_estimate=0.0, general_low=0.0, general_high=0.0))
    assert told == "For tasks like these the interval is less than 0.1 points wide on either side of zero too."
    failed = describe_sound(row(collapsed="XNLI seed 1", sound_estimate=0.0, sound_low=-1e-5, sound_high=0.0))
    assert "0.0 to 0.0" not in describe_gain(row(**nothing)) + told + failed


def test_failed_runs_are_no_long_list():
    names = ", ".join(f"XNLI seed {seed}" for seed in range(7))
    told = describe_sound(row(collapsed=names, sound_estimate=0.03, sound_low=0.01, sound_high=0.05))
    assert told.startswith(
        "Without XNLI seed 0, XNLI seed 1, XNLI seed 2, XNLI seed 3, XNLI seed 4 and 2 more (collapsed)"
    )


def test_many_conditions_are_counted_and_the_largest_told():
    keys = "mnli snli qqp sst2 stsb squad1 anli".split()
    rows = [row(condition=key, unit="all", estimate=0.01 * i, clear=key == "snli") for i, key in enumerate(keys)]
    first, *told, last = describe_overall(pd.DataFrame(rows))
    assert first == (
        "Of 7 conditions, 1 show a clear gain and 0 a clear loss over all languages; 6 are not clear at this size."
    )
    assert [sentence.split(" changes")[0].removeprefix("Intermediate training on ") for sentence in told] == [
        *("SNLI", "ANLI", "SQuAD 1.1", "STS-B", "SST-2"),
    ]
    assert last == "2 more conditions are in the table."
    tasks = [ROW | {"condition": key, "task": "xnli", "clear": key == "anli"} for key in keys]
    told = describe_tasks(pd.DataFrame(tasks))
    assert len(told) == 6
    assert told[0].startswith("ANLI: a clear gain")
    assert told[-1] == "2 more conditions are in the figure."


def test_a_result_of_one_language_names_it():
    alone = ROW | {"task": "bucc2018", "clear": True, "n_languages": 1, "languages": "zh", "estimate": 0.25}
    (told,) = describe_tasks(pd.DataFrame([alone]))
    assert "in Chinese (Mandarin) (+25.0 points)" in told


def test_a_task_without_an_interval_is_not_said_to_be_unchanged():
    held = [ROW | {"task": task, "withheld": "1 seed"} for task in ("xnli", "sib200")]
    assert describe_tasks(pd.DataFrame(held)) == ["MNLI: no interval on 2 tasks (+1.2 points; 1 seed)."]


def test_a_family_without_some_tasks_is_told_to_be_adjusted():
    table = pd.DataFrame([row(), row(group="Slavic", tasks="sib200 xnli", n_tasks=2)])
    assert describe_families(table)[1].startswith("Slavic lacks some of the tasks. Their estimates are not means")
    assert not any("lack" in sentence for sentence in describe_families(table.iloc[:1]))


def test_families_without_a_common_task_are_not_said_to_be_adjusted():
    """Each is fitted on its own tasks alone (as `GainModel` does), so nothing is taken over between them."""
    groups = {"Romance": "xnli", "Slavic": "xnli udpos", "Uralic": "sib200", "Turkic": "sib200"}
    table = pd.DataFrame([row(group=name, tasks=tasks, n_tasks=len(tasks.split())) for name, tasks in groups.items()])
    told = describe_families(table)
    assert told[1].startswith("Romance lacks some of the tasks.")
    assert told[2].startswith("These have no task in common, not even through others: Romance, Slavic; Turkic, Uralic.")
    assert describe_families(table.iloc[2:])[1].startswith("The first")


def test_one_result_is_told_once_and_none_is_not_counted():
    one = describe_families(pd.DataFrame([row()]))
    assert one[1].startswith("The only one: Intermediate training on MNLI")
    assert len(one) == 2
    none = describe_families(pd.DataFrame([row(withheld="1 seed")]))
    assert none == ["For 1 comparison no interval is given (1 \N{MULTIPLICATION SIGN} 1 seed)."]


def test_tasks_are_told_condition_by_condition_and_never_more_than_five():
    rows = [ROW | {"task": task, "clear": True, "estimate": 0.01 * i} for i, task in enumerate(
        ("xnli", "sib200", "udpos", "pawsx", "xcopa", "tatoeba"), start=1)]  # fmt: skip
    rows.append(ROW | {"task": "panx", "estimate": -0.004})
    (told,) = describe_tasks(pd.DataFrame(rows))
    assert told.startswith("MNLI: a clear gain on Tatoeba (+6.0 points), a clear gain on XCOPA (+5.0 points), ")
    assert "1 more clear result in the table" in told
    assert told.endswith("no clear change on the other task (−0.4 points).")


def test_conditions_are_told_in_the_order_of_the_figure():
    table = pd.DataFrame([ROW | {"condition": key} for key in ("mnli", "sst2", "stsb")])
    titles = [condition_title(key) for key in condition_order(table["condition"])]
    for told in (describe_tasks(table.iloc[::-1].assign(task="xnli")), describe_overall(table.iloc[::-1])):
        found = [min(titles, key=lambda title: (title not in text, text.find(title))) for text in told[:3]]
        assert found == titles


def test_the_primary_comparison_is_named():
    told = describe_overall(pd.DataFrame([row(unit="all")]), Primary())
    assert told[-1].startswith("The study's primary comparison is all languages under every condition")
    assert "For tasks like these" in told[0]


def test_a_test_set_without_its_primary_metric_is_named(study):
    scores = study[1]
    assert describe_unscored(scores) == []
    mining = scores[scores["task"] == "sib200"].assign(task="bucc", language="zh", metric="mining_f1_oracle")
    (told,) = describe_unscored(pd.concat([scores, mining]))
    assert told.startswith("1 test set in no mean, figure or gain: BUCC")
    assert "in Chinese (Mandarin) has" in told
    both = pd.concat([scores, mining, mining.assign(metric="mining_f1")])
    assert describe_unscored(both) == []


def test_an_interval_that_rounds_to_nothing_is_said_in_words():
    row = pd.Series({"level": 0.95, "low": -0.0004, "high": 0.0002})
    assert interval_text(row) == "95% interval less than 0.1 points wide on either side of zero"
    assert interval_text(row.replace(0.0002, 0.002)) == "95% interval 0.0 to +0.2"


def test_of_many_contrasts_the_clear_ones_are_told():
    sizes = (-0.05, 0.01, 0.04, 0.02, 0.03, 0.06, 0.07)
    table = pd.DataFrame([CONTRAST | {"estimate": size, "clear": abs(size) > 0.035} for size in sizes])
    first, *rest = describe_contrasts(table)
    assert first == (
        "Of 7 comparisons of two arms the first is clearly better in 3 and clearly worse in 1; 3 are not clear at "
        "this size. The figure shows all."
    )
    assert [f"{size} points" in told for size, told in zip(("+7.0", "+6.0", "\N{MINUS SIGN}5.0", "+4.0"), rest)] == [
        True
    ] * 4
    first, only = describe_contrasts(table.assign(clear=False))
    assert "+7.0 points" in only
