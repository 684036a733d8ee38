"""The smallest gain that a study finds: closed forms, the whole covariance written out, simulation."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.power import (
    ABOUT,
    PRIMARY,
    StudyCells,
    detectable,
    make_cells,
    middle_languages,
    precision,
    with_seeds,
)
from study_utils.errors import AnalysisError
from study_utils.paths import project_root

KNOWN = Components(
    family=2e-4, task=9e-4, language=4e-4, language_task=6e-4, seed=1e-4, run=3e-4, residual=5e-4, shared_row=0.02,
    own_row=0.04, conditions=1, tasks=4, languages=24, seeds=3, from_predictions=True,
)  # fmt: skip
NOTHING = replace(KNOWN, **{name: 0.0 for name, value in asdict(KNOWN).items() if isinstance(value, float)})
THESE, LIKE_THESE, FAMILY, LANGUAGE = ABOUT


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("detectable_gains", project_root() / "benchmarks/detectable_gains.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def crossed(*, families, languages, tasks, seeds, rows=50):
    """Every language of so many families in every task."""
    cells = [(f"task {t}", f"f{f} l{k}", f"family {f}") for f in range(families) for k in range(languages)
             for t in range(tasks)]  # fmt: skip
    names = [tuple(cell[i] for cell in cells) for i in range(3)]
    return StudyCells(tasks=names[0], languages=names[1], families=names[2], rows=(rows,) * len(cells), seeds=seeds)


@pytest.fixture(scope="module")
def balanced():
    return crossed(families=6, languages=4, tasks=5, seeds=3)


@pytest.fixture(scope="module")
def one_task():
    return crossed(families=6, languages=4, tasks=1, seeds=3)


@pytest.fixture(scope="module")
def uneven():
    cells = [("xnli", code) for code in "es fr de ru hi ur sw".split()]
    cells += [("sib200", code) for code in "es fr de nl ru uk fi et hi ur sw ja".split()]
    cells += [("tatoeba", code) for code in "fr nl uk fi ja".split()] + [("udpos", "fi"), ("udpos", "de")]
    table = pd.DataFrame(cells, columns=["task", "language"]).assign(rows=[20 + 7 * i for i in range(len(cells))])
    return make_cells(table, seeds=4)


@pytest.fixture(scope="module")
def lonely():
    """Every language the only one of its family."""
    table = pd.DataFrame([(task, code) for task in ("xnli", "sib200", "udpos") for code in "de ru hi fi ar".split()])
    return make_cells(table.set_axis(["task", "language"], axis=1).assign(rows=100), seeds=3)


def test_a_balanced_study_has_the_error_of_the_textbook(balanced):
    families, languages, tasks, seeds, rows = 6, 24, 5, 3, 50
    k = KNOWN
    cell, rest = k.language_task + k.shared_row / rows, k.residual + k.own_row / rows
    of_seeds = k.seed / seeds + k.run / (tasks * seeds)
    over_all = k.family / families + k.language / languages + (cell + rest / seeds) / (languages * tasks) + of_seeds
    expected = {
        THESE: over_all,
        LIKE_THESE: over_all + k.task / tasks,
        FAMILY: k.language / 3 + (cell + rest / seeds) / (3 * tasks) + of_seeds,
        LANGUAGE: (cell + rest / seeds) / tasks + of_seeds,
    }
    for about, variance in expected.items():
        assert precision(k, balanced, about)[0] == pytest.approx(np.sqrt(variance)), about


def test_degrees_of_freedom_are_those_of_what_varies(balanced):
    tiny = {"residual": 1e-6}
    assert precision(replace(NOTHING, seed=1.0, **tiny), balanced, THESE)[1] == pytest.approx(2, rel=1e-3)
    assert precision(replace(NOTHING, task=1.0, **tiny), balanced, LIKE_THESE)[1] == pytest.approx(4, rel=1e-3)
    family = precision(replace(NOTHING, language=1.0, **tiny), balanced, FAMILY)
    assert 15 < family[1] <= 24 - 7 + 1e-3, "pooled over the languages of all families"


@pytest.mark.parametrize("kind", ["uneven", "lonely"])
def test_cells_that_seeds_share_are_computed_as_if_every_row_were_written_out(kind, request):
    """Covariance of all rows, generalised least squares and expected information, without any structure."""
    uneven = request.getfixturevalue(kind)
    rows = pd.DataFrame({"task": uneven.tasks, "language": uneven.languages, "family": uneven.families})
    rows = pd.concat([rows.assign(seed=k, n=uneven.rows) for k in range(uneven.seeds)], ignore_index=True)
    rows["language_task"], rows["run"] = rows["task"] + rows["language"], rows["task"] + rows["seed"].astype(str)

    def same(name):
        return np.equal.outer(rows[name].to_numpy(), rows[name].to_numpy()).astype(float)

    parts = {name: same(name) for name in ("family", "task", "language", "language_task", "seed", "run")}
    tasks = pd.get_dummies(rows["task"]).to_numpy(float)
    sums_to_zero = tasks[:, 1:] - tasks[:, :1]
    for about in ABOUT:
        used, fixed = dict(parts), np.ones((len(rows), 1))
        if about != LIKE_THESE:
            used.pop("task")
            fixed = np.column_stack([fixed, sums_to_zero])
        if about in (FAMILY, LANGUAGE):
            focal = rows["language"].isin(middle_languages(uneven, 3 if about == FAMILY else 1))
            used.pop("family")
            families = pd.get_dummies(rows["family"].where(~focal, " first")).to_numpy(float)
            fixed = np.column_stack([families, sums_to_zero])
            if about == LANGUAGE:
                used["language"] = used["language"] * np.outer(~focal, ~focal)
        noise = np.diag(KNOWN.residual + KNOWN.own_row / rows["n"])
        noise += np.diag(KNOWN.shared_row / rows["n"]) @ parts["language_task"]
        whole = sum((getattr(KNOWN, name) * part for name, part in used.items()), noise)
        inverse = linalg.inv(whole)
        spread = linalg.inv(fixed.T @ inverse @ fixed)
        project = inverse - inverse @ fixed @ spread @ fixed.T @ inverse
        if (kind, about) == ("lonely", LANGUAGE):
            used.pop("language")  # every language has a fixed effect
        directions = [*used.values(), np.eye(len(rows))]
        information = [[0.5 * np.trace(project @ a @ project @ b) for b in directions] for a in directions]
        toward = inverse @ fixed @ spread[:, 0]
        slopes = np.array([toward @ part @ toward for part in directions])
        freedom = 2 * spread[0, 0] ** 2 / (slopes @ linalg.pinvh(information) @ slopes)
        error, told = precision(KNOWN, uneven, about)
        assert error == pytest.approx(np.sqrt(spread[0, 0])), about
        assert told == pytest.approx(max(1.0, freedom), rel=1e-6), about


@pytest.mark.parametrize("comparisons", [8, 76])
def test_the_gain_of_a_language_on_one_task_rests_on_how_its_own_seeds_differ(one_task, comparisons):
    """Three seeds of independent cells: a t-test of two degrees of freedom, however many other languages there are."""
    found = detectable(replace(NOTHING, residual=1.0), one_task, comparisons={LANGUAGE: comparisons}, about=[LANGUAGE])
    critical = stats.t.ppf(1 - 0.025 / comparisons, 2)
    assert stats.nct.sf(critical, 2, found.loc[0, "gain_corrected"] * np.sqrt(3)) == pytest.approx(0.8, abs=0.05)


def test_more_of_anything_finds_smaller_gains():
    def gains(**changes):
        size = {"families": 6, "languages": 4, "tasks": 4, "seeds": 3, "rows": 50} | changes
        return detectable(KNOWN, crossed(**size)).set_index("about")["gain"]

    planned = gains()
    for changes in ({"seeds": 6}, {"rows": 200}, {"tasks": 8}):
        assert (gains(**changes) < planned).all(), changes
    assert gains(languages=8)[THESE] < planned[THESE]
    assert planned[THESE] < planned[LIKE_THESE]
    more = detectable(KNOWN, crossed(families=6, languages=4, tasks=4, seeds=3), power=0.9)
    assert (more.set_index("about")["gain"] > planned).all()


def test_correction_is_that_of_holms_first_step(one_task):
    found = {
        (many, level): detectable(KNOWN, one_task, comparisons={LANGUAGE: many}, level=level).set_index("about")
        for many, level in ((1, 0.95), (5, 0.95), (2, 0.99), (1, 0.99))
    }
    gains = {key: tuple(table.loc[LANGUAGE, ["gain", "gain_corrected"]]) for key, table in found.items()}
    assert gains[1, 0.95][0] == gains[1, 0.95][1] == gains[5, 0.95][0]
    assert gains[5, 0.95][1] == pytest.approx(gains[1, 0.99][0]), "0.05 / 5"
    assert gains[2, 0.99][1] == pytest.approx(gains[1, 0.99][0]), "an interval at 99 % is what has to exclude zero"
    assert (found[5, 0.95]["gain_corrected"] == found[5, 0.95]["gain"]).loc[[THESE, FAMILY]].all()


def test_a_gain_has_to_hold_without_each_task():
    """Two tasks whose runs alone vary: both have to exclude zero, so each with a power of the root of 0.8."""
    seeds = 40
    found = detectable(
        replace(NOTHING, run=1.0, residual=1e-6), crossed(families=3, languages=3, tasks=2, seeds=seeds)
    ).set_index("about")
    expected = (stats.norm.ppf(0.975) + stats.norm.ppf(np.sqrt(0.8))) / np.sqrt(seeds)
    for about in (THESE, FAMILY, LANGUAGE):
        assert found.loc[about, "gain"] == pytest.approx(expected, rel=0.03), about


def test_what_has_one_task_of_several_holds_nowhere_without_it():
    table = pd.DataFrame([("xnli", code) for code in "de fr ru hi sw".split()] + [("udpos", "fi"), ("udpos", "de")])
    table = table.set_axis(["task", "language"], axis=1).assign(rows=100)
    found = detectable(KNOWN, make_cells(table, seeds=3, group="Finnish")).set_index("about")
    assert found.loc[PRIMARY, "withheld"] == "its languages have one task only, so no gain of theirs holds without it"


def test_a_primary_group_is_asked_about_as_a_family_is(balanced, uneven):
    three = replace(uneven, primary=tuple(sorted(middle_languages(uneven, 3))))
    found = detectable(KNOWN, three, comparisons={PRIMARY: 1, FAMILY: 30}).set_index("about")
    assert list(found.index) == [PRIMARY, *ABOUT]
    assert found.loc[PRIMARY, "gain_corrected"] == pytest.approx(found.loc[FAMILY, "gain"])
    assert found.loc[PRIMARY, "gain_corrected"] < found.loc[FAMILY, "gain_corrected"]
    one = detectable(KNOWN, replace(uneven, primary=tuple(middle_languages(uneven, 1)))).set_index("about")
    assert one.loc[PRIMARY, "gain"] == pytest.approx(one.loc[LANGUAGE, "gain"])
    two = detectable(KNOWN, replace(uneven, primary=("de", "nl"))).set_index("about")
    assert two.loc[PRIMARY, "withheld"] == "nothing is claimed of fewer than 3 languages of a family"


@pytest.mark.parametrize("about", [THESE, PRIMARY])
def test_simulated_studies_call_clear_what_is_planned(script, about):
    """By the rule of reports: corrected for other comparisons, and clear without each task."""
    components = Components(**(script.FLAT | script.COMPONENTS["like the pilot"]), from_predictions=False)
    codes = "fi et hu es fr it ar he am".split()
    cells = pd.DataFrame([(task, code) for task in script.TARGETS[:2] for code in codes], columns=["task", "language"])
    cells = make_cells(cells.assign(rows=50), seeds=4, group="Uralic")
    planned = detectable(components, cells, comparisons={about: 4}, about=[about]).loc[0, "gain_corrected"]
    found = script.simulated(components, cells, about, comparisons=4, studies=150, seed=5)
    assert planned == pytest.approx(found, rel=0.15)


def test_what_can_not_be_claimed_has_no_numbers(balanced):
    two = detectable(KNOWN, with_seeds(balanced, 2))
    assert two["gain"].isna().all()
    assert set(two["withheld"]) == {"nothing is claimed from fewer than 3 seeds"}
    pair = detectable(KNOWN, crossed(families=2, languages=1, tasks=4, seeds=3)).set_index("about")
    assert pair.loc[[THESE, LIKE_THESE], "withheld"].tolist() == ["nothing is claimed from fewer than 3 languages"] * 2
    few = crossed(families=3, languages=1, tasks=2, seeds=3)
    table = detectable(KNOWN, few).set_index("about")
    assert table.loc[LIKE_THESE, "withheld"] == "fewer than 3 tasks: how much tasks differ is not known"
    assert table.loc[FAMILY, "withheld"] == "3 languages are too few"
    assert table.loc[[THESE, LANGUAGE], "gain"].notna().all()


def test_a_family_that_no_language_links_with_some_task_has_no_numbers():
    tasks = {"xnli": "de ru", "udpos": "fi fr hi", "sib200": "sw tr"}
    table = pd.DataFrame([(task, code) for task, codes in tasks.items() for code in codes.split()])
    cells = make_cells(table.set_axis(["task", "language"], axis=1).assign(rows=100), seeds=3)
    assert middle_languages(cells, 3) == ["fr", "hi", "ru"]
    found = detectable(KNOWN, cells).set_index("about")
    assert found.loc[FAMILY, "withheld"].startswith("tasks and languages fall into groups")
    assert found.loc[[THESE, LIKE_THESE], "gain"].notna().all()


def test_bad_input_is_refused(balanced):
    with pytest.raises(AnalysisError, match=r"power 0\.3"):
        detectable(KNOWN, balanced, power=0.3)
    with pytest.raises(AnalysisError, match="level 95"):
        detectable(KNOWN, balanced, level=95)
    cells = pd.DataFrame({"task": ["xnli"], "language": ["de"], "rows": [10]})
    with pytest.raises(AnalysisError, match="no language is scored"):
        make_cells(cells.head(0), seeds=3)
    with pytest.raises(AnalysisError, match="every cell must be there once"):
        make_cells(pd.concat([cells, cells]), seeds=3)
    with pytest.raises(AnalysisError, match="unknown language 'dee'"):
        make_cells(cells.assign(language="dee"), seeds=3)
