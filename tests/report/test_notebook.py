"""What a notebook shows: five sentences, tables of points, the choices that differ from the defaults."""

from types import SimpleNamespace

import pandas as pd
import pytest

from study_utils.figures.style import nothing
from study_utils.report import keep_figure, keep_table, notebook, say, show_figure, show_parameters


@pytest.fixture
def shown(monkeypatch):
    kept = []
    monkeypatch.setattr(notebook, "_show", lambda data, **marks: kept.append(data | marks))
    return kept


def test_a_kept_table_shows_points_and_keeps_fractions(tmp_path, shown):
    table = pd.DataFrame({"group": ["a", "b"], "estimate": [-0.0000001, -0.5]})
    keep_table(SimpleNamespace(report=tmp_path), table, "gains")
    html = shown[0]["text/html"]
    assert "estimate (points)" in html
    assert ">0.0</td>" in html, "no minus zero"
    assert ">\N{MINUS SIGN}50.0</td>" in html
    assert 'href="tables/gains.csv"' in html
    assert pd.read_csv(tmp_path / "tables" / "gains.csv")["estimate"].iloc[0] == -0.0000001


def test_a_table_without_rows_is_kept_and_not_shown(tmp_path, shown):
    keep_table(SimpleNamespace(report=tmp_path), pd.DataFrame(columns=["group", "estimate"]), "gains")
    assert shown == []
    assert list(pd.read_csv(next(tmp_path.rglob("gains.csv")))) == ["group", "estimate"]


def test_a_figure_that_has_nothing_to_draw_is_a_sentence_and_no_picture(tmp_path, shown):
    old = tmp_path / "figures" / "layers.png"
    old.parent.mkdir()
    old.write_bytes(b"of an earlier time")
    report = SimpleNamespace(report=tmp_path)
    keep_figure(report, nothing("No layers to show: the study has no <retrieval> target"), "layers", pd.DataFrame())
    show_figure(nothing("Nothing was trained"))
    texts = ["No layers to show: the study has no &lt;retrieval&gt; target.", "Nothing was trained."]
    assert [one["text/markdown"] for one in shown] == texts
    assert not any("figure" in one or "image/png" in one for one in shown)
    assert not old.exists()


def test_five_sentences_are_seen_and_the_rest_is_folded(shown):
    say([f"Sentence <{n}>." for n in range(7)])
    listed, folded = shown[0]["text/markdown"].split("<details")
    assert listed.count("\n- ") + listed.startswith("- ") == 5
    assert "2 more" in folded
    assert "Sentence &lt;6&gt;." in folded
    assert len(shown[0]["sentences"]) == 7


def test_choices_that_differ_from_the_defaults_come_first(shown):
    table = pd.DataFrame({"field": ["a", "b"], "value": ["1", "2"], "default": ["1", "3"]})
    show_parameters(SimpleNamespace(parameters=lambda: table))
    own, every = (one["text/html"] for one in shown)
    assert ">b<" in own
    assert ">a<" not in own
    assert "<details" not in own
    assert every.startswith("<details")
    assert ">a<" in every


def test_long_names_of_choices_break_where_their_parts_end(shown):
    table = pd.DataFrame({"field": ["tasks.xnli.head_learning_rate"], "value": ["0.1"], "default": ["1"]})
    show_parameters(SimpleNamespace(parameters=lambda: table))
    html = shown[0]["text/html"]
    assert ">tasks.<wbr>xnli.<wbr>head_<wbr>learning_<wbr>rate<" in html
    assert ">0.1<" in html
