from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis.calibration import designs as module
from study_utils.analysis.calibration.designs import EFFECTS, all_points, balanced, failing, simulate_points
from study_utils.analysis.calibration.studies import StudyDesign
from study_utils.sentences import describe_calibration


def test_one_property_is_varied_at_a_time():
    plain = {"balanced": module.BALANCED, "like XTREME-R": module.UNBALANCED}
    for balance, varied, value, design in all_points():
        changed = {name for name, own in vars(design).items() if own != getattr(plain[balance], name)}
        allowed = {
            **{"languages of a family": {"families"}, "seeds": {"seeds"}, "examples of a cell": {"examples"}},
            "tasks": {"tasks"},
        }
        if varied in allowed:
            assert changed <= allowed[varied]
            sizes = {"seeds": design.seeds, "examples of a cell": design.examples, "tasks": design.tasks}
            assert value == str({**sizes, "languages of a family": (design.families or (0,))[0]}[varied])
    names = [point[:3] for point in all_points()]
    assert len(names) == len(set(names))
    assert 0.0 in EFFECTS


@pytest.fixture
def few(monkeypatch):
    small = StudyDesign(families=balanced(2, 3), seeds=2, tasks=2)
    monkeypatch.setattr(module, "BALANCED", small)
    monkeypatch.setattr(module, "POINTS", (("balanced", "seeds", "3", StudyDesign(families=(3, 3), tasks=2)),))


def test_points_are_simulated_once_and_kept(few, tmp_path, monkeypatch):
    first = simulate_points(10, keep=tmp_path)
    assert first["value"].unique().tolist() == ["2", "3"]
    assert set(first.loc[first["value"] == "2", "effect"]) == set(EFFECTS)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(module, "calibrate", None)
    pd.testing.assert_frame_equal(simulate_points(10, keep=tmp_path), first)
    with pytest.raises(TypeError):
        simulate_points(11, keep=tmp_path)


def test_sentences_say_what_falls_short(few, tmp_path):
    points = simulate_points(10, keep=tmp_path)
    three = (points["value"] == "3") & (points["headline"] == "family")
    points["coverage"] = points["coverage"].where(~three, 0.85)
    points["verdict"] = ["intervals too narrow" if one else "holds" for one in three]
    told = " ".join(describe_calibration(points))
    assert "Families, on these tasks: intervals hold the truth in 85.0%" in told
    assert "Families, on these tasks: they fall short in 1 design, most for balanced, seeds: 3." in told
    assert "from fewer than 3 seeds the reports of studies claim nothing" in told
    assert set(failing(points)["value"]) == {"3"}
