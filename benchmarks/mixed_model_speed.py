"""Time of a mixed model of gains, beside R's lme4 where R is there and statsmodels where it is not, on the same rows.

Family and task are fixed; language, language within task, seed and training run random; a share of the cells is
missing, as in XTREME-R. The estimates are compared, so that a faster wrong answer shows. On two busy cores with one
thread, 49 languages, 10 tasks and 40 seeds with all cells (19,600 rows) take 0.08 s, lme4 9.5 s; 372 rows take 0.03 s,
statsmodels 5.3 s.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm

from study_utils.analysis.models.reml import Design, fit, make_design

TRUTH = {"language": 1.0, "cell": 0.7, "seed": 0.3, "run": 0.8, "residual": 0.5}
_LME4 = """
suppressMessages(library(lme4))
options(contrasts = c("contr.sum", "contr.poly"))
rows <- read.csv("rows.csv", colClasses = "character")
rows$gain <- as.numeric(rows$gain)
start <- proc.time()[["elapsed"]]
model <- lmer(gain ~ 0 + family + task + (1 | language) + (1 | cell) + (1 | seed) + (1 | run), rows)
seconds <- proc.time()[["elapsed"]] - start
found <- as.data.frame(VarCorr(model))
cat(sprintf('{"seconds": %g, %s}', seconds, paste(sprintf('"%s": %.10g', found$grp, found$vcov), collapse = ", ")))
"""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", type=int, default=7, help="in each of seven families")
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--covered", type=float, default=0.7, help="share of the cells that have rows")
    parser.add_argument("--fits", type=int, default=20, help="studies of one design fitted by ours")
    parser.add_argument("--beside", choices=("lme4", "statsmodels", "nothing"), default=None)
    options = parser.parse_args(arguments)
    rows = make_rows(options.languages, options.tasks, options.seeds, options.covered)
    start = time.perf_counter()
    design = design_of(rows)
    laid_out = time.perf_counter() - start
    responses = design.simulate(TRUTH, size=options.fits, rng=np.random.default_rng(0))
    start = time.perf_counter()
    fits = [fit(y, design) for y in responses]
    ours = (time.perf_counter() - start) / options.fits
    print(f"{len(rows):,} rows: laid out once in {laid_out:.3f} s, a fit takes {ours:.4f} s")
    beside = options.beside or ("lme4" if has_lme4() else "statsmodels")
    if beside == "nothing":
        return
    seconds, theirs = {"lme4": by_lme4, "statsmodels": by_statsmodels}[beside](rows.assign(gain=responses[0]), design)
    apart = max(abs(fits[0].variances[name] - theirs[name]) for name in TRUTH)
    print(f"{beside}: {seconds:.3f} s; ratio {seconds / ours:,.0f}; variances differ by at most {apart:.1e}")


def make_rows(languages: int, tasks: int, seeds: int, covered: float) -> pd.DataFrame:
    """One row a language, task and seed of the cells that are covered; every language and task has one."""
    shape = (7 * languages, tasks, seeds)
    language, task, seed = (index.ravel() for index in np.indices(shape))
    cells = np.random.default_rng(1).random(shape[:2]) < covered
    cells[np.arange(max(shape[:2])) % shape[0], np.arange(max(shape[:2])) % tasks] = True
    rows = pd.DataFrame({"family": language % 7, "language": language, "task": task, "seed": seed})
    rows = rows[cells[language, task]].map("{:03d}".format).reset_index(drop=True)
    return rows.assign(cell=rows["language"] + " " + rows["task"], run=rows["task"] + " " + rows["seed"])


def design_of(rows: pd.DataFrame) -> Design:
    families, tasks = (pd.get_dummies(rows[name]).astype(float) for name in ("family", "task"))
    contrasts = tasks.iloc[:, :-1].sub(tasks.iloc[:, -1], axis=0)
    random = {name: rows[name].to_numpy(str) for name in ("language", "cell", "seed", "run")}
    return make_design(np.column_stack([families, contrasts]), random)


def has_lme4() -> bool:
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", "library(lme4)"], capture_output=True, check=False).returncode == 0


def by_lme4(rows: pd.DataFrame, design: Design) -> tuple[float, dict[str, float]]:
    """Seconds that R's `lmer` takes, without starting R and reading, and its variances."""
    with tempfile.TemporaryDirectory() as folder:
        rows.to_csv(Path(folder) / "rows.csv", index=False)
        told = subprocess.run(["Rscript", "-e", _LME4], cwd=folder, capture_output=True, text=True, check=True).stdout
    found = {name.lower(): value for name, value in json.loads(told).items()}
    return found.pop("seconds"), found


def by_statsmodels(rows: pd.DataFrame, design: Design) -> tuple[float, dict[str, float]]:
    """Seconds that statsmodels' `MixedLM` takes, and its variances."""
    names = ("language", "cell", "seed", "run")
    components = {name: pd.get_dummies(rows[name]).to_numpy(float) for name in names}
    matrices = sm.regression.mixed_linear_model.VCSpec(
        list(names),
        [[list(map(str, range(m.shape[1])))] for m in components.values()],
        [[m] for m in components.values()],
    )
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.MixedLM(rows["gain"].to_numpy(), design.fixed, np.zeros(len(rows)), exog_vc=matrices)
        found = model.fit(reml=True)
    return time.perf_counter() - start, dict(zip(names, found.vcomp)) | {"residual": found.scale}


if __name__ == "__main__":
    main()
