"""Pages of reports in a real browser, as wide as a telephone and on paper."""

from __future__ import annotations

import base64
import re

import pytest
from browser import start_browser

from study_utils.paths import project_root

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
