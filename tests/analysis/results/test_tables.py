from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from study_utils.analysis.results.tables import CELL, SCORE_COLUMNS, check_results, is_primary, join_languages
from study_utils.errors import AnalysisError


def test_a_simulated_study_is_valid(study):
    check_results(study[1])
    assert list(study[1]) == list(SCORE_COLUMNS)


def change(frame, column, value, row=5):
    frame = frame.copy()
    frame.loc[frame.index[row], column] = value
    return frame


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="n"), r"lacks the columns \['n'\]"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: change(f, "language", "xx"), "unknown language 'xx'"),
        (lambda f: change(f, "task", "sib20"), "unknown task 'sib20'.*'sib200'"),
        (lambda f: change(f, "value", float("nan")), "1 rows .* missing values"),
        (lambda f: change(f, "value", 53.2), "53.2 is out of range"),
        (lambda f: change(f, "value", -0.1), "out of range"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), "twice with the same value"),
        (lambda f: pd.concat([f, f.iloc[[3]].assign(value=0.123)]), "twice with conflicting values"),
        (lambda f: f[~((f["condition"] == "none") & (f["seed"] == 1) & (f["language"] == "fr"))], "no baseline 'none'"),
    ],
)
def test_a_spoilt_table_is_refused(study, spoil, message):
    with pytest.raises(AnalysisError, match=message):
        check_results(spoil(study[1]))


def test_correlations_may_be_negative(study):
    frame = study[1].assign(metric="spearman", value=-0.2)
    check_results(frame)
    with pytest.raises(AnalysisError, match="out of range"):
        check_results(frame.assign(value=-1.2))


def test_languages_are_joined_in_order():
    frame = pd.DataFrame({"encoder": "mbert", "language": ["sw", "es", "eu", "am", "ar"]}, index=[4, 2, 9, 1, 0])
    joined = join_languages(frame)
    assert list(joined.index) == [4, 2, 9, 1, 0]
    assert list(joined["group"]) == ["Niger-Congo", "Romance", "Basque", "Semitic", "Semitic"]
    assert list(joined["is_isolate"]) == [False, False, True, False, False]
    assert list(joined["seen"]) == [True, True, True, False, True]
    assert join_languages(frame.assign(encoder="./folder"))["seen"].isna().all()
    pd.testing.assert_frame_equal(join_languages(joined), joined)


def test_no_torch_behind_analysis_figures_and_report():
    code = (
        "import sys, study_utils.analysis.calibration.studies, study_utils.sentences.gains, study_utils.figures,"
        "study_utils.report.study_site, study_utils.sentences.data; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_cell_columns_name_a_cell(study):
    assert not study[1].duplicated([*CELL, "metric"]).any()


def test_scores_of_the_primary_metric_are_marked():
    scores = pd.DataFrame(
        {"task": ["xnli", "udpos", "udpos"], "metric": ["accuracy", "legacy_chunk_f1", "token_accuracy"]}
    )
    assert is_primary(scores).tolist() == [True, False, True]
    with pytest.raises(AnalysisError, match="unknown task"):
        is_primary(scores.assign(task="nothing"))
