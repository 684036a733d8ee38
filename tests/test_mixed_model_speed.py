from __future__ import annotations

import importlib.util
import re

from study_utils.paths import project_root


def test_the_benchmark_of_mixed_models_runs_and_both_agree(capsys):
    path = project_root() / "benchmarks" / "mixed_model_speed.py"
    spec = importlib.util.spec_from_file_location("mixed_model_speed", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main("--languages 2 --tasks 3 --seeds 2 --covered 1 --fits 2 --beside statsmodels".split())
    told = capsys.readouterr().out
    assert "84 rows" in told
    assert float(re.search(r"differ by at most (\S+)", told).group(1)) < 1e-2
