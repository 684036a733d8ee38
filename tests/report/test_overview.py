"""The page over all studies, from hand-made reports and from those that are committed."""

from __future__ import annotations

import re
import shutil

import nbformat
import pandas as pd
import pytest

from study_utils.analysis.results.several import same_comparisons, study_comparisons
from study_utils.catalog.questions import QUESTIONS
from study_utils.figures.studies import plot_same_comparisons
from study_utils.paths import project_root
from study_utils.report import overview
from study_utils.report.__main__ import main
from study_utils.report.crate import CRATE
from study_utils.report.finished import TOUR
from study_utils.report.overview import OLDER, read_line, write_overview
from study_utils.sentences.studies import describe_same, describe_study

REPORTS = project_root() / "reports"


def results(gain, run="r", condition="mnli", seeds=(0, 1)):
    rows = [
        (arm, language, seed, 0.5 + (gain if arm != "none" else 0) + (0.25 if language == "fi" else 0))
        for arm in ("none", condition)
        for language in ("de", "fi", "en")
        for seed in seeds
    ]
    table = pd.DataFrame(rows, columns=["condition", "language", "seed", "value"])
    return table.assign(
        encoder="e5_small", task="sib200", variant="clean", metric="accuracy", n=8, same_data=False,
        zero_shot=table["language"] != "en", run=run + table["condition"] + table["seed"].astype(str),
    )  # fmt: skip


def by_task(estimate, low, high, clear, condition="mnli"):
    row = {"encoder": "e5_small", "variant": "clean", "condition": condition, "task": "sib200"}
    return pd.DataFrame([{**row, "estimate": estimate, "low": low, "high": high, "clear": clear}])


def test_a_comparison_is_the_plain_mean_or_the_interval_that_the_study_gives():
    plain = study_comparisons("a", results(0.125)).iloc[0]
    assert (plain["study"], plain["condition"], plain["task"]) == ("a", "mnli", "sib200")
    assert (plain["estimate"], plain["n_languages"], plain["n_seeds"]) == (0.125, 2, 2)
    assert pd.isna(plain["low"])
    assert plain["runs"] == "rmnli0 rmnli1"
    told = study_comparisons("a", results(0.125), by_task(0.12, 0.1, 0.15, True)).iloc[0]
    assert (told["estimate"], told["low"], told["high"], told["clear"]) == (0.12, 0.1, 0.15, True)
    withheld = study_comparisons("a", results(0.125), by_task(0.12, None, None, False)).iloc[0]
    assert withheld["estimate"] == 0.125


def three_studies():
    return {
        "a": study_comparisons("a", results(0.125, "x"), by_task(0.12, 0.1, 0.15, True)),
        "b": study_comparisons("b", results(0.0625, "y")),
        "c": study_comparisons("c", results(0.0625, "y")),
        "d": study_comparisons("d", results(0.25, "z", condition="snli")),
    }


def test_shared_runs_are_told_once_and_comparisons_of_one_study_not_at_all():
    same = same_comparisons(three_studies())
    assert list(zip(same["study"], same["also"])) == [("a", ""), ("b", "c")]
    assert set(same["condition"]) == {"mnli"}
    alone = same_comparisons({key: three_studies()[key] for key in "bcd"})
    assert alone.empty
    assert same_comparisons({}).empty


def test_sentences_count_signs_clear_results_and_missing_intervals():
    same = same_comparisons(three_studies())
    first, second, third = describe_same(same)
    assert first.startswith("1 comparison of a condition with the baseline on one target has been made")
    assert "in 1 of them all agree on the sign" in first
    assert second == "1 of them is clear in a study, 0 in two or more with the same sign, 0 in two with opposite signs."
    assert third.startswith("1 of 2 results have no interval")
    against = same.assign(clear=True, estimate=[0.1, -0.1])
    assert describe_same(against)[1].endswith("0 in two or more with the same sign, 1 in two with opposite signs.")
    assert describe_same(same.head(0)) == ["No comparison has been made in two studies."]


def test_one_sentence_a_study():
    overall = pd.DataFrame({"estimate": [0.01, -0.02], "clear": [True, False]})
    tasks = pd.DataFrame({"estimate": [0.01, -0.02, -0.03], "clear": [False, True, True]})
    assert describe_study(overall, tasks) == (
        "Over all zero-shot languages, a clear gain in 1 and a clear loss in 0 of 2 conditions "
        "(estimates from −2.0 to +1.0 points); on single targets, a clear gain in 0 "
        "and a clear loss in 2 of 3 comparisons."
    )


def test_a_study_answers_its_own_question_before_published_claims(tmp_path):
    shutil.copytree(REPORTS / "evidence", tmp_path / "evidence")
    assert read_line(tmp_path / "evidence").question == QUESTIONS["families"].asks
    (tmp_path / "evidence" / "05_family_robustness.ipynb").unlink()
    assert read_line(tmp_path / "evidence").question == QUESTIONS["claims"].asks


def test_the_figure_has_a_mark_a_study_and_a_line_an_interval():
    figure = plot_same_comparisons(same_comparisons(three_studies()))
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["MNLI: SIB-200"]
    marks = [line for line in ax.lines if line.get_marker() not in ("None", None)]
    assert sorted(float(line.get_xdata()[0]) for line in marks) == [6.25, 12]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert plot_same_comparisons(same_comparisons({})).axes


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", 'a,b\n"1,2\n3', "\0"])
def test_a_report_that_cannot_be_read_stops_no_other_and_is_named(reports, caplog, content):
    (reports / "old" / "results.csv").write_text(content, encoding="utf-8")
    text = write_overview(reports).read_text(encoding="utf-8")
    assert "Reports that can't be read: old." in text
    assert 'href="new/index.html"' in text
    assert "report old is left out" in caplog.text


@pytest.fixture
def reports(tmp_path):
    """Reports of two made-up studies: one with all tables, one older than them; and one without results."""
    new = nbformat.v4
    for name in ("new", "old", "other"):
        (tmp_path / name / "tables").mkdir(parents=True)
        (tmp_path / name / "index.html").write_text("", encoding="utf-8")
        notebook = new.new_notebook(cells=[new.new_markdown_cell("# A")])
        nbformat.write(notebook, tmp_path / name / "05_family_robustness.ipynb")
    for name in ("new", "old"):
        results(0.125, name).to_csv(tmp_path / name / "results.csv", index=False)
    tables = tmp_path / "new" / "tables"
    by_task(0.12, 0.1, 0.15, True).to_csv(tables / "task_gains.csv", index=False)
    by_task(0.12, 0.1, 0.15, False).to_csv(tables / "overall_gains.csv", index=False)
    found = {"varied": ["as planned", "seeds"], "all_these_tasks": [1.26, 1.0], "family_of_three": [None, 2.0]}
    pd.DataFrame(found).to_csv(tables / "detectable.csv", index=False)
    return tmp_path


def test_a_line_says_what_the_report_holds_or_that_it_is_older(reports):
    line = read_line(reports / "new")
    assert "a clear gain in 0 and a clear loss in 0 of 1 condition (+12.0 points)" in line.answer
    assert line.detects == "1.3 points over all languages"
    assert (line.size, line.seeds) == ("2 conditions, 1 target, 3 languages", "2")
    assert line.question.startswith("Does English intermediate training")
    pd.DataFrame(columns=["varied"]).to_csv(reports / "new" / "tables" / "detectable.csv", index=False)
    assert read_line(reports / "new").detects.startswith("not known")
    old = read_line(reports / "old")
    assert (old.answer, old.detects) == (OLDER, OLDER)


def test_the_page_leads_to_a_tour_where_there_is_one(reports):
    assert "tour" not in write_overview(reports).read_text(encoding="utf-8")
    (reports / "old" / f"{TOUR}.html").write_text("", encoding="utf-8")
    assert f'href="old/{TOUR}.html"' in write_overview(reports).read_text(encoding="utf-8")


def test_the_page_shows_every_report(reports):
    text = write_overview(reports).read_text(encoding="utf-8")
    assert re.findall(r'<a href="([^"#]+/index.html)"', text) == [f"{n}/index.html" for n in ("new", "old", "other")]
    assert "MNLI: SIB-200" in text
    assert "+10.0 to +15.0" in text
    picture = re.search(r'<img alt="([^"]+)" src="([^"]+)"', text)
    assert "Gain over no intermediate task" in picture[1]
    assert (reports / picture[2]).is_file()
    assert '<td data-name="seeds">2</td>' in text, "what a cell is, where a narrow screen has no headings"


def test_what_the_present_code_made_comes_first(reports, monkeypatch):
    monkeypatch.setattr(overview, "earlier_version", lambda report: "yes" * (report.name == "new"))
    text = write_overview(reports).read_text(encoding="utf-8")
    assert re.findall(r'<th scope="row"><a href="([^"/]+)', text) == ["old", "new"]


def test_tasks_that_are_not_known_here_leave_the_others_compared(reports):
    table = pd.read_csv(reports / "old" / "results.csv").assign(task="my_own_task")
    table.to_csv(reports / "old" / "results.csv", index=False)
    assert "not compared with other studies: unknown task 'my_own_task'" in read_line(reports / "old").answer
    text = write_overview(reports).read_text(encoding="utf-8")
    assert "No comparison has been made in two studies" in text
    assert "<img" not in text, "a sentence is enough"


def test_the_command_writes_pages_of_committed_reports_and_refuses_others(tmp_path, capsys):
    for name in ("quick", "adversarial"):
        shutil.copytree(REPORTS / name, tmp_path / name)
    assert main(["--reports", str(tmp_path), "quick"]) == 0
    pages = [tmp_path / "quick" / "index.html", tmp_path / "index.html"]
    assert capsys.readouterr().out.splitlines() == [f"written: {path}" for path in pages]
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Quick study on the starter suite" in text
    assert text.count("(earlier version)") == 1, "adversarial"
    for path in (REPORTS / "quick").glob("*.html"):
        assert (tmp_path / "quick" / path.name).read_bytes() == path.read_bytes(), "as committed"
    for name in ("manifest.json", CRATE):
        assert (tmp_path / "quick" / name).read_bytes() == (REPORTS / "quick" / name).read_bytes(), "as committed"
    assert main(["--reports", str(tmp_path), "quik"]) == 2
    assert "quick" in capsys.readouterr().err
