"""Time and memory of notebook 05 on results of XTREME-R's size: by default 0.3, 3 and 30 million prediction rows.

A store with the runs of `params/xtreme_r.yaml` (10 conditions, 10 targets, 3 seeds) is written into a temporary folder:
predictions and scores made at random, of as many test rows as the catalogue declares, or the same share of them in
every language; no rows, no weights. Then a process of its own executes every cell of the notebook.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from study_utils.catalog import Task, task
from study_utils.metrics import METRICS
from study_utils.metrics.answers import answer_scores
from study_utils.metrics.scores import task_metrics
from study_utils.paths import project_root
from study_utils.plan import Run
from study_utils.study import Study, open_study

NOTEBOOK = "05_family_robustness.py"
ROWS = 5000
"""Test rows of a language for which the catalogue declares none."""
WORDS = 12
"""Words of a tagged sentence."""
GAIN = 0.02
"""Spread of a condition's gain on a task."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", nargs="*", type=float, default=(0.3, 3.0, 30.0), help="of prediction rows")
    parser.add_argument("--conditions", default="", help="fewer of the study's, comma-separated")
    parser.add_argument("--targets", default="", help="fewer of the study's, comma-separated")
    parser.add_argument("--notebook", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.notebook:
        execute(json.loads(Path(options.notebook).read_text(encoding="utf-8")))
        return
    for millions in options.millions:
        with tempfile.TemporaryDirectory() as folder:
            changes = {
                "encoders": ["e5_small"],
                "device": "cpu",
                "artifacts": f"{folder}/artifacts",
                "reports": f"{folder}/reports",
            }
            asked = {name: getattr(options, name) for name in ("conditions", "targets")}
            changes |= {name: keys.split(",") for name, keys in asked.items() if keys}
            started = time.perf_counter()
            study = open_study("xtreme_r", changes, absent_ok=True)
            rows = write_store(study, 1e6 * millions)
            size = sum(path.stat().st_size for path in study.store.runs.rglob("*.parquet")) / 1e6
            print(f"{rows:,} rows, {size:.0f} MB, written in {time.perf_counter() - started:.0f} s", flush=True)
            file = Path(folder) / "changes.json"
            file.write_text(json.dumps(changes), encoding="utf-8")
            subprocess.run([sys.executable, __file__, "--notebook", str(file)], check=True)


def execute(changes: dict) -> None:
    """Execute the notebook's cells, and say what each of the slower ones and all of them take."""
    source = (project_root() / "notebooks" / NOTEBOOK).read_text(encoding="utf-8")
    names = {"display": lambda *_, **__: None}
    sys.modules["IPython.display"] = type(sys)("IPython.display")
    sys.modules["IPython.display"].publish_display_data = lambda *_, **__: None
    began, cpu, table = time.perf_counter(), time.process_time(), []
    for cell in source.split("\n# %%")[1:]:
        kind, _, code = cell.partition("\n")
        if "[markdown]" in kind:
            continue
        if "parameters" in kind:
            code = f"name, changes = 'xtreme_r', {changes!r}"
        before = time.process_time()
        exec(code.replace("(name, changes)", "(name, changes, absent_ok=True)"), names)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        lines = [line for line in code.strip().splitlines() if not line.startswith("#")]
        table.append({"cell": lines[0][:60], "CPU s": time.process_time() - before, "peak GiB": peak})
    print(pd.DataFrame(table).query("`CPU s` >= 0.5").round(2).to_string(index=False))
    spent = time.process_time() - cpu
    print(f"notebook 05: {spent:.1f} s of CPU, {time.perf_counter() - began:.1f} s, {peak:.2f} GiB at most", flush=True)


def write_store(study: Study, wanted: float) -> int:
    """Make every run of a study, with about as many prediction rows as wanted; returns their number."""
    scored = [run for run in study.plan.runs.values() if run.kind == "predict"]
    whole = sum(sum(_sizes(study, run).values()) * len(_measures(task(run.work["task"]), "de")) for run in scored)
    made = 0
    for run in study.plan.runs.values():
        facts = {"kind": run.kind, "stage": run.stage, "identity": run.identity, "inputs": list(run.inputs)}
        facts |= {"languages_seen": ["en"], "device": "none", "layer": 8, "depth": 12}
        if run.kind == "data":
            roles = run.work["roles"]
            facts |= {name: dict.fromkeys(roles, 500) for name in ("rows", "dropped")}
            facts |= {name: dict.fromkeys(roles, "made") for name in ("sources", "fingerprints")}
        with study.store.writing(run.id, facts) as folder:
            if run.kind == "predict":
                made += write_predictions(study, run, folder, wanted / whole)
    return made


def write_predictions(study: Study, run: Run, folder: Path, share: float) -> int:
    """Write predictions and scores of a run; the same examples are hard in every run of a task."""
    item = task(run.work["task"])
    own = np.random.default_rng(crc32(run.id.encode()))
    better = np.random.default_rng(crc32(f"{item.key} {run.work['start']}".encode())).normal(0, GAIN)
    frames = []
    for language, size in _sizes(study, run).items():
        count = max(4, round(share * size))
        same = np.random.default_rng(crc32(f"{item.key} {language}".encode()))
        chance = np.clip(same.beta(2, 1, count) + better + own.normal(0, GAIN / 2), 0, 1)
        frames.append(_predictions(item, language, chance, same, own))
    found = pd.concat(frames, ignore_index=True)
    found.to_parquet(folder / "predictions.parquet", index=False)
    names = {item.metric, *({"macro_f1"} & {*task_metrics(item)})}
    scores = [
        {"language": language, "metric": name, "value": METRICS[name][1](part), "n": len(part)}
        for language, rows in found.groupby("language", sort=False)
        for name in sorted(names)
        if len(part := rows[rows["measure"] == METRICS[name][0]])
    ]
    pd.DataFrame(scores).to_parquet(folder / "scores.parquet", index=False)
    return len(found)


def _predictions(
    item: Task, language: str, chance: np.ndarray, same: np.random.Generator, own: np.random.Generator
) -> pd.DataFrame:
    """Rows of a language: each example is right with its chance (a tagged sentence: each word)."""
    count = len(chance)
    ids = np.array([f"{language}-{place:05d}" for place in range(count)], dtype=object)
    if item.format == "tag":
        labels = np.array(item.labels, dtype=object)
        gold = same.integers(0, len(labels), (count, WORDS))
        found = np.where(own.random(gold.shape) < chance[:, None], gold, own.integers(0, len(labels), gold.shape))
        texts = [[" ".join(words) for words in labels[side]] for side in (gold, found)]
        parts = [("token_accuracy", *texts, (gold == found).sum(axis=1).astype(float), float(WORDS))]
    elif item.format in ("classify", "choose"):
        labels = np.array(item.labels or ("0", "1"), dtype=object)
        gold = same.integers(0, len(labels), count)
        found = np.where(own.random(count) < chance, gold, (gold + 1) % len(labels))
        parts = [("accuracy", labels[gold], labels[found], (gold == found).astype(float), 1.0)]
    else:
        right = own.random(count) < chance
        gold = [f'["answer {place} of {language}"]' for place in range(count)]
        found = np.where(right, gold, "another answer")
        parts = [(measure, gold, found, right.astype(float), 1.0) for measure in _measures(item, language)]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "language": language,
                    "example_id": ids,
                    "measure": measure,
                    "gold": gold,
                    "prediction": found,
                    "correct": correct,
                    "total": total,
                }
            )
            for measure, gold, found, correct, total in parts
        ],
        ignore_index=True,
    )


def _measures(item: Task, language: str) -> list[str]:
    if item.format == "answer":
        return list(answer_scores("", [""], language))
    return list(task_metrics(item)) if item.format == "retrieve" else [item.metric]


def _sizes(study: Study, run: Run) -> dict[str, int]:
    """Test rows of every language that a run scores."""
    declared = getattr(task(run.work["task"]).test, "expected", {})
    languages = study.plan.runs[run.work["data"]].work["languages"]
    return {code: declared.get(code, ROWS) for code in languages}


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    main()
