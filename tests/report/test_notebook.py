"""What a notebook shows: tables whole, so that no choice of a study is hidden."""

from types import SimpleNamespace

import pandas as pd

from study_utils.report import banner, keep_table


def test_tables_after_the_banner_show_every_row_and_whole_cells():
    table = pd.DataFrame({"field": [f"field {n}" for n in range(80)], "value": "word " * 60 + "end"})
    with pd.option_context("display.max_rows", 60, "display.max_colwidth", 50, "display.max_columns", 0):
        assert "field 40<" not in table._repr_html_()
        banner(SimpleNamespace(params=SimpleNamespace(title="A study", banner="")))
        shown = table._repr_html_()
    assert all(f"field {n}<" in shown for n in range(80))
    assert shown.count("end<") == 80


def test_a_kept_table_shows_no_minus_zero_but_keeps_what_was_measured(tmp_path):
    table = pd.DataFrame({"group": ["a", "b"], "estimate": [-0.0000001, -0.5]})
    shown = keep_table(SimpleNamespace(report=tmp_path), table, "gains")
    assert str(shown["estimate, points"].iloc[0]) == "0.0"
    assert shown["estimate, points"].iloc[1] == -50
    assert pd.read_csv(next(tmp_path.rglob("gains.csv")))["estimate"].iloc[0] == -0.0000001


def test_a_table_without_rows_is_kept_and_not_shown(tmp_path):
    empty = pd.DataFrame(columns=["group", "estimate"])
    assert keep_table(SimpleNamespace(report=tmp_path), empty, "gains") is None
    assert list(pd.read_csv(next(tmp_path.rglob("gains.csv")))) == ["group", "estimate"]
