from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from study_utils.errors import NotebookError
from study_utils.report.site import build_site, read_notebook, without_bars


class Page(HTMLParser):
    """Links, pictures and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.images, self.loaded, self.words, self.open = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open.append(tag)
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)
        if tag in ("script", "link", "iframe"):
            self.loaded.append(attrs)

    def handle_data(self, data):
        self.words.append(data)


def pages_of(report):
    return [read_notebook(path) for path in report.notebooks]


@pytest.fixture(scope="module")
def site(report):
    index = build_site(
        report.folder,
        title="A study <1>",
        pages=pages_of(report),
        banner="Made up & small.",
        seconds={"01_prepare": 61.2, "02_answer": 5},
    )
    return {path.name: Page(path.read_text(encoding="utf-8")) for path in report.folder.glob("*.html")} | {"": index}


def test_pages(site, report):
    assert set(site) == {"", "index.html", "01_prepare.html", "02_answer.html"}
    assert site[""] == report.folder / "index.html"


def test_every_relative_link_and_picture_resolves(site, report):
    seen = set()
    for name, page in site.items():
        if not name:
            continue
        for target in [*page.links, *(image["src"] for image in page.images)]:
            parts = urlsplit(target)
            if parts.scheme == "data" or not parts.path:
                continue
            assert not parts.scheme, f"{name} leads outside: {target}"
            assert (report.folder / unquote(parts.path)).is_file(), f"{name} has a dead link: {target}"
            seen.add(target)
    assert {
        "02_answer.html",
        "index.html",
        "figures/family_gains.png",
        "tables/families.csv",
        "02_answer.html#top",
    } <= seen


def test_pages_load_nothing(site, report):
    for name in ("index.html", "01_prepare.html", "02_answer.html"):
        assert site[name].loaded == []
        text = (report.folder / name).read_text(encoding="utf-8")
        assert not re.search(r"url\(|@import|src=\"http", text)


def test_every_picture_is_described(site):
    images = [image for name, page in site.items() if name for image in page.images]
    assert len(images) >= 2
    assert all("Zero-shot gain" in image["alt"] for image in images)


def test_the_index_says_what_was_found(site):
    text = " ".join(site["index.html"].words)
    assert "It helps <by> 1.2 points." in text
    assert "Not a headline." not in text
    assert "Does it help?" in text
    assert "Is it there?" in text
    assert "Executed in 1 min 1 s." in text
    assert "Made up & small." in text
    assert "A study <1>" in text


def test_pages_show_code_and_output_and_the_way_to_the_others(site):
    page = site["02_answer.html"]
    text = " ".join("".join(page.words).split())
    assert "plot_family_gains(families)" in text
    assert page.open.index("input") < page.open.index("nav"), "a switch shows the code, without a script"
    assert "It helps <by> 1.2 points." in text
    assert page.links[:4] == ["#content", "index.html", "01_prepare.html", "02_answer.html"]
    assert page.images[0]["src"] == "figures/family_gains.png", "a page doesn't hold pictures again"


def test_building_again_gives_the_same_pages(site, report):
    before = {path: path.read_bytes() for path in report.folder.glob("*.html")}
    options = {"title": "A study <1>", "banner": "Made up & small.", "seconds": {"01_prepare": 61.2, "02_answer": 5}}
    build_site(report.folder, pages=pages_of(report), **options)
    assert {path: path.read_bytes() for path in report.folder.glob("*.html")} == before


def test_figures_of_a_notebook_are_on_disk(report):
    page = read_notebook(report.notebooks[1])
    assert page.title == "Answer"
    assert [name for name, _ in page.figures] == ["family_gains"]
    for ending in ("png", "csv"):
        assert (report.folder / "figures" / f"family_gains.{ending}").stat().st_size > 100


def test_a_drawn_bar_is_one_plain_line():
    begun = "02_intermediate_training  40% |#########               | 00:10 gone, 0:15 left, 1/12 runs"
    done = "02_intermediate_training 100% |########################| 01:34 gone, 12 runs made       "
    assert without_bars(f"a warning\n\r{begun}\r{done}\n") == "a warning\n12 runs made in 01:34\n"
    assert without_bars("loss 40% |\n") == "loss 40% |\n"


def test_a_report_of_an_earlier_version_says_so_on_every_page(report, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(report.folder, folder)
    notebooks = sorted(folder.glob("*.ipynb"))
    for content, told in (({"earlier": "commit abc<1>"}, True), ({}, False)):
        (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
        build_site(folder, title="A study", pages=[read_notebook(path) for path in notebooks])
        for name in ("index.html", "01_prepare.html", "02_answer.html"):
            text = (folder / name).read_text(encoding="utf-8")
            assert ("Made by an earlier version: commit abc&lt;1&gt;" in text) == told


def test_broken_and_unexecuted_notebooks_are_refused(tmp_path):
    (tmp_path / "bad.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(NotebookError, match="not a readable notebook"):
        read_notebook(tmp_path / "bad.ipynb")
    with pytest.raises(NotebookError, match="not a readable notebook"):
        read_notebook(tmp_path / "missing.ipynb")
    new = nbformat.v4
    notebook = new.new_notebook(cells=[new.new_markdown_cell("# A"), new.new_code_cell("1")])
    nbformat.write(notebook, tmp_path / "new.ipynb")
    with pytest.raises(NotebookError, match=r"new\.ipynb, cell 2 was not executed"):
        read_notebook(tmp_path / "new.ipynb")
