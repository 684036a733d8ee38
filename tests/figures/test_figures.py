from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis import Settings, family_gains, gains, gap_gains, seed_gains, task_gains
from study_utils.analysis.calibration.calibrate import HEADLINES
from study_utils.catalog import CONDITIONS
from study_utils.errors import AnalysisError
from study_utils.figures import (
    loss_curves,
    plot_coverage,
    plot_coverage_of_intervals,
    plot_false_claims,
    plot_family_gains,
    plot_family_tree,
    plot_gap_gains,
    plot_labels,
    plot_left_out,
    plot_lengths,
    plot_loss,
    plot_power,
    plot_scores,
    plot_seed_gains,
    plot_task_gains,
    plot_validation,
)
from study_utils.figures.style import grid_shape, language_order, looks
from study_utils.figures.tree import language_tree

MANY = (
    "en af ar bg bn de el es et eu fa fi fr he hi hu id it ja ka kk ko lt ml mr nl pl pt ro ru sw ta te th tr".split()
)


def study(languages, conditions, *, seeds=2, tasks=("sib200",)):
    return simulate_study(
        np.random.default_rng(0), effects=dict.fromkeys(conditions, 0.02), languages=languages,
        tasks=dict.fromkeys(tasks, "accuracy"), seeds=range(seeds), examples=40,
    )  # fmt: skip


SIZES = {
    "tiny": (["es"], ["mnli"]),
    "small": (["en", "es", "fr", "eu"], ["mnli", "sst2"]),
    "large": (MANY, [*(k for k in CONDITIONS if k != "none")][:8]),
}


@pytest.fixture(scope="module", params=SIZES)
def tables(request):
    predictions, scores = study(*SIZES[request.param], tasks=("sib200", "xnli"))
    return scores, family_gains(predictions, scores, settings=Settings(resamples=100), same_data="include")


def overlaps(figure, texts):
    boxes = [t.get_window_extent() for t in texts if t.get_text() and t.get_visible()]
    return [(i, j) for i in range(len(boxes)) for j in range(i) if boxes[i].shrunk(0.9, 0.6).overlaps(boxes[j])]


def drawn(figure):
    """Draw without a warning (warnings are errors), nothing outside the picture; return its axes with content."""
    figure.draw_without_rendering()
    page = figure.bbox.padded(2)
    for ax in figure.axes:
        if ax.axison:
            box = ax.get_tightbbox()
            assert box.x0 >= page.x0
            assert box.x1 <= page.x1
            assert box.y0 >= page.y0
            assert box.y1 <= page.y1
            assert not overlaps(
                figure, ax.get_yticklabels() if ax.yaxis.get_tick_params().get("labelleft", True) else []
            )
    return [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]


def test_language_order():
    order = language_order(["eu", "ja", "es", "fr", "it", "ru", "pl", "en", "fi"])
    assert order["language"].tolist() == ["en", "fr", "it", "es", "pl", "ru", "eu", "fi", "ja"]
    assert order["block"].tolist() == ["English", *["Romance"] * 3, *["Slavic"] * 2, *["Single languages"] * 3]


def test_nine_conditions_look_different_in_colour_and_in_black_and_white():
    keys = [key for key in CONDITIONS if key != "none"]
    styles = looks(["none", *keys[20:11:-1]])
    assert list(styles) == ["none", *keys[12:21]]
    assert all(len({getattr(s, part) for s in styles.values()}) >= 9 for part in ("colour", "marker", "dashes"))
    many = list(looks(keys).values())[1:]
    assert len({(one.colour, one.marker) for one in many}) == len(keys)


def test_scores(tables):
    scores, _ = tables
    axes = drawn(plot_scores(scores))
    conditions = scores["condition"].nunique()
    assert len(axes) == conditions
    languages = language_order(scores["language"])
    assert [t.get_text() for t in axes[0].get_yticklabels()] == languages["name"].tolist()
    (one,) = drawn(plot_scores(scores, condition="none"))
    cell = next(t for t in one.texts if t.get_position() == (0, 0))
    part = scores.query("condition == 'none' and task == 'xnli' and language == @languages.language[0]")
    assert cell.get_text() == f"{100 * part['value'].mean():.0f}"
    assert [t.get_text() for t in one.get_xticklabels()] == ["XNLI", "SIB-200"]
    assert one.images[0].get_clim() == (0, 100)


def test_gain_panels_share_one_symmetric_scale(tables):
    axes = drawn(plot_scores(tables[0]))
    limits = {ax.images[0].get_clim() for ax in axes[1:]}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high


def test_a_language_that_a_task_lacks_is_blank():
    _, scores = study(["en", "es"], ["mnli"], tasks=("sib200", "xnli"))
    (ax,) = drawn(plot_scores(scores[(scores["task"] != "sib200") | (scores["language"] != "en")], condition="none"))
    assert len([t for t in ax.texts if t.get_text().isdigit()]) == 3


def test_unknown_condition_is_refused():
    with pytest.raises(AnalysisError, match=r"unknown condition 'mnly'.*'mnli'"):
        plot_scores(study(["es"], ["mnli"])[1], condition="mnly")


def test_family_gains(tables):
    _, families = tables
    axes = drawn(plot_family_gains(families))
    assert len(axes) == families["condition"].nunique()
    for ax, condition in zip(axes, [k for k in CONDITIONS if k in set(families["condition"])]):
        part = families[families["condition"] == condition]
        points = [line for line in ax.lines if len(line.get_xdata()) == 1 and line.get_marker() != "None"]
        marks = [line for line in points if line.get_label() != "cut"]
        assert len(marks) == len(part)
        assert sorted(np.round([m.get_xdata()[0] for m in marks], 6)) == sorted(np.round(part["estimate"] * 100, 6))
        spans = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() > 1.5]
        assert len(spans) == part["low"].notna().sum()
        assert ax.get_xlabel() in ("gain in points", "")
        low, high = ax.get_xlim()
        assert low < min(0, part["estimate"].min() * 100)
        assert high > max(0, part["estimate"].max() * 100)
        cut = (part["low"] * 100 < low).sum() + (part["high"] * 100 > high).sum()
        assert len(points) - len(marks) == cut


def test_clear_results_are_filled_and_withheld_ones_crossed():
    predictions, scores = study(["es", "fr", "it", "eu", "ja"], ["mnli"])
    families = family_gains(predictions, scores, settings=Settings(resamples=100))
    families["clear"] = families["group"] == "Romance"
    families.loc[families["group"] == "Basque", ["low", "high"]] = np.nan
    (ax,) = drawn(plot_family_gains(families))
    single = [line for line in ax.lines if len(line.get_xdata()) == 1 and line.get_label() != "cut"]
    marks = {line.get_ydata()[0]: line for line in single}
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == ["Romance (3 languages)", "Basque", "Japanese"]
    assert marks[0].get_markerfacecolor() == looks(["mnli"])["mnli"].colour
    assert marks[1].get_marker() == "x"
    assert marks[2].get_markerfacecolor() == "white"


def test_gap_gains(tables):
    scores, _ = tables
    table = gap_gains(scores)
    axes = drawn(plot_gap_gains(table))
    if table.empty:
        assert "No gaps" in axes_text(plot_gap_gains(table))
        return
    assert len(axes) == table["condition"].nunique()
    for ax, condition in zip(axes, [k for k in CONDITIONS if k in set(table["condition"])]):
        part = table[table["condition"] == condition]
        assert sorted(ax.lines[0].get_xdata()) == pytest.approx(sorted(part["gap"] * 100))
        assert len(ax.texts) == min(2, len(part))


@pytest.mark.parametrize(
    ("panels", "shape"), [(1, (1, 1)), (3, (1, 3)), (6, (1, 6)), (7, (2, 4)), (12, (2, 6)), (13, (3, 5))]
)
def test_rows_of_panels_are_evenly_filled(panels, shape):
    assert grid_shape(panels, 6) == shape


def test_the_lowest_panel_of_every_column_has_its_numbers(tables):
    table = gap_gains(tables[0])
    if table.empty:
        pytest.skip("no gap in this study")
    five = pd.concat([table.assign(condition=key) for key in list(CONDITIONS)[1:6]])
    axes = drawn(plot_gap_gains(five))
    assert [ax.xaxis.get_tick_params()["labelbottom"] for ax in axes] == [False, False, True, True, True]


def axes_text(figure):
    return " ".join(text.get_text() for ax in figure.axes for text in ax.texts)


def test_seed_gains(tables):
    scores, _ = tables
    table = seed_gains(scores)
    if table.empty:
        assert "No gains" in axes_text(plot_seed_gains(table))
        return
    axes = drawn(plot_seed_gains(table))
    assert len(axes) == table["condition"].nunique()
    assert sum(len(ax.texts) for ax in axes) == len(table)


def test_without_a_condition_a_figure_says_so():
    predictions, scores = study(["es", "fr"], ["mnli"])
    empty = family_gains(predictions, scores, settings=Settings(resamples=100)).iloc[:0]
    assert "No gains" in axes_text(plot_family_gains(empty))


def test_the_tree_has_branches_under_families_and_languages_as_leaves():
    nodes = language_tree(["es", "fr", "it", "de", "nl", "el", "eu", "fi", "et", "hu"])
    rows = [("  " * node.depth + node.label, nodes[node.parent].label if node.depth else "") for node in nodes]
    assert rows == [
        ("Indo-European", ""), ("  Romance", "Indo-European"), ("    French", "Romance"),
        ("    Italian", "Romance"), ("    Spanish", "Romance"),
        ("  Germanic", "Indo-European"), ("    Dutch", "Germanic"), ("    German", "Germanic"),
        ("  Greek", "Indo-European"),
        ("Uralic", ""), ("  Finnic", "Uralic"), ("    Estonian", "Finnic"), ("    Finnish", "Finnic"),
        ("  Hungarian", "Uralic"), ("Basque", ""),
    ]  # fmt: skip


def test_the_tree_shows_every_language_seed_and_group():
    predictions, scores = study(["es", "fr", "it", "eu"], ["mnli"], seeds=3)
    groups, each = family_gains(predictions, scores, settings=Settings(resamples=50)), gains(scores)
    (ax,) = drawn(plot_family_tree(groups, each, same_data=True))
    means = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert sorted(means) == pytest.approx(sorted(each.groupby("language")["gain"].mean() * 100))
    assert [len(line.get_xdata()) for line in ax.lines if line.get_marker() == "|"] == [3] * 4
    (diamond,) = [line for line in ax.lines if line.get_marker() == "D"]
    assert diamond.get_xdata()[0] == pytest.approx(100 * groups.set_index("group").loc["Romance", "estimate"])


def test_an_interval_that_leaves_the_tree_has_arrows_and_the_legend_says_so():
    predictions, scores = study(["es", "fr", "it", "eu"], ["mnli"], seeds=3)
    groups, each = family_gains(predictions, scores, settings=Settings(resamples=50)), gains(scores)
    figure = plot_family_tree(groups.assign(low=-0.9, high=0.9), each, same_data=True)
    (ax,) = drawn(figure)
    assert {line.get_marker() for line in ax.lines if line.get_label() == "cut"} == {"<", ">"}
    assert "goes on beyond the picture" in [text.get_text() for text in figure.legends[0].get_texts()]
    legend = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= legend.x0 < legend.x1 <= figure.bbox.x1


def test_left_out_names_what_makes_the_lowest_and_the_highest_gain():
    row = {"encoder": "e5_small", "condition": "mnli", "estimate": 0.02, "excludes_zero": True, "lowest": -0.01}
    row |= {"lowest_without": "Basque", "highest": 0.03, "highest_without": "Spanish", "zero_changes": ""}
    table = pd.DataFrame(
        [row | {"left_out": kind, "sign_changes": turns} for kind, turns in (("language", "Basque"), ("task", ""))]
    )
    by_language, by_task = drawn(plot_left_out(table))
    assert [text.get_text() for text in by_language.texts] == ["Basque", "Spanish"]
    assert list(by_language.lines[0].get_xdata()) == [-1, 3]
    assert by_language.texts[0].get_color() != by_task.texts[0].get_color(), "what changes the sign is dark"
    assert "can be left out" in axes_text(plot_left_out(table.iloc[:0]))
    (one, _) = drawn(plot_left_out(table.assign(highest_without="Tatoeba (layer 8 of 12)")))
    assert one.texts[1].get_text() == "Tatoeba", "the layer has no room here"


def history(conditions, tasks=("xnli", "sib200"), seeds=2):
    return pd.DataFrame(
        {"encoder": "e5_small", "condition": c, "target": t, "seed": s, "task": t, "step": i, "loss": 1 / (i + s + 1)}
        for c in conditions for t in tasks for s in range(seeds) for i in range(30)
    )  # fmt: skip


def test_loss_has_a_panel_for_each_task_and_condition():
    figure = plot_loss(loss_curves(history(["none", "mnli", "sst2"])))
    axes = drawn(figure)
    titles = [f"{task}\n{key}" for task in ("XNLI", "SIB-200") for key in ("No intermediate task", "MNLI", "SST-2")]
    assert [ax.get_title(loc="left") for ax in axes] == titles
    assert all(len(ax.lines) == 2 for ax in axes)
    assert len({ax.get_ylim() for ax in axes[:3]}) == 1, "one scale a task"
    (own,) = drawn(plot_loss(loss_curves(history(["mnli"], tasks=["mnli"]))))
    assert own.get_title(loc="left") == "MNLI\nalone", "no title twice"


def test_conditions_share_panels_where_they_are_too_many():
    keys = list(CONDITIONS)[:35]
    figure = plot_loss(loss_curves(history(keys, seeds=1)))
    assert [len(ax.lines) for ax in drawn(figure)] == [35, 35]
    assert len(figure.legends[0].get_texts()) == 35


def test_a_study_of_the_baseline_alone_has_no_curves():
    nothing = pd.DataFrame(columns=["encoder", "condition", "seed"])
    assert loss_curves(nothing).empty
    assert plot_loss(loss_curves(nothing)).axes, "it says that nothing was trained"


def test_loss_curves_are_smooth_and_end_at_the_last_step():
    steps = pd.DataFrame({"step": range(200), "loss": [1.0, 0.0] * 100})
    curves = loss_curves(steps.assign(encoder="e5_small", condition="mnli", seed=0, task="xnli"))
    assert 45 <= len(curves) <= 60
    assert curves["step"].iloc[-1] == 199
    assert curves["loss"].iloc[10:].between(0.4, 0.6).all(), "means of ten steps"


def test_validation_shows_the_chosen_epoch_and_chance():
    rows = [
        {"encoder": "e5_small", "condition": c, "seed": s, "task": "xnli", "metric": "accuracy", "value": v}
        | {"primary": True, "chosen": v > 0.5}
        for c in ("none", "mnli") for s in (0, 1) for v in (0.4, 0.6 + s / 10)
    ]  # fmt: skip
    (ax,) = drawn(plot_validation(pd.DataFrame(rows)))
    assert sorted(x for line in ax.lines[:2] for x in line.get_xdata()) == pytest.approx([60, 65, 70])
    assert ax.lines[-1].get_xdata()[0] == pytest.approx(100 / 3)
    assert ax.get_xlabel() == "accuracy in percent"


def test_coverage_lengths_labels():
    rows = pd.DataFrame({"task": t, "language": code} for t in ("xnli", "sib200") for code in MANY)
    (ax,) = drawn(plot_coverage(rows.iloc[:-1].assign(examples=300)))
    assert sum(t.get_text() == "300" for t in ax.texts) == 2 * len(MANY) - 1
    lengths = rows.assign(role="test", median_characters=50.0, p90_characters=90.0)
    axes = drawn(plot_lengths(pd.concat([lengths, lengths.query("language == 'en'").assign(role="train")])))
    assert [ax.get_xlabel() for ax in axes] == ["characters"] * 2
    labels = pd.concat(
        [rows.assign(role=role, label=f"label {i}", share=1 / 20) for i in range(20) for role in ("test", "train")]
    )
    axes = drawn(plot_labels(labels))
    assert all(len(ax.patches) == 8 * (len(MANY) + 1) for ax in axes)
    legend = [t.get_text() for t in axes[0].get_legend().get_texts()]
    assert legend[-1] == "13 others"
    assert not axes[0].get_legend().get_window_extent().overlaps(axes[0].get_window_extent())


def test_nothing_to_show_is_said():
    predictions, scores = study(["es", "fr"], [])
    families = family_gains(predictions, scores)
    empty = [plot_family_gains(families), plot_family_tree(families, gains(scores))]
    for figure in [*empty, plot_loss(pd.DataFrame()), plot_validation(pd.DataFrame())]:
        figure.draw_without_rendering()
        assert figure.axes[0].texts[0].get_text()


def test_several_encoders_get_panels_of_their_own():
    predictions, scores = study(["es", "fr"], ["mnli"])
    both = [pd.concat([f, f.assign(encoder="mbert")]) for f in (predictions, scores)]
    families = family_gains(*both, settings=Settings(resamples=50))
    for figure in (plot_scores(both[1], condition="none"), plot_family_gains(families)):
        assert len(drawn(figure)) == 2


def test_the_caller_s_settings_are_left_alone(tables):
    before = dict(mpl.rcParams)
    plot_scores(tables[0])
    assert dict(mpl.rcParams) == before


def test_missing_columns_are_named():
    with pytest.raises(AnalysisError, match="lacks the columns"):
        plot_coverage(pd.DataFrame({"task": ["xnli"]}))


def test_a_huge_interval_does_not_hide_the_others():
    predictions, scores = study(MANY, ["mnli"])
    families = family_gains(predictions, scores, settings=Settings(resamples=50))
    few = families.assign(low=families["estimate"] - 0.02, high=families["estimate"] + 0.02)
    few.loc[3, "high"] += 0.03
    (ax,) = drawn(plot_family_gains(few))
    assert not any(line.get_label() == "cut" for line in ax.lines), "an end not far off is in the picture"
    families.loc[3, ["low", "high"]] = -1.0, 1.0
    (ax,) = drawn(plot_family_gains(families))
    low, high = ax.get_xlim()
    assert -60 < low < high < 60
    assert sum(line.get_label() == "cut" for line in ax.lines) >= 2


@pytest.mark.parametrize(("plot", "panels"), [(plot_coverage_of_intervals, 2), (plot_false_claims, 2), (plot_power, 1)])
def test_calibration_shows_every_headline(plot, panels):
    rows = [
        {"balance": "balanced", "varied": varied, "value": value, "headline": headline, "effect": effect}
        | dict.fromkeys(("coverage", "false_claims", "claims"), 0.95)
        | {"coverage_error": 0.01, "false_claims_error": 0.01}
        for varied, values in (("seeds", ("3", "5")), ("what varies", ("mostly languages", "training runs")))
        for value in values
        for headline in ("all", "family", "general")
        for effect in (0.0, 0.02)
    ]
    figure = plot(pd.DataFrame(rows))
    assert len(drawn(figure)) == panels
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        HEADLINES[name] for name in ("all", "family", "general")
    ]


def test_tasks_are_rows_and_failed_runs_are_marked():
    predictions, scores = study(["es", "fr", "it"], ["mnli", "sst2"])
    table = task_gains(predictions, scores)
    axes = drawn(plot_task_gains(table))
    assert len(axes) == table["condition"].nunique()
    assert len(axes[0].get_yticklabels()) == table["task"].nunique()
    assert not any(ax.texts for ax in axes)
    table.loc[0, "collapsed"] = "XNLI seed 1"
    assert sum(len(ax.texts) for ax in drawn(plot_task_gains(table))) == 1


def test_tasks_behind_a_family_are_named_where_families_differ():
    predictions, scores = study(["es", "fr", "it", "ru", "pl", "bg"], ["mnli"])
    families = family_gains(predictions, scores)
    families["tasks"] = np.where(families["group"] == "Slavic", "xnli", "sib200 xnli")
    names = [t.get_text() for t in drawn(plot_family_gains(families))[0].get_yticklabels()]
    assert names == ["Romance (3 languages; all tasks)", "Slavic (3 languages; XNLI)"]
