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

from study_utils.analysis import Settings, family_gains, gains
from study_utils.figures import plot_family_gains, plot_language_gains

scores = pd.read_csv(sys.argv[1], keep_default_na=False)
table = family_gains(None, scores, settings=Settings(resamples=50))
plot_family_gains(table).savefig(sys.argv[2])
plot_language_gains(gains(scores)).savefig(sys.argv[3])
print(len(table))
"""


def test_a_figure_is_redone_in_a_bare_environment(study, tmp_path):
    study[1].to_csv(tmp_path / "scores.csv", index=False)
    names = [str(tmp_path / name) for name in ("scores.csv", "families.png", "languages.png")]
    done = subprocess.run([sys.executable, "-c", BARE, *names], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "10"
    assert all((tmp_path / name).stat().st_size > 5000 for name in ("families.png", "languages.png"))


def test_the_hook_does_forbid():
    code = BARE.partition("for room in")[0] + "import torch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "torch is not installed here" in done.stderr
