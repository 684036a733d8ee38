"""Pages of reports in a real browser, as wide as a telephone and on paper."""

from __future__ import annotations

import base64
import re

import pandas as pd
import pytest
from browser import start_browser

from study_utils.analysis import SUMMARY_COLUMNS, robustness_table
from study_utils.paths import project_root
from study_utils.report.finished import read_table
from study_utils.report.site import page
from study_utils.report.tables import table_html

REPORTS = project_root() / "reports"
PAGES = [REPORTS / "index.html", *sorted((REPORTS / "quick").glob("*.html")), *sorted(REPORTS.glob("evidence/*.html"))]


@pytest.fixture(scope="module")
def browser():
    driver = start_browser()
    yield driver
    driver.quit()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_narrow_page_never_scrolls_sideways_and_its_figures_stay_readable(browser, path):
    size = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 400
    pictures = "[...document.querySelectorAll('main figure img')].filter((one) => !one.closest('.card'))"
    shown = browser.execute_script(f"return {pictures}.map((one) => [one.clientWidth, one.naturalWidth])")
    for width, whole in shown:
        assert width >= min(whole, 600), "wide figures scroll in their frame, they don't shrink"


def test_a_frame_fades_out_only_where_it_hides_something(browser, tmp_path):
    frame = '<div class="wide" id="{}"><div style="width: {}; height: 9px"></div></div>'
    path = tmp_path / "index.html"
    path.write_text(page("A", frame.format("a", "999px") + frame.format("b", "99px"), links=[], current=""), "utf-8")
    size = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    told = "const style = getComputedStyle(document.getElementById(arguments[0]));"
    told += "return ['--left', '--right'].map((side) => parseFloat(style.getPropertyValue(side)))"
    assert browser.execute_script(told, "b") == [0, 0]
    assert browser.execute_script(told, "a") == [0, 40]
    moved = "document.getElementById('a').scrollLeft = {}; requestAnimationFrame(() => setTimeout(arguments[0], 50))"
    browser.execute_async_script(moved.format(300))
    assert browser.execute_script(told, "a") == [40, 40]
    browser.execute_async_script(moved.format(9999))
    assert browser.execute_script(told, "a") == [40, 0]


def test_on_paper_what_is_folded_is_open(browser, tmp_path):
    folded = '<details class="more"><summary>2 more</summary><p id="inside">Said only here.</p></details>'
    path = tmp_path / "index.html"
    path.write_text(page("A", folded, links=[], current=""), encoding="utf-8")
    browser.get(path.as_uri())
    height = "return document.getElementById('inside').getBoundingClientRect().height"
    seen = "return document.getElementById('inside').checkVisibility({contentVisibilityAuto: true})"
    assert not browser.execute_script(seen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.execute_script(height), browser.execute_script(seen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown[0] > 0
    assert shown[1]


def test_studies_stand_below_each_other_on_a_narrow_screen(browser, tmp_path):
    cells = "".join(f'<td data-name="question {n}">Does it help in many languages?</td>' for n in range(6))
    table = f'<table class="studies"><tbody><tr><th scope="row">Quick</th>{cells}</tr></tbody></table>'
    path = tmp_path / "index.html"
    path.write_text(page("A", f'<div class="wide">{table}</div>', links=[], current=""), encoding="utf-8")
    browser.get(path.as_uri())
    before = "return getComputedStyle(document.querySelector('.studies td'), '::before').content"
    found = []
    for width in (400, 1200):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wide = browser.execute_script("return document.querySelector('table.studies').scrollWidth")
        found.append((wide <= width, "question 0" in browser.execute_script(before)))
    assert found == [(True, True), (True, False)]


def test_on_paper_there_is_no_navigation_and_every_picture(browser):
    page = REPORTS / "quick" / "05_family_robustness.html"
    browser.get(page.as_uri())
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.execute_script("return getComputedStyle(document.querySelector('nav')).display")
    assert shown == "none"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    pictures = page.read_text(encoding="utf-8").count("<img ")
    assert len(re.findall(rb"/Subtype /Image", printed)) >= pictures, "also those below the first screen"


def evidence(name):
    return read_table(REPORTS / "evidence" / "tables" / f"{name}.csv")


WIDE = {
    "overall": lambda: evidence("overall_gains")[[*SUMMARY_COLUMNS]],
    "families": lambda: evidence("family_gains")[[*SUMMARY_COLUMNS]],
    "robustness": lambda: robustness_table(evidence("robustness_intervals").assign(worst="Indonesian")),
    "contrasts": lambda: evidence("family_contrasts"),
    "detectable": lambda: evidence("detectable"),
    "benchmark": lambda: evidence("xtreme"),
}


@pytest.mark.parametrize("name", WIDE)
def test_wide_tables_fit_the_page_and_their_headings_have_three_lines_at_most(browser, tmp_path, name):
    path = tmp_path / "index.html"
    body = f'<div class="output_subarea">{table_html(WIDE[name]())}</div>'
    path.write_text(page("A", body, links=[], current=""), encoding="utf-8")
    size = {"width": 1200, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    frame = "document.querySelector('.output_subarea')"
    assert browser.execute_script(f"return {frame}.scrollWidth <= {frame}.clientWidth")
    heights = "return [...document.querySelectorAll('thead tr')].map((row) => row.clientHeight)"
    assert max(browser.execute_script(heights)) <= 3 * 20 + 10


def test_on_paper_words_stay_with_what_follows_and_tables_end_once(browser, tmp_path):
    table = table_html(pd.DataFrame({"a": range(3)}), file="tables/a.csv")
    cells = f'<div class="text_cell">Words</div><div class="code_cell"><div class="input"></div>{table}</div>'
    path = tmp_path / "index.html"
    path.write_text(page("A", cells, links=[], current=""), encoding="utf-8")
    browser.get(path.as_uri())
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    style = "return getComputedStyle(document.querySelector('%s')).%s"
    found = [browser.execute_script(style % pair) for pair in ((".text_cell", "breakAfter"), (".input", "breakAfter"))]
    foot = browser.execute_script(style % ("tfoot", "display"))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert found == ["avoid", "avoid"]
    assert foot == "table-row-group", "else every page of a long table ends with its note"
