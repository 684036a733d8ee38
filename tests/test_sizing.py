"""What a study can detect: whose variances, which cells, larger studies and their hours."""

from __future__ import annotations

import json

import pytest
import yaml
from gain_scores import scores_of

import study_utils.plan.grid as grid
import study_utils.plan.rows as plan_rows
import study_utils.sizing as sizing
from study_utils.analysis.planning.components import gain_components
from study_utils.analysis.planning.power import ABOUT, PRIMARY, detectable, with_seeds
from study_utils.params import load_params
from study_utils.plan import STAGES, make_plan
from study_utils.sizing import DEFAULT, outlook, planned_cells
from study_utils.store import Store

STUDY = {
    "title": "Sizes",
    "encoders": ["e5_small"],
    "conditions": ["none", "mnli", "sst2", "stsb", "xnli_pairs_de"],
    "targets": ["xnli", "sib200", "udpos"],
    "languages": ["en", "de", "fr", "ru", "hi", "fi"],
    "seeds": [0, 1, 2],
    "tasks": {"sib200": {"test_examples": 60}},
    "evaluation": {"examples": 100},
}


@pytest.fixture(autouse=True)
def _fixed_sources(monkeypatch):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "hub"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")


@pytest.fixture
def look(tmp_path):
    """Outlook of the study with some fields changed, in a project folder whose reports a test may fill."""

    def look(*, vary=False, store=None, read=None, **fields):
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(STUDY | fields), encoding="utf-8")
        params = load_params(str(path))
        store = store or Store(tmp_path / "artifacts")
        return outlook(make_plan(params), store, params, name="mine", root=tmp_path, vary=vary, **read or {})

    return look


def write(tmp_path, name, scores):
    folder = tmp_path / "reports" / name
    folder.mkdir(parents=True)
    if isinstance(scores, bytes):
        (folder / "results.csv").write_bytes(scores)
    else:
        scores.to_csv(folder / "results.csv", index=False)


def cells_of(**fields):
    params = sizing.StudyParams.model_validate(STUDY | fields)
    found = planned_cells(make_plan(params), params)
    return dict(zip(zip(found.tasks, found.languages), found.rows)), found.seeds


def test_cells_are_those_that_most_conditions_score_zero_shot():
    cells, seeds = cells_of()
    assert seeds == 3
    # xnli shares data with two of four conditions, one of which has seen German
    assert {code for task, code in cells if task == "xnli"} == {"de", "fr", "ru", "hi"}
    assert {code for task, code in cells if task == "sib200"} == {"de", "fr", "ru", "hi", "fi"}
    assert cells["sib200", "fi"] == 60
    assert cells["xnli", "de"] == 100
    fewer, _ = cells_of(conditions=["none", "mnli", "xnli_pairs_de"])
    assert {task for task, _ in fewer} == {"sib200", "udpos"}, "no condition scores xnli on data of its own"
    all_rows, _ = cells_of(evaluation={})
    assert all_rows["xnli", "de"] == 5010, "as many as are declared"


def test_the_studys_own_report_comes_first_then_the_named_one_then_the_default(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.01}))
    assert look().source == "the study evidence (reports/evidence/results.csv)"
    named = {"analysis": {"components": "other"}}
    write(tmp_path, "other", scores_of({"run": 0.03}, number=1))
    assert look(**named).source == "the study other (reports/other/results.csv)"
    assert look(**named).components == gain_components(scores_of({"run": 0.03}, number=1))
    write(tmp_path, "mine", scores_of({"run": 0.02}, number=2))
    found = look(**named)
    assert found.source == "this study's report (reports/mine)"
    assert found.notes == ()


def test_finished_runs_come_before_any_report(look, tmp_path, monkeypatch):
    write(tmp_path, "mine", scores_of({"run": 0.02}))
    scores, store = scores_of({"run": 0.03}, number=3), Store(tmp_path / "artifacts")
    look()
    for run in make_plan(load_params(str(tmp_path / "mine.yaml"))).of_stage(STAGES[3]):
        with store.writing(run.id, {}):
            pass
    monkeypatch.setattr(sizing, "read_scores", lambda *_, **__: scores)
    monkeypatch.setattr(sizing, "read_examples", lambda *_, **__: None)
    found = look(store=store)
    assert found.source == "this study's own results"
    assert found.components == gain_components(scores)
    monkeypatch.setattr(sizing, "read_scores", lambda *_, **__: pytest.fail("read again"))
    assert look(store=store, read={"scores": scores}).components == found.components


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "reports/mine/results.csv: No columns"),
        (b"\xff\xfe\x00broken", "reports/mine/results.csv: "),
        (b'a,b\n"1,2\n3', "reports/mine/results.csv: "),
        (b"a,b\n1,2\n", "lacks the columns"),
        (scores_of({}).assign(task="xnly"), "unknown task 'xnly'"),
        (scores_of({}).assign(value="high"), "reports/mine/results.csv: "),
        (scores_of({}).assign(n=0), "without a number of test rows"),
        (scores_of({}, seeds=1), "1 seed"),
    ],
)
def test_results_that_do_not_serve_are_named_and_the_next_are_used(look, tmp_path, content, told):
    write(tmp_path, "mine", content)
    alone = look()
    assert told in alone.unknown
    assert alone.planned.empty
    write(tmp_path, DEFAULT, scores_of({"run": 0.01}))
    found = look()
    assert found.source.startswith("the study evidence")
    assert told in found.notes[0]


def test_without_any_results_nothing_is_told(look, tmp_path):
    assert look().unknown == "there are no results of a finished study (no reports/evidence/results.csv)"
    write(tmp_path, "published", scores_of({}))
    assert "unknown study with results 'publisht'" in look(analysis={"components": "publisht"}).unknown
    assert "Did you mean 'published'?" in look(analysis={"components": "publisht"}).unknown


def test_a_study_without_a_zero_shot_gain_says_so(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.01}))
    assert "no language is scored zero-shot" in look(conditions=["none"]).unknown


def test_numbers_are_those_of_the_cells_and_corrected_for_all_conditions(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.02, "language_task": 0.02}))
    found = look()
    params = sizing.StudyParams.model_validate(STUDY)
    cells = planned_cells(make_plan(params), params)
    counts = {ABOUT[0]: 4, ABOUT[1]: 4, ABOUT[2]: 20 - 1, ABOUT[3]: 20 - 1}  # one condition has seen German
    assert found.planned.equals(detectable(found.components, cells, comparisons=counts))
    assert (found.seeds, found.margin) == (3, 1.0)


def test_reach_names_the_fewest_seeds_that_bring_the_margin(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.02}))
    far, near = look(analysis={"margin": 0.3}), look(analysis={"margin": 1.5})
    params = sizing.StudyParams.model_validate(STUDY)
    cells = planned_cells(make_plan(params), params)

    def gain(seeds):
        found = detectable(far.components, with_seeds(cells, seeds), comparisons={ABOUT[0]: 4})
        return float(100 * found["gain_corrected"][0])

    assert not far.reach.enough
    assert far.reach.seeds == sizing.SEEDS[-1]
    assert near.reach.enough
    assert near.reach.gain == pytest.approx(gain(near.reach.seeds))
    assert near.reach.gain <= 1.5 < gain(near.reach.seeds - 1)
    assert look(analysis={"margin": gain(3) + 0.01}).reach is None


def test_larger_studies_are_planned_with_their_hours(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.02, "residual": 0.03}))
    found = look(vary=True)
    table = found.table.set_index("varied")
    assert list(table.index) == [
        *("as planned", "seeds", "seeds", "seeds", "test rows", "test rows", "test rows"),
        *("languages", "tasks", "seeds and test rows"),
    ]
    planned = table.loc["as planned"]
    assert planned["all_these_tasks"] == pytest.approx(100 * found.planned["gain_corrected"][0])
    assert planned["one_language"] == pytest.approx(100 * found.planned["gain_corrected"][3])
    assert list(table.loc["seeds", "seeds"]) == [5, 10, 20]
    assert table.loc["seeds", "hours"].iloc[1] == pytest.approx(planned["hours"] * 10 / 3, rel=0.1)
    assert (table["hours"].iloc[1:] > planned["hours"]).all()
    assert (table["hours"] == table["hours_left"]).all(), "nothing is done"
    assert list(table.loc["test rows", "test_rows"]) == [200, 400, 1000]
    assert table.loc["languages", "languages"] > 40
    assert table.loc["tasks", "tasks"] == 6
    assert (table.loc[["seeds", "test rows", "tasks"], "all_these_tasks"] < planned["all_these_tasks"]).all()
    assert set(found.curves["line"]) == {"as planned", "1000 test rows", f"{table.loc['languages', 'languages']} "
                                         "languages", "6 tasks"}  # fmt: skip
    first = found.curves[found.curves["line"] == "as planned"].set_index("seeds")["all_these_tasks"]
    assert list(first.index) == [3, 5, 10, 20]
    assert first[3] == pytest.approx(planned["all_these_tasks"])


def test_where_seeds_are_too_few_larger_studies_have_enough(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.02}))
    table = look(vary=True, seeds=[4, 5]).table
    assert table["all_these_tasks"].isna().tolist() == [True] + [False] * (len(table) - 1)
    assert table["seeds"].tolist()[:3] == [2, 3, 5]
    assert (table.loc[table["varied"].isin(["languages", "tasks"]), "seeds"] == 3).all()


@pytest.mark.parametrize(
    ("primary", "expected"),
    [
        ({}, {ABOUT[0]: 4, ABOUT[2]: 19, ABOUT[3]: 19}),
        ({"condition": "mnli"}, {ABOUT[0]: 1, ABOUT[2]: 19, ABOUT[3]: 19}),
        ({"group": "Hindi"}, {PRIMARY: 4, ABOUT[0]: 4, ABOUT[2]: 15, ABOUT[3]: 15}),
        ({"group": "Hindi", "condition": "mnli"}, {PRIMARY: 1, ABOUT[0]: 4, ABOUT[2]: 18, ABOUT[3]: 18}),
    ],
)
def test_comparisons_are_those_that_the_analysis_corrects_together(look, tmp_path, primary, expected):
    """Four conditions, five languages, each alone in its family; one has seen German."""
    write(tmp_path, DEFAULT, scores_of({"run": 0.02}))
    planned = look(analysis={"primary": primary}).planned.set_index("about")["comparisons"]
    assert planned[list(expected)].to_dict() == expected
    assert (PRIMARY in planned) == ("group" in primary)


def test_finished_runs_are_read_once_for_all_larger_studies(look, tmp_path, monkeypatch):
    write(tmp_path, DEFAULT, scores_of({"run": 0.02}))
    look()
    store = Store(tmp_path / "artifacts")
    runs = make_plan(load_params(str(tmp_path / "mine.yaml"))).of_stage(STAGES[1])
    with store.writing(runs[0].id, {}):
        pass
    read = []
    monkeypatch.setattr(Store, "manifest", lambda self, key, own=Store.manifest: read.append(key) or own(self, key))
    look(vary=True, store=store)
    assert read.count(runs[0].id) == 2, "whether it is whole, and how long it took"
    assert len(read) < 10, "nothing is read of runs that are not there"


def test_runs_that_are_done_are_not_left(look, tmp_path):
    write(tmp_path, DEFAULT, scores_of({"run": 0.02}))
    look()
    store = Store(tmp_path / "artifacts")
    run = make_plan(load_params(str(tmp_path / "mine.yaml"))).of_stage(STAGES[1])[0]
    with store.writing(run.id, {}):
        pass
    manifest = store.folder(run.id) / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "seconds": 720.0}))
    planned = look(vary=True, store=store).table.iloc[0]
    assert planned["hours"] - planned["hours_left"] == pytest.approx(0.2)
