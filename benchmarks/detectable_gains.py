"""The smallest gain that planning says a study calls clear, beside the one that simulated studies call clear.

Gains are drawn from variance components in the cells of a study; each study is analysed as a finished one is, by the
model of gains with and without each task, and the gain is sought with which 80 % of them are called clear at the first
step of Holm's correction. Run it by hand; `--studies` sets how many are drawn.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from study_utils.analysis.inference.gain_model import GainModel
from study_utils.analysis.inference.groups import prepare
from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.power import ABOUT, PRIMARY, StudyCells, detectable, make_cells
from study_utils.analysis.results.tables import primary_metric
from study_utils.catalog.benchmarks import benchmark

FLAT = {"shared_row": 0.0, "own_row": 0.0, "conditions": 1, "tasks": 4, "languages": 24, "seeds": 3}
COMPONENTS = {
    "like the pilot": {
        **{"family": 1e-4, "task": 93e-4, "language": 0.0, "language_task": 9e-4, "seed": 0.0, "run": 7e-4},
        **{"residual": 0.0, "own_row": 0.064},
    },
    "languages and seeds vary": {
        **{"family": 1e-4, "task": 4e-4, "language": 4e-4, "language_task": 4e-4, "seed": 1e-4, "run": 2e-4},
        **{"residual": 2e-4, "own_row": 0.03, "shared_row": 0.02},
    },
}


GROUPS = {ABOUT[0]: ("all", "All languages"), PRIMARY: ("family", "Uralic")}
"""What is asked about: the table and the group in it."""
LANGUAGES = "es fr it pt de nl sv ru pl bg fi et hu ar he am tr az kk my zh ko".split()
TARGETS = ("sib200", "xnli", "udpos", "tatoeba")


def simulated(
    components: Components,
    cells: StudyCells,
    about: str,
    *,
    comparisons: int,
    studies: int,
    seed: int = 0,
    power: float = 0.8,
) -> float:
    """Gain (fraction) with which a share of simulated studies is called clear."""
    by, group = GROUPS[about]
    rng, needed = np.random.default_rng(seed), []
    table = prepare(None, _scores(cells), by=by).table.reset_index(drop=True)
    table["n"] = table["task"].map(dict(zip(cells.tasks, cells.rows)))
    tasks = sorted(set(cells.tasks))
    kept = [(table["task"] != lost).to_numpy() for lost in (None, *tasks)]
    models = [GainModel(table[rows], of=len(tasks)) for rows in kept]
    levels = np.array([0.05 / comparisons] + [0.05] * len(tasks))
    for _ in range(studies):
        gain = _gains(components, table, dict(zip(cells.languages, cells.families)), rng)
        found = [model.estimate(gain[rows])[group] for model, rows in zip(models, kept)]
        numbers = np.array([(one.estimate, one.standard_error, one.freedom) for one in found])
        needed.append((special.stdtrit(numbers[:, 2], 1 - levels / 2) * numbers[:, 1] - numbers[:, 0]).max())
    return float(np.quantile(needed, power))


def _scores(cells: StudyCells) -> pd.DataFrame:
    """Results table with the cells of a study."""
    table = pd.DataFrame({"task": cells.tasks, "language": cells.languages, "n": cells.rows})
    table = table.merge(pd.DataFrame({"seed": range(cells.seeds)}), how="cross").assign(value=0.5, run="r")
    table = table.assign(encoder="e5_small", variant="clean", zero_shot=True, same_data=False)
    table["metric"] = table["task"].map(primary_metric)
    return pd.concat([table.assign(condition=name) for name in ("snli", "none")], ignore_index=True)


def _gains(
    components: Components, table: pd.DataFrame, families: Mapping[str, str], rng: np.random.Generator
) -> np.ndarray:
    """Gains of a study without a true one, in the order of the table's rows."""
    table = table.assign(family=table["language"].map(families))
    gain = rng.normal(size=len(table)) * np.sqrt(components.residual + components.own_row / table["n"].to_numpy(float))
    effects = {"family": ["family"], "language": ["language"], "language_task": ["task", "language"]}
    for name, keys in (effects | {"seed": ["seed"], "run": ["task", "seed"]}).items():
        level = table.groupby(keys).ngroup().to_numpy()
        shared = components.shared_row / table["n"].to_numpy(float) if name == "language_task" else 0.0
        gain = gain + rng.normal(size=level.max() + 1)[level] * np.sqrt(getattr(components, name) + shared)
    return gain


def balanced(*, tasks: int, seeds: int, rows: int) -> StudyCells:
    """Every language in so many tasks; the primary comparison is of a family of three."""
    cells = [(task, code, rows) for task in TARGETS[:tasks] for code in LANGUAGES]
    return make_cells(pd.DataFrame(cells, columns=["task", "language", "rows"]), seeds=seeds, group="Uralic")


def like_xtreme_r(*, seeds: int, rows: int) -> StudyCells:
    """The cells of XTREME-R but English."""
    cells = [(task, code, rows) for task, code in benchmark("xtreme_r").cells if code != "en"]
    return make_cells(pd.DataFrame(cells, columns=["task", "language", "rows"]), seeds=seeds, group="Uralic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--xtreme-r", action="store_true", help="with the cells of XTREME-R too")
    options = parser.parse_args()
    designs = {f"balanced, {n} seeds": balanced(tasks=4, seeds=n, rows=50) for n in (3, 5)}
    if options.xtreme_r:
        designs["like XTREME-R, 3 seeds"] = like_xtreme_r(seeds=3, rows=50)
    for kind, values in COMPONENTS.items():
        components = Components(**(FLAT | values), from_predictions=False)
        for name, cells in designs.items():
            for many in (1, 6):
                told = detectable(components, cells, comparisons=dict.fromkeys(GROUPS, many), about=tuple(GROUPS))
                for about, planned in zip(told["about"], told["gain_corrected"]):
                    found = simulated(components, cells, about, comparisons=many, studies=options.studies)
                    print(f"{kind}; {name}; {about} among {many}: planned {100 * planned:.2f}, simulated "
                          f"{100 * found:.2f}, ratio {planned / found:.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
