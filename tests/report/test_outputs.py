from __future__ import annotations

import io
import subprocess

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study_utils.errors import StoreError
from study_utils.figures import plot_coverage
from study_utils.figures.style import new_figure
from study_utils.report import provenance, save_figure, save_table
from study_utils.report.notebook import figure_text
from study_utils.report.outputs import COLOURS, with_few_colours
from study_utils.report.provenance import git_state, versions

DATA = pd.DataFrame({"task": ["xnli", "xnli"], "language": ["en", "es"], "examples": [300, 200]})


def test_a_figure_is_written_with_its_data_and_the_same_bytes_again(tmp_path):
    first = [p.read_bytes() for p in save_figure(plot_coverage(DATA), tmp_path / "a", "coverage", DATA)]
    paths = save_figure(plot_coverage(DATA), tmp_path / "b", "coverage", DATA)
    assert [p.name for p in paths] == ["coverage.png", "coverage.csv"]
    assert [p.read_bytes() for p in paths] == first
    assert b"tIME" not in first[0]
    pd.testing.assert_frame_equal(pd.read_csv(paths[1]), DATA)
    other = save_figure(plot_coverage(DATA.assign(examples=1)), tmp_path / "c", "coverage", DATA)
    assert other[0].read_bytes() != first[0]


def test_a_picture_has_few_colours(tmp_path):
    with Image.open(save_figure(plot_coverage(DATA), tmp_path, "coverage", DATA)[0]) as picture:
        assert picture.mode == "P"
        assert len(picture.getcolors()) <= COLOURS


def test_few_colours_are_near_the_true_ones():
    figure, (ax,) = new_figure(width=4, height=2)
    ax.imshow(np.linspace(0, 1, 256)[None, :], aspect="auto", cmap="PuOr")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    full, few = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB"), int) for one in pair(drawn.getvalue()))
    assert np.abs(full - few).max() <= 16, "a band of another colour shows in colour bars"


def pair(picture):
    return picture, with_few_colours(picture)


def test_a_table_keeps_its_values(tmp_path):
    frame = pd.DataFrame({"name": ["a,b", ""], "value": [1 / 3, float("nan")]})
    path = save_table(frame, tmp_path / "x" / "y", "table_1")
    back = pd.read_csv(path, keep_default_na=False, na_values={"value": [""]})
    pd.testing.assert_frame_equal(back, frame, rtol=1e-9)
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize("name", ["../x", "A", "a b", "", "a.b"])
def test_odd_names_are_refused(tmp_path, name):
    with pytest.raises(StoreError, match="lower-case"):
        save_table(DATA, tmp_path, name)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be made"):
        save_table(DATA, tmp_path / "file", "table")
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        save_table(DATA, tmp_path, "taken")


def test_a_figure_describes_itself():
    text = figure_text(plot_coverage(DATA), "coverage")
    assert text == "Coverage; panels: Test examples by language and task; rows: Spanish, English"


def test_words_of_a_figure_name_its_axes_rows_and_legend_once_and_count_what_is_too_much():
    figure, axes = new_figure(width=4, height=2, columns=2)
    figure.suptitle("Gains")
    for ax in axes:
        ax.barh([f"row {n:02}" for n in range(20)], range(20), label="MNLI")
        ax.set(xlabel="gain in\npoints", ylabel="language")
        ax.legend()
    rows = ", ".join(f"row {n:02}" for n in range(19, 7, -1))
    wanted = f"Gains; across: gain in points; upwards: language; rows: {rows} and 8 more; legend: MNLI"
    assert figure_text(figure, "gains") == wanted


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_git_state(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) == "not known"
    git(tmp_path, "init")
    page = tmp_path / "reports/study/index.html"
    page.parent.mkdir(parents=True)
    for file in (page, tmp_path / "a"):
        file.write_text("1", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    clean = git_state(tmp_path)
    assert len(clean) == 12
    (tmp_path / "a").write_text("2", encoding="utf-8")
    assert git_state(tmp_path) == f"{clean} (with changes)"
    git(tmp_path, "checkout", ".")
    page.write_text("made anew", encoding="utf-8")
    assert git_state(tmp_path) == clean, "a report that is being made"
    monkeypatch.setenv("PATH", "")
    assert git_state(tmp_path) == "not known"


def test_provenance_names_what_it_was_given(tmp_path):
    panel = provenance(
        root=tmp_path, device="a <device>", seeds=[0, 1], fingerprints={"xnli test": "abc"}, seconds={"01": 12.4},
        more={"study": "quick"},
    )  # fmt: skip
    facts = dict(panel.facts)
    assert panel.facts[0] == ("study", "quick")
    assert (facts["seeds"], facts["data"], facts["duration"]) == ("0, 1", "xnli test abc", "01 12 s")
    assert f"pandas {pd.__version__}" in facts["libraries"]
    assert "a &lt;device&gt;" in panel._repr_html_()
    assert "seeds: 0, 1" in repr(panel)


def test_libraries_that_are_not_installed_are_left_out():
    assert versions(["pandas", "no-such-library"]) == {"pandas": pd.__version__}
