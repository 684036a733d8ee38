from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import nbclient
import nbformat
import pytest

CODE = """
import numpy as np
from types import SimpleNamespace
from pathlib import Path
from study_utils.analysis import Settings, family_gains
from simulated_studies import simulate_study
from study_utils.figures import plot_family_gains
from study_utils.report import banner, keep_figure, keep_table, say
study = SimpleNamespace(report=Path("."), params=SimpleNamespace(title="A study <1>", banner="Made up & small."))
predictions, scores = simulate_study(
    np.random.default_rng(0), effects={"mnli": 0.05}, languages=["es", "fr", "eu"], tasks={"sib200": "accuracy"}
)
families = family_gains(predictions, scores, settings=Settings(resamples=50))
""".strip()


TESTS = Path(__file__).resolve().parents[1]
"""Where the kernel finds the simulator."""


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """A report folder with two notebooks executed by a real kernel."""
    paths = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(TESTS))))
    folder = tmp_path_factory.mktemp("report")
    new = nbformat.v4
    first = [
        new.new_markdown_cell("# Prepare\n\n**Question.** Is *it*\nthere?\n\nNext: [the answer](02_answer.ipynb#top)."),
        new.new_code_cell(CODE),
        new.new_code_cell("banner(study)"),
        new.new_code_cell("keep_table(study, families, 'families')"),
    ]
    second = [
        new.new_markdown_cell("# Answer\n\n**Question.** Does it help?"),
        new.new_code_cell(CODE),
        new.new_markdown_cell("## The answer first"),
        new.new_code_cell("say(['It helps <by> 1.2 points.', 'Second.'])"),
        new.new_markdown_cell("## Families"),
        new.new_code_cell("keep_figure(study, plot_family_gains(families), 'family_gains', families)"),
        new.new_code_cell("say('Not a headline.')"),
    ]
    for name, cells in (("01_prepare", first), ("02_answer", second)):
        notebook = new.new_notebook(cells=cells)
        client = nbclient.NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}})
        client.execute(env=os.environ | {"PYTHONPATH": paths})
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return SimpleNamespace(folder=folder, notebooks=sorted(folder.glob("*.ipynb")))
