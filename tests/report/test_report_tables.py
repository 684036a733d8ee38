import pandas as pd
import pytest

from study_utils.report.tables import LONGEST, number_text, table_html


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(-0.01234, "points", "\N{MINUS SIGN}1.2"), (-1e-9, "points", "0.0"),
     (0.731, "%", "73.1"), (0.00004, "p", "<0.001"),
     (0.0123, "p", "0.012"), (1234.5, "", "1,234"), (0.012345, "", "0.0123"), (7.0, "", "7")],
)  # fmt: skip
def test_numbers_have_the_digits_of_their_unit(value, unit, text):
    assert number_text(value, unit) == text


def test_headings_have_units_and_keys_their_titles():
    html = table_html(
        pd.DataFrame(
            {"condition": ["mnli", "sst2"], "language": ["de", "eu"], "score": [0.5, 0.25], "p_holm": [0.2, 1e-9]}
        )
    )
    for words in ("score (%)", "p (Holm)", "German", "Basque", "MNLI", "SST-2", "50.0", "&lt;0.001"):
        assert words in html, words


def test_low_and_high_of_shares_are_percent_and_of_gains_points():
    ends = {"low": [0.1], "high": [0.2]}
    assert "from (%)" in table_html(pd.DataFrame({"share": [0.15], **ends}))
    assert "from (points)" in table_html(pd.DataFrame({"estimate": [0.15], **ends}))


def test_only_clear_rows_are_coloured():
    frame = pd.DataFrame({"group": ["a", "b"], "clear": [True, False]})
    first, second = table_html(frame).split("<tr>")[-2:]
    assert "background-color" in first
    assert "background-color" not in second


def test_long_tables_are_cut_and_lead_to_the_file():
    html = table_html(pd.DataFrame({"n": range(LONGEST + 5)}), file="tables/n.csv")
    assert html.count("<tr>") == LONGEST
    assert f"The first {LONGEST} of {LONGEST + 5} rows" in html
    assert 'href="tables/n.csv"' in html


def test_columns_that_tell_nothing_are_left_out_and_text_is_no_markup():
    frame = pd.DataFrame({"encoder": "mbert", "withheld": "", "left": [float("nan")] * 2, "word": ["<b>", "c"]})
    html = table_html(frame)
    assert "encoder" not in html
    assert "withheld" not in html
    assert ">left<" not in html
    assert "&lt;b&gt;" in html
    assert "<style" not in html


def test_rows_that_cannot_be_told_are_their_reasons():
    frame = pd.DataFrame({"measure": ["mmd", "words"], "part": "task", "estimate": [0.012, float("nan")]})
    frame["withheld"] = ["", "4 <tasks>"]
    some = table_html(frame, file="tables/slopes.csv")
    assert "maximum mean discrepancy" in some
    assert "word divergence" not in some
    assert "Not told; reasons, and of how many rows: 4 &lt;tasks&gt; (1)" in some
    none = table_html(frame.assign(estimate=float("nan"), withheld="4 <tasks>"), file="tables/slopes.csv")
    assert "<table" not in none
    assert "of how many rows: 4 &lt;tasks&gt; (2)" in none
    assert 'href="tables/slopes.csv"' in none


def test_an_estimate_without_an_interval_stays_in_the_table():
    frame = pd.DataFrame({"group": ["Telugu"], "estimate": [0.012], "low": [float("nan")], "withheld": ["20 examples"]})
    html = table_html(frame)
    assert "Telugu" in html
    assert "20 examples" in html


def test_headings_and_cells_have_titles_not_keys():
    html = table_html(pd.DataFrame({"measure": ["format_distance"], "a_distance": [1.5], "variant": ["typos@0.3"]}))
    for title in ("format distance", "proxy A-distance", "Typing errors"):
        assert title in html


def test_columns_of_conditions_metrics_and_covariates_are_written_as_people_write_them():
    html = table_html(
        pd.DataFrame(
            {
                **{"metric": ["accuracy_from_english"], "none": ["57.3 (1.6)"], "mnli": ["56.9 (1.4)"]},
                **{"covariate": ["log_size"], "source": ["run"], "freedom": [22.3], "tasks": ["mnli, stsb"]},
                **{"most_in": ["az"], "regime": ["english"], "one_language": [4.6], "train_task": ["tatoeba"]},
            }
        )
    )
    words = ("accuracy from English", "No intermediate task (%)", "MNLI (%)", "size of the pretraining text")
    words += ("training runs of a task", "degrees of freedom", "MNLI, STS-B", "Azerbaijani", ">English<", "Tatoeba")
    for told in (*words, "one language (points)"):
        assert told in html, told
