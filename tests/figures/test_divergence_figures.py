from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_layout import drawn

from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.table import COLUMNS
from study_utils.errors import AnalysisError
from study_utils.figures import plot_change, plot_divergence_map, plot_gain_by_divergence, plot_slopes_by_target

CONDITIONS = ["mnli", "stsb", "sst2", "squad1", "wnut17"]
TARGETS = ["xnli", "tatoeba"]
LANGUAGES = ["en", "de", "fr", "es", "ru", "pl", "eu"]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    keys = [("e5_small", c, t, code) for c in CONDITIONS for t in TARGETS for code in LANGUAGES]
    frame = pd.DataFrame(keys, columns=["encoder", "condition", "task", "language"]).reindex(columns=list(COLUMNS))
    for measure in MEASURES:
        frame[measure] = rng.random(len(frame))
    return frame


def test_map_holds_family_means_without_english(table):
    axes = drawn(plot_divergence_map(table))
    assert [ax.get_title(loc="left") for ax in axes] == ["XNLI", "Tatoeba"]
    assert [t.get_text() for t in axes[0].get_yticklabels()] == [
        "Romance (2 languages)", "Slavic (2 languages)", "Basque", "German",
    ]  # fmt: skip
    part = table.query("condition == 'mnli' and task == 'xnli' and language in ['fr', 'es']")
    cell = next(t for t in axes[0].texts if t.get_position() == (0, 0))
    assert cell.get_text() == f"{part['mmd'].mean():.2f}"
    assert axes[0].images[0].get_clim() == axes[1].images[0].get_clim()


def test_marks_are_differences_from_the_other_tasks(table):
    cells = table[table["language"] != "en"].assign(gain=lambda frame: -0.1 * frame["mmd"])
    axes = drawn(plot_gain_by_divergence(cells))
    assert len(axes) == len(MEASURES)
    points = np.concatenate([np.column_stack(line.get_data()) for line in axes[0].lines if line.get_marker() != "None"])
    assert len(points) == len(CONDITIONS) * len(TARGETS)
    np.testing.assert_allclose(points[:, 1], -10 * points[:, 0], atol=1e-9)
    np.testing.assert_allclose(points.sum(0), 0, atol=1e-9)


def test_where_nothing_changes_the_axis_is_of_points_and_not_of_rounding(table):
    cells = table[table["language"] != "en"].assign(gain=0.0)
    for ax in drawn(plot_gain_by_divergence(cells)):
        assert ax.get_ylim() == (-0.5, 0.5)


def test_bars_are_means_over_languages(table):
    (ax,) = drawn(plot_change(table))
    widths = sorted(bar.get_width() for bar in ax.patches)
    np.testing.assert_allclose(widths, sorted(table.groupby(["condition", "task"])["change"].mean()))
    assert len({bar.get_hatch() for bar in ax.patches}) == len(TARGETS)


@pytest.mark.parametrize("plot", [plot_divergence_map, plot_change])
def test_nothing_measured_says_so(table, plot):
    for empty in (table.iloc[:0], table.assign(mmd=np.nan, change=np.nan)):
        (ax,) = plot(empty).axes
        assert "No divergence to show" in ax.texts[0].get_text()
    with pytest.raises(AnalysisError, match="lacks the columns"):
        plot(table.drop(columns="condition"))


def test_no_gains_say_so(table):
    (ax,) = plot_gain_by_divergence(table.assign(gain=0.0).iloc[:0]).axes
    assert "No divergence to show" in ax.texts[0].get_text()


def test_slopes_of_targets_stand_above_the_slope_over_all():
    key = {"encoder": "e5_small", "measure": "mmd", "withheld": ""}
    one = {"part": "task", "estimate": -0.02, "low": -0.03, "high": 0.01}
    other = {"part": "language", "estimate": 0.01, "low": 0.0, "high": 0.02}
    by_target = pd.DataFrame([key | one | {"task": "xnli"}, key | other | {"task": "tatoeba"}])
    slopes = pd.DataFrame([key | one, key | other | {"withheld": "too few"}])
    (ax,) = drawn(plot_slopes_by_target(by_target, slopes))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["XNLI", "Tatoeba", "all targets"]
    marks = [line.get_data(orig=False) for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [x.tolist() for x, _ in marks] == [pytest.approx([-2, -2]), pytest.approx([1])]
    assert [np.round(y).tolist() for _, y in marks] == [[0, 2], [1]]
    (empty,) = plot_slopes_by_target(by_target.assign(withheld="few"), slopes.assign(withheld="few")).axes
    assert "No slope" in empty.texts[0].get_text()
