"""Time and peak memory of family gains with intervals on simulated predictions, beside a plain bootstrap in pandas.

The table has ten conditions (the baseline among them), three seeds, up to eight tasks and 40 languages; `--rows` sets
how many examples a cell has. Half of the tasks have translated test sets (equal ids), half have their own ids in every
language. The plain bootstrap draws the same nested samples row by row with pandas and numpy, on a table of
`--plain-rows`; it is timed on a few resamples and scaled to all. Run it on an otherwise idle machine. On two busy cores
with one thread, 2,000 resamples of 10 million rows take 6.5 s and 1.24 GiB, table included.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pandas as pd

from study_utils.analysis import Settings, family_gains
from study_utils.analysis.results.tables import PREDICTION_COLUMNS, join_languages
from study_utils.catalog import CONDITIONS, LANGUAGES, TASKS

SEEDS = 3
PLAIN_RESAMPLES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--plain-rows", type=int, default=100_000, help="0 leaves the plain bootstrap out")
    parser.add_argument("--text", action="store_true", help="columns of text instead of categories")
    options = parser.parse_args()
    predictions = make_predictions(options.rows)
    if options.text:
        names = predictions.select_dtypes("category").columns
        predictions = predictions.astype(dict.fromkeys(names, "str"))
    before = peak()
    start = time.perf_counter()
    table = family_gains(predictions, settings=Settings(resamples=options.resamples))
    seconds = time.perf_counter() - start
    print(f"{len(predictions):,} rows, {options.resamples} resamples: {len(table)} rows in {seconds:.1f} s")
    print(f"peak memory {peak():.2f} GiB, of which {before:.2f} GiB before")
    if options.plain_rows:
        compare(options.plain_rows, options.resamples)


def compare(rows: int, resamples: int) -> None:
    predictions = make_predictions(rows)
    seconds = []
    for work in (
        lambda: family_gains(predictions, settings=Settings(resamples=resamples)),
        lambda: plain_bootstrap(predictions, PLAIN_RESAMPLES),
    ):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    ours, plain = seconds[0], seconds[1] * resamples / PLAIN_RESAMPLES
    print(f"{len(predictions):,} rows: ours {ours:.1f} s; plain {plain:,.0f} s, from {PLAIN_RESAMPLES} resamples")
    print(f"ratio {plain / ours:,.0f}")


def plain_bootstrap(predictions: pd.DataFrame, resamples: int) -> pd.DataFrame:
    """Gains of resampled languages and examples, seeds and conditions drawn alike: one column a (condition, family)."""
    wide = predictions.pivot_table(
        index=["task", "language", "example_id"], columns=["condition", "seed"], values="correct", observed=True
    ).reset_index(["task", "language"])
    families = join_languages(pd.DataFrame({"language": wide["language"].unique().astype(str)})).set_index("language")
    cells = {key: part.iloc[:, 2:].to_numpy() for key, part in wide.groupby(["task", "language"], observed=True)}
    columns = wide.columns[2:]
    tasks = wide["task"].unique()
    rng = np.random.default_rng(0)
    found = []
    for _ in range(resamples):
        means = {}
        for group, members in families.groupby("group"):
            drawn = rng.choice(members.index, len(members))
            rows = []
            for task in tasks:
                for language in drawn:
                    cell = cells[task, language]
                    rows.append(cell[rng.integers(0, len(cell), len(cell))].mean(axis=0))
            means[group] = pd.Series(np.mean(rows, axis=0), index=columns)
        scores = pd.concat(means, axis=1)
        picks = rng.integers(0, SEEDS, SEEDS)
        by_condition = scores.groupby(level=0).apply(lambda part: part.iloc[picks].mean())  # noqa: B023
        found.append(by_condition.sub(by_condition.loc["none"]).drop(index="none").to_numpy().ravel())
    return pd.DataFrame(found)


def make_predictions(rows: int) -> pd.DataFrame:
    conditions = list(CONDITIONS)[:10]
    tasks = [key for key, item in TASKS.items() if not item.same_data and item.metric == "accuracy"][:8]
    languages = [code for code, item in LANGUAGES.items() if item.in_xtreme_r and code != "en"][:40]
    runs = [(c, s) for c in conditions for s in range(SEEDS)]
    count = max(1, rows // (len(runs) * len(tasks) * len(languages)))
    shape = (len(tasks), len(runs), len(languages), count)
    task, run, language, example = (np.broadcast_to(i, shape).ravel() for i in np.indices(shape, sparse=True))
    own = np.where(task % 2, language * count, 0) + example
    names = np.array([f"{number:06d}" for number in range(len(languages) * count)])
    rng = np.random.default_rng(0)
    condition, seed = (np.array(values)[run] for values in zip(*((conditions.index(c), s) for c, s in runs)))
    columns = {
        "encoder": pd.Categorical.from_codes(np.zeros(len(task), np.int8), ["e5_small"]),
        "condition": pd.Categorical.from_codes(condition, conditions),
        "task": pd.Categorical.from_codes(task, tasks),
        "variant": pd.Categorical.from_codes(np.zeros(len(task), np.int8), ["clean"]),
        "seed": seed.astype(np.int16),
        "run": pd.Categorical.from_codes(run, [f"{c}-{s}" for c, s in runs]),
        "language": pd.Categorical.from_codes(language, languages),
        "example_id": pd.Categorical.from_codes(own, names),
        "measure": pd.Categorical.from_codes(np.zeros(len(task), np.int8), ["accuracy"]),
        "gold": pd.Categorical.from_codes(np.zeros(len(task), np.int8), ["yes"]),
        "prediction": pd.Categorical.from_codes(np.zeros(len(task), np.int8), ["yes"]),
        "correct": (rng.random(len(task)) < 0.7).astype(float),
        "total": np.ones(len(task)),
    }
    return pd.DataFrame(columns)[list(PREDICTION_COLUMNS)]


def peak() -> float:
    """Peak memory of this process in GiB (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
