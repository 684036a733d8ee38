"""The page to explore, used without a mouse in a real browser."""

from __future__ import annotations

import json

import pytest
from browser import start_browser

from study_utils.paths import project_root
from study_utils.report.explore import write_explore
from study_utils.report.explore_data import cell_rows, estimate_rows
from study_utils.report.finished import read_table

QUICK = project_root() / "reports" / "quick"


@pytest.fixture(scope="module")
def cells():
    return cell_rows(read_table(QUICK / "results.csv"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = start_browser()
    folder = tmp_path_factory.mktemp("explore")
    for part in ("results.csv", *(f"tables/{name}_gains.csv" for name in ("overall", "task", "family"))):
        (folder / part).parent.mkdir(exist_ok=True)
        (folder / part).write_bytes((QUICK / part).read_bytes())
    page = write_explore(
        folder, title="Quick", banner="Small.", links=[("index.html", "Overview"), ("explore.html", "Explore")]
    )
    driver.get(page.as_uri())
    wait(driver, "return document.body.dataset.ready === 'yes'")
    driver.folder = folder
    yield driver
    driver.quit()


def wait(driver, question):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 30).until(lambda found: found.execute_script(question))


def keys(driver, *typed):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver).send_keys(*typed).perform()


@pytest.fixture
def page(browser):
    """The page as it opens, with the keyboard on the first choice."""
    browser.execute_script("document.querySelector('form').reset()")
    return browser


def choose(driver, name, text):
    """Choose by typing the beginning of an option, as without a mouse."""
    driver.execute_script("document.getElementById(arguments[0]).focus()", f"pick-{name}")
    keys(driver, text)
    chosen = f"document.getElementById('pick-{name}').selectedOptions[0].textContent"
    wait(driver, f"return {chosen} === {json.dumps(text)}")


def column(driver, table, name):
    script = """
      const table = document.getElementById(arguments[0]);
      const place = [...table.querySelectorAll("th")].findIndex((th) => th.textContent === arguments[1]);
      return [...table.querySelectorAll("tbody tr")].map((row) => row.children[place].textContent);"""
    return driver.execute_script(script, table, name)


def numbers(texts):
    return [float(text.replace("\N{MINUS SIGN}", "-")) for text in texts]


def test_the_keyboard_reaches_every_choice_and_heading(page):
    page.execute_script("document.querySelector('.skip').focus()")
    from selenium.webdriver.common.keys import Keys

    reached = []
    for _ in range(40):
        keys(page, Keys.TAB)
        reached.append(page.execute_script("const e = document.activeElement; return e.id || e.textContent"))
    wanted = ["pick-show", "pick-condition", "pick-target", "pick-family", "pick-language", "pick-seed", "Start again"]
    assert [name for name in dict.fromkeys(reached) if name in wanted] == wanted
    assert {"gain, points", "high, points", "score, × 100"} <= set(reached)
    labels = page.execute_script("return [...document.querySelectorAll('select')].map((s) => s.labels.length)")
    assert labels == [1] * 6


def test_choices_narrow_table_picture_and_words(page, cells):
    choose(page, "condition", "Similarity of commands")
    choose(page, "target", "Intent")
    choose(page, "language", "Finnish")
    wanted = cells.query("condition == 'Similarity of commands' and target == 'Intent' and language == 'Finnish'")
    assert len(wanted) > 1, "one a seed"
    assert sorted(numbers(column(page, "table-cells", "gain, points"))) == sorted(wanted["gain"].round(2))
    assert page.find_element("id", "said").text.startswith(f"{len(wanted)} cells in 1 language;")
    ticks = "document.querySelectorAll('#chart-cells [aria-roledescription=tick]').length"
    wait(page, f"return {ticks} === {len(wanted)}")


def test_scores_of_the_baseline_are_there_and_its_missing_gain_is_explained(page, cells):
    choose(page, "condition", "No intermediate task")
    assert "has none itself" in page.find_element("id", "said").text
    choose(page, "show", "Scores")
    wanted = cells.query("condition == 'No intermediate task'")
    assert len(column(page, "table-cells", "seed")) == len(wanted)


def test_a_heading_sorts_by_its_column_and_says_so(page):
    from selenium.webdriver.common.keys import Keys

    button = "[...document.querySelectorAll('#table-cells th button')].find((b) => b.textContent === 'gain, points')"
    page.execute_script(f"{button}.focus()")
    for kind, sign in (("ascending", 1), ("descending", -1)):
        keys(page, Keys.ENTER)
        assert page.execute_script(f"return {button}.parentNode.getAttribute('aria-sort')") == kind
        found = numbers(column(page, "table-cells", "gain, points"))
        assert found == sorted(found, reverse=sign < 0)
        assert len(set(found)) > 5


def test_intervals_are_those_of_the_report(page):
    table = estimate_rows(page.folder)
    first = page.execute_script("return document.getElementById('pick-condition').value")
    wanted = table[table["condition"] == first]
    assert len(wanted) > 10
    assert column(page, "table-estimates", "group") == wanted["group"].tolist()
    assert numbers(column(page, "table-estimates", "low, points")) == pytest.approx(wanted["low"].tolist(), abs=0.006)
    rules = "document.querySelectorAll('#chart-estimates .mark-rule.role-mark line').length"
    wait(page, f"return {rules} === {len(wanted) + 1}")


def test_on_paper_the_headings_are_words(page):
    named = "return [...document.querySelectorAll('#table-cells th')].map((one) => [one.dataset.name, one.textContent])"
    assert all(name == text for name, text in page.execute_script(named))
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    looks = "const one = document.querySelector('#table-cells th'), button = one.querySelector('button');"
    looks += "return [getComputedStyle(button).display, getComputedStyle(one, '::before').content]"
    button, told = page.execute_script(looks)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert (button, told) == ("none", '"condition"'), "a browser repeats words on the next page, and no buttons"


def test_a_mark_tells_its_numbers(page):
    ticks = "document.querySelectorAll('#chart-cells [aria-roledescription=tick]')"
    marks = page.execute_script(f"return [...{ticks}].map((mark) => mark.getAttribute('aria-label'))")
    assert len(marks) == len(column(page, "table-cells", "seed"))
    assert "language: " in marks[0]


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_hangs_out_at_the_side(page, width):
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    page.refresh()
    wait(page, "return document.body.dataset.ready === 'yes'")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_page_asks_for_nothing_and_complains_about_nothing(browser):
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {e["params"]["request"]["url"] for e in asked if e["method"] == "Network.requestWillBeSent"}
    assert urls
    assert all(url.startswith(("file:", "data:")) for url in urls), urls
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []
