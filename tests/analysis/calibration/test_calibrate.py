from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from study_utils.analysis.calibration import calibrate as module
from study_utils.analysis.calibration.calibrate import (
    StudyDesign,
    balanced,
    calibrate,
    simulate_studies,
    xtreme_r_families,
)
from study_utils.analysis.inference.settings import Settings
from study_utils.catalog import LANGUAGES
from study_utils.errors import AnalysisError

FAST = Settings(resamples=200)
PLAIN = StudyDesign(families=balanced(3, 4))


def test_simulated_gains_have_the_variances_of_the_design():
    design = replace(PLAIN, seed_sd=0.02, examples=50, parallel=0.5)
    gains, truth = simulate_studies(design, 4000, np.random.default_rng(0))
    assert gains.shape == (4000, 4, 12, 3)
    assert gains.mean() == pytest.approx(0, abs=0.001)
    assert truth.std() == pytest.approx(design.language_sd, rel=0.02)
    parts = {"language": design.language_sd, "seed": 0.02, "run": design.run_sd, "example": design.example_sd}
    assert gains[:, 0, 0, 0].var() == pytest.approx(sum(sd**2 for sd in parts.values()), rel=0.1)
    apart = gains[:, 0, 0, 0] - gains[:, 0, 1, 0]
    inside = design.language_sd**2 + design.run_sd**2 + design.example_sd**2 * 0.5
    assert apart.var() == pytest.approx(2 * inside, rel=0.1), "seeds and shared examples do not part languages"


def test_example_noise_is_that_of_a_paired_difference():
    """80 % of the examples agree; in the others both arms are drawn on their own."""
    rng = np.random.default_rng(1)
    shared = rng.random((4000, 400)) < 0.8
    luck, first, second = rng.random((3, 4000, 400))
    right = [(np.where(shared, luck, own) < 0.6) for own in (first, second)]
    difference = right[0].mean(axis=1) - right[1].mean(axis=1)
    assert difference.std() == pytest.approx(replace(PLAIN, examples=400).example_sd, rel=0.05)


def test_intervals_hold_and_claims_are_rare_without_an_effect():
    found = calibrate(PLAIN, n_studies=150, settings=FAST)
    row = found.iloc[0]
    assert (row["n_languages"], row["n_families"], row["n_studies"]) == (0, 3, 150)
    assert row["coverage"] == pytest.approx(0.96, abs=0.03)
    assert row["false_positives"] <= 0.06 + 3 * np.sqrt(0.06 * 0.94 / 150)
    assert row["claims"] == 0
    assert row["verdict"] == "holds"


def test_power_grows_with_the_effect_and_sizes_are_told_apart():
    design = StudyDesign(families=(5, 3, 1))
    both = calibrate(design, effects=(0.05, 0.01), n_studies=60, settings=FAST)
    found, small = (both[both["effect"] == effect].set_index("n_languages") for effect in (0.05, 0.01))
    assert found.index.tolist() == [0, 1, 3, 5]
    assert found.loc[5, "claims"] > 0.8
    assert small.loc[5, "claims"] < found.loc[5, "claims"]
    assert found["coverage"].between(0.85, 1).all()
    assert found["coverage"].tolist() == small["coverage"].tolist()


def test_intervals_that_are_too_narrow_are_noticed(monkeypatch):
    honest = module.unit_interval

    def narrow(*args, **kwargs):
        found = honest(*args, **kwargs)
        half = (found.high - found.low) / 4
        return replace(
            found, low=found.estimate - half, high=found.estimate + half, standard_error=found.standard_error / 2
        )

    monkeypatch.setattr(module, "unit_interval", narrow)
    verdict = calibrate(PLAIN, n_studies=60, settings=FAST)["verdict"].iloc[0]
    assert verdict == "intervals too narrow; too many false claims"


def test_xtreme_r_has_its_languages():
    families = xtreme_r_families()
    assert sum(families) == sum(item.in_xtreme_r for item in LANGUAGES.values()) - 1
    assert families[0] >= families[-1] == 1


@pytest.mark.parametrize("bad", [{"families": ()}, {"families": (2, 0)}, {"seeds": 1}, {"examples": 0}])
def test_impossible_designs_are_refused(bad):
    with pytest.raises(AnalysisError):
        replace(PLAIN, **bad)
