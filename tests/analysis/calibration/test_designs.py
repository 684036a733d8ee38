from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis.calibration import designs as module
from study_utils.analysis.calibration.calibrate import StudyDesign, balanced
from study_utils.analysis.calibration.designs import EFFECTS, all_points, failing, simulate_points
from study_utils.analysis.inference.settings import Settings
from study_utils.sentences import describe_calibration

FAST = Settings(resamples=100)


def test_one_property_is_varied_at_a_time():
    plain = {"balanced": module.BALANCED, "like XTREME-R": module.UNBALANCED}
    for balance, varied, value, design in all_points():
        changed = {name for name, own in vars(design).items() if own != getattr(plain[balance], name)}
        allowed = {"languages of a family": {"families"}, "seeds": {"seeds"}, "examples of a cell": {"examples"}}
        if varied in allowed:
            assert changed <= allowed[varied]
            number = {"families": design.families[0], "seeds": design.seeds, "examples": design.examples}
            assert value == str(number[next(iter(allowed[varied]))])
    names = [point[:3] for point in all_points()]
    assert len(names) == len(set(names))
    assert 0.0 in EFFECTS


@pytest.fixture
def few(monkeypatch):
    small = StudyDesign(families=balanced(2, 3), seeds=2, tasks=2)
    monkeypatch.setattr(module, "BALANCED", small)
    monkeypatch.setattr(module, "POINTS", (("balanced", "seeds", "3", StudyDesign(families=(3, 3), tasks=2)),))


def test_points_are_simulated_once_and_kept(few, tmp_path, monkeypatch):
    first = simulate_points(20, keep=tmp_path, settings=FAST)
    assert first["value"].unique().tolist() == ["2", "3"]
    assert set(first["effect"]) == set(EFFECTS)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(module, "calibrate", None)
    pd.testing.assert_frame_equal(simulate_points(20, keep=tmp_path, settings=FAST), first)
    with pytest.raises(TypeError):
        simulate_points(21, keep=tmp_path, settings=FAST)


def test_sentences_say_what_falls_short(few, tmp_path):
    points = simulate_points(20, keep=tmp_path, settings=FAST)
    points["coverage"] = points["coverage"].where(points["value"] != "2", 0.85)
    points["verdict"] = ["intervals too narrow" if value == "2" else "holds" for value in points["value"]]
    told = " ".join(describe_calibration(points))
    assert "1 too narrow, worst for balanced, seeds: 2 (85.0%)" in told
    assert "With 2 seeds intervals hold the truth in as few as 85.0%" in told
    assert set(failing(points)["value"]) == {"2"}
