"""Results of studies whose true gains are known, one for each condition and target."""

from __future__ import annotations

from functools import cache
from zlib import crc32

import numpy as np
import pandas as pd

from study_utils.analysis import Settings
from study_utils.analysis.claims import Evidence
from study_utils.analysis.claims.ledger import OF_ALL_ENCODERS, OF_ONE_ENCODER
from study_utils.analysis.claims.verdicts import verdicts
from study_utils.analysis.results.tables import primary_metric
from study_utils.catalog.claims import CLAIMS
from study_utils.params import load_params

XTREME = ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc", "tatoeba")
LANGUAGES = ("en", "de", "fr", "ru", "zh")
SIZES = pd.DataFrame(
    [("mnli", "train", "english", 1200), ("stsb", "train", "english", 5749), ("xnli", "train", "english", 500)],
    columns=["task", "role", "regime", "rows"],
)
TRAINING_SIZES = pd.DataFrame(
    [("mnli", "xnli", "en", 1200, 500)],
    columns=["condition", "task", "language", "intermediate_examples", "target_examples"],
)


def scores(gains, *, targets=XTREME, languages=LANGUAGES, seeds=(0, 1, 2), noise=0.02, encoder="e5_small", base=50.0):
    """Results table: `gains` maps a condition to its gain in points, or to target to gain (targets left out: none)."""
    rng, rows = np.random.default_rng(crc32(f"{encoder} {targets}".encode())), []
    for condition, gain in {"none": 0.0, **gains}.items():
        by_target = gain if isinstance(gain, dict) else dict.fromkeys(targets, gain)
        for task, value in by_target.items():
            for language in languages:
                for seed in seeds:
                    points = base + value + rng.normal(0, noise)
                    rows.append((encoder, condition, task, language, seed, primary_metric(task), points / 100))
    columns = ["encoder", "condition", "task", "language", "seed", "metric", "value"]
    table = pd.DataFrame(rows, columns=columns).assign(variant="clean", n=10**6, same_data=False, run="r")
    return table.assign(zero_shot=table["language"] != "en")


@cache
def _params(study):
    return load_params(study)


def evidence(table, *, study="quick", margin=1.0, **more):
    """Evidence of a results table alone, with the parameters of a study of the project."""
    own = {"validation": pd.DataFrame(), "sizes": SIZES, "training_sizes": TRAINING_SIZES, **more}
    params = _params(study)
    return Evidence(
        predictions=None, scores=table, params=params, settings=Settings(resamples=50), margin=margin, **own
    )


def judge(key, own, needs=""):
    """Line of the ledger for one claim, whatever it lacks: what its rule says of these results."""
    claim = CLAIMS[key]
    finding = {**OF_ONE_ENCODER, **OF_ALL_ENCODERS}[key](claim, own.about(claim))
    return verdicts([(claim, "encoder", finding, needs)])[0]
