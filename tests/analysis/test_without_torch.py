"""Whoever has a results table can redo the analysis and its figures without torch, transformers or datasets."""

from __future__ import annotations

import subprocess
import sys

BARE = """
import importlib, importlib.abc, pkgutil, sys
import pandas as pd

class Forbidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "datasets", "tokenizers", "accelerate", "safetensors"}:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Forbidden())
for room in ("study_utils.analysis", "study_utils.figures"):
    package = importlib.import_module(room)
    for module in pkgutil.walk_packages(package.__path__, room + "."):
        importlib.import_module(module.name)

from pathlib import Path
from study_utils.analysis import (
    Settings, equivalence, family_gains, gains, gap_gains, mixed_gains, robustness_intervals, robustness_table,
    seed_gains, sensitivity, variance_shares,
)
from study_utils.sentences.checks import (
    describe_equivalence, describe_mixed, describe_robustness, describe_sensitivity, describe_variance,
)
from study_utils.sentences.gains import describe_families, describe_overall
from study_utils.figures import (
    plot_family_gains, plot_family_tree, plot_gap_gains, plot_scores, plot_seed_gains,
)

folder, few = Path(sys.argv[1]), Settings(resamples=100)
predictions, scores = (pd.read_parquet(folder / f"{name}.parquet") for name in ("predictions", "results"))
families = family_gains(predictions, scores, settings=few)
figures = {
    "families": plot_family_gains(families),
    "branches": plot_family_gains(family_gains(predictions, scores, by="branch", settings=few)),
    "languages": plot_family_tree(families, gains(scores)),
    "gaps": plot_gap_gains(gap_gains(scores)),
    "seeds": plot_seed_gains(seed_gains(scores)),
    "scores": plot_scores(scores, condition="none"),
}
for name, figure in figures.items():
    figure.savefig(folder / f"{name}.png")
robust = robustness_intervals(predictions, scores, by="all", settings=few)
told = [
    *describe_overall(family_gains(predictions, scores, by="all", settings=few)),
    *describe_families(families),
    *describe_sensitivity(sensitivity(predictions, scores, settings=few)),
    *describe_equivalence(equivalence(families, margin=1)),
    *describe_mixed(mixed_gains(scores)),
    *describe_variance(variance_shares(scores, settings=Settings(resamples=10))),
    *describe_robustness(robust),
]
assert not [sentence for sentence in told if "significant" in sentence]
print(len(families), len(figures), len(robustness_table(robust)))
"""


def test_every_figure_of_the_analysis_is_redone_in_a_bare_environment(study, tmp_path):
    for name, table in zip(("predictions", "results"), study):
        table.to_parquet(tmp_path / f"{name}.parquet")
    done = subprocess.run([sys.executable, "-W", "error", "-c", BARE, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["10", "6", "2"]
    assert all(path.stat().st_size > 5000 for path in tmp_path.glob("*.png"))


def test_the_hook_does_forbid():
    code = BARE.partition("for room in")[0] + "import torch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "torch is not installed here" in done.stderr
