"""The look that figures share: orders, colours, panels, and what is said where there is nothing to draw."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest
from figure_layout import drawn
from figure_studies import study

from study_utils.analysis import Settings, family_gains, gains
from study_utils.catalog import CONDITIONS
from study_utils.errors import AnalysisError
from study_utils.figures import (
    plot_coverage,
    plot_family_gains,
    plot_family_tree,
    plot_loss,
    plot_scores,
    plot_validation,
)
from study_utils.figures.style import grid_shape, language_order, looks


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


@pytest.mark.parametrize(
    ("panels", "shape"), [(1, (1, 1)), (3, (1, 3)), (6, (1, 6)), (7, (2, 4)), (12, (2, 6)), (13, (3, 5))]
)
def test_rows_of_panels_are_evenly_filled(panels, shape):
    assert grid_shape(panels, 6) == shape


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
