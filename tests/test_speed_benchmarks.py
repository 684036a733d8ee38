"""Every benchmark of speed runs at tiny size, and both sides give the same; how fast they are is no test."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module

import pytest
from accelerate.state import AcceleratorState

from study_utils.paths import project_root


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(project_root() / "benchmarks")
    names = []

    def load(name):
        names.append(name)
        return import_module(name)

    yield load
    for name in names:
        sys.modules.pop(name)


@pytest.mark.parametrize("bf16", [False, True])
def test_each_arm_trains_on_a_processor_in_either_precision(
    benchmark, monkeypatch, capsys, tiny_encoder, tmp_path, bf16
):
    module = benchmark("training_speed")
    monkeypatch.setattr(module, "uses_bf16", lambda device: bf16)
    tiny = [
        "--encoder",
        str(tiny_encoder),
        "--cache",
        str(tmp_path),
        *"--examples 8 --batch-size 4 --max-length 16".split(),
    ]
    for arm in module.ARMS:
        AcceleratorState._reset_state(reset_partial_state=True)  # each arm has a process of its own
        module.main([*tiny, "--arm", arm])
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["examples_per_second"] > 0
    AcceleratorState._reset_state(reset_partial_state=True)
    module.main([*tiny, "--check"])
    assert float(capsys.readouterr().out.split()[-1]) < 1e-3


def test_prediction_is_that_of_the_plain_loop_in_every_format(benchmark, capsys, tiny_encoder, tmp_path):
    module = benchmark("evaluation_speed")
    module.main(
        ["--encoder", str(tiny_encoder), "--cache", str(tmp_path), *"--languages 2 --examples 4 --sentences 3".split()]
    )
    lines = capsys.readouterr().out.splitlines()[2:]
    equal = {line.split()[0]: float(line.split()[-1]) for line in lines}
    assert list(equal) == list(module.FORMATS)
    assert min(share for name, share in equal.items() if name != "regress") > 0.7, "an untrained head decides by hairs"


def test_searching_finds_what_others_find(benchmark, capsys):
    benchmark("search_speed").main("--candidates 200 --queries 10 --width 8".split())
    found = capsys.readouterr().out
    assert {"ours", "numpy", "sklearn"} <= set(found.split())


def test_mixed_models_are_those_of_statsmodels(benchmark, capsys):
    arguments = "--languages 2 --tasks 3 --seeds 2 --covered 1 --fits 2 --beside statsmodels".split()
    benchmark("mixed_model_speed").main(arguments)
    told = capsys.readouterr().out
    assert "84 rows" in told
    assert float(re.search(r"differ by at most (\S+)", told).group(1)) < 1e-2
