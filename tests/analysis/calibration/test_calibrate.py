from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from study_utils.analysis.calibration import calibrate as module
from study_utils.analysis.calibration.batch import Batch, Estimates
from study_utils.analysis.calibration.calibrate import HEADLINES, calibrate
from study_utils.analysis.calibration.designs import balanced
from study_utils.analysis.calibration.studies import StudyDesign, simulate, study_cells
from study_utils.analysis.inference.gain_model import LIKE_THESE, THESE, GainModel
from study_utils.analysis.results.tables import ENGLISH
from study_utils.catalog import benchmark
from study_utils.errors import AnalysisError

PLAIN = StudyDesign(families=balanced(3, 4))


def drawn(design, count, seed=0):
    cells, rng = study_cells(design), np.random.default_rng(seed)
    return cells, [simulate(design, cells, rng) for _ in range(count)]


def test_simulated_gains_have_the_variances_of_the_design():
    design = replace(PLAIN, seed_sd=0.02, training_sd=0.03, cell_sd=0.01, examples=50, parallel=0.5, baseline_sd=0.02)
    cells, studies = drawn(design, 3000)
    gains = np.concatenate([study.gains for study in studies])
    assert cells.iloc[:3]["seed"].tolist() == [0, 1, 2]
    assert gains.mean() == pytest.approx(0, abs=0.002)
    sds = (design.language_sd, 0.01, 0.02, 0.03, 0.02, design.run_sd)
    noise = design.noise.own + design.noise.shared
    assert gains[:, 0].var() == pytest.approx(sum(sd**2 for sd in sds) + noise, rel=0.1)
    apart = gains[:, 0] - gains[:, 3]  # two languages of a task under one seed
    inside = design.language_sd**2 + 0.01**2 + design.run_sd**2 + design.noise.own
    assert apart.var() == pytest.approx(2 * inside, rel=0.1), "runs and shared examples do not part languages"


def test_conditions_share_the_noise_of_their_baseline():
    design = replace(PLAIN, conditions=2, baseline_sd=0.1, language_sd=0.0, seed_sd=0.0, run_sd=0.001)
    _, studies = drawn(design, 200)
    first, second = (np.array([study.gains[i] for study in studies]).ravel() for i in (0, 1))
    assert np.corrcoef(first, second)[0, 1] > 0.9


def test_runs_collapse_as_often_as_they_should_and_take_every_language_with_them():
    _, studies = drawn(replace(PLAIN, collapse=0.1), 300)
    scores = np.array([study.scores for study in studies])
    assert (np.abs(scores - 1 / 3) < 1e-12).mean() == pytest.approx(0.1, abs=0.02)


def test_example_noise_is_that_of_a_paired_difference():
    """80 % of the examples agree; in the others both arms are drawn on their own."""
    rng = np.random.default_rng(1)
    shared = rng.random((4000, 400)) < 0.8
    luck, first, second = rng.random((3, 4000, 400))
    right = [(np.where(shared, luck, own) < 0.6) for own in (first, second)]
    difference = right[0].mean(axis=1) - right[1].mean(axis=1)
    noise = replace(PLAIN, examples=400).noise
    assert difference.var() == pytest.approx(noise.own + noise.shared, rel=0.1)


@pytest.mark.parametrize("kind", [THESE, LIKE_THESE])
@pytest.mark.parametrize("families", [(3, 3), (3, 1, 2, 1)])
def test_many_studies_at_once_are_fitted_as_one_by_one(families, kind):
    """Whatever variances there are, some of them estimated as zero."""
    for sds in ({"language_sd": 0.0, "training_sd": 0.02}, {"cell_sd": 0.01, "seed_sd": 0.03}, {"uneven": 0.9}):
        design = StudyDesign(families=families, tasks=3, **sds)
        cells, studies = drawn(design, 5)
        gains = np.concatenate([study.gains for study in studies])
        model = GainModel(cells, tasks=kind)
        found = Batch(model, design.seeds).estimate(gains, design.noise)
        noise = dict.fromkeys(cells["task"].unique(), design.noise)
        one = [list(model.estimate(own, noise=noise).values()) for own in gains]
        for name in ("estimate", "standard_error", "freedom"):
            expected = [[getattr(interval, name) for interval in row] for row in one]
            np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("tasks", [1, 2])
def test_the_seeds_of_few_tasks_widen_many_studies_as_one_by_one(tasks):
    design = replace(PLAIN, tasks=tasks, seed_sd=0.02)
    cells, studies = drawn(design, 8)
    gains, model = np.concatenate([study.gains for study in studies]), GainModel(cells)
    found = Batch(model, design.seeds).estimate(gains, design.noise)
    noise = dict.fromkeys(cells["task"].unique(), design.noise)
    one = [list(model.estimate(own, noise=noise).values()) for own in gains]
    np.testing.assert_allclose(found.p(0.0), [[i.p for i in row] for row in one], rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(2 * found.half(), [[i.high - i.low for i in row] for row in one], rtol=1e-4)
    assert (found.half() > replace(found, other_error=0 * found.other_error).half()).any()


def test_intervals_hold_and_claims_are_rare_without_an_effect():
    found = calibrate(PLAIN, n_studies=150).set_index("headline")
    assert set(found.index) == {"all", "task", "family", "general"}
    assert set(found.index) <= set(HEADLINES)
    assert found["n_groups"].to_dict() == {"all": 1, "task": PLAIN.tasks, "family": 3, "general": 1}
    assert found["coverage"].between(0.9, 0.99).all()
    assert (found["false_claims"] <= 0.06 + 3 * np.sqrt(0.06 * 0.94 / 150)).all()
    assert (found["claims"] == 0).all()
    assert (found["verdict"] == "holds").all()


def test_opposing_tasks_give_no_general_claim_and_hold_on_these_tasks():
    found = calibrate(replace(PLAIN, task_sd=0.03), n_studies=150).set_index("headline")
    assert found["coverage"].between(0.9, 0.99).all()
    assert found.loc["general", "false_claims"] <= 0.06 + 3 * np.sqrt(0.06 * 0.94 / 150)
    assert found.loc["general", "median_width"] > 3 * found.loc["all", "median_width"]


def test_collapsed_runs_are_left_out_of_what_is_said():
    design = replace(PLAIN, collapse=0.04)
    found = calibrate(design, n_studies=60).set_index("headline")
    plain = calibrate(PLAIN, n_studies=60).set_index("headline")
    assert found["coverage"].between(0.88, 1).all()
    assert (found["median_width"] < 1.5 * plain["median_width"]).all()
    assert (found["false_claims"] <= 0.15).all()


def test_a_task_is_held_against_its_own_truth():
    """Where tasks begin with different languages, groups are not in the order of the tasks."""
    found = calibrate(StudyDesign(task_sd=0.03), n_studies=40).set_index("headline").loc["task"]
    assert found["coverage"] > 0.9
    assert found["false_claims"] < 0.1


def test_studies_of_one_task_are_simulated_too():
    found = calibrate(replace(PLAIN, tasks=1), n_studies=60).set_index("headline")
    assert found["n_groups"].to_dict() == {"all": 1, "family": 3}
    assert found["coverage"].between(0.88, 1).all()


def test_single_tasks_are_claimed_rarely_where_runs_differ():
    """From the cells of each task alone a tenth to a fifth of these studies would make a false claim."""
    noisy = replace(PLAIN, conditions=4, baseline_sd=0.03, training_sd=0.01)
    for design in (replace(PLAIN, training_sd=0.02, run_sd=0.005), noisy):
        found = calibrate(design, n_studies=150).set_index("headline").loc["task"]
        assert found["false_claims"] <= 0.06 + 2 * np.sqrt(0.06 * 0.94 / 150)
        assert found["coverage"] > 0.93


def test_power_grows_with_the_effect_and_languages_alone_are_told_apart():
    design = StudyDesign(families=(5, 3, 1, 1))
    both = calibrate(design, effects=(0.05, 0.01), n_studies=60)
    found, small = (both[both["effect"] == effect].set_index("headline") for effect in (0.05, 0.01))
    assert set(found.index) == {"all", "task", "family", "language", "general"}
    assert found.loc["family", "claims"] > 0.8
    assert (small["claims"] < found["claims"]).all()
    assert found["coverage"].tolist() == small["coverage"].tolist()


def test_intervals_that_are_too_narrow_are_noticed(monkeypatch):
    class Narrow(Batch):
        def estimate(self, gains, noise):
            honest = super().estimate(gains, noise)
            return Estimates(**vars(honest) | {"standard_error": honest.standard_error / 2})

    monkeypatch.setattr(module, "Batch", Narrow)
    verdicts = calibrate(PLAIN, n_studies=60).set_index("headline")["verdict"]
    assert verdicts["family"] == "intervals too narrow; too many false claims"


def test_xtreme_r_has_its_cells():
    cells = study_cells(StudyDesign())
    pairs = set(zip(cells["task"], cells["language"]))
    assert pairs == {pair for pair in benchmark("xtreme_r").cells if pair[1] != ENGLISH}
    assert len(cells) == 3 * len(pairs)
    assert set(cells["unit"]) == {"family", "language"}


@pytest.mark.parametrize("bad", [{"families": (2, 0)}, {"seeds": 1}, {"examples": 0}])
def test_impossible_designs_are_refused(bad):
    with pytest.raises(AnalysisError):
        replace(PLAIN, **bad)
