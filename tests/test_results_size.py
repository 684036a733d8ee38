"""Examples as arrays give what the predictions table gives, and the benchmark of large results runs."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from study_utils import analysis
from study_utils.analysis.planning.components import gain_components
from study_utils.analysis.results.cells import example_blocks
from study_utils.errors import AnalysisError
from study_utils.paths import project_root
from study_utils.study import open_study

SMALL = {"encoders": ["e5_small"], "device": "cpu", "conditions": ["none", "mnli", "anli_plus"], "seeds": [0, 1]}
SMALL["languages"] = ["en", "de", "es", "it", "th", "tr", "vi", "zh"]


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(project_root() / "benchmarks")
        import results_size

        yield results_size
    sys.modules.pop("results_size")


@pytest.fixture(scope="module")
def made(benchmark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    targets = ["xcopa", "panx", "mlqa", "tatoeba"]
    study = open_study("xtreme_r", SMALL | {"targets": targets, "artifacts": str(folder)}, absent_ok=True)
    benchmark.write_store(study, 20_000)
    return study


def test_examples_are_those_of_the_predictions(made):
    blocks, expected = made.example_blocks(), example_blocks(made.predictions())
    assert blocks.keys() == expected.keys()
    assert {key[2]: block.measure for key, block in blocks.items()}["mlqa"] == "mlqa"
    for key, block in blocks.items():
        assert block.runs == expected[key].runs
        assert block.measure == expected[key].measure
        assert (block.correct == expected[key].correct).all()
        assert (block.total == expected[key].total).all()
        assert (block.ids.argsort() == expected[key].ids.argsort()).all()


@pytest.mark.parametrize("function", ["task_gains", "sensitivity", "family_gains", "robustness_intervals"])
def test_intervals_are_bit_for_bit_those_of_the_predictions(made, function):
    scores = made.scores()
    found, expected = (
        getattr(analysis, function)(given, scores) for given in (made.example_blocks(), made.predictions())
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_contrasts_and_components_are_too(made):
    scores, blocks, table = made.scores(), made.example_blocks(), made.predictions()
    contrasts = [
        analysis.Contrast(key="one", arm="mnli", against="anli_plus"),
        analysis.Contrast(key="two", arm="mnli"),
    ]
    found, expected = (analysis.contrast_gains(given, scores, contrasts) for given in (blocks, table))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert gain_components(scores, blocks) == gain_components(scores, table)
    two = analysis.Contrast(key="drop", arm="mnli", against="mnli", against_variant="typos")
    with pytest.raises(AnalysisError, match="over two variants"):
        analysis.contrast_gains(blocks, pd.concat([scores, scores.assign(variant="typos")]), [two])


def test_the_benchmark_runs_at_tiny_size(benchmark, capfd):
    benchmark.main("0.002 --conditions none,mnli --targets xcopa,panx".split())
    told = capfd.readouterr().out
    assert " rows, " in told
    assert "GiB at most" in told
