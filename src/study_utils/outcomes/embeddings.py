"""Read the sentence vectors that a study's runs left in the store."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.questions.divergence.sets import EmbeddedRows
from study_utils.errors import StoreError
from study_utils.plan import Plan, Run
from study_utils.store import Store

_NO_COUNTS = pd.DataFrame(columns=["language", "type", "count", "kind"])


def read_embeddings(plan: Plan, store: Store) -> list[EmbeddedRows]:
    """Read the sentence vectors of all runs of kind ``"embed"``, in the order of the plan.

    Raises
    ------
    StoreError
        If one is not done, or its rows after training are not those before.
    """
    runs = [run for run in plan.runs.values() if run.kind == "embed"]
    if missing := [run.id for run in runs if store.status(run.id) != "done"]:
        raise StoreError(
            f"{len(missing)} of {len(runs)} runs of sentence vectors are not done (first: {missing[0]}): run the "
            "notebooks 01 to 04"
        )
    return [_read(run, store) for run in runs]


def _read(run: Run, store: Store) -> EmbeddedRows:
    from safetensors.numpy import load_file

    vectors = load_file(store.verified_file(run.id, "vectors.safetensors"))["vectors"]
    examples = pd.read_parquet(store.verified_file(run.id, "examples.parquet"))
    if len(vectors) != len(examples):
        aside = store.set_aside(run.id)
        raise StoreError(
            f"run {run.id} has {len(vectors)} vectors of {len(examples)} rows: moved to {aside}; run 04 again"
        )
    order = np.lexsort([examples["id"], examples["language"]])
    codes = examples["language"].to_numpy()[order]
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    pieces = np.split(vectors[order], starts[1:])
    manifest, after = store.manifest(run.id), run.work["after"]
    counts = _NO_COUNTS if after else pd.read_parquet(store.verified_file(run.id, "counts.parquet"))
    return EmbeddedRows(
        encoder=str(run.work["encoder"]),
        task=str(run.work["task"]),
        role=str(run.work["role"]),
        condition=after.get("condition"),
        seed=after.get("seed"),
        vectors={str(codes[start]): piece for start, piece in zip(starts, pieces)},
        counts=counts,
        pairs=bool(manifest["pairs"]),
        examples=store.manifest(run.work["data"])["rows"][run.work["role"]],
    )
