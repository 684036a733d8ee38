"""Pages of reports in a real browser, as wide as a telephone and on paper."""

from __future__ import annotations

import base64
import re

import pytest
from browser import start_browser

from study_utils.paths import project_root
from study_utils.report.site import page

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
