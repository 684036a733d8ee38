"""Scores of retrieval targets at every layer."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.tables import SCORE_COLUMNS
from study_utils.catalog.retrieval import PUBLISHED, Retrieval
from study_utils.outcomes.scores import read_scores
from study_utils.params import StudyParams
from study_utils.plan import Plan
from study_utils.store import Store

COLUMNS = (*(name for name in SCORE_COLUMNS if name != "n"), "layer", "depth", "used", "published")


def read_layers(plan: Plan, store: Store, params: StudyParams) -> pd.DataFrame:
    """Read what `study_utils.study.Study.layers` gives.

    Raises
    ------
    StoreError
        If a run is not done, or its file of layers is damaged.
    """
    scores = read_scores(plan, store, params, variants=False)
    scores = scores[scores["layer"].notna()].drop(columns="value")
    frames = [scores.assign(value=0.0, used=False, published=False).head(0)]
    for run, cells in scores.groupby("run", sort=False):
        found = pd.read_parquet(store.verified_file(run, "layers.parquet"))
        cells = cells.rename(columns={"layer": "read"})
        joined = cells.merge(found, on=["language", "metric"])
        rule = Retrieval(search="rank", layer=PUBLISHED).layer_of(int(cells["depth"].iloc[0]))
        frames.append(joined.assign(used=joined["layer"] == joined["read"], published=joined["layer"] == rule))
    found = pd.concat(frames[1:] or frames, ignore_index=True)[list(COLUMNS)]
    return found.astype({"layer": int, "depth": int, "used": bool, "published": bool})
