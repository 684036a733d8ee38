"""The smallest gain that planning says a study finds, beside the one that simulated studies of its kind find.

Gains are drawn from variance components in the cells of a study, each study is analysed as a finished one is (mixed
model by restricted maximum likelihood, Satterthwaite's degrees of freedom), and the gain is sought that 80 % of the
studies find at the uncorrected level. Run it by hand; `--studies` sets how many are drawn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import optimize, special

from study_utils.analysis.models.reml import fit, make_design
from study_utils.analysis.planning.components import Components
from study_utils.analysis.planning.power import ABOUT, StudyCells, detectable, make_cells, middle_languages
from study_utils.catalog.benchmarks import benchmark
from study_utils.errors import AnalysisError

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


def simulated(
    components: Components, cells: StudyCells, about: str, *, studies: int, seed: int = 0, power: float = 0.8
) -> float:
    """Gain (fraction) that a share of simulated studies finds with a two-sided test at 0.05."""
    estimates, errors, freedoms = np.array(list(analysed(components, cells, about, studies=studies, seed=seed))).T
    critical = special.stdtrit(freedoms, 0.975)
    return float(optimize.brentq(lambda gain: ((estimates + gain) / errors > critical).mean() - power, 0.0, 10.0))


def analysed(
    components: Components, cells: StudyCells, about: str, *, studies: int, seed: int
) -> Iterator[tuple[float, float, float]]:
    """Draw studies without a true gain: estimate, its standard error and degrees of freedom of each."""
    table = pd.DataFrame(
        {"task": cells.tasks, "language": cells.languages, "family": cells.families, "rows": cells.rows}
    )
    table = table.merge(pd.DataFrame({"seed": range(cells.seeds)}), how="cross")
    table["language_task"] = table["task"] + " " + table["language"]
    table["run"] = table["task"] + " " + table["seed"].astype(str)
    fixed = _fixed(table, about, cells)
    random = ["language", "language_task", "seed", "run"]
    random += {ABOUT[0]: ["family"], ABOUT[1]: ["family", "task"]}.get(about, [])
    if about == ABOUT[3]:
        random.remove("language")  # its own effect is what is asked about: draw with no variance between languages
    design = make_design(fixed, {name: table[name].to_numpy() for name in random})
    rng = np.random.default_rng(seed)
    weights = np.eye(fixed.shape[1])[0]
    rows = table["rows"].to_numpy(float)
    cells = table.drop_duplicates("language_task").set_index("language_task")["rows"]
    for _ in range(studies):
        gain = rng.normal(size=len(table)) * np.sqrt(components.residual + components.own_row / rows)
        for name in random:
            levels, codes = np.unique(table[name], return_inverse=True)
            variance = np.full(len(levels), getattr(components, name))
            if name == "language_task":
                variance = variance + components.shared_row / cells.loc[levels].to_numpy(float)
            gain += (rng.normal(size=len(levels)) * np.sqrt(variance))[codes]
        try:
            model = fit(gain, design)
        except AnalysisError:
            continue
        yield float(weights @ model.beta), model.error(weights), max(1.0, model.freedom(weights))


def _fixed(table: pd.DataFrame, about: str, cells: StudyCells) -> np.ndarray:
    """Columns of the fixed effects, the one that is asked about first."""
    if about == ABOUT[1]:
        return np.ones((len(table), 1))
    tasks = pd.get_dummies(table["task"]).to_numpy(float)
    tasks = tasks[:, 1:] - tasks[:, :1]
    if about == ABOUT[0]:
        return np.column_stack([np.ones(len(table)), tasks])
    focal = table["language"].isin(middle_languages(cells, 3 if about == ABOUT[2] else 1))
    families = pd.get_dummies(table["family"].where(~focal, " asked about"))
    return np.column_stack([families, tasks]).astype(float)


def balanced(*, families: int, languages: int, tasks: int, seeds: int, rows: int) -> StudyCells:
    """Every language of so many families in every task."""
    cells = [(f"task {t}", f"f{f} l{k}", f"family {f}") for f in range(families) for k in range(languages)
             for t in range(tasks)]  # fmt: skip
    names = [tuple(cell[i] for cell in cells) for i in range(3)]
    return StudyCells(tasks=names[0], languages=names[1], families=names[2], rows=(rows,) * len(cells), seeds=seeds)


def like_xtreme_r(*, seeds: int, rows: int) -> StudyCells:
    """The cells of XTREME-R but English."""
    cells = [(task, code, rows) for task, code in benchmark("xtreme_r").cells if code != "en"]
    return make_cells(pd.DataFrame(cells, columns=["task", "language", "rows"]), seeds=seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--xtreme-r", action="store_true", help="with the cells of XTREME-R too")
    options = parser.parse_args()
    designs = {f"balanced, {n} seeds": balanced(families=6, languages=4, tasks=4, seeds=n, rows=50) for n in (3, 5)}
    if options.xtreme_r:
        designs["like XTREME-R, 3 seeds"] = like_xtreme_r(seeds=3, rows=50)
    for kind, values in COMPONENTS.items():
        components = Components(**(FLAT | values), from_predictions=False)
        for name, cells in designs.items():
            planned = detectable(components, cells).set_index("about")["gain"]
            for about in ABOUT:
                found = simulated(components, cells, about, studies=options.studies)
                ratio = planned[about] / found
                print(f"{kind}; {name}; {about}: planned {100 * planned[about]:.2f}, simulated {100 * found:.2f}, "
                      f"ratio {ratio:.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
