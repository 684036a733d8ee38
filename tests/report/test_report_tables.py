import pandas as pd
import pytest

from study_utils.report.tables import LONGEST, MANY, number_text, table_html


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
    assert "interval (%)" in table_html(pd.DataFrame({"share": [0.15], **ends}))
    assert "interval (points)" in table_html(pd.DataFrame({"estimate": [0.15], **ends}))


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
    words = ("accuracy from English", ">No intermediate task<", ">MNLI<", "score (%)", "size of the pretraining text")
    words += ("training runs of a task", "degrees of freedom", "MNLI, STS-B", "Azerbaijani", ">English<", "Tatoeba")
    for told in (*words, "detectable gain (points)", ">one language<"):
        assert told in html, told


def test_both_ends_of_an_interval_are_one_column():
    ends = {"estimate": [-0.023, 0.01], "low": [-0.03, float("nan")], "high": [-0.015, float("nan")]}
    html = table_html(pd.DataFrame({"condition": ["mnli", "stsb"], **ends}))
    assert html.count("<th ") == 3
    assert ">\N{MINUS SIGN}3.0 to \N{MINUS SIGN}1.5<" in html
    assert "nan" not in html
    assert "> to <" not in html


def test_words_that_columns_share_stand_once_above_them():
    general = {"general_low": [-0.08, 0.01], "general_high": [0.03, 0.02], "general_clear": [False, True]}
    html = table_html(pd.DataFrame({"condition": ["mnli", "stsb"], "low": [0.0, 0.1], "high": [0.1, 0.2], **general}))
    above, below = html.split("<tr")[1:3]
    assert above.count("tasks like these") == 1
    assert 'colspan="2"' in above
    assert ["tasks" in below, "interval (points)" in below, ">clear<" in below] == [False, True, True]
    scores = table_html(pd.DataFrame({"task": ["xnli"], "none": [0.5], "gain (points)|MNLI": ["1.0"]}))
    assert scores.count("score (%)") == scores.count("gain (points)") == 1


def test_a_wide_table_tells_below_it_what_every_row_says_but_never_what_is_clear():
    frame = pd.DataFrame({"group": ["All"] * 2, "clear": [False] * 2, "n_seeds": [3, 3]})
    frame = frame.assign(**{f"n_{i}": [i, i + 1] for i in range(MANY)})
    html = table_html(frame)
    assert "The same in every row: seeds 3" in html
    assert ">seeds<" not in html
    assert ">clear<" in html
    assert ">group<" in html
    narrow = table_html(frame[["group", "clear", "n_seeds"]])
    assert ">seeds<" in narrow
    assert "every row" not in narrow
    assert ">seeds<" in table_html(frame.head(1)), "one row has all it has to say"


def test_short_words_and_headings_stay_in_one_line():
    html = table_html(pd.DataFrame({"condition": ["squad1", "mnli"], "why": ["a long text of many words", "b"]}))
    assert 'short">SQuAD 1.1<' in html
    assert 'short" rowspan="1" colspan="1" scope="col">condition<' in html
    assert 'gt_left">a long text' in html


def test_what_failed_stands_beside_the_result_and_what_is_left_without_it():
    table = pd.DataFrame({"condition": ["mnli", "sst2"], "estimate": [0.02, 0.01], "low": -0.01, "high": 0.05})
    sound = table.assign(at_chance=["", ""], not_learnt="", collapsed=["", "XNLI seed 2"])
    sound = sound.assign(sound_estimate=[float("nan"), 0.031], sound_low=[float("nan"), 0.02], sound_high=0.04)
    sound.loc[0, "sound_high"] = float("nan")
    html = table_html(sound)
    assert html.count("what failed") == html.count("without what failed") + 1 == 2
    assert "one side at chance" not in html, "a column that is empty everywhere"
    assert "XNLI seed 2" in html
    assert "3.1" in html
    assert "2.0 to 4.0" in html
    nothing = dict.fromkeys(("at_chance", "not_learnt", "collapsed"), "") | {"sound_estimate": float("nan")}
    assert "failed" not in table_html(table.assign(**nothing))
