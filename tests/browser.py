"""A real browser for tests: chromium or Chrome with its driver, or no test at all."""

from __future__ import annotations

import os
import shutil

import pytest

DEMAND = "STUDY_UTILS_BROWSER"
"""Set to "required" where a missing browser must be a failure: in continuous integration."""


def start_browser(width: int = 1200):
    """Start headless chromium; without one, skip the test with a word, or fail where one is required."""
    chrome = shutil.which("chromium") or shutil.which("google-chrome")
    found = {"chromium": chrome, "chromedriver": shutil.which("chromedriver")}
    if missing := [name for name, path in found.items() if path is None]:
        told = f"no {' and no '.join(missing)} here: apt-get install chromium chromium-driver"
        if os.environ.get(DEMAND) == "required":
            pytest.fail(told)
        pytest.skip(told)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = found["chromium"]
    flags = ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", f"window-size={width},1400")
    for flag in flags:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(found["chromedriver"]))
